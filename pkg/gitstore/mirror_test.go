package gitstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

func openRemote(t testing.TB, url string) *remote.Remote {
	t.Helper()
	r, err := remote.Open(remote.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// newMirror is a store that follows a repository on a file path.
func newMirror(t testing.TB) (*Store, *gitservertest.Repo) {
	t.Helper()
	repo := gitservertest.NewRepo(t)
	return openStore(t, Options{Dir: filepath.Join(t.TempDir(), "mirror.git"), Remote: openRemote(t, repo.Dir)}), repo
}

// newHTTPMirror is a store that follows a repository behind HTTP, where a test can put faults.
func newHTTPMirror(t testing.TB) (*Store, *gitservertest.Repo, *gitservertest.HTTP) {
	t.Helper()
	repo := gitservertest.NewRepo(t)
	server := gitservertest.ServeHTTP(t, repo)
	return openStore(t, Options{Dir: filepath.Join(t.TempDir(), "mirror.git"), Remote: openRemote(t, server.URL)}), repo, server
}

// same says that the mirror and its remote have the same refs, that the store says so, and that both are whole.
func same(t testing.TB, s *Store, repo *gitservertest.Repo) {
	t.Helper()
	theirs := repo.Refs(t)
	onDisk := must(s.readHeads(s.refs))(t)
	for _, name := range s.refs {
		if theirs[name] != s.Heads()[name] || theirs[name] != onDisk[name] {
			t.Errorf("%s: the remote has %s, the mirror %s, the store says %s", name, theirs[name], onDisk[name], s.Heads()[name])
		}
	}
	fsck(t, repo.Dir)
	fsck(t, s.Dir())
}

func TestAPushGoesToTheRemoteAndTheMirrorFollows(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		s, repo := newMirror(t)
		for v := range 3 {
			release(t, s, "cart", v+1)
		}
		same(t, s, repo)
		same(t, openStoreAgain(t, s), repo)
	})
	t.Run("http", func(t *testing.T) {
		s, repo, _ := newHTTPMirror(t)
		for v := range 3 {
			release(t, s, "cart", v+1)
		}
		same(t, s, repo)
	})
}

func TestACommitOfSomeoneElseIsFetched(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	before := s.Heads()[mainRef]
	theirs := repo.Commit(t, mainRef, "by hand", map[string]string{"environments/dev/config.json": "{}\n", "deep/er/file": "x"})

	b := s.Begin()
	h := commitTo(t, b, before, "too late\n", write{"a": text("a")})
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, before, h}})
	var stale *remote.StaleError
	if !errors.As(err, &stale) || stale.Ref != mainRef {
		t.Fatalf("got %v", err)
	}
	if got := s.Heads()[mainRef]; got != before {
		t.Errorf("a refused push moved the store to %s", got)
	}
	heads := must(s.Fetch(t.Context()))(t)
	if heads[mainRef] != theirs {
		t.Fatalf("main is %s, want %s", heads[mainRef], theirs)
	}
	var messages []string
	err = s.Log(t.Context(), before, theirs, func(c CommitInfo) error { messages = append(messages, strings.TrimSpace(c.Message)); return nil })
	if err != nil || fmt.Sprint(messages) != "[by hand]" {
		t.Errorf("%v, %v", messages, err)
	}
	if got, want := diffText(t, s, before, theirs), gitDiffText(t, repo.Dir, before, theirs); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	pushMain(t, s, "again\n", write{"a": text("a")})
	same(t, s, repo)
}

func TestARefusedPushMovesNothing(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	before := s.Heads()
	put(t, filepath.Join(repo.Dir, "hooks", "pre-receive"), "#!/bin/sh\necho closed for today >&2\nexit 1\n")
	if err := os.Chmod(filepath.Join(repo.Dir, "hooks", "pre-receive"), 0o755); err != nil {
		t.Fatal(err)
	}
	b := s.Begin()
	h := commitTo(t, b, before[mainRef], "m\n", write{"a": text("a")})
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, before[mainRef], h}})
	var refused *remote.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if got := must(s.Fetch(t.Context()))(t); got[mainRef] != before[mainRef] {
		t.Error("main moved")
	}
	same(t, s, repo)
}

