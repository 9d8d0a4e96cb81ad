// Package adopt makes a git repository a manifest repo: "repo init", done by itself at the first start.
//
// It takes an empty repository, or one that holds environments/<env>/config.json files an operator prepared by hand, and adds
// signalbox.json, releases.json, the Argo CD documents of its environments, and the release log. It refuses a kuberpult 1.x
// repo (that is for `signalbox repo import`) and repositories that look like somebody's source code.
//
// The log's ref is pushed first, alone, and must be seen advertised before main names it: some hosts refuse or hide refs
// outside refs/heads.
package adopt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// DefaultLogRef is the release log's ref unless an operator chooses another.
const DefaultLogRef = "refs/signalbox/log/0001"

// tries bounds how often a lost race is run again.
const tries = 5

// Renderer renders an environment's Argo CD documents; *argocd.Renderer is one.
type Renderer interface {
	Environment(s *manifestrepo.Snapshot, env string) ([]byte, error)
}

// Options say what to make of a repository.
type Options struct {
	Store *gitstore.Store
	// Branch and LogRef are full ref names; both are among the Store's refs.
	Branch, LogRef string
	// Seed holds config.json by environment, for a repo that has no environment yet.
	Seed map[string][]byte
	// Renderer renders the Argo CD documents.
	Renderer Renderer
	// CommitterEmail stands behind "Signalbox" in the commits.
	CommitterEmail string
	Now            func() time.Time
	Logger         *slog.Logger
}

// Adopt makes the store's repository a manifest repo, unless it is one already. Refusals are *problem.Error; then nothing was
// changed but, at most, the release log's ref was created.
func Adopt(ctx context.Context, o Options) error {
	var err error
	for range tries {
		var done bool
		if done, err = Done(ctx, o.Store, o.Branch); done || err != nil {
			return err
		}
		err = o.once(ctx)
		var stale *remote.StaleError
		if !errors.As(err, &stale) {
			return err
		}
		if _, err := o.Store.Fetch(ctx); err != nil {
			return fmt.Errorf("look for what is new: %w", err)
		}
	}
	return err
}

// Done reports whether the branch holds a manifest repo.
func Done(ctx context.Context, store *gitstore.Store, branch string) (bool, error) {
	main := store.Heads()[branch]
	if main.IsZero() {
		return false, nil
	}
	root, err := store.Trees(ctx, []gitstore.TreePath{{Commit: main}})
	if err != nil {
		return false, fmt.Errorf("list the repository: %w", err)
	}
	return has(root[0], manifestrepo.SignalboxPath), nil
}

func has(entries []gitstore.TreeEntry, name string) bool {
	return slices.ContainsFunc(entries, func(e gitstore.TreeEntry) bool { return e.Name == name })
}

func (o Options) once(ctx context.Context) error {
	if err := o.look(ctx); err != nil {
		return err
	}
	before, err := o.read(ctx)
	if err != nil {
		return err
	}
	edits, events, err := o.seed(before)
	if err != nil {
		return err
	}
	head, err := o.beginLog(ctx)
	if err != nil {
		return err
	}
	releases, err := manifestrepo.EncodeReleases(manifestrepo.ReleasesFile{Log: manifestrepo.LogRef{Ref: o.LogRef, Head: head}})
	if err != nil {
		return err
	}
	edits = append(edits,
		manifestrepo.Edit{Path: manifestrepo.SignalboxPath, Content: []byte("{\n  \"layout\": 1\n}\n")},
		manifestrepo.Edit{Path: manifestrepo.ReleasesPath, Content: releases})
	return o.commit(ctx, before, edits, events)
}

