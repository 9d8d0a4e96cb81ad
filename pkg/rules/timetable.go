package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// The timetable: trains that depart by the clock. Each enabled one has a record in the manifest repo that says since when it is on the
// timetable and which departure was dealt with last. The record is the proof: what it says was dealt with is not due any more.

// lateAfter is how late a train may depart; what is later was missed.
const lateAfter = 5 * time.Minute

// onTheClock writes a departure as the clocks of the train's zone show it.
const onTheClock = "2006-01-02 15:04 MST"

// TimetableTrain is a train of the timetable: whose it is, what the config says of it, and its record.
type TimetableTrain struct {
	// Environment or Group is whose timetable it is in; one is set.
	Environment, Group, Name string
	// Entry is what the config says; nil when the config has no such train any more.
	Entry *manifestrepo.ReleaseTrain
	// Record is nil before the train is seen for the first time, and while it is disabled.
	Record *manifestrepo.Departure
	// unreadable: the settings that would hold the entry cannot be read, so nobody can tell.
	unreadable string
}

// TimetableTrains lists all trains of the timetable, environments before groups, by name; those of which only a record is left, too.
func TimetableTrains(s *manifestrepo.Snapshot) []TimetableTrain {
	var all []TimetableTrain
	for _, env := range s.Environments() {
		all = append(all, trainsOfEnvironment(env)...)
	}
	for _, group := range s.Groups() {
		all = append(all, trainsOfGroup(group)...)
	}
	return all
}

func trainsOfEnvironment(env *manifestrepo.Environment) []TimetableTrain {
	return trainsOf(TimetableTrain{Environment: env.Name, unreadable: env.Problem}, env.Config.ReleaseTrains, env.Departures)
}

// trainsOfGroup: settings of a group that no environment belongs to count for nothing.
func trainsOfGroup(group *manifestrepo.Group) []TimetableTrain {
	entries := group.Config.ReleaseTrains
	if len(group.Environments) == 0 {
		entries = nil
	}
	return trainsOf(TimetableTrain{Group: group.Name, unreadable: group.Problem}, entries, group.Departures)
}

// trainsOf joins entries and records, by name. Two entries of one name, which only a hand can have written, are one train, and it does not
// depart: its schedule cannot be read.
func trainsOf(owner TimetableTrain, entries []manifestrepo.ReleaseTrain, records map[string]*manifestrepo.Departure) []TimetableTrain {
	if len(entries) == 0 && len(records) == 0 {
		return nil
	}
	byName := map[string]TimetableTrain{}
	for name, record := range records {
		t := owner
		t.Name, t.Record = name, record
		byName[name] = t
	}
	for i := range entries {
		t := owner
		t.Name, t.Entry, t.Record = entries[i].Name, &entries[i], records[entries[i].Name]
		if byName[t.Name].Entry == nil {
			byName[t.Name] = t
		}
	}
	all := make([]TimetableTrain, 0, len(byName))
	for _, name := range sortedKeys(byName) {
		all = append(all, byName[name])
	}
	return all
}

// Owner is the environment or the group whose timetable it is in.
func (t TimetableTrain) Owner() string {
	if t.Group != "" {
		return t.Group
	}
	return t.Environment
}

// String names the train for a person.
func (t TimetableTrain) String() string { return "release train " + t.Name + " of " + t.Owner() }

// Problem says why the train does not depart although the timetable has it: its schedule, its record or its settings cannot be read.
// Empty when nothing is wrong.
func (t TimetableTrain) Problem() string {
	switch {
	case t.unreadable != "" && t.Group != "":
		return manifestrepo.GroupPath(t.Group) + " cannot be read: " + t.unreadable
	case t.unreadable != "":
		return manifestrepo.ConfigPath(t.Environment) + " cannot be read: " + t.unreadable
	case t.Entry == nil:
		return ""
	}
	if _, err := t.Entry.Timetable(); err != nil {
		return problem.From(err).Message
	}
	if t.Record != nil && t.Record.Broken != "" {
		return manifestrepo.DeparturePath(t.record()) + " cannot be read: " + t.Record.Broken
	}
	return ""
}

// Next is the first departure after a moment; zero when the train is disabled, paused or has a problem, or never departs again.
func (t TimetableTrain) Next(after time.Time) time.Time {
	if t.Entry == nil || t.Entry.Disabled || t.Problem() != "" || t.Record != nil && t.Record.Paused != nil {
		return time.Time{}
	}
	timetable, err := t.Entry.Timetable()
	if err != nil {
		return time.Time{}
	}
	return timetable.Next(after)
}

// Proto is the train as the API hands it out.
func (t TimetableTrain) Proto(now time.Time) *api.Train {
	out := &api.Train{Name: t.Name, Environment: t.Environment, EnvironmentGroup: t.Group, Problem: t.Problem(), NextDeparture: timeProto(t.Next(now))}
	if e := t.Entry; e != nil {
		out.Schedule, out.TimeZone, out.Team, out.Applications, out.Labels = e.Schedule, e.TimeZone, e.Team, e.Applications, e.Labels
		out.Disabled, out.Missed = e.Disabled, e.Missed
		if out.Missed == "" {
			out.Missed = manifestrepo.MissedSkip
		}
	}
	if r := t.Record; r != nil {
		out.LastDeparture, out.LastOutcome = timeProto(r.Last), string(r.Outcome)
		if p := r.Paused; p != nil {
			out.Paused, out.PausedBecause, out.PausedBy, out.PausedAt = true, p.Reason, actorProto(p.By), timeProto(p.At)
		}
	}
	return out
}

// record is the train's record with its place, to be written; it has what the repo's has.
func (t TimetableTrain) record() *manifestrepo.Departure {
	next := manifestrepo.Departure{}
	if t.Record != nil {
		next = *t.Record
	}
	next.Train, next.Environment, next.Group = t.Name, t.Environment, t.Group
	return &next
}

