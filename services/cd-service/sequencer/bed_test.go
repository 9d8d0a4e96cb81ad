package sequencer_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/adopt"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

const (
	mainRef = "refs/heads/main"
	logRef  = adopt.DefaultLogRef
)

// clock stands still, but for pauses of up to a second: they are over at once, and the clock has moved.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
	asked  int
}

type timer struct {
	at   time.Time
	fire chan time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	fire := make(chan time.Time, 1)
	c.mu.Lock()
	c.timers = append(c.timers, timer{c.now.Add(d), fire})
	c.mu.Unlock()
	if d <= time.Second {
		c.Advance(d)
	}
	return fire
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	var later []timer
	for _, t := range c.timers {
		if t.at.After(c.now) {
			later = append(later, t)
		} else {
			t.fire <- c.now
		}
	}
	c.timers = later
}

// noDocuments renders nothing: Argo CD's documents have tests of their own.
type noDocuments struct{}

func (noDocuments) Update(_, _ *manifestrepo.Snapshot, _ manifestrepo.Delta) ([]manifestrepo.Edit, error) {
	return nil, nil
}
func (noDocuments) Environment(*manifestrepo.Snapshot, string) ([]byte, error) { return nil, nil }

// bed is a sequencer on a real git server.
type bed struct {
	t       *testing.T
	git     *gitservertest.Repo
	http    *gitservertest.HTTP
	dir     string
	clock   *clock
	options func(*sequencer.Options)

	store   *gitstore.Store
	journal *journal.Journal
	repo    *state.Repo
	seq     *sequencer.Sequencer
}

func newBed(t *testing.T, options func(*sequencer.Options)) *bed {
	t.Helper()
	git := gitservertest.NewRepo(t)
	b := &bed{t: t, git: git, http: gitservertest.ServeHTTP(t, git), dir: t.TempDir(), clock: newClock(), options: options}
	b.open()
	t.Cleanup(func() {
		if b.seq != nil {
			b.http.OnPush(nil)
			b.http.OnAdvertise(nil)
			b.kill()
		}
	})
	return b
}

func (b *bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// open starts the service's parts as cdservice does.
func (b *bed) open() {
	b.t.Helper()
	ctx := b.t.Context()
	server, err := remote.Open(remote.Options{URL: b.http.URL})
	b.must(err)
	b.store, err = gitstore.Open(ctx, gitstore.Options{Dir: filepath.Join(b.dir, "manifests.git"), Refs: []string{logRef, mainRef}, Remote: server})
	b.must(err)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	if os.Getenv("SEQUENCER_LOG") != "" {
		logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	b.must(adopt.Adopt(ctx, adopt.Options{
		Store: b.store, Branch: mainRef, LogRef: logRef, Renderer: noDocuments{}, CommitterEmail: "signalbox@example.com", Now: b.clock.Now, Logger: logger,
		Seed: map[string][]byte{"development": []byte(`{"upstream":{"latest":true}}`), "staging": []byte(`{"upstream":{"environment":"development"}}`)},
	}))
	b.journal, err = journal.Open(ctx, filepath.Join(b.dir, "journal.db"))
	b.must(err)
	landed := sequencer.NewLanded(b.clock.Now, nil)
	b.repo, err = state.OpenWith(ctx, state.Options{Store: b.store, Branch: "main", Now: b.clock.Now, Logger: logger, Followers: []state.Follower{landed.Follow}})
	b.must(err)
	o := sequencer.Options{
		Repo: b.repo, Landed: landed, Renderer: noDocuments{}, CommitterEmail: "signalbox@example.com", Journal: b.journal, Clock: b.clock, Logger: logger,
		Policy: rules.Policy{KeepWindow: 20, Secrets: "refuse"},
	}
	if b.options != nil {
		b.options(&o)
	}
	b.seq, err = sequencer.New(o)
	b.must(err)
	b.seq.Start(ctx)
}

// kill ends the service without letting it finish anything.
func (b *bed) kill() {
	b.t.Helper()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = b.seq.Close(over)
	b.seq = nil
	b.must(b.journal.Close())
	b.must(b.store.Close())
}

func configMap(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  key: " + value + "\n"
}

func release(app string, version uint64) *api.Action {
	return change(app, version, fmt.Sprintf("%s-%d", app, version))
}

// next is a release that leaves the version to Signalbox.
func next(app string, value any) *api.Action { return change(app, 0, fmt.Sprint(app, "-", value)) }

func change(app string, version uint64, value string) *api.Action {
	return &api.Action{Kind: &api.Action_CreateRelease{CreateRelease: &api.CreateRelease{
		Application: app, Version: version, Message: "change " + value,
		Manifests: map[string]string{"development": configMap(app, value), "staging": configMap(app, value)},
	}}}
}

// request checks a command as the command service does. Two requests of one id and action are one command.
func (b *bed) request(id string, action *api.Action) sequencer.Request {
	b.t.Helper()
	blobs := map[gitstore.Hash]gitstore.Blob{}
	var mu sync.Mutex
	checked, err := rules.Check(action, rules.Policy{KeepWindow: 20, Secrets: "refuse"}, func(content []byte) manifestrepo.Hash {
		blob := gitstore.PrepareBlob(content)
		mu.Lock()
		defer mu.Unlock()
		blobs[blob.Hash()] = blob
		return blob.Hash()
	})
	b.must(err)
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(action)
	b.must(err)
	digest := sha256.Sum256(encoded)
	return sequencer.Request{ID: id, Actor: manifestrepo.Actor{Name: "Anna Koch", Email: "ak@example.com"}, Checked: checked, Action: encoded, Digest: digest[:], Blobs: blobs}
}

func (b *bed) submit(id string, action *api.Action) *sequencer.Future {
	b.t.Helper()
	f, err := b.seq.Submit(b.t.Context(), b.request(id, action))
	b.must(err)
	return f
}

// wait waits for the outcome; a test's own patience is the limit.
func (b *bed) wait(f *sequencer.Future) sequencer.Outcome {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), gitservertest.Patience)
	defer cancel()
	o := f.Wait(ctx)
	if ctx.Err() != nil {
		b.t.Fatalf("no outcome in time: %+v", o)
	}
	return o
}

