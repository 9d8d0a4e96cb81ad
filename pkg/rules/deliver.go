package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// What an Event says; docs/format.md lists them.
const (
	eventCreatedRelease     = "created-release"
	eventDeployed           = "deployed"
	eventQueued             = "queued"
	eventUnqueued           = "unqueued"
	eventLocked             = "locked"
	eventUnlocked           = "unlocked"
	eventEnvironmentCreated = "environment-created"
	eventEnvironmentChanged = "environment-changed"
	eventResumed            = "resumed"
	eventHeld               = "held"
	eventBrokeGlass         = "broke-glass"
	eventRemoved            = "removed"
	eventReleasesRemoved    = "releases-removed"
	eventEnvironmentDeleted = "environment-deleted"
	eventApplicationChanged = "application-changed"
	eventGroupChanged       = "group-changed"
	eventRendered           = "rendered"
	eventApprovalRequested  = "approval-requested"
	eventApprovalSuperseded = "approval-superseded"
	eventApprovalExpired    = "approval-expired"
	eventApproved           = "approved"
	eventRejected           = "rejected"
	eventReleaseSetCreated  = "release-set-created"
	eventReleaseSetDeleted  = "release-set-deleted"
	eventTrainPaused        = "train-paused"
	eventTrainResumed       = "train-resumed"
	eventDeparted           = "departed"
	eventDepartureMissed    = "departure-missed"
)

// delivery is one version that meets one environment.
type delivery struct {
	app, team string
	env       *manifestrepo.Environment
	// old is what the environment says of the application; nil when nothing.
	old *manifestrepo.Deployment
	// locks of the application in the environment.
	locks    map[string]*manifestrepo.Lock
	version  uint64
	manifest manifestrepo.Hash
	behavior api.LockBehavior
	// automatic: not a person who names application and version, but a release or a train. A hold keeps it away.
	automatic bool
	// approved: whom the environment asks for approval has agreed.
	approved bool
	// noHold: an older version is deployed without a hold.
	noHold bool
	// waiting: it is the queued version of old. Who queued it and when stays, when something holds it back again.
	waiting bool
	// by is who wanted it; zero is who asks now.
	by manifestrepo.Actor
	// reason stands in deployment.json.
	reason string
}

// deliveryTo fills in what the snapshot knows; app may be nil.
func deliveryTo(env *manifestrepo.Environment, name string, app *manifestrepo.Application) delivery {
	d := delivery{app: name, env: env}
	if app != nil {
		d.team, d.old, d.locks = app.Team, app.Deployments[env.Name], app.Locks[env.Name]
	}
	return d
}

// deliver decides one delivery: on hold, running already, behind a lock or a freeze, waiting for approval, or deployed.
func (w *work) deliver(d delivery) (*api.DeployResult, error) {
	result := &api.DeployResult{Application: d.app, Environment: d.env.Name, Version: d.version}
	if d.old != nil {
		result.PreviousVersion = d.old.Version
	}
	if d.env.Problem != "" {
		return skipped(result, api.SkipCause_SKIP_CAUSE_ENV_CONFIG_BROKEN, "config.json of "+d.env.Name+" cannot be read: "+d.env.Problem), nil
	}
	if d.old != nil && d.old.Broken != "" {
		return result, w.whatRunsIsUnknown(d, result)
	}
	if d.automatic && d.old != nil && d.old.Hold != nil {
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_ON_HOLD, holdWords(d.old)), nil
	}
	if q := rollbackWaits(d.old); d.automatic && q != nil && !d.waiting {
		return skipped(result, api.SkipCause_SKIP_CAUSE_APP_ON_HOLD, fmt.Sprintf("a rollback to %d, asked for by hand, is queued", q.Version)), nil
	}
	if d.old != nil && d.old.Version == d.version && !d.old.EditedByHand() {
		return result, w.leaveRunning(d, result)
	}
	held := w.heldBack(d)
	result.Locks = lockProtos(held.locks)
	if !held.any() || d.behavior == api.LockBehavior_LOCK_BEHAVIOR_IGNORE {
		if waits, err := w.awaitsApproval(d, result); waits || err != nil {
			return result, err
		}
		if err := w.makeRun(d, result); err != nil {
			return nil, err
		}
		w.breakGlass(d, held)
		return result, nil
	}
	result.Because, result.FrozenUntil = held.String(), timeProto(held.freeze.Until)
	if d.behavior == api.LockBehavior_LOCK_BEHAVIOR_FAIL {
		return nil, held.refusal(d, result)
	}
	result.Outcome = api.DeployOutcome_DEPLOY_OUTCOME_QUEUED
	return result, w.wait(d, result.Because, held.cause())
}

// whatRunsIsUnknown: nobody knows what a deployment.json that cannot be read says, so nothing replaces it by itself.
func (w *work) whatRunsIsUnknown(d delivery, result *api.DeployResult) error {
	path := manifestrepo.DeploymentPath(d.env.Name, d.app)
	if d.automatic {
		skipped(result, api.SkipCause_SKIP_CAUSE_UNSPECIFIED, path+" cannot be read: "+d.old.Broken)
		return nil
	}
	return problem.New(problem.Conflict, "%s cannot be read: %s", path, d.old.Broken).
		Because("what runs is known before it is replaced").Fix("repair or delete that file in the manifest repo")
}

