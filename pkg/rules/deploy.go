package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Deploy: a person makes a version, newer or older, what should run in an environment.

func checkDeploy(m *api.Deploy, c *checking) error {
	return firstOf(
		at("deploy.application", manifestrepo.CheckApplication(m.Application)),
		at("deploy.environment", manifestrepo.CheckEnvironment(m.Environment)),
		checkVersion("deploy.version", m.Version),
		lockBehaviorIsKnown(m.LockBehavior),
		ignoringLocksDemandsReason(m.LockBehavior, c.reason),
	)
}

func lockBehaviorIsKnown(b api.LockBehavior) error {
	if _, known := api.LockBehavior_name[int32(b)]; known {
		return nil
	}
	return invalid("deploy.lock_behavior", "%d is not a lock behavior", b).Because("record, fail or ignore").Fix("leave it out to record")
}

func ignoringLocksDemandsReason(b api.LockBehavior, reason string) error {
	if b != api.LockBehavior_LOCK_BEHAVIOR_IGNORE || reason != "" {
		return nil
	}
	return invalid("reason", "the reason is missing").Because("a deployment that ignores locks says why").Fix("give a reason; it stands in the history")
}

func needsOfDeploy(m *api.Deploy, _ *Checked, _ *manifestrepo.Snapshot) []ReleaseKey {
	return []ReleaseKey{{m.Application, m.Version}}
}

func decideDeploy(m *api.Deploy, w *work) error {
	app, err := findApplication(w.s, "deploy.application", m.Application)
	if err != nil {
		return err
	}
	env, err := findEnvironment(w.s, "deploy.environment", m.Environment)
	if err != nil {
		return err
	}
	if err := environmentIsReadable("deploy.environment", env); err != nil {
		return err
	}
	release, err := findRelease(app, "deploy.version", m.Version)
	if err != nil {
		return err
	}
	d := deliveryTo(env, app.Name, app)
	if d.manifest, err = w.manifestFor(app.Name, release, env.Name); err != nil {
		return at("deploy.environment", err)
	}
	d.version, d.behavior, d.noHold, d.reason = m.Version, m.LockBehavior, m.NoHold, w.reason
	result, err := w.deliver(d)
	if err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_Deploy{Deploy: result}
	w.message.Application, w.message.Environment, w.message.Version = app.Name, env.Name, m.Version
	w.message.Subject = deploySubject(m, result)
	switch {
	case result.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		w.say("Held back by %s.", result.Because)
	case result.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
	case result.PreviousVersion != 0 && result.PreviousVersion != m.Version:
		w.say("It ran %d before.", result.PreviousVersion)
	case result.PreviousVersion == m.Version && result.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		w.say("The manifest had been edited by hand.")
	}
	if result.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED {
		return nil
	}
	if result.Held {
		w.say("It is on hold now.")
	}
	if held := w.heldBack(d); held.any() {
		w.say("Ignored: %s.", held)
	}
	return nil
}

func deploySubject(m *api.Deploy, r *api.DeployResult) string {
	verb, preposition := "Deploy", "to"
	switch r.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		verb, preposition = "Queue", "for"
	case api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED:
		verb, preposition = "Keep", "in"
	case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		verb, preposition = "Ask for approval of", "in"
	}
	return fmt.Sprintf("%s %s %d %s %s", verb, m.Application, m.Version, preposition, m.Environment)
}

func environmentIsReadable(field string, env *manifestrepo.Environment) error {
	if env.Problem == "" {
		return nil
	}
	return problem.New(problem.Conflict, "config.json of %s cannot be read: %s", env.Name, env.Problem).At(field).
		Because("an environment with a broken config takes no deployments").Fix("repair its config.json")
}

// manifestFor is the rule that a release has a manifest for the environment it goes to.
func (w *work) manifestFor(app string, r *manifestrepo.Release, env string) (manifestrepo.Hash, error) {
	if r.HasEnvironment(env) {
		manifests, err := w.ctx.Content.Manifests(app, r)
		if err != nil {
			return manifestrepo.Hash{}, problem.New(problem.Unavailable, "the manifests of %s %d cannot be read now", app, r.Version).
				Fix("try again").Wrap(err)
		}
		if blob, found := manifests[env]; found {
			return blob, nil
		}
	}
	return manifestrepo.Hash{}, problem.New(problem.NotFound, "release %d of %s has no manifest for %s", r.Version, app, env).
		Because("a release is deployed with its manifest for that environment").
		Fix("it has manifests for: %s", listed(r.Environments))
}
