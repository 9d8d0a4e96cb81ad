package manifestrepo

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// builder makes the next Snapshot of one. It copies an application, or the line, when it first changes it.
type builder struct {
	from *Snapshot
	root signalboxFile
	// releases as they will be; newReleases is set when releases.json was among the changes.
	releases    ReleasesFile
	newReleases bool
	apps        map[string]*appEdit
	line        *line // nil until it changes
	problems    map[string]string
	logProblems map[Hash]string
	ownProblems bool
	ownLog      bool
	environment bool // Delta.Environments
	// last is the deployment that was copied last: its manifest is the next change, as a rule.
	last *Deployment
	// lockMaps and lockTrees are the maps of locks that this step has copied and may change, the others those of what is beside locks.
	lockMaps      map[string]map[string]*Lock
	lockTrees     map[string]map[string]map[string]*Lock
	departureMaps map[string]map[string]*Departure
	approvalMaps  map[string]map[string]*Approval
	// sets are the release sets as they will be; nil until one changes.
	sets map[string]*ReleaseSet
}

// appEdit is an application being changed, and which of its parts are copies already.
type appEdit struct {
	app                         *Application
	ownReleases, ownDeployments bool
	existed                     bool // before this step
}

func newBuilder(s *Snapshot) *builder {
	return &builder{
		from: s, root: s.root, releases: s.releases, apps: map[string]*appEdit{}, problems: s.problems, logProblems: s.logProblems,
		lockMaps: map[string]map[string]*Lock{}, lockTrees: map[string]map[string]map[string]*Lock{},
	}
}

func (b *builder) app(name string) *appEdit {
	if e := b.apps[name]; e != nil {
		return e
	}
	e := &appEdit{}
	if old := b.from.Application(name); old != nil {
		copied := *old
		e.app, e.existed = &copied, true
	} else {
		e.app = &Application{Name: strings.Clone(name)}
	}
	b.apps[e.app.Name] = e
	return e
}

func (e *appEdit) deployments() map[string]*Deployment {
	if !e.ownDeployments {
		e.ownDeployments = true
		if e.app.Deployments = maps.Clone(e.app.Deployments); e.app.Deployments == nil {
			e.app.Deployments = map[string]*Deployment{}
		}
	}
	return e.app.Deployments
}

func (b *builder) ownLine() *line {
	if b.line == nil {
		b.environment = true
		old := b.from.line
		b.line = &line{all: maps.Clone(old.all), ofGroups: maps.Clone(old.ofGroups)}
		if b.line.all == nil {
			b.line.all = map[string]*Environment{}
		}
		if b.line.ofGroups == nil {
			b.line.ofGroups = map[string]*groupFiles{}
		}
	}
	return b.line
}

// env copies an environment to change it. Copying it at each change is cheap enough: there are few, and they are small.
func (b *builder) env(name string) *Environment {
	l := b.ownLine()
	e := &Environment{Name: strings.Clone(name)}
	if old := l.all[name]; old != nil {
		*e = *old
	}
	l.all[e.Name] = e
	return e
}

// settle drops an environment that nothing is said of any more.
func (b *builder) settle(e *Environment) {
	if !e.present && len(e.Locks) == 0 && len(e.TeamLocks) == 0 && len(e.Departures) == 0 && len(e.Approvals) == 0 {
		delete(b.line.all, e.Name)
	}
}

// group copies what the repo says of a group to change it, as env does.
func (b *builder) group(name string) *groupFiles {
	l := b.ownLine()
	g := &groupFiles{}
	if old := l.ofGroups[name]; old != nil {
		*g = *old
	}
	l.ofGroups[strings.Clone(name)] = g
	return g
}

// settleGroup drops a group that nothing is said of any more.
func (b *builder) settleGroup(name string) {
	if g := b.line.ofGroups[name]; !g.present && len(g.locks) == 0 && len(g.departures) == 0 {
		delete(b.line.ofGroups, name)
	}
}

func (b *builder) problem(path, reason string) {
	if b.problems[path] == reason {
		return
	}
	if !b.ownProblems {
		b.ownProblems = true
		if b.problems = maps.Clone(b.problems); b.problems == nil {
			b.problems = map[string]string{}
		}
	}
	if reason == "" {
		delete(b.problems, path)
	} else {
		b.problems[strings.Clone(path)] = reason
	}
}

