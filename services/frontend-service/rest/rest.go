// Package rest is the door /api/v1: grpc-gateway over the generated handlers, with problem documents for errors, strict bodies
// and query parameters, and streams as newline-delimited JSON. It decides nothing; it translates.
package rest

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// Prefix of all addresses of this door.
const Prefix = "/api/v1/"

// Parameters tells which query parameters an address takes; the OpenAPI document knows. Pattern is a path with every parameter
// written as "{}".
type Parameters func(method, pattern string) (names []string, known bool)

// Options of New.
type Options struct {
	Conn         grpc.ClientConnInterface
	MaxBodyBytes int64
	Parameters   Parameters
	// Metadata is what a call carries beside its message: the actor and the request id.
	Metadata func(context.Context) metadata.MD
}

type gateway struct {
	Options
	mux *runtime.ServeMux
}

// New makes the handler of everything under Prefix.
func New(o Options) (http.Handler, error) {
	g := &gateway{Options: o}
	g.mux = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &marshaler{}),
		// A name with an escaped slash is one name (a wrong one), not two parts of a path.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		// No header of the request travels on; what does travel is in Metadata.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithMetadata(func(ctx context.Context, _ *http.Request) metadata.MD { return o.Metadata(ctx) }),
		runtime.WithMiddlewares(g.prepare),
		runtime.WithForwardResponseOption(setStatus),
		runtime.WithErrorHandler(g.fail),
		runtime.WithStreamErrorHandler(streamFailed),
		runtime.WithRoutingErrorHandler(g.noRoute),
	)
	for _, register := range []registration{
		to(api.RegisterCommandServiceHandlerClient, api.NewCommandServiceClient),
		to(api.RegisterOverviewServiceHandlerClient, api.NewOverviewServiceClient),
		to(api.RegisterApplicationServiceHandlerClient, api.NewApplicationServiceClient),
		to(api.RegisterEnvironmentServiceHandlerClient, api.NewEnvironmentServiceClient),
		to(api.RegisterLockServiceHandlerClient, api.NewLockServiceClient),
		to(api.RegisterHistoryServiceHandlerClient, api.NewHistoryServiceClient),
		to(api.RegisterQueueServiceHandlerClient, api.NewQueueServiceClient),
		to(api.RegisterTimetableServiceHandlerClient, api.NewTimetableServiceClient),
		to(api.RegisterApprovalServiceHandlerClient, api.NewApprovalServiceClient),
		to(api.RegisterReleaseSetServiceHandlerClient, api.NewReleaseSetServiceClient),
		to(api.RegisterSystemServiceHandlerClient, api.NewSystemServiceClient),
	} {
		if err := register(context.Background(), g.mux, o.Conn); err != nil {
			return nil, problem.New(problem.Internal, "register the REST handlers").Wrap(err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The gateway unescapes RawPath, and Path a second time where there is no RawPath.
		r.URL.RawPath = r.URL.EscapedPath()
		if r.Header.Get("Content-Type") == "" {
			r.Header.Del("Content-Type") // the gateway complains in the log about one that is there and empty
		}
		if r.URL.Path == exportPath && r.Method == http.MethodGet {
			g.export(w, r)
			return
		}
		g.mux.ServeHTTP(w, r)
	}), nil
}

// registration adds the addresses of one service.
type registration func(context.Context, *runtime.ServeMux, grpc.ClientConnInterface) error

// to is the registration of a service, made of what is generated for it.
func to[C any](register func(context.Context, *runtime.ServeMux, C) error, client func(grpc.ClientConnInterface) C) registration {
	return func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
		return register(ctx, mux, client(conn))
	}
}

// call is what the steps of one request tell each other.
type call struct {
	w      *statusWriter
	dryRun bool
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{w: &statusWriter{}}
}

// statusWriter can replace the status that grpc-gateway chose: its table of codes is not ours.
type statusWriter struct {
	http.ResponseWriter
	override int
}

