package frontend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

const (
	mainRef = "refs/heads/main"
	logRef  = "refs/signalbox/log/0001"
)

// How long one push or fetch may take: a busy machine is slow with a server that works, and one that hangs is given up in good time.
const (
	patient   = time.Minute
	impatient = 3 * time.Second
)

// overHTTP is the door over a real cd-service whose manifest repo is on a real git server.
func overHTTP(t *testing.T, patience time.Duration) (*door, *gitservertest.Repo, *gitservertest.HTTP) {
	t.Helper()
	repo := gitservertest.NewRepo(t)
	server := gitservertest.ServeHTTP(t, repo)
	d, _ := openReal(t, chain, func(o *cdservice.Options) {
		var err error
		if o.Remote, err = remote.Open(remote.Options{URL: server.URL}); err != nil {
			t.Fatal(err)
		}
		o.RetryFor, o.PushTimeout = 300*time.Millisecond, patience
	})
	return d, repo, server
}

// releaseJSON is a release of checkout in JSON, releaseForm one in kuberpult's form.
func releaseJSON(t *testing.T, d *door, version int, headers ...string) reply {
	t.Helper()
	body := fmt.Sprintf(`{"version":"%d","manifests":{"development":%q}}`, version, renders(fmt.Sprint(version)))
	return d.json(t, "POST", "/api/v1/applications/checkout/releases?timeout=20s", body, headers...)
}

func releaseForm(t *testing.T, d *door, version int) reply {
	t.Helper()
	return d.post(t, "/release", app, value("version", fmt.Sprint(version)), manifest("development", renders(fmt.Sprint(version))))
}

func lookAtRemote(t *testing.T, d *door) {
	t.Helper()
	if r := d.json(t, "POST", "/api/v1/notify-push", "{}"); r.StatusCode != 200 {
		t.Fatalf("notify-push: %d %s", r.StatusCode, r.body)
	}
}

// remoteFaults are what a git server can do to a push without taking it. Damage gives what mends it.
var remoteFaults = map[string]struct {
	damage func(*testing.T, *gitservertest.Repo, *gitservertest.HTTP) (mend func())
	says   string
	// look: the damage is noticed by looking at the remote.
	look bool
	// logMoves: the log's ref may move although main does not.
	logMoves bool
	// hangs: nothing but a time limit ends the attempt.
	hangs bool
}{
	"it refuses": {says: "branch is protected", damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		repo.RefuseAll(t, "branch is protected")
		return func() { repo.RemoveHook(t, "pre-receive") }
	}},
	"it refuses main": {says: "main is frozen", damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		repo.RefuseRef(t, mainRef, "main is frozen")
		return func() { repo.RemoveHook(t, "update") }
	}},
	"it moves the log alone": {says: "main is frozen", logMoves: true, damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		repo.NoAtomic(t)
		repo.RefuseRef(t, mainRef, "main is frozen")
		return func() { repo.RemoveHook(t, "update") }
	}},
	"it left a lock file": {says: "lock", damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		file := repo.Lock(t, mainRef)
		return func() {
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		}
	}},
	"it is down": {says: "cannot be reached", damage: func(_ *testing.T, _ *gitservertest.Repo, server *gitservertest.HTTP) func() {
		return everywhere(server, gitservertest.Status(http.StatusServiceUnavailable, "down"))
	}},
	"it hangs before anything is sent": {says: "cannot be reached", hangs: true, damage: func(_ *testing.T, _ *gitservertest.Repo, server *gitservertest.HTTP) func() {
		release := make(chan struct{})
		mend := everywhere(server, gitservertest.Hang(release))
		return func() { close(release); mend() }
	}},
	"its log was rewound": {says: logRef, look: true, damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		return moved(t, repo, repo.Git(t, "rev-parse", logRef+"~1"))
	}},
	"its log is another one": {says: logRef, look: true, damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		return moved(t, repo, "main")
	}},
	"its log was deleted": {says: logRef, look: true, damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		tip := repo.Ref(t, logRef).String()
		repo.Git(t, "update-ref", "-d", logRef)
		return func() { repo.Git(t, "update-ref", logRef, tip) }
	}},
	"it hides the log": {says: logRef, look: true, damage: func(t *testing.T, repo *gitservertest.Repo, _ *gitservertest.HTTP) func() {
		repo.Hide(t, "refs/signalbox")
		return func() { repo.Config(t, "transfer.hideRefs", "refs/none") }
	}},
}

