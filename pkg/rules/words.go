package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// counted writes 1 release, 2 releases.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// listed writes a, b, c and 4 more.
func listed(names []string) string {
	const shown = 10
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// didYouMean is a remedy for a name that does not exist: the nearest one that does, or what there is.
func didYouMean(name string, known []string, otherwise string) string {
	if near := problem.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return otherwise
	}
	return fmt.Sprintf("there is: %s", listed(known))
}

// sentence ends a text so that another one may follow.
func sentence(text string) string {
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func environmentNames(s *manifestrepo.Snapshot) []string {
	var names []string
	for _, e := range s.Environments() {
		names = append(names, e.Name)
	}
	return names
}

// findEnvironment is the rule that an environment exists; field may be empty.
func findEnvironment(s *manifestrepo.Snapshot, field, name string) (*manifestrepo.Environment, error) {
	if env := s.Environment(name); env != nil {
		return env, nil
	}
	return nil, problem.New(problem.NotFound, "there is no environment %q", name).At(field).Because("the environment exists").
		Fix("%s", didYouMean(name, environmentNames(s), "create it first"))
}

// findApplication is the rule that an application exists, which it does once it has a release.
func findApplication(s *manifestrepo.Snapshot, field, name string) (*manifestrepo.Application, error) {
	if app := s.Application(name); app != nil && len(app.Releases) > 0 {
		return app, nil
	}
	var names []string
	for _, a := range s.Applications() {
		if len(a.Releases) > 0 {
			names = append(names, a.Name)
		}
	}
	return nil, problem.New(problem.NotFound, "there is no application %q", name).At(field).
		Because("an application exists once it has a release").
		Fix("%s", didYouMean(name, names, "create its first release"))
}

// findRelease is the rule that a release exists and holds manifests.
func findRelease(app *manifestrepo.Application, field string, version uint64) (*manifestrepo.Release, error) {
	r := app.Release(version)
	if r == nil {
		refused := problem.New(problem.NotFound, "application %s has no release %d", app.Name, version).At(field).Because("the release exists")
		if newest := app.Newest(); newest != nil {
			return nil, refused.Fix("its newest release is %d", newest.Version)
		}
		return nil, refused.Fix("create its first release")
	}
	if r.Prepublished {
		return nil, problem.New(problem.Conflict, "release %d of %s is announced only: its manifests have not been uploaded", version, app.Name).
			At(field).Because("a release has manifests before it is deployed").Fix("create the release with its manifests")
	}
	return r, nil
}

// findTeam is the rule that a team exists, which it does while an application belongs to it.
func findTeam(s *manifestrepo.Snapshot, field, name string) error {
	teams := s.Teams()
	if slices.Contains(teams, name) {
		return nil
	}
	return problem.New(problem.NotFound, "no application belongs to team %q", name).At(field).
		Because("a team exists while an application belongs to it").
		Fix("%s", didYouMean(name, teams, "create a release with that team first"))
}
