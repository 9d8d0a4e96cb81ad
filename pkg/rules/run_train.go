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

// RunTrain: every application of an environment, or of all environments of a group, moves to the version its upstream runs.
// Each environment is decided on the state before the train, so a train goes one hop, whatever the names are.

func checkRunTrain(m *api.RunTrain, _ *checking) error {
	if _, known := api.TrainTarget_name[int32(m.TargetType)]; !known {
		return invalid("run_train.target_type", "%d is not a kind of target", m.TargetType).
			Because("an environment or an environment group").Fix("leave it out")
	}
	return firstOf(
		at("run_train.target", manifestrepo.CheckEnvironment(m.Target)),
		teamIsAName("run_train.team", m.Team),
		checkURL("run_train.ci_link", m.CiLink, "http", "https"),
	)
}

func needsOfRunTrain(m *api.RunTrain, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	envs, err := trainTargets(s, m)
	if err != nil {
		return nil
	}
	var needs []ReleaseKey
	seen := map[ReleaseKey]bool{}
	for _, env := range envs {
		source, cause, _ := sourceOf(s, env)
		if cause != 0 {
			continue
		}
		for _, app := range source.applications(s, env, m.Team) {
			key := ReleaseKey{app.Name, source.version(app)}
			if key.Version != 0 && key.Version != runs(app, env.Name) && !seen[key] {
				seen[key] = true
				needs = append(needs, key)
			}
		}
	}
	return needs
}

func decideRunTrain(m *api.RunTrain, w *work) error {
	envs, err := trainTargets(w.s, m)
	if err != nil {
		return err
	}
	answer := &api.TrainResult{Target: m.Target, Team: m.Team}
	w.result.Kind = &api.ActionResult_RunTrain{RunTrain: answer}
	for _, env := range envs {
		into, err := w.trainInto(env, m.Team)
		if err != nil {
			return err
		}
		answer.Environments = append(answer.Environments, into)
	}
	if len(envs) == 1 {
		w.message.Environment = envs[0].Name
	}
	w.tellTrain(m, answer)
	return nil
}

// trainTargets finds the environments a train goes to, by name.
func trainTargets(s *manifestrepo.Snapshot, m *api.RunTrain) ([]*manifestrepo.Environment, error) {
	if m.TargetType != api.TrainTarget_TRAIN_TARGET_ENVIRONMENT {
		if group := s.Group(m.Target); group != nil && len(group.Environments) > 0 {
			var envs []*manifestrepo.Environment
			for _, name := range group.Environments {
				if env := s.Environment(name); env != nil {
					envs = append(envs, env)
				}
			}
			return envs, nil
		}
	}
	if m.TargetType == api.TrainTarget_TRAIN_TARGET_ENVIRONMENT {
		env, err := findEnvironment(s, "run_train.target", m.Target)
		return []*manifestrepo.Environment{env}, err
	}
	if m.TargetType == api.TrainTarget_TRAIN_TARGET_UNSPECIFIED {
		if env := s.Environment(m.Target); env != nil {
			return []*manifestrepo.Environment{env}, nil
		}
	}
	known := groupNames(s)
	what := "environment group"
	if m.TargetType == api.TrainTarget_TRAIN_TARGET_UNSPECIFIED {
		known, what = append(known, environmentNames(s)...), "environment and no environment group"
	}
	return nil, problem.New(problem.NotFound, "there is no %s %q", what, m.Target).At("run_train.target").
		Because("a train goes to an environment or a group that exists").
		Fix("%s", didYouMean(m.Target, slices.Compact(slices.Sorted(slices.Values(known))), "create an environment first"))
}

func groupNames(s *manifestrepo.Snapshot) []string {
	var names []string
	for _, g := range s.Groups() {
		if len(g.Environments) > 0 {
			names = append(names, g.Name)
		}
	}
	return names
}

// source is where a train takes its versions from: an environment, or the newest releases.
type source struct{ upstream string }

// sourceOf is an environment's source, or why it has none.
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

// String names the source for a person.
func (src source) String() string {
	if src.upstream == "" {
		return "the newest releases"
	}
	return src.upstream
}

// version is what the source offers of an application; 0 is nothing.
func (src source) version(app *manifestrepo.Application) uint64 {
	if src.upstream != "" {
		return runs(app, src.upstream)
	}
	for i := len(app.Releases) - 1; i >= 0; i-- {
		if r := app.Releases[i]; !r.Prepublished && !r.Backfilled {
			return r.Version
		}
	}
	return 0
}

