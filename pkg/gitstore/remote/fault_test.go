package remote_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// want fails the test when the error is not of the promised type.
func want[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got %T (%v), want %T", err, err, e)
	}
	return e
}

func TestStaleRefIsSeenBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		log, main := start(t, r, w)
		foreign := repo.Commit(t, mainRef, "someone else", map[string]string{"a": "theirs"})
		updates, pack := w.both(t, log, main, "second")
		stale := want[*remote.StaleError](t, push(t, r, pack, updates...))
		if stale.Ref != mainRef || stale.Want != main || stale.Have != foreign || len(stale.Moved) != 0 {
			t.Errorf("%+v", stale)
		}
		at(t, repo, logRef, log)
		at(t, repo, mainRef, foreign)
		if repo.Has(t, updates[1].New) {
			t.Error("the pack was sent all the same")
		}
	})
}

func TestCreatingARefThatExistsIsStale(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		there := repo.Commit(t, mainRef, "someone else", map[string]string{"a": "theirs"})
		mine := w.next(t, mainRef, plumbing.ZeroHash, "mine")
		stale := want[*remote.StaleError](t, push(t, r, mine.pack, mine.update))
		if stale.Have != there {
			t.Errorf("%+v", stale)
		}
	})
}

// race makes someone else move main after the refs were advertised and before git looks at them again.
func race(t *testing.T, repo *gitservertest.Repo, to plumbing.Hash) {
	t.Helper()
	repo.Hook(t, "pre-receive", "cat >/dev/null; unset GIT_QUARANTINE_PATH; git update-ref "+mainRef+" "+to.String())
}

func TestLosingTheRaceOnTheServer(t *testing.T) {
	t.Parallel()
	for name, atomic := range map[string]bool{"atomic": true, "not atomic": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
				if !atomic {
					repo.NoAtomic(t)
				}
				r, w := open(t, o), newWork(t)
				log, main := start(t, r, w)
				foreign := repo.Object(t, "someone else", map[string]string{"a": "theirs"}, main)
				race(t, repo, foreign)

				updates, pack := w.both(t, log, main, "second")
				stale := want[*remote.StaleError](t, push(t, r, pack, updates...))
				if stale.Ref != mainRef || stale.Want != main || stale.Have != foreign {
					t.Errorf("%+v", stale)
				}
				at(t, repo, mainRef, foreign)
				if atomic {
					at(t, repo, logRef, log)
					if len(stale.Moved) != 0 {
						t.Errorf("moved %v, want nothing", stale.Moved)
					}
					return
				}
				at(t, repo, logRef, updates[0].New)
				if !slices.Equal(stale.Moved, []string{logRef}) {
					t.Errorf("moved %v, want the log", stale.Moved)
				}
			})
		})
	}
}

func TestAHookThatDeclines(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		log, main := start(t, r, w)
		updates, pack := w.both(t, log, main, "second")

		repo.RefuseAll(t, "the freeze is on")
		refused := want[*remote.RefusedError](t, push(t, r, pack, updates...))
		if !strings.Contains(refused.Error(), "the freeze is on") || !strings.Contains(refused.Error(), "declined") {
			t.Errorf("the hook's words are missing: %v", refused)
		}
		repo.RemoveHook(t, "pre-receive")

		repo.RefuseRef(t, mainRef, "main is protected")
		refused = want[*remote.RefusedError](t, push(t, r, pack, updates...))
		if refused.Ref != mainRef || !strings.Contains(refused.Message, "main is protected") || len(refused.Moved) != 0 {
			t.Errorf("%+v", refused)
		}
		at(t, repo, logRef, log)
		at(t, repo, mainRef, main)
	})
}

// Without atomic one ref moves and the other does not; the error says which.
func TestHalfAPush(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ refuse, moves string }{
		"the log moves, main does not": {refuse: mainRef, moves: logRef},
		"main moves, the log does not": {refuse: logRef, moves: mainRef},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
				repo.NoAtomic(t)
				r, w := open(t, o), newWork(t)
				log, main := start(t, r, w)
				before := map[string]plumbing.Hash{logRef: log, mainRef: main}
				repo.RefuseRef(t, test.refuse, "no")
				updates, pack := w.both(t, log, main, "second")
				refused := want[*remote.RefusedError](t, push(t, r, pack, updates...))
				if refused.Ref != test.refuse || !slices.Equal(refused.Moved, []string{test.moves}) {
					t.Errorf("%+v", refused)
				}
				at(t, repo, test.refuse, before[test.refuse])
				if repo.Ref(t, test.moves) == before[test.moves] {
					t.Errorf("%s did not move", test.moves)
				}
			})
		})
	}
}

