package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

// door is the HTTP listener of a process. It is there before the service behind it and stays until that has drained.
type door struct {
	listener net.Listener
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
	draining atomic.Bool
	// tellService is called when draining begins; set by let.
	tellService func()
	// endStreams ends requests that would never end by themselves.
	endStreams context.CancelFunc
	failed     chan error
}

// openDoor listens and answers: /livez with 200, everything else with 503 until let is called.
func openDoor(addr string, log *slog.Logger) (*door, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--http-addr: %w", err)
	}
	streams, endStreams := context.WithCancel(context.Background())
	d := &door{listener: listener, endStreams: endStreams, failed: make(chan error, 1)}
	d.server = &http.Server{
		Handler:           http.HandlerFunc(d.serve),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return streams },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			d.failed <- fmt.Errorf("serving http: %w", err)
		}
	}()
	return d, nil
}

// url is the address people open.
func (d *door) url() string {
	host, port, err := net.SplitHostPort(d.listener.Addr().String())
	if err != nil {
		return "http://" + d.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// let puts the service behind the door; drain is called when draining begins.
func (d *door) let(handler http.Handler, drain func()) {
	d.tellService = drain
	d.handler.Store(&handler)
}

func (d *door) serve(w http.ResponseWriter, r *http.Request) {
	handler := d.handler.Load()
	switch {
	case r.URL.Path == "/livez":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n") // the prober may be gone
	case handler == nil && !d.draining.Load():
		notNow(w, "Signalbox is starting")
	case handler == nil || d.draining.Load() && (r.URL.Path == "/readyz" || r.URL.Path == "/healthz" || changes(r)):
		notNow(w, "Signalbox is stopping")
	default:
		(*handler).ServeHTTP(w, r)
	}
}

// changes says that a request may change something; git asks for packs with POST.
func changes(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, frontend.GitPrefix) && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// notNow answers 503 as a problem document.
func notNow(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "2")
	w.WriteHeader(http.StatusServiceUnavailable)
	// The client may be gone; there is nobody to tell.
	_, _ = fmt.Fprintf(w, `{"type":"urn:signalbox:problem:unavailable","title":"Not possible at the moment","status":503,"detail":%q,"kind":"unavailable","remedy":"try again in a moment"}`+"\n", why)
}

// drain refuses new work from now on; work that is under way goes on. Call it on the goroutine that called let.
func (d *door) drain() {
	d.draining.Store(true)
	if d.tellService != nil {
		d.tellService()
	}
}

// shut takes the service away from behind the door: it is closed.
func (d *door) shut() { d.handler.Store(nil) }

// close ends streams and waits for the other requests until ctx ends.
func (d *door) close(ctx context.Context) error {
	d.endStreams()
	if err := d.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("closing http: %w", err), d.server.Close())
	}
	return nil
}
