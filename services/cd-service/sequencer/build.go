package sequencer

import (
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// decideFor bounds how long commands are decided before what there is goes out: with the push behind it no decision is much
// older than maxDecisionAge when it is sent.
const (
	decideFor      = 2 * time.Second
	maxDecisionAge = 3 * time.Second
)

// verdict is a command as decided in a batch.
type verdict struct {
	job     *job
	result  *api.ActionResult
	err     *problem.Error
	commit  gitstore.Hash
	subject string
	// confirmed: it was decided on the confirmed state, no commit of this batch came before it.
	confirmed bool
}

// built is a batch ready to be pushed.
type built struct {
	batch    *gitstore.Batch
	draft    *state.Draft
	verdicts []verdict
	// rest are jobs that found no place; they come next.
	rest      []*job
	decidedAt time.Time
	// logFrom is where the log's ref was when the batch was begun.
	logRef  string
	logFrom gitstore.Hash
	content *content
}

// commits reports whether there is anything to push.
func (b *built) commits() bool { return len(b.draft.Commits()) > 0 }

// updates are the refs to move, the log first.
func (b *built) updates(branch string) []gitstore.RefUpdate {
	var list []gitstore.RefUpdate
	if tip, _ := b.draft.LogTip(); tip != b.logFrom {
		list = append(list, gitstore.RefUpdate{Name: b.logRef, Old: b.logFrom, New: tip})
	}
	return append(list, gitstore.RefUpdate{Name: branch, Old: b.draft.Base().Commit(), New: b.draft.Snapshot().Commit()})
}

// begin starts an empty batch on the confirmed state.
func (s *Sequencer) begin(ctx context.Context) *built {
	b := &built{batch: s.store.Begin(), draft: s.repo.Draft(), decidedAt: s.clock.Now(), content: s.content(ctx)}
	b.logRef, b.logFrom, _ = s.repo.LogTip()
	return b
}

// build decides the jobs in order, each on the state the earlier ones left.
func (s *Sequencer) build(ctx context.Context, jobs []*job) (*built, error) {
	b := s.begin(ctx)
	commands := make([]*rules.Checked, len(jobs))
	for i, j := range jobs {
		commands[i] = j.Checked
		b.content.add(j.Checked)
	}
	// A release that cannot be listed is the failure of the command that needs it, not of the batch.
	if err := b.content.prefetch(b.draft.Snapshot(), commands...); err != nil {
		s.logger.Debug("reading ahead failed", "err", err)
	}
	for i, j := range jobs {
		if i > 0 && s.enough(b) {
			b.rest = jobs[i:]
			break
		}
		v := s.decide(ctx, b, j)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		b.verdicts = append(b.verdicts, v)
	}
	return b, nil
}

func (s *Sequencer) enough(b *built) bool {
	_, size := b.batch.Size()
	return size >= s.o.BatchBytes || s.clock.Now().Sub(b.decidedAt) >= decideFor
}

// decide runs a command's rule and builds its commits. Whatever goes wrong in it is this command's failure alone.
func (s *Sequencer) decide(ctx context.Context, b *built, j *job) (v verdict) {
	v = verdict{job: j, confirmed: !b.commits()}
	defer func() {
		if cause := recover(); cause != nil {
			s.logger.Error("a command made the rules panic", "operation", j.ID, "kind", j.Checked.Kind, "panic", cause, "stack", string(debug.Stack()))
			v.err, v.commit, v.result = problem.New(problem.Internal, "an internal error occurred"), gitstore.Hash{}, nil
		}
	}()
	if err := b.content.prefetch(b.draft.Snapshot(), j.Checked); err != nil {
		v.err = s.internal(j, err)
		return v
	}
	now := s.clock.Now()
	decision, err := rules.Decide(j.Checked, b.draft.Snapshot(), rules.Context{
		Now: now, Actor: j.Actor, Policy: s.o.Policy, Content: b.content, Keyed: j.Keyed,
	})
	if err != nil {
		v.err = s.internal(j, err)
		return v
	}
	v.result, v.subject = decision.Result, decision.Message.Subject
	if !decision.Changes() && len(decision.Render) == 0 {
		return v
	}
	message := decision.Message
	message.RequestID, message.RequestDigest = j.ID, DigestTrailer(j.Digest)
	v.commit, err = s.commit(ctx, b, change{
		edits: decision.Edits, records: decision.Records, message: message, author: author(j.Actor, now), now: now, blobs: j.Blobs,
		render: decision.Render, rendered: func(env string) { noteDocuments(v.result, env) },
	})
	if err != nil {
		v.err, v.result = s.internal(j, err), nil
	}
	return v
}

// internal makes a problem of any error and logs the cause of those that hide it.
func (s *Sequencer) internal(j *job, err error) *problem.Error {
	p := problem.From(err)
	if p.Kind == problem.Internal {
		s.logger.Error("a command failed", "operation", j.ID, "kind", j.Checked.Kind, "err", err)
	}
	return p
}

// change is what becomes one commit of main, with the log records before it.
type change struct {
	edits   []manifestrepo.Edit
	records []manifestrepo.Record
	message manifestrepo.Message
	author  gitstore.Signature
	now     time.Time
	blobs   map[gitstore.Hash]gitstore.Blob
	// render are environments whose documents are compared with what main has; rendered hears of those that differed.
	render   []string
	rendered func(env string)
}

// commit adds a change to the batch and the draft; a change that comes to nothing has a zero hash. On error both are as before, but for
// objects nobody names.
func (s *Sequencer) commit(ctx context.Context, b *built, c change) (gitstore.Hash, error) {
	before := b.draft.Snapshot()
	tip, records, err := s.appendLog(ctx, b, c)
	if err != nil {
		return gitstore.Hash{}, err
	}
	edits := c.edits
	if _, orphans := b.draft.LogTip(); len(records) > 0 {
		rf := before.ReleasesFile()
		rf.Log.Head = tip
		rf.Void = append(slices.Clone(rf.Void), orphans...)
		text, err := manifestrepo.EncodeReleases(rf)
		if err != nil {
			return gitstore.Hash{}, err
		}
		edits = append(slices.Clone(edits), manifestrepo.Edit{Path: manifestrepo.ReleasesPath, Content: text})
	}
	stored, read := s.stow(b, c, edits)
	after, delta, err := b.draft.Preview(ctx, manifestrepo.Update{Commit: before.Commit(), Changes: read, Log: records})
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("read our own change: %w", err)
	}
	derived, err := s.derive(ctx, b, c, before, after, delta)
	if err != nil {
		return gitstore.Hash{}, err
	}
	if len(edits)+len(derived) == 0 {
		return gitstore.Hash{}, nil
	}
	moreStored, moreRead := s.stow(b, c, derived)
	info := gitstore.CommitInfo{
		Parents: []gitstore.Hash{before.Commit()}, Author: c.author, Committer: s.signature(c.now), Message: c.message.String(),
	}
	info.Hash, err = b.batch.Commit(ctx, gitstore.CommitSpec{
		Parent: before.Commit(), Changes: append(stored, moreStored...), Author: info.Author, Committer: info.Committer, Message: info.Message,
	})
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("build the commit: %w", err)
	}
	final, moreDelta, err := after.Apply(ctx, manifestrepo.Update{Commit: info.Hash, Changes: moreRead}, s.store)
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("read our own change: %w", err)
	}
	b.draft.Take(final, state.MergeDelta(delta, moreDelta), info, tip)
	return info.Hash, nil
}

