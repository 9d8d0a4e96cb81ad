package reads_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// watch is a client that builds the matrix from what it hears.
type watch struct {
	t      *testing.T
	stream grpc.ServerStreamingClient[api.WatchEvent]
	cancel context.CancelFunc

	apps     map[string]*api.Application
	envs     []*api.Environment
	commits  []string
	position uint64
	instance string
	events   []*api.WatchEvent
}

func (b *box) watch(r *api.WatchRequest) *watch {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	b.t.Cleanup(cancel)
	stream, err := api.NewOverviewServiceClient(b.conn).Watch(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return &watch{t: b.t, stream: stream, cancel: cancel, apps: map[string]*api.Application{}}
}

// next takes one event in.
func (w *watch) next() *api.WatchEvent {
	w.t.Helper()
	e, err := w.stream.Recv()
	if err != nil {
		w.t.Fatal(err)
	}
	w.events = append(w.events, e)
	w.position, w.instance = e.Position, e.Instance
	switch {
	case e.GetSnapshot() != nil:
		if len(e.GetSnapshot().Environments) > 0 {
			w.apps, w.envs = map[string]*api.Application{}, e.GetSnapshot().Environments
		}
		w.take(e.GetSnapshot().Applications)
	case e.GetChanges() != nil:
		w.take(e.GetChanges().Applications)
		for _, name := range e.GetChanges().RemovedApplications {
			delete(w.apps, name)
		}
		if len(e.GetChanges().Environments) > 0 {
			w.envs = e.GetChanges().Environments
		}
		for _, c := range e.GetChanges().Commits {
			w.commits = append(w.commits, c.Subject)
		}
	}
	return e
}

func (w *watch) take(apps []*api.Application) {
	for _, a := range apps {
		w.apps[a.Name] = a
	}
}

// until takes events in until one has reached a position.
func (w *watch) until(position uint64) {
	w.t.Helper()
	for w.position < position {
		w.next()
	}
}

// same fails unless the client's matrix is the server's.
func (w *watch) same(b *box) {
	w.t.Helper()
	o := b.overview(&api.GetOverviewRequest{PageSize: 1000})
	if len(o.Applications) != len(w.apps) {
		w.t.Fatalf("the watcher has %d applications, the server %d", len(w.apps), len(o.Applications))
	}
	for _, a := range o.Applications {
		if !proto.Equal(a, w.apps[a.Name]) {
			w.t.Fatalf("%s differs:\n%v\n%v", a.Name, w.apps[a.Name], a)
		}
	}
	if !slices.EqualFunc(o.Environments, w.envs, func(a, b *api.Environment) bool {
		return a.Name == b.Name && proto.Equal(held(a), held(b))
	}) {
		w.t.Fatalf("environments differ:\n%v\n%v", w.envs, o.Environments)
	}
}

// held is what of an environment is told when it changes; what is counted of applications comes with the next change.
func held(e *api.Environment) *api.Environment {
	return &api.Environment{Locks: e.Locks, Freezes: e.Freezes, PendingApprovals: e.PendingApprovals, NextDeparture: e.NextDeparture, Problem: e.Problem, Config: e.Config}
}

// many adds n applications in one commit.
func (b *box) many(n int) {
	for i := range n {
		b.Add(b.Releasing(fmt.Sprintf("app-%03d", i), 1, "development"))
	}
	b.Push()
}

func TestAWatchStartsWithASnapshotInParts(t *testing.T) {
	b := newBox(t)
	b.many(250)
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	var sizes []int
	for i, e := range w.events[:len(w.events)-1] {
		sizes = append(sizes, len(e.GetSnapshot().GetApplications()))
		if e.Position != 0 || e.Commit != b.Main().String() || (len(e.GetSnapshot().GetEnvironments()) > 0) != (i == 0) || (len(e.GetSnapshot().GetGroups()) > 0) != (i == 0) {
			t.Errorf("part %d: position %d, %d environments", i, e.Position, len(e.GetSnapshot().GetEnvironments()))
		}
	}
	equal(t, "parts", sizes, []int{100, 100, 50})
	if w.events[3].GetSnapshotEnd() == nil || w.instance != "box-1" {
		t.Error(w.events[3])
	}
	w.same(b)
}

func TestAWatchTellsEachChange(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development", "staging")
	b.ReleaseTo("cart", 1, "development", "staging")
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)

	b.ReleaseTo("checkout", 2, "development", "staging")
	e := w.next()
	equal(t, "changed", names(e.GetChanges().Applications), []string{"checkout"})
	if len(e.GetChanges().Environments) != 0 || e.Position != b.State.View().Position || e.Commit != b.Main().String() {
		t.Error(e)
	}
	if c := e.GetChanges().Commits; len(c) != 1 || c[0].Subject != "Release checkout 2" || len(c[0].Details) != 2 || c[0].DetailsTotal != 2 {
		t.Error(c)
	}
	w.same(b)

	// A lock on an environment stands with each application that has a row there.
	b.deploy("cart", "staging", 1)
	w.next()
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "stop", Environment: "staging"})
	e = w.next()
	equal(t, "locked", names(e.GetChanges().Applications), []string{"cart"})
	if len(e.GetChanges().Environments) != 3 || len(deployment(t, w.apps["cart"], "staging").Locks) != 1 {
		t.Error(e)
	}
	w.same(b)

	// A foreign push counts like any other.
	b.Commit(repotest.Commit{Committer: "Hand", Text: "remove", Edits: []manifestrepo.Edit{
		{Path: manifestrepo.DeploymentPath("staging", "cart"), Delete: true}, {Path: manifestrepo.ManifestPath("staging", "cart"), Delete: true},
	}})
	w.next()
	w.same(b)
}

