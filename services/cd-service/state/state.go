// Package state holds the one present state of the manifest repo: the Snapshot that readers see and the heads it was read
// from. It joins gitstore and manifestrepo, which do not know each other.
//
// There is one way in: a range of main is read as path changes and the log records it newly names, and
// manifestrepo.Snapshot.Apply turns them into the next Snapshot. Start-up (a diff from the empty tree), commits that
// somebody else pushed, and our own commits all take it, so the state cannot drift from git. Own commits that are not
// pushed yet live in a Draft; they become the state only when the push is confirmed.
//
// Writing is refused (Trusted), and reading goes on, when main or the release log are not what they were: a log that was
// rewound or deleted, or that ends before the head main names.
package state

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// View is a state as readers get it. It never changes.
type View struct {
	Snapshot *manifestrepo.Snapshot
	// Position counts the advances since the process started, from 1; watchers resume from it.
	Position uint64
	// Confirmed is when the truth last confirmed this state (push or fetch).
	Confirmed time.Time
}

// Step is one advance of main: from Before to After by Commits (first-parent, oldest first). At the first step of a process
// Before is what the index had (Empty without index).
//
// A Before without a commit means: forget everything kept so far, Commits start at the root. That is how a process without
// an index starts, and how a rewound main is told. Delta names applications that are gone, too. CommitInfo.Tree may be
// zero for our own commits.
type Step struct {
	Before, After *manifestrepo.Snapshot
	Delta         manifestrepo.Delta
	Position      uint64
	Commits       []gitstore.CommitInfo
	// Incomplete says that After lacks releases main names, because the log could not be read. Keep it for no later process: what
	// is missing would never be read again.
	Incomplete bool
}

// Follower hears each step, in order, on the writer's goroutine; it must not block.
type Follower func(Step)

// Saved is what a projection kept of an earlier state.
type Saved struct {
	Commit gitstore.Hash
	Parts  []manifestrepo.Part
}

// Options say what a Repo reads and who hears of it.
type Options struct {
	Store *gitstore.Store
	// Branch is main's name, such as "main" or "refs/heads/main".
	Branch string
	// Saved may be nil: then everything is read from git.
	Saved     *Saved
	Followers []Follower
	// Now is the clock; nil means the system's.
	Now func() time.Time
	// Logger hears of what an operator should know; nil means slog's default.
	Logger *slog.Logger
}

// Repo owns the present state. One goroutine, the writer's, calls Fetch, Advance, Draft and Confirm; any number call View.
type Repo struct {
	store  *gitstore.Store
	branch string
	now    func() time.Time
	logger *slog.Logger

	followMu  sync.Mutex
	followers []Follower

	view      atomic.Pointer[View]
	untrusted atomic.Pointer[error]

	// Of the writer's goroutine: what was last found out about the log.
	log logState
}

// Open reads the state: from saved (may be nil) up to the store's heads, or from nothing. A saved state whose commit is not
// on main's first-parent line any more is thrown away.
func Open(ctx context.Context, store *gitstore.Store, branch string, saved *Saved, followers ...Follower) (*Repo, error) {
	return OpenWith(ctx, Options{Store: store, Branch: branch, Saved: saved, Followers: followers})
}

// OpenWith is Open with all options.
func OpenWith(ctx context.Context, o Options) (*Repo, error) {
	r := &Repo{store: o.Store, branch: RefName(o.Branch), now: o.Now, logger: o.Logger, followers: o.Followers}
	if r.now == nil {
		r.now = time.Now
	}
	if r.logger == nil {
		r.logger = slog.Default()
	}
	if err := r.start(ctx, o.Saved); err != nil {
		return nil, err
	}
	return r, nil
}

// RefName is a branch's full ref name.
func RefName(branch string) string {
	if strings.HasPrefix(branch, "refs/") {
		return branch
	}
	return "refs/heads/" + branch
}

// View is the present state.
func (r *Repo) View() View { return *r.view.Load() }

// Store gives the git store, for reading.
func (r *Repo) Store() *gitstore.Store { return r.store }

// Branch is main's full ref name.
func (r *Repo) Branch() string { return r.branch }

// Trusted reports whether writing is safe: not when the log was rewound, deleted, or is behind what main names; the error
// is a *problem.Error that says so.
func (r *Repo) Trusted() error {
	if err := r.untrusted.Load(); err != nil {
		return *err
	}
	return nil
}

// Follow adds a follower; it hears the steps from now on.
func (r *Repo) Follow(f Follower) {
	r.followMu.Lock()
	defer r.followMu.Unlock()
	r.followers = append(slices.Clip(r.followers), f)
}

// setTrust remembers what Trusted answers and logs when it changes.
func (r *Repo) setTrust(problem error) {
	before := r.Trusted()
	if problem == nil {
		r.untrusted.Store(nil)
		if before != nil {
			r.logger.Info("the manifest repo is whole again, writing goes on")
		}
		return
	}
	r.untrusted.Store(&problem)
	if before == nil || before.Error() != problem.Error() {
		r.logger.Error("writing has stopped", "reason", problem.Error())
	}
}

// publish makes a snapshot the present state and tells the followers.
func (r *Repo) publish(step Step) {
	step.Position, step.Incomplete = 1, r.log.incomplete
	if old := r.view.Load(); old != nil {
		step.Position = old.Position + 1
	}
	r.view.Store(&View{Snapshot: step.After, Position: step.Position, Confirmed: r.now()})
	r.tell(step)
}

func (r *Repo) tell(step Step) {
	r.followMu.Lock()
	followers := r.followers
	r.followMu.Unlock()
	for _, follow := range followers {
		follow(step)
	}
}

// confirm notes that the truth still is what the view says.
func (r *Repo) confirm() {
	v := *r.view.Load()
	v.Confirmed = r.now()
	r.view.Store(&v)
}

// MergeDelta joins what two updates changed.
func MergeDelta(a, b manifestrepo.Delta) manifestrepo.Delta {
	apps := slices.Concat(a.Applications, b.Applications)
	slices.Sort(apps)
	return manifestrepo.Delta{Applications: slices.Compact(apps), Environments: a.Environments || b.Environments}
}
