package reads

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// pictures keeps the picture of the newest state asked for.
type pictures struct {
	mu   sync.Mutex
	last *picture
}

// of gives the picture of a snapshot at a time.
func (p *pictures) of(s *manifestrepo.Snapshot, now time.Time) *picture {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil || p.last.snapshot != s || !p.last.holds(now) {
		p.last = newPicture(s, now, p.last)
	}
	return p.last
}

// picture is what is worked out of one snapshot. It never changes, and the messages in it are shared: do not change them.
type picture struct {
	snapshot *manifestrepo.Snapshot
	// from and until bound the time it holds for: in between no lock and no request for approval expires, no freeze window opens or
	// closes, and no train departs. Either may be zero: no bound.
	from, until time.Time

	// environments in chain order: distance to upstream, then name.
	environments []*column
	byName       map[string]*column
	// asking are those where requests for approval wait; pending are the applications that wait, a bit for each environment.
	asking       []*column
	pending      map[string]bits
	groups       []*api.EnvironmentGroup
	groupByName  map[string]*api.EnvironmentGroup
	applications []*row
	global       *api.Lock
	// trains are those of the timetable, by target and name; trainsSince is as from, zero without departures.
	trains      []*train
	trainsSince time.Time
}

// column is one environment.
type column struct {
	env   *manifestrepo.Environment
	bit   int
	group *manifestrepo.Group
	proto *api.Environment
	// wide are the locks on all of the environment: global, group and environment.
	wide []*api.Lock
	// teams are the locks on teams here.
	teams map[string][]*api.Lock
	// queuedOf counts the queued versions of each team's applications here.
	queuedOf map[string]int32
	freezes  *freezes
	// pending are the requests for approval by application; the newest one counts.
	pending map[string]*manifestrepo.Approval
	// since and until bound the time for which freezes hold, as the picture's.
	since, until time.Time
}

// row is one application with what filters ask, a bit for each column.
type row struct {
	app                                                    *manifestrepo.Application
	deployed, queued, differs, newer, locked, frozen, held bits
}

// bits is a set of columns.
type bits []uint64

func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// meets reports whether two sets share a member; a nil mask holds everything.
func (b bits) meets(mask bits) bool {
	for i, word := range b {
		if mask != nil {
			word &= mask[i]
		}
		if word != 0 {
			return true
		}
	}
	return false
}

func (p *picture) holds(now time.Time) bool {
	return !now.Before(p.from) && (p.until.IsZero() || now.Before(p.until))
}

// newPicture works out a snapshot. What old says of applications that did not change is kept.
func newPicture(s *manifestrepo.Snapshot, now time.Time, old *picture) *picture {
	p := &picture{snapshot: s, byName: map[string]*column{}, groupByName: map[string]*api.EnvironmentGroup{}, pending: map[string]bits{}}
	for _, l := range s.Locks() {
		switch {
		case l.ExpiresAt.IsZero():
		case !l.Expired(now):
			p.until = earlier(p.until, l.ExpiresAt)
		case l.ExpiresAt.After(p.from):
			p.from = l.ExpiresAt
		}
	}
	p.addColumns(old, now)
	p.addGroups(old)
	keep := map[*manifestrepo.Application]*row{}
	if old != nil && old.holds(now) && p.sameColumns(old) {
		for _, r := range old.applications {
			keep[r.app] = r
		}
	}
	for _, app := range s.Applications() {
		if !exists(app) {
			continue
		}
		r := keep[app]
		if r == nil {
			r = p.newRow(app, now)
		}
		p.applications = append(p.applications, r)
	}
	p.count()
	p.addLocks(now)
	p.addPending(now)
	p.addTrains(old, now)
	for _, c := range p.environments {
		c.proto.Freezes = c.holding(s)
	}
	return p
}

// exists reports whether users see an application: not before its first release.
func exists(app *manifestrepo.Application) bool {
	if len(app.Releases) > 0 {
		return true
	}
	for _, d := range app.Deployments {
		if d.Version != 0 {
			return true
		}
	}
	return false
}

func (p *picture) addColumns(old *picture, now time.Time) {
	for _, env := range p.snapshot.Environments() {
		c := &column{env: env, group: p.snapshot.Group(env.GroupName()), teams: map[string][]*api.Lock{}, queuedOf: map[string]int32{}}
		c.takeFreezes(old.column(env.Name), now)
		p.from, p.until = latest(p.from, c.since), earlier(p.until, c.until)
		p.environments = append(p.environments, c)
		p.byName[env.Name] = c
	}
	slices.SortFunc(p.environments, func(a, b *column) int {
		return cmp.Or(a.env.Distance-b.env.Distance, cmp.Compare(a.env.Name, b.env.Name))
	})
	for i, c := range p.environments {
		c.bit = i
		c.proto = environmentProto(c.env)
		if before := old.column(c.env.Name); before != nil && bytes.Equal(before.env.Raw, c.env.Raw) {
			c.proto.Config = before.proto.Config
		} else {
			c.proto.Config = configStruct(c.env.Raw)
		}
	}
}

