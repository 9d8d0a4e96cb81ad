// Package frontend is the only door of Signalbox: REST under /api/v1, the addresses of kuberpult's clients, the UI, the embedded
// manifest repo for reading, health and metrics. It holds no state and decides nothing: behind it stands cd-service, reached
// through gRPC only. Everything that comes in is untrusted: bodies are read with limits, names travel as data.
package frontend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
	"github.com/signalbox-dev/signalbox/services/frontend-service/ci"
	"github.com/signalbox-dev/signalbox/services/frontend-service/githttp"
	"github.com/signalbox-dev/signalbox/services/frontend-service/openapi"
	"github.com/signalbox-dev/signalbox/services/frontend-service/rest"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
	"github.com/signalbox-dev/signalbox/services/frontend-service/web"
)

// DefaultMaxBodyBytes is the limit of a request's body unless Options say otherwise.
const DefaultMaxBodyBytes = 32 << 20

// GitPrefix is where the embedded manifest repo is served.
const GitPrefix = "/git/manifests.git"

// Options of New. Only Conn is required.
type Options struct {
	// Conn reaches cd-service.
	Conn grpc.ClientConnInterface
	// Keyring checks the PGP signatures that come with locks and environments at the CI addresses; those of manifests are
	// cd-service's business. May be nil.
	Keyring *pgp.Keyring
	// MaxBodyBytes is the limit of a request's body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// AllowedOrigins are the web origins ("https://ui.example.com") beside our own whose pages may call the API.
	AllowedOrigins []string
	// GitRepoDir is the embedded bare manifest repo, a path; empty when the manifest repo is a remote.
	GitRepoDir string
	// DefaultActor is who asks when the request does not say; the zero value means Signalbox.
	DefaultActor auth.Actor
	// WebhookSecret is shared with the git host; empty means that webhooks need none.
	WebhookSecret string
	// CITimeout is how long a write at the CI addresses may take; 0 means two minutes.
	CITimeout time.Duration
	// ClientPause is how long a client may pause in the middle of sending a body or taking an answer; 0 means a minute.
	ClientPause time.Duration
	// Metrics is served at /metrics and gets the door's own metrics; nil means a registry of its own.
	Metrics *prometheus.Registry
	// Log gets one line for each request; nil means slog.Default.
	Log *slog.Logger
	// UI holds the built UI; nil means the embedded one.
	UI fs.FS
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

func (o *Options) complete() error {
	if o.Conn == nil {
		return errors.New("frontend: Conn is missing")
	}
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if o.DefaultActor.IsZero() {
		o.DefaultActor = auth.Actor{Name: "Signalbox", Email: "signalbox@localhost"}
	}
	if err := o.DefaultActor.Check(); err != nil {
		return fmt.Errorf("frontend: default actor: %w", err)
	}
	if o.ClientPause <= 0 {
		o.ClientPause = time.Minute
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.UI == nil {
		o.UI = web.Files()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// Frontend is the door. It is an http.Handler.
type Frontend struct {
	options Options
	rest    http.Handler
	routes  *router.Router
	ui      *ui
	system  api.SystemServiceClient
	cross   *http.CrossOriginProtection
	metrics *metrics
	// handler is dispatch behind everything that holds for all requests.
	handler http.Handler

	draining context.Context
	drain    context.CancelFunc
}

// New makes the door.
func New(o Options) (*Frontend, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	conn := limitedConn{o.Conn}
	f := &Frontend{options: o, system: api.NewSystemServiceClient(conn), ui: newUI(o.UI)}
	f.draining, f.drain = context.WithCancel(context.Background())
	var err error
	if f.cross, err = crossOrigin(o.AllowedOrigins); err != nil {
		return nil, err
	}
	if f.metrics, err = newMetrics(o.Metrics); err != nil {
		return nil, err
	}
	document, err := openapi.Parse()
	if err != nil {
		return nil, err
	}
	f.rest, err = rest.New(rest.Options{
		Conn: conn, MaxBodyBytes: o.MaxBodyBytes, Parameters: document.QueryParameters(), Metadata: outgoing,
	})
	if err != nil {
		return nil, err
	}
	f.routes = router.New(f.allRoutes(conn)...)
	inside, err := compressed(http.HandlerFunc(f.dispatch))
	if err != nil {
		return nil, err
	}
	f.handler = f.guard(inside)
	return f, nil
}

// allRoutes are all addresses but /api/v1 and the UI.
func (f *Frontend) allRoutes(conn grpc.ClientConnInterface) []router.Route {
	o := f.options
	routes := ci.Routes(ci.Options{
		Conn: conn, Keyring: o.Keyring, MaxBodyBytes: o.MaxBodyBytes, Timeout: o.CITimeout, Now: o.Now, Metadata: outgoing,
	})
	routes = append(routes, openapi.Routes()...)
	routes = append(routes, f.serviceRoutes()...)
	if o.GitRepoDir != "" {
		routes = append(routes, githttp.Routes(GitPrefix, o.GitRepoDir)...)
	}
	return routes
}

// Routes lists the addresses of the door, but for /api/v1 and the UI.
func (f *Frontend) Routes() []router.Route { return f.routes.Routes() }

// ServeHTTP answers a request.
func (f *Frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Drain ends the streams and makes /readyz say no, so that a server can shut down. Other requests are still answered.
func (f *Frontend) Drain() { f.drain() }

// NewServer makes an HTTP server for the door, with limits on headers and idle connections. How long bodies and answers may
// take is the door's own business: streams live long.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

type actorKey struct{}

// outgoing is what a gRPC call carries for the request of ctx.
func outgoing(ctx context.Context) metadata.MD {
	actor, _ := ctx.Value(actorKey{}).(auth.Actor)
	md := actor.Outgoing()
	md.Set(auth.MetadataRequestID, answer.RequestID(ctx))
	return md
}

const (
	// maxAnswerBytes is the limit of one message from cd-service: all manifests of a release are one.
	maxAnswerBytes = 256 << 20
	readTimeout    = time.Minute
	// executeTimeout is above the longest timeout a command may ask for, so that the answer comes from the one who knows.
	executeTimeout = 10*time.Minute + 30*time.Second
)

// limitedConn gives each call a deadline and a limit.
type limitedConn struct{ grpc.ClientConnInterface }

// Invoke is a call with one answer.
func (c limitedConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	timeout := readTimeout
	if method == api.CommandService_Execute_FullMethodName {
		timeout = executeTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.ClientConnInterface.Invoke(ctx, method, args, reply, append(opts, grpc.MaxCallRecvMsgSize(maxAnswerBytes))...)
}

// NewStream is a stream; it lives as long as the request.
func (c limitedConn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.ClientConnInterface.NewStream(ctx, desc, method, append(opts, grpc.MaxCallRecvMsgSize(maxAnswerBytes))...)
}