// everywhere puts a fault before everything that a client asks of the server.
func everywhere(server *gitservertest.HTTP, fault gitservertest.Middleware) (mend func()) {
	set := func(m gitservertest.Middleware) {
		server.OnAdvertise(m)
		server.OnPush(m)
		server.OnFetch(m)
	}
	set(fault)
	return func() { set(nil) }
}

// moved sets the log's ref elsewhere.
func moved(t *testing.T, repo *gitservertest.Repo, to string) (mend func()) {
	tip := repo.Ref(t, logRef).String()
	repo.Git(t, "update-ref", logRef, to)
	return func() { repo.Git(t, "update-ref", logRef, tip) }
}

// A git server that does not take a push is told by name at both doors, nothing is stored, reads go on; and the retry is a release like
// any other, not one that "exists already" while the remote has nothing.
func TestAGitServerThatDoesNotTakeAPush(t *testing.T) {
	for name, c := range remoteFaults {
		t.Run(name, func(t *testing.T) {
			d, repo, server := overHTTP(t, map[bool]time.Duration{false: patient, true: impatient}[c.hangs])
			if r := releaseForm(t, d, 1); r.StatusCode != 201 {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			mend := c.damage(t, repo, server)
			before := repo.Refs(t)
			if c.look {
				lookAtRemote(t, d)
			}
			r := releaseJSON(t, d, 2)
			p := problemOf(t, r)
			if p.Status != 503 || problem.Kind(p.Kind) != problem.Unavailable || p.Rule == "" || p.Remedy == "" || !strings.Contains(p.Detail, c.says) || r.Header.Get("Retry-After") == "" {
				t.Errorf("REST: %+v", p)
			}
			if r := releaseForm(t, d, 2); r.StatusCode != 503 || !strings.Contains(r.body, c.says) {
				t.Errorf("CI: %d %s", r.StatusCode, r.body)
			}
			after := repo.Refs(t)
			if c.logMoves {
				before[logRef] = after[logRef]
			}
			if fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("refs were %v and are %v", before, after)
			}
			if r := d.ask(t, "GET", "/api/v1/applications/checkout/releases/2", ""); r.StatusCode != 404 {
				t.Errorf("the refused release can be read: %d %s", r.StatusCode, r.body)
			}
			for _, path := range []string{"/readyz", "/api/v1/overview", "/api/v1/applications/checkout/releases/1"} {
				if r := d.ask(t, "GET", path, ""); r.StatusCode != 200 {
					t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
				}
			}

			mend()
			if c.look {
				lookAtRemote(t, d)
			}
			if r := releaseForm(t, d, 2); r.StatusCode != 201 {
				t.Errorf("the retry: %d %s", r.StatusCode, r.body)
			}
			if repo.Ref(t, mainRef) == before[mainRef] {
				t.Error("the retry is not on the remote")
			}
			if r := releaseForm(t, d, 2); r.StatusCode != 200 || r.body != `{"AlreadyExistsSame":{}}`+"\n" {
				t.Errorf("again: %d %s", r.StatusCode, r.body)
			}
			repo.Fsck(t)
		})
	}
}

