package remote_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// The whole life of a remote, over every transport: empty, first push, refs, second push, fetch of both.
func TestPushRefsAndFetchOverEveryTransport(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		refs, err := r.Refs(patient(t))
		if err != nil || len(refs) != 0 {
			t.Fatalf("an empty repository has refs %v, error %v", refs, err)
		}

		log1, main1 := start(t, r, w)
		at(t, repo, logRef, log1)
		at(t, repo, mainRef, main1)
		if refs, err = r.Refs(patient(t)); err != nil || len(refs) != 2 || refs[logRef] != log1 || refs[mainRef] != main1 {
			t.Fatalf("refs %v, error %v", refs, err)
		}

		updates, pack := w.both(t, log1, main1, "second")
		if err := push(t, r, pack, updates...); err != nil {
			t.Fatalf("second push: %v", err)
		}
		at(t, repo, mainRef, updates[1].New)
		repo.Fsck(t)

		mirror := gitservertest.NewRepo(t)
		mirror.Unpack(t, fetch(t, r, []plumbing.Hash{updates[0].New, updates[1].New}, nil))
		for _, h := range []plumbing.Hash{log1, main1, updates[0].New, updates[1].New} {
			if !mirror.Has(t, h) {
				t.Errorf("the fetched pack lacks %s", h)
			}
		}
		if pack := fetch(t, r, []plumbing.Hash{main1}, []plumbing.Hash{main1}); pack != nil {
			t.Errorf("nothing was missing, and %d bytes came", len(pack))
		}
	})
}

func TestFetchBringsOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r := open(t, o)
		first := repo.Commit(t, mainRef, "first", map[string]string{"a": "one"})
		mirror := gitservertest.NewRepo(t)
		mirror.Unpack(t, fetch(t, r, []plumbing.Hash{first}, nil))

		second := repo.Commit(t, mainRef, "second", map[string]string{"a": "one", "b": "two"})
		stranger := plumbing.NewHash("1234567890123456789012345678901234567890")
		pack := fetch(t, r, []plumbing.Hash{second}, []plumbing.Hash{stranger, first})
		if n := pack[11]; n != 3 {
			t.Errorf("the pack holds %d objects, want commit, tree and blob", n)
		}
		mirror.Unpack(t, pack)
		if got := mirror.Git(t, "show", second.String()+":b"); got != "two" {
			t.Errorf("b is %q", got)
		}
	})
}

// A reader that loses interest must not leave a server or a connection hanging.
func TestFetchCanBeClosedInTheMiddle(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r := open(t, o)
		noise := strings.Repeat("0123456789abcdef", 1<<16)
		head := repo.Commit(t, mainRef, "large", map[string]string{"a": noise, "b": noise[1:], "c": noise[2:]})
		stream, err := r.Fetch(patient(t), []plumbing.Hash{head}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(stream, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		if err := stream.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Refs(patient(t)); err != nil {
			t.Errorf("after a fetch that was closed early: %v", err)
		}
	})
}

func TestFetchOfAHiddenCommitSaysSo(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r := open(t, o)
		repo.Commit(t, mainRef, "shown", map[string]string{"a": "one"})
		hidden := repo.Commit(t, logRef, "hidden", map[string]string{"b": "two"})
		repo.Hide(t, "refs/signalbox")
		refs, err := r.Refs(patient(t))
		if err != nil || len(refs) != 1 {
			t.Fatalf("refs %v, error %v", refs, err)
		}
		_, err = r.Fetch(patient(t), []plumbing.Hash{hidden}, nil)
		var missing *remote.MissingError
		if !errors.As(err, &missing) {
			t.Fatalf("got %v, want a MissingError", err)
		}
		if missing.Want != hidden || !strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error does not tell: %v", err)
		}
	})
}

