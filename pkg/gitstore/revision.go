package gitstore

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// tagPrefix is where tags live.
const tagPrefix = "refs/tags/"

// Tag gives the object that a tag of the truth points at, whatever tag objects stand between; zero when there is no such tag. With a
// remote the remote is asked, and nothing is downloaded: the repository need not hold the object. Errors of the remote keep their types.
func (s *Store) Tag(ctx context.Context, name string) (Hash, error) {
	ref := tagPrefix + name
	if checkRefName(ref) != nil {
		return Hash{}, nil // nothing can have that name
	}
	if s.remote != nil && !s.readOnly {
		h, err := s.remote.Peeled(ctx, ref)
		if err != nil {
			return Hash{}, fmt.Errorf("ask the remote for tag %s: %w", name, err)
		}
		return h, nil
	}
	out, err := runGit(ctx, s.dir, "rev-parse", "--quiet", "--verify", ref+"^{}")
	if exitCode(err) == 1 {
		return Hash{}, nil
	}
	if err != nil {
		return Hash{}, fmt.Errorf("look for tag %s: %w", name, err)
	}
	h, ok := parseHash(strings.TrimSpace(string(out)))
	if !ok {
		return Hash{}, fmt.Errorf("git rev-parse printed %.80q", out)
	}
	return h, nil
}

// Abbreviated lists the commits in the history of tip, tip included, whose ids begin with prefix: 4 to 40 lower-case hex digits.
func (s *Store) Abbreviated(ctx context.Context, tip Hash, prefix string) ([]Hash, error) {
	if len(prefix) < 4 || len(prefix) > 40 || strings.Trim(prefix, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("%.50q is not the beginning of an object id", prefix)
	}
	out, err := runGit(ctx, s.dir, "rev-parse", "--disambiguate="+prefix)
	if err != nil {
		return nil, fmt.Errorf("look for objects that begin with %s: %w", prefix, err)
	}
	var found []Hash
	for line := range strings.Lines(string(out)) {
		h, ok := parseHash(strings.TrimSpace(line))
		if !ok {
			return nil, fmt.Errorf("git rev-parse printed %.80q", line)
		}
		in, err := s.InHistory(ctx, h, tip)
		if err != nil {
			return nil, err
		}
		if in {
			found = append(found, h)
		}
	}
	return found, nil
}

// InHistory reports whether an object is a commit that tip's history holds; tip is part of it.
func (s *Store) InHistory(ctx context.Context, h, tip Hash) (bool, error) {
	isCommit := false
	err := s.pool.ask(ctx, []Hash{h}, question{infoOnly: true}, func(_ int, a answer) error {
		isCommit = !a.missing && a.kind == plumbing.CommitObject
		return nil
	})
	if err != nil || !isCommit || h == tip {
		return isCommit && err == nil, err
	}
	_, err = runGit(ctx, s.dir, "merge-base", "--is-ancestor", h.String(), tip.String())
	if exitCode(err) == 1 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether %s is in the history of %s: %w", h, tip, err)
	}
	return true, nil
}

// exitCode is how a child ended; 0 when err is not about that.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
