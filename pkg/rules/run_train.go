package rules

import (
	"fmt"
	"slices"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// RunTrain: the applications of an environment, or of all environments of a group, move to the version that the train's source offers.
// Each environment is decided on the state before the train, so a train goes one hop, whatever the names are.

func checkRunTrain(m *api.RunTrain, _ *checking) error {
	if _, known := api.TrainTarget_name[int32(m.TargetType)]; !known {
		return invalid("run_train.target_type", "%d is not a kind of target", m.TargetType).
			Because("an environment or an environment group").Fix("leave it out")
	}
	return firstOf(
		at("run_train.target", manifestrepo.CheckEnvironment(m.Target)),
		checkTrainFilter(m),
		checkSource(m.Source),
		checkURL("run_train.ci_link", m.CiLink, "http", "https"),
	)
}

// train is a train about to run: where it goes, whom it takes, and from where.
type train struct {
	// target is what was named, envs the environments behind it.
	target string
	envs   []*manifestrepo.Environment
	filter trainFilter
	// name is that of the timetable's entry; empty for others.
	name string
	// from is the source that was asked for (may be nil), set the release set it names, past what was read of past states.
	from *api.TrainSource
	set  *manifestrepo.ReleaseSet
	past map[string]map[string]uint64
	// whole: all or nothing.
	whole bool
}

// trainOf makes a train of a request.
func trainOf(s *manifestrepo.Snapshot, m *api.RunTrain) (*train, error) {
	t := &train{
		target: m.Target, name: m.Train, from: m.Source, whole: m.Whole,
		filter: trainFilter{team: m.Team, applications: m.Applications, labels: m.Labels},
	}
	var err error
	if t.envs, err = trainTargets(s, m); err != nil {
		return nil, err
	}
	if m.Train != "" {
		found, err := findTrain(s, m.Target, m.TargetType, "run_train.train", m.Train)
		if err != nil {
			return nil, err
		}
		if _, err := timetableOf(found, "run_train.train"); err != nil {
			return nil, err
		}
		t.envs, t.filter = found.environments(s), found.filter()
		return t, t.findSet(s)
	}
	if err := namedApplicationsExist(s, m.Applications); err != nil {
		return nil, err
	}
	return t, t.findSet(s)
}

func (t *train) findSet(s *manifestrepo.Snapshot) (err error) {
	if name := t.from.GetReleaseSet(); name != "" {
		t.set, err = readableReleaseSet(s, sourceField+".release_set", name)
	}
	return err
}

func needsOfRunTrain(m *api.RunTrain, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	t, err := trainOf(s, m)
	if err != nil {
		return nil
	}
	return t.needs(s)
}

// needs lists the releases that the train asks for. Those of a past state are not known beforehand.
func (t *train) needs(s *manifestrepo.Snapshot) []ReleaseKey {
	if t.from.GetRevision() != "" {
		return nil
	}
	var needs []ReleaseKey
	seen := map[ReleaseKey]bool{}
	for _, env := range t.envs {
		src, cause, _ := sourceOf(s, env)
		if t.set != nil {
			src, cause, _ = sourceOfSet(t.set, env)
		}
		if cause != 0 {
			continue
		}
		for _, app := range src.applications(s, env, t.filter) {
			key := ReleaseKey{app.Name, src.version(app)}
			if key.Version != 0 && key.Version != runs(app, env.Name) && !seen[key] {
				seen[key] = true
				needs = append(needs, key)
			}
		}
	}
	return needs
}

func decideRunTrain(m *api.RunTrain, w *work) error {
	t, err := trainOf(w.s, m)
	if err != nil {
		return err
	}
	into, err := w.run(t)
	if err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_RunTrain{RunTrain: &api.TrainResult{Target: m.Target, Team: m.Team, Environments: into, Train: m.Train}}
	w.message.Subject = w.tellTrain(t, into)
	if m.CiLink != "" {
		w.say("Asked for by %s", m.CiLink)
	}
	return nil
}

// run runs the train into each of its environments.
func (w *work) run(t *train) ([]*api.TrainEnvironment, error) {
	var all []*api.TrainEnvironment
	for _, env := range t.envs {
		into, err := w.trainInto(t, env)
		if err != nil {
			return nil, err
		}
		all = append(all, into)
	}
	if len(t.envs) == 1 {
		w.message.Environment = t.envs[0].Name
	}
	if t.whole {
		return all, wholeOrNothing(t, all)
	}
	return all, nil
}

// trainTargets finds the environments a train goes to, by name.
func trainTargets(s *manifestrepo.Snapshot, m *api.RunTrain) ([]*manifestrepo.Environment, error) {
	if m.TargetType != api.TrainTarget_TRAIN_TARGET_ENVIRONMENT {
		if group := s.Group(m.Target); group != nil && len(group.Environments) > 0 {
			return environmentsOf(s, group), nil
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

// environmentsOf are a group's environments by name; none for no group.
func environmentsOf(s *manifestrepo.Snapshot, group *manifestrepo.Group) []*manifestrepo.Environment {
	if group == nil {
		return nil
	}
	var envs []*manifestrepo.Environment
	for _, name := range group.Environments {
		if env := s.Environment(name); env != nil {
			envs = append(envs, env)
		}
	}
	return envs
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

// trainInto runs the train into one environment.
func (w *work) trainInto(t *train, env *manifestrepo.Environment) (*api.TrainEnvironment, error) {
	src, cause, because, err := w.sourceFor(t, env)
	if err != nil {
		return nil, err
	}
	into := &api.TrainEnvironment{Environment: env.Name, Upstream: src.upstream, SkipCause: cause, Because: because}
	if cause != 0 {
		return into, nil
	}
	locks := w.locksOfEnvironment(env)
	if len(locks) > 0 {
		into.SkipCause, into.Because = api.SkipCause_SKIP_CAUSE_ENV_IS_LOCKED, lockList(locks)
	}
	for _, app := range src.applications(w.s, env, t.filter) {
		result, err := w.trainMoves(t, src, app, env)
		if err != nil {
			return nil, err
		}
		into.Applications = append(into.Applications, result)
	}
	return into, nil
}

// trainMoves moves one application, or says why not.
func (w *work) trainMoves(t *train, src source, app *manifestrepo.Application, env *manifestrepo.Environment) (*api.DeployResult, error) {
	version := src.version(app)
	result := &api.DeployResult{Application: app.Name, Environment: env.Name, Version: version, PreviousVersion: runs(app, env.Name)}
	switch {
	case version == 0 && src.fixed != nil:
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_NOT_IN_SOURCE, src.lacks), nil
	case version == 0:
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV, "it has no version in "+src.String()), nil
	case version == result.PreviousVersion:
		skipped(result, api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION, fmt.Sprintf("it runs %d already", version))
		return result, w.dropOutdated(src, app, env)
	}
	release := app.Release(version)
	switch {
	case release == nil:
		return skipped(result, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE, fmt.Sprintf("release %d is gone", version)), nil
	case release.Prepublished:
		return skipped(result, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE, fmt.Sprintf("release %d is announced only", version)), nil
	case !release.HasEnvironment(env.Name):
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV,
			fmt.Sprintf("release %d has no manifest for %s", version, env.Name)), nil
	}
	if locks := w.locksOfEnvironment(env); len(locks) > 0 {
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_IS_LOCKED_BY_ENV, lockList(locks)), nil
	}
	d := deliveryTo(env, app.Name, app)
	d.version, d.behavior, d.automatic = version, api.LockBehavior_LOCK_BEHAVIOR_RECORD, true
	d.reason = w.because(t.reason(src))
	manifest, err := w.manifestFor(app.Name, release, env.Name)
	if err != nil {
		return skipped(result, causeOf(err), problem.From(err).Message), nil
	}
	d.manifest = manifest
	result, err = w.deliver(d)
	if err == nil {
		result.SkipCause = causeOfWaiting(result)
	}
	return result, err
}

// dropOutdated: a train's source went back to what runs, so the newer version that a freeze held back must not be caught up. What a person asked for
// by hand stays.
func (w *work) dropOutdated(src source, app *manifestrepo.Application, env *manifestrepo.Environment) error {
	old := app.Deployments[env.Name]
	if old.Queued == nil || old.Queued.Cause != manifestrepo.QueuedByFreeze || old.Queued.ByHand {
		return nil
	}
	w.say("%s %d does not wait for %s any more: %s has %d, which runs there.", app.Name, old.Queued.Version, env.Name, src, old.Version)
	return w.unqueue(app.Name, old)
}

// reason stands in deployment.json unless somebody gave one.
func (t *train) reason(src source) string {
	if t.name != "" {
		return "release train " + t.name
	}
	return "release train from " + src.String()
}

// causeOf: a release whose manifests cannot be read stays behind; the train goes on without it.
func causeOf(err error) api.SkipCause {
	if problem.From(err).Kind == problem.NotFound {
		return api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV
	}
	return api.SkipCause_SKIP_CAUSE_UNSPECIFIED
}

// causeOfWaiting says what keeps an application waiting: the lock nearest to it, else a freeze, else an approval.
func causeOfWaiting(result *api.DeployResult) api.SkipCause {
	switch result.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return api.SkipCause_SKIP_CAUSE_APP_AWAITS_APPROVAL
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
	default:
		return result.SkipCause
	}
	if len(result.Locks) == 0 {
		return api.SkipCause_SKIP_CAUSE_APP_IS_FROZEN
	}
	for _, l := range result.Locks {
		if l.Scope == api.LockScope_LOCK_SCOPE_APPLICATION {
			return api.SkipCause_SKIP_CAUSE_APP_IS_LOCKED
		}
	}
	return api.SkipCause_SKIP_CAUSE_TEAM_IS_LOCKED
}

