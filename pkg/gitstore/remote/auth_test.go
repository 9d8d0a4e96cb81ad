package remote_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

func TestHTTPCredentials(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t/with:odd@signs"
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	inURL := func(userinfo string) string { return strings.Replace(s.URL, "http://", "http://"+userinfo+"@", 1) }
	for name, test := range map[string]struct {
		user    string // whom the server lets in
		options remote.Options
	}{
		"user and password":         {"ada", remote.Options{URL: s.URL, Username: "ada", Password: secret}},
		"token":                     {"x-access-token", remote.Options{URL: s.URL, Token: secret}},
		"token of a user":           {"bot", remote.Options{URL: s.URL, Username: "bot", Token: secret}},
		"in the URL":                {"ada", remote.Options{URL: inURL("ada:s3cr3t%2Fwith%3Aodd%40signs")}},
		"settings win over the URL": {"ada", remote.Options{URL: inURL("eve:wrong"), Username: "ada", Password: secret}},
	} {
		s.RequireAuth(test.user, secret)
		r := open(t, test.options)
		if r.URL() != s.URL {
			t.Errorf("%s: the URL shows %s", name, r.URL())
		}
		if _, err := r.Refs(patient(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever goes wrong, and wherever the secret stood, no error repeats it.
func TestNoErrorHoldsASecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2/x@y"
	forms := []string{secret, "hunter2", "aHVudGVyMi94QHk"}
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	down := gitservertest.ServeHTTP(t, repo)
	down.Close()
	// A server, or a proxy in front of it, that is careless with what it was sent.
	echo := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			user, password, _ := q.BasicAuth()
			http.Error(w, user+" with "+password+" in "+q.Header.Get("Authorization"), http.StatusInternalServerError)
		})
	}
	s.OnAdvertise(echo)
	with := func(url, userinfo string) string { return strings.Replace(url, "://", "://"+userinfo+"@", 1) }
	for name, o := range map[string]remote.Options{
		"password":            {URL: s.URL, Username: "ada", Password: secret},
		"token":               {URL: s.URL, Token: secret},
		"in the URL":          {URL: with(s.URL, "ada:hunter2%2Fx%40y")},
		"token as user":       {URL: with(s.URL, "hunter2%2Fx%40y")},
		"in the URL, down":    {URL: with(down.URL, "ada:hunter2%2Fx%40y")},
		"URL cannot be read":  {URL: "http://ada:" + secret + "%zz@127.0.0.1/x"},
		"port cannot be read": {URL: "http://ada:hunter2/x@127.0.0.1:port/x"},
		"unknown scheme":      {URL: "gopher://ada:hunter2@127.0.0.1/x"},
		"ssh password":        {URL: "ssh://ada:hunter2@127.0.0.1/x"},
		"both":                {URL: s.URL, Password: secret, Token: secret},
		"no CA file":          {URL: with("https://127.0.0.1/x", "ada:hunter2"), CAFile: filepath.Join(t.TempDir(), "none")},
	} {
		r, err := remote.Open(o)
		if err == nil {
			if strings.Contains(r.URL(), "hunter2") {
				t.Errorf("%s: URL() is %s", name, r.URL())
			}
			_, err = r.Refs(patient(t))
			_ = r.Close()
		}
		for chain := err; chain != nil; chain = errors.Unwrap(chain) {
			for _, form := range forms {
				if strings.Contains(chain.Error(), form) {
					t.Errorf("%s: %T says %s", name, chain, chain)
				}
			}
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	s := gitservertest.ServeHTTP(t, gitservertest.NewRepo(t))
	s.RequireAuth("ada", "right")
	r, w := open(t, remote.Options{URL: s.URL, Username: "ada", Password: "wrong"}), newWork(t)
	change := w.next(t, mainRef, plumbing.ZeroHash, "one")
	err := push(t, r, change.pack, change.update)
	want[*remote.UnreachableError](t, err)
	if !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("the error does not tell: %v", err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests, want 1: a wrong password that is tried again locks accounts", n)
	}
}

func TestHTTPSTrustsOnlyWhatItWasGiven(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s, other := gitservertest.ServeHTTPS(t, repo), gitservertest.ServeHTTPS(t, repo)
	for name, ca := range map[string]string{"the system's": "", "another's": other.CAFile} {
		r := open(t, remote.Options{URL: s.URL, CAFile: ca})
		if _, err := r.Refs(patient(t)); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("trusting %s: %v", name, err)
		}
	}
	// One remote's authority is not another's.
	if _, err := open(t, remote.Options{URL: s.URL, CAFile: s.CAFile}).Refs(patient(t)); err != nil {
		t.Errorf("trusting its own: %v", err)
	}
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Open(remote.Options{URL: s.URL, CAFile: notPEM}); err == nil {
		t.Error("a CA file without certificates was taken")
	}
}

// A redirect may lead to another path or to https, never to another host: the credentials are for this one.
func TestRedirects(t *testing.T) {
	t.Parallel()
	repo := gitservertest.NewRepo(t)
	s := gitservertest.ServeHTTP(t, repo)
	redirect := func(to func(q *http.Request) string) gitservertest.Middleware {
		return gitservertest.Once(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				http.Redirect(w, q, to(q), http.StatusMovedPermanently)
			})
		})
	}
	old := strings.Replace(s.URL, "/repo.git", "/old/name", 1)
	s.OnAdvertise(redirect(func(q *http.Request) string {
		return strings.Replace(q.URL.RequestURI(), "/old/name", "/repo.git", 1)
	}))
	r, w := open(t, remote.Options{URL: old, Username: "ada", Password: "right"}), newWork(t)
	change := w.next(t, mainRef, plumbing.ZeroHash, "one")
	if err := push(t, r, change.pack, change.update); err != nil {
		t.Errorf("a repository that was renamed: %v", err)
	}
	at(t, repo, mainRef, change.update.New)

	elsewhere := gitservertest.ServeHTTP(t, repo)
	s.OnAdvertise(redirect(func(q *http.Request) string {
		return strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) + "/info/refs?" + q.URL.RawQuery
	}))
	_, err := r.Refs(patient(t))
	if err == nil || !strings.Contains(err.Error(), "redirects to http://localhost") {
		t.Errorf("a redirect to another host: %v", err)
	}
	if n := len(elsewhere.Requests()); n != 0 {
		t.Errorf("the other host got %d requests", n)
	}
}

