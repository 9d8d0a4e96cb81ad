// Package cdservice is the only writer of a manifest repo and the reader everybody asks: it wires the git store, the state, the
// index, the sequencer and the gRPC services. New -> Open -> Register -> Close.
package cdservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/adopt"
	"github.com/signalbox-dev/signalbox/services/cd-service/commands"
	"github.com/signalbox-dev/signalbox/services/cd-service/conductor"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Files of the data directory.
const (
	RepoDir     = "manifests.git"
	IndexFile   = "index.db"
	JournalFile = "journal.db"
)

// Options say what a Service works on. Zero values mean the defaults.
type Options struct {
	// DataDir exists and belongs to this process alone.
	DataDir string
	// Remote is the manifest repo; nil means that it is hosted in DataDir.
	Remote *remote.Remote
	// Branch is main's name (default "main"), LogRef the release log's (default adopt.DefaultLogRef) for a repo that has none yet.
	Branch, LogRef string
	// SeedEnvironments holds config.json by environment, for a repo that has no environment yet.
	SeedEnvironments map[string][]byte
	Policy           rules.Policy
	ArgoCD           argocd.Settings
	// Keyring, when set, makes a valid PGP signature of every manifest a must, whichever way it comes in.
	Keyring *pgp.Keyring
	// DefaultActor asks when a call names nobody; CommitterEmail stands behind "Signalbox" in every commit.
	DefaultActor   manifestrepo.Actor
	CommitterEmail string
	// QueueLength, MinPushInterval, PollInterval, PushTimeout and RetryFor are the sequencer's.
	QueueLength                                          int
	MinPushInterval, PollInterval, PushTimeout, RetryFor time.Duration
	// TakeOver commits the next term before anything else: for a leader that follows another.
	TakeOver bool
	// CleanUpInterval is how often old releases are cleaned up by themselves; 0 means never.
	CleanUpInterval time.Duration
	// Version is this program's.
	Version  string
	Clock    sequencer.Clock
	Registry prometheus.Registerer
	Logger   *slog.Logger
}

// Service is a cd-service.
type Service struct {
	o        Options
	branch   string
	store    *gitstore.Store
	journal  *journal.Journal
	index    *index.Index
	repo     *state.Repo
	writer   *sequencer.Sequencer
	commands *commands.Server
	// conductor sends what the clock asks for.
	conductor *conductor.Conductor
	reads     *reads.Server
	// tidied is closed when the joining of small packs at the start is over.
	tidied chan struct{}
}

// New makes a Service; it touches nothing before Open.
func New(o Options) *Service {
	if o.Branch == "" {
		o.Branch = "main"
	}
	if o.LogRef == "" {
		o.LogRef = adopt.DefaultLogRef
	}
	if o.CommitterEmail == "" {
		o.CommitterEmail = "signalbox@localhost"
	}
	if o.ArgoCD.Branch == "" {
		o.ArgoCD.Branch = o.Branch
	}
	if o.Clock == nil {
		o.Clock = sequencer.SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Service{o: o, branch: state.RefName(o.Branch), tidied: make(chan struct{})}
}

// Open opens the manifest repo, adopts it when it is new, reads its state, and starts the writer. A remote that cannot be reached
// is no error when it was read before: then reads are answered from what is known, and writes wait for the remote. Ctx is for
// the opening alone. After an error nothing is left open.
func (s *Service) Open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := s.openRepo(ctx); err != nil {
		return err
	}
	if s.journal, err = journal.Open(ctx, filepath.Join(s.o.DataDir, JournalFile)); err != nil {
		return err
	}
	feed := reads.NewFeed()
	landed, err := s.openState(ctx, feed)
	if err != nil {
		return err
	}
	s.writer, err = sequencer.New(sequencer.Options{
		Repo: s.repo, Landed: landed, Renderer: argocd.NewRenderer(s.o.ArgoCD), Policy: s.o.Policy, CommitterEmail: s.o.CommitterEmail,
		Journal: s.journal, Executed: executed{s.index}, Clock: s.o.Clock, Registry: s.o.Registry, Logger: s.o.Logger,
		QueueLength: s.o.QueueLength, MinPushInterval: s.o.MinPushInterval, PollInterval: s.o.PollInterval,
		PushTimeout: s.o.PushTimeout, RetryFor: s.o.RetryFor,
	})
	if err != nil {
		return err
	}
	if s.o.TakeOver {
		if err := s.writer.TakeOver(ctx); err != nil {
			return err
		}
	}
	s.writer.Start(ctx)
	s.commands = commands.New(commands.Options{
		Sequencer: s.writer, Contents: s.store, Journal: s.journal, Policy: s.o.Policy, DefaultActor: s.o.DefaultActor, Logger: s.o.Logger,
		Keyring: s.o.Keyring, Now: s.o.Clock.Now,
	})
	if err := s.commands.Recover(ctx); err != nil {
		return err
	}
	s.openReads(feed)
	s.conduct(ctx)
	s.tidy(context.WithoutCancel(ctx))
	return nil
}

