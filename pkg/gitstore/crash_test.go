package gitstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// packNames lists all files of the pack folder.
func packNames(t *testing.T, s *Store) []string {
	t.Helper()
	files, err := os.ReadDir(s.packDir())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// What a process that was killed leaves behind, and what a store that opens there makes of it.
func TestAStoreOpensAfterACrash(t *testing.T) {
	ours := func(t *testing.T, s *Store) Hash {
		t.Helper()
		release(t, s, "cart", 1)
		return s.Heads()[mainRef]
	}
	t.Run("a pack that was being written", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		put(t, filepath.Join(s.packDir(), tempPrefix+"123"), "PACK half of it")
		put(t, filepath.Join(s.Dir(), tempPrefix+"123"), "half of packed-refs")
		put(t, filepath.Join(s.packDir(), "tmp_pack_of_git"), "not ours")
		before := len(packNames(t, s))
		s = crashed(t, s)
		if got := packNames(t, s); len(got) != before-1 {
			t.Errorf("left: %v", got)
		}
		opensClean(t, s, head)
	})
	t.Run("a pack without its index", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		put(t, filepath.Join(s.packDir(), ownPack+strings.Repeat("0", 32)+".pack"), "PACK")
		s = crashed(t, s)
		if got := packNames(t, s); len(got) != 2 {
			t.Errorf("left: %v", got)
		}
		opensClean(t, s, head)
	})
	t.Run("an index without its pack", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		put(t, filepath.Join(s.packDir(), ownPack+strings.Repeat("0", 32)+".idx"), "idx")
		s = crashed(t, s)
		if got := packNames(t, s); len(got) != 2 {
			t.Errorf("left: %v", got)
		}
		opensClean(t, s, head)
	})
	t.Run("a pack, and refs that do not name it yet", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		b := s.Begin()
		commitTo(t, b, head, "never confirmed\n", write{"a": text("a")})
		p, err := buildPack(b.entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := must(s.writeTempPack(p, true, nil))(t).publish(true); err != nil {
			t.Fatal(err)
		}
		opensClean(t, crashed(t, s), head)
	})
	t.Run("locks", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		if _, err := s.beginRefs(t.Context(), []RefUpdate{{Name: logRef}, {Name: mainRef}}); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(s.Dir(), "refs/heads/other.lock"), ownerText) // as on a file system without links
		s = crashed(t, s)
		for _, name := range []string{"packed-refs.lock", mainRef + ".lock", logRef + ".lock", "refs/heads/other.lock"} {
			if _, err := os.Lstat(filepath.Join(s.Dir(), name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}
		opensClean(t, s, head)
	})
	t.Run("half a repository", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "repo.git")
		if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o755); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, Options{Dir: dir})
		opensClean(t, s, ours(t, s))
	})
	t.Run("loose refs, one of them folded already", func(t *testing.T) {
		s := newStore(t)
		head := ours(t, s)
		put(t, filepath.Join(s.Dir(), mainRef), head.String()+"\n")
		opensClean(t, crashed(t, s), head)
	})
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// crashed opens a store where another one ended without a word: the kernel closes its files and so gives back the flock.
func crashed(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.owner.release(); err != nil {
		t.Fatal(err)
	}
	return openStore(t, Options{Dir: s.Dir(), Remote: s.remote})
}

// opensClean says that a store holds what it should, that git agrees, and that it can be written.
func opensClean(t *testing.T, s *Store, head Hash) {
	t.Helper()
	if got := s.Heads()[mainRef]; got != head {
		t.Errorf("main is %s, was %s", got, head)
	}
	if out := git(t, s.Dir(), "fsck", "--strict", "--no-dangling", "--no-progress"); out != "" && !strings.HasPrefix(out, "unreachable") {
		t.Errorf("git fsck: %s", out)
	}
	pushMain(t, s, "life goes on\n", write{"after": text("the crash")})
	git(t, s.Dir(), "update-ref", mainRef, "HEAD") // git finds no lock in its way
	fsck(t, s.Dir())
}

func TestALivingLockOfAnotherGitIsRespected(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	head := s.Heads()[mainRef]
	lock := filepath.Join(s.Dir(), mainRef+".lock")
	put(t, lock, "")
	s = crashed(t, s)
	b := s.Begin()
	h := commitTo(t, b, head, "two\n", write{"a": text("a")})
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, head, h}})
	var unreachable *remote.UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "main.lock") {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Error("the lock of another program was removed")
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "packed-refs.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a lock of ours was left")
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, head, h}}); err != nil {
		t.Fatal(err)
	}
	fsck(t, s.Dir())
}

func TestALostPackIsNoticedAtOpen(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range packNames(t, s) {
		if err := os.Remove(filepath.Join(s.packDir(), name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), Options{Dir: s.Dir(), Refs: []string{logRef, mainRef}}); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
}

func TestAFullDiskMovesNothing(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may write anywhere: the folder is replaced by a file instead")
	}
	s := newStore(t)
	release(t, s, "cart", 1)
	heads := s.Heads()
	b := s.Begin()
	h := commitTo(t, b, heads[mainRef], "two\n", write{"a": text("a")})
	away := s.packDir() + ".away"
	if err := os.Rename(s.packDir(), away); err != nil {
		t.Fatal(err)
	}
	var unreachable *remote.UnreachableError
	var local *LocalError
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, heads[mainRef], h}}); !errors.As(err, &unreachable) || !errors.As(err, &local) {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(away, s.packDir()); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Fetch(t.Context()))(t); got[mainRef] != heads[mainRef] {
		t.Error("main moved")
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, heads[mainRef], h}}); err != nil {
		t.Errorf("the disk is back, and: %v", err)
	}
	opensClean(t, crashed(t, s), h)
}

func TestARepositoryMadeByGitIsAdopted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "repo.git")
	git(t, ".", "init", "-q", "--bare", "-b", "main", dir)
	s := openStore(t, Options{Dir: dir})
	release(t, s, "cart", 1)
	for _, key := range []string{"gc.auto", "receive.unpackLimit", "receive.autogc"} {
		if git(t, dir, "config", "--local", key) == "" {
			t.Errorf("%s is not set", key)
		}
	}
	opensClean(t, s, s.Heads()[mainRef])

	work := filepath.Join(t.TempDir(), "work")
	git(t, ".", "init", "-q", work)
	if _, err := Open(t.Context(), Options{Dir: filepath.Join(work, ".git"), Refs: []string{mainRef}}); err == nil {
		t.Error("took a repository with a work tree")
	}
	sha256 := filepath.Join(t.TempDir(), "sha256.git")
	git(t, ".", "init", "-q", "--bare", "--object-format=sha256", sha256)
	if _, err := Open(t.Context(), Options{Dir: sha256, Refs: []string{mainRef}}); err == nil || !strings.Contains(err.Error(), "sha256") {
		t.Errorf("a sha256 repository: %v", err)
	}
}
