package reads

import (
	"cmp"
	"context"
	"slices"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// ListFreezes lists the freeze windows of environments, each environment's own before its group's, and when they are open. A window of a
// group is listed for each of its environments.
func (s timetableService) ListFreezes(_ context.Context, r *api.ListFreezesRequest) (*api.Freezes, error) {
	_, p := s.look()
	from, until, err := stretch(r.Days, r.From, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	if err := p.checkEnvironment("environment", r.Environment); err != nil {
		return nil, err
	}
	out := &api.Freezes{From: convert.Time(from), Until: convert.Time(until)}
	var times []schedule.Window
	for _, env := range p.snapshot.Environments() {
		if r.Environment != "" && env.Name != r.Environment {
			continue
		}
		c := p.byName[env.Name]
		out.Now = append(out.Now, c.proto.Freezes...)
		for _, w := range c.freezes.windows {
			times = append(times, w.times)
			out.Windows = append(out.Windows, &api.FreezeWindow{
				Name: w.Name, Kind: w.Kind, Schedule: w.Schedule, Duration: w.Duration, TimeZone: w.zone(), Reason: w.Reason,
				Teams: w.Teams, Applications: w.Applications, Environment: env.Name, EnvironmentGroup: w.Group,
			})
		}
	}
	occurrences := occurrencesOf(times, from, until)
	if out.Cut = len(occurrences) > maxTimes; out.Cut {
		occurrences = occurrences[:maxTimes]
	}
	for _, o := range occurrences {
		out.Occurrences = append(out.Occurrences, &api.FreezeOccurrence{Window: int32(o.Window), Start: convert.Time(o.Start), End: convert.Time(o.End)})
	}
	return out, nil
}

// occurrencesOf is schedule.Occurrences of up to one more than an answer holds, with what equal windows share worked out once: a group's
// windows stand with each of its environments.
func occurrencesOf(windows []schedule.Window, from, until time.Time) []schedule.Occurrence {
	type key struct {
		expression, zone string
		duration         time.Duration
	}
	keyOf := func(w schedule.Window) key {
		return key{w.Schedule.Expression(), w.Schedule.Zone().String(), w.Duration}
	}
	alike := map[key][]int{}
	for i, w := range windows {
		if w.Schedule != nil {
			alike[keyOf(w)] = append(alike[keyOf(w)], i)
		}
	}
	var distinct []schedule.Occurrence
	for _, same := range alike {
		for _, o := range schedule.Occurrences(windows[same[0]:same[0]+1], from, until, maxTimes+1) {
			o.Window = same[0]
			distinct = append(distinct, o)
		}
	}
	order := func(a, b schedule.Occurrence) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Window, b.Window))
	}
	slices.SortFunc(distinct, order)
	var all []schedule.Occurrence
	for _, o := range distinct {
		if len(all) > maxTimes {
			break
		}
		for _, i := range alike[keyOf(windows[o.Window])] {
			o.Window = i
			all = append(all, o)
		}
	}
	slices.SortFunc(all, order)
	return all
}
