package schedule

import (
	"slices"
	"time"
)

// State is what a set of windows means at an instant.
type State struct {
	// Frozen: nothing may move.
	Frozen bool
	// Holding are the indexes of the windows that hold, ascending: the deny windows that are open; when none is, all allow
	// windows, none of which is open. Empty when not frozen.
	Holding []int
	// Until is when the set stops being frozen; zero when it is not frozen, or when no end is found within 400 days.
	Until time.Time
}

// At tells whether a set of windows freezes at an instant: when a deny window is open, or when there are allow windows and
// none of them is open. Until is in the zone of the instant.
func At(windows []Window, at time.Time) State {
	holding := holding(windows, at)
	if len(holding) == 0 {
		return State{}
	}
	return State{Frozen: true, Holding: holding, Until: thaw(windows, at)}
}

// NextChange is the first instant after another one at which the set begins or ceases to be frozen, in the zone of that one;
// zero when that is not within 400 days.
func NextChange(windows []Window, after time.Time) time.Time {
	if len(holding(windows, after)) > 0 {
		return thaw(windows, after)
	}
	return freeze(windows, after)
}

// holding are the indexes of the windows that freeze the set.
func holding(windows []Window, at time.Time) []int {
	var deny, allow []int
	open := false
	for i, w := range windows {
		switch {
		case w.Kind == Deny && !w.opened(at).IsZero():
			deny = append(deny, i)
		case w.Kind == Allow && len(deny) == 0 && !open:
			open = !w.opened(at).IsZero()
			allow = append(allow, i)
		}
	}
	if len(deny) > 0 {
		return deny
	}
	if open {
		return nil
	}
	return allow
}

// thaw is the first instant, from one on, at which the set is not frozen; zero when that is not within 400 days.
func thaw(windows []Window, at time.Time) time.Time {
	limit := at.Add(horizon)
	for t := at; ; {
		next, frozen := held(windows, t, limit)
		if !frozen {
			return t
		}
		if next.IsZero() || next.After(limit) {
			return time.Time{}
		}
		t = next.In(at.Location())
	}
}

// held is until when the set is frozen at least; zero when that is beyond the limit.
func held(windows []Window, at, limit time.Time) (until time.Time, frozen bool) {
	for _, w := range windows {
		if w.Kind != Deny {
			continue
		}
		if a := w.opened(at); !a.IsZero() {
			frozen = true
			end := w.end(a, limit)
			if end.IsZero() {
				return time.Time{}, true
			}
			until = latest(until, end)
		}
	}
	if frozen {
		return until, true
	}
	for _, w := range windows {
		if w.Kind != Allow {
			continue
		}
		if !w.opened(at).IsZero() {
			return time.Time{}, false
		}
		frozen = true
	}
	if !frozen {
		return time.Time{}, false
	}
	return opening(windows, Allow, at), true
}

// freeze is the first instant, after one at which the set is not frozen, at which it is; zero when that is not within 400 days.
func freeze(windows []Window, after time.Time) time.Time {
	limit := after.Add(horizon)
	next := opening(windows, Deny, after)
	if c := closing(windows, after, limit); next.IsZero() || !c.IsZero() && c.Before(next) {
		next = c
	}
	if next.IsZero() || next.After(limit) {
		return time.Time{}
	}
	return next.In(after.Location())
}

// opening is the first activation of a kind of windows after an instant; zero when there is none.
func opening(windows []Window, kind Kind, after time.Time) time.Time {
	var first time.Time
	for _, w := range windows {
		if w.Kind != kind || !w.opens() {
			continue
		}
		if next := w.Schedule.Next(after); first.IsZero() || !next.IsZero() && next.Before(first) {
			first = next
		}
	}
	return first
}

// closing is when the last of the allow windows closes that are open at an instant, or open before the others close; zero when
// that is beyond the limit, or when none is open.
func closing(windows []Window, at, limit time.Time) time.Time {
	var last time.Time
	for t := at; ; t = last {
		open := false
		for _, w := range windows {
			if w.Kind != Allow {
				continue
			}
			if a := w.opened(t); !a.IsZero() {
				open = true
				end := w.end(a, limit)
				if end.IsZero() {
					return time.Time{}
				}
				last = latest(last, end)
			}
		}
		if !open {
			return last
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Occurrence is one time that a window is open: from Start on and before End, in the zone of the window's schedule. Start or
// End is zero when it is more than 400 days away from the part asked for.
type Occurrence struct {
	Window     int // index
	Start, End time.Time
}

// Occurrences lists the occurrences that lie in, or reach into, the time from an instant on and before another one: by start,
// then by window, at most limit of them. Occurrences of one window that overlap or touch are one.
func Occurrences(windows []Window, from, until time.Time, limit int) []Occurrence {
	var all []Occurrence
	for i, w := range windows {
		all = append(all, w.occurrences(i, from, until, limit)...)
	}
	slices.SortStableFunc(all, func(a, b Occurrence) int { return a.Start.Compare(b.Start) })
	return all[:max(0, min(len(all), limit))]
}

func (w Window) occurrences(index int, from, until time.Time, limit int) []Occurrence {
	var all []Occurrence
	for t := from; w.opens() && t.Before(until) && len(all) < limit; {
		start, end, open := w.Open(t)
		if !open {
			if t = w.Schedule.Next(t); t.IsZero() {
				break
			}
			continue
		}
		all = append(all, Occurrence{Window: index, Start: start, End: end})
		if end.IsZero() {
			break
		}
		t = end
	}
	return all
}
