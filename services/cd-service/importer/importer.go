// Package importer converts a kuberpult 1.x manifest repo in place: "repo import".
//
// What kuberpult keeps in the branch as folders of releases becomes commits of the release log; what should run stays where
// it is, blob for blob, so that Argo CD redeploys nothing. One commit converts the branch. Its history stays, or, with a fresh
// branch, is kept under another ref. Files that nobody knows are kept; what cannot be carried over is left in place and reported.
//
// An import can be killed at any moment and run again: the log's commits depend on nothing but the source and the committer's
// address, so that a second run finds what the first one pushed, and the branch moves last and by compare-and-swap. Stop
// kuberpult before: what it writes meanwhile is seen or refused, never lost, but an import chases it.
package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Renderer renders an environment's Argo CD documents; *argocd.Renderer is one.
type Renderer interface {
	Environment(s *manifestrepo.Snapshot, env string) ([]byte, error)
}

// Options say what to convert.
type Options struct {
	// Store must have been opened with Refs(Branch, LogRef).
	Store *gitstore.Store
	// Branch and LogRef are full ref names.
	Branch, LogRef string
	// DryRun writes nothing; the Report says what would change.
	DryRun bool
	// FreshMain starts the branch on a root commit, so that Argo CD no longer clones the old history, which is kept under
	// ImportedRef(Branch).
	FreshMain bool
	// Renderer renders the Argo CD documents.
	Renderer Renderer
	// Author is who asked; Signalbox when empty.
	Author manifestrepo.Actor
	// CommitterEmail stands behind "Signalbox" in the commits.
	CommitterEmail string
	Now            func() time.Time
	// Progress, if set, hears how far a long part is.
	Progress func(what string, done, total int)
	// piece is how many releases one push takes; 0 means maxPushRecords.
	piece int
}

// Refs are the refs a Store needs for an import, in the order a push updates them.
func Refs(branch, logRef string) []string { return []string{ImportedRef(branch), logRef, branch} }

// ImportedRef is where the history of a branch is kept when it starts afresh.
func ImportedRef(branch string) string {
	return "refs/signalbox/imported/" + strings.TrimPrefix(branch, "refs/heads/")
}

// tries bounds how often a lost race is run again.
const tries = 5

// Import converts the repo, or (dry run) says what would change. Refusals are *problem.Error; then the branch has not moved, though
// a part of the log may have been pushed: running it again goes on from there. The Report is filled as far as the import came.
func Import(ctx context.Context, o Options) (Report, error) {
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	var report Report
	var err error
	for range tries {
		report, err = o.once(ctx)
		var stale *remote.StaleError
		if !errors.As(err, &stale) {
			return report, err
		}
		heads, fetchErr := o.Store.Fetch(ctx)
		if fetchErr != nil {
			return report, fmt.Errorf("look for what is new: %w", fetchErr)
		}
		if heads[stale.Ref] == stale.Want && stale.Message != "" {
			return report, o.refused(stale.Ref, stale.Message, err) // it did not move: the server takes no forced push
		}
	}
	return report, problem.New(problem.Conflict, "branch %s moved during each of %d tries", o.Branch, tries).
		Because("an import converts a branch that nobody writes").Fix("stop kuberpult and run the import again").Wrap(err)
}

func (o Options) once(ctx context.Context) (Report, error) {
	report := Report{Branch: o.Branch, LogRef: o.LogRef, DryRun: o.DryRun, FreshMain: o.FreshMain}
	heads := o.Store.Heads()
	head := heads[o.Branch]
	if head.IsZero() {
		return report, problem.New(problem.NotFound, "branch %s is not there", o.Branch).
			Because("an import converts a branch that holds a kuberpult manifest repo").Fix("name the branch with --git-branch")
	}
	report.Source = head.String()
	src, err := o.readSource(ctx, head)
	if err != nil {
		return report, err
	}
	if err := src.check(o.Branch); err != nil {
		return report, err
	}
	c := &conversion{source: src, report: &report, now: o.Now()}
	c.convert()
	if err := o.render(ctx, c); err != nil {
		return report, err
	}
	report.finish(c)
	if o.DryRun {
		return report, nil
	}
	if err := o.keepHistory(ctx, heads, head); err != nil {
		return report, err
	}
	logHead, err := o.writeLog(ctx, c)
	if err != nil {
		return report, err
	}
	report.LogHead = logHead.String()
	main, err := o.writeMain(ctx, c, head, logHead)
	if err != nil {
		return report, err
	}
	report.Main = main.String()
	return report, nil
}

