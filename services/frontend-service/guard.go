package frontend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

var requestID = regexp.MustCompile(`\A[A-Za-z0-9._-]{1,64}\z`)

// contentPolicy lets pages load from here only. The UI's component library writes style attributes.
const contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard does what holds for all requests: id, headers, origin, deadlines, log, metrics, and no panic gets out.
func (f *Frontend) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := f.options.Now()
		record := &answer.Record{RequestID: r.Header.Get("X-Request-Id")}
		if !requestID.MatchString(record.RequestID) {
			record.RequestID = uuid.NewString()
		}
		r = r.WithContext(answer.WithRecord(r.Context(), record))
		out := &recorder{ResponseWriter: w, control: http.NewResponseController(w), pause: f.options.ClientPause}
		// The connection may have answered another request before, and still carry its deadline.
		_ = out.control.SetWriteDeadline(time.Time{})
		if r.Body != nil && r.Body != http.NoBody {
			out.body = &pacedBody{ReadCloser: r.Body, control: out.control, pause: f.options.ClientPause}
			r.Body = out.body
		}
		setSecurityHeaders(out.Header(), r, record.RequestID)
		f.metrics.inFlight.Inc()
		defer func() {
			f.metrics.inFlight.Dec()
			if p := recover(); p != nil {
				if p != http.ErrAbortHandler { // that one is meant, and who raised it has noted why
					record.Err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
				if out.status == 0 {
					answer.Text(out, http.StatusInternalServerError, "A fault of the service; the log has it under the request id "+record.RequestID+".")
				} else {
					// The answer is half sent: break the connection, so that the client does not take it for whole.
					defer panic(http.ErrAbortHandler)
				}
			}
			f.finish(r, out, record, f.options.Now().Sub(start))
		}()
		if f.originAllowed(out, r) {
			next.ServeHTTP(out, r)
		}
	})
}

func setSecurityHeaders(h http.Header, r *http.Request, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func crossOrigin(allowed []string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range allowed {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("frontend: allowed origin %q: %w", origin, err)
		}
	}
	return p, nil
}

// originAllowed keeps pages of other sites from writing with the reader's browser, and answers the browser's questions about it.
func (f *Frontend) originAllowed(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Add("Vary", "Origin")
		if slices.Contains(f.options.AllowedOrigins, origin) {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "Location, Retry-After, X-Request-Id")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", "DELETE, GET, POST, PUT")
				h.Set("Access-Control-Allow-Headers", "author-email, author-name, Content-Type, Idempotency-Key, Prefer, X-Request-Id")
				h.Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return false
			}
		}
	}
	if err := f.cross.Check(r); err != nil {
		answer.Problem(w, r, problem.New(problem.Denied, "a page of another origin may not do this").At("Origin").
			Because("only pages of this server, and of the allowed origins, may write").
			Fix("add the origin to --allowed-origins if the page is yours").Wrap(err))
		return false
	}
	return true
}

// finish writes the access log and counts.
func (f *Frontend) finish(r *http.Request, out *recorder, record *answer.Record, took time.Duration) {
	if out.status == 0 {
		out.status = http.StatusOK
	}
	pattern := record.Pattern
	if pattern == "" {
		pattern = "other"
	}
	f.metrics.observe(r.Method, pattern, out.status, took)
	level := slog.LevelInfo
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && record.Err == nil {
		level = slog.LevelDebug // pages and probes ask all the time; what writes or fails is worth a line
	}
	switch {
	case errors.Is(r.Context().Err(), context.Canceled) && out.status >= 500:
		// The client went away; that is no fault of ours.
	case out.status >= 500:
		level = slog.LevelError
	}
	// No query and no headers: they may hold what is nobody's business.
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("route", pattern),
		slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Duration("took", took),
		slog.String("request", record.RequestID), slog.String("remote", r.RemoteAddr),
	}
	if record.Actor != "" {
		attributes = append(attributes, slog.String("actor", record.Actor))
	}
	if record.Err != nil {
		attributes = append(attributes, slog.String("error", withCause(record.Err)))
	}
	f.options.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attributes...)
}

// withCause adds what a problem hides from users.
func withCause(err error) string {
	text := err.Error()
	if cause := errors.Unwrap(err); cause != nil && !strings.Contains(text, cause.Error()) {
		text += ": " + cause.Error()
	}
	return text
}

// recorder remembers status and size, and gives each write a deadline of its own.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	pause   time.Duration
	// body of the request; nil when it has none.
	body   *pacedBody
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(code int) {
	w.begin(code)
	w.ResponseWriter.WriteHeader(code)
}

// begin notes the status of an answer that begins now. A server that wants to keep the connection reads the rest of the request's body
// before it answers: a client that sends nothing more, or never stops, would wait for its answer. So that connection ends with the
// answer, and what is still read of it to end it in order has a deadline.
func (w *recorder) begin(code int) {
	if w.status != 0 {
		return
	}
	w.status = code
	if w.body != nil && !w.body.ended {
		w.Header().Set("Connection", "close")
		_ = w.control.SetReadDeadline(time.Now().Add(w.pause)) // as in Write
	}
}

// Write notes the size.
func (w *recorder) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	// Where deadlines are not supported (a test's recorder) there is nobody to wait for.
	_ = w.control.SetWriteDeadline(time.Now().Add(w.pause))
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// pacedBody gives each read a deadline of its own, and takes it back at the end: the server reads on behind the body to learn when
// the client goes away, and must not take the deadline for that.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	pause   time.Duration
	// ended: it was read to its end.
	ended bool
}

// Read reads on.
func (b *pacedBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.pause)) // as in Write
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF { // behind any other error the server still wants to read the rest, and must not wait for it for ever
		b.ended = true
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