// Git moves the other refs of an atomic push although one is hidden.
func TestPushOfAHiddenRef(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		repo.Hide(t, "refs/signalbox")
		r, w := open(t, o), newWork(t)
		updates, pack := w.both(t, plumbing.ZeroHash, plumbing.ZeroHash, "first")
		refused := want[*remote.RefusedError](t, push(t, r, pack, updates...))
		if refused.Ref != logRef || !strings.Contains(refused.Message, "hidden ref") || !slices.Equal(refused.Moved, []string{mainRef}) {
			t.Errorf("%+v", refused)
		}

		// Once it exists and is hidden, the server looks as if it were gone.
		gone := w.next(t, logRef, updates[0].New, "second")
		stale := want[*remote.StaleError](t, push(t, r, gone.pack, gone.update))
		if !strings.Contains(stale.Error(), "hidden") {
			t.Errorf("the error does not tell: %v", stale)
		}
	})
}

func TestALockFileInTheWayIsARefusal(t *testing.T) {
	t.Parallel()
	for name, atomic := range map[string]bool{"atomic": true, "not atomic": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
				if !atomic {
					repo.NoAtomic(t)
				}
				r, w := open(t, o), newWork(t)
				log, main := start(t, r, w)
				lock := repo.Lock(t, mainRef)
				updates, pack := w.both(t, log, main, "second")
				refused := want[*remote.RefusedError](t, push(t, r, pack, updates...))
				if refused.Ref != mainRef || !strings.Contains(refused.Message, "main.lock") {
					t.Errorf("%+v", refused)
				}
				at(t, repo, mainRef, main)
				if err := os.Remove(lock); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// The server dies between moving the refs and saying so.
func TestAServerThatDiesAfterLanding(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		log, main := start(t, r, w)
		repo.DieAfterLanding(t)
		updates, pack := w.both(t, log, main, "second")
		want[*remote.UnknownError](t, push(t, r, pack, updates...))
		at(t, repo, mainRef, updates[1].New)
		if refs, err := r.Refs(patient(t)); err != nil || refs[mainRef] != updates[1].New {
			t.Errorf("refs %v, error %v", refs, err)
		}
	})
}

// The caller gives up while the server is at it: the outcome is unknown, the call returns at once, and the push lands.
func TestAContextThatEndsWhileTheServerWorks(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		log, main := start(t, r, w)
		reached, release := repo.HoldBefore(t)
		updates, pack := w.both(t, log, main, "second")
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-reached
			cancel()
		}()
		err := r.Push(ctx, updates, bytes.NewReader(pack), int64(len(pack)))
		want[*remote.UnknownError](t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error does not say that the context ended: %v", err)
		}
		at(t, repo, mainRef, main)
		release()
		gitservertest.Eventually(t, "the push lands, or git is done without it", func() bool {
			return repo.Ref(t, mainRef) != main || !strings.HasPrefix(o.URL, "/")
		})
		if _, err := r.Refs(patient(t)); err != nil {
			t.Errorf("the remote is of no use any more: %v", err)
		}
	})
}

func TestABrokenPackIsRefused(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		change := w.next(t, mainRef, plumbing.ZeroHash, "one")
		broken := bytes.Clone(change.pack)
		broken[len(broken)-1] ^= 0xff
		refused := want[*remote.RefusedError](t, push(t, r, broken, change.update))
		if !strings.Contains(refused.Message, "unpack") {
			t.Errorf("%v", refused)
		}
		at(t, repo, mainRef, plumbing.ZeroHash)
	})
}

