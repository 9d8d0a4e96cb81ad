package rules

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Batch: many commands as one. Each is decided on the state the earlier ones left; when one is refused, nothing happened.

// maxActions is how many commands a batch holds at most.
const maxActions = 1000

func checkBatch(m *api.Batch, c *checking) error {
	const rule = "a batch holds 1 to 1000 actions"
	switch n := len(m.Actions); {
	case n == 0:
		return invalid("batch.actions", "the actions are missing").Because(rule).Fix("send at least one action")
	case n > maxActions:
		return problem.New(problem.TooLarge, "the batch has %d actions", n).At("batch.actions").Because(rule).Fix("send several batches")
	}
	out := c.out
	for i, action := range m.Actions {
		part, err := checkPart(action, c)
		if err != nil {
			return InBatch(i, err)
		}
		out.Parts = append(out.Parts, part)
		out.Warnings = append(out.Warnings, part.Warnings...)
	}
	return nil
}

func checkPart(action *api.Action, c *checking) (*Checked, error) {
	if action.GetBatch() != nil {
		return nil, problem.New(problem.Invalid, "the action is a batch").Because("a batch holds no batch").Fix("list its actions")
	}
	if r, _, _, ok := ruleFor(action); ok && r.clock {
		return nil, problem.New(problem.Denied, "%s is a command of the clock", r.name).
			Because("only Signalbox's own clock sends it").Fix("leave it out")
	}
	reason := action.GetReason()
	if reason == "" {
		reason = c.reason
	}
	return check(action, &checking{policy: c.policy, prepare: c.prepare, reason: reason})
}

// InBatch says which action of a batch, by its index, was refused: err with that in its field and its detail.
func InBatch(index int, err error) error {
	refused := *problem.From(err)
	field := fmt.Sprintf("batch.actions[%d]", index)
	if refused.Field != "" {
		field += "." + refused.Field
	}
	refused.Field = field
	detail := &api.ErrorDetail{}
	if refused.Detail != nil {
		detail = proto.CloneOf(refused.Detail)
	}
	detail.ActionIndex = proto.Int32(int32(index))
	refused.Detail = detail
	return &refused
}

func needsOfBatch(_ *api.Batch, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	seen := map[ReleaseKey]bool{}
	var needs []ReleaseKey
	for _, part := range c.Parts {
		for _, key := range Needs(part, s) {
			if !seen[key] {
				seen[key] = true
				needs = append(needs, key)
			}
		}
	}
	return needs
}

func decideBatch(_ *api.Batch, w *work) error {
	state := newOverlay(w.s, w.ctx.Content)
	ctx := w.ctx
	ctx.Content = state
	answer := &api.BatchResult{}
	var subjects []string
	for i, part := range w.checked.Parts {
		reason := part.Action.GetReason()
		if reason == "" {
			reason = w.reason
		}
		d, err := decide(part, state.snapshot, ctx, reason)
		if err != nil {
			return InBatch(i, err)
		}
		if err := state.apply(d); err != nil {
			return InBatch(i, err)
		}
		answer.Results = append(answer.Results, d.Result)
		subjects = append(subjects, d.Message.Subject)
		w.gather(d, len(subjects) == 1)
	}
	w.result.Kind = &api.ActionResult_Batch{Batch: answer}
	w.message.Subject = subjects[0]
	if more := len(subjects) - 1; more > 0 {
		w.lines = subjects
		w.message.Subject = fmt.Sprintf("Batch of %d: %s and %d more", len(subjects), subjects[0], more)
	}
	return nil
}

// gather adds what one action does. Application, environment and version stand in the message when all actions agree on them.
func (w *work) gather(d *Decision, first bool) {
	for _, path := range d.creates {
		if !w.edits.has(path) {
			w.creates = append(w.creates, path)
		}
	}
	for _, e := range d.Edits {
		if e.Delete && slices.Contains(w.creates, e.Path) { // it came and went within the batch
			w.edits.forget(e.Path)
			continue
		}
		w.edits.add(e)
	}
	w.records = append(w.records, d.Records...)
	for _, env := range d.Render {
		w.renderAnew(env)
	}
	w.message.Events = append(w.message.Events, d.Message.Events...)
	m := &w.message
	if first {
		m.Application, m.Environment, m.Version = d.Message.Application, d.Message.Environment, d.Message.Version
		return
	}
	if m.Application != d.Message.Application {
		m.Application, m.Version = "", 0
	}
	if m.Environment != d.Message.Environment {
		m.Environment = ""
	}
	if m.Version != d.Message.Version {
		m.Version = 0
	}
}

