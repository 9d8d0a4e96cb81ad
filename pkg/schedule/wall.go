package schedule

import (
	"math/bits"
	"time"
)

// This file knows the calendar and no time zone: when the wall clock shows a time that the five fields mean. Days are counted
// from 1970-01-01.

// wallFrom is the first matching wall-clock time, with both bounds included.
func (s *Schedule) wallFrom(first, last int64) (wall int64, ok bool) {
	day, minute := split(first + 59)
	for day*secondsOfDay <= last {
		year, month, date := time.Unix(day*secondsOfDay, 0).UTC().Date()
		if s.months>>month&1 == 0 {
			day, minute = dayNumber(year, month+1), 0
			continue
		}
		if s.matchesDay(day, date) {
			if m, ok := s.minuteFrom(minute); ok {
				wall = day*secondsOfDay + int64(m)*60
				return wall, wall <= last
			}
		}
		day, minute = day+1, 0
	}
	return 0, false
}

// wallUntil is the last matching wall-clock time, with both bounds included.
func (s *Schedule) wallUntil(first, last int64) (wall int64, ok bool) {
	day, minute := split(last)
	for (day+1)*secondsOfDay > first {
		year, month, date := time.Unix(day*secondsOfDay, 0).UTC().Date()
		if s.months>>month&1 == 0 {
			day, minute = dayNumber(year, month)-1, minutesOfDay-1
			continue
		}
		if s.matchesDay(day, date) {
			if m, ok := s.minuteUntil(minute); ok {
				wall = day*secondsOfDay + int64(m)*60
				return wall, wall >= first
			}
		}
		day, minute = day-1, minutesOfDay-1
	}
	return 0, false
}

// matches tells whether a wall-clock time is one that the fields mean.
func (s *Schedule) matches(wall int64) bool {
	_, ok := s.wallFrom(wall, wall)
	return ok
}

// matchesDay tells whether a day of a matching month counts.
func (s *Schedule) matchesDay(day int64, date int) bool {
	const thursday = 4 // 1970-01-01
	weekday := ((day+thursday)%7 + 7) % 7
	inMonth, inWeek := s.days>>date&1 == 1, s.weekdays>>weekday&1 == 1
	if s.eitherDay {
		return inMonth || inWeek
	}
	return inMonth && inWeek
}

// minuteFrom is the first matching minute of the day, from one on.
func (s *Schedule) minuteFrom(minute int) (int, bool) {
	hour := minute / 60
	if s.hours>>hour&1 == 1 {
		if rest := s.minutes >> (minute % 60); rest != 0 {
			return minute + bits.TrailingZeros64(rest), true
		}
	}
	later := s.hours >> (hour + 1)
	if later == 0 {
		return 0, false
	}
	return (hour+1+bits.TrailingZeros64(later))*60 + bits.TrailingZeros64(s.minutes), true
}

// minuteUntil is the last matching minute of the day, up to one.
func (s *Schedule) minuteUntil(minute int) (int, bool) {
	hour := minute / 60
	if s.hours>>hour&1 == 1 {
		if rest := s.minutes & (2<<(minute%60) - 1); rest != 0 {
			return hour*60 + bits.Len64(rest) - 1, true
		}
	}
	earlier := s.hours & (1<<hour - 1)
	if earlier == 0 {
		return 0, false
	}
	return (bits.Len64(earlier)-1)*60 + bits.Len64(s.minutes) - 1, true
}

// measure finds the pauses of a day.
func (s *Schedule) measure() {
	first, _ := s.minuteFrom(0)
	last := first
	for m, ok := first, true; ok && last < minutesOfDay-1; {
		if m, ok = s.minuteFrom(last + 1); ok {
			s.pause, last = max(s.pause, m-last), m
		}
	}
	s.nightly = first + minutesOfDay - last
}

// daily tells whether every day counts.
func (s *Schedule) daily() bool {
	const allDays, allMonths, allWeekdays = 1<<32 - 1<<1, 1<<13 - 1<<1, 1<<7 - 1
	if s.months != allMonths {
		return false
	}
	if s.eitherDay {
		return s.days == allDays || s.weekdays == allWeekdays
	}
	return s.days == allDays && s.weekdays == allWeekdays
}

// dayNumber is the first day of a month. Months beyond the year count on.
func dayNumber(year int, month time.Month) int64 {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay
}

// split is the day and the minute of the day of a wall-clock time, seconds left out.
func split(wall int64) (day int64, minute int) {
	rest := wall % secondsOfDay
	if rest < 0 {
		rest += secondsOfDay
	}
	return (wall - rest) / secondsOfDay, int(rest / 60)
}
