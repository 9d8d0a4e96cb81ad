package rules_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// world is a manifest repo in memory: main's files, the release log, and the Snapshot that the one reader makes of them.
type world struct {
	snapshot *manifestrepo.Snapshot
	files    map[string]manifestrepo.Hash
	mu       sync.Mutex
	blobs    map[manifestrepo.Hash][]byte
	// manifests of each release, by application and version.
	manifests map[rules.ReleaseKey]map[string]manifestrepo.Hash
	commits   int
	// past is what environments ran, by "<revision> <environment>".
	past map[string]map[string]uint64
}

func newWorld() *world {
	return &world{
		snapshot: manifestrepo.Empty(), files: map[string]manifestrepo.Hash{}, blobs: map[manifestrepo.Hash][]byte{},
		manifests: map[rules.ReleaseKey]map[string]manifestrepo.Hash{},
	}
}

// clone shares nothing that changes.
func (w *world) clone() *world {
	next := newWorld()
	next.snapshot, next.commits = w.snapshot, w.commits
	maps.Copy(next.files, w.files)
	maps.Copy(next.blobs, w.blobs)
	maps.Copy(next.manifests, w.manifests)
	next.past = w.past
	return next
}

// Past knows no revision but those that a story names.
func (w *world) Past(revision, environment string) (map[string]uint64, error) {
	if past, known := w.past[revision+" "+environment]; known {
		return past, nil
	}
	return nil, problem.New(problem.NotFound, "the manifest repo has no commit and no tag %q", revision)
}

// put stores a blob.
func (w *world) put(content []byte) manifestrepo.Hash {
	h := plumbing.ComputeHash(plumbing.BlobObject, content)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blobs[h] = content
	return h
}

// Blobs, Manifests and Blob serve the reader and the rules.
func (w *world) Blobs(_ context.Context, hashes []manifestrepo.Hash, _ int64) ([][]byte, error) {
	out := make([][]byte, len(hashes))
	for i, h := range hashes {
		content, err := w.Blob(h)
		if err != nil {
			return nil, err
		}
		out[i] = content
	}
	return out, nil
}

func (w *world) Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error) {
	found, ok := w.manifests[rules.ReleaseKey{Application: app, Version: r.Version}]
	if !ok {
		return nil, fmt.Errorf("no release %s %d in the log", app, r.Version)
	}
	return found, nil
}

func (w *world) Blob(h manifestrepo.Hash) ([]byte, error) {
	content, ok := w.blobs[h]
	if !ok {
		return nil, fmt.Errorf("no blob %s", h)
	}
	return content, nil
}

// decide checks and decides a command; nothing changes.
func (w *world) decide(action *api.Action, ctx rules.Context) (*rules.Decision, error) {
	checked, err := rules.Check(action, ctx.Policy, w.put)
	if err != nil {
		return nil, err
	}
	ctx.Content = w
	return rules.Decide(checked, w.snapshot, ctx)
}

// commit does what the sequencer does with a decision, without git.
func (w *world) commit(t testing.TB, d *rules.Decision) {
	t.Helper()
	w.checkDecision(t, d)
	w.advance(t, d.Edits, d.Records)
}

// checkDecision holds for every decision: a path once, nothing deleted that is not there, nothing written that is there already (but by
// a batch that went there and back),
// and a result that says unchanged when nothing changes.
func (w *world) checkDecision(t testing.TB, d *rules.Decision) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range d.Edits {
		if seen[e.Path] {
			t.Errorf("%s is edited twice", e.Path)
		}
		seen[e.Path] = true
		old, exists := w.files[e.Path]
		switch {
		case e.Delete && !exists:
			t.Errorf("%s is deleted and was not there", e.Path)
		case !e.Delete && exists && w.hashOf(e) == old && !strings.HasSuffix(e.Path, "/manifests.yaml") && d.Message.Action != "batch":
			t.Errorf("%s is written as it was", e.Path)
		case !e.Delete && len(e.Content) == 0 && e.Blob.IsZero():
			t.Errorf("%s is written with nothing", e.Path)
		}
	}
	if d.Result.GetKind() == nil || d.Message.Subject == "" || d.Message.Action == "" {
		t.Errorf("the decision is incomplete: %+v", d)
	}
	if d.Result.Unchanged == d.Changes() {
		t.Errorf("unchanged is %v with %d edits and %d records", d.Result.Unchanged, len(d.Edits), len(d.Records))
	}
}