func TestAnAnswerThatNeverCameIsSettledByFetch(t *testing.T) {
	t.Run("it had landed", func(t *testing.T) {
		s, repo, server := newHTTPMirror(t)
		release(t, s, "cart", 1)
		h := pushWithoutAnswer(t, s, server, gitservertest.DropAnswer())
		if got := must(s.Fetch(t.Context()))(t); got[mainRef] != h {
			t.Errorf("main is %s, want %s", got[mainRef], h)
		}
		same(t, s, repo)
	})
	t.Run("it lands later", func(t *testing.T) {
		s, repo, server := newHTTPMirror(t)
		release(t, s, "cart", 1)
		before := s.Heads()[mainRef]
		release := make(chan struct{})
		later, landed := gitservertest.LandLater(release)
		h := pushWithoutAnswer(t, s, server, later)
		if got := must(s.Fetch(t.Context()))(t); got[mainRef] != before {
			t.Errorf("main is %s already", got[mainRef])
		}
		close(release)
		<-landed
		if got := must(s.Fetch(t.Context()))(t); got[mainRef] != h {
			t.Errorf("main is %s, want %s", got[mainRef], h)
		}
		same(t, s, repo)
	})
}

func pushWithoutAnswer(t *testing.T, s *Store, server *gitservertest.HTTP, fault gitservertest.Middleware) Hash {
	t.Helper()
	server.OnPush(fault)
	old := s.Heads()[mainRef]
	b := s.Begin()
	h := commitTo(t, b, old, "m\n", write{"a": text("a")})
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, h}})
	var unknown *remote.UnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
	if got := s.Heads()[mainRef]; got != old {
		t.Errorf("the store moved to %s without an answer", got)
	}
	server.OnPush(nil)
	return h
}