// read reads what the branch holds.
func (o Options) read(ctx context.Context) (*manifestrepo.Snapshot, error) {
	main := o.Store.Heads()[o.Branch]
	if main.IsZero() {
		return manifestrepo.Empty(), nil
	}
	var changes []manifestrepo.PathChange
	err := o.Store.Diff(ctx, gitstore.Hash{}, main, func(c gitstore.Change) error {
		changes = append(changes, manifestrepo.PathChange{Path: c.Path, New: c.New, Mode: c.Mode})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the repository: %w", err)
	}
	snapshot, _, err := manifestrepo.Empty().Apply(ctx, manifestrepo.Update{Commit: main, Changes: changes}, o.Store)
	return snapshot, err
}

// look refuses repositories that are not ours to adopt.
func (o Options) look(ctx context.Context) error {
	main := o.Store.Heads()[o.Branch]
	if main.IsZero() {
		return nil
	}
	lists, err := o.Store.Trees(ctx, []gitstore.TreePath{{Commit: main}, {Commit: main, Path: "applications"}, {Commit: main, Path: "environments"}})
	if err != nil {
		return fmt.Errorf("list the repository: %w", err)
	}
	root, apps, environments := lists[0], lists[1], lists[2]
	paths := make([]gitstore.TreePath, 0, len(apps))
	for _, e := range apps {
		paths = append(paths, gitstore.TreePath{Commit: main, Path: "applications/" + e.Name})
	}
	folders, err := o.Store.Trees(ctx, paths)
	if err != nil {
		return fmt.Errorf("list the repository's applications: %w", err)
	}
	for i, folder := range folders {
		if has(folder, "releases") {
			return problem.New(problem.Conflict, "branch %s holds a kuberpult manifest repo: %s/releases is there", o.Branch, paths[i].Path).
				Because("releases live in the release log, not in the branch").
				Fix("convert it with `signalbox repo import`; --dry-run shows what would change")
		}
	}
	if len(environments) > 0 {
		return nil
	}
	for _, e := range root {
		if e.Mode == filemode.Dir || !harmless(e.Name) {
			return problem.New(problem.Conflict, "branch %s holds %s and no environments: it does not look like a manifest repo", o.Branch, e.Name).
				Because("Signalbox adopts an empty repository, or one with environments/<env>/config.json").
				Fix("give an empty repository or branch, or commit environments/<env>/config.json to this one")
		}
	}
	return nil
}

// harmless reports files that a new, otherwise empty repository often has.
func harmless(name string) bool {
	upper := strings.ToUpper(name)
	return strings.HasPrefix(name, ".") || strings.HasPrefix(upper, "README") || strings.HasPrefix(upper, "LICENSE") || upper == "CODEOWNERS"
}

// seed gives the files of the environments to start with, when the repo has none.
func (o Options) seed(before *manifestrepo.Snapshot) ([]manifestrepo.Edit, []manifestrepo.Event, error) {
	if len(before.Environments()) > 0 {
		return nil, nil, nil
	}
	var edits []manifestrepo.Edit
	var events []manifestrepo.Event
	for _, env := range slices.Sorted(maps.Keys(o.Seed)) {
		at := func(err error) error { return fmt.Errorf("environment %s to start with: %w", env, err) }
		if err := manifestrepo.CheckEnvironment(env); err != nil {
			return nil, nil, at(err)
		}
		if _, err := manifestrepo.ParseConfig(o.Seed[env], nil); err != nil {
			return nil, nil, at(err)
		}
		text, err := manifestrepo.EncodeConfig(o.Seed[env])
		if err != nil {
			return nil, nil, at(err)
		}
		edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ConfigPath(env), Content: text})
		events = append(events, manifestrepo.Event{What: "environment-created", Environment: env})
	}
	return edits, events, nil
}

// beginLog creates the release log with a commit that holds no record, and wants to see it advertised.
func (o Options) beginLog(ctx context.Context) (gitstore.Hash, error) {
	if tip := o.Store.Heads()[o.LogRef]; !tip.IsZero() {
		return tip, o.begun(ctx, tip)
	}
	who := o.signature()
	batch := o.Store.Begin()
	tip, err := batch.Commit(ctx, gitstore.CommitSpec{Fresh: true, Author: who, Committer: who, Message: "Begin the release log\n"})
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("begin the release log: %w", err)
	}
	err = o.Store.Push(ctx, batch, []gitstore.RefUpdate{{Name: o.LogRef, New: tip}})
	var refused *remote.RefusedError
	if errors.As(err, &refused) {
		return gitstore.Hash{}, o.noLog("refuses", refused.Message, err)
	}
	var stale *remote.StaleError
	if errors.As(err, &stale) {
		return gitstore.Hash{}, o.noLog("hides", err.Error(), err)
	}
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("push the release log: %w", err)
	}
	heads, err := o.Store.Fetch(ctx)
	if err != nil {
		return gitstore.Hash{}, fmt.Errorf("look whether the release log is there: %w", err)
	}
	if heads[o.LogRef] != tip {
		return gitstore.Hash{}, o.noLog("takes but does not show", "the ref is not among those it advertises", nil)
	}
	return tip, nil
}