func TestAWatchOfALargeChangeComesInParts(t *testing.T) {
	b := newBox(t)
	w := b.watch(&api.WatchRequest{})
	w.next()
	start := w.next().Position
	b.many(250)
	w.until(start + 1)
	last := w.events[len(w.events)-3:]
	for i, want := range []uint64{start, start, start + 1} {
		if last[i].Position != want {
			t.Errorf("part %d has position %d, want %d: who resumes from it would miss the rest", i, last[i].Position, want)
		}
	}
	if n := len(last[0].GetChanges().Commits); n != 100 || last[0].GetChanges().Commits[99].Subject != "Release app-249 1" {
		t.Errorf("%d commits", n)
	}
	w.same(b)
}

func TestAWatchResumesWhereItEnded(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	b.ReleaseTo("cart", 1, "development")
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	w.cancel()
	b.ReleaseTo("checkout", 2, "development")
	b.ReleaseTo("checkout", 3, "development")

	again := b.watch(&api.WatchRequest{ResumePosition: w.position, Instance: w.instance})
	again.apps, again.envs = w.apps, w.envs
	again.next() // says that the line stands
	e := again.next()
	equal(t, "missed", names(e.GetChanges().GetApplications()), []string{"checkout"})
	equal(t, "commits", again.commits, []string{"Release checkout 2", "Release checkout 3"})
	again.same(b)
}

func TestAPositionThatMeansNothingHereGetsASnapshot(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	position := b.State.View().Position
	for name, r := range map[string]*api.WatchRequest{
		"another instance":             {ResumePosition: position, Instance: "box-0"},
		"no instance":                  {ResumePosition: position},
		"a position yet to come":       {ResumePosition: position + 7, Instance: "box-1"},
		"changes only, other instance": {ResumePosition: position, Instance: "box-0", ChangesOnly: true},
	} {
		w := b.watch(r)
		if e := w.next(); e.GetSnapshot() == nil {
			t.Errorf("%s: %v", name, e)
		}
		w.until(position)
		w.same(b)
	}
}

func TestChangesOnlyLeavesTheSnapshotOut(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	w := b.watch(&api.WatchRequest{ChangesOnly: true})
	if e := w.next(); e.GetHeartbeat() == nil || e.Position != b.State.View().Position {
		t.Fatalf("the line should say that it stands, and where: %v", e)
	}
	b.ReleaseTo("cart", 1, "development")
	equal(t, "changed", names(w.next().GetChanges().GetApplications()), []string{"cart"})
}

// A client that does not read must cost the server nothing but its place, and get the end of the story.
func TestASlowWatcherMissesStepsButNotTheirOutcome(t *testing.T) {
	b := newBox(t)
	b.many(300)
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	const steps = 60
	for step := uint64(2); step < steps+2; step++ {
		train := repotest.Commit{Message: manifestrepo.Message{Subject: "Train", Action: "run-train"}}
		for i := range 300 {
			train.Edits = append(train.Edits, repotest.Deploying(fmt.Sprintf("app-%03d", i), "development", step, step-1, b.Now).Edits...)
		}
		b.Commit(train)
	}
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "last", Environment: "development"})
	before := len(w.events)
	w.until(b.State.View().Position)
	if got := len(w.events) - before; got > steps*3/2 {
		t.Errorf("%d events for %d steps of 3 parts: nothing was put together", got, steps)
	}
	w.same(b)
}

func TestASilentWatchBeats(t *testing.T) {
	b := newBox(t)
	w := b.watch(&api.WatchRequest{})
	w.next()
	position := w.next().Position
	for range 3 {
		b.clock.awaitTimer(t)
		b.clock.advance(5 * time.Second)
		if e := w.next(); e.GetHeartbeat() == nil || e.Position != position {
			t.Fatal(e)
		}
	}
}

func TestALockThatExpiresIsAChange(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	b.ReleaseTo("cart", 1, "development")
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "development", Application: "checkout", ExpiresAt: repotest.Start.Add(time.Hour)})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "env", Environment: "development", ExpiresAt: repotest.Start.Add(2 * time.Hour)})
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	for _, want := range [][]string{{"checkout"}, {"cart", "checkout"}} {
		b.clock.awaitTimer(t)
		b.clock.advance(time.Hour)
		equal(t, "freed", names(w.next().GetChanges().GetApplications()), want)
		w.same(b)
	}
}

func TestARewrittenMainIsWatchedToo(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	b.Rewrite(repotest.Commit{Committer: "Hand", Text: "start over", Edits: []manifestrepo.Edit{
		{Path: "signalbox.json", Content: []byte(`{"layout":1}`)}, repotest.Environment("test", `{}`),
	}})
	w.until(b.State.View().Position)
	w.same(b)
	if len(w.envs) != 1 {
		t.Error(w.envs)
	}
}

func TestClosingEndsTheWatches(t *testing.T) {
	b := newBox(t)
	w := b.watch(&api.WatchRequest{})
	w.next()
	w.next()
	b.server.Close()
	_, err := w.stream.Recv()
	if p := problem.From(err); p.Kind != problem.Unavailable {
		t.Fatal(err)
	}
}