func TestARemoteThatIsAway(t *testing.T) {
	s, repo, server := newHTTPMirror(t)
	release(t, s, "cart", 1)
	heads := s.Heads()
	server.Close()
	b := s.Begin()
	h := commitTo(t, b, heads[mainRef], "m\n", write{"a": text("a")})
	var unreachable *remote.UnreachableError
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, heads[mainRef], h}}); !errors.As(err, &unreachable) {
		t.Errorf("push: %v", err)
	}
	if _, err := s.Fetch(t.Context()); !errors.As(err, &unreachable) {
		t.Errorf("fetch: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: s.Dir(), Refs: s.refs, Remote: s.remote}
	if _, err := Open(t.Context(), o); !errors.As(err, &unreachable) {
		t.Errorf("open: %v", err)
	}
	o.TolerateUnreachable = true
	again := openStore(t, o)
	if got := again.Heads(); got[mainRef] != heads[mainRef] || got[logRef] != heads[logRef] {
		t.Errorf("heads are %v, were %v", got, heads)
	}
	_ = repo
}

func TestTheMirrorFollowsARemoteThatIsRewound(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	first := s.Heads()
	release(t, s, "cart", 2)
	repo.Git(t, "update-ref", mainRef, first[mainRef].String())
	repo.Git(t, "update-ref", "-d", logRef)
	got := must(s.Fetch(t.Context()))(t)
	if _, there := got[logRef]; there || got[mainRef] != first[mainRef] {
		t.Errorf("heads are %v", got)
	}
	same(t, s, repo)
}

func TestALargeRepositoryIsClonedThroughGit(t *testing.T) {
	repo := gitservertest.NewRepo(t)
	noise := make([]byte, smallFetch+smallFetch/4)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	repo.Commit(t, mainRef, "large", map[string]string{"large": string(noise), "small": "x"})
	s := openStore(t, Options{Dir: filepath.Join(t.TempDir(), "mirror.git"), Remote: openRemote(t, repo.Dir)})
	same(t, s, repo)
	got := must(s.Blobs(t.Context(), []Hash{PrepareBlob(noise).Hash()}, 0))(t)
	if string(got[0]) != string(noise) {
		t.Error("the large file reads differently")
	}
	release(t, s, "cart", 1)
	same(t, s, repo)
}

func TestADamagedMirrorIsFilledAgain(t *testing.T) {
	damage := map[string]func(t *testing.T, s *Store){
		"a pack that lost its bytes": func(t *testing.T, s *Store) {
			packs := must(s.listPacks())(t)
			path := filepath.Join(s.packDir(), packs[0].stem+".pack")
			if err := os.WriteFile(path, make([]byte, packs[0].size), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"a pack cut off": func(t *testing.T, s *Store) {
			packs := must(s.listPacks())(t)
			if err := os.Truncate(filepath.Join(s.packDir(), packs[1].stem+".pack"), 0); err != nil {
				t.Fatal(err)
			}
		},
		"an index cut off": func(t *testing.T, s *Store) {
			packs := must(s.listPacks())(t)
			if err := os.Truncate(filepath.Join(s.packDir(), packs[1].stem+".idx"), 0); err != nil {
				t.Fatal(err)
			}
		},
		"all packs gone": func(t *testing.T, s *Store) {
			for _, name := range packNames(t, s) {
				if err := os.Remove(filepath.Join(s.packDir(), name)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"refs gone": func(t *testing.T, s *Store) { put(t, filepath.Join(s.Dir(), "packed-refs"), "") },
		"refs torn": func(t *testing.T, s *Store) {
			put(t, filepath.Join(s.Dir(), "packed-refs"), "# pack-refs with: sorted\n3f78")
		},
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			s, repo := newMirror(t)
			for v := range 3 {
				release(t, s, "cart", v+1)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, s)
			s = openStore(t, Options{Dir: s.Dir(), Remote: s.remote})
			same(t, s, repo)
			release(t, s, "cart", 4)
			same(t, s, repo)
		})
	}
}

// The refill of a damaged mirror may fail half way. What the mirror still holds then has holes, and must not be relied on.
func TestADamagedMirrorIsNotTrustedUntilItIsFilled(t *testing.T) {
	s, repo, server := newHTTPMirror(t)
	for v := range 3 {
		release(t, s, "cart", v+1)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	first := must(s.listPacks())(t)[0]
	if err := os.Truncate(filepath.Join(s.packDir(), first.stem+".pack"), 0); err != nil {
		t.Fatal(err)
	}
	server.OnFetch(gitservertest.Status(500, "no"))
	if _, err := Open(t.Context(), Options{Dir: s.Dir(), Refs: s.refs, Remote: s.remote}); err == nil {
		t.Fatal("opened a damaged mirror that cannot be filled")
	}
	server.OnFetch(nil)
	same(t, openStore(t, Options{Dir: s.Dir(), Remote: s.remote}), repo)
}

func TestAMirrorThatCannotStoreSendsNothing(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	old := s.Heads()[mainRef]
	b := s.Begin()
	h := commitTo(t, b, old, "m\n", write{"a": text("a")})
	away := s.packDir() + ".away"
	if err := os.Rename(s.packDir(), away); err != nil {
		t.Fatal(err)
	}
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, h}})
	var nothing *remote.UnreachableError
	var local *LocalError
	if !errors.As(err, &nothing) || !errors.As(err, &local) {
		t.Fatalf("got %v", err)
	}
	if repo.Ref(t, mainRef) != old {
		t.Error("the remote has it, and we could not read it")
	}
	if err := os.Rename(away, s.packDir()); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, h}}); err != nil {
		t.Errorf("the disk is back, and: %v", err)
	}
	same(t, s, repo)
}

