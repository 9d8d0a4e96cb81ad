package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Where a train takes its versions from: what the upstream of each environment runs now, a release set, or what an environment ran at
// a past commit of the manifest repo.

// maxRevision is the limit of a tag's name, in characters.
const maxRevision = 250

const sourceField = "run_train.source"

// source is where a train into one environment takes its versions from.
type source struct {
	// upstream is the environment whose versions count; empty for the newest releases and for a release set.
	upstream string
	// fixed are the versions of a release set or a past state, by application; nil means the present.
	fixed map[string]uint64
	// words name a fixed source, lacks says of an application that it is not in it.
	words, lacks string
}

// checkSource: a train has one source.
func checkSource(src *api.TrainSource) error {
	const rule = "a train takes its versions from the upstream environment, a release set, or a past state"
	switch {
	case src.GetReleaseSet() != "" && src.GetRevision() != "":
		return invalid(sourceField, "the source names both a release set and a revision").Because(rule).Fix("leave one of them out")
	case src.GetEnvironment() != "" && src.GetRevision() == "":
		return invalid(sourceField+".environment", "the source names an environment without a revision").Because(rule).
			Fix("name the revision whose state counts, or leave the environment out to move what the upstream runs now")
	case src.GetReleaseSet() != "":
		return at(sourceField+".release_set", manifestrepo.CheckReleaseSet(src.ReleaseSet))
	case src.GetRevision() == "":
		return nil
	}
	if err := checkLine(sourceField+".revision", src.Revision, maxRevision); err != nil {
		return err
	}
	if strings.HasPrefix(src.Revision, "-") || strings.TrimSpace(src.Revision) != src.Revision {
		return invalid(sourceField+".revision", "%q is neither a commit nor a tag", shorten(src.Revision)).
			Because("a revision is a commit id or a tag of the manifest repo").Fix("send a commit id of 7 to 40 digits or the name of a tag")
	}
	if src.Environment == "" {
		return nil
	}
	return at(sourceField+".environment", manifestrepo.CheckEnvironment(src.Environment))
}

// readableReleaseSet is the rule that a release set exists and can be read.
func readableReleaseSet(s *manifestrepo.Snapshot, field, name string) (*manifestrepo.ReleaseSet, error) {
	set, err := findReleaseSet(s, field, name)
	if err != nil || set.Broken == "" {
		return set, err
	}
	return nil, problem.New(problem.Conflict, "%s cannot be read: %s", manifestrepo.ReleaseSetPath(name), set.Broken).At(field).
		Because("the versions of a release set are known before they move").Fix("repair that file, or delete the release set and create it anew")
}

// sourceOf is an environment's own source, what its upstream runs now, or why it has none.
func sourceOf(s *manifestrepo.Snapshot, env *manifestrepo.Environment) (src source, cause api.SkipCause, because string) {
	up := env.Config.Upstream
	if env.Problem != "" {
		up = upstreamOfBroken(env)
	}
	switch {
	case up != nil && up.Latest && up.Environment != "":
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_BOTH_UPSTREAM_LATEST_AND_UPSTREAM_ENV,
			"its upstream is both latest and environment " + up.Environment
	case env.Problem != "":
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_CONFIG_BROKEN, "its config.json cannot be read: " + env.Problem
	case up == nil:
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_UPSTREAM, "it has no upstream"
	case up.Latest:
		return source{}, 0, ""
	case up.Environment == "":
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_UPSTREAM_LATEST_OR_UPSTREAM_ENV,
			"its upstream names neither latest nor an environment"
	case s.Environment(up.Environment) == nil:
		return source{}, api.SkipCause_SKIP_CAUSE_UPSTREAM_ENV_CONFIG_NOT_FOUND, "its upstream " + up.Environment + " does not exist"
	}
	return source{upstream: up.Environment}, 0, ""
}

// upstreamOfBroken tells two upstreams from other faults of a config.json; nil when it cannot be read at all.
func upstreamOfBroken(env *manifestrepo.Environment) *manifestrepo.Upstream {
	var config manifestrepo.Config
	if json.Unmarshal(env.Raw, &config) != nil {
		return nil
	}
	return config.Upstream
}

// sourceOfSet is a release set as the source of an environment, which then needs no upstream.
func sourceOfSet(set *manifestrepo.ReleaseSet, env *manifestrepo.Environment) (src source, cause api.SkipCause, because string) {
	words := "release set " + set.Name
	switch {
	case env.Problem != "":
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_CONFIG_BROKEN, "its config.json cannot be read: " + env.Problem
	case len(set.Versions) == 0:
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_SOURCE, words + " is empty"
	}
	return source{fixed: set.Versions, words: words, lacks: "it is not in " + words}, 0, ""
}

