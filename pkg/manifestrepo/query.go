package manifestrepo

import (
	"maps"
	"slices"
	"strings"
)

// LocksFor lists the locks that hold an application in an environment: those of the environment, of its group, of the
// application's team, of the application, and the global stop, in this order and by id. Expired locks are among them: ask Expired.
func (s *Snapshot) LocksFor(env, app string) []*Lock {
	locks := s.LocksOfEnvironment(env)
	a := s.Application(app)
	if e := s.line.all[env]; e != nil && a != nil && a.Team != "" {
		locks = appendLocks(locks, e.TeamLocks[a.Team])
	}
	if a != nil {
		locks = appendLocks(locks, a.Locks[env])
	}
	if s.root.stop != nil {
		locks = append(locks, s.root.stop)
	}
	return locks
}

// LocksOfEnvironment lists the locks of an environment and of its group, in this order and by id.
func (s *Snapshot) LocksOfEnvironment(env string) []*Lock {
	e := s.line.all[env]
	if e == nil {
		return nil
	}
	return appendLocks(appendLocks(nil, e.Locks), s.line.locksOfGroup(e.GroupName()))
}

func (l *line) locksOfGroup(name string) map[string]*Lock {
	if g := l.ofGroups[name]; g != nil {
		return g.locks
	}
	return nil
}

// Locks lists all locks of the repo, by path, the global stop included.
func (s *Snapshot) Locks() []*Lock {
	var locks []*Lock
	if s.root.stop != nil {
		locks = append(locks, s.root.stop)
	}
	for _, e := range s.line.all {
		locks = appendLocks(locks, e.Locks)
		for _, team := range e.TeamLocks {
			locks = appendLocks(locks, team)
		}
	}
	for _, group := range s.line.ofGroups {
		locks = appendLocks(locks, group.locks)
	}
	for _, a := range s.apps {
		for _, env := range a.Locks {
			locks = appendLocks(locks, env)
		}
	}
	slices.SortFunc(locks, func(a, b *Lock) int { return strings.Compare(LockPath(a), LockPath(b)) })
	return locks
}

func appendLocks(to []*Lock, locks map[string]*Lock) []*Lock {
	if len(locks) == 0 {
		return to
	}
	start := len(to)
	for _, l := range locks {
		to = append(to, l)
	}
	slices.SortFunc(to[start:], func(a, b *Lock) int { return strings.Compare(a.ID, b.ID) })
	return to
}

// FindLock finds a lock by its place: Scope, ID and the names that the scope needs; nil when there is none.
func (s *Snapshot) FindLock(place *Lock) *Lock {
	switch place.Scope {
	case ScopeEnvironment, ScopeTeam:
		e := s.line.all[place.Environment]
		if e == nil {
			return nil
		}
		if place.Scope == ScopeTeam {
			return e.TeamLocks[place.Team][place.ID]
		}
		return e.Locks[place.ID]
	case ScopeGroup:
		return s.line.locksOfGroup(place.Group)[place.ID]
	case ScopeApplication:
		if a := s.Application(place.Application); a != nil {
			return a.Locks[place.Environment][place.ID]
		}
	case ScopeGlobal:
		return s.root.stop
	}
	return nil
}

// Deployment finds what runs and waits of an application in an environment; nil when nothing does.
func (s *Snapshot) Deployment(env, app string) *Deployment {
	if a := s.Application(app); a != nil {
		return a.Deployments[env]
	}
	return nil
}

// Upstream is the environment that releases come from; nil for latest environments, and when there is none.
func (s *Snapshot) Upstream(env string) *Environment {
	e := s.Environment(env)
	if e == nil || e.Latest() {
		return nil
	}
	return s.Environment(e.UpstreamName())
}

// DeployedVersions gives the deployed version of an application by environment; environments where only a version waits are not in it.
func (s *Snapshot) DeployedVersions(app string) map[string]uint64 {
	versions := map[string]uint64{}
	if a := s.Application(app); a != nil {
		for env, d := range a.Deployments {
			if d.Version != 0 {
				versions[env] = d.Version
			}
		}
	}
	return versions
}

// OldestDeployed is the lowest version that is deployed anywhere; 0 when none is.
func (a *Application) OldestDeployed() uint64 {
	var oldest uint64
	for _, d := range a.Deployments {
		if d.Version != 0 && (oldest == 0 || d.Version < oldest) {
			oldest = d.Version
		}
	}
	return oldest
}

// DeployedTo lists the environments that run a version of an application, sorted.
func (s *Snapshot) DeployedTo(app string, version uint64) []string {
	var envs []string
	for env, v := range s.DeployedVersions(app) {
		if v == version {
			envs = append(envs, env)
		}
	}
	slices.Sort(envs)
	return envs
}

// Target resolves what a train or a group lock names: the environments of a group, or one environment. A group wins over an
// environment of the same name. The result is sorted and nil when there is neither.
func (s *Snapshot) Target(name string) []string {
	if g := s.Group(name); g != nil && len(g.Environments) > 0 {
		return g.Environments
	}
	if s.Environment(name) != nil {
		return []string{name}
	}
	return nil
}

// Teams lists the teams that own an application, sorted.
func (s *Snapshot) Teams() []string {
	teams := map[string]bool{}
	for _, a := range s.apps {
		if a.Team != "" {
			teams[a.Team] = true
		}
	}
	return slices.Sorted(maps.Keys(teams))
}

// ReleaseSets lists all, by name. Shared: do not change it.
func (s *Snapshot) ReleaseSets() []*ReleaseSet { return s.sets }

// ReleaseSet finds a release set; nil when there is none.
func (s *Snapshot) ReleaseSet(name string) *ReleaseSet {
	i, ok := slices.BinarySearchFunc(s.sets, name, func(r *ReleaseSet, name string) int { return strings.Compare(r.Name, name) })
	if !ok {
		return nil
	}
	return s.sets[i]
}
