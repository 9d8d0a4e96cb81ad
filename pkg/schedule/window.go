package schedule

import (
	"time"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Kind says what a window means.
type Kind int

// The kinds of windows.
const (
	Deny  Kind = iota + 1 // nothing moves while it is open
	Allow                 // something moves only while it is open
)

// String is "deny" or "allow", as in ParseWindow.
func (k Kind) String() string {
	switch k {
	case Deny:
		return "deny"
	case Allow:
		return "allow"
	}
	return "unknown"
}

// Window is a freeze window: it opens at each activation of the schedule and stays open for the duration of elapsed time.
// The zero Window never opens.
type Window struct {
	Kind     Kind
	Schedule *Schedule
	Duration time.Duration
}

// horizon is how far ends and starts of windows are looked for.
const horizon = 400 * 24 * time.Hour

// ParseWindow reads the four texts of a window: kind is "allow" or "deny", the others are as in Parse and ParseDuration.
//
// The error is a *problem.Error of kind invalid. Its field is "kind", "schedule", "duration" or "timeZone".
func ParseWindow(kind, schedule, duration, zone string) (Window, error) {
	var w Window
	switch kind {
	case "deny":
		w.Kind = Deny
	case "allow":
		w.Kind = Allow
	default:
		return Window{}, problem.New(problem.Invalid, "the window has the kind %s", shown(kind)).At("kind").
			Because("a window allows or denies").Fix(`write "allow" or "deny"`)
	}
	var err error
	if w.Schedule, err = Parse(schedule, zone); err != nil {
		return Window{}, err
	}
	if w.Duration, err = ParseDuration(duration); err != nil {
		return Window{}, err
	}
	return w, nil
}

// Open finds the occurrence that holds at an instant: start <= at < end, in the schedule's zone. Occurrences that overlap or
// touch are one. The start or the end is zero when it is more than 400 days away.
func (w Window) Open(at time.Time) (start, end time.Time, open bool) {
	a := w.opened(at)
	if a.IsZero() {
		return time.Time{}, time.Time{}, false
	}
	return w.start(a, at.Add(-horizon)), w.end(a, at.Add(horizon)), true
}

// opened is the latest activation that holds the window open at an instant; zero when it is closed.
func (w Window) opened(at time.Time) time.Time {
	if !w.opens() {
		return time.Time{}
	}
	return w.Schedule.Last(at.Add(-w.Duration), at)
}

// opens is false for the zero Window.
func (w Window) opens() bool { return w.Schedule != nil && w.Duration > 0 }

// end is the end of the occurrence that an activation belongs to; zero when it comes after the limit.
func (w Window) end(a, limit time.Time) time.Time {
	for {
		a = w.Schedule.following(a, w.Duration, limit)
		end := a.Add(w.Duration)
		if end.After(limit) {
			return time.Time{}
		}
		next := w.Schedule.Last(a, end)
		if next.IsZero() {
			return end
		}
		a = next
	}
}

// start is the first activation of the occurrence that an activation belongs to; zero when it comes before the limit.
func (w Window) start(a, limit time.Time) time.Time {
	for {
		a = w.Schedule.preceding(a, w.Duration, limit)
		if a.Before(limit) {
			return time.Time{}
		}
		// The first one whose end reaches a.
		earlier := w.Schedule.Next(a.Add(-w.Duration - 1))
		if !earlier.Before(a) {
			return a
		}
		a = earlier
	}
}

// following is a later activation, or the same, that follows on an activation without a pause longer than d. It only saves
// steps: it goes to the end of the day, or as far as clocks do not change when every day counts.
func (s *Schedule) following(a time.Time, d time.Duration, limit time.Time) time.Time {
	span, wall, ok := s.steady(a, d)
	if !ok {
		return a
	}
	_, last := s.walls(span, a.Unix(), limit.Unix())
	if !s.unbroken(d) {
		day, _ := split(wall)
		last = min(last, (day+1)*secondsOfDay-1)
	}
	if wall, ok = s.wallUntil(wall, last); !ok {
		return a
	}
	return s.instant(span, wall)
}

// preceding is the reverse of following.
func (s *Schedule) preceding(a time.Time, d time.Duration, limit time.Time) time.Time {
	span, wall, ok := s.steady(a, d)
	if !ok {
		return a
	}
	first, _ := s.walls(span, limit.Unix(), a.Unix())
	if !s.unbroken(d) {
		day, _ := split(wall)
		first = max(first, day*secondsOfDay)
	}
	if wall, ok = s.wallFrom(first, wall); !ok {
		return a
	}
	return s.instant(span, wall)
}

// steady is the span and the wall-clock time of an activation; not ok when some pause of its day is longer than d, or when it
// stands for times that were skipped.
func (s *Schedule) steady(a time.Time, d time.Duration) (in *span, wall int64, ok bool) {
	in = &s.zone.spans[s.zone.at(a.Unix())]
	wall = a.Unix() + in.offset
	return in, wall, time.Duration(s.pause)*time.Minute <= d && s.matches(wall)
}

// unbroken tells whether no night between two days is longer than d, and every day counts.
func (s *Schedule) unbroken(d time.Duration) bool {
	return s.daily() && time.Duration(s.nightly)*time.Minute <= d
}
