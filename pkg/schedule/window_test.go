package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// windows reads "kind | schedule | duration | zone", one a line.
func windows(t testing.TB, text string) []schedule.Window {
	t.Helper()
	var all []schedule.Window
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var part [4]string
		for i, p := range strings.Split(line, "|") {
			part[i] = strings.TrimSpace(p)
		}
		w, err := schedule.ParseWindow(part[0], part[1], part[2], part[3])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}

// short writes an instant in UTC.
func short(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

const (
	nights   = "deny | 0 22 * * * | 8h | Europe/Berlin\n"
	office   = "allow | 0 9 * * 1-5 | 8h | Europe/Berlin\n"
	weekend  = "deny | 0 18 * * 5 | 62h | Europe/Berlin\n"
	december = "deny | 0 0 15 12 * | 23d | Europe/Berlin\n"
)

func TestWhenASetOfWindows(t *testing.T) {
	for _, story := range []struct {
		name, windows, at  string
		frozen             bool
		holding            []int
		until, next, after string // after: the change after next
	}{
		{name: "is empty: never", at: "2026-06-03T12:00:00Z", next: "never"},
		{name: "denies nights: by day", windows: nights, at: "2026-06-03T12:00:00Z", next: "2026-06-03T20:00Z", after: "2026-06-04T04:00Z"},
		{name: "denies nights: the first second", windows: nights, at: "2026-06-03T20:00:00Z", frozen: true, holding: []int{0}, until: "2026-06-04T04:00Z", after: "2026-06-04T20:00Z"},
		{name: "denies nights: after midnight", windows: nights, at: "2026-06-03T23:30:00Z", frozen: true, holding: []int{0}, until: "2026-06-04T04:00Z", after: "2026-06-04T20:00Z"},
		{name: "denies nights: at the end it is over", windows: nights, at: "2026-06-04T04:00:00Z", next: "2026-06-04T20:00Z", after: "2026-06-05T04:00Z"},
		{name: "denies nights: one night is an hour shorter on the clock, not in the duration", windows: nights, at: "2026-03-29T00:00:00Z",
			frozen: true, holding: []int{0}, until: "2026-03-29T05:00Z", after: "2026-03-29T20:00Z"},
		{name: "allows office hours: at work", windows: office, at: "2026-06-03T12:00:00Z", next: "2026-06-03T15:00Z", after: "2026-06-04T07:00Z"},
		{name: "allows office hours: after work", windows: office, at: "2026-06-05T15:00:00Z", frozen: true, holding: []int{0}, until: "2026-06-08T07:00Z", after: "2026-06-08T15:00Z"},
		{name: "allows two zones: while one of them is open", windows: office + "allow | 0 9 * * 1-5 | 8h | America/New_York", at: "2026-06-03T12:00:00Z",
			next: "2026-06-03T21:00Z", after: "2026-06-04T07:00Z"},
		{name: "allows two zones: all allow windows hold when none is open", windows: office + "allow | 0 9 * * 1-5 | 8h | America/New_York", at: "2026-06-03T22:00:00Z",
			frozen: true, holding: []int{0, 1}, until: "2026-06-04T07:00Z", after: "2026-06-04T21:00Z"},
		{name: "denies and allows: deny wins", windows: office + "deny | 0 12 * * * | 1h | Europe/Berlin", at: "2026-06-03T10:30:00Z",
			frozen: true, holding: []int{1}, until: "2026-06-03T11:00Z", after: "2026-06-03T15:00Z"},
		{name: "denies and allows: one freeze over both causes", windows: office + weekend, at: "2026-06-05T15:30:00Z",
			frozen: true, holding: []int{0}, until: "2026-06-08T07:00Z", after: "2026-06-08T15:00Z"},
		{name: "denies and allows: only the denying one holds", windows: office + weekend, at: "2026-06-06T15:30:00Z",
			frozen: true, holding: []int{1}, until: "2026-06-08T07:00Z", after: "2026-06-08T15:00Z"},
		{name: "denies over the turn of the year", windows: december, at: "2027-01-01T00:00:00Z", frozen: true, holding: []int{0}, until: "2027-01-06T23:00Z", after: "2027-12-14T23:00Z"},
		{name: "has two denials that overlap: both hold, the later end counts", windows: december + nights, at: "2027-01-06T22:00:00Z",
			frozen: true, holding: []int{0, 1}, until: "2027-01-07T05:00Z", after: "2027-01-07T21:00Z"},
		{name: "denies day after day: without end", windows: "deny | 0 0 * * * | 1d |", at: "2026-06-03T12:00:00Z", frozen: true, holding: []int{0}, until: "never"},
		{name: "denies whole days by their elapsed time: the long day has a free hour", windows: "deny | 0 0 * * * | 24h | Europe/Berlin", at: "2026-10-24T12:00:00Z",
			frozen: true, holding: []int{0}, until: "2026-10-25T22:00Z", after: "2026-10-25T23:00Z"},
		{name: "denies minute after minute: without end", windows: "deny | * * * * * | 1m | Europe/Berlin", at: "2026-06-03T12:00:00Z", frozen: true, holding: []int{0}, until: "never"},
		{name: "allows always: never", windows: "allow | * * * * * | 1m | Europe/Berlin", at: "2026-06-03T12:00:00Z", next: "never"},
		{name: "denies what it allows: without end", windows: office + strings.Replace(office, "allow", "deny", 1), at: "2026-06-03T12:00:00Z",
			frozen: true, holding: []int{1}, until: "never"},
		{name: "denies and allows in turns, minute by minute: without end", windows: "deny | */2 * * * * | 1m |\nallow | */2 * * * * | 1m |", at: "2026-06-03T12:00:00Z",
			frozen: true, holding: []int{0}, until: "never"},
		{name: "allows the leap day, too far away", windows: "allow | 0 0 29 2 * | 1d |", at: "2026-06-03T12:00:00Z", frozen: true, holding: []int{0}, until: "never"},
		{name: "allows the leap day, within 400 days", windows: "allow | 0 0 29 2 * | 1d |", at: "2027-06-03T12:00:00Z", frozen: true, holding: []int{0}, until: "2028-02-29T00:00Z", after: "2028-03-01T00:00Z"},
		{name: "denies at a skipped midnight", windows: "deny | 0 0 * * * | 1h | America/Havana", at: "2026-03-08T05:30:00Z", frozen: true, holding: []int{0}, until: "2026-03-08T06:00Z", after: "2026-03-09T04:00Z"},
	} {
		t.Run(story.name, func(t *testing.T) {
			set, now := windows(t, story.windows), at(t, story.at)
			got := schedule.At(set, now)
			if got.Frozen != story.frozen || !slices.Equal(got.Holding, story.holding) {
				t.Fatalf("%+v", got)
			}
			if story.frozen {
				if short(got.Until) != story.until {
					t.Fatalf("until %s, want %s", short(got.Until), story.until)
				}
				story.next = story.until
			}
			next := schedule.NextChange(set, now)
			if short(next) != story.next {
				t.Fatalf("changes at %s, want %s", short(next), story.next)
			}
			if story.after != "" {
				if after := schedule.NextChange(set, next); short(after) != story.after {
					t.Fatalf("changes then at %s, want %s", short(after), story.after)
				}
			}
		})
	}
}

// A window opens in its own zone; occurrences that overlap or touch are one.
func TestAnOccurrence(t *testing.T) {
	for _, story := range []struct{ window, at, start, end string }{
		{nights, "2026-06-03T23:00:00Z", "2026-06-03T20:00Z", "2026-06-04T04:00Z"},
		{"deny | 0 8-17 * * 1-5 | 1h | UTC", "2026-06-03T12:30:00Z", "2026-06-03T08:00Z", "2026-06-03T18:00Z"},
		{"deny | 0 8-17 * * 1-5 | 90m | UTC", "2026-06-03T18:15:00Z", "2026-06-03T08:00Z", "2026-06-03T18:30Z"},
		{"deny | 0 0 * * 1-5 | 24h | UTC", "2026-06-03T12:30:00Z", "2026-06-01T00:00Z", "2026-06-06T00:00Z"},
		{"deny | 0 0 28-31 * * | 24h | UTC", "2028-02-28T12:00:00Z", "2028-02-28T00:00Z", "2028-03-01T00:00Z"},
		{"deny | 0 0 * * * | 1d | UTC", "2026-06-03T12:30:00Z", "never", "never"},
		{"deny | 0 0 1 1 * | 366d | UTC", "2026-06-03T12:30:00Z", "never", "never"},
		{"deny | 0 0 * 6 * | 24h | Europe/Berlin", "2026-06-03T12:30:00Z", "2026-05-31T22:00Z", "2026-06-30T22:00Z"},
	} {
		w := windows(t, story.window)[0]
		start, end, open := w.Open(at(t, story.at))
		if !open || short(start) != story.start || short(end) != story.end {
			t.Errorf("%s at %s: %s to %s", story.window, story.at, short(start), short(end))
		}
		if !start.IsZero() && start.Location() != w.Schedule.Zone() || !end.IsZero() && end.Location() != w.Schedule.Zone() {
			t.Errorf("%s: in %v to %v", story.window, start.Location(), end.Location())
		}
	}
	if _, _, open := windows(t, nights)[0].Open(at(t, "2026-06-03T12:00:00Z")); open {
		t.Error("nights are open at noon")
	}
}

func TestOccurrencesOfAWeek(t *testing.T) {
	set := windows(t, office+weekend+nights)
	var got []string
	all := schedule.Occurrences(set, at(t, "2026-06-05T12:00:00Z"), at(t, "2026-06-08T07:00:00Z"), 100)
	for _, o := range all {
		got = append(got, fmt.Sprintf("%d %s %s", o.Window, short(o.Start), short(o.End)))
	}
	want := []string{
		"0 2026-06-05T07:00Z 2026-06-05T15:00Z",
		"1 2026-06-05T16:00Z 2026-06-08T06:00Z",
		"2 2026-06-05T20:00Z 2026-06-06T04:00Z",
		"2 2026-06-06T20:00Z 2026-06-07T04:00Z",
		"2 2026-06-07T20:00Z 2026-06-08T04:00Z",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	for limit := range len(want) {
		if some := schedule.Occurrences(set, at(t, "2026-06-05T12:00:00Z"), at(t, "2026-06-08T07:00:00Z"), limit); !slices.Equal(some, all[:limit]) {
			t.Errorf("at most %d: %v", limit, some)
		}
	}
	if none := schedule.Occurrences(set, at(t, "2026-06-05T12:00:00Z"), at(t, "2026-06-05T12:00:00Z"), 100); len(none) != 0 {
		t.Errorf("in no time: %v", none)
	}
	if none := schedule.Occurrences(set, at(t, "2026-06-05T12:00:00Z"), at(t, "2026-06-08T12:00:00Z"), -1); len(none) != 0 {
		t.Errorf("less than none: %v", none)
	}
}

// Zero windows are no trap: they never open, so that a zero allow window freezes.
func TestTheZeroWindow(t *testing.T) {
	now := at(t, "2026-06-05T12:00:00Z")
	set := []schedule.Window{{}, {Kind: schedule.Deny}}
	if got := schedule.At(set, now); got.Frozen || !schedule.NextChange(set, now).IsZero() || len(schedule.Occurrences(set, now, now.Add(day), 9)) != 0 {
		t.Errorf("%+v", got)
	}
	set = append(set, schedule.Window{Kind: schedule.Allow})
	if got := schedule.At(set, now); !got.Frozen || !got.Until.IsZero() || !slices.Equal(got.Holding, []int{2}) {
		t.Errorf("%+v", got)
	}
}

// The instants of a set come in the zone of the question.
func TestInstantsOfASetAreInTheZoneOfTheQuestion(t *testing.T) {
	set := windows(t, nights+office)
	now := at(t, "2026-06-03T23:00:00Z").In(time.FixedZone("here", 3600))
	state, next := schedule.At(set, now), schedule.NextChange(set, now.Add(12*time.Hour))
	if state.Until.Location() != now.Location() || next.Location() != now.Location() {
		t.Errorf("%v, %v", state.Until, next)
	}
}
