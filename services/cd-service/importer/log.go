package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// The log is pushed in pieces, so that a large repo needs little memory and a broken connection little time.
const (
	maxPushRecords = 500
	maxPushBytes   = 32 << 20
)

var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// logWriter builds the log's commits in order. Each depends on the releases before it and nothing else, so that commits of an
// earlier, killed import are met again.
type logWriter struct {
	o Options
	// found are the log's commits, oldest first; next is the place of the one to come.
	found []gitstore.Hash
	next  int
	// tip is the commit built last; pushed what the log's ref holds.
	tip, pushed gitstore.Hash
	batch       *gitstore.Batch
	records     int // in batch
	sums        map[gitstore.Hash]string
}

// writeLog makes the releases commits of the log, and gives its head.
func (o Options) writeLog(ctx context.Context, c *conversion) (gitstore.Hash, error) {
	w := &logWriter{o: o, pushed: o.Store.Heads()[o.LogRef], sums: map[gitstore.Hash]string{}}
	if err := w.begin(ctx, c); err != nil {
		return gitstore.Hash{}, err
	}
	const ahead = 64 // releases whose manifests are read in one pass
	for start := 0; start < len(c.releases); start += ahead {
		some := c.releases[start:min(start+ahead, len(c.releases))]
		if err := w.digest(ctx, some); err != nil {
			return gitstore.Hash{}, err
		}
		for i := range some {
			if err := w.add(ctx, &some[i]); err != nil {
				return gitstore.Hash{}, err
			}
		}
		o.Progress("writing releases", start+len(some), len(c.releases))
	}
	if w.next < len(w.found) {
		return gitstore.Hash{}, w.foreign()
	}
	return w.tip, w.flush(ctx)
}

// begin reads the log that is there, or starts one and looks whether the server shows it.
func (w *logWriter) begin(ctx context.Context, c *conversion) error {
	o := w.o
	if !w.pushed.IsZero() {
		first := true
		err := o.Store.Log(ctx, gitstore.Hash{}, w.pushed, func(info gitstore.CommitInfo) error {
			if first && info.Tree == emptyTree {
				w.tip, w.next = info.Hash, 1
			}
			first = false
			w.found = append(w.found, info.Hash)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the release log: %w", err)
		}
		if w.next == 0 {
			return w.foreign()
		}
		w.batch = o.Store.Begin()
		return nil
	}
	who := o.signature(c.releases[0].release.CreatedAt)
	w.batch = o.Store.Begin()
	tip, err := w.batch.Commit(ctx, gitstore.CommitSpec{Fresh: true, Author: who, Committer: who, Message: "Begin the release log\n"})
	if err != nil {
		return fmt.Errorf("begin the release log: %w", err)
	}
	w.tip = tip
	if err := w.flush(ctx); err != nil {
		return err
	}
	return o.mustShow(ctx, o.LogRef, tip)
}

// foreign refuses a log that an import of this branch did not begin.
func (w *logWriter) foreign() error {
	return problem.New(problem.Conflict, "%s holds a release log already, and not the one that this import makes", w.o.LogRef).
		Because("a release log belongs to one branch; an import that was broken off goes on with its own").
		Fix("if an earlier import of a branch that changed since wrote it, choose another ref with --git-log-ref, such as refs/signalbox/log/0002")
}

// digest reads the manifests of some releases that were not read yet, and takes their SHA-256.
func (w *logWriter) digest(ctx context.Context, releases []plannedRelease) error {
	if len(w.sums) > 1<<20 {
		clear(w.sums)
	}
	var ask []gitstore.Hash
	for _, r := range releases {
		for _, m := range r.manifests {
			if _, known := w.sums[m.New]; !known {
				w.sums[m.New] = ""
				ask = append(ask, m.New)
			}
		}
	}
	const pass = 256
	for start := 0; start < len(ask); start += pass {
		some := ask[start:min(start+pass, len(ask))]
		contents, err := w.o.Store.Blobs(ctx, some, 0)
		if err != nil {
			return fmt.Errorf("read manifests: %w", err)
		}
		for i, content := range contents {
			sum := sha256.Sum256(content)
			w.sums[some[i]] = hex.EncodeToString(sum[:])
		}
	}
	return nil
}

// add makes a release's commit, unless an earlier import made it.
func (w *logWriter) add(ctx context.Context, r *plannedRelease) error {
	manifests := make(map[string]manifestrepo.Manifest, len(r.manifests))
	for env, m := range r.manifests {
		manifests[env] = manifestrepo.Manifest{Blob: m.New, SHA256: w.sums[m.New]}
	}
	record, err := manifestrepo.NewReleaseRecord(r.app, &r.release, manifests)
	if err != nil {
		return fmt.Errorf("release %d of %s: %w", r.release.Version, r.app, err)
	}
	if len(w.found) > w.next {
		w.batch = w.o.Store.Begin() // it only has to tell the commit's id
	}
	spec := gitstore.CommitSpec{Parent: w.tip, Fresh: true, Author: w.o.signature(record.At), Committer: w.o.signature(record.At), Message: record.Message}
	if record.Author.Name != "" {
		spec.Author.Name, spec.Author.Email = record.Author.Name, record.Author.Email
	}
	for _, f := range record.Files {
		hash := f.Blob
		if hash.IsZero() {
			hash = w.batch.AddBlob(gitstore.PrepareBlob(f.Content))
		}
		spec.Changes = append(spec.Changes, gitstore.Change{Path: f.Path, New: hash})
	}
	if w.tip, err = w.batch.Commit(ctx, spec); err != nil {
		return fmt.Errorf("release %d of %s: %w", r.release.Version, r.app, err)
	}
	if w.next < len(w.found) {
		if w.found[w.next] != w.tip {
			return w.foreign()
		}
		w.next++
		if w.next == len(w.found) {
			w.batch = w.o.Store.Begin()
		}
		return nil
	}
	w.records++
	if _, size := w.batch.Size(); w.records >= cmp.Or(w.o.piece, maxPushRecords) || size >= maxPushBytes {
		return w.flush(ctx)
	}
	return nil
}

// flush pushes what was built.
func (w *logWriter) flush(ctx context.Context) error {
	if w.tip == w.pushed {
		return nil
	}
	if err := w.o.push(ctx, w.batch, gitstore.RefUpdate{Name: w.o.LogRef, Old: w.pushed, New: w.tip}); err != nil {
		return err
	}
	w.pushed, w.batch, w.records = w.tip, w.o.Store.Begin(), 0
	return nil
}
