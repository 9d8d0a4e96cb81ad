package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// lockPlace is what CreateLock and DeleteLock name: a scope, what stands in it, and an id.
type lockPlace struct {
	scope                                 api.LockScope
	id                                    string
	environment, group, application, team string
}

func placeOfCreate(m *api.CreateLock) lockPlace {
	return lockPlace{m.Scope, lockIDOf(m.Scope, m.Id), m.Environment, m.EnvironmentGroup, m.Application, m.Team}
}

func placeOfDelete(m *api.DeleteLock) lockPlace {
	return lockPlace{m.Scope, lockIDOf(m.Scope, m.Id), m.Environment, m.EnvironmentGroup, m.Application, m.Team}
}

func placeOfLock(l *manifestrepo.Lock) lockPlace {
	return lockPlace{api.LockScope(l.Scope), l.ID, l.Environment, l.Group, l.Application, l.Team}
}

func lockIDOf(scope api.LockScope, id string) string {
	if scope == api.LockScope_LOCK_SCOPE_GLOBAL && id == "" {
		return stopID
	}
	return id
}

// String names what is locked.
func (p lockPlace) String() string {
	switch p.scope {
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT:
		return "environment " + p.environment
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		return p.application + " in " + p.environment
	case api.LockScope_LOCK_SCOPE_TEAM:
		return "team " + p.team + " in " + p.environment
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		return "environment group " + p.group
	}
	return "everything"
}

func scopeWords(scope api.LockScope) string {
	switch scope {
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT:
		return "an environment lock"
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		return "an application lock"
	case api.LockScope_LOCK_SCOPE_TEAM:
		return "a team lock"
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		return "an environment group lock"
	}
	return "the global stop"
}

// needs says which names a scope is told by.
func (p lockPlace) needs() (environment, group, application, team bool) {
	switch p.scope {
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT:
		return true, false, false, false
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		return true, false, true, false
	case api.LockScope_LOCK_SCOPE_TEAM:
		return true, false, false, true
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		return false, true, false, false
	}
	return false, false, false, false
}

// checkLockPlace: a lock names exactly what its scope is told by.
func checkLockPlace(command string, p lockPlace) error {
	if _, known := api.LockScope_name[int32(p.scope)]; !known || p.scope == api.LockScope_LOCK_SCOPE_UNSPECIFIED {
		return invalid(command+".scope", "the scope is missing").Because("a lock holds an environment, application, team, environment group, or everything").
			Fix("set LOCK_SCOPE_ENVIRONMENT, _APPLICATION, _TEAM, _ENVIRONMENT_GROUP or _GLOBAL")
	}
	environment, group, application, team := p.needs()
	for _, f := range []struct {
		name, value string
		needed      bool
		check       func(string) error
	}{
		{"environment", p.environment, environment, manifestrepo.CheckEnvironment},
		{"environment_group", p.group, group, manifestrepo.CheckEnvironment},
		{"application", p.application, application, manifestrepo.CheckApplication},
		{"team", p.team, team, manifestrepo.CheckTeam},
	} {
		field := command + "." + f.name
		if !f.needed && f.value != "" {
			return invalid(field, "%s is given for %s", nounOf(field), scopeWords(p.scope)).
				Because("a lock names only what its scope is told by").Fix("leave it out, or choose another scope")
		}
		if f.needed {
			if err := at(field, f.check(f.value)); err != nil {
				return err
			}
		}
	}
	if p.scope == api.LockScope_LOCK_SCOPE_GLOBAL && p.id != stopID {
		return invalid(command+".id", "%q is not the id of the global stop", shorten(p.id)).
			Because("there is one global stop, and its id is stop").Fix("leave the id out")
	}
	return at(command+".id", manifestrepo.CheckLockID(p.id))
}

// foundPlace holds the locks that are there.
type foundPlace struct {
	locks map[string]*manifestrepo.Lock
}

// findPlace is the rule that what a lock names exists. ahead allows an application without a release.
func (w *work) findPlace(command string, p lockPlace, ahead bool) (foundPlace, error) {
	switch p.scope {
	case api.LockScope_LOCK_SCOPE_GLOBAL:
		if stop := w.s.Stop(); stop != nil {
			return foundPlace{map[string]*manifestrepo.Lock{stopID: stop}}, nil
		}
		return foundPlace{}, nil
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		group := w.s.Group(p.group)
		if group == nil || len(group.Environments) == 0 && len(group.Locks) == 0 {
			return foundPlace{}, problem.New(problem.NotFound, "there is no environment group %q", p.group).At(command+".environment_group").
				Because("a group exists while an environment belongs to it").
				Fix("%s", didYouMean(p.group, groupNames(w.s), "create an environment first"))
		}
		return foundPlace{group.Locks}, nil
	}
	env, err := findEnvironment(w.s, command+".environment", p.environment)
	if err != nil {
		return foundPlace{}, err
	}
	switch p.scope {
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		return w.findApplicationPlace(command, p, ahead)
	case api.LockScope_LOCK_SCOPE_TEAM:
		if len(env.TeamLocks[p.team]) == 0 {
			if err := findTeam(w.s, command+".team", p.team); err != nil {
				return foundPlace{}, err
			}
		}
		return foundPlace{env.TeamLocks[p.team]}, nil
	}
	return foundPlace{env.Locks}, nil
}

// findApplicationPlace: an application may be locked before its first release when the person says so; such a lock can be found again.
func (w *work) findApplicationPlace(command string, p lockPlace, ahead bool) (foundPlace, error) {
	app := w.s.Application(p.application)
	if app != nil && len(app.Locks[p.environment]) > 0 {
		return foundPlace{app.Locks[p.environment]}, nil
	}
	if ahead {
		return foundPlace{}, nil
	}
	if _, err := findApplication(w.s, command+".application", p.application); err != nil {
		if command == "create_lock" {
			refused := problem.From(err)
			return foundPlace{}, refused.Fix("%s To lock it before its first release set ahead.", sentence(refused.Remedy))
		}
		return foundPlace{}, err
	}
	return foundPlace{}, nil
}