// A pack that ends early is our own fault, and the server cannot have acted on it.
func TestAPackThatIsShorterThanAnnounced(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		change := w.next(t, mainRef, plumbing.ZeroHash, "one")
		err := r.Push(patient(t), []remote.RefUpdate{change.update}, bytes.NewReader(change.pack[:40]), int64(len(change.pack)))
		if _, unknown := errors.AsType[*remote.UnknownError](err); err == nil || unknown {
			t.Errorf("got %v, want an error that says that nothing happened", err)
		}
		at(t, repo, mainRef, plumbing.ZeroHash)
	})
}

func TestAServerWithoutReportsIsNotPushedTo(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	s.OnAdvertise(gitservertest.Without("report-status"))
	r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
	change := w.next(t, mainRef, plumbing.ZeroHash, "one")
	err := push(t, r, change.pack, change.update)
	want[*remote.UnreachableError](t, err)
	if !strings.Contains(err.Error(), "report-status") {
		t.Errorf("the error does not tell: %v", err)
	}
	at(t, repo, mainRef, plumbing.ZeroHash)
}

// A plain server, without side band, quiet or atomic, still tells all that matters.
func TestAServerWithFewCapabilities(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	s.OnAdvertise(gitservertest.Without("side-band-64k", "side-band", "quiet", "atomic", "ofs-delta", "multi_ack_detailed", "no-progress"))
	r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
	log, main := start(t, r, w)
	repo.RefuseRef(t, mainRef, "no")
	updates, pack := w.both(t, log, main, "second")
	refused := want[*remote.RefusedError](t, push(t, r, pack, updates...))
	if !slices.Equal(refused.Moved, []string{logRef}) {
		t.Errorf("%+v", refused)
	}
	gitservertest.NewRepo(t).Unpack(t, fetch(t, r, []plumbing.Hash{main}, nil))
}

