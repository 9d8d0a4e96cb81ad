package ci

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// maxLockBody is the limit of a lock's or a train's body, unless the limit of all bodies is lower.
const maxLockBody = 1 << 20

// lockKind is what differs between the four kinds of locks in kuberpult's API.
type lockKind struct {
	// words name the lock in refusals: "cannot create environment lock: ...".
	words    string
	scope    api.LockScope
	patterns []string
	// messageOptional: kuberpult asks no message of application locks.
	messageOptional bool
	// created and body answer a success.
	created int
	body    any
	// missing words the 404 of a lock that is not there.
	missing func(environment, scope, id string) string
}

var lockKinds = []lockKind{
	{
		words: "environment lock", scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, created: http.StatusOK,
		patterns: []string{"/environments/{environment}/locks/{id}", "/api/environments/{environment}/locks/{id}"},
		missing: func(environment, _, id string) string {
			return "error: directory environments/" + environment + "/locks/" + id + " for env lock does not exist"
		},
	},
	{
		words: "application lock", scope: api.LockScope_LOCK_SCOPE_APPLICATION, created: http.StatusOK, messageOptional: true,
		patterns: []string{
			"/environments/{environment}/applications/{application}/locks/{id}",
			"/api/environments/{environment}/applications/{application}/locks/{id}",
		},
		missing: func(environment, application, id string) string {
			return "error: directory environments/" + environment + "/applications/" + application + "/locks/" + id + " for app lock does not exist"
		},
	},
	{
		words: "environment group lock", scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP,
		created: http.StatusCreated, body: outcome("Result", nil),
		patterns: []string{"/environment-groups/{group}/locks/{id}", "/api/environment-groups/{group}/locks/{id}"},
		missing: func(_, group, id string) string {
			return "error: lock " + id + " of environment group " + group + " does not exist"
		},
	},
	{
		words: "team lock", scope: api.LockScope_LOCK_SCOPE_TEAM, created: http.StatusOK,
		patterns: []string{"/api/environments/{environment}/lock/team/{team}/{id}"},
		missing: func(environment, team, id string) string {
			return "error: lock " + id + " of team " + team + " in environment " + environment + " does not exist"
		},
	},
}

// lockBody is the JSON of a PUT. Members that kuberpult does not know are ignored, as it does.
type lockBody struct {
	Message           string `json:"message"`
	Signature         string `json:"signature"`
	CILink            string `json:"ciLink"`
	SuggestedLifeTime string `json:"suggestedLifeTime"`
}

func (h *handler) createLock(kind lockKind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := h.readLockBody(w, r, kind)
		if err == nil {
			err = checkLockNames("create", kind, r)
		}
		if err == nil {
			err = h.checkLockSignature(kind, body.Signature, r)
		}
		if err != nil {
			fail(w, r, err, http.StatusNotFound)
			return
		}
		lock := &api.CreateLock{
			Scope: kind.scope, Id: r.PathValue("id"), Environment: r.PathValue("environment"), EnvironmentGroup: r.PathValue("group"),
			Application: r.PathValue("application"), Team: r.PathValue("team"),
			Message: body.Message, CiLink: body.CILink, SuggestedLifetime: body.SuggestedLifeTime,
			// kuberpult lets a lock be there before its application.
			Ahead: kind.scope == api.LockScope_LOCK_SCOPE_APPLICATION,
		}
		_, err = h.execute(r, &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: lock}})
		if group := lock.EnvironmentGroup; err != nil && group != "" && problem.From(err).Kind == problem.NotFound {
			err = said("error: No environment found with given group '%s'", group).Wrap(err)
		}
		if err != nil {
			fail(w, r, err, http.StatusBadRequest)
			return
		}
		lockDone(w, kind, kind.created)
	}
}

