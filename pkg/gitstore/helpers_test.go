package gitstore

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	logRef  = "refs/signalbox/log/0001"
	mainRef = "refs/heads/main"
)

var someone = Signature{Name: "Rosa Stein", Email: "rs@example.com", When: time.Date(2026, 11, 20, 9, 0, 0, 0, time.FixedZone("", 3600))}

// git runs stock git with no settings but its own, and gives what it prints.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitIn(t, dir, "", args...)
}

func gitIn(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	return strings.TrimRight(gitRaw(t, dir, stdin, args...), "\n")
}

func gitRaw(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=g", "GIT_AUTHOR_EMAIL=g@example.com", "GIT_COMMITTER_NAME=g", "GIT_COMMITTER_EMAIL=g@example.com")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// fsck asks git whether everything in the repository is whole; git says nothing when it is.
func fsck(t testing.TB, dir string) {
	t.Helper()
	if out := git(t, dir, "fsck", "--strict", "--full", "--no-dangling", "--no-progress"); out != "" {
		t.Fatalf("git fsck: %s", out)
	}
}

func openStore(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Refs == nil {
		o.Refs = []string{logRef, mainRef}
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, Options{Dir: filepath.Join(t.TempDir(), "repo.git")})
}

// write is a change of files by content; nil content deletes.
type write map[string][]byte

func text(s string) []byte { return []byte(s) }

// commitTo adds a commit on a parent with the given files.
func commitTo(t testing.TB, b *Batch, parent Hash, message string, files write) Hash {
	t.Helper()
	h, err := b.Commit(context.Background(), specOf(b, parent, message, files))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func specOf(b *Batch, parent Hash, message string, files write) CommitSpec {
	spec := CommitSpec{Parent: parent, Author: someone, Committer: someone, Message: message}
	for path, content := range files {
		c := Change{Path: path}
		if content != nil {
			c.New = b.AddBlob(PrepareBlob(content))
		}
		spec.Changes = append(spec.Changes, c)
	}
	return spec
}

// pushMain pushes one commit to main.
func pushMain(t testing.TB, s *Store, message string, files write) Hash {
	t.Helper()
	old := s.Heads()[mainRef]
	b := s.Begin()
	h := commitTo(t, b, old, message, files)
	if err := s.Push(context.Background(), b, []RefUpdate{{mainRef, old, h}}); err != nil {
		t.Fatal(err)
	}
	return h
}

// release pushes one release: its files on the log, and a deployment of it on main, in one push.
func release(t testing.TB, s *Store, app string, version int) {
	t.Helper()
	heads := s.Heads()
	b := s.Begin()
	manifest := fmt.Appendf(nil, "kind: Deployment\nmetadata:\n  name: %s\n  version: %d\n", app, version)
	record := commitFresh(t, b, heads[logRef], fmt.Sprintf("release %s %d\n", app, version), write{
		fmt.Sprintf("%s/%d/release.json", app, version): text("{}\n"),
		fmt.Sprintf("%s/%d/dev.yaml", app, version):     manifest,
	})
	h := commitTo(t, b, heads[mainRef], fmt.Sprintf("deploy %s %d\n", app, version), write{
		"releases.json": text(record.String()),
		"environments/dev/applications/" + app + "/manifests/manifests.yaml": manifest,
	})
	err := s.Push(context.Background(), b, []RefUpdate{{logRef, heads[logRef], record}, {mainRef, heads[mainRef], h}})
	if err != nil {
		t.Fatal(err)
	}
}

func commitFresh(t testing.TB, b *Batch, parent Hash, message string, files write) Hash {
	t.Helper()
	spec := specOf(b, parent, message, files)
	spec.Fresh = true
	h, err := b.Commit(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// listing is the tree of a commit as git sees it: "mode hash path" in git's order.
func listing(t testing.TB, dir string, commit Hash) string {
	t.Helper()
	return git(t, dir, "ls-tree", "-r", "--format=%(objectmode) %(objectname) %(path)", commit.String())
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
