// Package client talks to a Signalbox server over REST, the way a CI job or a person's terminal does.
//
// What it promises: a command is sent under one idempotency key, however often it has to be sent, so a retry never does a thing twice.
// A retry sends the same bytes again. An answer that says "outcome unknown" is settled by reading the operation. It never follows a
// redirect, because a redirect turns a POST into a GET.
package client

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say which server, who asks, and how patiently. Server is required.
type Options struct {
	// Server is the base URL, such as http://127.0.0.1:8080; a path prefix is kept.
	Server string
	// Token is sent as a bearer token when set.
	Token string
	// AuthorName and AuthorEmail become the author of the commit; empty means the server's default.
	AuthorName, AuthorEmail string
	// Retries is how often a failed request is sent again; Backoff is the wait before the first one, and grows by itself with each
	// further one. A Retry-After from the server is waited for instead.
	Retries int
	Backoff time.Duration
	// UserAgent names the program.
	UserAgent string
	// OnRetry hears of each retry before its wait; may be nil.
	OnRetry func(attempt int, wait time.Duration, cause error)
	// Transport defaults to one with sane timeouts; Sleep to the clock.
	Transport http.RoundTripper
	Sleep     func(ctx context.Context, d time.Duration) error
}

// Client is safe for concurrent use.
type Client struct {
	base *url.URL
	http *http.Client
	o    Options
}

// New checks the options; it does not connect.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.Server)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, &UsageError{Message: fmt.Sprintf("--server %q is not an address: give http://HOST:PORT or https://HOST", o.Server)}
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			MaxIdleConnsPerHost:   32,
			IdleConnTimeout:       90 * time.Second,
			ForceAttemptHTTP2:     true,
			ExpectContinueTimeout: time.Second,
		}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Backoff == 0 {
		o.Backoff = time.Second
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: base, o: o, http: &http.Client{Transport: o.Transport, CheckRedirect: noRedirect}}, nil
}

// Server is the address it talks to.
func (c *Client) Server() string { return c.base.String() }

// As is the same client for another author of commits.
func (c *Client) As(name, email string) *Client {
	other := *c
	other.o.AuthorName, other.o.AuthorEmail = name, email
	return &other
}

// LogRetries is an OnRetry that writes to a logger.
func LogRetries(log *slog.Logger) func(int, time.Duration, error) {
	return func(attempt int, wait time.Duration, cause error) {
		log.Warn("trying again", "attempt", attempt, "in", wait, "because", cause)
	}
}

func (c *Client) header(h http.Header) {
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/json")
	}
	if c.o.UserAgent != "" {
		h.Set("User-Agent", c.o.UserAgent)
	}
	if c.o.Token != "" {
		h.Set("Authorization", "Bearer "+c.o.Token)
	}
	if c.o.AuthorName != "" {
		h.Set("author-name", base64.StdEncoding.EncodeToString([]byte(c.o.AuthorName)))
	}
	if c.o.AuthorEmail != "" {
		h.Set("author-email", base64.StdEncoding.EncodeToString([]byte(c.o.AuthorEmail)))
	}
}

// address joins path, whose parts are escaped already, to the server's own path.
func (c *Client) address(path string, query url.Values) string {
	address := strings.TrimSuffix(c.base.String(), "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
