package gitstore

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// What a git server can do to a push of two refs, and how the store finds its feet again: it says what happened, Fetch shows
// where the refs are, and the next push from there goes through.

// second makes the next release without pushing it: a record on the log and a commit on main.
func second(t testing.TB, s *Store) (*Batch, []RefUpdate) {
	t.Helper()
	heads, b := s.Heads(), s.Begin()
	record := commitFresh(t, b, heads[logRef], "release cart 2\n", write{"cart/2/release.json": text("{}\n")})
	h := commitTo(t, b, heads[mainRef], "deploy cart 2\n", write{"releases.json": text(record.String())})
	return b, []RefUpdate{{logRef, heads[logRef], record}, {mainRef, heads[mainRef], h}}
}

// goesOn fetches, checks where the refs are, and pushes another release from there.
func goesOn(t testing.TB, s *Store, repo *gitservertest.Repo, log, main Hash) {
	t.Helper()
	heads, err := s.Fetch(t.Context())
	if err != nil {
		t.Fatalf("fetch after the fault: %v", err)
	}
	if heads[logRef] != log || heads[mainRef] != main {
		t.Errorf("log %s, main %s; want %s and %s", heads[logRef], heads[mainRef], log, main)
	}
	same(t, s, repo)
	release(t, s, "cart", 3)
	same(t, s, repo)
}

func TestHalfMovedRefs(t *testing.T) {
	for name, test := range map[string]struct{ refused, moved string }{
		"the log moved alone": {mainRef, logRef},
		"main moved alone":    {logRef, mainRef},
	} {
		t.Run(name, func(t *testing.T) {
			s, repo := newMirror(t)
			repo.NoAtomic(t)
			release(t, s, "cart", 1)
			repo.RefuseRef(t, test.refused, "not today")
			b, updates := second(t, s)
			var refused *remote.RefusedError
			if err := s.Push(t.Context(), b, updates); !errors.As(err, &refused) {
				t.Fatalf("got %v, want a RefusedError", err)
			}
			if refused.Ref != test.refused || !slices.Equal(refused.Moved, []string{test.moved}) {
				t.Errorf("%+v", refused)
			}
			want := map[string]Hash{}
			for _, u := range updates {
				want[u.Name] = u.Old
				if u.Name == test.moved {
					want[u.Name] = u.New
				}
			}
			repo.RemoveHook(t, "update")
			goesOn(t, s, repo, want[logRef], want[mainRef])
		})
	}
}

// Someone else wins the race for main on a server without atomic pushes: the log has moved, and main is theirs.
func TestARaceLostOnAServerWithoutAtomic(t *testing.T) {
	s, repo := newMirror(t)
	repo.NoAtomic(t)
	release(t, s, "cart", 1)
	b, updates := second(t, s)
	theirs := repo.Object(t, "theirs", map[string]string{"a": "b"}, updates[1].Old)
	repo.Hook(t, "pre-receive", "cat >/dev/null; unset GIT_QUARANTINE_PATH; git update-ref "+mainRef+" "+theirs.String())
	var stale *remote.StaleError
	if err := s.Push(t.Context(), b, updates); !errors.As(err, &stale) {
		t.Fatalf("got %v, want a StaleError", err)
	}
	if stale.Ref != mainRef || stale.Have != theirs || !slices.Equal(stale.Moved, []string{logRef}) {
		t.Errorf("%+v", stale)
	}
	repo.RemoveHook(t, "pre-receive")
	goesOn(t, s, repo, updates[0].New, theirs)
}

// A git that was killed left main locked. Nothing moves, the error names the file, and after it is gone all is well.
func TestAServerWithALockFileLeftBehind(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	lock := repo.Lock(t, mainRef)
	b, updates := second(t, s)
	var refused *remote.RefusedError
	if err := s.Push(t.Context(), b, updates); !errors.As(err, &refused) || !strings.Contains(err.Error(), filepath.Base(lock)) {
		t.Fatalf("got %v, want a RefusedError that names the lock file", err)
	}
	if len(refused.Moved) != 0 {
		t.Errorf("%v moved", refused.Moved)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	goesOn(t, s, repo, updates[0].Old, updates[1].Old)
}

// A host that hides the log's ref moves main all the same, atomic or not. The error names the log.
func TestAServerThatHidesTheLog(t *testing.T) {
	s, repo := newMirror(t)
	repo.Hide(t, "refs/signalbox")
	b, updates := second(t, s)
	var refused *remote.RefusedError
	if err := s.Push(t.Context(), b, updates); !errors.As(err, &refused) || refused.Ref != logRef {
		t.Fatalf("got %v, want a RefusedError on the log", err)
	}
	if !slices.Equal(refused.Moved, []string{mainRef}) {
		t.Errorf("moved %v, want main", refused.Moved)
	}
	heads, err := s.Fetch(t.Context())
	if _, shown := heads[logRef]; err != nil || shown || heads[mainRef] != updates[1].New {
		t.Errorf("heads %v, error %v", heads, err)
	}
}

// The server died after it moved the refs: unknown, and settled by looking.
func TestAServerThatDiesAfterMovingTheRefs(t *testing.T) {
	s, repo := newMirror(t)
	release(t, s, "cart", 1)
	repo.DieAfterLanding(t)
	b, updates := second(t, s)
	var unknown *remote.UnknownError
	if err := s.Push(t.Context(), b, updates); !errors.As(err, &unknown) {
		t.Fatalf("got %v, want an UnknownError", err)
	}
	repo.RemoveHook(t, "reference-transaction")
	goesOn(t, s, repo, updates[0].New, updates[1].New)
}
