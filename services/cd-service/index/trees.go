package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Files reads contents of commits; *gitstore.Store does.
type Files interface {
	Diff(ctx context.Context, from, to gitstore.Hash, fn func(gitstore.Change) error) error
	Trees(ctx context.Context, paths []gitstore.TreePath) ([][]gitstore.TreeEntry, error)
	Blobs(ctx context.Context, hashes []gitstore.Hash, limit int64) ([][]byte, error)
}

// The events that tell what runs; docs/format.md lists them.
const (
	eventDeployed   = "deployed"
	eventRemoved    = "removed"
	eventBrokeGlass = "broke-glass"
)

// runs reports whether an event changed what runs in an environment. A removal where nothing ran did not.
func runs(e manifestrepo.Event) bool {
	return e.Application != "" && e.Environment != "" && (e.What == eventDeployed || e.What == eventRemoved && e.PreviousVersion != 0)
}

// mute reports whether a commit does not say what it made run: one of somebody else, and the one with which the history begins, which
// takes over what it finds.
func (w *writer) mute(e Entry) bool {
	return w.beginning != 0 && (e.Action == Foreign || w.sequence == w.beginning && !slices.ContainsFunc(e.Details, runs))
}

// findBeginning finds the first of commits that has Signalbox's layout, or -1: when it came before them, or is still to come.
// Before it nothing that we would understand was deployed.
func (w *writer) findBeginning(ctx context.Context, commits []gitstore.CommitInfo, o Options) (int, error) {
	if w.beginning != 0 {
		return -1, nil
	}
	own := slices.IndexFunc(commits, func(c gitstore.CommitInfo) bool { return c.Committer.Name == o.Committer })
	foreign := commits
	if own >= 0 {
		foreign = commits[:own]
	}
	if o.Files == nil || len(foreign) == 0 {
		return own, nil
	}
	// The layout stays where it is once it is there, so the last one tells whether any of them has it.
	found, err := initialized(ctx, o.Files, foreign[len(foreign)-1:])
	if err != nil || found < 0 {
		return own, err
	}
	return initialized(ctx, o.Files, foreign)
}

// initialized finds the first commit with a layout file, or -1.
func initialized(ctx context.Context, files Files, commits []gitstore.CommitInfo) (int, error) {
	roots := make([]gitstore.TreePath, len(commits))
	for i, c := range commits {
		roots[i].Commit = c.Hash
	}
	trees, err := files.Trees(ctx, roots)
	if errors.Is(err, gitstore.ErrMissing) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("look for the layout of the manifest repo: %w", err)
	}
	return slices.IndexFunc(trees, func(entries []gitstore.TreeEntry) bool {
		return slices.ContainsFunc(entries, func(e gitstore.TreeEntry) bool { return e.Name == manifestrepo.SignalboxPath })
	}), nil
}

// fromTrees works out what a commit made run: how the versions in its deployment.json files differ from what ran before. The commit
// with which the history begins is read whole. Where old contents are missing, as in a partial clone, nothing is known, and the
// history goes on.
func (h *history) fromTrees(ctx context.Context, c gitstore.CommitInfo, files Files) ([]manifestrepo.Event, error) {
	var parent gitstore.Hash
	if h.sequence != h.beginning {
		parent = h.head
	}
	var changes []manifestrepo.PathChange
	var places []manifestrepo.Path
	err := files.Diff(ctx, parent, c.Hash, func(change gitstore.Change) error {
		if p, err := manifestrepo.ParsePath(change.Path); err == nil && p.Kind == manifestrepo.PathDeployment {
			changes = append(changes, manifestrepo.PathChange{Path: change.Path, New: change.New, Mode: change.Mode})
			places = append(places, p)
		}
		return nil
	})
	if errors.Is(err, gitstore.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what commit %s changed: %w", c.Hash, err)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	after, _, err := manifestrepo.Empty().Apply(ctx, manifestrepo.Update{Commit: c.Hash, Changes: changes}, files)
	if errors.Is(err, gitstore.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the deployments of commit %s: %w", c.Hash, err)
	}
	if err := h.details.flush(); err != nil {
		return nil, err
	}
	var events []manifestrepo.Event
	for i, p := range places {
		if after.ProblemAt(changes[i].Path) != "" {
			continue // nobody can tell; what ran before counts on
		}
		event := manifestrepo.Event{What: eventDeployed, Application: p.Application, Environment: p.Environment}
		if app := after.Application(p.Application); app != nil && app.Deployments[p.Environment] != nil {
			event.Version = app.Deployments[p.Environment].Version
		}
		if event.PreviousVersion, err = h.lastVersion(ctx, p.Application, p.Environment); err != nil {
			return nil, err
		}
		if event.Version == event.PreviousVersion {
			continue
		}
		if event.Version == 0 {
			event.What = eventRemoved
		}
		events = append(events, event)
	}
	return events, nil
}

// lastVersion is what the newest event in the file says that an application runs in an environment; 0 for nothing.
func (w *writer) lastVersion(ctx context.Context, app, env string) (uint64, error) {
	appTerm, envTerm := w.terms[term{kind: termApplication, name: app}], w.terms[term{kind: termEnvironment, name: env}]
	if appTerm == 0 || envTerm == 0 {
		return 0, nil
	}
	var version int64
	err := w.conn.QueryRowContext(ctx, `SELECT version FROM details WHERE run = 1 AND env = ? AND app = ? ORDER BY seq DESC, n DESC LIMIT 1`, envTerm, appTerm).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("look for what ran before: %w", err)
	}
	return uint64(version), nil
}
