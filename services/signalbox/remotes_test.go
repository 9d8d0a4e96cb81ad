package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func clientOf(t *testing.T, url string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Server: url})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func releaseRequest(app string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: &api.CreateRelease{
		Application: app, Manifests: map[string]string{"development": manifest},
	}}, Wait: api.Wait_WAIT_PUSHED}
}

const password = "wonderful-weather-today"

// A release is in the remote when the command returns, whatever kind of remote it is.
func TestAReleaseReachesEveryKindOfRemote(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *gitservertest.Repo, *serve.Repo){
		"file": func(_ *testing.T, repo *gitservertest.Repo, r *serve.Repo) { r.GitURL = repo.Dir },
		"http with a password from a file": func(t *testing.T, repo *gitservertest.Repo, r *serve.Repo) {
			server := gitservertest.ServeHTTP(t, repo)
			server.RequireAuth("signalbox", password)
			r.GitURL, r.Username, r.PasswordFile = server.URL, "signalbox", file(t, password+"\n")
		},
		"https with a CA of its own and a password from the environment": func(t *testing.T, repo *gitservertest.Repo, r *serve.Repo) {
			server := gitservertest.ServeHTTPS(t, repo)
			server.RequireAuth("signalbox", password)
			r.GitURL, r.Username, r.CAFile = server.URL, "signalbox", server.CAFile
			t.Setenv("SIGNALBOX_GIT_PASSWORD", password)
		},
		"ssh": func(t *testing.T, repo *gitservertest.Repo, r *serve.Repo) {
			server := gitservertest.ServeSSH(t, repo)
			r.GitURL, r.SSHKeyFile, r.SSHKnownHostsFile = server.URL, server.KeyFile, server.KnownHostsFile
		},
		"ssh with a passphrase": func(t *testing.T, repo *gitservertest.Repo, r *serve.Repo) {
			server := gitservertest.ServeSSH(t, repo)
			r.GitURL, r.SSHKeyFile, r.SSHKnownHostsFile = server.URL, server.LockedKeyFile, server.KnownHostsFile
			r.SSHPassphraseFile = file(t, server.Passphrase)
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo := gitservertest.NewRepo(t)
			s := startServer(t, func(st *serve.Settings) { prepare(t, repo, &st.Repo) })
			op, err := clientOf(t, s.url).Execute(t.Context(), releaseRequest("app"))
			if err != nil {
				t.Fatal(err)
			}
			if got := repo.Ref(t, "refs/heads/main").String(); got != op.Commit {
				t.Errorf("main is at %s, the answer said %s", got, op.Commit)
			}
			repo.Fsck(t)
			if strings.Contains(s.log.String(), password) {
				t.Error("the password is in the log")
			}
		})
	}
}

func TestAServerThatMayNotInDoesNotStartAndKeepsTheSecret(t *testing.T) {
	repo := gitservertest.NewRepo(t)
	ssh := gitservertest.ServeSSH(t, repo)
	web := gitservertest.ServeHTTP(t, repo)
	web.RequireAuth("signalbox", "another")
	for name, r := range map[string]serve.Repo{
		"unknown host":   {GitURL: ssh.URL, SSHKeyFile: ssh.KeyFile, SSHKnownHostsFile: ssh.EmptyKnownHostsFile},
		"other host key": {GitURL: ssh.URL, SSHKeyFile: ssh.KeyFile, SSHKnownHostsFile: ssh.WrongKnownHostsFile},
		"unknown key":    {GitURL: ssh.URL, SSHKeyFile: ssh.StrangerKeyFile, SSHKnownHostsFile: ssh.KnownHostsFile},
		"wrong password": {GitURL: web.URL, Username: "signalbox", PasswordFile: file(t, password)},
		"no such file":   {GitURL: web.URL, Username: "signalbox", PasswordFile: "/no/such/file"},
	} {
		t.Run(name, func(t *testing.T) {
			st := settings(t)
			r.Branch, r.LogRef = st.Repo.Branch, st.Repo.LogRef
			st.Repo = r
			s, err := tryServer(t, st)
			if err == nil {
				s.stop()
				<-s.ended
				t.Fatal("it started")
			}
			if strings.Contains(err.Error()+s.log.String(), password) {
				t.Errorf("the password is in %v\n%s", err, s.log)
			}
			t.Log(err)
		})
	}
}

