package frontend

import (
	"context"
	"net/http"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
	"github.com/signalbox-dev/signalbox/services/frontend-service/rest"
)

// ciPrefixes are kuberpult's own addresses. A browser that opens one wants the UI page of that name.
var ciPrefixes = []string{"/release", "/environments", "/environment-groups"}

func under(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }

// dispatch finds the room behind the door.
func (f *Frontend) dispatch(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if under(path, strings.TrimSuffix(rest.Prefix, "/")) {
		f.serveREST(w, r)
		return
	}
	if isCI(path) && isNavigation(r) {
		f.ui.ServeHTTP(w, r)
		return
	}
	h, allow := f.routes.Find(r)
	answer.RecordOf(r.Context()).Pattern = r.Pattern
	switch {
	case h != nil:
		r, err := f.withActor(r)
		if err != nil {
			answer.Note(r.Context(), err)
			answer.Text(w, problem.From(err).Kind.HTTPStatus(), err.Error())
			return
		}
		h.ServeHTTP(w, r)
	case len(allow) > 0:
		answer.Note(r.Context(), problem.New(problem.Unsupported, "unsupported method"))
		w.Header().Set("Allow", strings.Join(allow, ", "))
		answer.Text(w, http.StatusMethodNotAllowed, "unsupported method '"+r.Method+"'")
	case isCI(path), under(path, "/api"), under(path, "/git"):
		answer.Note(r.Context(), problem.New(problem.NotFound, "no such address"))
		answer.Text(w, http.StatusNotFound, "not found: '"+path+"'")
	default:
		f.ui.ServeHTTP(w, r)
	}
}

func isCI(path string) bool {
	for _, prefix := range ciPrefixes {
		if under(path, prefix) {
			return true
		}
	}
	return false
}

// isNavigation: a person's browser opens the address.
func isNavigation(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (f *Frontend) serveREST(w http.ResponseWriter, r *http.Request) {
	// A path written as ".." or "//" is nobody's address; the gateway would take the empty parts as names.
	for _, part := range strings.Split(r.URL.Path, "/")[1:] {
		if part == "" || part == "." || part == ".." {
			answer.Problem(w, r, problem.New(problem.NotFound, "there is nothing at %s", r.URL.Path).
				Because("an address of the API").Fix("see /api for all addresses"))
			return
		}
	}
	r, err := f.withActor(r)
	if err != nil {
		answer.Problem(w, r, err)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	if r.URL.Path == rest.Prefix+"watch" {
		// A stream would keep a server from shutting down; other reads are answered to the end.
		defer context.AfterFunc(f.draining, func() { cancel(rest.ErrStopping) })()
	}
	f.rest.ServeHTTP(w, r.WithContext(ctx))
}

// withActor puts who asks into the request's context. The request comes back also with an error.
func (f *Frontend) withActor(r *http.Request) (*http.Request, error) {
	actor, err := auth.Decode(r.Header.Get(auth.MetadataName), r.Header.Get(auth.MetadataEmail))
	if err != nil {
		return r, err
	}
	if actor.IsZero() {
		actor = f.options.DefaultActor
	} else {
		answer.RecordOf(r.Context()).Actor = actor.String()
	}
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, actor)), nil
}