func (p *picture) addGroups(old *picture) {
	for _, g := range p.snapshot.Groups() {
		if len(g.Environments) == 0 {
			continue
		}
		proto := &api.EnvironmentGroup{
			Name: g.Name, Environments: g.Environments, DistanceToUpstream: int32(g.Distance), Priority: api.Priority(g.Priority), Problem: g.Problem,
		}
		if old != nil && old.groupByName[g.Name] != nil && bytes.Equal(old.snapshot.Group(g.Name).Raw, g.Raw) {
			proto.Config = old.groupByName[g.Name].Config
		} else if g.Raw != nil {
			proto.Config = configStruct(g.Raw)
		}
		p.groups = append(p.groups, proto)
		p.groupByName[g.Name] = proto
	}
	slices.SortStableFunc(p.groups, func(a, b *api.EnvironmentGroup) int { return int(a.DistanceToUpstream - b.DistanceToUpstream) })
}

func (p *picture) column(name string) *column {
	if p == nil {
		return nil
	}
	return p.byName[name]
}

// sameColumns reports whether rows of old hold here too.
func (p *picture) sameColumns(old *picture) bool {
	return slices.EqualFunc(p.environments, old.environments, func(a, b *column) bool {
		return a.env.Name == b.env.Name && sameEnvironment(a.env, b.env) && sameSettings(a.group, b.group)
	})
}

// takeFreezes works out what the freeze windows of an environment mean now. What before says is kept while nothing of it changed.
func (c *column) takeFreezes(before *column, now time.Time) {
	if before != nil && !now.Before(before.since) && (before.until.IsZero() || now.Before(before.until)) && c.sameWindows(before) {
		c.freezes, c.since, c.until = before.freezes, before.since, before.until
		return
	}
	c.freezes = newFreezes(c.env, c.group, now)
	c.until = c.freezes.change()
	if len(c.freezes.windows) > 0 {
		c.since = now.Truncate(time.Second) // windows know no less than a second
	}
}

// sameWindows reports whether two columns have the same freeze windows.
func (c *column) sameWindows(other *column) bool {
	return c.env.Problem == other.env.Problem && bytes.Equal(c.env.Raw, other.env.Raw) && sameSettings(c.group, other.group)
}

// sameSettings reports whether the settings of two groups, which may be nil, are the same.
func sameSettings(a, b *manifestrepo.Group) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a == b || a.Problem == b.Problem && bytes.Equal(a.Raw, b.Raw)
}

func (p *picture) newRow(app *manifestrepo.Application, now time.Time) *row {
	words := (len(p.environments) + 63) / 64
	all := make(bits, 7*words)
	part := func(i int) bits { return all[i*words : (i+1)*words : (i+1)*words] }
	r := &row{app: app, deployed: part(0), queued: part(1), differs: part(2), locked: part(3), frozen: part(4), held: part(5), newer: part(6)}
	for _, c := range p.environments {
		d := app.Deployments[c.env.Name]
		version := uint64(0)
		if d != nil {
			version = d.Version
			if version != 0 {
				r.deployed.set(c.bit)
			}
			if d.Queued != nil {
				r.queued.set(c.bit)
			}
			if d.Hold != nil {
				r.held.set(c.bit)
			}
			if c.freezes.of(p.snapshot, c.env, app.Name, app.Team).Frozen() {
				r.frozen.set(c.bit)
			}
		}
		if up := upstreamVersion(app, c.env); up != 0 && up != version && (version != 0 || hasManifest(app.Release(up), c.env.Name)) {
			r.differs.set(c.bit)
			if version > up {
				r.newer.set(c.bit)
			}
		}
		if anyHolds(app.Locks[c.env.Name], now) || anyHolds(c.env.TeamLocks[app.Team], now) {
			r.locked.set(c.bit)
		}
	}
	return r
}

// count fills what the columns say of all applications.
func (p *picture) count() {
	for _, r := range p.applications {
		for _, c := range p.environments {
			if r.deployed.has(c.bit) {
				c.proto.Applications++
			}
			if r.queued.has(c.bit) {
				c.proto.Queued++
				c.queuedOf[r.app.Team]++
			}
		}
	}
}

