package rules

import (
	"fmt"
	"slices"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// What the commands that end something have in common. They remove the files that Signalbox knows; what else lies in a folder stays.

// removing is a removal under way.
type removing struct {
	*work
	answer *api.RemovalResult
}

// deployment ends what runs and waits of an application in an environment.
func (r removing) deployment(app string, d *manifestrepo.Deployment) {
	if d.Queued != nil {
		r.happened(manifestrepo.Event{What: eventUnqueued, Application: app, Environment: d.Environment, Version: d.Queued.Version})
	}
	if d.HasFile() {
		r.delete(manifestrepo.DeploymentPath(d.Environment, app))
	}
	if manifest := manifestrepo.ManifestPath(d.Environment, app); !d.FileBlob.IsZero() || r.s.ProblemAt(manifest) != "" {
		r.delete(manifest)
	}
	if !occupies(d) && d.FileBlob.IsZero() {
		return // nothing ran
	}
	r.happened(manifestrepo.Event{What: eventRemoved, Application: app, Environment: d.Environment, PreviousVersion: d.Version})
	r.answer.Deployments = append(r.answer.Deployments, &api.DeployResult{Application: app, Environment: d.Environment, PreviousVersion: d.Version})
	line := fmt.Sprintf("Remove %s from %s", app, d.Environment)
	if d.Version != 0 {
		line += fmt.Sprintf(" (was %d)", d.Version)
	}
	r.say("%s", line)
}

// locks ends locks, expired ones too.
func (r removing) locks(locks map[string]*manifestrepo.Lock) error {
	for _, id := range sortedKeys(locks) {
		r.answer.Locks = append(r.answer.Locks, r.lockNow(locks[id]))
		if err := r.removeLock(locks[id]); err != nil {
			return err
		}
	}
	return nil
}

// pending takes an application's changes out of the requests for approval that wait in an environment.
func (r removing) pending(app string, env *manifestrepo.Environment) error {
	for _, id := range sortedKeys(env.Approvals) {
		request := env.Approvals[id]
		change := request.Change(app)
		if change == nil {
			continue
		}
		r.happened(approvalEvent(eventApprovalSuperseded, env.Name, id, *change))
		if err := r.writeSuperseded(request, map[string]bool{app: true}); err != nil {
			return err
		}
	}
	return nil
}

// application ends everything an application is in an environment.
func (r removing) application(app *manifestrepo.Application, env string) error {
	if d := app.Deployments[env]; d != nil {
		r.deployment(app.Name, d)
	}
	if err := r.locks(app.Locks[env]); err != nil {
		return err
	}
	if e := r.s.Environment(env); e != nil {
		return r.pending(app.Name, e)
	}
	return nil
}

// heldIn is what keeps an application as it is in an environment.
type heldIn struct {
	environment string
	heldBack
}

// heldIn says what holds an application in an environment now. own says whether its own locks count.
func (w *work) heldIn(app *manifestrepo.Application, name string, own bool) heldIn {
	var locks map[string]*manifestrepo.Lock
	if own {
		locks = app.Locks[name]
	}
	env := w.s.Environment(name)
	if env == nil { // it lost its config.json, and what it locks and freezes with it
		return heldIn{name, heldBack{locks: standing(locks, w.now)}}
	}
	d := deliveryTo(env, app.Name, app)
	d.locks = locks
	return heldIn{name, w.heldBack(d)}
}

// removalRefused is the refusal of a removal that something holds.
func removalRefused(field, what string, held []heldIn) *problem.Error {
	words := make([]string, len(held))
	var locks []*manifestrepo.Lock
	remedy := "wait until the freeze is over"
	for i, h := range held {
		words[i] = fmt.Sprintf("%s in %s", h, h.environment)
		for _, l := range h.locks {
			remedy = "wait until nothing holds it, or delete the locks"
			if !slices.Contains(locks, l) {
				locks = append(locks, l)
			}
		}
	}
	refused := problem.New(problem.Locked, "%s: %s", what, listed(words)).At(field).
		Because("what is locked or frozen stays as it is").Fix("%s", remedy)
	refused.Detail = &api.ErrorDetail{Locks: lockProtos(locks)}
	return refused
}

// occupies reports that something of an application may run: a version, or nobody knows what.
func occupies(d *manifestrepo.Deployment) bool { return d != nil && (d.Version != 0 || d.Broken != "") }

// findRemovable is the rule that there is something to remove: an application with releases, or with deployments that lost them.
func findRemovable(s *manifestrepo.Snapshot, field, name string) (*manifestrepo.Application, error) {
	if app := s.Application(name); app != nil && len(app.Deployments) > 0 {
		return app, nil
	}
	return findApplication(s, field, name)
}
