package reads

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// Stretches of time that timetables and freezes show.
const (
	defaultDays = 14
	maxDays     = 366
	// maxTimes is how many departures, or occurrences of freeze windows, one answer holds.
	maxTimes = 2000
)

type timetableService struct {
	api.UnimplementedTimetableServiceServer
	*Server
}

// GetTimetable lists the trains that go to a target and when they depart. What goes to a group are its own trains and those of its
// environments; what goes to an environment are its own trains and those of its group.
func (s timetableService) GetTimetable(_ context.Context, r *api.GetTimetableRequest) (*api.Timetable, error) {
	_, p := s.look()
	now := s.Clock.Now()
	from, until, err := stretch(r.Days, r.From, now)
	if err != nil {
		return nil, err
	}
	trains, err := p.trainsTo(r.Target)
	if err != nil {
		return nil, err
	}
	out := &api.Timetable{From: convert.Time(from), Until: convert.Time(until)}
	var departures []departure
	for _, t := range trains {
		out.Trains = append(out.Trains, t.Proto(now))
		if t.times == nil {
			continue
		}
		for _, at := range t.times.Between(from, until, maxTimes+1) {
			departures = append(departures, departure{train: t, at: at})
		}
	}
	slices.SortStableFunc(departures, func(a, b departure) int { return a.at.Compare(b.at) })
	if out.Cut = len(departures) > maxTimes; out.Cut {
		departures = departures[:maxTimes]
	}
	frosts := map[string]*frost{}
	for _, d := range departures {
		out.Departures = append(out.Departures, d.proto(p.frozenAt(d, frosts)))
	}
	return out, nil
}

// stretch is the time from a moment (now, when there is none) on, so many days of 24 hours.
func stretch(days int32, from *timestamppb.Timestamp, now time.Time) (start, end time.Time, err error) {
	if days < 0 || days > maxDays {
		return start, end, problem.New(problem.Invalid, "%d days are out of range", days).At("days").
			Because("a timetable shows 1 to 366 days").Fix("ask for at most %d, or leave it out for %d", maxDays, defaultDays)
	}
	if days == 0 {
		days = defaultDays
	}
	start = now.Truncate(time.Second).UTC()
	if from != nil {
		start = from.AsTime()
	}
	end = start.Add(time.Duration(days) * 24 * time.Hour)
	for _, t := range []*timestamppb.Timestamp{from, timestamppb.New(end)} {
		if err := t.CheckValid(); t != nil && err != nil {
			return start, end, problem.New(problem.Invalid, "the stretch of time is out of range: %v", err).At("from").
				Because("a stretch of time lies in the years 1 to 9999").Fix(`give for example "2026-11-23T00:00:00Z", or leave it out for now`).Wrap(err)
		}
	}
	return start, end, nil
}

// train is a train of the timetable with its departures.
type train struct {
	rules.TimetableTrain
	// goes are the environments it goes to.
	goes []string
	// times is nil when the train has no departures: it is disabled, or has a problem. A paused train has some, and lets them pass.
	times *schedule.Schedule
}

// trainsOf lists the trains of the timetable, by target and name. One of which only a record is left is none, unless nobody can tell.
func trainsOf(s *manifestrepo.Snapshot) []*train {
	var all []*train
	for _, entry := range rules.TimetableTrains(s) {
		t := &train{TimetableTrain: entry, goes: []string{entry.Environment}}
		if group := s.Group(entry.Group); entry.Group != "" && group != nil {
			t.goes = group.Environments
		}
		bad := entry.Problem() != ""
		if entry.Entry == nil && !bad {
			continue
		}
		if !bad && !entry.Entry.Disabled {
			t.times, _ = entry.Entry.Timetable() // it has no problem
		}
		all = append(all, t)
	}
	slices.SortStableFunc(all, func(a, b *train) int {
		return cmp.Or(cmp.Compare(a.Owner(), b.Owner()), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (t *train) paused() bool { return t.Record != nil && t.Record.Paused != nil }

// next is when the train departs next; zero when it does not.
func (t *train) next(after time.Time) time.Time {
	if t.times == nil || t.paused() {
		return time.Time{}
	}
	return t.times.Next(after)
}

// trainsTo lists the trains that go to a target, an empty one being everywhere.
func (p *picture) trainsTo(target string) ([]*train, error) {
	if target == "" {
		return p.trains, nil
	}
	env, group := p.byName[target], p.groupByName[target]
	if env == nil && group == nil {
		return nil, p.noTarget("target", target)
	}
	return slices.DeleteFunc(slices.Clone(p.trains), func(t *train) bool {
		switch {
		case env != nil && slices.Contains(t.goes, target):
			return false
		case group == nil:
			return true
		}
		return t.Group != target && !slices.Contains(group.Environments, t.Environment)
	}), nil
}

func (p *picture) noTarget(field, name string) error {
	var names []string
	for _, c := range p.environments {
		names = append(names, c.env.Name)
	}
	for _, g := range p.groups {
		names = append(names, g.Name)
	}
	return notFound("environment or environment group", "a train goes to an environment or to all environments of a group", field, name, names)
}

// departure is one time a train departs.
type departure struct {
	train *train
	at    time.Time
}

func (d departure) proto(frozen []string) *api.Departure {
	return &api.Departure{
		Time: convert.Time(d.at), LocalTime: d.at.Format("2006-01-02 15:04 MST"), Train: d.train.Name,
		Environment: d.train.Environment, EnvironmentGroup: d.train.Group, Frozen: frozen, Paused: d.train.paused(),
	}
}

// frost tells whether an environment is frozen as a whole, at one time after the other.
type frost struct {
	windows []schedule.Window
	frozen  bool
	// asked is set once frozen is known; it holds before until, which is zero when nothing changes within 400 days: longer than a timetable.
	asked bool
	until time.Time
}

// frozenAt lists the environments a departure goes to that are frozen as a whole then. frosts are those known of earlier departures.
func (p *picture) frozenAt(d departure, frosts map[string]*frost) []string {
	var frozen []string
	for _, name := range d.train.goes {
		c := p.byName[name]
		if c == nil {
			continue
		}
		f := frosts[name]
		if f == nil {
			f = &frost{windows: c.freezes.whole(), frozen: c.freezes.unreadable(p.snapshot, c.env)}
			frosts[name] = f
		}
		if f.at(d.at) {
			frozen = append(frozen, name)
		}
	}
	return frozen
}

// at is asked for times that do not go back.
func (f *frost) at(t time.Time) bool {
	if len(f.windows) == 0 {
		return f.frozen
	}
	if !f.asked || !f.until.IsZero() && !t.Before(f.until) {
		f.asked, f.frozen, f.until = true, schedule.At(f.windows, t).Frozen, schedule.NextChange(f.windows, t)
	}
	return f.frozen
}