// addLocks gives each column the locks that hold all of it, and each team's.
func (p *picture) addLocks(now time.Time) {
	if stop := p.snapshot.Stop(); stop != nil && !stop.Expired(now) {
		p.global = p.lock(stop)
	}
	groups := map[string][]*api.Lock{}
	for _, c := range p.environments {
		if p.global != nil {
			c.wide = append(c.wide, p.global)
		}
		if c.group != nil {
			locks, ok := groups[c.group.Name]
			if !ok {
				locks = p.locks(c.group.Locks, now)
				groups[c.group.Name] = locks
				if proto := p.groupByName[c.group.Name]; proto != nil {
					proto.Locks = slices.Concat(c.wide, locks)
				}
			}
			c.wide = append(c.wide, locks...)
		}
		c.wide = append(c.wide, p.locks(c.env.Locks, now)...)
		c.proto.Locks = c.wide
		for team, locks := range c.env.TeamLocks {
			if active := p.locks(locks, now); len(active) > 0 {
				c.teams[team] = active
			}
		}
	}
}

// addTrains gives each column the time of the next departure that goes there. Trains of old are kept while nothing of them changed.
func (p *picture) addTrains(old *picture, now time.Time) {
	same := old != nil && slices.Equal(old.snapshot.Environments(), p.snapshot.Environments()) && slices.Equal(old.snapshot.Groups(), p.snapshot.Groups())
	if same {
		p.trains = old.trains
	} else {
		p.trains = trainsOf(p.snapshot)
	}
	departs := map[string]time.Time{}
	for _, t := range p.trains {
		next := t.next(now)
		if next.IsZero() {
			continue
		}
		p.trainsSince, p.until = now.Truncate(time.Second), earlier(p.until, next)
		for _, env := range t.goes {
			departs[env] = earlier(departs[env], next)
		}
	}
	if same && old.holds(now) {
		p.trainsSince = old.trainsSince
	}
	p.from = latest(p.from, p.trainsSince)
	for _, c := range p.environments {
		c.proto.NextDeparture = convert.Time(departs[c.env.Name])
	}
}

// addPending finds the requests for approval that wait.
func (p *picture) addPending(now time.Time) {
	for _, c := range p.environments {
		for _, a := range approvalsIn(c.env) {
			if a.Expired(now) {
				p.from = latest(p.from, a.ExpiresAt)
				continue
			}
			p.until = earlier(p.until, a.ExpiresAt)
			c.proto.PendingApprovals++
			for _, change := range a.Changes {
				if c.pending == nil {
					c.pending = map[string]*manifestrepo.Approval{}
				}
				c.pending[change.Application] = a
				if p.pending[change.Application] == nil {
					p.pending[change.Application] = make(bits, (len(p.environments)+63)/64)
				}
				p.pending[change.Application].set(c.bit)
			}
		}
		if c.pending != nil {
			p.asking = append(p.asking, c)
		}
	}
}

// locks converts those that hold now, by id.
func (p *picture) locks(locks map[string]*manifestrepo.Lock, now time.Time) []*api.Lock {
	var out []*api.Lock
	for _, id := range slices.Sorted(maps.Keys(locks)) {
		if !locks[id].Expired(now) {
			out = append(out, p.lock(locks[id]))
		}
	}
	return out
}

// lock converts a lock and counts what waits under it.
func (p *picture) lock(l *manifestrepo.Lock) *api.Lock {
	out := rules.LockProto(l)
	switch l.Scope {
	case manifestrepo.ScopeApplication:
		if app := p.snapshot.Application(l.Application); app != nil {
			if d := app.Deployments[l.Environment]; d != nil && d.Queued != nil {
				out.HoldsBack = 1
			}
		}
	case manifestrepo.ScopeTeam:
		if c := p.byName[l.Environment]; c != nil {
			out.HoldsBack = c.queuedOf[l.Team]
		}
	case manifestrepo.ScopeEnvironment:
		if c := p.byName[l.Environment]; c != nil {
			out.HoldsBack = c.proto.Queued
		}
	case manifestrepo.ScopeGroup, manifestrepo.ScopeGlobal:
		for _, c := range p.environments {
			if l.Scope == manifestrepo.ScopeGlobal || c.env.GroupName() == l.Group {
				out.HoldsBack += c.proto.Queued
			}
		}
	}
	return out
}

func environmentProto(env *manifestrepo.Environment) *api.Environment {
	out := &api.Environment{
		Name: env.Name, EnvironmentGroup: env.GroupName(), DistanceToUpstream: int32(env.Distance),
		Priority: api.Priority(env.Priority), Problem: env.Problem,
	}
	if up := env.Config.Upstream; up != nil {
		out.UpstreamEnvironment, out.Latest = up.Environment, up.Latest
	}
	return out
}

// configStruct is config.json as the repo has it; nil when it is no JSON object.
func configStruct(raw []byte) *structpb.Struct {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	config, err := structpb.NewStruct(fields)
	if err != nil {
		return nil
	}
	return config
}
