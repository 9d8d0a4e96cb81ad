package reads

import (
	"context"
	"maps"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

type releaseSetService struct {
	api.UnimplementedReleaseSetServiceServer
	*Server
}

// ListReleaseSets lists all release sets, newest first, without their versions.
func (s releaseSetService) ListReleaseSets(context.Context, *api.ListReleaseSetsRequest) (*api.ListReleaseSetsResponse, error) {
	_, p := s.look()
	sets := slices.Clone(p.snapshot.ReleaseSets())
	slices.SortStableFunc(sets, func(a, b *manifestrepo.ReleaseSet) int { return b.CreatedAt.Compare(a.CreatedAt) })
	out := &api.ListReleaseSetsResponse{ReleaseSets: make([]*api.ReleaseSet, 0, len(sets))}
	for _, set := range sets {
		brief := rules.ReleaseSetProto(set)
		brief.Versions = nil
		out.ReleaseSets = append(out.ReleaseSets, brief)
	}
	return out, nil
}

// GetReleaseSet reads one release set.
func (s releaseSetService) GetReleaseSet(_ context.Context, r *api.GetReleaseSetRequest) (*api.ReleaseSet, error) {
	_, p := s.look()
	set, err := p.releaseSet("name", r.Name)
	if err != nil {
		return nil, err
	}
	return rules.ReleaseSetProto(set), nil
}

// CompareReleaseSets lists the applications that differ between two sides, by name.
func (s releaseSetService) CompareReleaseSets(_ context.Context, r *api.CompareReleaseSetsRequest) (*api.ReleaseSetComparison, error) {
	_, p := s.look()
	from, err := p.side("from", r.From)
	if err != nil {
		return nil, err
	}
	to, err := p.side("to", r.To)
	if err != nil {
		return nil, err
	}
	names := maps.Clone(from)
	maps.Copy(names, to)
	out := &api.ReleaseSetComparison{}
	for _, app := range slices.Sorted(maps.Keys(names)) {
		if from[app] == to[app] {
			out.Same++
			continue
		}
		difference := &api.ReleaseSetDifference{Application: app, FromVersion: from[app], ToVersion: to[app]}
		if a := p.snapshot.Application(app); a != nil {
			difference.FromDisplayVersion, difference.ToDisplayVersion = displayVersion(a, from[app]), displayVersion(a, to[app])
		}
		out.Differences = append(out.Differences, difference)
	}
	return out, nil
}

// sideEnvironment begins a side that is what an environment runs now.
const sideEnvironment = "environment:"

// side is the versions of one side of a comparison, by application. It may be shared: do not change it.
func (p *picture) side(field, name string) (map[string]uint64, error) {
	env, isEnvironment := strings.CutPrefix(name, sideEnvironment)
	if !isEnvironment {
		set, err := p.releaseSet(field, name)
		if err != nil {
			return nil, err
		}
		if set.Broken != "" {
			return nil, problem.New(problem.Conflict, "the release set %q cannot be read: %s", name, set.Broken).At(field).
				Because("a comparison has two sides that are known").Fix("repair or delete %s in the manifest repo", manifestrepo.ReleaseSetPath(name))
		}
		return set.Versions, nil
	}
	c := p.byName[env]
	if c == nil {
		return nil, p.noEnvironment(field, env)
	}
	versions := map[string]uint64{}
	for _, r := range p.applications {
		switch d := r.app.Deployments[env]; {
		case d == nil:
		case d.Broken != "":
			path := manifestrepo.DeploymentPath(env, r.app.Name)
			return nil, problem.New(problem.Conflict, "%s cannot be read: %s", path, d.Broken).At(field).
				Because("a comparison has two sides that are known").Fix("repair or delete that file in the manifest repo")
		case d.Version != 0:
			versions[r.app.Name] = d.Version
		}
	}
	return versions, nil
}

func (p *picture) releaseSet(field, name string) (*manifestrepo.ReleaseSet, error) {
	if set := p.snapshot.ReleaseSet(name); set != nil {
		return set, nil
	}
	var names []string
	for _, set := range p.snapshot.ReleaseSets() {
		names = append(names, set.Name)
	}
	return nil, notFound("release set", "a release set exists once somebody made it", field, name, names)
}
