package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type trainListOptions struct {
	*session
	in *api.GetTimetableRequest
}

func newTrainList(s *session) *cobra.Command {
	o := &trainListOptions{session: s, in: &api.GetTimetableRequest{Days: 1}}
	return s.command(spec{
		use:     "list [TARGET]",
		short:   "List the trains of the timetable: when each departed last, and when it departs next",
		example: `  signalbox train list production`,
		args:    []arg{{kind: targetName, optional: true}},
	}, o)
}

func (o *trainListOptions) complete(args []string) error {
	o.in.Target = strings.Join(args, "")
	return nil
}

func (o *trainListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	timetable, err := c.Timetable(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(&api.Timetable{Trains: timetable.Trains}, func(p *printer) {
		if len(timetable.Trains) == 0 {
			p.line("no trains")
			return
		}
		p.head("target", "train", "schedule", "takes", "last", "next", "remarks")
		for _, t := range timetable.Trains {
			p.row(trainTarget(t), t.Name, scheduleText(t), trainTakes(t), lastText(t), timeText(t.NextDeparture), trainRemarks(t))
		}
	})
}

func scheduleText(t *api.Train) string {
	if t.TimeZone == "" {
		return t.Schedule + " UTC"
	}
	return t.Schedule + " " + t.TimeZone
}

func trainTarget(t *api.Train) string {
	if t.EnvironmentGroup != "" {
		return "group " + t.EnvironmentGroup
	}
	return t.Environment
}

func trainTakes(t *api.Train) string {
	var words []string
	if t.Team != "" {
		words = append(words, "team "+t.Team)
	}
	words = append(words, t.Applications...)
	words = append(words, labelTexts(t.Labels)...)
	if len(words) == 0 {
		return "everybody"
	}
	return strings.Join(words, ", ")
}

func labelTexts(labels map[string]string) []string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		words = append(words, key+"="+labels[key])
	}
	return words
}

// lastText is when a train departed last; a departure that was missed says so.
func lastText(t *api.Train) string {
	text := timeText(t.LastDeparture)
	if t.LastOutcome != "" && t.LastOutcome != "departed" {
		text += " " + t.LastOutcome
	}
	return text
}

func trainRemarks(t *api.Train) cell {
	switch {
	case t.Problem != "":
		return cell{t.Problem, red}
	case t.Disabled:
		return cell{"disabled", faint}
	case t.Paused:
		return cell{fmt.Sprintf("paused by %s since %s: %s", orDash(actorText(t.PausedBy)), timeText(t.PausedAt), t.PausedBecause), yellow}
	}
	return cell{"", plain}
}

type timetableOptions struct {
	*session
	stretch
	in *api.GetTimetableRequest
}

func newTrainTimetable(s *session) *cobra.Command {
	o := &timetableOptions{session: s, in: &api.GetTimetableRequest{}}
	cmd := s.command(spec{
		use:   "timetable [TARGET]",
		short: "Show when trains depart",
		long: `Shows the departures to come, of all trains or of those that go to an environment or a group. The local time is on the clocks of the
train's time zone.`,
		example: `  signalbox train timetable --days 14
  signalbox train timetable production --from 2026-12-21`,
		args: []arg{{kind: targetName, optional: true}},
	}, o)
	o.addFlags(cmd)
	return cmd
}

func (o *timetableOptions) complete(args []string) (err error) {
	o.in.Target, o.in.Days = strings.Join(args, ""), o.days
	o.in.From, err = o.stretch.complete()
	return err
}

func (o *timetableOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	timetable, err := c.Timetable(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(timetable, func(p *printer) {
		if len(timetable.Departures) == 0 {
			p.line("no departures between %s and %s", timeText(timetable.From), timeText(timetable.Until))
			return
		}
		p.head("departs", "local time", "train", "target", "remarks")
		for _, d := range timetable.Departures {
			target := d.Environment
			if d.EnvironmentGroup != "" {
				target = "group " + d.EnvironmentGroup
			}
			p.row(timeText(d.Time), d.LocalTime, d.Train, target, cell{departureRemarks(d), yellow})
		}
		if timetable.Cut {
			p.line("there are more; ask for fewer --days, or one target")
		}
	})
}

func departureRemarks(d *api.Departure) string {
	var words []string
	if d.Paused {
		words = append(words, "paused")
	}
	if len(d.Frozen) > 0 {
		words = append(words, "frozen then: "+strings.Join(d.Frozen, ", "))
	}
	return strings.Join(words, "; ")
}

func newTrainPause(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "pause TARGET TRAIN --reason WHY",
		short:   "Keep a train of the timetable from departing until it is resumed",
		example: `  signalbox train pause staging morning --reason "release freeze"`,
		args:    []arg{{kind: targetName}, {kind: trainName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		if req.Reason == "" {
			return usagef("--reason is missing: pausing a train says why")
		}
		req.Kind = &api.ExecuteRequest_PauseTrain{PauseTrain: &api.PauseTrain{Target: args[0], Train: args[1]}}
		return nil
	})
}

func newTrainResume(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "resume TARGET TRAIN",
		short:   "Let a paused train depart again, from the next time on",
		example: `  signalbox train resume staging morning`,
		args:    []arg{{kind: targetName}, {kind: trainName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_ResumeTrain{ResumeTrain: &api.ResumeTrain{Target: args[0], Train: args[1]}}
		return nil
	})
}