// What HTTP in between can do to a push, and what may be concluded.
func TestHTTPFaultsOfAPush(t *testing.T) {
	t.Parallel()
	type outcome struct {
		fault  gitservertest.Middleware
		check  func(*testing.T, error)
		landed bool
		large  bool
	}
	unknown := func(t *testing.T, err error) { want[*remote.UnknownError](t, err) }
	unreachable := func(t *testing.T, err error) { want[*remote.UnreachableError](t, err) }
	refused := func(t *testing.T, err error) { want[*remote.RefusedError](t, err) }
	replace := func(old, new string) gitservertest.Middleware {
		return gitservertest.ChangeAnswer(func(body []byte) []byte {
			if !bytes.Contains(body, []byte(old)) {
				t.Errorf("the answer does not hold %q: %q", old, body)
			}
			return bytes.ReplaceAll(body, []byte(old), []byte(new))
		})
	}
	for name, test := range map[string]outcome{
		"the answer is dropped":             {gitservertest.DropAnswer(), unknown, true, false},
		"the answer is empty":               {gitservertest.EmptyAnswer(), unknown, true, false},
		"the answer is cut in a packet":     {gitservertest.CutAnswer(12), unknown, true, false},
		"the report is cut at a packet":     {cutReport(), unknown, true, false},
		"the report names another ref":      {replace("heads/main", "heads/mian"), unknown, true, false},
		"the report is nonsense":            {replace("unpack ok", "unpark ok"), unknown, true, false},
		"the report contradicts itself":     {replace("unpack ok", "unpack no"), unknown, true, false},
		"502 after landing":                 {gitservertest.StatusAfter(http.StatusBadGateway), unknown, true, false},
		"504 after landing":                 {gitservertest.StatusAfter(http.StatusGatewayTimeout), unknown, true, false},
		"500 before git":                    {gitservertest.Status(http.StatusInternalServerError, "oops"), unknown, false, false},
		"401 on the push itself":            {gitservertest.Status(http.StatusUnauthorized, "who"), unreachable, false, false},
		"403 on the push itself":            {gitservertest.Status(http.StatusForbidden, "no"), unreachable, false, false},
		"413, the pack is too large":        {gitservertest.Status(http.StatusRequestEntityTooLarge, "too large"), refused, false, false},
		"the request is dropped half-way":   {gitservertest.DropRequest(1000), unreachable, false, true},
		"the request is dropped at its end": {gitservertest.DropRequest(1 << 30), unknown, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := gitservertest.NewRepo(t)
			s := gitservertest.ServeHTTP(t, repo)
			r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
			log, main := start(t, r, w)
			s.OnPush(test.fault)
			content := "second"
			if test.large {
				w.repo.Config(t, "core.compression", "0")
				content = large()
			}
			updates, pack := w.both(t, log, main, content)
			test.check(t, push(t, r, pack, updates...))
			if landed := repo.Ref(t, mainRef) == updates[1].New; landed != test.landed {
				t.Errorf("landed: %v, want %v", landed, test.landed)
			}
			s.OnPush(nil)
			if _, err := r.Refs(patient(t)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// large is content that does not fit into the buffers of a connection at once.
var large = sync.OnceValue(func() string {
	noise := make([]byte, 6<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	return hex.EncodeToString(noise)
})

// cutReport ends the stream properly and the report in it too early.
func cutReport() gitservertest.Middleware {
	return gitservertest.ChangeAnswer(func([]byte) []byte { return []byte("0013\x01000eunpack ok\n0000") })
}

// The worst case: the answer never comes, the push has not landed when the caller looks, and lands afterwards.
func TestAPushThatLandsLater(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
	log, main := start(t, r, w)
	release := make(chan struct{})
	fault, landed := gitservertest.LandLater(release)
	s.OnPush(fault)
	updates, pack := w.both(t, log, main, "second")
	want[*remote.UnknownError](t, push(t, r, pack, updates...))
	if refs, err := r.Refs(patient(t)); err != nil || refs[mainRef] != main {
		t.Fatalf("refs %v, error %v", refs, err)
	}
	close(release)
	<-landed
	if refs, err := r.Refs(patient(t)); err != nil || refs[mainRef] != updates[1].New {
		t.Fatalf("refs %v, error %v", refs, err)
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
	change := w.next(t, mainRef, plumbing.ZeroHash, "one")
	never := make(chan struct{})
	arrived := make(chan struct{}, 1)
	hang := func(next http.Handler) http.Handler {
		held := gitservertest.Hang(never)(next)
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			arrived <- struct{}{}
			held.ServeHTTP(w, q)
		})
	}
	give := func() context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-arrived
			cancel()
		}()
		return ctx
	}

	s.OnAdvertise(hang)
	err := r.Push(give(), []remote.RefUpdate{change.update}, bytes.NewReader(change.pack), int64(len(change.pack)))
	want[*remote.UnreachableError](t, err)
	if _, err := r.Refs(give()); !errors.Is(err, context.Canceled) {
		t.Errorf("refs: %v", err)
	}
	s.OnAdvertise(nil)
	repo.Commit(t, mainRef, "there", map[string]string{"a": "b"})
	s.OnFetch(hang)
	if _, err := r.Fetch(give(), []plumbing.Hash{repo.Ref(t, mainRef)}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("fetch: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := gitservertest.ServeHTTP(t, gitservertest.NewRepo(t))
	s.Close()
	r, w := open(t, remote.Options{URL: s.URL}), newWork(t)
	change := w.next(t, mainRef, plumbing.ZeroHash, "one")
	want[*remote.UnreachableError](t, push(t, r, change.pack, change.update))
}

// A pack that is cut on its way must never look like one that has ended.
func TestAFetchThatIsCut(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	repo.Config(t, "core.compression", "0")
	head := repo.Commit(t, mainRef, "large", map[string]string{"a": large()})
	s := gitservertest.ServeHTTP(t, repo)
	r := open(t, remote.Options{URL: s.URL})
	for name, fault := range map[string]gitservertest.Middleware{
		"the connection breaks": gitservertest.CutAnswer(1 << 20),
		"the last packet is missing": gitservertest.ChangeAnswer(func(body []byte) []byte {
			return bytes.TrimSuffix(body, []byte("0000"))
		}),
	} {
		s.OnFetch(fault)
		stream, err := r.Fetch(patient(t), []plumbing.Hash{head}, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = new(bytes.Buffer).ReadFrom(stream)
		_ = stream.Close()
		if err == nil {
			t.Errorf("%s: the pack seemed whole", name)
		} else {
			want[*remote.UnreachableError](t, err)
		}
	}
}
