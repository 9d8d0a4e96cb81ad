package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Limits of what waits for the worker. Beyond them the commits are dropped and read from git when their turn comes.
const (
	maxWaitingCommits = 4096
	maxWaitingBytes   = 16 << 20
)

// historyChunk is how many commits one transaction of a catch-up holds.
const historyChunk = 2000

// work is what one or more steps ask of the index.
type work struct {
	// before is what the first of these steps started from. after is the newest complete state among them; nil when only the history is
	// to be caught up.
	before, after *manifestrepo.Snapshot
	target        gitstore.Hash
	position      uint64
	commits       []gitstore.CommitInfo
	bytes         int
	// gap says that commits does not hold every commit up to target.
	gap bool
}

// Follow takes a step of main. It never blocks: the step is written later, together with those that came meanwhile.
func (x *Index) Follow(step state.Step) {
	x.mu.Lock()
	w := x.pending
	if w == nil {
		w = &work{before: step.Before}
		x.pending = w
	} else if w.before == nil {
		w.before = step.Before
	}
	w.target, w.position = step.After.Commit(), step.Position
	if !step.Incomplete {
		w.after = step.After
	}
	w.add(step.Commits)
	x.mu.Unlock()
	x.nudge()
}

// nudge wakes the worker.
func (x *Index) nudge() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

func (w *work) add(commits []gitstore.CommitInfo) {
	if w.gap {
		return
	}
	for _, c := range commits {
		w.bytes += len(c.Message)
	}
	// The first step of a process may bring the whole history; it is in memory already and is taken as it is.
	if len(w.commits) > 0 && (len(w.commits)+len(commits) > maxWaitingCommits || w.bytes > maxWaitingBytes) {
		w.commits, w.gap = nil, true
		return
	}
	w.commits = append(w.commits, commits...)
}

// connects reports whether the commits lead from head to the target without a gap.
func (w *work) connects(head gitstore.Hash) bool {
	if w.gap {
		return false
	}
	for _, c := range w.commits {
		var parent gitstore.Hash
		if len(c.Parents) > 0 {
			parent = c.Parents[0]
		}
		if parent != head {
			return false
		}
		head = c.Hash
	}
	return head == w.target
}

func (x *Index) run(ctx context.Context) {
	defer close(x.stopped)
	for {
		var retry <-chan time.Time
		if x.failing() {
			retry = time.After(retryAfter)
		}
		select {
		case <-x.wake:
		case <-retry:
		case <-ctx.Done():
			if w := x.take(); w != nil {
				_ = x.write(ctx, w) // what fails now is read from git at the next start
			}
			return
		}
		x.drain(ctx)
	}
}

// drain writes until nothing waits or a write fails.
func (x *Index) drain(ctx context.Context) {
	for {
		err := x.mend()
		w := x.take()
		if w == nil {
			if err == nil && !x.failing() {
				return
			}
			w = &work{}
		}
		if err == nil {
			err = x.write(ctx, w)
		}
		if err != nil && ctx.Err() != nil {
			return
		}
		if corrupt(err) {
			x.suspect()
		}
		x.settle(w, err)
		if err != nil {
			return
		}
	}
}

// suspect notes that the file is broken; the worker makes a new one.
func (x *Index) suspect() {
	x.mu.Lock()
	x.broken = true
	x.mu.Unlock()
	x.nudge()
}

