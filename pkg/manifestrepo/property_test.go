package manifestrepo

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"pgregory.net/rapid"
)

// history is a manifest repo that changes at random: a tree, a log, and a reader who follows step by step.
type history struct {
	t     *rapid.T
	blobs *memoryBlobs
	s     *Snapshot
	tree  map[string]PathChange
	log   []LogRecord
	kept  store
	n     int
}

var (
	somePaths = []string{
		SignalboxPath, ApplicationPath("cart"), ApplicationPath("pay"), ConfigPath("dev"), ConfigPath("staging"), ConfigPath("prod"), ConfigPath("BAD"),
		DeploymentPath("dev", "cart"), ManifestPath("dev", "cart"), DeploymentPath("staging", "cart"), ManifestPath("staging", "pay"), ArgoCDPath("dev"),
		"environments/dev/locks/l1.json", "environments/dev/locks/l2.json", "environments/dev/locks/%41a.json", "environments/dev/teams/shop/locks/l1.json",
		"environments/prod/teams/shop/locks/l1.json", "environment-groups/prod/locks/l1.json", "environment-groups/g/locks/l1.json", "environments/dev",
		"environments/dev/applications/cart/locks/l1.json", "environments/dev/applications/cart/locks/l2.json", "environments/new/applications/new/locks/l1.json",
		"applications/cart", "environments/dev/config.json/x", "README.md", "environments/dev/applications/cart/manifests",
		"environments/dev/departures/nightly.json", "environments/dev/departures/weekly.json", "environments/new/departures/nightly.json",
		"environment-groups/g/departures/nightly.json", "environment-groups/other/departures/nightly.json", "environments/dev/departures",
		"environment-groups/g.json", "environment-groups/prod.json", "environment-groups/alone.json", "environments/dev/approvals/a1.json",
		"environments/dev/approvals/a2.json", "environments/staging/approvals/a1.json", "release-sets/q3.json", "release-sets/q4.json", "release-sets/BAD.json",
	}
	someContents = []string{
		`{}`, `{"layout":1}`, `{"layout":1,"stop":{"message":"stop","x":{"y":1}},"z":1}`, `{"layout":3}`, `{"upstream":{"latest":true}}`, `{"upstream":{"environment":"dev"},"environmentGroup":"g"}`,
		`{"upstream":{"environment":"staging"},"environmentGroup":"prod","foreign":[1]}`, `{"upstream":{"latest":true,"environment":"dev"}}`, `{"team":"shop","foreign":1}`, `{"team":"pay"}`,
		`{"team":1}`, deployment12, `{"queued":{"version":3,"because":"lock","by":{"name":"x","chat":"y"}},"hold":{},"more":null}`, `{"version":0}`, `{"version":"x"}`, ``, `[`, `{"a":1,"a":2}`,
		"{\"message\":\"\xff\"}", `{"message":"m","expiresAt":"2026-11-21T04:00:00+02:00","createdBy":{"name":"A","email":"a@x","id":7}}`, `{"createdAt":"never"}`,
		`{"schedule":"0 9 * * 1","timeZone":"Europe/Berlin","since":"2026-11-20T09:00:00Z","last":"2026-11-23T08:00:00Z","outcome":"departed","paused":{"reason":"audit","by":{"name":"A","chat":"a"},"x":1},"y":2}`,
		`{"schedule":"0 9 * * 1"}`, `{"paused":{}}`, `{"paused":[]}`,
		`{"action":"run-train","expiresAt":"2026-11-23T08:00:00Z","changes":[{"application":"pay","version":2,"byHand":true},{"application":"cart","version":3,"from":2,"risk":"low"}]}`,
		`{"changes":[{"application":"cart","version":3},{"application":"cart","version":4}]}`, `{"changes":[{"application":"cart"}],"createdBy":{"name":"A"}}`,
		`{"environment":"staging","message":"Q4","versions":{"cart":12,"pay":3},"x":{}}`, `{"versions":{"cart":0}}`, `{"versions":{"Cart":1}}`,
		`{"freezeWindows":[{"kind":"deny","schedule":"0 18 * * 5","duration":"62h","timeZone":"Europe/Berlin","teams":["shop"],"note":"x"}],"environmentGroup":"g","foreign":1}`,
		`{"freezeWindows":[{"kind":"deny","schedule":"never","duration":"1h"}]}`, `{"freezeWindows":{}}`, `{"approval":{"by":["role:lead"],"notAuthor":true,"expiresAfter":"72h"}}`,
		`{"releaseTrains":[{"name":"nightly","schedule":"0 2 * * *","labels":{"tier":"critical"}},{"name":"nightly","schedule":"x"},{"name":"A B","schedule":"x"}]}`,
		`{"team":"shop","labels":{"tier":"critical","example.com/owner":"Anna"}}`, `{"team":"shop","labels":{"Tier":"x"}}`, `{"queued":{"version":3,"cause":"freeze"}}`,
	}
)

