// Package gitservertest runs real git servers for tests: stock git behind HTTP, HTTPS and OpenSSH, on the loopback
// interface only, over bare repositories in the test's own folder. Hooks and faults make a server refuse, answer late,
// answer nothing or answer nonsense, so that every way a push can fail is a test.
//
// Nothing here sleeps to wait for something: a fault that delays is held by a channel or a file of the test's.
package gitservertest

import (
	"os"
	"os/exec"
	"strings"
)

// TB is what a helper needs of a test; *testing.T and *testing.B are one.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// environment is that of every git child: no configuration but the repository's, names and dates that never change.
func environment() []string {
	env := []string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=2024-05-06T07:08:09Z",
		"GIT_COMMITTER_NAME=Signalbox", "GIT_COMMITTER_EMAIL=signalbox@example.com", "GIT_COMMITTER_DATE=2024-05-06T07:08:09Z",
	}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GIT_") && !strings.HasPrefix(pair, "LC_ALL=") {
			env = append(env, pair)
		}
	}
	return env
}

func lookGit(tb TB) string {
	tb.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		tb.Fatalf("git is not installed: %v", err)
	}
	return path
}
