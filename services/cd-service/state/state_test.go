package state_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

const (
	mainRef = "refs/heads/main"
	logRef  = "refs/signalbox/log/0001"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// bed writes a manifest repo commit by commit, past everything but the git store.
type bed struct {
	t     *testing.T
	store *gitstore.Store
	rf    manifestrepo.ReleasesFile
}

func newBed(t *testing.T) *bed {
	t.Helper()
	store, err := gitstore.Open(t.Context(), gitstore.Options{Dir: filepath.Join(t.TempDir(), "r.git"), Refs: []string{logRef, mainRef}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b := &bed{t: t, store: store, rf: manifestrepo.ReleasesFile{Log: manifestrepo.LogRef{Ref: logRef}}}
	b.commit(map[string]string{"signalbox.json": `{"layout":1}`, "environments/qa/config.json": `{"upstream":{"latest":true}}`}, 0)
	return b
}

func (b *bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func signature() gitstore.Signature {
	return gitstore.Signature{Name: state.CommitterName, Email: "s@example.com", When: noon}
}

// commit writes files and records releases of checkout, numbered on from those that are there.
func (b *bed) commit(files map[string]string, releases int) gitstore.Hash {
	b.t.Helper()
	heads := b.store.Heads()
	batch := b.store.Begin()
	tip := heads[logRef]
	before := b.count(tip)
	for i := range releases {
		record, err := manifestrepo.NewReleaseRecord("checkout", &manifestrepo.Release{Version: uint64(before + i + 1), CreatedAt: noon}, nil)
		b.must(err)
		spec := gitstore.CommitSpec{Parent: tip, Fresh: true, Author: signature(), Committer: signature(), Message: record.Message}
		for _, f := range record.Files {
			spec.Changes = append(spec.Changes, gitstore.Change{Path: f.Path, New: batch.AddBlob(gitstore.PrepareBlob(f.Content))})
		}
		tip, err = batch.Commit(b.t.Context(), spec)
		b.must(err)
	}
	b.rf.Log.Head = tip
	text, err := manifestrepo.EncodeReleases(b.rf)
	b.must(err)
	spec := gitstore.CommitSpec{Parent: heads[mainRef], Author: signature(), Committer: signature(), Message: "a step\n",
		Changes: []gitstore.Change{{Path: "releases.json", New: batch.AddBlob(gitstore.PrepareBlob(text))}}}
	for path, content := range files {
		spec.Changes = append(spec.Changes, gitstore.Change{Path: path, New: batch.AddBlob(gitstore.PrepareBlob([]byte(content)))})
	}
	main, err := batch.Commit(b.t.Context(), spec)
	b.must(err)
	var updates []gitstore.RefUpdate
	if tip != heads[logRef] {
		updates = append(updates, gitstore.RefUpdate{Name: logRef, Old: heads[logRef], New: tip})
	}
	b.must(b.store.Push(b.t.Context(), batch, append(updates, gitstore.RefUpdate{Name: mainRef, Old: heads[mainRef], New: main})))
	return main
}

func (b *bed) count(tip gitstore.Hash) (n int) {
	b.t.Helper()
	if tip.IsZero() {
		return 0
	}
	b.must(b.store.Log(b.t.Context(), gitstore.Hash{}, tip, func(gitstore.CommitInfo) error { n++; return nil }))
	return n
}

func (b *bed) open(saved *state.Saved, followers ...state.Follower) *state.Repo {
	b.t.Helper()
	r, err := state.Open(b.t.Context(), b.store, "main", saved, followers...)
	b.must(err)
	return r
}

func releases(r *state.Repo) int {
	if a := r.View().Snapshot.Application("checkout"); a != nil {
		return len(a.Releases)
	}
	return 0
}

func TestAStartReadsEverythingAndTellsTheFollowers(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 1300)
	head := b.commit(map[string]string{"environments/staging/config.json": "{}"}, 1)
	var steps []state.Step
	r := b.open(nil, func(s state.Step) { steps = append(steps, s) })
	if releases(r) != 1301 || r.Trusted() != nil || r.View().Position != 1 {
		t.Fatalf("%d releases, %v", releases(r), r.Trusted())
	}
	if len(steps) != 1 || !steps[0].Before.Commit().IsZero() || steps[0].After.Commit() != head || len(steps[0].Commits) != 3 {
		t.Errorf("steps: %+v", steps)
	}
}

func TestAStartFromASavedStateReadsWhatIsNew(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 3)
	first := b.open(nil)
	parts, err := manifestrepo.Parts(nil, first.View().Snapshot)
	b.must(err)
	saved := &state.Saved{Commit: first.View().Snapshot.Commit(), Parts: parts}
	b.commit(map[string]string{"environments/staging/config.json": "{}"}, 2)
	var steps []state.Step
	r := b.open(saved, func(s state.Step) { steps = append(steps, s) })
	if releases(r) != 5 || r.View().Snapshot.Environment("staging") == nil {
		t.Errorf("%d releases", releases(r))
	}
	if len(steps) != 1 || steps[0].Before.Commit() != saved.Commit || len(steps[0].Commits) != 1 {
		t.Errorf("steps: %+v", steps)
	}
	for name, worthless := range map[string]*state.Saved{
		"of another history": {Commit: b.store.Heads()[logRef], Parts: parts},
		"broken":             {Commit: saved.Commit, Parts: []manifestrepo.Part{{Key: "x", Data: []byte("y")}}},
		"empty":              {},
	} {
		steps = nil
		r := b.open(worthless, func(s state.Step) { steps = append(steps, s) })
		if releases(r) != 5 || len(steps) != 1 || !steps[0].Before.Commit().IsZero() {
			t.Errorf("a saved state that is %s: %d releases, steps %+v", name, releases(r), steps)
		}
	}
}

func TestSeveralForeignCommitsAreOneStep(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 1)
	r := b.open(nil)
	var steps []state.Step
	r.Follow(func(s state.Step) { steps = append(steps, s) })
	b.commit(nil, 1)
	b.commit(map[string]string{"environments/staging/config.json": "{}"}, 1)
	b.must(r.Fetch(t.Context()))
	if len(steps) != 1 || len(steps[0].Commits) != 2 || steps[0].Position != 2 || !steps[0].Delta.Environments || fmt.Sprint(steps[0].Delta.Applications) != "[checkout]" {
		t.Errorf("steps: %+v", steps)
	}
	b.must(r.Fetch(t.Context()))
	if len(steps) != 1 || r.View().Position != 2 {
		t.Error("a look that found nothing was a step")
	}
}

func TestAMainThatCannotBeUnderstoodStopsWriting(t *testing.T) {
	for path, content := range map[string]string{
		"signalbox.json": `{"layout":2}`, "releases.json": `{"log":`,
	} {
		t.Run(path, func(t *testing.T) {
			b := newBed(t)
			b.commit(nil, 2)
			r := b.open(nil)
			good := b.store.Heads()[mainRef]
			write := func(content string) {
				batch := b.store.Begin()
				head := b.store.Heads()[mainRef]
				h, err := batch.Commit(t.Context(), gitstore.CommitSpec{Parent: head, Author: signature(), Committer: signature(), Message: "by hand\n",
					Changes: []gitstore.Change{{Path: path, New: batch.AddBlob(gitstore.PrepareBlob([]byte(content)))}}})
				b.must(err)
				b.must(b.store.Push(t.Context(), batch, []gitstore.RefUpdate{{Name: mainRef, Old: head, New: h}}))
				b.must(r.Fetch(t.Context()))
			}
			write(content)
			if err := r.Trusted(); err == nil || !strings.Contains(err.Error(), "layout") && !strings.Contains(err.Error(), path) {
				t.Fatalf("trusted: %v", err)
			}
			old := map[string]string{"signalbox.json": `{"layout":1}`}[path]
			if old == "" {
				entries, err := b.store.Trees(t.Context(), []gitstore.TreePath{{Commit: good}})
				b.must(err)
				for _, e := range entries[0] {
					if e.Name == path {
						blobs, err := b.store.Blobs(t.Context(), []gitstore.Hash{e.Hash}, 0)
						b.must(err)
						old = string(blobs[0])
					}
				}
			}
			write(old)
			if r.Trusted() != nil || releases(r) != 2 {
				t.Errorf("after the repair: %v, %d releases", r.Trusted(), releases(r))
			}
		})
	}
}

func TestACommitThatBecomesVoidTakesItsReleaseAway(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 2)
	r := b.open(nil)
	var steps []state.Step
	r.Follow(func(s state.Step) { steps = append(steps, s) })
	b.rf.Void = []gitstore.Hash{b.rf.Log.Head}
	b.commit(nil, 0)
	b.must(r.Fetch(t.Context()))
	if releases(r) != 1 || releases(b.open(nil)) != 1 {
		t.Errorf("%d releases, read anew %d", releases(r), releases(b.open(nil)))
	}
	b.rf.Void = nil
	b.commit(nil, 0)
	b.must(r.Fetch(t.Context()))
	if releases(r) != 2 {
		t.Errorf("after it counts again: %d releases", releases(r))
	}
	if len(steps) != 2 {
		t.Errorf("%d steps", len(steps))
	}
}