func TestAbsentRepositoryIsUnreachable(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, _ *gitservertest.Repo, o remote.Options) {
		o.URL = strings.Replace(o.URL, "repo.git", "no-such.git", 1)
		r, w := open(t, o), newWork(t)
		change := w.next(t, mainRef, plumbing.ZeroHash, "one")
		errPush := push(t, r, change.pack, change.update)
		_, errRefs := r.Refs(patient(t))
		_, errFetch := r.Fetch(patient(t), []plumbing.Hash{change.update.New}, nil)
		for what, err := range map[string]error{"push": errPush, "refs": errRefs, "fetch": errFetch} {
			var unreachable *remote.UnreachableError
			if !errors.As(err, &unreachable) {
				t.Errorf("%s: got %v, want an UnreachableError", what, err)
			} else if text := err.Error(); !strings.Contains(text, "no-such.git") && !strings.Contains(text, "404") {
				t.Errorf("%s: the error does not tell: %v", what, err)
			}
		}
	})
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		change := w.next(t, mainRef, plumbing.ZeroHash, "one")
		err := r.Push(ctx, []remote.RefUpdate{change.update}, bytes.NewReader(change.pack), int64(len(change.pack)))
		var unreachable *remote.UnreachableError
		if !errors.As(err, &unreachable) || !errors.Is(err, context.Canceled) {
			t.Errorf("push: %v", err)
		}
		if _, err := r.Refs(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("refs: %v", err)
		}
		at(t, repo, mainRef, plumbing.ZeroHash)
	})
}

func TestPushOfNonsenseIsTheCallersFault(t *testing.T) {
	t.Parallel()
	r := open(t, remote.Options{URL: t.TempDir()})
	some := plumbing.NewHash("1234567890123456789012345678901234567890")
	for name, updates := range map[string][]remote.RefUpdate{
		"none":     nil,
		"deletion": {{Name: mainRef, Old: some}},
		"twice":    {{Name: mainRef, New: some}, {Name: mainRef, New: some}},
		"short":    {{Name: "main", New: some}},
		"forged":   {{Name: "refs/heads/a\x00 delete-refs", New: some}},
	} {
		if err := push(t, r, []byte("PACK"), updates...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	many := func(t *testing.T, r *remote.Remote) {
		w := newWork(t)
		log, main := start(t, r, w)
		for _, content := range []string{"2", "3", "4"} {
			updates, pack := w.both(t, log, main, content)
			if err := push(t, r, pack, updates...); err != nil {
				t.Fatal(err)
			}
			log, main = updates[0].New, updates[1].New
			if _, err := r.Refs(patient(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		s := gitservertest.ServeHTTP(t, gitservertest.NewRepo(t))
		many(t, open(t, remote.Options{URL: s.URL}))
		// A server that still tidies up behind a report keeps its connection; the next session then takes another one.
		if n, asked := s.Connections(), len(s.Requests()); n > asked/2 {
			t.Errorf("%d connections for %d requests: they are not used again", n, asked)
		}
	})
	t.Run("ssh", func(t *testing.T) {
		t.Parallel()
		s := gitservertest.ServeSSH(t, gitservertest.NewRepo(t))
		r := open(t, remote.Options{URL: s.URL, SSHKeyFile: s.KeyFile, SSHKnownHostsFile: s.KnownHostsFile})
		many(t, r)
		if n := s.Connections(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		// A firewall forgets idle connections; the next session dials anew.
		s.DropConnections()
		if _, err := r.Refs(patient(t)); err != nil {
			t.Errorf("after the kept connection was cut: %v", err)
		}
	})
}

// What a host does after its report is not waited for, and not cut off either.
func TestAHostThatIsBusyAfterTheReport(t *testing.T) {
	t.Parallel()
	everyTransport(t, func(t *testing.T, repo *gitservertest.Repo, o remote.Options) {
		r, w := open(t, o), newWork(t)
		reached, release := repo.HoldAfterReport(t)
		log, main := start(t, r, w)
		<-reached
		updates, pack := w.both(t, log, main, "second")
		if err := push(t, r, pack, updates...); err != nil {
			t.Fatalf("the next push: %v", err)
		}
		ended := filepath.Join(repo.Dir, "hook-ended")
		repo.Hook(t, "post-update", ": >"+ended)
		release()
		gitservertest.Eventually(t, "the hooks come to their end", func() bool {
			_, err := os.Stat(ended)
			return err == nil
		})
	})
}
