package state_test

import (
	"path/filepath"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// record adds a release of checkout to a batch, on top of the log's tip.
func (b *bed) record(batch *gitstore.Batch, tip gitstore.Hash, version uint64) gitstore.Hash {
	b.t.Helper()
	record, err := manifestrepo.NewReleaseRecord("checkout", &manifestrepo.Release{Version: version, CreatedAt: noon}, nil)
	b.must(err)
	spec := gitstore.CommitSpec{Parent: tip, Fresh: true, Author: signature(), Committer: signature(), Message: record.Message}
	for _, f := range record.Files {
		spec.Changes = append(spec.Changes, gitstore.Change{Path: f.Path, New: batch.AddBlob(gitstore.PrepareBlob(f.Content))})
	}
	tip, err = batch.Commit(b.t.Context(), spec)
	b.must(err)
	return tip
}

// nameOnly moves main to a releases.json that names a log head which the store does not have.
func (b *bed) nameOnly(head gitstore.Hash) {
	b.t.Helper()
	rf := b.rf
	rf.Log.Head = head
	text, err := manifestrepo.EncodeReleases(rf)
	b.must(err)
	batch, before := b.store.Begin(), b.store.Heads()[mainRef]
	main, err := batch.Commit(b.t.Context(), gitstore.CommitSpec{Parent: before, Author: signature(), Committer: signature(), Message: "ahead of the log\n",
		Changes: []gitstore.Change{{Path: "releases.json", New: batch.AddBlob(gitstore.PrepareBlob(text))}}})
	b.must(err)
	b.must(b.store.Push(b.t.Context(), batch, []gitstore.RefUpdate{{Name: mainRef, Old: before, New: main}}))
}

// process is a state with an index behind it.
type process struct {
	*state.Repo
	index *index.Index
}

// start opens index and state as a process does.
func (b *bed) start(path string) process {
	b.t.Helper()
	x, err := index.Open(path, index.Options{Committer: state.CommitterName, Log: b.store.Log})
	b.must(err)
	b.t.Cleanup(func() { _ = x.Close() })
	saved, err := x.Saved()
	b.must(err)
	return process{b.open(saved, x.Follow), x}
}

// stop waits until the history holds the present state, and closes the index.
func (b *bed) stop(p process) {
	b.t.Helper()
	v := p.View()
	b.must(p.index.WaitFor(b.t.Context(), v.Snapshot.Commit(), v.Position))
	page, err := p.index.History(b.t.Context(), index.Query{Limit: 1})
	b.must(err)
	if len(page.Entries) != 1 || page.Entries[0].Commit != v.Snapshot.Commit() {
		b.t.Errorf("the newest of the history is %v, main is at %s", page.Entries, v.Snapshot.Commit())
	}
	b.must(p.index.Close())
}

func TestAStateThatLacksReleasesIsNotKeptAsIfWhole(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 1)
	path := filepath.Join(t.TempDir(), "index.db")
	p := b.start(path)
	// Somebody pushes a main that names release 2, and the log does not come along.
	logTip := b.store.Heads()[logRef]
	b.nameOnly(b.record(b.store.Begin(), logTip, 2))
	b.must(p.Advance(t.Context()))
	if releases(p.Repo) != 1 || p.Trusted() == nil {
		t.Fatalf("%d releases, trusted: %v", releases(p.Repo), p.Trusted())
	}
	b.stop(p)
	// A start must not take the state without release 2 for the one that main names.
	p = b.start(path)
	if releases(p.Repo) != 1 || p.Trusted() == nil {
		t.Errorf("after a restart: %d releases, trusted: %v", releases(p.Repo), p.Trusted())
	}
	b.stop(p)
	// When the log is there, so is the release: for the next process and for the one after it.
	batch := b.store.Begin()
	tip := b.record(batch, logTip, 2)
	b.must(b.store.Push(t.Context(), batch, []gitstore.RefUpdate{{Name: logRef, Old: logTip, New: tip}}))
	for range 2 {
		p = b.start(path)
		if releases(p.Repo) != 2 || p.Trusted() != nil {
			t.Errorf("with the log: %d releases, trusted: %v", releases(p.Repo), p.Trusted())
		}
		b.stop(p)
	}
}

func TestAStateThatBecomesWholeIsKept(t *testing.T) {
	b := newBed(t)
	b.commit(nil, 1)
	path := filepath.Join(t.TempDir(), "index.db")
	logTip := b.store.Heads()[logRef]
	b.nameOnly(b.record(b.store.Begin(), logTip, 2))
	p := b.start(path) // the first start, and the log cannot be read at all up to where main names it
	if p.Trusted() == nil {
		t.Fatal("a log that ends too early is trusted")
	}
	batch := b.store.Begin()
	tip := b.record(batch, logTip, 2)
	b.must(b.store.Push(t.Context(), batch, []gitstore.RefUpdate{{Name: logRef, Old: logTip, New: tip}}))
	b.must(p.Advance(t.Context()))
	if releases(p.Repo) != 2 || p.Trusted() != nil {
		t.Fatalf("with the log: %d releases, trusted: %v", releases(p.Repo), p.Trusted())
	}
	b.stop(p)
	x, err := index.Open(path, index.Options{Committer: state.CommitterName, Log: b.store.Log})
	b.must(err)
	saved, err := x.Saved()
	b.must(err)
	b.must(x.Close())
	if saved == nil || saved.Commit != b.store.Heads()[mainRef] {
		t.Errorf("saved: %v", saved)
	}
}
