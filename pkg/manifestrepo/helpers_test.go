package manifestrepo

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var anna = Actor{Name: "Anna Koch", Email: "ak@example.com"}

// memoryBlobs is a store of contents in memory. It counts how often it is asked.
type memoryBlobs struct {
	contents map[Hash][]byte
	calls    int
	asked    []Hash
}

func newBlobs() *memoryBlobs { return &memoryBlobs{contents: map[Hash][]byte{}} }

func (m *memoryBlobs) put(content string) Hash {
	h := plumbing.ComputeHash(plumbing.BlobObject, []byte(content))
	m.contents[h] = []byte(content)
	return h
}

func (m *memoryBlobs) Blobs(_ context.Context, hashes []Hash, limit int64) ([][]byte, error) {
	m.calls++
	m.asked = append(m.asked, hashes...)
	out := make([][]byte, len(hashes))
	for i, h := range hashes {
		c, ok := m.contents[h]
		if !ok {
			return nil, fmt.Errorf("blob %s is missing", h)
		}
		if int64(len(c)) <= limit {
			out[i] = append([]byte{}, c...)
		}
	}
	return out, nil
}

// scene is a manifest repo in memory: its snapshot, and what a test needs to move it on.
type scene struct {
	t      testing.TB
	blobs  *memoryBlobs
	s      *Snapshot
	delta  Delta
	commit int
	// tree and log are what a reader from nothing would find.
	tree map[string]PathChange
	log  []LogRecord
}

func newScene(t testing.TB) *scene {
	return &scene{t: t, blobs: newBlobs(), s: Empty(), tree: map[string]PathChange{}}
}

// step applies files (nil content: the file is deleted) and log records as one commit of main.
func (sc *scene) step(files map[string]*string, log ...LogRecord) {
	sc.t.Helper()
	var changes []PathChange
	for path, content := range files {
		c := PathChange{Path: path}
		if content != nil {
			c.New = sc.blobs.put(*content)
		}
		changes = append(changes, c)
	}
	sc.apply(changes, log...)
}

func (sc *scene) apply(changes []PathChange, log ...LogRecord) {
	sc.t.Helper()
	sc.commit++
	for _, c := range changes {
		if c.New.IsZero() {
			delete(sc.tree, c.Path)
		} else {
			sc.tree[c.Path] = c
		}
	}
	sc.log = append(sc.log, log...)
	var err error
	sc.s, sc.delta, err = sc.s.Apply(context.Background(), Update{Commit: number(sc.commit), Changes: changes, Log: log}, sc.blobs)
	if err != nil {
		sc.t.Fatalf("applying step %d: %v", sc.commit, err)
	}
}

// write is step for one file.
func (sc *scene) write(path, content string) {
	sc.t.Helper()
	sc.step(map[string]*string{path: &content})
}

func (sc *scene) delete(path string) {
	sc.t.Helper()
	sc.step(map[string]*string{path: nil})
}

// release records releases and moves releases.json on to the last of them.
func (sc *scene) release(records ...Record) {
	sc.t.Helper()
	var log []LogRecord
	for _, r := range records {
		log = append(log, logCommit(1000+len(sc.log)+len(log), r))
	}
	r := sc.s.ReleasesFile()
	r.Log = LogRef{Ref: "refs/signalbox/log/0001", Head: log[len(log)-1].Commit}
	content, err := EncodeReleases(r)
	if err != nil {
		sc.t.Fatal(err)
	}
	text := string(content)
	sc.step(map[string]*string{ReleasesPath: &text}, log...)
}

// fromNothing reads the same state at once.
func (sc *scene) fromNothing() *Snapshot {
	sc.t.Helper()
	var changes []PathChange
	for _, c := range sc.tree {
		changes = append(changes, c)
	}
	s, _, err := Empty().Apply(context.Background(), Update{Commit: number(sc.commit), Changes: changes, Log: sc.log}, sc.blobs)
	if err != nil {
		sc.t.Fatal(err)
	}
	return s
}

// number is a hash that is easy to recognize.
func number(n int) Hash { return plumbing.NewHash(fmt.Sprintf("%040x", n)) }

func logCommit(n int, r Record) LogRecord {
	return LogRecord{Commit: number(n), Author: r.Author, Time: r.At, Message: r.Message}
}

func releaseRecord(t tester, app string, version uint64, envs ...string) Record {
	t.Helper()
	manifests := map[string]Manifest{}
	for _, env := range envs {
		manifests[env] = Manifest{Content: []byte("kind: " + env), Blob: number(int(version)), SHA256: strings.Repeat("ab", 32)}
	}
	rec, err := NewReleaseRecord(app, &Release{Version: version, CreatedBy: anna, CreatedAt: noon, Message: "change " + app}, manifests)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// dump writes all of a snapshot as text, for comparing.
func dump(t tester, s *Snapshot) string {
	t.Helper()
	parts, err := Parts(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%s %q\n", p.Key, p.Data)
	}
	for _, e := range s.Environments() {
		fmt.Fprintf(&b, "environment %s distance %d priority %s group %s\n", e.Name, e.Distance, e.Priority, e.GroupName())
	}
	for _, g := range s.Groups() {
		fmt.Fprintf(&b, "group %s %v distance %d priority %s, %d locks\n", g.Name, g.Environments, g.Distance, g.Priority, len(g.Locks))
	}
	for _, a := range s.Applications() {
		if s.Application(a.Name) != a {
			t.Fatalf("%s is not found under its name", a.Name)
		}
		fmt.Fprintf(&b, "application %s", a.Name)
		for _, r := range a.Releases {
			fmt.Fprintf(&b, " %d", r.Version)
		}
		b.WriteByte('\n')
	}
	for _, p := range s.Problems() {
		fmt.Fprintf(&b, "problem %s: %s\n", p.Path, p.Reason)
	}
	return b.String()
}

func ptr(s string) *string { return &s }

func mustTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// tester is what helpers need of a test; property tests have it too.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
