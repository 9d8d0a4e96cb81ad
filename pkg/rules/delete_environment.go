package rules

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// DeleteEnvironment: an environment ends, with everything Signalbox keeps of it.

func checkDeleteEnvironment(m *api.DeleteEnvironment, c *checking) error {
	if err := at("delete_environment.environment", manifestrepo.CheckEnvironment(m.Environment)); err != nil {
		return err
	}
	if m.Force && c.reason == "" {
		return invalid("reason", "the reason is missing").Because("deleting an environment by force says why").
			Fix("give a reason; it stands in the history")
	}
	return nil
}

func decideDeleteEnvironment(m *api.DeleteEnvironment, w *work) error {
	env, err := findEnvironment(w.s, "delete_environment.environment", m.Environment)
	if err != nil {
		return err
	}
	if !m.Force {
		if err := w.environmentIsFree(env); err != nil {
			return err
		}
	}
	w.message.Environment = env.Name
	w.message.Subject = "Delete environment " + env.Name
	answer := &api.RemovalResult{Environment: env.Name}
	w.result.Kind = &api.ActionResult_DeleteEnvironment{DeleteEnvironment: answer}
	return removing{w, answer}.environment(env)
}

// environment ends an environment.
func (r removing) environment(env *manifestrepo.Environment) error {
	for _, app := range r.s.Applications() {
		if d := app.Deployments[env.Name]; d != nil {
			r.deployment(app.Name, d)
		}
		if err := r.locks(app.Locks[env.Name]); err != nil {
			return err
		}
	}
	for _, team := range sortedKeys(env.TeamLocks) {
		if err := r.locks(env.TeamLocks[team]); err != nil {
			return err
		}
	}
	if err := r.locks(env.Locks); err != nil {
		return err
	}
	for _, id := range sortedKeys(env.Approvals) {
		r.happened(manifestrepo.Event{What: eventApprovalSuperseded, Environment: env.Name, ID: id})
		r.delete(manifestrepo.ApprovalPath(env.Name, id))
	}
	for _, train := range sortedKeys(env.Departures) {
		r.delete(manifestrepo.DeparturePath(env.Departures[train]))
	}
	r.happened(manifestrepo.Event{What: eventEnvironmentDeleted, Environment: env.Name})
	r.delete(manifestrepo.ConfigPath(env.Name))
	return nil
}

// environmentIsFree: nothing runs there, nothing is locked there, and no environment takes its releases from there.
func (w *work) environmentIsFree(env *manifestrepo.Environment) error {
	const field = "delete_environment.environment"
	const byForce = "or delete the environment by force with a reason"
	var below []string
	for _, e := range w.s.Environments() {
		if e.Name != env.Name && e.UpstreamName() == env.Name {
			below = append(below, e.Name)
		}
	}
	if len(below) > 0 {
		return problem.New(problem.Conflict, "%s is the upstream of %s", env.Name, listed(below)).At(field).
			Because("an environment that others take their releases from stays").Fix("give them another upstream, %s", byForce)
	}
	var running []string
	for _, app := range w.s.Applications() {
		if occupies(app.Deployments[env.Name]) {
			running = append(running, app.Name)
		}
	}
	if n := len(running); n > 0 {
		return problem.New(problem.Conflict, "%s runs %s: %s", env.Name, counted(n, "application"), listed(running)).At(field).
			Because("an environment where something runs stays").Fix("remove the applications from it, %s", byForce)
	}
	locks := w.locksIn(env)
	if len(locks) == 0 {
		return nil
	}
	words := make([]string, len(locks))
	for i, l := range locks {
		words[i] = strings.TrimSpace(fmt.Sprintf("%s %s", lockWords(l), ownerOf(l)))
	}
	refused := problem.New(problem.Locked, "%s is locked: %s", env.Name, listed(words)).At(field).
		Because("an environment that is locked stays").Fix("delete the locks, %s", byForce)
	refused.Detail = &api.ErrorDetail{Locks: lockProtos(locks)}
	return refused
}

// locksIn lists the locks that stand in an environment or over it.
func (w *work) locksIn(env *manifestrepo.Environment) []*manifestrepo.Lock {
	locks := append([]*manifestrepo.Lock(nil), w.locksOfEnvironment(env)...)
	for _, team := range sortedKeys(env.TeamLocks) {
		locks = append(locks, standing(env.TeamLocks[team], w.now)...)
	}
	for _, app := range w.s.Applications() {
		locks = append(locks, standing(app.Locks[env.Name], w.now)...)
	}
	return locks
}

// ownerOf says whose a team's or an application's lock is.
func ownerOf(l *manifestrepo.Lock) string {
	switch l.Scope {
	case manifestrepo.ScopeApplication:
		return "of " + l.Application
	case manifestrepo.ScopeTeam:
		return "of team " + l.Team
	}
	return ""
}
