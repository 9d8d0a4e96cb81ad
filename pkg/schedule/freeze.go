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

// maxSteps bounds a search in which windows take turns: minute by minute they would take more than half a million in 400 days.
const maxSteps = 20_000

// search goes through the openings of a set of windows in the order of time.
type search struct {
	windows []Window
	limit   time.Time
	// shut is, for a window that was seen closed, when it opens next; zero when it never does.
	shut []time.Time
	seen []bool
}

func newSearch(windows []Window, at time.Time) *search {
	return &search{windows: windows, limit: at.Add(horizon), shut: make([]time.Time, len(windows)), seen: make([]bool, len(windows))}
}

// open tells whether a window is open, and until when; zero when that is beyond the limit. Instants must not go back.
func (s *search) open(i int, at time.Time) (end time.Time, open bool) {
	w := &s.windows[i]
	if s.seen[i] && (s.shut[i].IsZero() || at.Before(s.shut[i])) {
		return time.Time{}, false
	}
	a := w.opened(at)
	if s.seen[i] = a.IsZero(); !s.seen[i] {
		return w.end(a, s.limit), true
	}
	if w.opens() {
		s.shut[i] = w.Schedule.Next(at)
	}
	return time.Time{}, false
}

// last is when the last of those windows of a kind closes that are open at an instant; zero when that is beyond the limit.
func (s *search) last(kind Kind, at time.Time) (end time.Time, open bool) {
	for i := range s.windows {
		if s.windows[i].Kind != kind {
			continue
		}
		e, isOpen := s.open(i, at)
		switch {
		case isOpen && e.IsZero():
			return e, true
		case isOpen && e.After(end):
			end, open = e, true
		}
	}
	return end, open
}

// first is when the first window of a kind opens, none of which is open; zero when none does.
func (s *search) first(kind Kind) (opens time.Time) {
	for i, next := range s.shut {
		if s.windows[i].Kind == kind && !next.IsZero() && (opens.IsZero() || next.Before(opens)) {
			opens = next
		}
	}
	return opens
}

// has tells whether there is a window of a kind.
func (s *search) has(kind Kind) bool {
	return slices.ContainsFunc(s.windows, func(w Window) bool { return w.Kind == kind })
}

// within is an instant in the zone of another one; zero when it is beyond the limit.
func (s *search) within(t, zone time.Time) time.Time {
	if t.IsZero() || t.After(s.limit) {
		return time.Time{}
	}
	return t.In(zone.Location())
}

// thaw is the first instant, after one at which the set is frozen, at which it is not; zero when that is not within 400 days.
func thaw(windows []Window, at time.Time) time.Time {
	s := newSearch(windows, at)
	t := at
	for range maxSteps {
		next, denied := s.last(Deny, t)
		if !denied {
			if _, allowed := s.last(Allow, t); allowed || !s.has(Allow) {
				return s.within(t, at)
			}
			next = s.first(Allow)
		}
		if t = s.within(next, at); t.IsZero() {
			break
		}
	}
	return time.Time{}
}

// freeze is the first instant, after one at which the set is not frozen, at which it is; zero when that is not within 400 days.
func freeze(windows []Window, at time.Time) time.Time {
	s := newSearch(windows, at)
	s.last(Deny, at)
	denied := s.first(Deny)
	if !s.has(Allow) {
		return s.within(denied, at)
	}
	t := at
	for range maxSteps {
		end, allowed := s.last(Allow, t)
		if !allowed {
			return s.within(t, at)
		}
		if end.IsZero() || !denied.IsZero() && denied.Before(end) {
			return s.within(denied, at)
		}
		t = end
	}
	return time.Time{}
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
