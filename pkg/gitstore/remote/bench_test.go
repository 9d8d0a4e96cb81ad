package remote_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// BenchmarkPush is what a push of one small commit costs over each transport, in a session of its own.
func BenchmarkPush(b *testing.B) {
	for name, reach := range map[string]func(*testing.B, *gitservertest.Repo) remote.Options{
		"file": func(_ *testing.B, r *gitservertest.Repo) remote.Options { return remote.Options{URL: r.Dir} },
		"http": func(b *testing.B, r *gitservertest.Repo) remote.Options {
			return remote.Options{URL: gitservertest.ServeHTTP(b, r).URL}
		},
		"ssh": func(b *testing.B, r *gitservertest.Repo) remote.Options {
			s := gitservertest.ServeSSH(b, r)
			return remote.Options{URL: s.URL, SSHKeyFile: s.KeyFile, SSHKnownHostsFile: s.KnownHostsFile}
		},
	} {
		b.Run(name, func(b *testing.B) {
			repo, work := gitservertest.NewRepo(b), gitservertest.NewRepo(b)
			r, err := remote.Open(reach(b, repo))
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			old := plumbing.ZeroHash
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				var parents []plumbing.Hash
				if !old.IsZero() {
					parents = []plumbing.Hash{old}
				}
				made := work.Object(b, "m", map[string]string{"a": strconv.Itoa(i)}, parents...)
				pack := work.Pack(b, []plumbing.Hash{made}, parents)
				update := remote.RefUpdate{Name: mainRef, Old: old, New: made}
				b.StartTimer()
				if err := r.Push(b.Context(), []remote.RefUpdate{update}, bytes.NewReader(pack), int64(len(pack))); err != nil {
					b.Fatal(err)
				}
				old = made
			}
		})
	}
}
