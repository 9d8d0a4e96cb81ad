package remote_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

const (
	mainRef = "refs/heads/main"
	logRef  = "refs/signalbox/log/0001"
)

// everyTransport runs a test once for each way to reach a repository.
func everyTransport(t *testing.T, test func(t *testing.T, repo *gitservertest.Repo, o remote.Options)) {
	t.Helper()
	for name, reach := range map[string]func(*testing.T, *gitservertest.Repo) remote.Options{
		"path": func(_ *testing.T, r *gitservertest.Repo) remote.Options { return remote.Options{URL: r.Dir} },
		"file-url": func(_ *testing.T, r *gitservertest.Repo) remote.Options {
			return remote.Options{URL: "file://" + r.Dir}
		},
		"http": func(t *testing.T, r *gitservertest.Repo) remote.Options {
			return remote.Options{URL: gitservertest.ServeHTTP(t, r).URL}
		},
		"https": func(t *testing.T, r *gitservertest.Repo) remote.Options {
			s := gitservertest.ServeHTTPS(t, r)
			return remote.Options{URL: s.URL, CAFile: s.CAFile}
		},
		"ssh": func(t *testing.T, r *gitservertest.Repo) remote.Options {
			s := gitservertest.ServeSSH(t, r)
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("sshd said: %s", s.Log())
				}
			})
			return remote.Options{URL: s.URL, SSHKeyFile: s.KeyFile, SSHKnownHostsFile: s.KnownHostsFile}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := gitservertest.NewRepo(t)
			test(t, repo, reach(t, repo))
		})
	}
}

func open(t *testing.T, o remote.Options) *remote.Remote {
	t.Helper()
	r, err := remote.Open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// patient is a context that ends a test which would hang.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// work is the writer's own repository, in which commits are made before they are pushed.
type work struct{ repo *gitservertest.Repo }

func newWork(t *testing.T) *work { return &work{repo: gitservertest.NewRepo(t)} }

// change is a commit ready to be pushed.
type change struct {
	update remote.RefUpdate
	pack   []byte
}

// next makes a commit on top of what a ref holds.
func (w *work) next(t *testing.T, ref string, old plumbing.Hash, content string) change {
	t.Helper()
	var parents, base []plumbing.Hash
	if !old.IsZero() {
		parents, base = []plumbing.Hash{old}, []plumbing.Hash{old}
	}
	made := w.repo.Object(t, fmt.Sprintf("Deploy %.20s", content), map[string]string{"applications/app/manifest.yaml": content}, parents...)
	return change{
		update: remote.RefUpdate{Name: ref, Old: old, New: made},
		pack:   w.repo.Pack(t, []plumbing.Hash{made}, base),
	}
}

// both makes a commit for the log and one for main, in one pack, the log first.
func (w *work) both(t *testing.T, oldLog, oldMain plumbing.Hash, content string) ([]remote.RefUpdate, []byte) {
	t.Helper()
	log, main := w.next(t, logRef, oldLog, "release "+content), w.next(t, mainRef, oldMain, content)
	var base []plumbing.Hash
	for _, old := range []plumbing.Hash{oldLog, oldMain} {
		if !old.IsZero() {
			base = append(base, old)
		}
	}
	pack := w.repo.Pack(t, []plumbing.Hash{log.update.New, main.update.New}, base)
	return []remote.RefUpdate{log.update, main.update}, pack
}

func push(t *testing.T, r *remote.Remote, pack []byte, updates ...remote.RefUpdate) error {
	t.Helper()
	return r.Push(patient(t), updates, bytes.NewReader(pack), int64(len(pack)))
}

// start puts a first log and main commit on the server and returns where they are.
func start(t *testing.T, r *remote.Remote, w *work) (log, main plumbing.Hash) {
	t.Helper()
	updates, pack := w.both(t, plumbing.ZeroHash, plumbing.ZeroHash, "first")
	if err := push(t, r, pack, updates...); err != nil {
		t.Fatalf("first push: %v", err)
	}
	return updates[0].New, updates[1].New
}

func fetch(t *testing.T, r *remote.Remote, wants, haves []plumbing.Hash) []byte {
	t.Helper()
	stream, err := r.Fetch(patient(t), wants, haves)
	if err != nil {
		t.Fatalf("fetch: %v", err)
	}
	if stream == nil {
		return nil
	}
	defer stream.Close()
	pack, err := io.ReadAll(stream)
	if err != nil {
		t.Fatalf("reading the pack: %v", err)
	}
	return pack
}

func at(t *testing.T, repo *gitservertest.Repo, ref string, want plumbing.Hash) {
	t.Helper()
	if have := repo.Ref(t, ref); have != want {
		t.Errorf("%s is at %s on the server, want %s", ref, have, want)
	}
}