func TestAWebPageIsNotAGitServer(t *testing.T) {
	t.Parallel()
	s := gitservertest.ServeHTTP(t, gitservertest.NewRepo(t))
	s.OnAdvertise(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<html>please log in</html>"))
		})
	})
	_, err := open(t, remote.Options{URL: s.URL}).Refs(patient(t))
	want[*remote.UnreachableError](t, err)
	if !strings.Contains(err.Error(), "text/html") {
		t.Errorf("the error does not tell: %v", err)
	}
}

func TestSSHKeysAndHostKeys(t *testing.T) {
	t.Parallel()
	s := gitservertest.ServeSSH(t, gitservertest.NewRepo(t))
	good := remote.Options{URL: s.URL, SSHKeyFile: s.KeyFile, SSHKnownHostsFile: s.KnownHostsFile}
	change := func(edit func(*remote.Options)) remote.Options {
		o := good
		edit(&o)
		return o
	}
	for name, test := range map[string]struct {
		options remote.Options
		says    string // in the error; empty for none
	}{
		"an open key":         {good, ""},
		"a locked key":        {change(func(o *remote.Options) { o.SSHKeyFile, o.SSHPassphrase = s.LockedKeyFile, s.Passphrase }), ""},
		"no passphrase":       {change(func(o *remote.Options) { o.SSHKeyFile = s.LockedKeyFile }), "has a passphrase"},
		"a wrong passphrase":  {change(func(o *remote.Options) { o.SSHKeyFile, o.SSHPassphrase = s.LockedKeyFile, "Tr0ub4dor&3" }), "passphrase"},
		"a stranger's key":    {change(func(o *remote.Options) { o.SSHKeyFile = s.StrangerKeyFile }), "unable to authenticate"},
		"no key":              {change(func(o *remote.Options) { o.SSHKeyFile = "" }), "no ssh key file"},
		"a key that is none":  {change(func(o *remote.Options) { o.SSHKeyFile = s.KnownHostsFile }), "not a private key"},
		"another host key":    {change(func(o *remote.Options) { o.SSHKnownHostsFile = s.WrongKnownHostsFile }), "is not the one in"},
		"an unknown host":     {change(func(o *remote.Options) { o.SSHKnownHostsFile = s.EmptyKnownHostsFile }), "SHA256:"},
		"no such known hosts": {change(func(o *remote.Options) { o.SSHKnownHostsFile = s.KnownHostsFile + "x" }), "known hosts"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := remote.Open(test.options)
			if err == nil {
				defer r.Close()
				_, err = r.Refs(patient(t))
			}
			switch {
			case test.says == "" && err != nil:
				t.Errorf("%v", err)
			case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
				t.Errorf("got %v, want an error with %q", err, test.says)
			case err != nil && strings.Contains(err.Error(), "Tr0ub4dor"):
				t.Errorf("the passphrase is in the error: %v", err)
			}
		})
	}
}