func (h *history) step() {
	t := h.t
	h.n++
	changes := map[string]PathChange{}
	for range rapid.IntRange(0, 5).Draw(t, "changes") {
		path := rapid.SampledFrom(somePaths).Draw(t, "path")
		c := PathChange{Path: path}
		if rapid.IntRange(0, 3).Draw(t, "delete") > 0 {
			c.New = h.blobs.put(rapid.SampledFrom(someContents).Draw(t, "content"))
			c.Mode = rapid.SampledFrom([]filemode.FileMode{0, filemode.Regular, filemode.Executable, filemode.Symlink}).Draw(t, "mode")
		}
		changes[path] = c
	}
	after := h.s.ReleasesFile()
	if rapid.Bool().Draw(t, "log moves") {
		var c PathChange
		c, after = h.moveLog()
		changes[ReleasesPath] = c
	}
	list := make([]PathChange, 0, len(changes))
	for _, path := range rapid.Permutation(slices.Sorted(mapKeys(changes))).Draw(t, "order") {
		c := changes[path]
		list = append(list, c)
		if c.New.IsZero() {
			delete(h.tree, path)
		} else {
			h.tree[path] = c
		}
	}
	next, _, err := h.s.Apply(context.Background(), Update{Commit: number(h.n), Changes: list, Log: h.read(h.s.ReleasesFile(), after)}, h.blobs)
	if err != nil {
		t.Fatal(err)
	}
	h.kept.take(t, h.s, next)
	h.s = next
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// moveLog appends records and writes releases.json, or breaks it, or takes it away.
func (h *history) moveLog() (PathChange, ReleasesFile) {
	t := h.t
	switch rapid.IntRange(0, 9).Draw(t, "releases.json") {
	case 0:
		return PathChange{Path: ReleasesPath}, ReleasesFile{}
	case 1:
		return PathChange{Path: ReleasesPath, New: h.blobs.put(`{"log":[]}`)}, ReleasesFile{}
	}
	r := h.s.ReleasesFile()
	r.Log.Ref = "refs/signalbox/log/0001"
	for range rapid.IntRange(0, 4).Draw(t, "records") {
		record := logCommit(1000+len(h.log), h.record())
		h.log = append(h.log, record)
		if rapid.IntRange(0, 4).Draw(t, "void") == 0 {
			r.Void = append(slices.Clone(r.Void), record.Commit)
		}
	}
	if len(h.log) > 0 {
		r.Log.Head = h.log[len(h.log)-1].Commit
	}
	content, err := EncodeReleases(r)
	if err != nil {
		t.Fatal(err)
	}
	return PathChange{Path: ReleasesPath, New: h.blobs.put(string(content))}, r
}

func (h *history) record() Record {
	t := h.t
	app := rapid.SampledFrom([]string{"cart", "pay", "new"}).Draw(t, "app")
	version := rapid.Uint64Range(1, 70).Draw(t, "version")
	switch rapid.IntRange(0, 7).Draw(t, "record") {
	case 0:
		rec, err := NewRemovalRecord(app, version, anna, noon, "")
		must(t, err)
		return rec
	case 1:
		rec, err := NewApplicationRemovalRecord(app, anna, noon, "")
		must(t, err)
		return rec
	case 2:
		return Record{Message: rapid.SampledFrom([]string{"garbage", "x\n\nSignalbox-Record: release\nSignalbox-Application: cart\nSignalbox-Version: 1\nSignalbox-Release: x"}).Draw(t, "text")}
	}
	return releaseRecord(t, app, version, "dev")
}

// read is what a caller of Apply reads of the log.
func (h *history) read(before, after ReleasesFile) []LogRecord {
	var records []LogRecord
	for _, r := range NewLog(before, after) {
		from := 1 + slices.IndexFunc(h.log, func(l LogRecord) bool { return l.Commit == r.From })
		to := 1 + slices.IndexFunc(h.log, func(l LogRecord) bool { return l.Commit == r.To })
		records = append(records, h.log[from:to]...)
	}
	return records
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadingStepByStepEqualsReadingAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{t: t, blobs: newBlobs(), s: Empty(), tree: map[string]PathChange{}, kept: store{}}
		for _, p := range must2(Parts(nil, Empty()))(t) {
			h.kept[p.Key] = p.Data
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			h.step()
		}
		var all []PathChange
		for _, path := range slices.Sorted(mapKeys(h.tree)) {
			all = append(all, h.tree[path])
		}
		atOnce, _, err := Empty().Apply(context.Background(), Update{Commit: number(h.n), Changes: all, Log: h.read(ReleasesFile{}, h.s.ReleasesFile())}, h.blobs)
		must(t, err)
		want := dump(t, atOnce)
		if got := dump(t, h.s); got != want {
			t.Fatalf("step by step:\n%s\nat once:\n%s", got, want)
		}
		restored, err := Restore(h.kept.list())
		must(t, err)
		if got := dump(t, restored); got != want {
			t.Fatalf("restored from parts:\n%s\nat once:\n%s", got, want)
		}
		if !reflect.DeepEqual(plain(restored), plain(atOnce)) {
			t.Fatalf("restored differs from read in a way that parts do not show")
		}
	})
}

func must2[V any](v V, err error) func(*rapid.T) V {
	return func(t *rapid.T) V { must(t, err); return v }
}

// plain is what users see, for reflect.DeepEqual.
func plain(s *Snapshot) []any {
	problems := s.Problems()
	if len(problems) == 0 {
		problems = nil
	}
	apps := s.Applications()
	if len(apps) == 0 {
		apps = nil
	}
	return []any{s.Commit(), s.ReleasesFile(), s.root, apps, s.Environments(), s.Groups(), s.sets, problems}
}

func TestALargeRepoReadOnAllCoresEqualsOneReadInPieces(t *testing.T) {
	repo := bigRepo(t, 40, 6, 30)
	want := dump(t, repo.read(t))
	s := Empty()
	for piece := range slices.Chunk(repo.update.Changes, 50) {
		u := Update{Commit: repo.update.Commit, Changes: piece}
		if slices.ContainsFunc(piece, func(c PathChange) bool { return c.Path == ReleasesPath }) {
			u.Log = repo.update.Log
		}
		var err error
		if s, _, err = s.Apply(context.Background(), u, repo.blobs); err != nil {
			t.Fatal(err)
		}
	}
	if got := dump(t, s); got != want {
		t.Error("reading in pieces gives another state")
	}
	parts, err := Parts(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(parts)
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, restored) != want {
		t.Error("restoring gives another state")
	}
}
