package remote

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// fileTransport runs git beside us, as git itself does for a path.
type fileTransport struct{ path string }

func newFileTransport(at address) *fileTransport { return &fileTransport{path: at.path} }

func (t *fileTransport) close() error { return nil }

func (t *fileTransport) open(ctx context.Context, s service) (session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Not CommandContext: it would kill a receive-pack that holds lock files, and leave them behind.
	cmd := exec.Command("git", strings.TrimPrefix(string(s), "git-"), t.path)
	cmd.Env = serverEnvironment(os.Environ())
	separate(cmd)
	notes := &keepTail{}
	cmd.Stderr = notes
	// A hook that went to the background may hold standard error open for ever.
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting git: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting git: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting git: %w", err)
	}
	exited := make(chan struct{})
	var stopping sync.Once
	return &streamSession{
		in: in, out: out, notef: notes, readOnly: s == uploadPack, gone: make(chan struct{}),
		hangUp: func() {
			_ = out.Close()
			_ = in.Close()
		},
		wait: func() error {
			defer close(exited)
			return cmd.Wait()
		},
		stop: func() { stopping.Do(func() { go stopProcess(cmd, exited) }) },
		done: func(error) {},
	}, nil
}

// stopProcess asks first: git removes its lock files when it is asked.
func stopProcess(cmd *exec.Cmd, exited <-chan struct{}) {
	terminate(cmd)
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	select {
	case <-exited:
	case <-timer.C:
		kill(cmd)
	}
}

// serverEnvironment drops what would point git at another repository than the one we name.
func serverEnvironment(env []string) []string {
	local := map[string]bool{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES": true, "GIT_CONFIG": true, "GIT_CONFIG_PARAMETERS": true, "GIT_CONFIG_COUNT": true,
		"GIT_OBJECT_DIRECTORY": true, "GIT_DIR": true, "GIT_WORK_TREE": true, "GIT_IMPLICIT_WORK_TREE": true,
		"GIT_GRAFT_FILE": true, "GIT_INDEX_FILE": true, "GIT_NO_REPLACE_OBJECTS": true, "GIT_REPLACE_REF_BASE": true,
		"GIT_PREFIX": true, "GIT_SHALLOW_FILE": true, "GIT_COMMON_DIR": true, "GIT_QUARANTINE_PATH": true,
		"GIT_NAMESPACE": true, "GIT_PROTOCOL": true, "GIT_INTERNAL_SUPER_PREFIX": true,
	}
	kept := make([]string, 0, len(env))
	for _, pair := range env {
		if name, _, _ := strings.Cut(pair, "="); !local[name] {
			kept = append(kept, pair)
		}
	}
	return kept
}
