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
	// lockMaps and lockTrees are the maps of locks that this step has copied and may change.
	lockMaps  map[string]map[string]*Lock
	lockTrees map[string]map[string]map[string]*Lock
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
		b.line = &line{all: maps.Clone(old.all), groupLocks: maps.Clone(old.groupLocks)}
		if b.line.all == nil {
			b.line.all = map[string]*Environment{}
		}
		if b.line.groupLocks == nil {
			b.line.groupLocks = map[string]map[string]*Lock{}
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
	if !e.present && len(e.Locks) == 0 && len(e.TeamLocks) == 0 {
		delete(b.line.all, e.Name)
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
			b.root = st.signalbox
		}
	case PathReleases:
		b.newReleases = true
		b.releases = ReleasesFile{}
		if st.fault == "" {
			b.releases = st.releases
		}
	case PathApplication:
		e := b.app(st.path.Application)
		f := st.application
		e.app.Team, e.app.SourceRepoURL, e.app.Project, e.app.extra, e.app.file = f.team, f.sourceRepoURL, f.project, f.extra, !st.gone
	case PathConfig:
		b.applyConfig(st)
	case PathDeployment:
		b.applyDeployment(st)
	case PathManifest:
		b.applyManifest(st)
	case PathEnvironmentLock, PathTeamLock, PathGroupLock, PathApplicationLock:
		b.applyLock(st)
	}
}

func (b *builder) applyConfig(st *step) {
	e := b.env(st.path.Environment)
	e.Config, e.Raw, e.Problem, e.present = Config{}, nil, st.fault, !st.gone
	e.Distance, e.Priority = 0, 0
	if !st.gone && st.content != nil && len(st.content) <= MaxFile {
		e.Raw = bytes.Clone(st.content)
	}
	if st.fault == "" {
		e.Config = st.config
	}
	b.settle(e)
}

func (b *builder) applyDeployment(st *step) {
	d := st.deployment
	switch {
	case st.gone:
		d = &Deployment{}
	case st.fault != "":
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
		l := b.ownLine()
		if locks := b.putLock(l.groupLocks[p.Group], st); locks != nil {
			l.groupLocks[strings.Clone(p.Group)] = locks
		} else {
			delete(l.groupLocks, p.Group)
		}
	case PathApplicationLock:
		app := b.app(p.Application).app
		app.Locks = b.putLocks("locks of "+p.Application, app.Locks, p.Environment, b.putLock(app.Locks[p.Environment], st))
	}
}

// putLock sets or takes out a lock of the map that belongs to its folder; nil when none is left. The map is copied at the first change.
func (b *builder) putLock(locks map[string]*Lock, st *step) map[string]*Lock {
	folder := st.raw[:strings.LastIndexByte(st.raw, '/')]
	own := owned(b.lockMaps, folder, locks)
	if st.lock == nil {
		delete(own, st.path.LockID)
	} else {
		own[st.lock.ID] = st.lock
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
		problemList: b.from.problemList,
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
