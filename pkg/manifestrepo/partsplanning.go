package manifestrepo

import (
	"maps"
	"slices"
)

// What the parts of environments, groups and release sets hold: pairs of functions as in partsdata.go.

func (e *encoder) environment(x *Environment) {
	e.flags(x.present, x.Raw != nil)
	e.text(x.Problem)
	e.text(string(x.Raw))
	e.locks(x.Locks)
	e.lockTree(x.TeamLocks)
	e.departures(x.Departures)
	e.uint(uint64(len(x.Approvals)))
	for _, id := range slices.Sorted(maps.Keys(x.Approvals)) {
		e.approval(x.Approvals[id])
	}
}

func (d *decoder) environment(x *Environment) {
	x.present, x.Problem, x.Raw = d.document()
	x.Locks, x.TeamLocks = d.locks(), d.lockTree()
	x.Departures = d.departures(Departure{Environment: x.Name})
	if n := d.count(); n > 0 {
		x.Approvals = make(map[string]*Approval, n)
		for range n {
			a := &Approval{Environment: x.Name}
			d.approval(a)
			x.Approvals[a.ID] = a
		}
	}
}

func (e *encoder) group(g *groupFiles) {
	e.flags(g.present, g.raw != nil)
	e.text(g.problem)
	e.text(string(g.raw))
	e.locks(g.locks)
	e.departures(g.departures)
}

func (d *decoder) group(g *groupFiles, name string) {
	g.present, g.problem, g.raw = d.document()
	g.locks = d.locks()
	g.departures = d.departures(Departure{Group: name})
}

// document reads whether a user's document is there, why it cannot be read, and its content.
func (d *decoder) document() (present bool, problem string, raw []byte) {
	flags := d.uint()
	problem = d.text()
	text := d.text()
	if flags&2 != 0 {
		raw = []byte(text)
	}
	return flags&1 != 0, problem, raw
}

func (e *encoder) departures(all map[string]*Departure) {
	e.uint(uint64(len(all)))
	for _, train := range slices.Sorted(maps.Keys(all)) {
		e.departure(all[train])
	}
}

// departures reads those of a place, which is an environment or a group.
func (d *decoder) departures(place Departure) map[string]*Departure {
	n := d.count()
	if n == 0 {
		return nil
	}
	all := make(map[string]*Departure, n)
	for range n {
		x := place
		d.departure(&x)
		all[x.Train] = &x
	}
	return all
}

func (e *encoder) departure(x *Departure) {
	e.text(x.Train)
	e.flags(x.Paused != nil)
	e.name(x.Schedule)
	e.name(x.TimeZone)
	e.time(x.Since)
	e.time(x.Last)
	e.name(string(x.Outcome))
	if p := x.Paused; p != nil {
		e.time(p.At)
		e.actor(p.By)
		e.text(p.Reason)
		e.extra(p.extra)
	}
	e.text(x.Broken)
	e.extra(x.extra)
}

func (d *decoder) departure(x *Departure) {
	x.Train = d.text()
	paused := d.uint() == 1
	x.Schedule, x.TimeZone = d.name(), d.name()
	x.Since, x.Last = d.time(), d.time()
	x.Outcome = DepartureOutcome(d.name())
	if paused {
		x.Paused = &Pause{At: d.time(), By: d.actor(), Reason: d.text(), extra: d.extra()}
	}
	x.Broken = d.text()
	x.extra = d.extra()
}

func (e *encoder) approval(a *Approval) {
	e.text(a.ID)
	e.name(a.Action)
	e.time(a.CreatedAt)
	e.time(a.ExpiresAt)
	e.actor(a.CreatedBy)
	e.text(a.Reason)
	e.uint(uint64(len(a.Changes)))
	for _, c := range a.Changes {
		e.flags(c.ByHand, c.NoHold)
		e.text(c.Application)
		e.uint(c.Version)
		e.uint(c.From)
	}
	e.text(a.Broken)
	e.extra(a.extra)
}

func (d *decoder) approval(a *Approval) {
	a.ID = d.text()
	a.Action = d.name()
	a.CreatedAt, a.ExpiresAt = d.time(), d.time()
	a.CreatedBy = d.actor()
	a.Reason = d.text()
	if n := d.count(); n > 0 {
		a.Changes = make([]ApprovalChange, n)
		for i := range a.Changes {
			marks := d.uint()
			a.Changes[i] = ApprovalChange{
				Application: d.text(), Version: d.uint(), From: d.uint(), ByHand: marks&1 != 0, NoHold: marks&2 != 0,
			}
		}
	}
	a.Broken = d.text()
	a.extra = d.extra()
}

func (e *encoder) releaseSet(s *ReleaseSet) {
	e.text(s.Environment)
	e.text(s.Message)
	e.time(s.CreatedAt)
	e.actor(s.CreatedBy)
	e.uint(uint64(len(s.Versions)))
	for _, app := range slices.Sorted(maps.Keys(s.Versions)) {
		e.text(app)
		e.uint(s.Versions[app])
	}
	e.text(s.Broken)
	e.extra(s.extra)
}

func (d *decoder) releaseSet(s *ReleaseSet) {
	s.Environment, s.Message = d.text(), d.text()
	s.CreatedAt, s.CreatedBy = d.time(), d.actor()
	if n := d.count(); n > 0 {
		s.Versions = make(map[string]uint64, n)
		for range n {
			app := d.text()
			s.Versions[app] = d.uint()
		}
	}
	s.Broken = d.text()
	s.extra = d.extra()
}
