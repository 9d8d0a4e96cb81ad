package schedule_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// Whatever is written: it is refused, in text that can travel, or it comes, later and later, and the way back finds the same.
func FuzzParseAndNext(f *testing.F) {
	for _, expression := range []string{"* * * * *", "0 0 29 2 *", "*/7 1-5/2 */3 jan-mar sun,2", "@daily", "@every 1s", "0 0 31 2 *", "TZ=UTC * * * * *", "*/15 * * * *", ", * * * *"} {
		f.Add(expression, "Europe/Berlin", int64(1_774_746_000), int64(3600))
		f.Add(expression, "Pacific/Apia", int64(1_325_239_200), int64(86400))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, unix, length int64) {
		s, err := schedule.Parse(expression, zone)
		if err != nil {
			if p := problem.From(err); p.Kind != problem.Invalid || p.Field == "" || p.Remedy == "" || !utf8.ValidString(p.Error()) {
				t.Fatalf("%q in %q: %v", expression, zone, err)
			}
			return
		}
		const year9999 = 253402300800
		after := time.Unix(unix%year9999, 0)
		next := s.Next(after)
		if !next.After(after) || !s.Next(next).After(next) {
			t.Fatalf("%q in %s: after %v comes %v, then %v", expression, zone, after, next, s.Next(next))
		}
		if last := s.Last(after, next); !last.Equal(next) {
			t.Fatalf("%q in %s: the last after %v until %v is %v", expression, zone, after, next, last)
		}
		if last := s.Last(after, next.Add(-1)); !last.IsZero() {
			t.Fatalf("%q in %s: %v comes between %v and %v", expression, zone, last, after, next)
		}
		if again, err := schedule.Parse(s.Expression(), s.Zone().String()); err != nil || !again.Next(after).Equal(next) {
			t.Fatalf("%q in %s: read again as %q: %v", expression, zone, s.Expression(), err)
		}
		w := schedule.Window{Kind: schedule.Deny, Schedule: s, Duration: time.Duration(1+(length%1000+1000)%1000) * time.Minute}
		start, end, open := w.Open(next)
		if !open || !start.IsZero() && start.After(next) || !end.IsZero() && end.Before(next.Add(w.Duration)) {
			t.Fatalf("%q in %s for %v: open from %v to %v at %v", expression, zone, w.Duration, start, end, next)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"2h30m", "1w2d", "366d", "99999999999999999999w", "-1h", ".5d", "1h1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := schedule.ParseDuration(text)
		if err == nil && (d <= 0 || d > 366*day || d%time.Minute != 0) {
			t.Fatalf("%q is %v", text, d)
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
