package gitservertest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Repo is a bare repository on disk.
type Repo struct{ Dir string }

// NewRepo makes an empty bare repository, with refs/heads/main as HEAD.
func NewRepo(tb TB) *Repo {
	tb.Helper()
	r := &Repo{Dir: filepath.Join(folder(tb), "repo.git")}
	run(tb, "", nil, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir)
	r.Config(tb, "http.receivepack", "true")
	// Repacking in the background would outlive the test.
	r.Config(tb, "gc.auto", "0")
	r.Config(tb, "receive.autogc", "false")
	return r
}

// folder is a temporary folder that may still be in use when the test ends: a push whose client gave up goes on.
func folder(tb TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "gitservertest-")
	if err != nil {
		tb.Fatalf("making a folder: %v", err)
	}
	tb.Cleanup(func() {
		Eventually(tb, "the repository can be removed", func() bool { return os.RemoveAll(dir) == nil })
	})
	return dir
}

func run(tb TB, dir string, stdin []byte, args ...string) []byte {
	tb.Helper()
	cmd := exec.Command(lookGit(tb), args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, environment(), bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// Git runs a git command in the repository and returns its output without the space around it. It fails the test when git fails.
func (r *Repo) Git(tb TB, args ...string) string {
	tb.Helper()
	return strings.TrimSpace(string(run(tb, r.Dir, nil, args...)))
}

// Config sets a configuration value.
func (r *Repo) Config(tb TB, key, value string) {
	tb.Helper()
	r.Git(tb, "config", key, value)
}

// Object makes a commit that holds the files (path to content) and nothing else, and moves no ref.
func (r *Repo) Object(tb TB, message string, files map[string]string, parents ...plumbing.Hash) plumbing.Hash {
	tb.Helper()
	paths := make([]string, 0, len(files))
	for path := range files {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	var index bytes.Buffer
	for _, path := range paths {
		blob := strings.TrimSpace(string(run(tb, r.Dir, []byte(files[path]), "hash-object", "-w", "--stdin")))
		fmt.Fprintf(&index, "100644 blob %s\t%s\n", blob, path)
	}
	args := []string{"commit-tree", r.tree(tb, index.Bytes()), "-m", message}
	for _, parent := range parents {
		args = append(args, "-p", parent.String())
	}
	return plumbing.NewHash(r.Git(tb, args...))
}

// tree makes nested trees of "mode type id\tpath" lines, with an index of its own.
func (r *Repo) tree(tb TB, lines []byte) string {
	tb.Helper()
	index := filepath.Join(tb.TempDir(), "index")
	do := func(stdin []byte, args ...string) string {
		cmd := exec.Command(lookGit(tb), args...)
		cmd.Dir, cmd.Env, cmd.Stdin = r.Dir, append(environment(), "GIT_INDEX_FILE="+index), bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	do(lines, "update-index", "--add", "--index-info")
	return do(nil, "write-tree")
}

// Commit makes a commit on top of a ref, holding these files only, and moves the ref there: what someone else pushed.
func (r *Repo) Commit(tb TB, ref, message string, files map[string]string) plumbing.Hash {
	tb.Helper()
	var parents []plumbing.Hash
	if at, found := r.Refs(tb)[ref]; found {
		parents = append(parents, at)
	}
	made := r.Object(tb, message, files, parents...)
	r.Git(tb, "update-ref", ref, made.String())
	return made
}

// Refs lists all refs.
func (r *Repo) Refs(tb TB) map[string]plumbing.Hash {
	tb.Helper()
	refs := map[string]plumbing.Hash{}
	for _, line := range strings.Split(r.Git(tb, "for-each-ref", "--format=%(objectname) %(refname)"), "\n") {
		if hash, name, found := strings.Cut(line, " "); found {
			refs[name] = plumbing.NewHash(hash)
		}
	}
	return refs
}

// Ref is where a ref is; zero when it does not exist.
func (r *Repo) Ref(tb TB, name string) plumbing.Hash {
	tb.Helper()
	return r.Refs(tb)[name]
}

// Has says whether the repository holds the object.
func (r *Repo) Has(tb TB, h plumbing.Hash) bool {
	tb.Helper()
	cmd := exec.Command(lookGit(tb), "cat-file", "-e", h.String())
	cmd.Dir, cmd.Env = r.Dir, environment()
	return cmd.Run() == nil
}

// Pack makes a pack of all that the commits need and that the base commits do not have.
func (r *Repo) Pack(tb TB, commits, base []plumbing.Hash) []byte {
	tb.Helper()
	var revs bytes.Buffer
	for _, h := range commits {
		fmt.Fprintln(&revs, h)
	}
	for _, h := range base {
		fmt.Fprintln(&revs, "^"+h.String())
	}
	return run(tb, r.Dir, revs.Bytes(), "pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset")
}

// Unpack stores a pack's objects; it fails the test when the pack is broken or not whole in itself.
func (r *Repo) Unpack(tb TB, pack []byte) {
	tb.Helper()
	run(tb, r.Dir, pack, "index-pack", "--stdin", "--strict")
}

// Fsck fails the test when the repository is broken.
func (r *Repo) Fsck(tb TB) {
	tb.Helper()
	r.Git(tb, "fsck", "--full", "--strict", "--no-dangling")
}

// Hook installs a hook; script is its body in sh. It runs in the repository's folder.
func (r *Repo) Hook(tb TB, name, script string) {
	tb.Helper()
	file := filepath.Join(r.Dir, "hooks", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tb.Fatalf("hook %s: %v", name, err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		tb.Fatalf("hook %s: %v", name, err)
	}
}

// RemoveHook takes a hook away.
func (r *Repo) RemoveHook(tb TB, name string) {
	tb.Helper()
	if err := os.Remove(filepath.Join(r.Dir, "hooks", name)); err != nil {
		tb.Fatalf("hook %s: %v", name, err)
	}
}

// RefuseAll makes every push fail with the message.
func (r *Repo) RefuseAll(tb TB, message string) {
	tb.Helper()
	r.Hook(tb, "pre-receive", "cat >/dev/null; echo "+quote(message)+" >&2; exit 1")
}

// RefuseRef makes updates of one ref fail with the message. Without atomic the other refs of a push move all the same.
func (r *Repo) RefuseRef(tb TB, ref, message string) {
	tb.Helper()
	r.Hook(tb, "update", `if [ "$1" = `+quote(ref)+` ]; then echo `+quote(message)+` >&2; exit 1; fi`)
}

// NoAtomic makes the server not offer atomic pushes.
func (r *Repo) NoAtomic(tb TB) {
	tb.Helper()
	r.Config(tb, "receive.advertiseAtomic", "false")
}

// Hide makes the server neither show nor update refs below the prefix. Git then moves the other refs of an atomic push alone.
func (r *Repo) Hide(tb TB, prefix string) {
	tb.Helper()
	r.Config(tb, "transfer.hideRefs", prefix)
}

// Lock leaves a ref's lock file behind, as a git that was killed does, and returns its path. Git waits a tenth of a second
// for it and then fails.
func (r *Repo) Lock(tb TB, ref string) string {
	tb.Helper()
	file := filepath.Join(r.Dir, filepath.FromSlash(ref)+".lock")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tb.Fatalf("lock %s: %v", ref, err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		tb.Fatalf("lock %s: %v", ref, err)
	}
	return file
}

// DieAfterLanding kills receive-pack when the refs have moved and before it says so. Works over every transport.
func (r *Repo) DieAfterLanding(tb TB) {
	tb.Helper()
	r.Hook(tb, "reference-transaction", `cat >/dev/null; [ "$1" = committed ] && kill -KILL $PPID; exit 0`)
}

// HoldBefore makes every push wait before anything moved, HoldAfter after the refs moved and before the report. reached
// is closed when a push waits there; release lets this and all later ones go on, and runs at the test's end at the latest.
func (r *Repo) HoldBefore(tb TB) (reached <-chan struct{}, release func()) {
	tb.Helper()
	return r.hold(tb, "pre-receive", "cat >/dev/null;")
}

// HoldAfter is described at HoldBefore.
func (r *Repo) HoldAfter(tb TB) (reached <-chan struct{}, release func()) {
	tb.Helper()
	return r.hold(tb, "reference-transaction", `cat >/dev/null; [ "$1" = committed ] || exit 0;`)
}

// HoldAfterReport makes every push wait after its report, as a host does that tells others about a push.
func (r *Repo) HoldAfterReport(tb TB) (reached <-chan struct{}, release func()) {
	tb.Helper()
	return r.hold(tb, "post-receive", "cat >/dev/null;")
}

func (r *Repo) hold(tb TB, hook, first string) (<-chan struct{}, func()) {
	tb.Helper()
	dir := tb.TempDir()
	held, here := filepath.Join(dir, "held"), filepath.Join(dir, "here")
	if err := os.WriteFile(held, nil, 0o644); err != nil {
		tb.Fatalf("hold: %v", err)
	}
	// It ends by itself too: a test that was killed releases nothing.
	r.Hook(tb, hook, first+" : >"+quote(here)+"; n=0; while [ -e "+quote(held)+" ] && [ $n -lt 6000 ]; do sleep 0.02; n=$((n+1)); done; exit 0")
	release := func() { _ = os.Remove(held) }
	tb.Cleanup(release)
	return appears(tb, here), release
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