func (h *handler) deleteLock(kind lockKind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := checkLockNames("delete", kind, r); err != nil {
			fail(w, r, err, http.StatusBadRequest)
			return
		}
		lock := &api.DeleteLock{
			Scope: kind.scope, Id: r.PathValue("id"), Environment: r.PathValue("environment"), EnvironmentGroup: r.PathValue("group"),
			Application: r.PathValue("application"), Team: r.PathValue("team"),
		}
		_, err := h.execute(r, &api.ExecuteRequest{Kind: &api.ExecuteRequest_DeleteLock{DeleteLock: lock}})
		if err != nil && problem.From(err).Kind == problem.NotFound {
			within := lock.Application + lock.EnvironmentGroup + lock.Team // one of them at most
			err = problem.New(problem.NotFound, "%s", kind.missing(lock.Environment, within, lock.Id)).Wrap(err)
		}
		if err != nil {
			fail(w, r, err, http.StatusNotFound)
			return
		}
		lockDone(w, kind, http.StatusOK)
	}
}

func lockDone(w http.ResponseWriter, kind lockKind, status int) {
	if kind.body == nil {
		w.WriteHeader(status)
		return
	}
	answer.JSON(w, status, kind.body)
}

func (h *handler) readLockBody(w http.ResponseWriter, r *http.Request, kind lockKind) (lockBody, error) {
	var body lockBody
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return body, problem.New(problem.Unsupported, "Content-Type must be application/json, not '%s'", r.Header.Get("Content-Type"))
	}
	content, err := h.readSmallBody(w, r)
	if err != nil {
		return body, err
	}
	if len(content) > 0 {
		if err := json.Unmarshal(content, &body); err != nil {
			return body, said("Invalid body: %s", jsonText(err))
		}
	}
	if body.Message == "" && !kind.messageOptional {
		return body, said("Please provide lock message in body")
	}
	return body, nil
}

// readSmallBody reads a body that holds a few words; the error is a *problem.Error.
func (h *handler) readSmallBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := min(maxLockBody, h.MaxBodyBytes)
	if err := errors.Join(answer.CheckLength(r, limit), answer.CheckEncoding(r)); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, answer.BodyProblem(err, limit)
	}
	return content, nil
}

// jsonText words an error of encoding/json without Go's type names.
func jsonText(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return "'" + wrongType.Field + "' must be a " + wrongType.Type.String() + ", not a " + wrongType.Value
	}
	return err.Error()
}

func checkLockNames(verb string, kind lockKind, r *http.Request) error {
	for _, c := range []struct {
		what, value string
		maximum     int
	}{
		{"environment", r.PathValue("environment"), maxEnvironmentName},
		{"environment group", r.PathValue("group"), maxEnvironmentName},
		{"application", r.PathValue("application"), maxApplicationName},
		{"team", r.PathValue("team"), maxEnvironmentName},
	} {
		if c.value != "" && !validName(c.value, c.maximum) {
			return said("cannot %s %s: invalid %s: '%s'", verb, kind.words, c.what, c.value)
		}
	}
	if id := r.PathValue("id"); !validLockID(id) {
		return said("cannot %s %s: invalid lock id: '%s'", verb, kind.words, id)
	}
	return nil
}

// checkLockSignature checks a signature that came along; none is asked for. As in kuberpult it is over the name of what is
// locked and the lock's id, written one after the other, and a signature of an application lock is ignored.
func (h *handler) checkLockSignature(kind lockKind, signature string, r *http.Request) error {
	if signature == "" || kind.scope == api.LockScope_LOCK_SCOPE_APPLICATION {
		return nil
	}
	if h.Keyring == nil {
		return problem.New(problem.NotFound, "a signature was sent, but there is no PGP keyring to check it")
	}
	over := r.PathValue("environment") + r.PathValue("group") + r.PathValue("id")
	if err := h.Keyring.Verify([]byte(over), [][]byte{[]byte(signature)}, h.Now()); err != nil {
		return said("Invalid signature: %s", oneLine(err))
	}
	return nil
}