// overlay is the state in the middle of a batch, or after a decision that is only looked at: a Snapshot that has the earlier actions in it, and the contents they bring.
type overlay struct {
	snapshot *manifestrepo.Snapshot
	base     Content
	fresh    map[ReleaseKey]map[string]manifestrepo.Hash
	blobs    map[manifestrepo.Hash][]byte
}

func newOverlay(s *manifestrepo.Snapshot, base Content) *overlay {
	return &overlay{snapshot: s, base: base, fresh: map[ReleaseKey]map[string]manifestrepo.Hash{}, blobs: map[manifestrepo.Hash][]byte{}}
}

// apply lets the one reader see what an action does, as it will when the commit is there.
func (o *overlay) apply(d *Decision) error {
	if !d.Changes() {
		return nil
	}
	update := manifestrepo.Update{Commit: o.snapshot.Commit()}
	for _, e := range d.Edits {
		change := manifestrepo.PathChange{Path: e.Path, New: e.Blob, Content: e.Content}
		if !e.Delete && change.New.IsZero() {
			change.New = plumbing.ComputeHash(plumbing.BlobObject, e.Content)
		}
		update.Changes = append(update.Changes, change)
	}
	if len(d.Records) > 0 {
		change, err := o.logBegins()
		if err != nil {
			return err
		}
		update.Changes = append(update.Changes, change...)
	}
	for _, r := range d.Records {
		update.Log = append(update.Log, manifestrepo.LogRecord{
			Commit: plumbing.ComputeHash(plumbing.CommitObject, []byte(r.Message)), Author: r.Author, Time: r.At, Message: r.Message,
		})
		if r.Release != nil {
			o.remember(r)
		}
	}
	next, _, err := o.snapshot.Apply(context.Background(), update, o)
	if err != nil {
		return fmt.Errorf("apply the decision: %w", err)
	}
	o.snapshot = next
	return nil
}

// logBegins lets the first records of a repo count, as releases.json will when they are written.
func (o *overlay) logBegins() ([]manifestrepo.PathChange, error) {
	releases := o.snapshot.ReleasesFile()
	if !releases.Log.Head.IsZero() || len(releases.Sealed) > 0 {
		return nil, nil
	}
	releases.Log.Head = plumbing.ComputeHash(plumbing.CommitObject, nil)
	if releases.Log.Ref == "" {
		releases.Log.Ref = "refs/signalbox/log/0001"
	}
	content, err := manifestrepo.EncodeReleases(releases)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestrepo.ReleasesPath, err)
	}
	return []manifestrepo.PathChange{{
		Path: manifestrepo.ReleasesPath, New: plumbing.ComputeHash(plumbing.BlobObject, content), Content: content,
	}}, nil
}

// remember keeps the manifests of a release that is recorded in the batch.
func (o *overlay) remember(r manifestrepo.Record) {
	hashes := make(map[string]manifestrepo.Hash, len(r.Files))
	for _, f := range r.Files {
		if env, ok := strings.CutSuffix(path.Base(f.Path), ".yaml"); ok {
			hashes[env] = f.Blob
			o.blobs[f.Blob] = f.Content
		}
	}
	o.fresh[ReleaseKey{r.Application, r.Release.Version}] = hashes
}

// Manifests knows the releases of this batch.
func (o *overlay) Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error) {
	if manifests, known := o.fresh[ReleaseKey{app, r.Version}]; known {
		return manifests, nil
	}
	return o.base.Manifests(app, r)
}

// Past is what it was before the batch.
func (o *overlay) Past(revision, environment string) (map[string]uint64, error) {
	return o.base.Past(revision, environment)
}

// Blob knows the manifests of this batch.
func (o *overlay) Blob(h manifestrepo.Hash) ([]byte, error) {
	if content, known := o.blobs[h]; known {
		return content, nil
	}
	return o.base.Blob(h)
}

// Blobs serves the reader.
func (o *overlay) Blobs(_ context.Context, hashes []manifestrepo.Hash, limit int64) ([][]byte, error) {
	out := make([][]byte, len(hashes))
	for i, h := range hashes {
		content, err := o.Blob(h)
		if err != nil {
			return nil, err
		}
		if limit == 0 || int64(len(content)) <= limit {
			out[i] = content
		}
	}
	return out, nil
}