// A git server that is not there, before anything was sent: 503, and nothing happened.
func TestAGitServerThatVanishes(t *testing.T) {
	d, repo, server := overHTTP(t, patient)
	if r := releaseForm(t, d, 1); r.StatusCode != 201 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	before := repo.Refs(t)
	server.Close()
	p := problemOf(t, releaseJSON(t, d, 2))
	if p.Status != 503 || problem.Kind(p.Kind) != problem.Unavailable || p.Rule == "" || p.Remedy == "" {
		t.Errorf("REST: %+v", p)
	}
	if r := releaseForm(t, d, 2); r.StatusCode != 503 || !strings.Contains(r.body, "cannot be reached") {
		t.Errorf("CI: %d %s", r.StatusCode, r.body)
	}
	if after := repo.Refs(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("refs were %v and are %v", before, after)
	}
	for path, status := range map[string]int{"/healthz": 503, "/readyz": 200, "/api/v1/overview": 200, "/api/v1/applications/checkout/releases/2": 404} {
		if r := d.ask(t, "GET", path, ""); r.StatusCode != status {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
}

// A git server that got the push and answers nothing, or nothing that says what became of it: nobody is told "refused", and the outcome
// can be read.
func TestAGitServerThatDoesNotSayWhatItDid(t *testing.T) {
	for name, fault := range map[string]func(release <-chan struct{}) gitservertest.Middleware{
		"it is down": func(<-chan struct{}) gitservertest.Middleware {
			return gitservertest.Status(http.StatusServiceUnavailable, "down")
		},
		"it hangs": gitservertest.Hang,
	} {
		t.Run(name, func(t *testing.T) {
			d, repo, server := overHTTP(t, impatient)
			if r := releaseForm(t, d, 1); r.StatusCode != 201 {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			before := repo.Refs(t)
			release := make(chan struct{})
			// It goes wrong when the push is there, and from then on nobody can ask it.
			faulty := fault(release)
			server.OnPush(func(next http.Handler) http.Handler {
				wrong := faulty(next)
				return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
					server.OnAdvertise(faulty)
					wrong.ServeHTTP(w, q)
				})
			})
			mend := func() { everywhere(server, nil) }
			body := fmt.Sprintf(`{"version":"2","manifests":{"development":%q}}`, renders("2"))
			p := problemOf(t, d.json(t, "POST", "/api/v1/applications/checkout/releases?timeout=1s", body))
			if p.Status != 504 || problem.Kind(p.Kind) != problem.Unknown || p.OperationID == "" || p.Remedy == "" {
				t.Fatalf("%+v", p)
			}
			if after := repo.Refs(t); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("refs were %v and are %v", before, after)
			}
			gitservertest.Eventually(t, "healthz says that writes do not work", func() bool {
				return d.ask(t, "GET", "/healthz", "").StatusCode == 503
			})
			if r := d.ask(t, "GET", "/api/v1/overview", ""); r.StatusCode != 200 {
				t.Errorf("reads: %d %s", r.StatusCode, r.body)
			}
			close(release)
			mend()
			if op := becomesDone(t, d, p.OperationID); op.Commit != repo.Ref(t, mainRef).String() {
				t.Errorf("the operation says %s, main is %s", op.Commit, repo.Ref(t, mainRef))
			}
			if r := releaseForm(t, d, 2); r.StatusCode != 200 || r.body != `{"AlreadyExistsSame":{}}`+"\n" {
				t.Errorf("again: %d %s", r.StatusCode, r.body)
			}
			if n := repo.Git(t, "rev-list", "--count", before[mainRef].String()+"..main"); n != "1" {
				t.Errorf("%s commits for one release", n)
			}
			repo.Fsck(t)
		})
	}
}

type operation struct{ State, Commit string }

// becomesDone reads an operation until it is done.
func becomesDone(t *testing.T, d *door, id string) (op operation) {
	t.Helper()
	gitservertest.Eventually(t, "the operation is done", func() bool {
		r := d.ask(t, "GET", "/api/v1/operations/"+id, "")
		if r.StatusCode != 200 {
			t.Fatalf("operation %s: %d %s", id, r.StatusCode, r.body)
		}
		op = operation{}
		if err := json.Unmarshal([]byte(r.body), &op); err != nil {
			t.Fatal(err)
		}
		if op.State == "OPERATION_STATE_REFUSED" {
			t.Fatalf("refused although it may land: %s", r.body)
		}
		return op.State == "OPERATION_STATE_DONE"
	})
	return op
}