// openRepo opens the git store with the refs that main names, and makes a new repository a manifest repo.
func (s *Service) openRepo(ctx context.Context) error {
	if err := s.openStore(ctx, s.o.LogRef); err != nil {
		return err
	}
	done, err := adopt.Done(ctx, s.store, s.branch)
	if err != nil {
		return err
	}
	if !done {
		if _, err := s.store.Fetch(ctx); err != nil {
			return problem.New(problem.Unavailable, "the manifest repo cannot be reached, and nothing of it was read before").
				Because("the first start needs the manifest repo").Fix("look at --git-url and the network, then start again: %v", err).Wrap(err)
		}
		return adopt.Adopt(ctx, adopt.Options{
			Store: s.store, Branch: s.branch, LogRef: s.o.LogRef, Seed: s.o.SeedEnvironments,
			Renderer: argocd.NewRenderer(s.o.ArgoCD), CommitterEmail: s.o.CommitterEmail, Now: s.o.Clock.Now, Logger: s.o.Logger,
		})
	}
	refs, err := s.namedLogs(ctx)
	if err != nil || len(refs) == 0 || len(refs) == 1 && refs[0] == s.o.LogRef {
		return err
	}
	if err := s.store.Close(); err != nil {
		return err
	}
	return s.openStore(ctx, refs...)
}

func (s *Service) openStore(ctx context.Context, logs ...string) (err error) {
	s.store, err = gitstore.Open(ctx, gitstore.Options{
		Dir: filepath.Join(s.o.DataDir, RepoDir), Refs: append(slices.Clone(logs), s.branch), Remote: s.o.Remote, TolerateUnreachable: true,
	})
	if err != nil {
		return fmt.Errorf("open the manifest repo: %w", err)
	}
	return nil
}

// namedLogs are the refs of the logs that main's releases.json names.
func (s *Service) namedLogs(ctx context.Context) ([]string, error) {
	main := s.store.Heads()[s.branch]
	root, err := s.store.Trees(ctx, []gitstore.TreePath{{Commit: main}})
	if err != nil {
		return nil, fmt.Errorf("list the manifest repo: %w", err)
	}
	at := slices.IndexFunc(root[0], func(e gitstore.TreeEntry) bool { return e.Name == manifestrepo.ReleasesPath })
	if at < 0 {
		return nil, nil
	}
	change := manifestrepo.PathChange{Path: manifestrepo.ReleasesPath, New: root[0][at].Hash}
	snapshot, _, err := manifestrepo.Empty().Apply(ctx, manifestrepo.Update{Commit: main, Changes: []manifestrepo.PathChange{change}}, s.store)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", manifestrepo.ReleasesPath, err)
	}
	var refs []string
	rf := snapshot.ReleasesFile()
	for _, l := range append(slices.Clone(rf.Sealed), rf.Log) {
		if l.Ref != "" && !slices.Contains(refs, l.Ref) {
			refs = append(refs, l.Ref)
		}
	}
	return refs, nil
}

