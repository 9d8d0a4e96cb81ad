package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// start reads the first state of the process.
func (r *Repo) start(ctx context.Context, saved *Saved) error {
	heads := r.store.Heads()
	before := r.restore(ctx, saved, heads[r.branch])
	step, err := r.read(ctx, before, heads)
	if errors.Is(err, errRewritten) {
		before = manifestrepo.Empty()
		step, err = r.read(ctx, before, heads)
	}
	if err != nil {
		return fmt.Errorf("read the manifest repo: %w", err)
	}
	step.Position, step.Incomplete = 1, r.log.incomplete
	r.view.Store(&View{Snapshot: step.After, Position: 1, Confirmed: r.now()})
	if before.Commit() != step.After.Commit() {
		r.tell(step)
	}
	return nil
}

// restore builds the saved snapshot, or the empty one when there is none worth having.
func (r *Repo) restore(ctx context.Context, saved *Saved, main gitstore.Hash) *manifestrepo.Snapshot {
	if saved == nil || saved.Commit.IsZero() || main.IsZero() {
		return manifestrepo.Empty()
	}
	if err := r.store.Log(ctx, saved.Commit, main, func(gitstore.CommitInfo) error { return nil }); err != nil {
		r.logger.Warn("the index is of another history, reading everything from git", "commit", saved.Commit, "main", main, "err", err)
		return manifestrepo.Empty()
	}
	snapshot, err := manifestrepo.Restore(saved.Parts)
	if err != nil || snapshot.Commit() != saved.Commit {
		r.logger.Warn("the index cannot be read, reading everything from git", "err", err)
		return manifestrepo.Empty()
	}
	return snapshot
}

// Fetch asks the truth where the refs are and advances to them.
func (r *Repo) Fetch(ctx context.Context) error {
	if _, err := r.store.Fetch(ctx); err != nil {
		return err
	}
	return r.Advance(ctx)
}

// Advance brings the state to the store's heads, whoever pushed what is new there. A main that does not descend from ours
// is read from nothing.
func (r *Repo) Advance(ctx context.Context) error {
	heads := r.store.Heads()
	before := r.View().Snapshot
	main := heads[r.branch]
	if main.IsZero() && !before.Commit().IsZero() {
		r.setTrust(problem.New(problem.Unavailable, "branch %s of the manifest repo is gone; Signalbox last saw it at %s", r.branch, before.Commit()).
			Because("main is never deleted").Fix("push %s to %s again", before.Commit(), r.branch))
		return nil
	}
	if r.log.incomplete {
		if step, ok := r.retryLog(ctx, before, heads); ok {
			r.publish(step)
			return nil
		}
	}
	step, err := r.read(ctx, before, heads)
	if errors.Is(err, errRewritten) {
		r.logger.Warn("history was rewritten by somebody else, reading everything from git", "before", before.Commit(), "now", main)
		step, err = r.reread(ctx, before, heads)
	}
	if err != nil {
		return fmt.Errorf("read what is new on main: %w", err)
	}
	if step.After == before {
		r.confirm()
		return nil
	}
	r.publish(step)
	return nil
}

// retryLog tries to read the releases that could not be read before; false when they still cannot.
func (r *Repo) retryLog(ctx context.Context, old *manifestrepo.Snapshot, heads gitstore.Heads) (Step, bool) {
	r.log.incomplete = false
	step, err := r.reread(ctx, old, heads)
	if err != nil || r.log.incomplete {
		r.log.incomplete = true
		return Step{}, false
	}
	return step, true
}

// reread builds the state from nothing and tells which applications the old one had.
func (r *Repo) reread(ctx context.Context, old *manifestrepo.Snapshot, heads gitstore.Heads) (Step, error) {
	step, err := r.read(ctx, manifestrepo.Empty(), heads)
	if err != nil {
		return Step{}, err
	}
	step.Delta = MergeDelta(step.Delta, manifestrepo.Delta{Applications: names(old), Environments: true})
	return step, nil
}

func names(s *manifestrepo.Snapshot) []string {
	list := make([]string, 0, len(s.Applications()))
	for _, app := range s.Applications() {
		list = append(list, app.Name)
	}
	return list
}

// read is the one way to a newer state: what differs in main between before and the heads, then what releases.json newly
// names of the log.
func (r *Repo) read(ctx context.Context, before *manifestrepo.Snapshot, heads gitstore.Heads) (Step, error) {
	main := heads[r.branch]
	step := Step{Before: before, After: before}
	if main.IsZero() {
		return step, r.checkLog(ctx, before, heads)
	}
	if main != before.Commit() {
		err := r.store.Log(ctx, before.Commit(), main, func(c gitstore.CommitInfo) error {
			step.Commits = append(step.Commits, c)
			return nil
		})
		if errors.Is(err, gitstore.ErrNotAncestor) {
			return Step{}, errRewritten
		}
		if err != nil {
			return Step{}, err
		}
		if err := r.readMain(ctx, &step, main); err != nil {
			return Step{}, err
		}
	}
	if err := r.checkLog(ctx, step.After, heads); err != nil {
		return Step{}, err
	}
	return step, r.readLog(ctx, &step)
}

func (r *Repo) readMain(ctx context.Context, step *Step, main gitstore.Hash) error {
	var changes []manifestrepo.PathChange
	err := r.store.Diff(ctx, step.Before.Commit(), main, func(c gitstore.Change) error {
		changes = append(changes, manifestrepo.PathChange{Path: c.Path, New: c.New, Mode: c.Mode})
		return nil
	})
	if err != nil {
		return err
	}
	step.After, step.Delta, err = step.Before.Apply(ctx, manifestrepo.Update{Commit: main, Changes: changes}, r.store)
	return err
}
