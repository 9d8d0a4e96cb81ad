package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// floorRuns is how often a floor is measured; the median counts.
const floorRuns = 15

// isolated keeps the user's git configuration out.
func isolated() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=bench", "GIT_AUTHOR_EMAIL=bench@localhost", "GIT_COMMITTER_NAME=bench", "GIT_COMMITTER_EMAIL=bench@localhost")
}

func git(ctx context.Context, dir string, input []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, isolated(), bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, stderr.Bytes())
	}
	return out, nil
}

// preparedCommit makes a repo with one commit of one file.
func preparedCommit(ctx context.Context, dir string, n int) (string, error) {
	repo := filepath.Join(dir, fmt.Sprintf("source-%d", n))
	if _, err := git(ctx, dir, nil, "init", "-q", "--initial-branch=main", repo); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(repo, "file.yaml"), fmt.Appendf(nil, "run: %d\n", n), 0o644); err != nil {
		return "", fmt.Errorf("write a file: %w", err)
	}
	if _, err := git(ctx, repo, nil, "add", "."); err != nil {
		return "", err
	}
	_, err := git(ctx, repo, nil, "commit", "-q", "-m", "one file")
	return repo, err
}

// pushFloor is git push of a prepared one-file commit into an empty repo, p50.
func pushFloor(ctx context.Context, dir string, urlOf func(repo string) string) (time.Duration, error) {
	var times []time.Duration
	for n := range floorRuns {
		source, err := preparedCommit(ctx, dir, n)
		if err != nil {
			return 0, err
		}
		target := filepath.Join(dir, fmt.Sprintf("floor-%d.git", n))
		if _, err := git(ctx, dir, nil, "init", "-q", "--bare", "--initial-branch=main", target); err != nil {
			return 0, err
		}
		if _, err := git(ctx, target, nil, "config", "http.receivepack", "true"); err != nil {
			return 0, err
		}
		begin := time.Now()
		if _, err := git(ctx, source, nil, "push", "-q", urlOf(target), "main"); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begin))
	}
	return quantile(times, 0.5), nil
}

// localFloor is what stock git needs to store a pack and move a ref in a repo of one's own: index-pack and update-ref.
func localFloor(ctx context.Context, dir string) (time.Duration, error) {
	var times []time.Duration
	for n := range floorRuns {
		source, err := preparedCommit(ctx, dir, n)
		if err != nil {
			return 0, err
		}
		pack, err := git(ctx, source, []byte("HEAD\n"), "pack-objects", "--revs", "--stdout", "-q")
		if err != nil {
			return 0, err
		}
		head, err := git(ctx, source, nil, "rev-parse", "HEAD")
		if err != nil {
			return 0, err
		}
		target := filepath.Join(dir, fmt.Sprintf("local-%d.git", n))
		if _, err := git(ctx, dir, nil, "init", "-q", "--bare", "--initial-branch=main", target); err != nil {
			return 0, err
		}
		begin := time.Now()
		if _, err := git(ctx, target, pack, "index-pack", "--stdin"); err != nil {
			return 0, err
		}
		if _, err := git(ctx, target, nil, "update-ref", "refs/heads/main", strings.TrimSpace(string(head))); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begin))
	}
	return quantile(times, 0.5), nil
}

// serveGit serves the repos of a folder with git http-backend, pushes allowed, on loopback.
func serveGit(root string) (*httptest.Server, error) {
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("find git http-backend: %w", err)
	}
	repos, err := filepath.Glob(filepath.Join(root, "*.git"))
	if err != nil {
		return nil, fmt.Errorf("find repos: %w", err)
	}
	for _, repo := range repos {
		if _, err := git(context.Background(), repo, nil, "config", "http.receivepack", "true"); err != nil {
			return nil, err
		}
	}
	return httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"),
		Dir:  root,
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
			"REMOTE_USER=bench"},
		InheritEnv: []string{"PATH"},
	}), nil
}
