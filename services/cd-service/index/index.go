// Package index is cd-service's projection of the manifest repo: one SQLite file that holds what a start-up and the history
// pages need, so that neither reads all of git.
//
// It promises nothing that git does not hold: the file may be deleted at any time, and one that is of another version,
// broken, or left behind by a machine that crashed is thrown away and built again. What it holds is always what main held at
// some commit; it never runs ahead, and when the process is killed it is simply behind.
//
// Follow takes each step of main without blocking the writer; one goroutine writes. Any number of goroutines may read.
// Nothing but this package touches the file.
package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Options say whose commits are ours and where commits come from that no step brought.
type Options struct {
	// Committer is the committer's name on our own commits. Commits of anybody else are foreign: their trailers do not count.
	Committer string
	// Log reads main's first-parent commits after from (zero: from the root) up to to, oldest first, as
	// gitstore.Store.Log does. The history is filled from it where steps do not connect to it.
	Log func(ctx context.Context, from, to gitstore.Hash, fn func(gitstore.CommitInfo) error) error
	// Files reads the trees of commits that do not say themselves what they changed: those of other people, and the one that
	// brought a repo into Signalbox's layout. Without it, what they made run stays unknown.
	Files Files
	// Report hears of each failure to write, and nil when writing works again. It may be nil.
	Report func(error)
}

// retryAfter is how long the worker rests after a failed write. A new step does not wait for it.
const retryAfter = 5 * time.Second

// Index is an open index. Close it.
type Index struct {
	path    string
	options Options

	// files guards the handles, which are replaced when the file turns out to be corrupt.
	files  sync.RWMutex
	writer *writer
	reader *sql.DB

	mu      sync.Mutex
	pending *work
	done    progress
	failure error
	// broken asks the worker for a new file.
	broken bool
	// changed is closed and replaced whenever done or failure changes.
	changed chan struct{}

	wake    chan struct{}
	cancel  context.CancelFunc
	stopped chan struct{}
}

// progress is how far the index has followed.
type progress struct {
	// position of the last step whose parts and history are in.
	position uint64
	// head and sequence of the newest commit of main in the history.
	head     gitstore.Hash
	sequence uint64
	// complete is false while commits between head and the last step are missing.
	complete bool
}

// Open opens the index at path, or builds an empty one when the file is missing, of another version, or broken. It fails only
// when no file can be made there.
func Open(path string, o Options) (*Index, error) {
	x := &Index{path: path, options: o, changed: make(chan struct{}), wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	w, err := openOrCreate(path, o.Committer)
	if err != nil {
		return nil, err
	}
	x.writer = w
	if x.reader, err = openReader(path); err != nil {
		return nil, errors.Join(err, w.close())
	}
	x.done = progress{head: w.head, sequence: w.sequence, complete: w.head == w.parts}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	if !x.done.complete {
		// Killed between the parts of a state and its history: the rest is in git.
		x.pending = &work{target: w.parts, gap: true}
		x.nudge()
	}
	go x.run(ctx)
	return x, nil
}

// Close stops following, writes what was followed so far, and leaves a file that the next Open trusts even after a power cut.
func (x *Index) Close() error {
	x.cancel()
	<-x.stopped
	x.files.Lock()
	defer x.files.Unlock()
	if x.writer == nil {
		return nil
	}
	err := errors.Join(x.reader.Close(), x.writer.seal(), x.writer.close())
	x.writer = nil
	return err
}

// Saved gives the state of the last step that was written; nil when there is none.
func (x *Index) Saved() (*state.Saved, error) {
	x.files.RLock()
	defer x.files.RUnlock()
	if x.writer == nil {
		return nil, errClosed
	}
	tx, err := x.reader.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("begin reading the index: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var commit string
	var count int
	if err := tx.QueryRow(`SELECT value, (SELECT count(*) FROM parts) FROM meta WHERE key = 'parts'`).Scan(&commit, &count); err != nil {
		return nil, fmt.Errorf("read the index's commit: %w", err)
	}
	saved := &state.Saved{Commit: plumbing.NewHash(commit), Parts: make([]manifestrepo.Part, 0, count)}
	if saved.Commit.IsZero() {
		return nil, nil
	}
	rows, err := tx.Query(`SELECT key, sum, data FROM parts`)
	if err != nil {
		return nil, fmt.Errorf("read the index's parts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p manifestrepo.Part
		var sum uint32
		if err := rows.Scan(&p.Key, &sum, &p.Data); err != nil {
			return nil, fmt.Errorf("read a part of the index: %w", err)
		}
		if crc32.Checksum(p.Data, castagnoli) != sum {
			return nil, nil // rotten: the same as no state at all, and the first step writes all parts again
		}
		saved.Parts = append(saved.Parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the index's parts: %w", err)
	}
	return saved, nil
}

// WaitFor returns when the history holds the step of that position, or has commit as its newest. It fails with ctx's error, or
// with the reason why the index cannot be written.
func (x *Index) WaitFor(ctx context.Context, commit gitstore.Hash, position uint64) error {
	for {
		x.mu.Lock()
		done, failure, changed := x.done, x.failure, x.changed
		x.mu.Unlock()
		if done.complete && (done.position >= position || done.head == commit) {
			return nil
		}
		if failure != nil {
			return failure
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the history, which has %d commits so far: %w", done.sequence, ctx.Err())
		}
	}
}

// Sequence is the number of main's commits that the history holds by now.
func (x *Index) Sequence() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.done.sequence
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errClosed  = errors.New("the index is closed")
)