func (b *builder) apply(st *step) {
	b.problem(st.raw, st.fault)
	switch st.path.Kind {
	case PathSignalbox:
		b.environment = true
		b.root = signalboxFile{present: !st.gone}
		switch {
		case st.fault != "":
			b.root.stop = &Lock{Scope: ScopeGlobal, ID: stopID, Broken: st.fault}
		case !st.gone:
			b.root = *st.meant.(*signalboxFile)
		}
	case PathReleases:
		b.newReleases = true
		b.releases = ReleasesFile{}
		if r, ok := st.meant.(*ReleasesFile); ok {
			b.releases = *r
		}
	case PathApplication:
		app := b.app(st.path.Application).app
		f, ok := st.meant.(*applicationFile)
		if !ok {
			f = &applicationFile{}
		}
		app.Team, app.SourceRepoURL, app.Project, app.Labels, app.extra, app.file = f.team, f.sourceRepoURL, f.project, f.labels, f.extra, !st.gone
	case PathConfig:
		b.applyConfig(st)
	case PathDeployment:
		b.applyDeployment(st)
	case PathManifest:
		b.applyManifest(st)
	case PathEnvironmentLock, PathTeamLock, PathGroupLock, PathApplicationLock:
		b.applyLock(st)
	case PathGroup:
		b.applyGroup(st)
	case PathEnvironmentDeparture, PathGroupDeparture, PathApproval, PathReleaseSet:
		b.applyPlanning(st)
	}
}

func (b *builder) applyConfig(st *step) {
	e := b.env(st.path.Environment)
	e.Config, e.Raw, e.Problem, e.present = Config{}, nil, st.fault, !st.gone
	e.Distance, e.Priority = 0, 0
	e.Raw = st.document()
	if c, ok := st.meant.(*Config); ok {
		e.Config = *c
	}
	b.settle(e)
}

func (b *builder) applyGroup(st *step) {
	g := b.group(st.path.Group)
	g.config, g.raw, g.problem, g.present = GroupConfig{}, st.document(), st.fault, !st.gone
	if c, ok := st.meant.(*GroupConfig); ok {
		g.config = *c
	}
	b.settleGroup(st.path.Group)
}

// document is the content of a user's document to keep; nil when it is gone or cannot be had.
func (st *step) document() []byte {
	if st.gone || st.content == nil || len(st.content) > MaxFile {
		return nil
	}
	return bytes.Clone(st.content)
}

func (b *builder) applyDeployment(st *step) {
	d, ok := st.meant.(*Deployment)
	switch {
	case ok:
	case st.gone:
		d = &Deployment{}
	default:
		d = &Deployment{Broken: st.fault, file: true}
	}
	all := b.app(st.path.Application).deployments()
	if old := all[st.path.Environment]; old != nil {
		d.Environment, d.FileBlob = old.Environment, old.FileBlob
	} else if d.Environment == "" {
		d.Environment = strings.Clone(st.path.Environment)
	}
	b.last = d
	putDeployment(all, d)
}

func (b *builder) applyManifest(st *step) {
	all := b.app(st.path.Application).deployments()
	d := all[st.path.Environment]
	if d == nil {
		d = &Deployment{Environment: strings.Clone(st.path.Environment)}
	} else if d != b.last {
		copied := *d
		d = &copied
	}
	d.FileBlob = Hash{}
	if st.fault == "" {
		d.FileBlob = st.hash
	}
	b.last = d
	putDeployment(all, d)
}

func putDeployment(all map[string]*Deployment, d *Deployment) {
	if d.file || !d.FileBlob.IsZero() {
		all[d.Environment] = d
	} else {
		delete(all, d.Environment)
	}
}

func (b *builder) applyLock(st *step) {
	p := st.path
	switch p.Kind {
	case PathEnvironmentLock:
		e := b.env(p.Environment)
		e.Locks = b.putLock(e.Locks, st)
		b.settle(e)
	case PathTeamLock:
		e := b.env(p.Environment)
		e.TeamLocks = b.putLocks("teams of "+p.Environment, e.TeamLocks, p.Team, b.putLock(e.TeamLocks[p.Team], st))
		b.settle(e)
	case PathGroupLock:
		g := b.group(p.Group)
		g.locks = b.putLock(g.locks, st)
		b.settleGroup(p.Group)
	case PathApplicationLock:
		app := b.app(p.Application).app
		app.Locks = b.putLocks("locks of "+p.Application, app.Locks, p.Environment, b.putLock(app.Locks[p.Environment], st))
	}
}

func (b *builder) putLock(locks map[string]*Lock, st *step) map[string]*Lock {
	return put(b.lockMaps, locks, st, st.path.LockID)
}

