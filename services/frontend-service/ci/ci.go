// Package ci is the door for kuberpult's clients: the addresses, fields, status codes, bodies and texts that existing CI jobs
// know. It translates them into commands and reads of Signalbox and decides nothing itself, except what never gets that far: the
// form of the request, and PGP signatures of locks and environments. Where kuberpult is at fault (it stores what it cannot use)
// the answer is a clear 400. docs/api.md lists the differences.
package ci

import (
	"context"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

// DefaultTimeout is how long a write may take; kuberpult's door gives its backend the same.
const DefaultTimeout = 2 * time.Minute

// Options of New.
type Options struct {
	Conn grpc.ClientConnInterface
	// Keyring checks the signatures that come with locks and environments; those of manifests are cd-service's business. May be nil.
	Keyring      *pgp.Keyring
	MaxBodyBytes int64
	// Timeout of a write; 0 means DefaultTimeout.
	Timeout time.Duration
	// Now is the clock that signatures are checked by.
	Now func() time.Time
	// Metadata is what a call carries beside its message: the actor and the request id.
	Metadata func(context.Context) metadata.MD
}

type handler struct {
	Options
	commands     api.CommandServiceClient
	applications api.ApplicationServiceClient
}

// Routes are the addresses of this door.
func Routes(o Options) []router.Route {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	h := &handler{Options: o, commands: api.NewCommandServiceClient(o.Conn), applications: api.NewApplicationServiceClient(o.Conn)}
	route := func(method, pattern string, f http.HandlerFunc) router.Route {
		return router.Route{Method: method, Pattern: pattern, Handler: f}
	}
	routes := []router.Route{
		route(http.MethodPost, "/release", h.release),
		route(http.MethodPost, "/api/release", h.release),

		route(http.MethodPut, "/environments/{environment}/releasetrain", h.train(api.TrainTarget_TRAIN_TARGET_UNSPECIFIED, "environment")),
		route(http.MethodPut, "/api/environments/{environment}/releasetrain", h.train(api.TrainTarget_TRAIN_TARGET_ENVIRONMENT, "environment")),
		route(http.MethodGet, "/api/environments/{environment}/releasetrain/prognosis", h.prognosis),
		route(http.MethodPut, "/api/environment-groups/{group}/releasetrain", h.train(api.TrainTarget_TRAIN_TARGET_ENVIRONMENT_GROUP, "group")),

		route(http.MethodPost, "/environments/{environment}", h.applyEnvironment),
		route(http.MethodPost, "/environments/{environment}/", h.applyEnvironment),
		route(http.MethodPost, "/api/environments/{environment}", h.applyEnvironment),
		route(http.MethodDelete, "/api/environments/{environment}", h.deleteEnvironment),

		route(router.AnyMethod, "/environment-groups/{group}/rollout-status", h.rolloutStatus),
		route(router.AnyMethod, "/api/environment-groups/{group}/rollout-status", h.rolloutStatus),

		route(http.MethodPost, "/api/application/{application}/release/manifests/{version}", h.manifests),
		route(http.MethodGet, "/api/environments/{environment}/applications/{application}/commit", h.deployedCommit),
		route(http.MethodGet, "/api/commit-deployments/{commit}", h.commitDeployments),
		route(http.MethodGet, "/api/process-delay", h.processDelay),
	}
	for _, l := range lockKinds {
		for _, pattern := range l.patterns {
			routes = append(routes,
				route(http.MethodPut, pattern, h.createLock(l)),
				route(http.MethodDelete, pattern, h.deleteLock(l)))
		}
	}
	return routes
}

// execute carries out a command and comes back when it is in git.
func (h *handler) execute(r *http.Request, req *api.ExecuteRequest) (*api.Operation, error) {
	req.Wait = api.Wait_WAIT_PUSHED
	req.IdempotencyKey = r.Header.Get("Idempotency-Key")
	req.Timeout = durationpb.New(h.Timeout)
	op, err := h.commands.Execute(h.outgoing(r), req)
	if err != nil {
		return nil, err
	}
	if op.State == api.OperationState_OPERATION_STATE_DONE {
		return op, nil
	}
	p := problem.New(problem.Unknown, "the outcome is not known yet").Fix("read it at /api/v1/operations/%s", op.Id)
	p.Detail = &api.ErrorDetail{OperationId: op.Id}
	return nil, p
}

func (h *handler) outgoing(r *http.Request) context.Context {
	return metadata.NewOutgoingContext(r.Context(), h.Metadata(r.Context()))
}

// fail answers an error as kuberpult does: plain text. notFound is the status for something that does not exist: 400 where a
// request wants to write on it, 404 where it reads or deletes it.
func fail(w http.ResponseWriter, r *http.Request, err error, notFound int) {
	answer.Note(r.Context(), err)
	p := problem.From(err)
	status := p.Kind.HTTPStatus()
	if p.Kind == problem.NotFound {
		status = notFound
	}
	answer.SetRetry(w, p.Kind)
	answer.Text(w, status, inWordsOfForms(p))
}

// formNames are the names that kuberpult's forms have for our fields.
var formNames = map[string]string{
	"commit_id": "source_commit_id", "author": "source_author", "message": "source_message",
	"prepublish": "is_prepublish", "deploy_to": "deploy_to_downstream_environments",
}

// inWordsOfForms is a problem as one line of text, with the field as the client wrote it.
func inWordsOfForms(p *problem.Error) string {
	text := p.Message
	command, field, found := strings.Cut(p.Field, ".")
	if !found {
		field = command
	}
	if found && command == "create_release" {
		base, rest := field, ""
		if i := strings.IndexAny(field, "[."); i >= 0 {
			base, rest = field[:i], field[i:]
		}
		if name, ok := formNames[base]; ok {
			field = name + rest
		}
	}
	if field != "" && !strings.HasPrefix(text, field) {
		text = field + ": " + text
	}
	if p.Remedy != "" {
		text += " (" + p.Remedy + ")"
	}
	if id := p.Detail.GetOperationId(); p.Kind == problem.Unknown && id != "" && !strings.Contains(text, id) {
		text += " (operation " + id + ")"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// said is a refusal in kuberpult's own words.
func said(format string, args ...any) *problem.Error {
	return problem.New(problem.Invalid, format, args...)
}
