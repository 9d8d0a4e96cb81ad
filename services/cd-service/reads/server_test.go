package reads_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

var ctx = context.Background()

// box is a manifest repo with the read services on it.
type box struct {
	*repotest.Repo
	t      *testing.T
	clock  *clock
	engine *engine
	server *reads.Server
	conn   *grpc.ClientConn
}

func newBox(t *testing.T, change ...func(*reads.Options)) *box {
	t.Helper()
	b := &box{Repo: repotest.New(t), t: t, clock: &clock{now: repotest.Start}, engine: &engine{}}
	x, err := index.Open(filepath.Join(t.TempDir(), "index.db"), index.Options{Committer: repotest.Committer, Log: b.Store.Log, Files: b.Store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	feed := reads.NewFeed()
	o := reads.Options{
		Views: b.Open(nil, x.Follow, feed.Follow), Feed: feed, Store: b.Store, History: x, Engine: b.engine, Committer: repotest.Committer,
		Instance: "box-1", Version: "1.0", ManifestRepo: "embedded", Branch: "main", Clock: b.clock, Pace: -1,
	}
	for _, c := range change {
		c(&o)
	}
	b.server = reads.New(o)
	b.serve()
	return b
}

func (b *box) serve() {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	b.server.Register(server)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///box", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		b.t.Fatal(err)
	}
	b.conn = conn
	b.t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
	})
}

// queue makes a version wait, beside what runs there already.
func (b *box) queue(app, env string, running, waiting uint64, because string) {
	b.t.Helper()
	d := manifestrepo.Deployment{Environment: env, Version: running, Queued: &manifestrepo.Queued{Version: waiting, At: b.Now, By: repotest.CI, Because: because}}
	if running != 0 {
		d.DeployedAt, d.DeployedBy = b.Now, repotest.CI
	}
	b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Queue", Action: "deploy", Events: []manifestrepo.Event{{What: "queued", Application: app, Environment: env, Version: waiting}}},
		Edits:   repotest.Deployment(app, d, repotest.Manifest(app, env, running)),
	})
}

func (b *box) deploy(app, env string, version uint64) {
	b.t.Helper()
	b.Commit(repotest.Deploying(app, env, version, 0, b.Now))
}

func (b *box) lock(l manifestrepo.Lock) {
	b.t.Helper()
	if l.CreatedAt.IsZero() {
		l.CreatedAt = b.Now
	}
	l.CreatedBy = repotest.CI
	b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Lock", Action: "create-lock", Events: []manifestrepo.Event{{What: "locked", Application: l.Application, Environment: l.Environment, LockID: l.ID}}},
		Edits:   []manifestrepo.Edit{repotest.Lock(l)},
	})
}

func (b *box) overview(r *api.GetOverviewRequest) *api.Overview {
	b.t.Helper()
	o, err := api.NewOverviewServiceClient(b.conn).GetOverview(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

func (b *box) applications() api.ApplicationServiceClient {
	return api.NewApplicationServiceClient(b.conn)
}

// deployment finds one in an application.
func deployment(t *testing.T, app *api.Application, env string) *api.Deployment {
	t.Helper()
	for _, d := range app.GetDeployments() {
		if d.Environment == env {
			return d
		}
	}
	t.Fatalf("%s has no row for %s", app.GetName(), env)
	return nil
}

func names(apps []*api.Application) []string {
	var all []string
	for _, a := range apps {
		all = append(all, a.Name)
	}
	return all
}

func lockIDs(locks []*api.Lock) []string {
	var all []string
	for _, l := range locks {
		all = append(all, l.Id)
	}
	return all
}

// refused checks what kind of refusal an error is and gives it.
func refused(t *testing.T, err error, kind problem.Kind, field string) *problem.Error {
	t.Helper()
	if err == nil {
		t.Fatalf("not refused, want %s", kind)
	}
	p := problem.From(err)
	if p.Kind != kind || p.Field != field || p.Rule == "" || p.Remedy == "" {
		t.Fatalf("refused as %q at %q by %q, remedy %q: %v", p.Kind, p.Field, p.Rule, p.Remedy, err)
	}
	return p
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// engine is a writing side without a queue.
type engine struct {
	problems []string
	head     gitstore.Hash
}

func (e *engine) QueueLength() int                  { return 3 }
func (e *engine) QueueCapacity() int                { return 500 }
func (e *engine) LastPush() time.Time               { return repotest.Start }
func (e *engine) LastFetch() time.Time              { return time.Time{} }
func (e *engine) Writable(context.Context) []string { return e.problems }
func (e *engine) NotifyPush(context.Context) (gitstore.Hash, error) {
	if e.head.IsZero() {
		return e.head, errors.New("nobody there")
	}
	return e.head, nil
}

// clock stands still until a test moves it.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
	// asked is how many timers there were.
	asked int
}

type timer struct {
	at   time.Time
	fire chan time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := timer{at: c.now.Add(d), fire: make(chan time.Time, 1)}
	c.timers = append(c.timers, t)
	c.asked++
	return t.fire
}

// waiting is how many timers wait.
func (c *clock) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	var left []timer
	for _, t := range c.timers {
		if t.at.After(c.now) {
			left = append(left, t)
			continue
		}
		t.fire <- c.now
	}
	c.timers = left
}

// set moves the clock without a timer going off.
func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// timersAsked is how many timers there were.
func (c *clock) timersAsked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// awaitAsked waits until there were so many timers.
func (c *clock) awaitAsked(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for c.timersAsked() < n {
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for the clock")
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitTimer waits until somebody waits for the clock.
func (c *clock) awaitTimer(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for c.waiting() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for the clock")
		}
		time.Sleep(time.Millisecond)
	}
}

// served catches what Register offers, to call it without a wire.
type served struct {
	overview     api.OverviewServiceServer
	applications api.ApplicationServiceServer
	timetable    api.TimetableServiceServer
	queue        api.QueueServiceServer
}

func (s *served) RegisterService(_ *grpc.ServiceDesc, impl any) {
	switch impl := impl.(type) {
	case api.OverviewServiceServer:
		s.overview = impl
	case api.ApplicationServiceServer:
		s.applications = impl
	case api.TimetableServiceServer:
		s.timetable = impl
	case api.QueueServiceServer:
		s.queue = impl
	}
}
