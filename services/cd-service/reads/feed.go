package reads

import (
	"bytes"
	"cmp"
	"container/list"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Bounds of what a Feed remembers.
const (
	// maxGone is how many applications that are no more are remembered beside those that are.
	maxGone = 10_000
	// maxFeedCommits and maxFeedBytes bound the commits kept for watchers; one Changes carries at most 100.
	maxFeedCommits = 100
	maxFeedBytes   = 16 << 20
	// maxMoments is how many positions are remembered with the time they were reached.
	maxMoments = 1000
)

// Feed remembers, for everything a watcher may show, at which position it last changed. A watcher that was away or is
// slow asks what changed since its position and gets each thing once, as it is now; nothing is queued for anybody.
type Feed struct {
	mu       sync.Mutex
	snapshot *manifestrepo.Snapshot
	position uint64
	// floor is the oldest position from which changes are known.
	floor uint64
	// changed is closed and replaced at each step.
	changed chan struct{}

	// order holds *change, the latest in front; byName finds an application's.
	order  *list.List
	byName map[string]*list.Element
	// environments holds at which position each environment, its group's locks, or the global stop changed;
	// anyEnvironment is the latest of them, removed environments included.
	environments   map[string]uint64
	anyEnvironment uint64
	commits        []feedCommit
	bytes          int

	// now is the server's clock. moments are when positions were reached, oldest first; the first one stays.
	now     func() time.Time
	moments []moment
}

type moment struct {
	position uint64
	at       time.Time
}

type change struct {
	application string
	position    uint64
}

type feedCommit struct {
	gitstore.CommitInfo
	position uint64
}

// NewFeed makes a Feed; its Follow is to be among the followers of the state.
func NewFeed() *Feed {
	return &Feed{changed: make(chan struct{}), order: list.New(), byName: map[string]*list.Element{}, environments: map[string]uint64{}, now: time.Now}
}

// tell gives the feed the clock of who reads from it; what it was told before was there at this moment.
func (f *Feed) tell(now func() time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now, f.moments = now, []moment{{f.position, now()}}
}

// heldFrom is a time at which a position had not been reached, or only just.
func (f *Feed) heldFrom(position uint64) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, found := slices.BinarySearchFunc(f.moments, position, func(m moment, p uint64) int { return cmp.Compare(m.position, p) })
	if !found {
		i = max(0, i-1)
	}
	// A reader may have seen the state a little before the feed.
	return f.moments[i].at.Add(-time.Second)
}

// Follow takes a step of main. It does not block.
func (f *Feed) Follow(step state.Step) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.snapshot == nil {
		f.floor = step.Position - 1
	}
	// Commits from the root on are news only to an empty repo: after main was rewritten they are what there was.
	news := step.Commits
	if step.Before.Commit().IsZero() && f.snapshot != nil && !f.snapshot.Commit().IsZero() {
		news = nil
	}
	f.snapshot, f.position = step.After, step.Position
	if f.moments = append(f.moments, moment{step.Position, f.now()}); len(f.moments) > maxMoments {
		f.moments = slices.Delete(f.moments, 1, 2)
	}
	for _, name := range step.Delta.Applications {
		f.touch(name, step.Position)
	}
	if step.Delta.Environments {
		f.anyEnvironment = step.Position
		for _, name := range changedEnvironments(step.Before, step.After) {
			f.environments[name] = step.Position
		}
		for _, name := range changedApprovals(step.Before, step.After) {
			f.touch(name, step.Position)
		}
	}
	f.forget(len(step.After.Applications()) + maxGone)
	for _, c := range lastOf(news, maxFeedCommits) {
		f.commits = append(f.commits, feedCommit{CommitInfo: c, position: step.Position})
		f.bytes += len(c.Message)
	}
	for len(f.commits) > maxFeedCommits || f.bytes > maxFeedBytes {
		f.bytes -= len(f.commits[0].Message)
		f.commits = slices.Delete(f.commits, 0, 1)
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *Feed) touch(name string, position uint64) {
	if e := f.byName[name]; e != nil {
		e.Value.(*change).position = position
		f.order.MoveToFront(e)
		return
	}
	f.byName[name] = f.order.PushFront(&change{application: name, position: position})
}