// sourceFor is where the train into an environment takes its versions from, or why there is nothing.
func (w *work) sourceFor(t *train, env *manifestrepo.Environment) (src source, cause api.SkipCause, because string, err error) {
	switch {
	case t.set != nil:
		src, cause, because = sourceOfSet(t.set, env)
	case t.from.GetRevision() != "":
		return w.sourceInThePast(t, env)
	default:
		src, cause, because = sourceOf(w.s, env)
	}
	return src, cause, because, nil
}

// sourceInThePast is what an environment ran at a past commit: the one the train names, or the upstream.
func (w *work) sourceInThePast(t *train, env *manifestrepo.Environment) (src source, cause api.SkipCause, because string, err error) {
	src.upstream = t.from.Environment
	if env.Problem != "" {
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_CONFIG_BROKEN, "its config.json cannot be read: " + env.Problem, nil
	}
	if src.upstream == "" {
		if env.Latest() && env.UpstreamName() == "" {
			return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_SOURCE,
				"it takes the newest releases, and the train does not name the environment whose past counts", nil
		}
		if src, cause, because = sourceOf(w.s, env); cause != 0 {
			return src, cause, because, nil
		}
	}
	if src.fixed, err = w.pastOf(t, src.upstream); err != nil {
		return source{}, 0, "", err
	}
	if len(src.fixed) == 0 {
		if t.from.Environment != "" && w.s.Environment(src.upstream) == nil {
			_, err := findEnvironment(w.s, sourceField+".environment", src.upstream)
			return source{}, 0, "", err
		}
		return source{}, api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_SOURCE, fmt.Sprintf("%s ran nothing at %s", src.upstream, t.from.Revision), nil
	}
	src.words = src.upstream + " at " + t.from.Revision
	src.lacks = fmt.Sprintf("%s did not run it at %s", src.upstream, t.from.Revision)
	return src, 0, "", nil
}

// pastOf asks once for each environment.
func (w *work) pastOf(t *train, env string) (map[string]uint64, error) {
	if past, known := t.past[env]; known {
		return past, nil
	}
	past, err := w.ctx.Content.Past(t.from.Revision, env)
	if err != nil {
		refused := problem.From(err)
		if refused.Kind == problem.Internal {
			return nil, problem.New(problem.Unavailable, "the manifest repo at %s cannot be read now", t.from.Revision).
				At(sourceField + ".revision").Because("a past state is read before it comes back").Fix("try again").Wrap(err)
		}
		named := *refused
		if named.Rule == "" {
			named.Rule = "a revision is a commit id or a tag of the manifest repo"
		}
		if named.Remedy == "" {
			named.Remedy = "look the commit or tag up in the history"
		}
		return nil, named.At(sourceField + ".revision")
	}
	if t.past == nil {
		t.past = map[string]map[string]uint64{}
	}
	t.past[env] = past
	return past, nil
}

// String names the source for a person.
func (src source) String() string {
	switch {
	case src.words != "":
		return src.words
	case src.upstream == "":
		return "the newest releases"
	}
	return src.upstream
}

// version is what the source offers of an application; 0 is nothing.
func (src source) version(app *manifestrepo.Application) uint64 {
	switch {
	case src.fixed != nil:
		return src.fixed[app.Name]
	case src.upstream != "":
		return runs(app, src.upstream)
	}
	for i := len(app.Releases) - 1; i >= 0; i-- {
		if r := app.Releases[i]; !r.Prepublished && !r.Backfilled {
			return r.Version
		}
	}
	return 0
}

// has reports whether the source says anything of an application.
func (src source) has(app *manifestrepo.Application) bool {
	switch {
	case src.fixed != nil:
		return src.fixed[app.Name] != 0
	case src.upstream != "":
		return app.Deployments[src.upstream] != nil
	}
	return true
}

// applications lists those the source or the target knows, by name. One that a fixed source names and that is gone has no releases.
func (src source) applications(s *manifestrepo.Snapshot, env *manifestrepo.Environment, filter trainFilter) []*manifestrepo.Application {
	var out []*manifestrepo.Application
	for _, app := range s.Applications() {
		if len(app.Releases) > 0 && filter.lets(app) && (src.has(app) || runs(app, env.Name) != 0) {
			out = append(out, app)
		}
	}
	gone := false
	for name := range src.fixed {
		app := s.Application(name)
		if app == nil {
			app = &manifestrepo.Application{Name: name}
		}
		if len(app.Releases) == 0 && filter.lets(app) {
			out, gone = append(out, app), true
		}
	}
	if gone {
		slices.SortFunc(out, func(a, b *manifestrepo.Application) int { return strings.Compare(a.Name, b.Name) })
	}
	return out
}

// runs is the version deployed in an environment; 0 when none.
func runs(app *manifestrepo.Application, env string) uint64 {
	if d := app.Deployments[env]; d != nil {
		return d.Version
	}
	return 0
}
