package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Due says what the clock asks for: the commands to send now, in order, and when to look again (zero: not before the state changes).
// A command that was carried out is not due any more, so asking again after each of them ends. next is after now, in whole seconds.
//
// Locks and requests that expired end first, then what freezes held back is caught up, then trains depart: by their scheduled time, and
// of those that depart together the ones farthest down the line first, so that a release goes one hop.
func Due(s *manifestrepo.Snapshot, now time.Time) (actions []*api.Action, next time.Time) {
	return NewAgenda().Due(s, now)
}

// Agenda asks Due again and again, cheaply: of applications that stayed the same it remembers where a version waits for a freeze. It is for
// one goroutine.
type Agenda struct {
	// waiting are the environments where a version of an application waits for a freeze.
	waiting map[*manifestrepo.Application][]string
}

// NewAgenda makes an Agenda that remembers nothing.
func NewAgenda() *Agenda { return &Agenda{waiting: map[*manifestrepo.Application][]string{}} }

// Due is the function Due.
func (a *Agenda) Due(s *manifestrepo.Snapshot, now time.Time) (actions []*api.Action, next time.Time) {
	d := &duty{s: s, now: now.UTC().Truncate(time.Second)}
	if d.anythingExpired() {
		actions = append(actions, &api.Action{Kind: &api.Action_EndExpired{EndExpired: &api.EndExpired{}}})
	}
	if d.anythingThawed(a) {
		actions = append(actions, &api.Action{Kind: &api.Action_CatchUp{CatchUp: &api.CatchUp{}}})
	}
	return append(actions, d.departures()...), d.next
}

// keptApplications is how many applications that are no more, or changed, an Agenda remembers beside those that are.
const keptApplications = 1000

// waitingOf lists the environments where a version of an application waits for a freeze.
func (a *Agenda) waitingOf(app *manifestrepo.Application) []string {
	envs, known := a.waiting[app]
	if !known {
		for name, d := range app.Deployments {
			if q := d.Queued; q != nil && q.Cause == manifestrepo.QueuedByFreeze {
				envs = append(envs, name)
			}
		}
		a.waiting[app] = envs
	}
	return envs
}

// forget drops what is not in a state.
func (a *Agenda) forget(s *manifestrepo.Snapshot) {
	if len(a.waiting) <= len(s.Applications())+keptApplications {
		return
	}
	kept := make(map[*manifestrepo.Application][]string, len(s.Applications()))
	for _, app := range s.Applications() {
		kept[app] = a.waitingOf(app)
	}
	a.waiting = kept
}

// duty is a Due under way.
type duty struct {
	s *manifestrepo.Snapshot
	// now is in whole seconds, as rules see it.
	now, next time.Time
}

// lookAgain notes a moment after which something may be due. Rules decide in whole seconds.
func (d *duty) lookAgain(at time.Time) {
	if at.IsZero() {
		return
	}
	if whole := at.Truncate(time.Second); !whole.Equal(at) {
		at = whole.Add(time.Second)
	}
	at = at.UTC()
	if at.After(d.now) && (d.next.IsZero() || at.Before(d.next)) {
		d.next = at
	}
}

// anythingExpired looks through the locks and the requests for approval that end by themselves.
func (d *duty) anythingExpired() bool {
	found := false
	for _, l := range d.s.Locks() {
		found = found || l.Expired(d.now)
		d.lookAgain(l.ExpiresAt)
	}
	for _, env := range d.s.Environments() {
		for _, a := range env.Approvals {
			found = found || a.Expired(d.now)
			d.lookAgain(a.ExpiresAt)
		}
	}
	return found
}

// anythingThawed looks for versions that a freeze held back which is over; CatchUp finds the same.
func (d *duty) anythingThawed(a *Agenda) bool {
	found := false
	freezes, envs := FreezesAt(d.s, d.now), map[string]*thaw{}
	for _, app := range d.s.Applications() {
		for _, name := range a.waitingOf(app) {
			t, known := envs[name]
			if !known {
				t = newThaw(d.s, name)
				envs[name] = t
			}
			if t == nil {
				continue
			}
			found = !d.frozen(t, freezes, app) || found
		}
	}
	a.forget(d.s)
	return found
}

// thaw is what the freezes of one environment say, evaluated once for all applications that are the same to them.
type thaw struct {
	env *manifestrepo.Environment
	// named are the applications that windows name, and that need a look of their own.
	named map[string]bool
	known map[string]Freeze // by team
}

// newThaw is nil for an environment that does not exist.
func newThaw(s *manifestrepo.Snapshot, name string) *thaw {
	env := s.Environment(name)
	if env == nil {
		return nil
	}
	t := &thaw{env: env, named: map[string]bool{}, known: map[string]Freeze{}}
	windows := env.Config.FreezeWindows
	if group := s.Group(env.GroupName()); group != nil {
		windows = slices.Concat(windows, group.Config.FreezeWindows)
	}
	for _, w := range windows {
		for _, app := range w.Applications {
			t.named[app] = true
		}
	}
	return t
}

func (d *duty) frozen(t *thaw, freezes *Freezes, app *manifestrepo.Application) bool {
	named := len(t.named) > 0 && t.named[app.Name]
	if freeze, known := t.known[app.Team]; known && !named {
		return freeze.Frozen()
	}
	freeze := freezes.Of(t.env, app.Name, app.Team)
	if !named {
		t.known[app.Team] = freeze
	}
	d.lookAgain(freeze.Until)
	return freeze.Frozen()
}

// departure is a Depart to be sent.
type departure struct {
	action    *api.Action
	scheduled time.Time
	distance  int
	name      string
}

// departures asks every train of the timetable.
func (d *duty) departures() []*api.Action {
	var due []departure
	for _, t := range TimetableTrains(d.s) {
		what, scheduled, next := t.due(d.now)
		d.lookAgain(next)
		if what == stepNothing {
			continue
		}
		depart := &api.Depart{Environment: t.Environment, EnvironmentGroup: t.Group, Train: t.Name}
		due = append(due, departure{
			action: &api.Action{Kind: &api.Action_Depart{Depart: depart}}, scheduled: scheduled, distance: d.distance(t), name: t.Owner() + " " + t.Name,
		})
	}
	slices.SortStableFunc(due, func(a, b departure) int {
		return cmp.Or(a.scheduled.Compare(b.scheduled), cmp.Compare(b.distance, a.distance), strings.Compare(a.name, b.name))
	})
	actions := make([]*api.Action, len(due))
	for i := range due {
		actions[i] = due[i].action
	}
	return actions
}

// distance is how far down the line the train goes.
func (d *duty) distance(t TimetableTrain) int {
	if t.Group != "" {
		if group := d.s.Group(t.Group); group != nil {
			return group.Distance
		}
		return 0
	}
	if env := d.s.Environment(t.Environment); env != nil {
		return env.Distance
	}
	return 0
}
