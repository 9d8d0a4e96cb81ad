// Package sequencer is the one writer: it takes commands, decides them one after the other, and pushes what comes of it.
//
// Group commit: while a push is under way commands gather; when the slot is free everything that waits is decided, in order,
// each on the state the earlier ones left, and goes out as one push. Nothing is answered that the truth has not confirmed:
// not even a refusal, when it was decided on commits of the same push.
//
// What a push that went wrong means for its commands:
//   - stale: somebody else wrote. Read what is new, decide all again, push again. A command whose id main holds is done.
//   - refused: nothing happened, and the caller is told the server's words. A push of several is tried again singly.
//   - unreachable: nothing happened. Tried again for a short while, then 503.
//   - unknown: the push may still land. The commands stay in doubt until main has moved: by that push, or by another of ours
//     whose compare-and-swap proves that it cannot land any more. They are decided again with the same ids, so that
//     whichever lands counts once. Until then nobody is told "refused".
//
// Accepted (journalled) commands are never given up: they are decided when the repo can be written again, also after a
// restart.
package sequencer

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Executed finds the commit of main that holds an operation, however old.
type Executed interface {
	Find(operationID string) (commit gitstore.Hash, ok bool, err error)
}

// Renderer renders Argo CD's documents. It is called by one goroutine at a time. *argocd.Renderer is one.
type Renderer interface {
	// Update gives the edits that follow from others.
	Update(before, after *manifestrepo.Snapshot, delta manifestrepo.Delta) ([]manifestrepo.Edit, error)
	// Environment gives an environment's documents as they should be; nil when it has none.
	Environment(s *manifestrepo.Snapshot, env string) ([]byte, error)
}

// Options say what a Sequencer works with. Zero numbers mean the defaults.
type Options struct {
	Repo     *state.Repo
	Landed   *Landed
	Renderer Renderer
	Policy   rules.Policy
	// CommitterEmail stands behind "Signalbox" in every commit; default "signalbox@localhost".
	CommitterEmail string
	// Journal holds accepted intents; nil means Request.Journal is refused.
	Journal *journal.Journal
	// Executed may be nil.
	Executed Executed
	Clock    Clock
	Registry prometheus.Registerer
	Logger   *slog.Logger

	// QueueLength is how many commands may wait (default 1024), QueueBytes how much memory they may hold (default 512 MiB).
	QueueLength int
	QueueBytes  int64
	// BatchCommands is the most commands in one push (default 256), BatchBytes the most compressed bytes (default 64 MiB; one
	// command may be larger).
	BatchCommands int
	BatchBytes    int64
	// MinPushInterval paces pushes; 0 means as fast as they come.
	MinPushInterval time.Duration
	// PollInterval is how often foreign pushes are looked for; 0 means never.
	PollInterval time.Duration
	// PushTimeout is how long one push or fetch may take (default 2 min).
	PushTimeout time.Duration
	// RetryFor is how long a batch tries to reach the remote before its callers hear 503 (default 5 s).
	RetryFor time.Duration
	// MaintainEvery is after how many pushes small packs are joined (default 256).
	MaintainEvery int
}

func (o *Options) defaults() {
	set := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	set(&o.QueueLength, 1024)
	set(&o.BatchCommands, 256)
	set(&o.MaintainEvery, 256)
	if o.QueueBytes == 0 {
		o.QueueBytes = 512 << 20
	}
	if o.BatchBytes == 0 {
		o.BatchBytes = 64 << 20
	}
	if o.PushTimeout == 0 {
		o.PushTimeout = 2 * time.Minute
	}
	if o.RetryFor == 0 {
		o.RetryFor = 5 * time.Second
	}
	if o.CommitterEmail == "" {
		o.CommitterEmail = "signalbox@localhost"
	}
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// Sequencer is the writer. Make it with New, Start it, Close it.
type Sequencer struct {
	o        Options
	repo     *state.Repo
	store    *gitstore.Store
	clock    Clock
	logger   *slog.Logger
	metrics  *metrics
	listings *lru.Cache[gitstore.Hash, map[string]gitstore.Hash]
	past     *past

	wake    chan struct{}
	stopped chan struct{}
	cancel  context.CancelFunc

	mu         sync.Mutex
	queue      []*job
	queueBytes int64
	reserved   int // have a place in the queue and are being journalled
	closed     bool
	inflight   map[string]*job
	memory     *memory
	draining   bool
	asked      []chan error // waiters of NotifyPush
	status     status

	// joining is held while small packs are joined, rendering while the Renderer works.
	joining, rendering sync.Mutex

	// Of the writer's goroutine.
	writer writer
}

// status is what others may ask, under mu.
type status struct {
	lastPush, lastFetch time.Time
	// trouble is why the last contact with the remote failed; nil when it went well.
	trouble error
	// journalTried is when the journal was last tried, with what result.
	journalTried   time.Time
	journalTrouble error
}

// New makes a Sequencer; it does nothing before Start.
func New(o Options) (*Sequencer, error) {
	o.defaults()
	if o.Repo == nil || o.Renderer == nil || o.Landed == nil {
		return nil, errors.New("a sequencer needs a repo, a renderer and what landed")
	}
	listings, err := lru.New[gitstore.Hash, map[string]gitstore.Hash](4096)
	if err != nil {
		return nil, err
	}
	past, err := newPast()
	if err != nil {
		return nil, err
	}
	s := &Sequencer{
		o: o, repo: o.Repo, store: o.Repo.Store(), clock: o.Clock, logger: o.Logger, listings: listings, past: past,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
		inflight: map[string]*job{}, memory: newMemory(),
	}
	s.metrics = newMetrics(o.Registry, s)
	return s, nil
}

// Start starts the writer's goroutine. Values of ctx are kept, its cancellation is not: Close ends the writer.
func (s *Sequencer) Start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go s.run(ctx)
}