func skipped(result *api.DeployResult, cause api.SkipCause, because string) *api.DeployResult {
	result.Outcome, result.SkipCause, result.Because = api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED, cause, because
	return result
}

// rollbackWaits is an older version that a person wants and that is queued; nil when none is. It keeps trains and releases away as the hold will
// that it sets: what somebody takes back does not go forward meanwhile.
func rollbackWaits(d *manifestrepo.Deployment) *manifestrepo.Queued {
	if d == nil || d.Queued == nil || !d.Queued.ByHand || d.Queued.Version >= d.Version {
		return nil
	}
	return d.Queued
}

func holdWords(d *manifestrepo.Deployment) string {
	text := fmt.Sprintf("version %d is on hold", d.Version)
	if d.Hold.Reason != "" {
		text += ": " + d.Hold.Reason
	}
	return text
}

// leaveRunning: the version runs already. A person who deploys it wants it, so a version that waits is dropped.
func (w *work) leaveRunning(d delivery, result *api.DeployResult) error {
	result.Outcome = api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED
	if d.automatic || d.old.Queued == nil {
		return nil
	}
	return w.unqueue(d.app, d.old)
}

// unqueue drops the version that waits.
func (w *work) unqueue(app string, old *manifestrepo.Deployment) error {
	next := *old
	next.Queued = nil
	w.happened(manifestrepo.Event{What: eventUnqueued, Application: app, Environment: old.Environment, Version: old.Queued.Version})
	return w.put(app, &next, false)
}

// wait lets the version wait; it replaces one that waited before.
func (w *work) wait(d delivery, because string, cause manifestrepo.QueueCause) error {
	next := manifestrepo.Deployment{Environment: d.env.Name}
	queued := manifestrepo.Queued{Version: d.version, At: w.now, By: w.wantedBy(d)}
	if d.old != nil {
		next = *d.old
	}
	queued.ByHand, queued.Approved = !d.automatic && !d.noHold, d.approved
	if q := next.Queued; q != nil && q.Version == d.version {
		byHand, approved := q.ByHand || queued.ByHand && !d.waiting, q.Approved || queued.Approved
		if q.Because == because && q.Cause == cause && q.ByHand == byHand && q.Approved == approved {
			return nil
		}
		if d.waiting {
			queued = *q
		}
		queued.ByHand, queued.Approved = byHand, approved
	}
	queued.Because, queued.Cause = because, cause
	w.happened(manifestrepo.Event{What: eventQueued, Application: d.app, Environment: d.env.Name, Version: d.version, PreviousVersion: next.Version})
	next.Queued = &queued
	return w.put(d.app, &next, d.old == nil)
}

// wantedBy is who wanted a delivery.
func (w *work) wantedBy(d delivery) manifestrepo.Actor {
	if d.by != (manifestrepo.Actor{}) {
		return d.by
	}
	return w.ctx.Actor
}

// makeRun deploys. A newer version that a person chose ends a hold; an older one sets it.
func (w *work) makeRun(d delivery, result *api.DeployResult) error {
	result.Outcome = api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED
	next := manifestrepo.Deployment{Environment: d.env.Name}
	if d.old != nil {
		next = *d.old
	}
	event := manifestrepo.Event{Application: d.app, Environment: d.env.Name, Version: d.version}
	if q := next.Queued; q != nil && q.Version != d.version {
		unqueued := event
		unqueued.What, unqueued.Version = eventUnqueued, q.Version
		w.happened(unqueued)
	}
	deployed := event
	deployed.What, deployed.PreviousVersion = eventDeployed, next.Version
	w.happened(deployed)
	if !d.automatic {
		result.Held = w.holdOrResume(d, &next)
	}
	path := manifestrepo.ManifestPath(d.env.Name, d.app)
	if next.FileBlob.IsZero() {
		w.creates = append(w.creates, path)
	}
	next.Version, next.ManifestBlob, next.FileBlob, next.Queued = d.version, d.manifest, d.manifest, nil
	next.DeployedAt, next.DeployedBy, next.Reason = w.now, w.wantedBy(d), d.reason
	w.point(path, d.manifest)
	return w.put(d.app, &next, d.old == nil)
}

// put writes deployment.json (isNew: there is none); one that says nothing any more is removed.
func (w *work) put(app string, d *manifestrepo.Deployment, isNew bool) error {
	path := manifestrepo.DeploymentPath(d.Environment, app)
	if d.Version == 0 && d.Queued == nil && d.Hold == nil {
		w.delete(path)
		return nil
	}
	content, err := manifestrepo.EncodeDeployment(d)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if isNew {
		w.create(path, content)
	} else {
		w.write(path, content)
	}
	return nil
}

// tell writes one line of the commit message about a delivery.
func (w *work) tell(r *api.DeployResult) {
	switch r.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		line := fmt.Sprintf("Deploy to %s", r.Environment)
		if r.PreviousVersion != 0 {
			line += fmt.Sprintf(" (was %d)", r.PreviousVersion)
		}
		if len(r.Locks) > 0 {
			line += fmt.Sprintf(", ignoring %s", counted(len(r.Locks), "lock"))
		}
		w.say("%s", line)
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		w.say("Queue for %s: %s", r.Environment, r.Because)
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		w.say("Skip %s: %s", r.Environment, r.Because)
	}
}
