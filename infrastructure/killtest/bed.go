package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/signalbox-dev/signalbox/infrastructure/freeport"
)

// bed is a service that is killed and started again on the same data and the same port.
type bed struct {
	binary  string
	dataDir string
	repo    string
	args    []string
	url     string
	pidFile string
	// armed names the file whose presence makes a hook of the remote kill the service; nil where the mode has no hooks.
	armed  map[string]string
	where  map[string]int
	log    *os.File
	cmd    *exec.Cmd
	server *httptest.Server
}

// The moments a kill can be set to.
const (
	anywhere          = "at random moments"
	betweenLogAndMain = "between log and main"
	betweenPushAnswer = "between push and answer"
)

func newBed(ctx context.Context, o options, mode, dir string) (*bed, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, fmt.Errorf("binary: %w", err)
	}
	b := &bed{binary: binary, dataDir: filepath.Join(dir, "data"), pidFile: filepath.Join(dir, "pid"), where: map[string]int{}}
	if err := ensure(b.dataDir); err != nil {
		return nil, err
	}
	if b.log, err = os.Create(filepath.Join(dir, "service.log")); err != nil {
		return nil, fmt.Errorf("create the log: %w", err)
	}
	environments := filepath.Join(dir, "environments")
	if err := writeEnvironments(environments); err != nil {
		return nil, err
	}
	address, err := freeport.Address()
	if err != nil {
		return nil, err
	}
	grpcAddress, err := freeport.Address()
	if err != nil {
		return nil, err
	}
	b.url = "http://" + address
	b.args = []string{"serve", "--data-dir", b.dataDir, "--http-addr", address, "--grpc-addr", grpcAddress, "--environments", environments}
	b.repo = filepath.Join(b.dataDir, "manifests.git")
	if mode == "http" {
		return b, b.addRemote(ctx, dir)
	}
	return b, nil
}

func writeEnvironments(dir string) error {
	for name, config := range map[string]string{
		"development": `{"upstream": {"latest": true}}`,
		"staging":     `{"upstream": {"environment": "development"}}`,
	} {
		if err := ensure(filepath.Join(dir, name)); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name, "config.json"), []byte(config), 0o644); err != nil {
			return fmt.Errorf("write the environment %s: %w", name, err)
		}
	}
	return nil
}

// addRemote puts a stock git server without "atomic" in front, whose hooks can kill the service at the worst moments.
func (b *bed) addRemote(ctx context.Context, dir string) error {
	b.repo = filepath.Join(dir, "remote.git")
	if _, err := git(ctx, dir, "init", "-q", "--bare", "--initial-branch=main", b.repo); err != nil {
		return err
	}
	for _, setting := range [][]string{{"http.receivepack", "true"}, {"receive.advertiseAtomic", "false"}, {"gc.auto", "0"}} {
		if _, err := git(ctx, b.repo, "config", setting[0], setting[1]); err != nil {
			return err
		}
	}
	b.armed = map[string]string{
		betweenLogAndMain: filepath.Join(dir, "kill-at-update"),
		betweenPushAnswer: filepath.Join(dir, "kill-at-post-receive"),
	}
	// The log goes first; refusing main after the kill leaves the repo as a server killed in between leaves it.
	update := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = refs/heads/main ] && [ -e '%[1]s' ]; then\n  rm '%[1]s'; kill -9 \"$(cat '%[2]s')\"; exit 1\nfi\n",
		b.armed[betweenLogAndMain], b.pidFile)
	postReceive := fmt.Sprintf("#!/bin/sh\ncat >/dev/null\nif [ -e '%[1]s' ]; then\n  rm '%[1]s'; kill -9 \"$(cat '%[2]s')\"\nfi\n",
		b.armed[betweenPushAnswer], b.pidFile)
	for name, script := range map[string]string{"update": update, "post-receive": postReceive} {
		if err := os.WriteFile(filepath.Join(b.repo, "hooks", name), []byte(script), 0o755); err != nil {
			return fmt.Errorf("write hook %s: %w", name, err)
		}
	}
	execPath, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return fmt.Errorf("find git http-backend: %w", err)
	}
	b.server = httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(execPath)), "git-http-backend"), Dir: dir, InheritEnv: []string{"PATH"},
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=killtest", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
	})
	b.args = append(b.args, "--git-url", b.server.URL+"/remote.git")
	return nil
}

func (b *bed) start(ctx context.Context) error {
	b.cmd = exec.CommandContext(ctx, b.binary, b.args...)
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	if err := b.cmd.Start(); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	if err := os.WriteFile(b.pidFile, []byte(strconv.Itoa(b.cmd.Process.Pid)), 0o644); err != nil {
		return fmt.Errorf("write the pid: %w", err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if response, err := http.Get(b.url + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("the service did not become ready; see %s", b.log.Name())
}

// kill ends the service with SIGKILL: by a hook of the remote in two of the kills, at once in the others.
func (b *bed) kill(ctx context.Context, n int) error {
	where := anywhere
	if b.armed != nil {
		switch n {
		case 2:
			where = betweenLogAndMain
		case 5:
			where = betweenPushAnswer
		}
	}
	b.where[where]++
	if where == anywhere {
		if err := b.cmd.Process.Kill(); err != nil {
			return fmt.Errorf("kill the service: %w", err)
		}
	} else if err := os.WriteFile(b.armed[where], nil, 0o644); err != nil {
		return fmt.Errorf("arm the hook: %w", err)
	}
	dead := make(chan error, 1)
	go func() { dead <- b.cmd.Wait() }()
	select {
	case <-dead:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return fmt.Errorf("the service was not killed %s within a minute", where)
	}
}

func (b *bed) killedWhere() string {
	var parts []string
	for _, where := range []string{anywhere, betweenLogAndMain, betweenPushAnswer} {
		if n := b.where[where]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d times %s", n, where))
		}
	}
	return strings.Join(parts, ", ")
}

// stop ends the service in the ordinary way.
func (b *bed) stop() error {
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	if err := b.cmd.Wait(); err != nil {
		return fmt.Errorf("the service ended badly: %w", err)
	}
	return nil
}

func (b *bed) close() {
	if b.cmd != nil && b.cmd.ProcessState == nil {
		_ = b.cmd.Process.Kill()
	}
	if b.server != nil {
		b.server.Close()
	}
	_ = b.log.Close()
}