// A push whose answer never comes, and which lands later: 504 with an operation whose outcome can be read, never "refused", and once.
func TestAnAnswerThatNeverComesThoughThePushLands(t *testing.T) {
	d, repo, server := overHTTP(t, impatient)
	if r := releaseForm(t, d, 1); r.StatusCode != 201 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	before := repo.Refs(t)
	land := make(chan struct{})
	late, landed := gitservertest.LandLater(land)
	server.OnPush(gitservertest.Once(func(next http.Handler) http.Handler {
		worst := late(next)
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			server.OnAdvertise(gitservertest.Status(http.StatusServiceUnavailable, "down"))
			worst.ServeHTTP(w, q)
		})
	}))
	body := fmt.Sprintf(`{"version":"2","manifests":{"development":%q}}`, renders("2"))
	p := problemOf(t, d.json(t, "POST", "/api/v1/applications/checkout/releases?timeout=2s", body))
	if p.Status != 504 || problem.Kind(p.Kind) != problem.Unknown || p.OperationID == "" || p.Rule == "" || !strings.Contains(p.Remedy, p.OperationID) {
		t.Fatalf("%+v", p)
	}
	if after := repo.Refs(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Fatalf("it landed already: %v", after)
	}
	if r := d.ask(t, "GET", "/healthz", ""); r.StatusCode != 503 {
		t.Errorf("healthz: %d %s", r.StatusCode, r.body)
	}
	close(land)
	<-landed
	server.OnAdvertise(nil)
	op := becomesDone(t, d, p.OperationID)
	if at := repo.Ref(t, mainRef).String(); op.Commit != at {
		t.Errorf("the operation says %s, main is %s", op.Commit, at)
	}
	if r := releaseForm(t, d, 2); r.StatusCode != 200 || r.body != `{"AlreadyExistsSame":{}}`+"\n" {
		t.Errorf("again: %d %s", r.StatusCode, r.body)
	}
	if n := repo.Git(t, "rev-list", "--count", before[mainRef].String()+"..main"); n != "1" {
		t.Errorf("%s commits for one release", n)
	}
	repo.Fsck(t)
}

// Main moved without its log: nobody is told "done" or "refused" before the log has the release, too.
func TestMainThatMovedWithoutItsLog(t *testing.T) {
	d, repo, _ := overHTTP(t, patient)
	repo.NoAtomic(t)
	repo.RefuseRef(t, logRef, "only branches here")
	body := fmt.Sprintf(`{"manifests":{"development":%q}}`, renders("1"))
	p := problemOf(t, d.json(t, "POST", "/api/v1/applications/checkout/releases?timeout=2s", body))
	if p.Status != 504 || problem.Kind(p.Kind) != problem.Unknown || p.OperationID == "" {
		t.Fatalf("%+v", p)
	}
	if r := d.ask(t, "GET", "/healthz", ""); r.StatusCode != 503 || !strings.Contains(r.body, logRef) {
		t.Errorf("healthz: %d %s", r.StatusCode, r.body)
	}
	if r := d.json(t, "POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":"l1","message":"x"}`); r.StatusCode != 503 {
		t.Errorf("another write meanwhile: %d %s", r.StatusCode, r.body)
	}
	repo.RemoveHook(t, "update")
	lookAtRemote(t, d)
	if op := becomesDone(t, d, p.OperationID); op.Commit != repo.Ref(t, mainRef).String() {
		t.Errorf("the operation says %s, main is %s", op.Commit, repo.Ref(t, mainRef))
	}
	if r := d.ask(t, "GET", "/api/v1/applications/checkout/releases/1/manifests", ""); r.StatusCode != 200 {
		t.Errorf("the release: %d %s", r.StatusCode, r.body)
	}
	repo.Fsck(t)
}

// A train that meets an application without a manifest for its target leaves it where it is, says so, and takes the others.
func TestATrainMeetsAReleaseWithoutAManifestForItsTarget(t *testing.T) {
	d, repo := openReal(t, chain)
	for name, environments := range map[string][]string{"half": {"development"}, "whole": {"development", "staging"}} {
		parts := []part{value("application", name)}
		for _, environment := range environments {
			parts = append(parts, manifest(environment, renders(name)))
		}
		if r := d.post(t, "/release", parts...); r.StatusCode != 201 {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	r := d.json(t, "POST", "/api/v1/trains/staging", "{}")
	if r.StatusCode != 200 || !strings.Contains(r.body, "has no manifest for staging") || !strings.Contains(r.body, "DEPLOY_OUTCOME_DEPLOYED") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	before := git(t, "-C", repo, "for-each-ref")
	if r := d.ask(t, "PUT", "/environments/staging/releasetrain", ""); r.StatusCode != 200 {
		t.Errorf("CI: %d %s", r.StatusCode, r.body)
	}
	if r := d.json(t, "POST", "/api/v1/trains/staging", "{}"); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if after := git(t, "-C", repo, "for-each-ref"); after != before {
		t.Error("a train with nothing to do made a commit")
	}
}