// mend replaces a broken file by an empty one and lets everything be written again.
func (x *Index) mend() error {
	x.mu.Lock()
	broken := x.broken
	x.mu.Unlock()
	if !broken {
		return nil
	}
	known, target := x.writer.base, x.writer.parts
	if err := x.recreate(); err != nil {
		return fmt.Errorf("replace the broken index: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.broken, x.done.complete = false, false
	if x.pending == nil && !target.IsZero() {
		// Without a step so far only the history can be written; the parts come with the next step.
		x.pending = &work{after: known, target: target, position: x.done.position, gap: true}
	}
	return nil
}

func (x *Index) take() *work {
	x.mu.Lock()
	defer x.mu.Unlock()
	w := x.pending
	x.pending = nil
	return w
}

func (x *Index) failing() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failure != nil
}

// settle tells waiters how a write ended. Work that failed waits again, together with what came meanwhile.
func (x *Index) settle(w *work, err error) {
	x.mu.Lock()
	was := x.failure
	x.failure = err
	if err == nil {
		x.done.position, x.done.complete = max(x.done.position, w.position), x.done.complete || !w.target.IsZero()
	} else {
		w.gap, w.commits = true, nil
		if next := x.pending; next != nil {
			w.target, w.position = next.target, next.position
			if next.after != nil {
				w.after = next.after
			}
		}
		if !w.target.IsZero() {
			x.pending = w
		}
	}
	x.announce()
	x.mu.Unlock()
	if x.options.Report != nil && (err != nil || was != nil) {
		x.options.Report(err)
	}
}

// announce wakes all waiters. The caller holds mu.
func (x *Index) announce() {
	x.done.head, x.done.sequence = x.writer.head, x.writer.sequence
	close(x.changed)
	x.changed = make(chan struct{})
}

// recreate replaces a file that broke under our hands.
func (x *Index) recreate() error {
	x.files.Lock()
	defer x.files.Unlock()
	_ = errors.Join(x.reader.Close(), x.writer.close()) // nothing of it is kept
	if err := remove(x.path); err != nil {
		return err
	}
	w, err := openOrCreate(x.path, x.options.Committer)
	if err != nil {
		return err
	}
	reader, err := openReader(x.path)
	if err != nil {
		return errors.Join(err, w.close())
	}
	x.writer, x.reader = w, reader
	return nil
}

// write brings parts and history to the work's target: in one transaction when it holds all commits in between, else the
// parts first, so that a start-up is fast soon, and the history behind them.
func (x *Index) write(ctx context.Context, w *work) error {
	if w.target.IsZero() {
		return nil
	}
	connected := w.connects(x.writer.head)
	if connected && len(w.commits) <= historyChunk {
		return x.writer.transaction(func() error {
			if err := x.writeParts(w); err != nil {
				return err
			}
			return x.writer.appendHistory(ctx, w.commits, x.options)
		})
	}
	if err := x.writer.transaction(func() error { return x.writeParts(w) }); err != nil {
		return err
	}
	x.mu.Lock()
	x.done.complete = false
	x.mu.Unlock()
	return x.writeHistory(ctx, w, connected)
}

// writeHistory brings the history to the work's target in chunks.
func (x *Index) writeHistory(ctx context.Context, w *work, connected bool) error {
	if connected {
		for rest := w.commits; len(rest) > 0; {
			n := min(len(rest), historyChunk)
			if err := x.appendChunk(ctx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	}
	return x.catchUp(ctx, w.target)
}

func (x *Index) writeParts(w *work) error {
	if w.after == nil {
		return nil
	}
	base := x.writer.base
	if base == nil && w.before != nil && w.before.Commit() == x.writer.parts && !x.writer.parts.IsZero() {
		base = w.before
	}
	parts, err := manifestrepo.Parts(base, w.after)
	if err != nil {
		return fmt.Errorf("encode the state for the index: %w", err)
	}
	return x.writer.writeParts(parts, w.after, base == nil)
}

// catchUp reads from git what the history lacks. A history that is not part of main any more starts again.
func (x *Index) catchUp(ctx context.Context, target gitstore.Hash) error {
	err := x.readHistory(ctx, target)
	if !errors.Is(err, gitstore.ErrNotAncestor) {
		return err
	}
	if err := x.writer.transaction(x.writer.clearHistory); err != nil {
		return err
	}
	return x.readHistory(ctx, target)
}

func (x *Index) readHistory(ctx context.Context, target gitstore.Hash) error {
	var chunk []gitstore.CommitInfo
	bytes := 0
	err := x.options.Log(ctx, x.writer.head, target, func(c gitstore.CommitInfo) error {
		chunk = append(chunk, c)
		bytes += len(c.Message)
		if len(chunk) < historyChunk && bytes < maxWaitingBytes {
			return nil
		}
		err := x.appendChunk(ctx, chunk)
		chunk, bytes = chunk[:0], 0
		return err
	})
	if err != nil {
		return fmt.Errorf("read the history from git: %w", err)
	}
	return x.appendChunk(ctx, chunk)
}

func (x *Index) appendChunk(ctx context.Context, commits []gitstore.CommitInfo) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	if err := x.writer.transaction(func() error { return x.writer.appendHistory(ctx, commits, x.options) }); err != nil {
		return err
	}
	x.mu.Lock()
	x.announce()
	x.mu.Unlock()
	return nil
}
