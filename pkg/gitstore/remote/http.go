package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// defaultTokenUser goes with a token when no user name is given.
const defaultTokenUser = "x-access-token"

// httpTransport speaks git's smart protocol over kept-alive connections of its own.
type httpTransport struct {
	base           string // without credentials, without a slash at the end
	user, password string
	client         *http.Client
	pool           *http.Transport
}

func newHTTPTransport(o Options, at address) (*httpTransport, error) {
	user, password, err := httpCredentials(o, at)
	if err != nil {
		return nil, err
	}
	roots, err := trust(o.CAFile)
	if err != nil {
		return nil, err
	}
	pool := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialTimeout,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       keepIdle,
	}
	t := &httpTransport{base: at.String(), user: user, password: password, pool: pool}
	t.client = &http.Client{Transport: pool, CheckRedirect: checkRedirect}
	return t, nil
}

func httpCredentials(o Options, at address) (user, password string, err error) {
	switch {
	case o.Token != "" && o.Password != "":
		return "", "", errors.New("both a password and a token are set: keep one")
	case o.Token != "":
		user, password = o.Username, o.Token
		if user == "" {
			user = defaultTokenUser
		}
	case o.Username != "" || o.Password != "":
		user, password = o.Username, o.Password
	default:
		user, password = at.user, at.password
	}
	return user, password, nil
}

// trust is the system's certificates and those of the file; nil means the system's.
func trust(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := readSmall(file)
	if err != nil {
		return nil, fmt.Errorf("reading the CA file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA file %s holds no PEM certificate", file)
	}
	return roots, nil
}

// checkRedirect follows the first request to another path of the same host, or from http to https there, and nothing else:
// our credentials are for the host that the operator named.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet {
		return http.ErrUseLastResponse
	}
	if len(via) >= 5 {
		return errors.New("the git server redirects in circles")
	}
	if next.URL.Hostname() != first.URL.Hostname() || first.URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("the git server redirects to %s://%s: use its new address as the remote's URL", next.URL.Scheme, next.URL.Host)
	}
	return nil
}

func (t *httpTransport) close() error {
	t.pool.CloseIdleConnections()
	return nil
}

// httpSession is one advertisement and perhaps one POST after it.
type httpSession struct {
	t        *httpTransport
	service  service
	base     string // after redirects
	first    *http.Response
	answer   *http.Response
	mu       sync.Mutex
	cancel   context.CancelFunc
	released bool
	ended    bool
}

// statusError is an HTTP answer other than 200.
type statusError struct {
	code int
	text string
}

// Error explains the codes that operators meet.
func (e *statusError) Error() string {
	text := fmt.Sprintf("HTTP %d %s", e.code, http.StatusText(e.code))
	switch e.code {
	case http.StatusUnauthorized:
		text += " (the git server does not accept these credentials)"
	case http.StatusForbidden:
		text += " (these credentials may not do this)"
	case http.StatusNotFound:
		text += " (no such repository, or not for these credentials)"
	}
	return text + tail(e.text)
}

func (t *httpTransport) open(ctx context.Context, s service) (session, error) {
	// The session outlives this call, so it has a context of its own that abort ends; ctx ends it while we are here.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, cancel)
	defer release()
	q, err := t.request(own, http.MethodGet, t.base+"/info/refs?service="+string(s), nil)
	if err != nil {
		cancel()
		return nil, err
	}
	res, err := t.client.Do(q)
	if err != nil {
		cancel()
		return nil, withCause(ctx, err)
	}
	if err := expect(res, "application/x-"+string(s)+"-advertisement"); err != nil {
		closeBody(res)
		cancel()
		return nil, err
	}
	base, found := strings.CutSuffix(stripQuery(res.Request.URL), "/info/refs")
	if !found {
		closeBody(res)
		cancel()
		return nil, errors.New("the git server redirects to an address that is no git repository")
	}
	return &httpSession{t: t, service: s, base: base, first: res, cancel: cancel}, nil
}

func stripQuery(u *url.URL) string {
	plain := *u
	plain.RawQuery, plain.User, plain.Fragment = "", nil, ""
	return plain.String()
}

func (t *httpTransport) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	q, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	// Some hosts tell git from a browser by the first word.
	q.Header.Set("User-Agent", "git/2.0 ("+agent+")")
	q.Header.Set("Accept", "*/*")
	if t.user != "" || t.password != "" {
		q.SetBasicAuth(t.user, t.password)
	}
	return q, nil
}

// expect demands status 200 and a content type; anything else is not the git server speaking.
func expect(res *http.Response, contentType string) error {
	got, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK {
		e := &statusError{code: res.StatusCode}
		if got == "text/plain" {
			words, _ := io.ReadAll(io.LimitReader(res.Body, 500))
			e.text = printable(string(words))
		}
		return e
	}
	if got != contentType {
		return fmt.Errorf("the answer is %q and not %q: no smart HTTP git server is at this address", printable(got), contentType)
	}
	return nil
}

// closeBody reads a little of what is left so that the connection can be used again.
func closeBody(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10)
	_ = res.Body.Close()
}

func (s *httpSession) advertisement() io.Reader { return s.first.Body }

func (s *httpSession) notes() string { return "" }

func (s *httpSession) exchange(ctx context.Context, q *request) (io.Reader, error) {
	closeBody(s.first)
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.adopt(cancel)
	post, err := s.t.request(own, http.MethodPost, s.base+"/"+string(s.service), io.NopCloser(q.body()))
	if err != nil {
		return nil, err
	}
	post.ContentLength = q.length()
	post.Header.Set("Content-Type", "application/x-"+string(s.service)+"-request")
	post.Header.Set("Accept", "application/x-"+string(s.service)+"-result")
	res, err := s.t.client.Do(post)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.answer = res
	s.mu.Unlock()
	if err := expect(res, "application/x-"+string(s.service)+"-result"); err != nil {
		return nil, err
	}
	return res.Body, nil
}

// adopt makes abort end another request than before; an abort that came first counts for it too.
func (s *httpSession) adopt(cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	previous := s.cancel
	s.cancel = func() { previous(); cancel() }
	if s.released {
		cancel()
	}
}

func (s *httpSession) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = true
	s.cancel()
}

// end leaves the connection usable when the server comes to an end in time, and closes it otherwise.
func (s *httpSession) end(grace time.Duration) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	body := s.first.Body
	if s.answer != nil {
		body = s.answer.Body
	}
	s.mu.Unlock()
	// What a hook says after the report may take as long as the hook.
	over := make(chan struct{})
	go func() {
		defer close(over)
		timer := time.AfterFunc(graceBackground, s.abort)
		defer timer.Stop()
		_, _ = io.CopyN(io.Discard, body, maxReport)
		_ = body.Close()
		s.abort()
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
	}
}