// keepHistory puts the old history under its own ref, before the branch leaves it.
func (o Options) keepHistory(ctx context.Context, heads gitstore.Heads, head gitstore.Hash) error {
	ref := ImportedRef(o.Branch)
	have := heads[ref]
	if !o.FreshMain || have == head {
		return nil
	}
	if !have.IsZero() {
		err := o.Store.Log(ctx, have, head, func(gitstore.CommitInfo) error { return nil })
		if errors.Is(err, gitstore.ErrNotAncestor) {
			return problem.New(problem.Conflict, "%s holds another history than branch %s", ref, o.Branch).
				Because("the old history is kept under this ref").Fix("move that ref out of the way (git push <remote> %s:refs/signalbox/imported/older :%s)", have, ref)
		}
		if err != nil {
			return fmt.Errorf("compare %s with the branch: %w", ref, err)
		}
	}
	if err := o.push(ctx, nil, gitstore.RefUpdate{Name: ref, Old: have, New: head}); err != nil {
		return err
	}
	return o.mustShow(ctx, ref, head)
}

// push moves one ref, and puts a refusal into an operator's words.
func (o Options) push(ctx context.Context, batch *gitstore.Batch, update gitstore.RefUpdate) error {
	err := o.Store.Push(ctx, batch, []gitstore.RefUpdate{update})
	var refused *remote.RefusedError
	if errors.As(err, &refused) {
		return o.refused(update.Name, refused.Message, err)
	}
	if err != nil {
		return fmt.Errorf("push %s: %w", update.Name, err)
	}
	return nil
}

func (o Options) refused(ref, message string, err error) error {
	p := problem.New(problem.Unavailable, "the git server refused the push of %s: %s", ref, message).
		Because("an import writes the release log, then the branch")
	if o.FreshMain && ref == o.Branch {
		return p.Fix("allow a forced push of %s for a moment (receive.denyNonFastForwards, branch protection), or import without --fresh-main", o.Branch).Wrap(err)
	}
	return p.Fix("let this user push %s: look at write access, branch protection, hidden refs and hooks", ref).Wrap(err)
}

// mustShow wants to see a ref advertised: some hosts take refs outside refs/heads and hide them.
func (o Options) mustShow(ctx context.Context, ref string, want gitstore.Hash) error {
	heads, err := o.Store.Fetch(ctx)
	if err != nil {
		return fmt.Errorf("look whether %s is there: %w", ref, err)
	}
	if heads[ref] == want {
		return nil
	}
	return problem.New(problem.Unavailable, "the git server takes the ref %s but does not show it", ref).
		Because("the release log must be pushed and read back").
		Fix("stop hiding it (transfer.hideRefs, uploadpack.hideRefs), or choose another log with --git-log-ref, such as refs/heads/signalbox-log")
}

func (o Options) signature(at time.Time) gitstore.Signature {
	return gitstore.Signature{Name: state.CommitterName, Email: o.CommitterEmail, When: at.UTC().Truncate(time.Second)}
}

// writeMain makes the one commit that converts the branch.
func (o Options) writeMain(ctx context.Context, c *conversion, head, logHead gitstore.Hash) (gitstore.Hash, error) {
	releases, err := manifestrepo.EncodeReleases(manifestrepo.ReleasesFile{Log: manifestrepo.LogRef{Ref: o.LogRef, Head: logHead}})
	if err != nil {
		return gitstore.Hash{}, err
	}
	batch := o.Store.Begin()
	now := o.Now()
	author := o.signature(now)
	if o.Author.Name != "" {
		author.Name, author.Email = o.Author.Name, o.Author.Email
	}
	spec := gitstore.CommitSpec{Parent: head, Fresh: true, Author: author, Committer: o.signature(now), Message: c.message(o)}
	if o.FreshMain {
		spec.Parent = gitstore.Hash{}
	}
	spec.Changes = slices.Clone(c.kept)
	add := func(path string, content []byte) {
		spec.Changes = append(spec.Changes, gitstore.Change{Path: path, New: batch.AddBlob(gitstore.PrepareBlob(content))})
	}
	for _, path := range c.writtenPaths() {
		add(path, c.written[path])
	}
	add(manifestrepo.ReleasesPath, releases)
	commit, err := batch.Commit(ctx, spec)
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("build the commit that converts the branch: %w", err)
	}
	return commit, o.push(ctx, batch, gitstore.RefUpdate{Name: o.Branch, Old: head, New: commit})
}

func (c *conversion) message(o Options) string {
	body := fmt.Sprintf("%s of %s became commits of the release log.", count(c.report.Releases, "release"), count(c.report.Applications, "application"))
	if o.FreshMain {
		body += fmt.Sprintf("\nThe history until now is kept under %s (%s).", ImportedRef(o.Branch), c.report.Source)
	}
	return manifestrepo.Message{Subject: "Convert kuberpult's manifest repo to Signalbox", Body: body, Action: "import"}.String()
}