func (o Options) noLog(does, words string, err error) error {
	return problem.New(problem.Unavailable, "the git server %s the ref %s of the release log: %s", does, o.LogRef, words).
		Because("the release log must be pushed and read back").
		Fix("allow that ref on the server (receive.hideRefs, transfer.hideRefs, push rules), or choose one it takes with --git-log-ref, such as refs/heads/signalbox-log (Argo CD then fetches it, too)").
		Wrap(err)
}

// begun checks that a log without a main is one that an earlier try began, and nothing more.
func (o Options) begun(ctx context.Context, tip gitstore.Hash) error {
	c, err := o.Store.Commit(ctx, tip)
	if err != nil {
		return fmt.Errorf("read the release log: %w", err)
	}
	if len(c.Parents) == 0 && c.Tree == emptyTree {
		return nil
	}
	return problem.New(problem.Conflict, "the ref %s holds a release log already, but branch %s does not name it", o.LogRef, o.Branch).
		Because("a release exists when main names it").
		Fix("restore the branch that belongs to the log, or choose another ref with --git-log-ref")
}

var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// commit writes main.
func (o Options) commit(ctx context.Context, before *manifestrepo.Snapshot, edits []manifestrepo.Edit, events []manifestrepo.Event) error {
	batch := o.Store.Begin()
	after, _, err := before.Apply(ctx, manifestrepo.Update{Commit: before.Commit(), Changes: pathChanges(edits)}, o.Store)
	if err != nil {
		return err
	}
	for _, env := range after.Environments() {
		document, err := o.Renderer.Environment(after, env.Name)
		if err != nil {
			return fmt.Errorf("render the Argo CD document of %s: %w", env.Name, err)
		}
		if document != nil {
			edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ArgoCDPath(env.Name), Content: document})
		}
	}
	spec := gitstore.CommitSpec{Parent: before.Commit(), Fresh: before.Commit().IsZero(), Author: o.signature(), Committer: o.signature(),
		Message: manifestrepo.Message{Subject: "Set up Signalbox in this repository", Action: "init", Events: events}.String()}
	for _, e := range edits {
		spec.Changes = append(spec.Changes, gitstore.Change{Path: e.Path, New: batch.AddBlob(gitstore.PrepareBlob(e.Content))})
	}
	commit, err := batch.Commit(ctx, spec)
	if err != nil {
		return fmt.Errorf("build the first commit: %w", err)
	}
	err = o.Store.Push(ctx, batch, []gitstore.RefUpdate{{Name: o.Branch, Old: before.Commit(), New: commit}})
	var refused *remote.RefusedError
	if errors.As(err, &refused) {
		return problem.New(problem.Unavailable, "the git server refused the push of %s: %s", o.Branch, refused.Message).
			Because("the manifest repo takes what Signalbox writes").
			Fix("let Signalbox's user push to it: look at write access, branch protection and the server's hooks").Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("push the first commit: %w", err)
	}
	o.Logger.Info("the repository is a manifest repo now", "branch", o.Branch, "commit", commit, "environments", len(after.Environments()))
	return nil
}

func pathChanges(edits []manifestrepo.Edit) []manifestrepo.PathChange {
	changes := make([]manifestrepo.PathChange, len(edits))
	for i, e := range edits {
		changes[i] = manifestrepo.PathChange{Path: e.Path, New: gitstore.PrepareBlob(e.Content).Hash(), Content: e.Content}
	}
	return changes
}

func (o Options) signature() gitstore.Signature {
	return gitstore.Signature{Name: state.CommitterName, Email: o.CommitterEmail, When: o.Now().UTC().Truncate(time.Second)}
}
