package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// Depart: the clock asks whether a train of the timetable is due. What happens is decided here, on the state as it is: whoever asks too
// late, or a second time, finds nothing due. A departure always writes its record, also when nothing moved.

func checkDepart(m *api.Depart, _ *checking) error {
	if (m.Environment == "") == (m.EnvironmentGroup == "") {
		return invalid("depart.environment", "the train is in the timetable of one environment or of one group").
			Because("one of environment and environment_group is set").Fix("set one of the two")
	}
	if m.Environment != "" {
		return firstOf(at("depart.environment", manifestrepo.CheckEnvironment(m.Environment)), at("depart.train", manifestrepo.CheckTrain(m.Train)))
	}
	return firstOf(at("depart.environment_group", manifestrepo.CheckEnvironment(m.EnvironmentGroup)), at("depart.train", manifestrepo.CheckTrain(m.Train)))
}

// departing finds the train, and what is left of it when it is gone.
func departing(s *manifestrepo.Snapshot, m *api.Depart) TimetableTrain {
	var known []TimetableTrain
	if env := s.Environment(m.Environment); m.Environment != "" && env != nil {
		known = trainsOfEnvironment(env)
	}
	if group := s.Group(m.EnvironmentGroup); m.EnvironmentGroup != "" && group != nil {
		known = trainsOfGroup(group)
	}
	for _, t := range known {
		if t.Name == m.Train {
			return t
		}
	}
	return TimetableTrain{Environment: m.Environment, Group: m.EnvironmentGroup, Name: m.Train}
}

// needsOfDepart lists what the train asks for when it departs; whether it does is not known here.
func needsOfDepart(m *api.Depart, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	t := departing(s, m)
	if t.Entry == nil || t.Entry.Disabled || t.Record == nil || t.Record.Paused != nil {
		return nil
	}
	return t.train(s).needs(s)
}

// train is the train that departs.
func (t TimetableTrain) train(s *manifestrepo.Snapshot) *train {
	return &train{target: t.Owner(), name: t.Name, envs: t.environments(s), filter: t.filter()}
}

func decideDepart(m *api.Depart, w *work) error {
	t := departing(w.s, m)
	answer := &api.DepartResult{}
	w.result.Kind = &api.ActionResult_Depart{Depart: answer}
	w.message.Environment = t.Environment
	after := t
	var err error
	switch what, scheduled, _ := t.due(w.now); what {
	case stepNothing:
		w.message.Subject = "Keep " + t.String() + " as it is"
	case stepForget:
		w.message.Subject = "Take " + t.String() + " off the timetable"
		w.delete(manifestrepo.DeparturePath(t.record()))
		after.Record = nil
	case stepBegin:
		after.Record, err = w.beginRecord(t)
	case stepMiss, stepRun:
		next := t.record()
		next.Last, next.Outcome = scheduled.UTC(), manifestrepo.Departed
		if what == stepMiss {
			next.Outcome = manifestrepo.Missed
		}
		answer.ScheduledAt, after.Record = timeProto(next.Last), next
		local := scheduled.Format(onTheClock)
		if what == stepMiss {
			answer.Missed = true
			err = w.missDeparture(t, next, local)
		} else {
			err = w.departNow(t, next, local, answer)
		}
	}
	answer.Train = after.Proto(w.now)
	return err
}

// beginRecord puts a train on the timetable; departures from now on count.
func (w *work) beginRecord(t TimetableTrain) (*manifestrepo.Departure, error) {
	timetable, err := timetableOf(t, "depart.train")
	if err != nil {
		return nil, err
	}
	next := w.begun(t, timetable)
	w.message.Subject = "Put " + t.String() + " on the timetable"
	if t.Record != nil {
		w.message.Subject = "Take up the new schedule of " + t.String()
	}
	if first := timetable.Next(w.now); !first.IsZero() {
		w.say("Its next departure is %s.", first.Format(onTheClock))
	}
	return next, w.putRecord(t, next)
}

// timetableOf is the schedule of a train that departs at all.
func timetableOf(t TimetableTrain, field string) (*schedule.Schedule, error) {
	timetable, err := t.Entry.Timetable()
	if err != nil {
		refused := problem.From(err)
		return nil, problem.New(problem.Conflict, "%s does not depart: %s", t, refused.Message).At(field).
			Because(refused.Rule).Fix("%s", refused.Remedy)
	}
	return timetable, nil
}

// missDeparture leaves a departure out that was missed while the service was down.
func (w *work) missDeparture(t TimetableTrain, next *manifestrepo.Departure, local string) error {
	w.message.Subject = fmt.Sprintf("Leave out the departure of %s at %s", t, local)
	w.say("Signalbox could not depart in time, and the timetable says to leave out what was missed.")
	w.happened(manifestrepo.Event{What: eventDepartureMissed, Environment: t.Environment, ID: t.Name})
	return w.putRecord(t, next)
}

// departNow runs the train and writes its record.
func (w *work) departNow(t TimetableTrain, next *manifestrepo.Departure, local string, answer *api.DepartResult) error {
	run := t.train(w.s)
	w.happened(manifestrepo.Event{What: eventDeparted, Environment: t.Environment, ID: t.Name})
	into, err := w.run(run)
	if err != nil {
		return err
	}
	w.say("Departure of %s.", local)
	w.message.Subject = w.tellTrain(run, into)
	for _, env := range into {
		for _, r := range env.Applications {
			switch {
			case hasEffect(r):
				answer.Moved = append(answer.Moved, r)
			case r.SkipCause != api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION:
				answer.Skipped++
			}
		}
	}
	return w.putRecord(t, next)
}

// hasEffect reports whether an application moved or waits.
func hasEffect(r *api.DeployResult) bool {
	switch r.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED, api.DeployOutcome_DEPLOY_OUTCOME_QUEUED, api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return true
	}
	return false
}