// WriteHeader writes the override if there is one.
func (w *statusWriter) WriteHeader(code int) {
	if w.override != 0 {
		code = w.override
	}
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// setStatus says 202 for what is accepted and 201 for what was created, with the address of it.
func setStatus(ctx context.Context, w http.ResponseWriter, m proto.Message) error {
	op, ok := m.(*api.Operation)
	method, _ := runtime.RPCMethod(ctx)
	if !ok || method != api.CommandService_Execute_FullMethodName {
		return nil
	}
	switch op.State {
	case api.OperationState_OPERATION_STATE_PENDING, api.OperationState_OPERATION_STATE_UNKNOWN:
		w.Header().Set("Location", Prefix+"operations/"+op.Id)
		w.WriteHeader(http.StatusAccepted)
	case api.OperationState_OPERATION_STATE_DONE:
		if where := created(op.Result); where != "" && !callOf(ctx).dryRun {
			w.Header().Set("Location", where)
			w.WriteHeader(http.StatusCreated)
		}
	}
	return nil
}

// created is the address of what a command created; empty when it created nothing that has one.
func created(result *api.ActionResult) string {
	if r := result.GetCreateRelease(); r.GetOutcome() == api.ReleaseOutcome_RELEASE_OUTCOME_CREATED {
		return Prefix + "applications/" + r.Application + "/releases/" + uintText(r.Version)
	}
	if r := result.GetPrepareUndeploy(); r.GetOutcome() == api.ReleaseOutcome_RELEASE_OUTCOME_CREATED {
		return Prefix + "applications/" + r.Application + "/releases/" + uintText(r.Version)
	}
	if set := result.GetCreateReleaseSet(); set != nil {
		return Prefix + "release-sets/" + set.Name
	}
	if e := result.GetApplyEnvironment(); e.GetCreated() {
		return Prefix + "environments/" + e.Environment
	}
	return ""
}

// fail answers with a problem document.
func (g *gateway) fail(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	var malformed *runtime.HTTPStatusError
	if b, ok := r.Body.(*body); ok && b.err != nil {
		err = b.err
	} else if errors.As(err, &malformed) {
		err = problem.New(problem.Invalid, "the address cannot be read").Fix("escape the names in it").Wrap(err)
	}
	method, _ := runtime.RPCMethod(ctx)
	answer.Problem(w, r, inWordsOfREST(namingTheField(problem.From(err)), method == api.CommandService_Execute_FullMethodName))
}

// gatewayField is how grpc-gateway names a parameter that it could not read.
var gatewayField = regexp.MustCompile(`(?:parsing field "|parsing list "|parameter: |too many values for field ")([A-Za-z0-9_.]+)`)

// namingTheField finds the field in an error of grpc-gateway itself.
func namingTheField(p *problem.Error) *problem.Error {
	m := gatewayField.FindStringSubmatch(p.Message)
	if p.Kind != problem.Invalid || p.Field != "" || m == nil {
		return p
	}
	field := camel(m[1][strings.LastIndex(m[1], ".")+1:])
	return problem.New(problem.Invalid, "the parameter %s has a value that it cannot have", field).At(field).
		Because("a parameter has the type that its address says").Fix("see /api for the types").Wrap(p)
}

// ErrStopping as the cause of a cancelled request context means that the service shuts down.
var ErrStopping = problem.New(problem.Unavailable, "the service is stopping").Fix("connect again in a moment")

// streamFailed puts our status code in place of grpc-gateway's; the marshaler writes the problem as the last line.
func streamFailed(ctx context.Context, err error) *status.Status {
	if errors.Is(context.Cause(ctx), ErrStopping) {
		err = ErrStopping
	}
	answer.Note(ctx, err)
	p := problem.From(err)
	c := callOf(ctx)
	c.w.override = p.Kind.HTTPStatus()
	if c.w.ResponseWriter != nil {
		answer.SetRetry(c.w, p.Kind)
	}
	return p.GRPCStatus()
}

// streamError finds the status in what grpc-gateway hands to the marshaler when a stream breaks.
func streamError(v any) (*status.Status, bool) {
	m, ok := v.(map[string]proto.Message)
	if !ok {
		return nil, false
	}
	st, ok := m["error"].(interface{ GetCode() int32 })
	if !ok || st == nil {
		return nil, false
	}
	return statusFromProto(m["error"]), true
}

func (g *gateway) noRoute(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	if r.Context().Value(probeKey{}) != nil {
		return
	}
	if code != http.StatusMethodNotAllowed {
		answer.Problem(w, r, problem.New(problem.NotFound, "there is nothing at %s", r.URL.Path).
			Because("an address of the API").Fix("see /api for all addresses"))
		return
	}
	allow := g.allowed(r)
	w.Header().Set("Allow", strings.Join(allow, ", "))
	answer.MethodNotAllowed(w, r, allow)
}

// allowed lists the methods of a path by asking the routes, without calling them.
func (g *gateway) allowed(r *http.Request) []string {
	var allow []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPost, http.MethodPut} {
		probe := r.Clone(context.WithValue(r.Context(), probeKey{}, true))
		probe.Method, probe.Body = method, http.NoBody
		w := &probeWriter{header: http.Header{}}
		if method != r.Method {
			g.mux.ServeHTTP(w, probe)
		}
		if w.hit {
			allow = append(allow, method)
		}
	}
	return allow
}