// openState opens the index and reads the state from where it ends.
func (s *Service) openState(ctx context.Context, feed *reads.Feed) (*sequencer.Landed, error) {
	intents, err := s.journal.Pending(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(intents))
	for i, intent := range intents {
		ids[i] = intent.ID
	}
	landed := sequencer.NewLanded(s.o.Clock.Now, ids)
	s.index, err = index.Open(filepath.Join(s.o.DataDir, IndexFile), index.Options{
		Committer: state.CommitterName, Log: s.store.Log, Files: s.store, Report: s.reportIndex,
	})
	if err != nil {
		return nil, err
	}
	saved, err := s.index.Saved()
	if err != nil {
		s.o.Logger.Warn("the index cannot be read, reading everything from git", "err", err)
		saved = nil
	}
	s.repo, err = state.OpenWith(ctx, state.Options{
		Store: s.store, Branch: s.branch, Saved: saved, Now: s.o.Clock.Now, Logger: s.o.Logger,
		Followers: []state.Follower{s.index.Follow, feed.Follow, landed.Follow},
	})
	return landed, err
}

func (s *Service) reportIndex(err error) {
	if err == nil {
		s.o.Logger.Info("the index follows again")
		return
	}
	s.o.Logger.Warn("the index cannot be written; it is only a projection, and the next start reads git", "err", err)
}

func (s *Service) openReads(feed *reads.Feed) {
	where := "embedded"
	if s.o.Remote != nil {
		where = s.o.Remote.URL()
	}
	s.reads = reads.New(reads.Options{
		Views: s.repo, Feed: feed, Store: s.store, History: s.index, Engine: s.writer, Committer: state.CommitterName,
		Instance: uuid.NewString(), Version: s.o.Version, ManifestRepo: where, Branch: s.o.Branch, Clock: s.o.Clock,
	})
}

// conduct lets the clock ask for what is due, now that commands of an earlier run are taken up.
func (s *Service) conduct(ctx context.Context) {
	self := manifestrepo.Actor{Name: state.CommitterName, Email: s.o.CommitterEmail}
	s.conductor = conductor.New(conductor.Options{
		State: func() *manifestrepo.Snapshot { return s.repo.View().Snapshot },
		Submit: func(ctx context.Context, action *api.Action) (*api.Operation, error) {
			return s.commands.Submit(ctx, action, self)
		},
		Clock: s.o.Clock, CleanUpEvery: s.o.CleanUpInterval, Logger: s.o.Logger,
	})
	s.repo.Follow(s.conductor.Follow)
	s.conductor.Start(ctx)
}

// tidy joins the small packs that earlier runs left, beside everything else.
func (s *Service) tidy(ctx context.Context) {
	go func() {
		defer close(s.tidied)
		if _, err := s.store.Maintain(ctx); err != nil {
			s.o.Logger.Warn("joining small packs failed; writes go on", "err", err)
		}
	}()
}

// Register adds the services to a gRPC server. Call it after Open.
func (s *Service) Register(server *grpc.Server) {
	s.commands.Register(server)
	s.reads.Register(server)
}

// Repo is the state, for others in the same process.
func (s *Service) Repo() *state.Repo { return s.repo }

// Sequencer is the writer, for others in the same process.
func (s *Service) Sequencer() *sequencer.Sequencer { return s.writer }

// Drain refuses new commands from now on; the clock asks for nothing more.
func (s *Service) Drain() {
	if s.conductor != nil {
		s.conductor.Stop()
	}
	if s.writer != nil {
		s.writer.Drain()
	}
}

// Close refuses new commands, finishes those accepted until ctx ends, and lets go of everything.
func (s *Service) Close(ctx context.Context) error {
	var problems []error
	note := func(err error) { problems = append(problems, err) }
	if s.conductor != nil {
		s.conductor.Stop()
	}
	if s.writer != nil {
		note(s.writer.Close(ctx))
	}
	if s.reads != nil {
		s.reads.Close()
		<-s.tidied
	}
	if s.index != nil {
		note(s.index.Close())
	}
	if s.journal != nil {
		note(s.journal.Close())
	}
	if s.store != nil {
		note(s.store.Close())
	}
	return errors.Join(problems...)
}

// executed finds operations in the index.
type executed struct{ index *index.Index }

// Find gives the commit of main that holds an operation.
func (e executed) Find(operationID string) (gitstore.Hash, bool, error) {
	found, ok, err := e.index.Find(operationID)
	return found.Commit, ok, err
}
