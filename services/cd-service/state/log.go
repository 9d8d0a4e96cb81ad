package state

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// errRewritten says that what was read before is not part of what is there now: read from nothing.
var errRewritten = errors.New("history was rewritten")

// logState is what the writer knows of the log beside what main names.
type logState struct {
	ref string
	// tip is where the log's ref is; orphans are the commits between the head main names and tip, oldest first.
	tip     gitstore.Hash
	head    gitstore.Hash
	orphans []gitstore.Hash
	// incomplete reports that the snapshot lacks releases main names, because the log could not be read.
	incomplete bool
	checked    bool
}

// LogTip tells a writer where to append: the commit the log's ref names (zero: no log yet), and the orphans between the head
// that main names and that tip, which the next releases.json must list as void. For the writer's goroutine.
func (r *Repo) LogTip() (ref string, tip gitstore.Hash, orphans []gitstore.Hash) {
	return r.log.ref, r.log.tip, r.log.orphans
}

// checkLog compares what main names with where the log's refs are and sets Trusted. It fails only when git cannot be read.
func (r *Repo) checkLog(ctx context.Context, s *manifestrepo.Snapshot, heads gitstore.Heads) error {
	rf := s.ReleasesFile()
	if p := unfit(s); p != nil {
		r.log.checked = false
		r.setTrust(p)
		return nil
	}
	tip := heads[rf.Log.Ref]
	if r.log.checked && r.log.ref == rf.Log.Ref && r.log.head == rf.Log.Head && r.log.tip == tip && r.Trusted() == nil {
		return nil
	}
	found := logState{ref: rf.Log.Ref, head: rf.Log.Head, tip: tip, incomplete: r.log.incomplete, checked: true}
	for _, named := range slices.Concat(rf.Sealed, []manifestrepo.LogRef{rf.Log}) {
		if named.Ref == "" {
			continue
		}
		beyond, err := r.beyond(ctx, named, heads[named.Ref])
		if p := (*problem.Error)(nil); errors.As(err, &p) {
			found.checked = false
			r.log = found
			r.setTrust(p)
			return nil
		}
		if err != nil {
			return err
		}
		found.orphans = beyond
	}
	r.log = found
	if !found.incomplete {
		r.setTrust(nil)
	}
	return nil
}

// unfit says why a main cannot be written, whatever its log holds.
func unfit(s *manifestrepo.Snapshot) error {
	broken := func(path, why string) error {
		return problem.New(problem.Unavailable, "%s of the manifest repo cannot be read: %s", path, why).
			Because("Signalbox writes only what it understands").Fix("restore %s with git revert", path)
	}
	switch {
	case s.ProblemAt(manifestrepo.SignalboxPath) != "":
		return broken(manifestrepo.SignalboxPath, s.ProblemAt(manifestrepo.SignalboxPath))
	case !s.Initialized():
		return broken(manifestrepo.SignalboxPath, "it is not there")
	case s.Layout() != layout:
		return problem.New(problem.Unavailable, "the manifest repo has layout %d, and this program knows %d", s.Layout(), layout).
			Because("Signalbox writes only what it understands").Fix("run a version of Signalbox that knows this layout")
	case s.ProblemAt(manifestrepo.ReleasesPath) != "":
		return broken(manifestrepo.ReleasesPath, s.ProblemAt(manifestrepo.ReleasesPath))
	case s.ReleasesFile().Log.Ref == "":
		return broken(manifestrepo.ReleasesPath, "it names no log")
	}
	return nil
}

// layout is the format this program reads and writes.
const layout = 1