// appendLog adds the records to the release log and returns its new tip.
func (s *Sequencer) appendLog(ctx context.Context, b *built, c change) (gitstore.Hash, []manifestrepo.LogRecord, error) {
	tip, _ := b.draft.LogTip()
	records := make([]manifestrepo.LogRecord, 0, len(c.records))
	for _, r := range c.records {
		changes, _ := s.stow(b, c, r.Files)
		spec := gitstore.CommitSpec{
			Parent: tip, Fresh: true, Changes: changes, Author: author(r.Author, r.At), Committer: s.signature(c.now), Message: r.Message,
		}
		commit, err := b.batch.Commit(ctx, spec)
		if err != nil {
			return gitstore.Hash{}, nil, fmt.Errorf("build the log's commit: %w", err)
		}
		tip = commit
		if r.Release != nil {
			s.listings.Add(commit, manifestsOf(r.Files, changes))
		}
		records = append(records, state.Record(gitstore.CommitInfo{Hash: commit, Author: spec.Author, Committer: spec.Committer, Message: spec.Message}))
	}
	return tip, records, nil
}

// manifestsOf is what listing a new record's folder would give: the log's commit cannot be read before it is pushed.
func manifestsOf(files []manifestrepo.Edit, stored []gitstore.Change) map[string]gitstore.Hash {
	found := make(map[string]gitstore.Hash, len(files))
	for i, f := range files {
		if env, ok := strings.CutSuffix(path.Base(f.Path), ".yaml"); ok {
			found[env] = stored[i].New
		}
	}
	return found
}

// stow puts the edits' contents into the batch: as git wants them, and as the reader wants them.
func (s *Sequencer) stow(b *built, c change, edits []manifestrepo.Edit) ([]gitstore.Change, []manifestrepo.PathChange) {
	stored := make([]gitstore.Change, 0, len(edits))
	read := make([]manifestrepo.PathChange, 0, len(edits))
	for _, e := range edits {
		hash := e.Blob
		switch prepared, ok := c.blobs[e.Blob]; {
		case e.Delete:
			hash = gitstore.Hash{}
		case ok && !e.Blob.IsZero():
			b.batch.AddBlob(prepared)
		case e.Content != nil || e.Blob.IsZero():
			hash = b.batch.AddBlob(gitstore.PrepareBlob(e.Content))
		}
		stored = append(stored, gitstore.Change{Path: e.Path, New: hash})
		read = append(read, manifestrepo.PathChange{Path: e.Path, New: hash, Content: e.Content})
	}
	return stored, read
}