// applyPlanning takes in the files of the timetable, of approvals and of release sets.
func (b *builder) applyPlanning(st *step) {
	if b.departureMaps == nil {
		b.departureMaps, b.approvalMaps = map[string]map[string]*Departure{}, map[string]map[string]*Approval{}
	}
	p := st.path
	switch p.Kind {
	case PathEnvironmentDeparture:
		e := b.env(p.Environment)
		e.Departures = put(b.departureMaps, e.Departures, st, p.Name)
		b.settle(e)
	case PathGroupDeparture:
		g := b.group(p.Group)
		g.departures = put(b.departureMaps, g.departures, st, p.Name)
		b.settleGroup(p.Group)
	case PathApproval:
		e := b.env(p.Environment)
		e.Approvals = put(b.approvalMaps, e.Approvals, st, p.Name)
		b.settle(e)
	case PathReleaseSet:
		if b.sets == nil {
			b.sets = make(map[string]*ReleaseSet, len(b.from.sets)+1)
			for _, set := range b.from.sets {
				b.sets[set.Name] = set
			}
		}
		if set, ok := st.meant.(*ReleaseSet); ok {
			b.sets[set.Name] = set
		} else {
			delete(b.sets, p.Name)
		}
	}
}

// put sets or takes out a file of the map that belongs to its folder; nil when none is left. The map is copied at the first change.
func put[V any](copies map[string]map[string]*V, now map[string]*V, st *step, name string) map[string]*V {
	folder := st.raw[:strings.LastIndexByte(st.raw, '/')]
	own := owned(copies, folder, now)
	if v, ok := st.meant.(*V); ok {
		own[strings.Clone(name)] = v
	} else {
		delete(own, name)
	}
	if len(own) == 0 {
		return nil
	}
	return own
}

// putLocks is putLock one level up: by environment or team.
func (b *builder) putLocks(place string, all map[string]map[string]*Lock, name string, locks map[string]*Lock) map[string]map[string]*Lock {
	own := owned(b.lockTrees, place, all)
	if locks == nil {
		delete(own, name)
	} else {
		own[strings.Clone(name)] = locks
	}
	if len(own) == 0 {
		return nil
	}
	return own
}

// owned gives the copy of a map that this step may change, and makes it when there is none yet.
func owned[V any](copies map[string]map[string]V, place string, now map[string]V) map[string]V {
	own := copies[place]
	if own == nil {
		if own = maps.Clone(now); own == nil {
			own = map[string]V{}
		}
		copies[place] = own
	}
	return own
}

// finish puts the parts together.
func (b *builder) finish(commit Hash) (*Snapshot, Delta) {
	s := &Snapshot{
		commit: commit, root: b.root, releases: b.releases, line: b.from.line, problems: b.problems, logProblems: b.logProblems,
		problemList: b.from.problemList, sets: b.from.sets,
	}
	if b.sets != nil {
		s.sets = listSets(b.sets)
	}
	if b.line != nil {
		b.line.derive()
		s.line = b.line
	}
	if b.ownProblems || b.ownLog {
		s.problemList = listProblems(b.problems, b.logProblems)
	}
	b.finishApps(s)
	return s, Delta{Applications: slices.Sorted(maps.Keys(b.apps)), Environments: b.environment}
}

func listSets(sets map[string]*ReleaseSet) []*ReleaseSet {
	return slices.SortedFunc(maps.Values(sets), func(a, b *ReleaseSet) int { return strings.Compare(a.Name, b.Name) })
}

func listProblems(problems map[string]string, log map[Hash]string) []Problem {
	list := make([]Problem, 0, len(problems)+len(log))
	for path, reason := range problems {
		list = append(list, Problem{path, reason})
	}
	for commit, reason := range log {
		list = append(list, Problem{"log:" + commit.String(), reason})
	}
	slices.SortFunc(list, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func (b *builder) finishApps(s *Snapshot) {
	sameNames := true
	for _, e := range b.apps {
		e.tidy()
		sameNames = sameNames && e.existed != e.app.vacant()
	}
	if sameNames {
		s.appIndex = b.from.appIndex
		s.apps = b.from.apps
		if len(b.apps) > 0 {
			s.apps = slices.Clone(b.from.apps)
			for name, e := range b.apps {
				if i, ok := s.appIndex[name]; ok {
					s.apps[i] = e.app
				}
			}
		}
		return
	}
	s.apps = make([]*Application, 0, len(b.from.apps)+len(b.apps))
	for _, a := range b.from.apps {
		if b.apps[a.Name] == nil {
			s.apps = append(s.apps, a)
		}
	}
	for _, e := range b.apps {
		if !e.app.vacant() {
			s.apps = append(s.apps, e.app)
		}
	}
	slices.SortFunc(s.apps, func(a, b *Application) int { return strings.Compare(a.Name, b.Name) })
	s.appIndex = make(map[string]int, len(s.apps))
	for i, a := range s.apps {
		s.appIndex[a.Name] = i
	}
}

// tidy makes empty maps nil, so that a state has one form.
func (e *appEdit) tidy() {
	if len(e.app.Deployments) == 0 {
		e.app.Deployments = nil
	}
	if len(e.app.Releases) == 0 {
		e.app.Releases = nil
	}
}
