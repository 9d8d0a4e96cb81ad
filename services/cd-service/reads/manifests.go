package reads

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/diffs"
)

// Limits of what one answer carries.
const (
	maxManifest  = 16 << 20
	maxManifests = 48 << 20
)

// GetManifests reads a release's manifests from the release log.
func (s applicationService) GetManifests(ctx context.Context, r *api.GetManifestsRequest) (*api.Manifests, error) {
	_, p := s.look()
	app, release, err := p.release(r.Application, r.Version)
	if err != nil {
		return nil, err
	}
	contents, err := s.manifests(ctx, app, release, r.Environment)
	if err != nil {
		return nil, err
	}
	out := &api.Manifests{Release: releaseProto(app, release), Manifests: make(map[string]*api.Manifest, len(contents))}
	for env, content := range contents {
		out.Manifests[env] = &api.Manifest{Environment: env, Content: diffs.Redact(content)}
	}
	return out, nil
}

// manifests reads what a release holds for an environment, or for all when env is empty.
func (s *Server) manifests(ctx context.Context, app *manifestrepo.Application, r *manifestrepo.Release, env string) (map[string][]byte, error) {
	if env != "" && !slices.Contains(r.Environments, env) {
		return nil, noManifest(app, r, env)
	}
	trees, err := s.Store.Trees(ctx, []gitstore.TreePath{{Commit: r.LogCommit, Path: path.Dir(manifestrepo.ReleasePath(app.Name, r.Version))}})
	if err != nil {
		return nil, fmt.Errorf("list the manifests of %s %d: %w", app.Name, r.Version, err)
	}
	var names []string
	var hashes []gitstore.Hash
	for _, e := range trees[0] {
		if name, ok := strings.CutSuffix(e.Name, ".yaml"); ok && (env == "" || name == env) {
			names, hashes = append(names, name), append(hashes, e.Hash)
		}
	}
	if env != "" && len(names) == 0 {
		return nil, noManifest(app, r, env)
	}
	blobs, err := s.Store.Blobs(ctx, hashes, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("read the manifests of %s %d: %w", app.Name, r.Version, err)
	}
	contents, size := make(map[string][]byte, len(names)), 0
	for i, name := range names {
		if size += len(blobs[i]); blobs[i] == nil || size > maxManifests {
			return nil, problem.New(problem.TooLarge, "the manifests of %s %d are too large for one answer", app.Name, r.Version).At("environment").
				Because(fmt.Sprintf("an answer holds at most %d MiB, a manifest in it %d MiB", maxManifests>>20, maxManifest>>20)).
				Fix("ask for one environment, or read commit %s of the release log with git", r.LogCommit)
		}
		contents[name] = blobs[i]
	}
	return contents, nil
}

func noManifest(app *manifestrepo.Application, r *manifestrepo.Release, env string) error {
	err := problem.New(problem.NotFound, "release %d of %s has no manifest for %s", r.Version, app.Name, env).At("environment").
		Because("a release runs only where it has a manifest for")
	if len(r.Environments) == 0 {
		return err.Fix("it has none at all")
	}
	return err.Fix("it has manifests for %s", strings.Join(r.Environments, ", "))
}

// DiffManifests compares two manifests of an application.
//
// From is what the environment runs, or from_version; nothing when nothing runs there. To is what to_environment runs (with
// that environment's manifest), or to_version, or the newest release with a manifest for the environment. Where a Secret's
// value differs the lines say so without showing it.
func (s applicationService) DiffManifests(ctx context.Context, r *api.DiffManifestsRequest) (*api.ManifestDiff, error) {
	_, p := s.look()
	app, err := p.application("application", r.Application)
	if err != nil {
		return nil, err
	}
	if r.Environment == "" {
		return nil, problem.New(problem.Invalid, "the environment is missing").At("environment").
			Because("manifests are compared for one environment").Fix("name the environment")
	}
	for field, env := range map[string]string{"environment": r.Environment, "to_environment": r.ToEnvironment} {
		if err := p.checkEnvironment(field, env); err != nil {
			return nil, err
		}
	}
	from, to, err := diffSides(app, r)
	if err != nil {
		return nil, err
	}
	return s.diff(ctx, app, from, to)
}

// side is one side of a comparison; release is nil when nothing is there.
type side struct {
	environment string
	release     *manifestrepo.Release
}

func diffSides(app *manifestrepo.Application, r *api.DiffManifestsRequest) (from, to side, err error) {
	from, to = side{environment: r.Environment}, side{environment: r.Environment}
	if r.FromVersion != 0 {
		from.release, err = releaseOf(app, "from_version", r.FromVersion)
	} else {
		from.release, err = running(app, "environment", r.Environment)
	}
	if err != nil {
		return from, to, err
	}
	switch {
	case r.ToEnvironment != "":
		to.environment = r.ToEnvironment
		to.release, err = running(app, "to_environment", r.ToEnvironment)
	case r.ToVersion != 0:
		to.release, err = releaseOf(app, "to_version", r.ToVersion)
	default:
		for _, release := range slices.Backward(app.Releases) {
			if hasManifest(release, r.Environment) {
				to.release = release
				break
			}
		}
	}
	if err == nil && to.release == nil && from.release == nil {
		err = problem.New(problem.NotFound, "%s has nothing to compare in %s", app.Name, r.Environment).At("environment").
			Because("a comparison needs a version that runs or has a manifest").Fix("name another environment, or versions")
	}
	return from, to, err
}

// running is the release that an environment runs; nil when nothing runs there.
func running(app *manifestrepo.Application, field, env string) (*manifestrepo.Release, error) {
	d := app.Deployments[env]
	if d == nil || d.Version == 0 {
		return nil, nil
	}
	return releaseOf(app, field, d.Version)
}

func (s *Server) diff(ctx context.Context, app *manifestrepo.Application, from, to side) (*api.ManifestDiff, error) {
	a, err := s.side(ctx, app, from)
	if err != nil {
		return nil, err
	}
	b, err := s.side(ctx, app, to)
	if err != nil {
		return nil, err
	}
	d, err := diffs.Compare(a, b)
	var long *diffs.TooLongError
	if errors.As(err, &long) {
		return nil, problem.New(problem.TooLarge, "the manifests of %s have %d and %d lines, too many to compare here", app.Name, long.From, long.To).
			Because(fmt.Sprintf("manifests up to %d lines are compared", diffs.MaxLines)).Fix("read both and compare them with diff")
	}
	if err != nil {
		return nil, fmt.Errorf("compare manifests: %w", err)
	}
	out := &api.ManifestDiff{FromVersion: from.version(), ToVersion: to.version(), Diff: d.Text, Added: d.Added, Removed: d.Removed}
	for _, r := range slices.Backward(app.Releases) {
		if r.Version > out.FromVersion && r.Version <= out.ToVersion {
			out.Releases = append(out.Releases, releaseProto(app, r))
		}
	}
	return out, nil
}

// side reads a manifest.
func (s *Server) side(ctx context.Context, app *manifestrepo.Application, of side) (diffs.Side, error) {
	if of.release == nil {
		return diffs.Side{}, nil
	}
	contents, err := s.manifests(ctx, app, of.release, of.environment)
	if err != nil {
		return diffs.Side{}, err
	}
	return diffs.Side{Name: of.name(app), Content: contents[of.environment]}, nil
}

func (s side) version() uint64 {
	if s.release == nil {
		return 0
	}
	return s.release.Version
}

// name stands in the diff's first lines.
func (s side) name(app *manifestrepo.Application) string {
	return manifestrepo.ReleaseManifestPath(app.Name, s.release.Version, s.environment)
}