// done demands that a command was carried out.
func (b *bed) done(f *sequencer.Future) sequencer.Outcome {
	b.t.Helper()
	o := b.wait(f)
	if o.State != sequencer.Done {
		b.t.Fatalf("%s ended %d: %v", o.ID, o.State, o.Err)
	}
	return o
}

func (b *bed) refused(f *sequencer.Future, kind string) sequencer.Outcome {
	b.t.Helper()
	o := b.wait(f)
	if o.State != sequencer.Refused || string(o.Err.Kind) != kind {
		b.t.Fatalf("%s ended %d: %v, want a refusal of kind %s; commit %s, main: %v", o.ID, o.State, o.Err, kind, o.Commit, b.git.Git(b.t, "log", "--format=%cI %s", "main"))
	}
	if o.Err.Detail.GetOperationId() != o.ID {
		b.t.Errorf("the refusal does not name its operation %s: %v", o.ID, o.Err.Detail)
	}
	return o
}

// holdPush makes the next push wait before the server sees it; the result lets it go.
func (b *bed) holdPush() (letGo func()) {
	held, reached := make(chan struct{}), make(chan struct{}, 1)
	hang := gitservertest.Hang(held)
	b.http.OnPush(gitservertest.Once(func(next httpHandler) httpHandler {
		waiting := hang(next)
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			reached <- struct{}{}
			waiting.ServeHTTP(w, q)
		})
	}))
	var once sync.Once
	b.t.Cleanup(func() { once.Do(func() { close(held) }) })
	b.submit("op-holder", release("holder", 1))
	<-reached
	return func() { once.Do(func() { close(held) }) }
}

// subjects are the first lines of main's commits, oldest first, without the first one.
func (b *bed) subjects() []string {
	b.t.Helper()
	lines := strings.Split(b.git.Git(b.t, "log", "--first-parent", "--reverse", "--format=%s", "main"), "\n")
	return lines[1:]
}

// ids are the request ids on main, oldest first.
func (b *bed) ids() string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.git.Git(b.t, "log", "--first-parent", "--reverse", "--format=%(trailers:key=Signalbox-Request-Id,valueonly)", "main")), " ")
}

// versions are an application's releases, as the state says.
func (b *bed) versions(app string) string {
	a := b.repo.View().Snapshot.Application(app)
	if a == nil {
		return ""
	}
	var list []string
	for _, r := range a.Releases {
		list = append(list, fmt.Sprint(r.Version))
	}
	return strings.Join(list, " ")
}

// someone pushes a file to main, past Signalbox.
func (b *bed) someone(path, content string) gitstore.Hash {
	b.t.Helper()
	return b.someoneAs("100644", path, content)
}

// someoneAs is someone with a file of another mode.
func (b *bed) someoneAs(mode, path, content string) gitstore.Hash {
	b.t.Helper()
	script := `set -e
export GIT_INDEX_FILE="$(mktemp -u)" GIT_AUTHOR_NAME=Mo GIT_AUTHOR_EMAIL=mo@example.com GIT_COMMITTER_NAME=Mo GIT_COMMITTER_EMAIL=mo@example.com
git read-tree main
git update-index --add --cacheinfo "$2",$(git hash-object -w --stdin),"$1"
git update-ref refs/heads/main $(git commit-tree -p main -m "by hand" $(git write-tree))
rm -f "$GIT_INDEX_FILE"`
	cmd := exec.Command("sh", "-c", script, "sh", path, mode)
	cmd.Dir, cmd.Stdin = b.git.Dir, strings.NewReader(content)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("foreign push: %v\n%s", err, out)
	}
	return b.git.Ref(b.t, mainRef)
}

// rebuilt checks that a state read from nothing is the state we have.
func (b *bed) rebuilt() {
	b.t.Helper()
	fresh, err := state.Open(b.t.Context(), b.store, "main", nil)
	b.must(err)
	differ := diffParts(b.t, b.repo.View().Snapshot, fresh.View().Snapshot)
	if differ != "" {
		b.t.Errorf("the state differs from what git says: %s", differ)
	}
}

func diffParts(t *testing.T, have, want *manifestrepo.Snapshot) string {
	t.Helper()
	read := func(s *manifestrepo.Snapshot) map[string]string {
		parts, err := manifestrepo.Parts(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, p := range parts {
			m[p.Key] = string(p.Data)
		}
		return m
	}
	a, z := read(have), read(want)
	var out []string
	for k, v := range a {
		if z[k] != v {
			out = append(out, fmt.Sprintf("%s: have %q, git %q", k, v, z[k]))
		}
	}
	for k := range z {
		if _, ok := a[k]; !ok {
			out = append(out, "missing "+k)
		}
	}
	return strings.Join(out, "\n")
}
