package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// PauseTrain and ResumeTrain: somebody keeps a train of the timetable from departing, and lets it depart again. What it would have done
// meanwhile is not made up for.

func checkPauseTrain(m *api.PauseTrain, c *checking) error {
	if err := checkTimetablePlace("pause_train", m.Target, m.Train); err != nil {
		return err
	}
	if c.reason == "" {
		return invalid("reason", "the reason is missing").Because("pausing a train says why").Fix("give a reason; it stands in the history and in the timetable")
	}
	return nil
}

func checkResumeTrain(m *api.ResumeTrain, _ *checking) error {
	return checkTimetablePlace("resume_train", m.Target, m.Train)
}

func checkTimetablePlace(command, target, train string) error {
	return firstOf(
		at(command+".target", manifestrepo.CheckEnvironment(target)),
		at(command+".train", manifestrepo.CheckTrain(train)),
	)
}

// timetabled is the rule that a train that is paused or resumed is on the timetable, with a record that can be read.
func (w *work) timetabled(command, target, name string) (TimetableTrain, *manifestrepo.Departure, error) {
	if _, err := trainTargets(w.s, &api.RunTrain{Target: target}); err != nil {
		return TimetableTrain{}, nil, at(command+".target", err)
	}
	t, err := findTrain(w.s, target, api.TrainTarget_TRAIN_TARGET_UNSPECIFIED, command+".train", name)
	if err != nil {
		return t, nil, err
	}
	if t.Entry.Disabled {
		return t, nil, problem.New(problem.Conflict, "%s is disabled", t).At(command + ".train").
			Because("a disabled train does not depart, paused or not").Fix(`remove "disabled" from its entry in the timetable first`)
	}
	if t.Record != nil && t.Record.Broken != "" {
		return t, nil, problem.New(problem.Conflict, "%s", t.Problem()).At(command + ".train").
			Because("a train without a readable record does not depart").Fix("repair that file, or delete it to begin it anew")
	}
	timetable, err := timetableOf(t, command+".train")
	if err != nil {
		return t, nil, err
	}
	if t.Record == nil || !begunFor(t.Record, timetable) {
		return t, w.begun(t, timetable), nil
	}
	return t, t.record(), nil
}

func decidePauseTrain(m *api.PauseTrain, w *work) error {
	t, next, err := w.timetabled("pause_train", m.Target, m.Train)
	if err != nil {
		return err
	}
	w.message.Environment = t.Environment
	w.message.Subject = "Pause " + t.String()
	if next.Paused == nil || next.Paused.Reason != w.reason {
		next.Paused = &manifestrepo.Pause{At: w.now, By: w.ctx.Actor, Reason: w.reason}
		w.happened(manifestrepo.Event{What: eventTrainPaused, Environment: t.Environment, ID: t.Name})
		if err := w.putRecord(t, next); err != nil {
			return err
		}
	}
	t.Record = next
	w.result.Kind = &api.ActionResult_PauseTrain{PauseTrain: t.Proto(w.now)}
	return nil
}

func decideResumeTrain(m *api.ResumeTrain, w *work) error {
	t, next, err := w.timetabled("resume_train", m.Target, m.Train)
	if err != nil {
		return err
	}
	w.message.Environment = t.Environment
	w.message.Subject = "Resume " + t.String()
	if next.Paused != nil {
		next.Paused, next.Since = nil, w.now
		w.happened(manifestrepo.Event{What: eventTrainResumed, Environment: t.Environment, ID: t.Name})
		if err := w.putRecord(t, next); err != nil {
			return err
		}
		t.Record = next
	}
	w.result.Kind = &api.ActionResult_ResumeTrain{ResumeTrain: t.Proto(w.now)}
	if first := t.Next(w.now); !first.IsZero() {
		w.say("Its next departure is %s.", first.Format(onTheClock))
	}
	return nil
}
