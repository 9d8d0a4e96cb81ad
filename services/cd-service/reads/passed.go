package reads

import (
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// passed finds what the clock alone changed after from, up to to: locks and requests for approval that ended, freeze windows that opened or
// closed, trains whose time came. It may find too much: what it names is sent as it is.
func (p *picture) passed(from, to time.Time) news {
	n := news{snapshot: p.snapshot}
	if p.holds(from) && p.holds(to) {
		return n
	}
	within := func(t time.Time) bool { return t.After(from) && !t.After(to) }
	for _, l := range p.snapshot.Locks() {
		if within(l.ExpiresAt) {
			n.ended(p.snapshot, l)
		}
	}
	for _, c := range p.environments {
		for _, a := range c.env.Approvals {
			if within(a.ExpiresAt) {
				n.environment = true
				for _, change := range a.Changes {
					n.applications = append(n.applications, change.Application)
				}
			}
		}
		for _, w := range c.freezes.windows {
			if within(schedule.NextChange([]schedule.Window{w.times}, from)) {
				n.turned(p, c, w)
			}
		}
	}
	for _, t := range p.trains {
		if within(t.next(from)) {
			n.environment = true
		}
	}
	return n
}

// ended notes what a lock held.
func (n *news) ended(s *manifestrepo.Snapshot, l *manifestrepo.Lock) {
	if l.Scope == manifestrepo.ScopeApplication {
		n.applications = append(n.applications, l.Application)
		return
	}
	n.environment = true
	for _, env := range s.Environments() {
		if l.Scope == manifestrepo.ScopeGlobal || l.Environment == env.Name || l.Scope == manifestrepo.ScopeGroup && env.GroupName() == l.Group {
			n.environments = append(n.environments, env.Name)
		}
	}
}

// turned notes whom a window concerns that opened or closed.
func (n *news) turned(p *picture, c *column, w window) {
	n.environment = true
	if len(w.Teams) == 0 && len(w.Applications) == 0 {
		n.environments = append(n.environments, c.env.Name)
		return
	}
	for _, r := range p.applications {
		if w.Concerns(r.app.Name, r.app.Team) && p.hasRow(r.app, c) {
			n.applications = append(n.applications, r.app.Name)
		}
	}
}

// hasRow reports whether an application may show in an environment.
func (p *picture) hasRow(app *manifestrepo.Application, c *column) bool {
	return app.Deployments[c.env.Name] != nil || len(app.Locks[c.env.Name]) > 0 || c.pending[app.Name] != nil
}

// any reports whether there is any.
func (n news) any() bool { return n.environment || len(n.applications) > 0 }

// add joins what the clock changed.
func (n *news) add(other news) {
	n.environment = n.environment || other.environment
	n.applications = append(n.applications, other.applications...)
	n.environments = append(n.environments, other.environments...)
}
