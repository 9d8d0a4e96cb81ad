package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// fifty are the windows of a large company: nights, weekends and office hours in many zones, and the year's end.
func fifty(b *testing.B) []schedule.Window {
	var set []schedule.Window
	for i := range 50 {
		zone := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", ""}[i%5]
		line := []string{"deny | 0 22 * * * | 8h | ", "deny | 0 18 * * 5 | 60h | ", "allow | 0 8 * * 1-5 | 9h | ", "deny | 0 0 20 12 * | 14d | ", "deny | 30 12 1,15 * * | 90m | "}[i/10]
		set = append(set, windows(b, line+zone)...)
	}
	return set
}

func BenchmarkAt(b *testing.B) {
	set := fifty(b)
	for _, when := range []string{"2026-06-03T12:00:00Z", "2026-06-03T21:00:00Z", "2026-06-06T12:00:00Z", "2026-12-24T12:00:00Z"} {
		now := at(b, when)
		b.Run(fmt.Sprintf("%s/frozen=%v", when[:13], schedule.At(set, now).Frozen), func(b *testing.B) {
			for b.Loop() {
				schedule.At(set, now)
			}
		})
	}
	for name, text := range map[string]string{
		"everyDay": "deny | 0 0 * * * | 25h | Europe/Berlin", "everyMinute": "deny | * * * * * | 1m | Europe/Berlin",
		"everyOtherMinuteInTurns": "deny | */2 * * * * | 1m | UTC\nallow | */2 * * * * | 1m | UTC", "onWorkdays": "deny | * * * * 1-5 | 1m | Europe/Berlin",
		"everyDayButOne": "deny | 0 0 2-31 * * | 24h | Europe/Berlin", "yearButDay": "deny | 0 0 * 1-11 * | 24h | UTC",
	} {
		hard := windows(b, text)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				schedule.At(hard, at(b, "2026-06-03T12:00:00Z"))
			}
		})
	}
}

func BenchmarkNextChange(b *testing.B) {
	set, now := fifty(b), at(b, "2026-06-03T12:00:00Z")
	for b.Loop() {
		schedule.NextChange(set, now)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, expression := range []string{"*/15 * * * *", "0 22 * * 1-5", "0 0 31 * *", "0 0 29 2 *"} {
		s, now := parse(b, expression, "Europe/Berlin"), at(b, "2026-06-03T12:00:00Z")
		b.Run(expression, func(b *testing.B) {
			for b.Loop() {
				s.Next(now)
			}
		})
	}
}

func BenchmarkOccurrencesOfAYear(b *testing.B) {
	set, now := fifty(b), at(b, "2026-06-03T12:00:00Z")
	for b.Loop() {
		schedule.Occurrences(set, now, now.Add(365*24*time.Hour), 100000)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		parse(b, "0 22 * * 1-5", "Europe/Berlin")
	}
}
