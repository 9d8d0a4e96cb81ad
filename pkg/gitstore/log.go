package gitstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrNotAncestor means that a commit is not on another's first-parent line.
var ErrNotAncestor = errors.New("not an ancestor on the first-parent line")

const (
	// stepReads is how many commits a log reads one by one from git before it starts a child that walks.
	stepReads = 16
	// stepCommits bounds a walk through the cache.
	stepCommits = 4096
	logChunk    = 2048
)

// Log calls fn for each first-parent commit after from up to to, oldest first. From zero means from the root.
// It fails with ErrNotAncestor when from is not on the first-parent line of to.
func (s *Store) Log(ctx context.Context, from, to Hash, fn func(CommitInfo) error) error {
	if from == to {
		return nil
	}
	if to.IsZero() {
		return fmt.Errorf("%s: %w", from, ErrNotAncestor)
	}
	steps, whole, err := s.stepBack(ctx, from, to)
	if err != nil {
		return err
	}
	if !whole {
		return s.longLog(ctx, from, to, fn)
	}
	for _, c := range slices.Backward(steps) {
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}

// stepBack follows first parents, which needs no new process for the few commits since the last look. It gives up (whole is
// false) when the way is long.
func (s *Store) stepBack(ctx context.Context, from, to Hash) (steps []CommitInfo, whole bool, err error) {
	reads := 0
	for at := to; at != from; {
		if at.IsZero() {
			return nil, false, fmt.Errorf("%s: %w", from, ErrNotAncestor)
		}
		if _, cached := s.memory.get(at); !cached {
			reads++
		}
		if reads > stepReads || len(steps) == stepCommits {
			return nil, false, nil
		}
		c, err := s.Commit(ctx, at)
		if err != nil {
			return nil, false, err
		}
		steps = append(steps, c)
		at = firstParent(c)
	}
	return steps, true, nil
}

func firstParent(c CommitInfo) Hash {
	if len(c.Parents) == 0 {
		return Hash{}
	}
	return c.Parents[0]
}

// longLog lets git walk, and reads the commits it lists in pipelined passes.
func (s *Store) longLog(ctx context.Context, from, to Hash, fn func(CommitInfo) error) (err error) {
	args := []string{"rev-list", "--first-parent", "--reverse", to.String()}
	if !from.IsZero() {
		lost, err := s.missing(ctx, []Hash{from}, plumbing.CommitObject)
		if err != nil {
			return err
		}
		if len(lost) > 0 {
			return fmt.Errorf("%s: %w", from, ErrNotAncestor)
		}
		args = append(args, "^"+from.String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := gitCommand(ctx, s.dir, args...)
	var stderr tail
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start git rev-list: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return childError("rev-list", err, &stderr)
	}
	w := logWalk{s: s, last: from, fn: fn}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		h, ok := parseHash(lines.Text())
		if !ok {
			err = fmt.Errorf("git rev-list printed %.80q", lines.Text())
			break
		}
		if err = w.add(ctx, h); err != nil {
			break
		}
	}
	if err == nil {
		err = lines.Err()
	}
	if err != nil {
		cancel()
		_ = cmd.Wait() // killed by us
		return err
	}
	if err := cmd.Wait(); err != nil {
		return childError("rev-list", err, &stderr)
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	if w.last != to {
		return fmt.Errorf("%s: %w", from, ErrNotAncestor)
	}
	return nil
}

// logWalk turns listed ids into commits, and checks that each one's first parent is the one before.
type logWalk struct {
	s       *Store
	last    Hash
	pending []Hash
	fn      func(CommitInfo) error
}

func (w *logWalk) add(ctx context.Context, h Hash) error {
	w.pending = append(w.pending, h)
	if len(w.pending) < logChunk {
		return nil
	}
	return w.flush(ctx)
}

func (w *logWalk) flush(ctx context.Context) error {
	commits, err := w.s.commits(ctx, w.pending)
	if err != nil {
		return err
	}
	w.pending = w.pending[:0]
	for _, c := range commits {
		if firstParent(c) != w.last {
			return fmt.Errorf("%s before %s: %w", w.last, c.Hash, ErrNotAncestor)
		}
		w.last = c.Hash
		if err := w.fn(c); err != nil {
			return err
		}
	}
	return nil
}
