// Package reads answers what the manifest repo says now and what it said: the API's read services.
//
// All answers of one call come from one state.View, so they never mix two states; locks come from the same Snapshot that
// the rules decide on. Contents of manifests come from the git store, the history from the index. Nothing here writes.
//
// What several calls need of one state (who differs from upstream, what waits behind which lock, what is frozen) is worked out once
// for that state and the time until the clock changes something of it, and from one state to the next only for what changed. What freeze
// windows, trains and requests for approval mean is asked of the functions that decide: here is no second opinion.
package reads

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Views gives the present state; *state.Repo does.
type Views interface {
	View() state.View
}

// Store reads contents; *gitstore.Store does.
type Store interface {
	Trees(ctx context.Context, paths []gitstore.TreePath) ([][]gitstore.TreeEntry, error)
	Blobs(ctx context.Context, hashes []gitstore.Hash, limit int64) ([][]byte, error)
}

// History reads what happened; *index.Index does.
type History interface {
	WaitFor(ctx context.Context, commit gitstore.Hash, position uint64) error
	History(ctx context.Context, q index.Query) (index.Page, error)
	Deployments(ctx context.Context, q index.DeploymentQuery) (found []index.Deployment, more bool, err error)
	Versions(ctx context.Context, env, app string, at time.Time) (index.Runs, error)
	Sequence() uint64
}

// Engine says how the writing side is.
type Engine interface {
	QueueLength() int
	QueueCapacity() int
	// LastPush and LastFetch are when the truth last confirmed one; zero when it has not yet.
	LastPush() time.Time
	LastFetch() time.Time
	// Writable says why writes cannot work now; empty when they can.
	Writable(ctx context.Context) []string
	// NotifyPush looks for new commits now and gives main's head.
	NotifyPush(ctx context.Context) (gitstore.Hash, error)
}

// Clock tells the time.
type Clock interface {
	Now() time.Time
	// After is time.After.
	After(d time.Duration) <-chan time.Time
}

// Options say where answers come from. All but the durations and Clock must be set.
type Options struct {
	Views   Views
	Feed    *Feed
	Store   Store
	History History
	Engine  Engine
	// Committer is the committer's name on our own commits.
	Committer string
	// Instance names this process to watchers: a position of another instance means nothing here.
	Instance string
	// Version of Signalbox; ManifestRepo is "embedded" or the remote's URL without credentials; Branch is main's name.
	Version, ManifestRepo, Branch string
	// Clock is the system's when nil.
	Clock Clock
	// Heartbeat is how long a watch stays silent at most; default 2 s: a page that hears nothing for 5 s says it is stale.
	Heartbeat time.Duration
	// Pace is the shortest time between two changes on one watch; default 50 ms, negative for none.
	Pace time.Duration
	// HistoryWait is how long a history page waits for the index to catch up; default 10 s.
	HistoryWait time.Duration
}

// Server offers the read services. Close it before stopping the gRPC server: watches never end by themselves.
type Server struct {
	Options
	pictures pictures
	closing  chan struct{}
	close    sync.Once
}

// New makes a Server.
func New(o Options) *Server {
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 2 * time.Second
	}
	if o.Pace == 0 {
		o.Pace = 50 * time.Millisecond
	}
	if o.HistoryWait == 0 {
		o.HistoryWait = 10 * time.Second
	}
	if o.Feed != nil {
		o.Feed.tell(o.Clock.Now)
	}
	return &Server{Options: o, closing: make(chan struct{})}
}

// Register adds the read services to a gRPC server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	api.RegisterOverviewServiceServer(r, overviewService{Server: s})
	api.RegisterApplicationServiceServer(r, applicationService{Server: s})
	api.RegisterEnvironmentServiceServer(r, environmentService{Server: s})
	api.RegisterLockServiceServer(r, lockService{Server: s})
	api.RegisterQueueServiceServer(r, queueService{Server: s})
	api.RegisterTimetableServiceServer(r, timetableService{Server: s})
	api.RegisterApprovalServiceServer(r, approvalService{Server: s})
	api.RegisterReleaseSetServiceServer(r, releaseSetService{Server: s})
	api.RegisterHistoryServiceServer(r, historyService{Server: s})
	api.RegisterSystemServiceServer(r, systemService{Server: s})
}

// Close ends all watches.
func (s *Server) Close() { s.close.Do(func() { close(s.closing) }) }

// look gives the present state with what is worked out of it.
func (s *Server) look() (state.View, *picture) {
	v := s.Views.View()
	return v, s.pictures.of(v.Snapshot, s.Clock.Now())
}

type systemClock struct{}

// Now is time.Now.
func (systemClock) Now() time.Time { return time.Now() }

// After is time.After.
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