// wholeOrNothing refuses a train of which a part would stay behind.
func wholeOrNothing(t *train, all []*api.TrainEnvironment) error {
	var behind []string
	for _, into := range all {
		stay := slices.DeleteFunc(slices.Clone(into.Applications), func(r *api.DeployResult) bool { return !staysBehind(r) })
		locked := into.SkipCause == api.SkipCause_SKIP_CAUSE_ENV_IS_LOCKED
		if into.SkipCause != 0 && !locked || locked && len(stay) > 0 {
			behind = append(behind, fmt.Sprintf("%s is skipped (%s)", into.Environment, into.Because))
			continue
		}
		for _, r := range stay {
			behind = append(behind, fmt.Sprintf("%s in %s (%s)", r.Application, r.Environment, becauseOf(r)))
		}
	}
	if len(behind) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "the train to %s cannot go as a whole; what stays behind: %s", t.target, listed(behind)).
		At("run_train.whole").Because("with whole, every application that is to move is deployed now (or all of them wait for approval), or nothing is").
		Fix("see to what holds them back, or leave whole out and let the others move")
}

// staysBehind reports that an application was to move and did not. One that the source does not have, that runs the version already, or
// that neither is nor should be in the environment was not to move. What waits for approval goes with the request, together.
func staysBehind(r *api.DeployResult) bool {
	switch r.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED, api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED,
		api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return false
	}
	switch r.SkipCause {
	case api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION, api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV,
		api.SkipCause_SKIP_CAUSE_APP_NOT_IN_SOURCE:
		return false
	case api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV:
		return r.PreviousVersion != 0
	}
	return true
}
