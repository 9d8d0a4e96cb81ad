package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Effects says what a decided deployment changes about the next train of its environment, and of those downstream of it. Both times it is
// the train's own rule that answers: on s, and on what d makes of it. Only trains that do something else afterwards are listed: its own
// environment first, then the others by name. Other commands than a deployment have none.
func Effects(d *Decision, s *manifestrepo.Snapshot, ctx Context) ([]*api.TrainEffect, error) {
	deployed := d.Result.GetDeploy()
	if deployed == nil || !d.Changes() {
		return nil, nil
	}
	then := newOverlay(s, ctx.Content)
	if err := then.apply(d); err != nil {
		return nil, err
	}
	afterwards := ctx
	afterwards.Content = then
	var effects []*api.TrainEffect
	for _, env := range onTheWay(s, deployed.Environment) {
		before, err := nextTrain(s, ctx, deployed.Application, env)
		if err != nil {
			return nil, err
		}
		after, err := nextTrain(then.snapshot, afterwards, deployed.Application, env)
		if err != nil {
			return nil, err
		}
		if sameMove(before, after) {
			continue
		}
		effects = append(effects, &api.TrainEffect{
			Application: deployed.Application, Environment: env, Before: before, After: after, Text: effectWords(env, before, after),
		})
	}
	return effects, nil
}

// onTheWay lists an environment and those that it is the upstream of.
func onTheWay(s *manifestrepo.Snapshot, env string) []string {
	names := []string{env}
	for _, e := range s.Environments() {
		if e.UpstreamName() == env && e.Name != env {
			names = append(names, e.Name)
		}
	}
	return names
}

// nextTrain is what a train to an environment would do with one application; nil when it has nothing to do with it.
func nextTrain(s *manifestrepo.Snapshot, ctx Context, app, env string) (*api.DeployResult, error) {
	action := &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{
		Target: env, TargetType: api.TrainTarget_TRAIN_TARGET_ENVIRONMENT, Applications: []string{app},
	}}}
	checked, err := Check(action, ctx.Policy, nil)
	if err != nil {
		return nil, err
	}
	d, err := Decide(checked, s, ctx)
	if err != nil {
		return nil, err
	}
	for _, into := range d.Result.GetRunTrain().GetEnvironments() {
		for _, r := range into.Applications {
			if r.Application == app {
				return r, nil
			}
		}
	}
	return nil, nil
}

// sameMove reports whether two trains do the same with an application, as far as it matters to whoever waits for them.
func sameMove(a, b *api.DeployResult) bool {
	if offersNothing(a) && offersNothing(b) {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	stays := a.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED
	return a.Outcome == b.Outcome && a.SkipCause == b.SkipCause && (stays || a.Version == b.Version)
}

// offersNothing reports whether the train's source does not have the application.
func offersNothing(r *api.DeployResult) bool {
	return r == nil || r.SkipCause == api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV
}

func effectWords(env string, before, after *api.DeployResult) string {
	const takes = api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED
	if before.GetOutcome() == takes && after.GetOutcome() == takes {
		return fmt.Sprintf("the next train to %s takes %d instead of %d", env, after.Version, before.Version)
	}
	return fmt.Sprintf("the next train to %s %s; without this deployment it %s", env, moveWords(after), moveWords(before))
}

// moveWords says what a train does with an application.
func moveWords(r *api.DeployResult) string {
	switch r.GetOutcome() {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		return fmt.Sprintf("takes %d", r.Version)
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		return fmt.Sprintf("queues %d behind %s", r.Version, r.Because)
	case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return fmt.Sprintf("asks for approval of %d", r.Version)
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		if r.SkipCause == api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION {
			break
		}
		if r.PreviousVersion == 0 {
			return "does not bring it: " + r.Because
		}
		return fmt.Sprintf("leaves it at %d: %s", r.PreviousVersion, r.Because)
	case api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED:
	default:
		return "has nothing to move"
	}
	return fmt.Sprintf("leaves %d as it is", r.Version)
}
