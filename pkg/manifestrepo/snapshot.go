package manifestrepo

import (
	"slices"
	"strings"
)

// Snapshot is one state of a manifest repo. It never changes; Apply makes a new one that shares what stayed.
type Snapshot struct {
	commit   Hash
	root     signalboxFile
	releases ReleasesFile
	// apps by name, ascending; appIndex finds a name's place in it and is shared while no application comes or goes.
	apps     []*Application
	appIndex map[string]int
	line     *line
	// sets are the release sets by name, ascending.
	sets []*ReleaseSet
	// problems by path; problemList is the same, sorted.
	problems    map[string]string
	problemList []Problem
	// logProblems by commit of the release log.
	logProblems map[Hash]string
}

// line is all that belongs to environments and groups. It is replaced as a whole, which is cheap: there are tens of them.
type line struct {
	// all environments the repo says anything of, with config.json or without.
	all      map[string]*Environment
	ofGroups map[string]*groupFiles
	// The rest is derived: what users see.
	environments []*Environment
	groups       []*Group
}

// groupFiles is all that the repo says of a group itself. It never changes once it is in a line.
type groupFiles struct {
	locks      map[string]*Lock
	departures map[string]*Departure
	config     GroupConfig
	raw        []byte
	problem    string
	// present reports that the group's settings are there.
	present bool
}

var emptySnapshot = &Snapshot{appIndex: map[string]int{}, line: &line{}}

// Empty is the state of a repo without commits.
func Empty() *Snapshot { return emptySnapshot }

// Commit is the commit of main this state was read from.
func (s *Snapshot) Commit() Hash { return s.commit }

// ReleasesFile is releases.json as read; zero when it is not there or cannot be read (ProblemAt(ReleasesPath) tells). Its slices are
// shared: do not change them.
func (s *Snapshot) ReleasesFile() ReleasesFile { return s.releases }

// Initialized reports whether signalbox.json is there, readable or not.
func (s *Snapshot) Initialized() bool { return s.root.present }

// Layout is the repo's format: 1, or 0 when signalbox.json is not there or cannot be read.
func (s *Snapshot) Layout() int { return s.root.layout }

// Application finds an application; nil when the repo says nothing of it.
func (s *Snapshot) Application(name string) *Application {
	if i, ok := s.appIndex[name]; ok {
		return s.apps[i]
	}
	return nil
}

// Applications lists all, by name. The slice is shared: do not change it.
func (s *Snapshot) Applications() []*Application { return s.apps }

// Environment finds an environment; nil when it has no config.json.
func (s *Snapshot) Environment(name string) *Environment {
	if e := s.line.all[name]; e != nil && e.present {
		return e
	}
	return nil
}

// Environments lists all, by name. Shared: do not change it.
func (s *Snapshot) Environments() []*Environment { return s.line.environments }

// Group finds a group that has an environment, a lock, settings or a departure; nil when there is none.
func (s *Snapshot) Group(name string) *Group {
	i, ok := slices.BinarySearchFunc(s.line.groups, name, func(g *Group, name string) int { return strings.Compare(g.Name, name) })
	if !ok {
		return nil
	}
	return s.line.groups[i]
}

// Groups lists all, by name. Shared: do not change it.
func (s *Snapshot) Groups() []*Group { return s.line.groups }

// Stop is the global stop, or nil. It is a lock with the id "stop". When signalbox.json is there and cannot be read there is a stop with
// Broken set, since nobody can tell.
func (s *Snapshot) Stop() *Lock { return s.root.stop }

// Problems lists what cannot be read, by path. Shared: do not change it.
func (s *Snapshot) Problems() []Problem { return s.problemList }

// ProblemAt says why a path cannot be read; empty when it can or is not there.
func (s *Snapshot) ProblemAt(path string) string { return s.problems[path] }

func findRelease(releases []*Release, version uint64) (int, bool) {
	// Most questions are about the newest releases.
	if n := len(releases); n > 0 && releases[n-1].Version == version {
		return n - 1, true
	}
	return slices.BinarySearchFunc(releases, version, func(r *Release, v uint64) int {
		switch {
		case r.Version < v:
			return -1
		case r.Version > v:
			return 1
		}
		return 0
	})
}
