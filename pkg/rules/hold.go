package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Hold and Resume: releases and trains stay away from what an application runs in an environment, until somebody resumes or deploys a newer
// version by hand. A person who deploys an older version sets a hold by that: else the next train would take it back.

func checkHold(m *api.Hold, c *checking) error {
	if err := checkHoldPlace("hold", m.Application, m.Environment); err != nil {
		return err
	}
	if c.reason == "" {
		return invalid("reason", "the reason is missing").Because("a hold says why it is there").Fix("give a reason; it stands beside the hold")
	}
	return nil
}

func checkHoldPlace(command, app, env string) error {
	return firstOf(
		at(command+".application", manifestrepo.CheckApplication(app)),
		at(command+".environment", manifestrepo.CheckEnvironment(env)),
	)
}

func decideHold(m *api.Hold, w *work) error {
	old, err := w.findRunning("hold", m.Application, m.Environment)
	if err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_Hold{Hold: holdResult(m.Application, old, true)}
	verb := "Hold"
	if old.Hold != nil && old.Hold.Reason == w.reason {
		verb = "Keep hold on"
	} else {
		next := *old
		w.setHold(m.Application, &next, old.Version, w.reason, w.ctx.Actor)
		if err := w.put(m.Application, &next, false); err != nil {
			return err
		}
	}
	w.describeHold(verb, m.Application, old)
	return nil
}

func checkResume(m *api.Resume, _ *checking) error {
	return checkHoldPlace("resume", m.Application, m.Environment)
}

func decideResume(m *api.Resume, w *work) error {
	old, err := w.findRunning("resume", m.Application, m.Environment)
	if err != nil {
		return err
	}
	if old.Hold == nil {
		return problem.New(problem.Conflict, "%s is not on hold in %s", m.Application, m.Environment).At("resume.application").
			Because("a hold is there before it ends").Fix("there is nothing to resume")
	}
	next := *old
	w.endHold(m.Application, &next, old.Version)
	if err := w.put(m.Application, &next, false); err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_Resume{Resume: holdResult(m.Application, old, false)}
	w.describeHold("Resume", m.Application, old)
	if old.Hold.Reason != "" {
		w.say("It was on hold: %s", old.Hold.Reason)
	}
	return nil
}

// findRunning is the rule that something runs before it is kept as it is.
func (w *work) findRunning(command, name, environment string) (*manifestrepo.Deployment, error) {
	app, err := findApplication(w.s, command+".application", name)
	if err != nil {
		return nil, err
	}
	env, err := findEnvironment(w.s, command+".environment", environment)
	if err != nil {
		return nil, err
	}
	old := app.Deployments[env.Name]
	switch {
	case old != nil && old.Broken != "":
		return nil, problem.New(problem.Conflict, "%s cannot be read: %s", manifestrepo.DeploymentPath(env.Name, name), old.Broken).
			Because("a file that cannot be read is not rewritten").Fix("repair it in the manifest repo")
	case old == nil || old.Version == 0:
		return nil, problem.New(problem.Conflict, "nothing of %s runs in %s", name, env.Name).At(command + ".environment").
			Because("a hold keeps what runs").Fix("to keep the first version away, lock the application there")
	}
	return old, nil
}

func holdResult(app string, d *manifestrepo.Deployment, hold bool) *api.HoldResult {
	return &api.HoldResult{Application: app, Environment: d.Environment, Version: d.Version, Hold: hold}
}

func (w *work) describeHold(verb, app string, d *manifestrepo.Deployment) {
	w.message.Application, w.message.Environment, w.message.Version = app, d.Environment, d.Version
	w.message.Subject = fmt.Sprintf("%s %s %d in %s", verb, app, d.Version, d.Environment)
}

// holdOrResume: a newer version that a person chose ends a hold, an older one sets it unless the person says otherwise. A hold that is there
// keeps its reason when no other is given. next is what runs before; held reports that the hold is new.
func (w *work) holdOrResume(d delivery, next *manifestrepo.Deployment) (held bool) {
	older := d.version < next.Version
	switch {
	case next.Hold != nil && (d.version > next.Version || older && d.noHold):
		w.endHold(d.app, next, d.version)
	case !older || d.noHold || next.Hold != nil && w.reason == "":
	default:
		w.setHold(d.app, next, d.version, w.because(fmt.Sprintf("rolled back from %d to %d", next.Version, d.version)), w.wantedBy(d))
		return true
	}
	return false
}

func (w *work) setHold(app string, next *manifestrepo.Deployment, version uint64, reason string, by manifestrepo.Actor) {
	hold := manifestrepo.Hold{}
	if next.Hold != nil {
		hold = *next.Hold // keeps fields that Signalbox does not know
	}
	hold.At, hold.By, hold.Reason = w.now, by, reason
	next.Hold = &hold
	w.happened(manifestrepo.Event{What: eventHeld, Application: app, Environment: next.Environment, Version: version})
}

func (w *work) endHold(app string, next *manifestrepo.Deployment, version uint64) {
	next.Hold = nil
	w.happened(manifestrepo.Event{What: eventResumed, Application: app, Environment: next.Environment, Version: version})
}
