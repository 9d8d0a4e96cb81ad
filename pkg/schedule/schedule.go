package schedule

import "time"

const (
	secondsOfDay = 24 * 60 * 60
	minutesOfDay = 24 * 60
	// schedulesEnd is how many seconds ahead Next looks: from 29 February 2096 the next one is eight years away.
	schedulesEnd = 8 * 366 * secondsOfDay
)

// Next is the first activation after an instant, in the schedule's zone. Zero when none comes within 8 years.
func (s *Schedule) Next(after time.Time) time.Time {
	from := after.Unix() + 1
	to := from + schedulesEnd
	for i := s.zone.at(from); i < len(s.zone.spans); i++ {
		span := &s.zone.spans[i]
		if span.start > to {
			break
		}
		if wall, ok := s.wallFrom(s.walls(span, from, to)); ok {
			return s.instant(span, wall)
		}
	}
	return time.Time{}
}

// Last is the latest activation after the first instant and not after the second, in the schedule's zone. Zero when there is
// none.
func (s *Schedule) Last(after, until time.Time) time.Time {
	from, to := after.Unix()+1, until.Unix()
	for i := s.zone.at(to); i >= 0; i-- {
		span := &s.zone.spans[i]
		if span.end <= from {
			break
		}
		if wall, ok := s.wallUntil(s.walls(span, from, to)); ok {
			return s.instant(span, wall)
		}
	}
	return time.Time{}
}

// Between lists the activations from an instant on and before another one, oldest first, at most limit of them.
func (s *Schedule) Between(from, until time.Time, limit int) []time.Time {
	var all []time.Time
	for t := s.Next(from.Add(-1)); !t.IsZero() && t.Before(until) && len(all) < limit; t = s.Next(t) {
		all = append(all, t)
	}
	return all
}

// walls are the wall-clock times whose activations lie in a span, at or after from and at or before to: first and last one.
// All of them come, those before the span's own at its start.
func (s *Schedule) walls(in *span, from, to int64) (first, last int64) {
	first = in.fresh
	if s.often {
		first = in.start + in.offset
	}
	if from > in.start {
		first = max(first, from+in.offset)
	}
	return first, min(in.end-1, to) + in.offset
}

// instant is when a wall-clock time out of walls comes.
func (s *Schedule) instant(in *span, wall int64) time.Time {
	return time.Unix(max(wall-in.offset, in.start), 0).In(s.zone.location)
}
