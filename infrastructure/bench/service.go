package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/signalbox-dev/signalbox/infrastructure/bench/generate"
	"github.com/signalbox-dev/signalbox/infrastructure/freeport"
)

// service is a running signalbox.
type service struct {
	cmd    *exec.Cmd
	url    string
	client *http.Client
	log    *bytes.Buffer
}

// startService starts the binary and waits until it can answer reads; it says how long that took.
func startService(ctx context.Context, binary, dataDir string, args ...string) (*service, time.Duration, error) {
	address, err := freeport.Address()
	if err != nil {
		return nil, 0, err
	}
	grpcAddress, err := freeport.Address()
	if err != nil {
		return nil, 0, err
	}
	args = append([]string{"serve", "--data-dir", dataDir, "--http-addr", address, "--grpc-addr", grpcAddress, "--log-level", "warn"}, args...)
	s := &service{
		cmd: exec.CommandContext(ctx, binary, args...), url: "http://" + address, log: &bytes.Buffer{},
		client: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 200, DisableCompression: true}},
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", binary, err)
	}
	for time.Since(begin) < 10*time.Minute {
		if s.ready() {
			return s, time.Since(begin), nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = s.stop()
	return nil, 0, fmt.Errorf("the service did not become ready: %s", s.log)
}

func (s *service) ready() bool {
	response, err := s.client.Get(s.url + "/readyz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}

// historyComplete waits until the index, which is filled in the background, has the first commit.
func (s *service) historyComplete(ctx context.Context) error {
	for ctx.Err() == nil {
		response, err := s.client.Get(s.url + "/api/v1/history?pageSize=1")
		if err != nil {
			return fmt.Errorf("ask for the history: %w", err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return ctx.Err()
}

func (s *service) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the service ended badly: %w: %s", err, s.log)
	}
	return nil
}

// memoryMB is the resident set of the process.
func (s *service) memoryMB() (float64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "status"))
	if err != nil {
		return 0, fmt.Errorf("read the service's memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return 0, fmt.Errorf("read the service's memory: %w", err)
			}
			return kb / 1000, nil
		}
	}
	return 0, errors.New("the kernel does not say how much memory the service uses")
}

// body is a release as CI posts it, made before the clock starts.
type body struct {
	content     []byte
	contentType string
}

// templates holds a manifest of each environment, so that the clients take little of the machine from the service.
type templates []string

func newTemplates(environments int) templates {
	list := make(templates, environments)
	for i := range list {
		list[i] = generate.Manifest("app-0000", generate.EnvironmentName(i), 0)
	}
	return list
}

// releaseBody is the n-th release of a run; n makes its manifests different from all others.
func (t templates) releaseBody(app string, n int) (body, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	fields := [][2]string{{"application", app}, {"team", generate.TeamOf(app)}, {"source_message", "A measured change"}, {"source_author", "Rosa Stein <rs@example.com>"},
		{"source_commit_id", fmt.Sprintf("%040x", n)}}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return body{}, fmt.Errorf("build the form: %w", err)
		}
	}
	for i, manifest := range t {
		env := generate.EnvironmentName(i)
		part, err := form.CreateFormFile("manifests["+env+"]", env+".yaml")
		if err != nil {
			return body{}, fmt.Errorf("build the form: %w", err)
		}
		if _, err := fmt.Fprintf(part, "%s  run: \"%d\"\n", manifest, n); err != nil {
			return body{}, fmt.Errorf("build the form: %w", err)
		}
	}
	if err := form.Close(); err != nil {
		return body{}, fmt.Errorf("build the form: %w", err)
	}
	return body{b.Bytes(), form.FormDataContentType()}, nil
}

// release posts one and says how long the acknowledgement took.
func (s *service) release(ctx context.Context, b body) (time.Duration, error) {
	return s.timed(ctx, http.MethodPost, "/release", b, http.StatusCreated)
}

func (s *service) train(ctx context.Context, path string) (time.Duration, error) {
	return s.timed(ctx, http.MethodPut, path, body{}, http.StatusOK)
}

func (s *service) timed(ctx context.Context, method, path string, b body, want int) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(b.content))
	if err != nil {
		return 0, fmt.Errorf("build the request: %w", err)
	}
	if b.contentType != "" {
		request.Header.Set("Content-Type", b.contentType)
	}
	begin := time.Now()
	response, err := s.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	took := time.Since(begin)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode != want {
		return 0, fmt.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, answer)
	}
	return took, nil
}