// environments are those that the train goes to, by name.
func (t TimetableTrain) environments(s *manifestrepo.Snapshot) []*manifestrepo.Environment {
	if t.Group == "" {
		if env := s.Environment(t.Environment); env != nil {
			return []*manifestrepo.Environment{env}
		}
		return nil
	}
	return environmentsOf(s, s.Group(t.Group))
}

func (t TimetableTrain) filter() trainFilter {
	return trainFilter{team: t.Entry.Team, applications: t.Entry.Applications, labels: t.Entry.Labels}
}

// findTrain finds a train of a target's timetable: a group's, and when that has none of the name, an environment's.
func findTrain(s *manifestrepo.Snapshot, target string, kind api.TrainTarget, field, name string) (TimetableTrain, error) {
	var known []TimetableTrain
	unreadable := ""
	if group := s.Group(target); group != nil && kind != api.TrainTarget_TRAIN_TARGET_ENVIRONMENT {
		known = append(known, trainsOfGroup(group)...)
		unreadable = group.Problem
	}
	if env := s.Environment(target); env != nil && kind != api.TrainTarget_TRAIN_TARGET_ENVIRONMENT_GROUP {
		known = append(known, trainsOfEnvironment(env)...)
		unreadable = cmp.Or(unreadable, env.Problem)
	}
	var names []string
	for _, t := range known {
		if t.Entry == nil {
			continue
		}
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if unreadable != "" {
		return TimetableTrain{}, problem.New(problem.Conflict, "the timetable of %s cannot be read: %s", target, unreadable).At(field).
			Because("the settings that hold a train can be read").Fix("repair the settings of %s", target)
	}
	slices.Sort(names)
	return TimetableTrain{}, problem.New(problem.NotFound, "the timetable of %s has no train %q", target, name).At(field).
		Because("the train is in the releaseTrains of the environment's config or of the group's settings").
		Fix("%s", didYouMean(name, slices.Compact(names), "put it into the timetable first"))
}

// step is what the clock asks of a train.
type step int

const (
	stepNothing step = iota
	// stepForget: the record goes, the train is gone or disabled.
	stepForget
	// stepBegin: the record begins, for a train that is new or has another schedule.
	stepBegin
	// stepMiss: a departure was missed, and is left out.
	stepMiss
	// stepRun: the train departs.
	stepRun
)

// due says what the clock asks of a train at a time: the step, for a departure its scheduled time, and when to ask again if nothing is
// asked (zero: not before the state changes).
func (t TimetableTrain) due(now time.Time) (what step, scheduled, next time.Time) {
	switch {
	case t.unreadable != "":
		return stepNothing, time.Time{}, time.Time{}
	case t.Entry == nil || t.Entry.Disabled:
		if t.Record != nil {
			return stepForget, time.Time{}, time.Time{}
		}
		return stepNothing, time.Time{}, time.Time{}
	case t.Record != nil && t.Record.Broken != "":
		return stepNothing, time.Time{}, time.Time{}
	}
	timetable, err := t.Entry.Timetable()
	switch {
	case err != nil:
		return stepNothing, time.Time{}, time.Time{}
	case t.Record == nil || !begunFor(t.Record, timetable):
		return stepBegin, time.Time{}, time.Time{}
	case t.Record.Paused != nil:
		return stepNothing, time.Time{}, time.Time{}
	}
	base := t.Record.Base()
	scheduled = timetable.Last(base, now)
	switch {
	case scheduled.IsZero():
		return stepNothing, scheduled, timetable.Next(laterOf(base, now))
	case now.Sub(scheduled) > lateAfter && t.Entry.Missed != manifestrepo.MissedRunOnce:
		return stepMiss, scheduled, time.Time{}
	}
	return stepRun, scheduled, time.Time{}
}

// begunFor reports whether a record belongs to this schedule. What means the same is the same.
func begunFor(record *manifestrepo.Departure, timetable *schedule.Schedule) bool {
	zone := record.TimeZone
	if zone == "" {
		zone = time.UTC.String()
	}
	return strings.Join(strings.Fields(record.Schedule), " ") == timetable.Expression() && zone == timetable.Zone().String()
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// begun is the train's record as it begins now: departures from now on count. A pause stays.
func (w *work) begun(t TimetableTrain, timetable *schedule.Schedule) *manifestrepo.Departure {
	next := t.record()
	next.Schedule, next.TimeZone, next.Since = timetable.Expression(), timetable.Zone().String(), w.now
	return next
}

// putRecord writes a train's record.
func (w *work) putRecord(t TimetableTrain, d *manifestrepo.Departure) error {
	content, err := manifestrepo.EncodeDeparture(d)
	if err != nil {
		return err
	}
	path := manifestrepo.DeparturePath(d)
	if t.Record == nil {
		w.create(path, content)
	} else {
		w.write(path, content)
	}
	return nil
}

// keepRecords brings the records of an environment's or a group's trains in line with new settings: those of new trains and of other
// schedules begin, those of trains that are gone or disabled go. Every command that writes such settings calls it.
func (w *work) keepRecords(environment, group string, trains []manifestrepo.ReleaseTrain, records map[string]*manifestrepo.Departure) error {
	for _, t := range trainsOf(TimetableTrain{Environment: environment, Group: group}, trains, records) {
		switch what, _, _ := t.due(w.now); what {
		case stepForget:
			w.delete(manifestrepo.DeparturePath(t.record()))
		case stepBegin:
			timetable, err := t.Entry.Timetable()
			if err != nil {
				return err
			}
			if err := w.putRecord(t, w.begun(t, timetable)); err != nil {
				return err
			}
		}
	}
	return nil
}