// Close takes no more commands, finishes those accepted, and ends the writer. When ctx is over first, what still waits is
// answered 503, what is in doubt stays unknown, and accepted commands stay in the journal.
func (s *Sequencer) Close(ctx context.Context) error {
	s.Drain()
	if s.cancel == nil {
		return nil
	}
	defer s.cancel()
	select {
	case <-s.stopped:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	<-s.stopped
	return ctx.Err()
}

// Drain makes Submit answer 503 from now on; what was accepted is finished.
func (s *Sequencer) Drain() {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	s.poke()
}

func (s *Sequencer) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// QueueLength is how many commands wait for the writer.
func (s *Sequencer) QueueLength() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// QueueCapacity is how many may wait.
func (s *Sequencer) QueueCapacity() int { return s.o.QueueLength }

// LastPush is when a push was last confirmed; zero before the first one of this process.
func (s *Sequencer) LastPush() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status.lastPush
}

// LastFetch is when the truth was last asked where its refs are.
func (s *Sequencer) LastFetch() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status.lastFetch
}

// Writable lists what keeps writes from working now; empty when nothing does.
func (s *Sequencer) Writable(ctx context.Context) []string {
	var problems []string
	s.mu.Lock()
	draining, trouble := s.draining, s.status.trouble
	s.mu.Unlock()
	if draining {
		problems = append(problems, "the service is stopping")
	}
	if trouble != nil {
		problems = append(problems, trouble.Error())
	}
	if err := s.repo.Trusted(); err != nil {
		problems = append(problems, err.Error())
	}
	if err := s.journalWritable(ctx); err != nil {
		problems = append(problems, "the journal cannot be written: "+err.Error())
	}
	return problems
}

// journalWritable writes to the journal, at most every few seconds.
func (s *Sequencer) journalWritable(ctx context.Context) error {
	if s.o.Journal == nil {
		return nil
	}
	now := s.clock.Now()
	s.mu.Lock()
	tried, result := s.status.journalTried, s.status.journalTrouble
	s.mu.Unlock()
	if !tried.IsZero() && now.Sub(tried) < 5*time.Second {
		return result
	}
	err := s.o.Journal.Writable(ctx)
	if ctx.Err() != nil {
		return result
	}
	s.mu.Lock()
	s.status.journalTried, s.status.journalTrouble = now, err
	s.mu.Unlock()
	return err
}

// NotifyPush looks for foreign pushes now and returns main's head when the state has followed.
func (s *Sequencer) NotifyPush(ctx context.Context) (gitstore.Hash, error) {
	answer := make(chan error, 1)
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return gitstore.Hash{}, stopping()
	}
	s.asked = append(s.asked, answer)
	s.mu.Unlock()
	s.poke()
	select {
	case err := <-answer:
		if err != nil {
			return gitstore.Hash{}, unreachableProblem(err)
		}
		return s.repo.View().Snapshot.Commit(), nil
	case <-s.stopped:
		return gitstore.Hash{}, stopping()
	case <-ctx.Done():
		return gitstore.Hash{}, ctx.Err()
	}
}

func stopping() *problem.Error {
	return problem.New(problem.Unavailable, "the service is stopping").Fix("send the request again in a few seconds")
}

// signature is who commits.
func (s *Sequencer) signature(now time.Time) gitstore.Signature {
	return gitstore.Signature{Name: state.CommitterName, Email: s.o.CommitterEmail, When: now.UTC().Truncate(time.Second)}
}

// author turns an actor into a signature that git keeps as it is: whole seconds, and no characters that end a name.
func author(a manifestrepo.Actor, now time.Time) gitstore.Signature {
	return gitstore.Signature{Name: clean(a.Name), Email: clean(a.Email), When: now.UTC().Truncate(time.Second)}
}

// clean drops what may not stand in a git signature.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}
