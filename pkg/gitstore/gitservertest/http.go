package gitservertest

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
)

// Middleware stands between client and server.
type Middleware func(next http.Handler) http.Handler

// HTTP is a smart HTTP git server: git http-backend behind net/http.
type HTTP struct {
	// URL of the repository.
	URL string
	// CAFile is the certificate authority of a TLS server, in PEM; empty without TLS.
	CAFile string

	server  *httptest.Server
	backend http.Handler

	mu        sync.Mutex
	advertise Middleware
	push      Middleware
	fetch     Middleware
	auth      Middleware
	requests  []string
	peers     map[string]bool
}

// ServeHTTP serves the repository until the test ends.
func ServeHTTP(tb TB, repo *Repo) *HTTP {
	tb.Helper()
	s := newHTTP(tb, repo)
	s.server.Start()
	s.URL = s.server.URL + "/" + filepath.Base(repo.Dir)
	return s
}

// ServeHTTPS serves the repository over TLS, with a certificate for 127.0.0.1 from an authority of the test's own.
func ServeHTTPS(tb TB, repo *Repo) *HTTP {
	tb.Helper()
	s := newHTTP(tb, repo)
	certificate, caFile := issue(tb)
	s.CAFile = caFile
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	s.server.EnableHTTP2 = true // as the large hosts do
	s.server.StartTLS()
	s.URL = s.server.URL + "/" + filepath.Base(repo.Dir)
	return s
}

func newHTTP(tb TB, repo *Repo) *HTTP {
	tb.Helper()
	s := &HTTP{peers: map[string]bool{}, backend: wholeRequest(&cgi.Handler{
		Path: lookGit(tb), Args: []string{"http-backend"}, Dir: filepath.Dir(repo.Dir),
		Env:    append(environment(), "GIT_PROJECT_ROOT="+filepath.Dir(repo.Dir), "GIT_HTTP_EXPORT_ALL=1"),
		Stderr: io.Discard, // the client is told; the test's output stays readable
	})}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	tb.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// wholeRequest hands on a request when all of it has come: git http-backend 2.39 runs in circles for ever when one ends early.
func wholeRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			http.Error(w, "the request ended early", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(flushing{w}, withBody(q, body))
	})
}

// flushing sends what git says when git says it, as real hosts do: a report must not wait for the hooks behind it.
type flushing struct{ http.ResponseWriter }

// Write sends at once.
func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	_ = http.NewResponseController(f.ResponseWriter).Flush()
	return n, err
}

func (s *HTTP) serve(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, q.Method+" "+q.URL.RequestURI())
	s.peers[q.RemoteAddr] = true
	chain := []Middleware{s.auth}
	switch {
	case strings.HasSuffix(q.URL.Path, "/info/refs"):
		chain = append(chain, s.advertise)
	case strings.HasSuffix(q.URL.Path, "/git-receive-pack"):
		chain = append(chain, s.push)
	case strings.HasSuffix(q.URL.Path, "/git-upload-pack"):
		chain = append(chain, s.fetch)
	}
	s.mu.Unlock()
	handler := s.backend
	for i := len(chain) - 1; i >= 0; i-- {
		if chain[i] != nil {
			handler = chain[i](handler)
		}
	}
	handler.ServeHTTP(w, q)
}

// OnPush puts a fault in front of the POST of a push; nil takes it away.
func (s *HTTP) OnPush(m Middleware) { s.set(&s.push, m) }

// OnFetch puts a fault in front of the POST of a fetch; nil takes it away.
func (s *HTTP) OnFetch(m Middleware) { s.set(&s.fetch, m) }

// OnAdvertise puts a fault in front of the list of refs, with which fetch and push begin; nil takes it away.
func (s *HTTP) OnAdvertise(m Middleware) { s.set(&s.advertise, m) }

// RequireAuth demands these basic credentials of every request from now on.
func (s *HTTP) RequireAuth(user, password string) {
	s.set(&s.auth, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if u, p, given := q.BasicAuth(); !given || u != user || p != password {
				w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, q)
		})
	})
}

func (s *HTTP) set(field *Middleware, m Middleware) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*field = m
}

// Requests lists method and path of the requests so far, in order.
func (s *HTTP) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Connections is how many connections clients have opened so far.
func (s *HTTP) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

// Close stops the server now, so that nobody listens at the URL any more.
func (s *HTTP) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}
