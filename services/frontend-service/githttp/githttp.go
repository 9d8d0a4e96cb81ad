// Package githttp serves one bare repository over git's smart HTTP protocol, for reading only: Argo CD, git clone and git clone
// --mirror work, a push is refused. The git program does the work; this package starts few of them and gives none of them a
// path or an option that came from the client.
package githttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

const (
	maxProcesses    = 8
	maxRequestBytes = 32 << 20
	// processTimeout is the limit of one answer; a clone of a large repo over a slow line is far below.
	processTimeout = 30 * time.Minute
	waitForProcess = 10 * time.Second
)

type server struct {
	dir   string
	slots chan struct{}
}

// Routes serves the bare repository dir (a path) under prefix, such as "/git/manifests.git".
func Routes(prefix, dir string) []router.Route {
	s := &server{dir: dir, slots: make(chan struct{}, maxProcesses)}
	refuse := http.HandlerFunc(refusePush)
	return []router.Route{
		{Method: http.MethodGet, Pattern: prefix + "/info/refs", Handler: http.HandlerFunc(s.infoRefs)},
		{Method: http.MethodPost, Pattern: prefix + "/git-upload-pack", Handler: http.HandlerFunc(s.uploadPack)},
		{Method: router.AnyMethod, Pattern: prefix + "/git-receive-pack", Handler: refuse},
	}
}

func refusePush(w http.ResponseWriter, r *http.Request) {
	answer.Note(r.Context(), problem.New(problem.Denied, "push refused"))
	answer.Text(w, http.StatusForbidden, "This repository is read-only here: changes go through the API of Signalbox.")
}

func (s *server) infoRefs(w http.ResponseWriter, r *http.Request) {
	switch service := r.URL.Query().Get("service"); service {
	case "git-upload-pack":
	case "git-receive-pack":
		refusePush(w, r)
		return
	default:
		answer.Text(w, http.StatusForbidden, "Only git's smart HTTP protocol is served here; use git 1.6.6 or newer.")
		return
	}
	var preamble []byte
	if !isVersion2(r) {
		preamble = []byte("001e# service=git-upload-pack\n0000")
	}
	s.run(w, r, call{
		args: []string{"--http-backend-info-refs"}, contentType: "application/x-git-upload-pack-advertisement",
		preamble: preamble, input: http.NoBody,
	})
}

func (s *server) uploadPack(w http.ResponseWriter, r *http.Request) {
	if ct := r.Header.Get("Content-Type"); ct != "application/x-git-upload-pack-request" {
		answer.Text(w, http.StatusUnsupportedMediaType, "The content type must be application/x-git-upload-pack-request.")
		return
	}
	var input io.Reader = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(input)
		if err != nil {
			answer.Text(w, http.StatusBadRequest, "The body is not gzip, though Content-Encoding says so.")
			return
		}
		input = io.LimitReader(unzipped, maxRequestBytes)
	default:
		answer.Text(w, http.StatusUnsupportedMediaType, "The content encoding is not supported.")
		return
	}
	s.run(w, r, call{contentType: "application/x-git-upload-pack-result", input: input})
}

func isVersion2(r *http.Request) bool {
	for _, word := range strings.Split(r.Header.Get("Git-Protocol"), ":") {
		if word == "version=2" {
			return true
		}
	}
	return false
}

// call is one run of git upload-pack.
type call struct {
	args        []string
	contentType string
	preamble    []byte
	input       io.Reader
}

func (s *server) run(w http.ResponseWriter, r *http.Request, c call) {
	if err := s.acquire(r.Context()); err != nil {
		answer.Note(r.Context(), err)
		answer.SetRetry(w, problem.Exhausted)
		answer.Text(w, http.StatusServiceUnavailable, "Too many clones are under way; try again in a moment.")
		return
	}
	defer func() { <-s.slots }()
	ctx, cancel := context.WithTimeout(r.Context(), processTimeout)
	defer cancel()

	args := append([]string{"upload-pack", "--stateless-rpc", "--strict"}, c.args...)
	cmd := exec.CommandContext(ctx, "git", append(args, s.dir)...)
	cmd.Env = environment(r)
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = c.input
	var stderr tail
	cmd.Stderr = &stderr
	out := &lateWriter{w: w, contentType: c.contentType, preamble: c.preamble}
	cmd.Stdout = out
	err := cmd.Run()
	if err == nil || r.Context().Err() != nil {
		return
	}
	answer.Note(r.Context(), fmt.Errorf("git upload-pack: %w: %s", err, stderr.String()))
	if !out.started {
		answer.Text(w, http.StatusInternalServerError, "The repository cannot be read.")
	}
}

var errBusy = errors.New("no slot for a git process became free in time")

func (s *server) acquire(ctx context.Context) error {
	timer := time.NewTimer(waitForProcess)
	defer timer.Stop()
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// environment is that of the git child: nothing of the machine's git settings, our settings, and the client's protocol wish when
// it is one that we know.
func environment(r *http.Request) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_COUNT=2",
		// The data dir may belong to another user than the process, as on a mounted volume.
		"GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		// A partial clone (--filter=blob:none) keeps the release log off a reader's disk.
		"GIT_CONFIG_KEY_1=uploadpack.allowFilter", "GIT_CONFIG_VALUE_1=true",
	}
	if isVersion2(r) {
		env = append(env, "GIT_PROTOCOL=version=2")
	}
	return env
}

// lateWriter sets the headers at the first byte, so that a git that fails at once can still be answered with an error. It passes
// each write on at once: the other side waits for progress.
type lateWriter struct {
	w           http.ResponseWriter
	contentType string
	preamble    []byte
	started     bool
}

// Write passes git's output on.
func (l *lateWriter) Write(p []byte) (int, error) {
	if !l.started {
		l.started = true
		h := l.w.Header()
		h.Set("Content-Type", l.contentType)
		h.Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
		if _, err := l.w.Write(l.preamble); err != nil {
			return 0, err
		}
	}
	n, err := l.w.Write(p)
	if err == nil {
		if flushErr := http.NewResponseController(l.w).Flush(); flushErr != nil && !errors.Is(flushErr, http.ErrNotSupported) {
			return n, flushErr
		}
	}
	return n, err
}

// tail keeps the last bytes of what git complains.
type tail struct{ buf bytes.Buffer }

// Write keeps the end of what came.
func (t *tail) Write(p []byte) (int, error) {
	if t.buf.Len()+len(p) > 4096 {
		t.buf.Reset()
	}
	if len(p) > 4096 {
		t.buf.Write(p[len(p)-4096:])
		return len(p), nil
	}
	return t.buf.Write(p)
}

// String is what was kept.
func (t *tail) String() string { return strings.TrimSpace(t.buf.String()) }