// beyond lists the log commits after the head that main names, or says why the log cannot be trusted.
func (r *Repo) beyond(ctx context.Context, named manifestrepo.LogRef, tip gitstore.Hash) ([]gitstore.Hash, error) {
	if tip == named.Head {
		return nil, nil
	}
	if tip.IsZero() {
		return nil, problem.New(problem.Unavailable, "the release log %s is gone from the manifest repo, but main names its commit %s", named.Ref, named.Head).
			Because("main names only what the release log holds").
			Fix("restore the ref (git push <remote> %s:%s from a mirror or a backup), or stop hiding it", named.Head, named.Ref)
	}
	var orphans []gitstore.Hash
	err := r.store.Log(ctx, named.Head, tip, func(c gitstore.CommitInfo) error {
		orphans = append(orphans, c.Hash)
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, problem.New(problem.Unavailable, "the release log %s was rewound: it is at %s, which does not contain %s that main names", named.Ref, tip, named.Head).
			Because("the release log is append-only").
			Fix("restore the ref (git push --force <remote> %s:%s from a mirror or a backup)", named.Head, named.Ref).Wrap(err)
	}
	return orphans, nil
}

// readLog adds the records that step's releases.json newly names. A log that cannot be read leaves the releases out; Trusted
// says so already.
func (r *Repo) readLog(ctx context.Context, step *Step) error {
	if r.log.incomplete {
		return nil
	}
	before, after := step.Before.ReleasesFile(), step.After.ReleasesFile()
	void := make(map[gitstore.Hash]bool, len(after.Void))
	for _, h := range after.Void {
		void[h] = true
	}
	var log gatherer
	seen := map[gitstore.Hash]bool{}
	for _, stretch := range manifestrepo.NewLog(before, after) {
		err := r.store.Log(ctx, stretch.From, stretch.To, func(c gitstore.CommitInfo) error {
			seen[c.Hash] = true
			if !void[c.Hash] && !isBeginning(c) {
				log.add(Record(c))
			}
			return nil
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, gitstore.ErrNotAncestor) {
			return errRewritten
		}
		if err != nil {
			return r.unreadable(stretch, err)
		}
	}
	if !step.Before.Commit().IsZero() && voidChanged(before.Void, after.Void, seen) {
		return errRewritten
	}
	records := log.done()
	if len(records) == 0 {
		return nil
	}
	next, delta, err := step.After.Apply(ctx, manifestrepo.Update{Commit: step.After.Commit(), Log: records}, r.store)
	if err != nil {
		return err
	}
	step.After, step.Delta = next, MergeDelta(step.Delta, delta)
	return nil
}

// gatherer collects the records of a long log and parses them, letting go of their texts, while git reads on.
type gatherer struct {
	chunks [][]manifestrepo.LogRecord
	work   sync.WaitGroup
}

// chunk is how many records are parsed in one go.
const chunk = 512

func (g *gatherer) add(r manifestrepo.LogRecord) {
	last := len(g.chunks) - 1
	if last < 0 || len(g.chunks[last]) == chunk {
		g.compact(last)
		g.chunks = append(g.chunks, make([]manifestrepo.LogRecord, 0, chunk))
		last++
	}
	g.chunks[last] = append(g.chunks[last], r)
}

func (g *gatherer) compact(i int) {
	if i < 0 {
		return
	}
	full := g.chunks[i]
	g.work.Go(func() {
		for i := range full {
			full[i] = full[i].Compact()
		}
	})
}

// done gives all records, in order.
func (g *gatherer) done() []manifestrepo.LogRecord {
	g.work.Wait()
	return slices.Concat(g.chunks...)
}

// unreadable keeps reading alive when records are missing from the store.
func (r *Repo) unreadable(stretch manifestrepo.LogRange, err error) error {
	r.log.incomplete, r.log.checked = true, false
	if r.Trusted() == nil {
		r.setTrust(problem.New(problem.Unavailable, "the release log %s cannot be read up to %s, which main names", stretch.Ref, stretch.To).
			Because("main names only what the release log holds").
			Fix("restore the ref from a mirror or a backup").Wrap(err))
	}
	return nil
}

// voidChanged reports whether commits that were read before became void, or void ones came back.
func voidChanged(before, after []gitstore.Hash, seen map[gitstore.Hash]bool) bool {
	for _, h := range before {
		if !slices.Contains(after, h) {
			return true
		}
	}
	for _, h := range after {
		if !seen[h] && !slices.Contains(before, h) {
			return true
		}
	}
	return false
}

// Record is a log commit as the reader wants it.
func Record(c gitstore.CommitInfo) manifestrepo.LogRecord {
	return manifestrepo.LogRecord{
		Commit:  c.Hash,
		Author:  manifestrepo.Actor{Name: c.Author.Name, Email: c.Author.Email},
		Time:    c.Author.When,
		Message: c.Message,
	}
}

// emptyTree is the tree without entries.
var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// isBeginning reports the root commit that a log starts with: it holds no record, it shows that the ref can be pushed.
func isBeginning(c gitstore.CommitInfo) bool { return len(c.Parents) == 0 && c.Tree == emptyTree }