// forget drops the oldest changes beyond limit; who resumes from before them starts anew.
func (f *Feed) forget(limit int) {
	for f.order.Len() > limit {
		oldest := f.order.Remove(f.order.Back()).(*change)
		delete(f.byName, oldest.application)
		f.floor = max(f.floor, oldest.position)
	}
}

// changedEnvironments names the environments where anything that holds for all of it changed.
func changedEnvironments(before, after *manifestrepo.Snapshot) []string {
	all := before.Stop() != after.Stop()
	var names []string
	for _, env := range after.Environments() {
		if all || !sameEnvironment(before.Environment(env.Name), env) || !sameGroup(before.Group(env.GroupName()), after.Group(env.GroupName())) {
			names = append(names, env.Name)
		}
	}
	return names
}

// sameEnvironment reports whether everything that an environment says of its applications is the same.
func sameEnvironment(a, b *manifestrepo.Environment) bool {
	return a == b || a != nil && b != nil && a.Distance == b.Distance && a.Problem == b.Problem && bytes.Equal(a.Raw, b.Raw) &&
		maps.Equal(a.Locks, b.Locks) && maps.EqualFunc(a.TeamLocks, b.TeamLocks, maps.Equal[map[string]*manifestrepo.Lock])
}

// sameGroup reports whether everything that a group, which may be nil, says of its environments' applications is the same.
func sameGroup(a, b *manifestrepo.Group) bool {
	return sameSettings(a, b) && maps.Equal(locksOfGroup(a), locksOfGroup(b))
}

func locksOfGroup(g *manifestrepo.Group) map[string]*manifestrepo.Lock {
	if g == nil {
		return nil
	}
	return g.Locks
}

// changedApprovals names the applications of the requests for approval that came, went or changed.
func changedApprovals(before, after *manifestrepo.Snapshot) []string {
	var names []string
	note := func(s, other *manifestrepo.Snapshot) {
		for _, env := range s.Environments() {
			var known map[string]*manifestrepo.Approval
			if e := other.Environment(env.Name); e != nil {
				known = e.Approvals
			}
			for id, a := range env.Approvals {
				if known[id] == a {
					continue
				}
				for _, c := range a.Changes {
					names = append(names, c.Application)
				}
			}
		}
	}
	note(before, after)
	note(after, before)
	return names
}

// news is what changed since a position.
type news struct {
	snapshot *manifestrepo.Snapshot
	position uint64
	// applications touched, in no order; some may be gone.
	applications []string
	// environments that changed as a whole; environment says that any did, or is gone.
	environments []string
	environment  bool
	commits      []gitstore.CommitInfo
}

// since gives what changed after a position, and a channel that closes at the next step. ok is false when that is not
// known any more.
func (f *Feed) since(position uint64) (n news, next <-chan struct{}, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = news{snapshot: f.snapshot, position: max(f.position, position)}
	if f.snapshot == nil {
		return n, f.changed, true
	}
	if position < f.floor {
		return n, f.changed, false
	}
	for e := f.order.Front(); e != nil; e = e.Next() {
		c := e.Value.(*change)
		if c.position <= position {
			break
		}
		n.applications = append(n.applications, c.application)
	}
	n.environment = f.anyEnvironment > position
	for name, at := range f.environments {
		if at > position && f.snapshot.Environment(name) != nil {
			n.environments = append(n.environments, name)
		}
	}
	for _, c := range f.commits {
		if c.position > position {
			n.commits = append(n.commits, c.CommitInfo)
		}
	}
	return n, f.changed, true
}

func lastOf[T any](all []T, n int) []T {
	return all[max(0, len(all)-n):]
}