// applications lists those the source or the target knows, by name.
func (src source) applications(s *manifestrepo.Snapshot, env *manifestrepo.Environment, team string) []*manifestrepo.Application {
	var out []*manifestrepo.Application
	for _, app := range s.Applications() {
		if len(app.Releases) == 0 || team != "" && app.Team != team {
			continue
		}
		if src.upstream == "" || app.Deployments[src.upstream] != nil || runs(app, env.Name) != 0 {
			out = append(out, app)
		}
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

// trainInto runs the train into one environment.
func (w *work) trainInto(env *manifestrepo.Environment, team string) (*api.TrainEnvironment, error) {
	src, cause, because := sourceOf(w.s, env)
	into := &api.TrainEnvironment{Environment: env.Name, Upstream: src.upstream, SkipCause: cause, Because: because}
	if cause != 0 {
		return into, nil
	}
	locks := w.locksOfEnvironment(env)
	if len(locks) > 0 {
		into.SkipCause, into.Because = api.SkipCause_SKIP_CAUSE_ENV_IS_LOCKED, lockList(locks)
	}
	for _, app := range src.applications(w.s, env, team) {
		result, err := w.trainMoves(src, app, env, locks)
		if err != nil {
			return nil, err
		}
		into.Applications = append(into.Applications, result)
	}
	return into, nil
}

// trainMoves moves one application, or says why not.
func (w *work) trainMoves(src source, app *manifestrepo.Application, env *manifestrepo.Environment, envLocks []*manifestrepo.Lock) (*api.DeployResult, error) {
	version := src.version(app)
	result := &api.DeployResult{Application: app.Name, Environment: env.Name, Version: version, PreviousVersion: runs(app, env.Name)}
	switch {
	case version == 0:
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV, "it has no version in "+src.String()), nil
	case version == result.PreviousVersion:
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION, fmt.Sprintf("it runs %d already", version)), nil
	}
	release := app.Release(version)
	if release == nil || !release.HasEnvironment(env.Name) {
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV,
			fmt.Sprintf("release %d has no manifest for %s", version, env.Name)), nil
	}
	if len(envLocks) > 0 {
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_IS_LOCKED_BY_ENV, lockList(envLocks)), nil
	}
	d := deliveryTo(env, app.Name, app)
	d.version, d.behavior, d.automatic = version, api.LockBehavior_LOCK_BEHAVIOR_RECORD, true
	d.reason = w.because("release train from " + src.String())
	manifest, err := w.manifestFor(app.Name, release, env.Name)
	if err != nil {
		return skipped(result, causeOf(err), problem.From(err).Message), nil
	}
	d.manifest = manifest
	result, err = w.deliver(d)
	if err == nil && result.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_QUEUED {
		result.SkipCause = queuedBy(result.Locks)
	}
	return result, err
}

// causeOf: a release whose manifests cannot be read stays behind; the train goes on without it.
func causeOf(err error) api.SkipCause {
	if problem.From(err).Kind == problem.NotFound {
		return api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV
	}
	return api.SkipCause_SKIP_CAUSE_UNSPECIFIED
}

// queuedBy says which kind of lock keeps an application waiting; without a lock it is a freeze.
func queuedBy(locks []*api.Lock) api.SkipCause {
	if len(locks) == 0 {
		return api.SkipCause_SKIP_CAUSE_APP_IS_FROZEN
	}
	for _, l := range locks {
		if l.Scope == api.LockScope_LOCK_SCOPE_APPLICATION {
			return api.SkipCause_SKIP_CAUSE_APP_IS_LOCKED
		}
	}
	return api.SkipCause_SKIP_CAUSE_TEAM_IS_LOCKED
}

// tellTrain writes the commit message. Applications that are where they should be are not counted as skipped.
func (w *work) tellTrain(m *api.RunTrain, answer *api.TrainResult) {
	moved, queued, left := 0, 0, 0
	for _, into := range answer.Environments {
		var lines []string
		for _, r := range into.Applications {
			switch {
			case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
				moved++
				lines = append(lines, "  "+trainLine(r))
			case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
				queued++
				lines = append(lines, "  "+trainLine(r)+" waits: "+r.Because)
			case r.SkipCause != api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION:
				left++
				if into.SkipCause == 0 {
					lines = append(lines, "  "+r.Application+" stays: "+r.Because)
				}
			}
		}
		switch {
		case into.SkipCause != 0:
			w.say("%s is skipped: %s", into.Environment, into.Because)
		case len(lines) == 0:
			w.say("%s has nothing to move.", into.Environment)
		default:
			w.say("%s:", into.Environment)
		}
		w.lines = append(w.lines, lines...)
	}
	counts := []string{fmt.Sprintf("%d moved", moved)}
	if queued > 0 {
		counts = append(counts, fmt.Sprintf("%d queued", queued))
	}
	if left > 0 {
		counts = append(counts, fmt.Sprintf("%d skipped", left))
	}
	w.message.Subject = fmt.Sprintf("Release train to %s: %s", m.Target, strings.Join(counts, ", "))
	if m.Team != "" {
		w.message.Subject = fmt.Sprintf("Release train of team %s to %s: %s", m.Team, m.Target, strings.Join(counts, ", "))
	}
	if m.CiLink != "" {
		w.say("Asked for by %s", m.CiLink)
	}
}

func trainLine(r *api.DeployResult) string {
	if r.PreviousVersion == 0 {
		return fmt.Sprintf("%s %d", r.Application, r.Version)
	}
	return fmt.Sprintf("%s %d -> %d", r.Application, r.PreviousVersion, r.Version)
}