func TestAMirrorThatCannotFollowIsRepairedByFetch(t *testing.T) {
	s, repo, server := newHTTPMirror(t)
	release(t, s, "cart", 1)
	old := s.Heads()[mainRef]
	b := s.Begin()
	h := commitTo(t, b, old, "m\n", write{"a": text("a")})
	away := s.packDir() + ".away"
	// The disk fails while the remote takes the push.
	server.OnPush(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if err := os.Rename(s.packDir(), away); err != nil {
				t.Error(err)
			}
			next.ServeHTTP(w, q)
		})
	})
	err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, h}})
	var unknown *remote.UnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
	if err := os.Rename(away, s.packDir()); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Fetch(t.Context()))(t); got[mainRef] != h {
		t.Errorf("main is %s, want %s", got[mainRef], h)
	}
	same(t, s, repo)
}

func TestAMirrorIsJoinedToo(t *testing.T) {
	s, repo := newMirror(t)
	for v := range 5 {
		release(t, s, "cart", v+1)
	}
	repo.Commit(t, mainRef, "by hand", map[string]string{"x": "y"})
	must(s.Fetch(t.Context()))(t)
	done := must(s.Maintain(t.Context()))(t)
	if done.PacksBefore != 6 || done.PacksAfter != 1 {
		t.Errorf("got %+v", done)
	}
	same(t, openStoreAgain(t, s), repo)
}

func TestTheTruthIsNotTakenForAMirror(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	repo := gitservertest.NewRepo(t)
	_, err := Open(t.Context(), Options{Dir: s.Dir(), Refs: s.refs, Remote: openRemote(t, repo.Dir)})
	if err == nil || !strings.Contains(err.Error(), "truth") {
		t.Errorf("got %v", err)
	}
	m, _ := newMirror(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: m.Dir(), Refs: m.refs}); err == nil || !strings.Contains(err.Error(), "remote") {
		t.Errorf("got %v", err)
	}
}

// Packs that come from elsewhere may be thin and have deltas of both kinds.
func TestPacksWithDeltasAreUnpacked(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("a line that stays the same\n", 200)
	one := pushMain(t, s, "one\n", write{"f": text(long), "g": text(long + "g")})
	repo := gitservertest.NewRepo(t)
	git(t, repo.Dir, "fetch", "-q", s.Dir(), "main:main")
	two := repo.Object(t, "two", map[string]string{"f": long + "changed\n", "g": long + "h", "h": "new"}, one)
	three := repo.Object(t, "three", map[string]string{"f": long + "changed again\n", "g": long + "h", "h": "newer"}, two)
	for name, args := range map[string][]string{
		"thin": {"pack-objects", "--thin", "--stdout", "--revs", "-q"}, "offsets": {"pack-objects", "--thin", "--stdout", "--revs", "-q", "--delta-base-offset"},
		"whole": {"pack-objects", "--stdout", "--revs", "-q"},
	} {
		raw := gitRaw(t, repo.Dir, three.String()+"\n^"+one.String()+"\n", args...)
		s := openStore(t, Options{Dir: s.Dir(), ReadOnly: true})
		objects, err := s.unpack(t.Context(), []byte(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := strings.Fields(git(t, repo.Dir, "rev-list", "--objects", "--no-object-names", three.String(), "^"+one.String()))
		if len(objects) != len(want) {
			t.Errorf("%s: %d objects, want %d", name, len(objects), len(want))
		}
		for _, id := range want {
			if _, ok := objects[plumbing.NewHash(id)]; !ok {
				t.Errorf("%s: %s is missing", name, id)
			}
		}
		raw = raw[:50] + string(raw[50]^1) + raw[51:]
		if _, err := s.unpack(t.Context(), []byte(raw)); err == nil {
			t.Errorf("%s: took a pack with a wrong byte", name)
		}
	}
}