func (w *world) hashOf(e manifestrepo.Edit) manifestrepo.Hash {
	if e.Content != nil {
		return w.put(e.Content)
	}
	return e.Blob
}

// advance makes the log's records and main's commit visible.
func (w *world) advance(t testing.TB, edits []manifestrepo.Edit, records []manifestrepo.Record) {
	t.Helper()
	w.commits++
	update := manifestrepo.Update{Commit: w.nextHash("main")}
	for _, r := range records {
		commit := w.nextHash(r.Message)
		update.Log = append(update.Log, manifestrepo.LogRecord{Commit: commit, Author: r.Author, Time: r.At, Message: r.Message})
		if r.Release != nil {
			w.manifests[rules.ReleaseKey{Application: r.Application, Version: r.Release.Version}] = w.manifestsOf(r)
		}
		releases := w.snapshot.ReleasesFile()
		releases.Log = manifestrepo.LogRef{Ref: "refs/signalbox/log/0001", Head: commit}
		content, err := manifestrepo.EncodeReleases(releases)
		if err != nil {
			t.Fatal(err)
		}
		edits = append(slices.Clone(edits), manifestrepo.Edit{Path: manifestrepo.ReleasesPath, Content: content})
	}
	for _, e := range edits {
		if e.Delete {
			delete(w.files, e.Path)
			update.Changes = append(update.Changes, manifestrepo.PathChange{Path: e.Path})
			continue
		}
		h := w.hashOf(e)
		w.files[e.Path] = h
		update.Changes = append(update.Changes, manifestrepo.PathChange{Path: e.Path, New: h})
	}
	next, _, err := w.snapshot.Apply(context.Background(), update, w)
	if err != nil {
		t.Fatal(err)
	}
	w.snapshot = next
}

func (w *world) nextHash(text string) manifestrepo.Hash {
	return plumbing.ComputeHash(plumbing.CommitObject, fmt.Appendf(nil, "%d %s", w.commits, text))
}

func (w *world) manifestsOf(r manifestrepo.Record) map[string]manifestrepo.Hash {
	out := map[string]manifestrepo.Hash{}
	for _, f := range r.Files {
		name := f.Path[strings.LastIndex(f.Path, "/")+1:]
		if env, ok := strings.CutSuffix(name, ".yaml"); ok {
			out[env] = w.hashOf(f)
		}
	}
	return out
}

// addRelease appends a release to the log as a repo's history has it.
func (w *world) addRelease(t testing.TB, app string, r *manifestrepo.Release, manifests map[string]string) {
	t.Helper()
	prepared := map[string]manifestrepo.Manifest{}
	for env, text := range manifests {
		prepared[env] = manifestrepo.Manifest{Content: []byte(text), Blob: w.put([]byte(text)), SHA256: strings.Repeat("0", 64)}
	}
	record, err := manifestrepo.NewReleaseRecord(app, r, prepared)
	if err != nil {
		t.Fatal(err)
	}
	w.advance(t, nil, []manifestrepo.Record{record})
}

// addDeployment says that a version runs; the manifest is the release's.
func (w *world) addDeployment(t testing.TB, app string, d *manifestrepo.Deployment) {
	t.Helper()
	var edits []manifestrepo.Edit
	if d.Version != 0 {
		d.ManifestBlob = w.manifests[rules.ReleaseKey{Application: app, Version: d.Version}][d.Environment]
		if d.ManifestBlob.IsZero() {
			t.Fatalf("release %d of %s has no manifest for %s", d.Version, app, d.Environment)
		}
		d.DeployedAt, d.DeployedBy = startOfStory.Add(-time.Hour), ci
		edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ManifestPath(d.Environment, app), Blob: d.ManifestBlob})
	}
	content, err := manifestrepo.EncodeDeployment(d)
	if err != nil {
		t.Fatal(err)
	}
	w.advance(t, append(edits, manifestrepo.Edit{Path: manifestrepo.DeploymentPath(d.Environment, app), Content: content}), nil)
}

var (
	startOfStory = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	anna         = manifestrepo.Actor{Name: "Anna Koch", Email: "ak@example.com"}
	ci           = manifestrepo.Actor{Name: "CI", Email: "ci@example.com"}
)

// manifestText is a manifest of a few lines that differs by application, version and environment.
func manifestText(app string, version uint64, env string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  namespace: %[3]s
spec:
  template:
    spec:
      containers:
      - name: main
        image: registry.example.com/%[1]s:%[2]d
`, app, version, env)
}
