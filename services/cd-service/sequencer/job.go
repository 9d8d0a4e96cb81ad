package sequencer

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// Request is a command to decide and write.
type Request struct {
	// ID is the operation id; two requests of one ID are one command.
	ID    string
	Actor manifestrepo.Actor
	// Checked is the command after rules.Check.
	Checked *rules.Checked
	// Digest is the SHA-256 of the command as asked; it tells a retry from another command under the same ID.
	Digest []byte
	// Action is the protobuf encoding of the command, for the journal.
	Action []byte
	// Blobs are the manifests as prepared during the check, so that nothing is hashed twice. May be nil.
	Blobs map[gitstore.Hash]gitstore.Blob
	// Journal makes Submit return only when the intent is on stable storage.
	Journal bool
	// Journaled says that the journal holds the intent already (it is being recovered at start).
	Journaled bool
	// Keyed says that the caller gave a key of their own: what looks like the newest release is then not taken for a retry.
	Keyed bool
	// Fresh says that the ID was made for this call, so that nobody needs to look for an earlier one.
	Fresh bool
}

// State is where a command stands.
type State int

// The states.
const (
	// Pending: it waits, or its push is under way.
	Pending State = iota + 1
	// Done: the truth holds it, or it changed nothing.
	Done
	// Refused: nothing happened; Err says why.
	Refused
	// Unknown: a push that holds it was sent, and whether it landed is not known yet.
	Unknown
)

// Outcome is how a command ended, or where it stands.
type Outcome struct {
	ID    string
	State State
	// Commit of main; zero while pending, when refused, and when nothing had to change.
	Commit  gitstore.Hash
	Subject string
	// Result is set when Done. It is shared: do not change it.
	Result *api.ActionResult
	// Err is set when Refused.
	Err *problem.Error
	// Warnings of the check; an outcome that was read from main's commit has none.
	Warnings          []string
	Created, Finished time.Time
}

// Proto is the outcome as the API hands it out.
func (o Outcome) Proto() *api.Operation {
	op := &api.Operation{Id: o.ID, Result: o.Result, Subject: o.Subject, Warnings: o.Warnings}
	switch o.State {
	case Done:
		op.State = api.OperationState_OPERATION_STATE_DONE
	case Refused:
		op.State = api.OperationState_OPERATION_STATE_REFUSED
	case Unknown:
		op.State = api.OperationState_OPERATION_STATE_UNKNOWN
	default:
		op.State = api.OperationState_OPERATION_STATE_PENDING
	}
	if !o.Commit.IsZero() {
		op.Commit = o.Commit.String()
	}
	if o.Err != nil {
		op.Error = o.Err.Proto()
		op.Error.OperationId = o.ID
	}
	if !o.Created.IsZero() {
		op.CreatedAt = timestamppb.New(o.Created)
	}
	if !o.Finished.IsZero() {
		op.FinishedAt = timestamppb.New(o.Finished)
	}
	return op
}

// transient reports a refusal that says nothing about the command: asking again makes sense, so it is not remembered.
func (o Outcome) transient() bool {
	if o.State != Refused {
		return o.State != Done
	}
	switch o.Err.Kind {
	case problem.Unavailable, problem.Exhausted, problem.Internal:
		return true
	}
	return false
}

// Future is a command's outcome to come. Any number of goroutines may wait.
type Future struct {
	done chan struct{}

	mu      sync.Mutex
	outcome Outcome
}

func newFuture(o Outcome) *Future {
	f := &Future{done: make(chan struct{}), outcome: o}
	return f
}

func finishedFuture(o Outcome) *Future {
	f := newFuture(o)
	close(f.done)
	return f
}

// Done is closed when the outcome is final.
func (f *Future) Done() <-chan struct{} { return f.done }

// Outcome is where the command stands now.
func (f *Future) Outcome() Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.outcome
}

// Wait returns the final outcome, or where the command stands when ctx is over first.
func (f *Future) Wait(ctx context.Context) Outcome {
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	return f.Outcome()
}

func (f *Future) set(s State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcome.State = s
}

func (f *Future) finish(o Outcome) {
	f.mu.Lock()
	o.Created, o.Warnings = f.outcome.Created, f.outcome.Warnings
	f.outcome = o
	f.mu.Unlock()
	close(f.done)
}

// job is a request on its way. Only the writer's goroutine touches it after it was queued, but for journaled.
type job struct {
	Request
	future    *Future
	journaled atomic.Bool
	// doubtful: a push that holds it was sent and its outcome is not known.
	doubtful bool
	// attempts are the commits built for it so far that may land, with what they answer.
	attempts map[gitstore.Hash]attempt
}

type attempt struct {
	result  *api.ActionResult
	subject string
}

// warnings of the command's check.
func (r Request) warnings() []string {
	if r.Checked == nil {
		return nil
	}
	return r.Checked.Warnings
}

func (j *job) sameDigest(digest []byte) bool { return bytes.Equal(j.Digest, digest) }

// mustKeep reports that giving up on the job is not allowed: its outcome was promised or is in doubt.
func (j *job) mustKeep() bool { return j.journaled.Load() || j.doubtful }

// size is roughly what the job holds in memory.
func (j *job) size() int64 {
	total := int64(len(j.Action)) + 1024
	return total + manifestBytes(j.Checked)
}

func manifestBytes(c *rules.Checked) (total int64) {
	if c == nil {
		return 0
	}
	for _, m := range c.Manifests {
		total += int64(len(m.Content))
	}
	for _, part := range c.Parts {
		total += manifestBytes(part)
	}
	return total
}

func jobsOf(verdicts []verdict) []*job {
	jobs := make([]*job, len(verdicts))
	for i, v := range verdicts {
		jobs[i] = v.job
	}
	return jobs
}