// get answers with status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// read takes an answer apart.
func read(t *testing.T, res *http.Response) (int, string) {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	gitservertest.Eventually(t, what, condition)
}

func TestARemoteThatVanishesIsToldAndComesBack(t *testing.T) {
	repo := gitservertest.NewRepo(t)
	server := gitservertest.ServeHTTP(t, repo)
	s := startServer(t, func(st *serve.Settings) {
		st.Repo.GitURL, st.Repo.PollInterval = server.URL, 50*time.Millisecond
	})
	c := clientOf(t, s.url)
	if _, err := c.Execute(t.Context(), releaseRequest("before")); err != nil {
		t.Fatal(err)
	}

	down := gitservertest.Status(http.StatusServiceUnavailable, "down for maintenance")
	server.OnAdvertise(down)
	server.OnPush(down)
	server.OnFetch(down)
	eventually(t, "healthz says why writes cannot work", func() bool {
		code, why := get(t, s.url+"/healthz")
		return code == http.StatusServiceUnavailable && why != ""
	})
	for _, path := range []string{"/livez", "/readyz", "/api/v1/applications/before"} {
		if code, body := get(t, s.url+path); code != http.StatusOK {
			t.Errorf("%s answers %d %s while the remote is away: reads must work", path, code, body)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req := releaseRequest("meanwhile")
	req.Timeout = durationpb.New(200 * time.Millisecond)
	_, err := c.Execute(ctx, req)
	var p *problem.Error
	var unreachable *client.UnreachableError
	if !(errors.As(err, &p) && (p.Kind == problem.Unavailable || p.Kind == problem.Unknown)) && !errors.As(err, &unreachable) {
		t.Errorf("a write got %v", err)
	}

	server.OnAdvertise(nil)
	server.OnPush(nil)
	server.OnFetch(nil)
	eventually(t, "healthz is well again", func() bool {
		code, _ := get(t, s.url+"/healthz")
		return code == http.StatusOK
	})
	if _, err := c.Execute(t.Context(), releaseRequest("after")); err != nil {
		t.Errorf("after it came back: %v", err)
	}
	repo.Fsck(t)
}

// SIGTERM: accepted work is finished, new work gets 503.
func TestStoppingFinishesWhatIsUnderWay(t *testing.T) {
	repo := gitservertest.NewRepo(t)
	server := gitservertest.ServeHTTP(t, repo)
	st := settings(t)
	st.Repo.GitURL, st.Repo.PollInterval = server.URL, 0
	s, err := tryServer(t, st)
	if err != nil {
		t.Fatal(err)
	}
	release, reached := make(chan struct{}), make(chan struct{})
	hang := gitservertest.Hang(release)
	server.OnPush(func(next http.Handler) http.Handler {
		held := hang(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-reached:
			default:
				close(reached)
			}
			held.ServeHTTP(w, r)
		})
	})
	c := clientOf(t, s.url)
	answered := make(chan error, 1)
	var op *api.Operation
	go func() {
		var err error
		op, err = c.Execute(context.WithoutCancel(t.Context()), releaseRequest("under-way"))
		answered <- err
	}()
	<-reached
	s.stop()
	eventually(t, "readyz says that it is stopping", func() bool {
		code, _ := get(t, s.url+"/readyz")
		return code == http.StatusServiceUnavailable
	})
	if code, _ := get(t, s.url+"/livez"); code != http.StatusOK {
		t.Errorf("livez answers %d while it drains", code)
	}
	if code, body := get(t, s.url+"/api/v1/environments"); code != http.StatusOK {
		t.Errorf("reads answer %d %s while it drains", code, body)
	}
	_, err = c.Execute(t.Context(), releaseRequest("too-late"))
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Unavailable {
		t.Errorf("new work got %v", err)
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("the work that was under way got %v", err)
	} else if got := repo.Ref(t, "refs/heads/main").String(); got != op.Commit {
		t.Errorf("main is at %s, the answer said %s", got, op.Commit)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}
