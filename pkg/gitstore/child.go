package gitstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// gitCommand is a git child on dir that no setting of the machine, the user or the environment can sway. Naming the
// repository outright also keeps git from refusing one that another user owns, as volumes of a cluster often are.
func gitCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	fixed := []string{
		"--git-dir=" + dir,
		"-c", "core.packedGitLimit=256m",
		"-c", "core.deltaBaseCacheLimit=16m",
	}
	cmd := exec.CommandContext(ctx, "git", append(fixed, args...)...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	return cmd
}

// runGit runs a git child with a short output.
func runGit(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := gitCommand(ctx, dir, args...)
	var stderr tail
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, childError(args[0], err, &stderr)
	}
	return out, nil
}

// childError joins what a child said with how it ended.
func childError(what string, err error, stderr *tail) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("git is not installed or not in PATH: %w", err)
	}
	if text := stderr.String(); text != "" {
		return fmt.Errorf("git %s: %w: %s", what, err, text)
	}
	return fmt.Errorf("git %s: %w", what, err)
}

// tail keeps the last words of a child.
type tail struct{ buf bytes.Buffer }

// Write keeps at most the last 4 KB.
func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if over := t.buf.Len() - 4096; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

// String is the end of what was said, without white space around it.
func (t *tail) String() string { return strings.TrimSpace(t.buf.String()) }

var _ io.Writer = (*tail)(nil)
