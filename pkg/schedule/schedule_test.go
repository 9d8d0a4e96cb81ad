package schedule_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

const day = 24 * time.Hour

// at reads an instant.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func parse(t testing.TB, expression, zone string) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expression, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each story is a stretch of time and all activations in it, as the clock on the wall shows them, with its offset.
func TestWhenASchedule(t *testing.T) {
	for _, story := range []struct {
		name, expression, zone, from, until string
		want                                string
	}{
		{"comes once a day", "0 22 * * *", "Europe/Berlin", "2026-06-01T00:00:00+02:00", "2026-06-04T00:00:00+02:00",
			"06-01 22:00 +0200, 06-02 22:00 +0200, 06-03 22:00 +0200"},
		{"is in UTC without a zone", "30 6 * * 1-5", "", "2026-06-05T00:00:00Z", "2026-06-09T00:00:00Z", "06-05 06:30 +0000, 06-08 06:30 +0000"},
		{"is written @weekly", "@weekly", "UTC", "2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z", "06-07 00:00 +0000, 06-14 00:00 +0000"},
		{"means a month end that some months lack", "0 0 31 * *", "UTC", "2027-01-01T00:00:00Z", "2027-08-01T00:00:00Z",
			"01-31 00:00 +0000, 03-31 00:00 +0000, 05-31 00:00 +0000, 07-31 00:00 +0000"},
		{"means the last days of February", "0 0 28-31 * *", "UTC", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", "02-28 00:00 +0000, 02-29 00:00 +0000"},
		{"means a leap day", "0 12 29 2 *", "Europe/Berlin", "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z", "02-29 12:00 +0100, 02-29 12:00 +0100"},
		{"means Friday or the 13th", "0 9 13 * 5", "UTC", "2026-06-01T00:00:00Z", "2026-06-20T00:00:00Z",
			"06-05 09:00 +0000, 06-12 09:00 +0000, 06-13 09:00 +0000, 06-19 09:00 +0000"},

		{"is skipped by the clocks: at the first instant after the gap", "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z",
			"03-28 02:30 +0100, 03-29 03:00 +0200, 03-30 02:30 +0200"},
		{"is skipped several times: once", "*/10 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:25:00Z",
			"03-29 03:00 +0200, 03-29 03:10 +0200, 03-29 03:20 +0200"},
		{"comes twice on the clock: the first time", "30 2 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z",
			"10-24 02:30 +0200, 10-25 02:30 +0200, 10-26 02:30 +0100"},
		{"is every so often while clocks go back", "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:30:00Z",
			"10-25 02:00 +0200, 10-25 02:30 +0200, 10-25 02:00 +0100, 10-25 02:30 +0100, 10-25 03:00 +0100"},
		{"is every so often while clocks go forward", "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z",
			"03-29 01:00 +0100, 03-29 01:30 +0100, 03-29 03:00 +0200, 03-29 03:30 +0200"},
		{"is every other hour: a skipped hour does not come", "0 */2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z",
			"03-29 00:00 +0100, 03-29 04:00 +0200, 03-29 06:00 +0200"},
		{"lists the hours: a skipped hour does", "0 0,2,4,6 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z",
			"03-29 00:00 +0100, 03-29 03:00 +0200, 03-29 04:00 +0200, 03-29 06:00 +0200"},
		{"is @hourly", "@hourly", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:30:00Z",
			"10-25 02:00 +0200, 10-25 02:00 +0100, 10-25 03:00 +0100"},

		{"is in the south, clocks forward", "30 2 * * *", "America/Santiago", "2026-09-05T00:00:00-04:00", "2026-09-07T00:00:00-03:00",
			"09-05 02:30 -0400, 09-06 02:30 -0300"},
		{"is at a midnight that does not exist", "0 0 * * *", "America/Santiago", "2026-09-05T00:00:00-04:00", "2026-09-07T12:00:00-03:00",
			"09-05 00:00 -0400, 09-06 01:00 -0300, 09-07 00:00 -0300"},
		{"is before a midnight that comes again", "30 23 * * *", "America/Santiago", "2026-04-04T00:00:00-03:00", "2026-04-06T00:00:00-04:00",
			"04-04 23:30 -0300, 04-05 23:30 -0400"},
		{"is at midnight in Havana, forward", "0 0 * * *", "America/Havana", "2026-03-07T00:00:00-05:00", "2026-03-09T12:00:00-04:00",
			"03-07 00:00 -0500, 03-08 01:00 -0400, 03-09 00:00 -0400"},
		{"is at midnight in Havana, back", "0 0 * * *", "America/Havana", "2026-11-01T00:00:00-04:00", "2026-11-02T12:00:00-05:00",
			"11-01 00:00 -0400, 11-02 00:00 -0500"},
		{"is at midnight in Beirut", "15 0 * * *", "Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "03-29 01:00 +0300, 03-30 00:15 +0300"},
		{"is at midnight in Cairo", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-25T12:00:00Z", "04-24 01:00 +0300, 04-25 00:00 +0300"},
		{"is in the half hour of Lord Howe, forward", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T14:00:00Z", "2026-10-05T00:00:00Z",
			"10-03 02:15 +1030, 10-04 02:30 +1100, 10-05 02:15 +1100"},
		{"is in the half hour of Lord Howe, back", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T14:00:00Z", "2026-04-05T20:00:00Z",
			"04-04 01:45 +1100, 04-05 01:45 +1100, 04-06 01:45 +1030"},
		{"is every so often on Lord Howe, back", "*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:30:00Z", "2026-04-04T15:45:00Z",
			"04-05 01:30 +1100, 04-05 01:45 +1100, 04-05 01:30 +1030, 04-05 01:45 +1030, 04-05 02:00 +1030"},
		{"is on a day that Samoa left out", "0 9,17 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00",
			"12-29 17:00 -1000, 12-31 00:00 +1400, 12-31 09:00 +1400"},
		{"is every so often while Samoa leaves out a day", "0 */12 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T13:00:00+14:00",
			"12-29 12:00 -1000, 12-31 00:00 +1400, 12-31 12:00 +1400"},
		{"has an offset of three quarters", "0 12 * * *", "Asia/Kathmandu", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "06-01 12:00 +0545"},
	} {
		t.Run(story.name, func(t *testing.T) {
			s := parse(t, story.expression, story.zone)
			var got []string
			from, until := at(t, story.from), at(t, story.until)
			activations := s.Between(from, until, 100)
			for _, a := range activations {
				got = append(got, a.Format("01-02 15:04 -0700"))
			}
			if text := strings.Join(got, ", "); text != story.want {
				t.Fatalf("%s\nwant %s", text, story.want)
			}
			// Backwards the same ones come.
			var back []time.Time
			for a := s.Last(from.Add(-1), until.Add(-1)); !a.IsZero(); a = s.Last(from.Add(-1), a.Add(-1)) {
				back = append(back, a)
			}
			slices.Reverse(back)
			if !slices.EqualFunc(activations, back, time.Time.Equal) {
				t.Fatalf("backwards %v", back)
			}
		})
	}
}

// The bounds of a search count as they are documented.
func TestBoundsOfASearch(t *testing.T) {
	s := parse(t, "0 12 * * *", "UTC")
	noon, next := at(t, "2026-06-01T12:00:00Z"), at(t, "2026-06-02T12:00:00Z")
	if got := s.Next(noon); !got.Equal(next) {
		t.Errorf("after noon comes %v", got)
	}
	if got := s.Next(noon.Add(-1)); !got.Equal(noon) {
		t.Errorf("a nanosecond before noon comes %v", got)
	}
	if got := s.Last(noon, next); !got.Equal(next) {
		t.Errorf("until noon the last is %v", got)
	}
	if got := s.Last(noon, next.Add(-1)); !got.IsZero() {
		t.Errorf("between two there is %v", got)
	}
	if got := s.Last(noon.Add(-1), next.Add(-1)); !got.Equal(noon) {
		t.Errorf("the first is %v", got)
	}
	if got := s.Between(noon, next, 9); len(got) != 1 || !got[0].Equal(noon) {
		t.Errorf("from noon to noon: %v", got)
	}
	if got := s.Between(noon, noon.Add(100*day), 3); len(got) != 3 {
		t.Errorf("at most 3: %v", got)
	}
	if got := s.Between(noon, next, 0); len(got) != 0 {
		t.Errorf("at most none: %v", got)
	}
	leap := parse(t, "0 0 29 2 *", "UTC")
	if got := leap.Next(at(t, "2096-02-29T00:00:00Z")); !got.Equal(at(t, "2104-02-29T00:00:00Z")) {
		t.Errorf("over the year 2100 comes %v", got)
	}
	if got := s.Next(time.Time{}); got.Year() != 1 {
		t.Errorf("after the zero time comes %v", got)
	}
	for _, far := range []int64{1 << 61, 1<<63 - 1, -1 << 61, -1 << 63} {
		s.Next(time.Unix(far, 0))
		s.Last(time.Time{}, time.Unix(far, 0))
	}
}

func TestAScheduleKeepsItsText(t *testing.T) {
	s := parse(t, " 0  22\t* * 1-5 ", "Europe/Berlin")
	if s.Expression() != "0 22 * * 1-5" || s.Zone().String() != "Europe/Berlin" {
		t.Errorf("%q in %v", s.Expression(), s.Zone())
	}
	if zone := parse(t, "@daily", "").Zone(); zone != time.UTC {
		t.Errorf("no zone is %v", zone)
	}
}

// What cannot be read is refused with the field at fault, the reason and a remedy.
func TestRefusedSchedules(t *testing.T) {
	for _, c := range []struct{ expression, zone, field, says string }{
		{"", "", "schedule", "is empty"},
		{"0 22 * *", "", "schedule", "has 4 of 5 fields"},
		{"0 0 22 * * *", "", "schedule", "leave out the seconds"},
		{"61 * * * *", "", "schedule", `minute "61" cannot be read: end of range (61) above maximum (59): 61`},
		{"0 24 * * *", "", "schedule", `hour "24"`},
		{"0 0 0 * *", "", "schedule", `day of month "0"`},
		{"0 0 1 13 *", "", "schedule", `month "13"`},
		{"0 0 * * 7", "", "schedule", "Sunday is 0"},
		{"0 0 * * fri-mon", "", "schedule", `day of week "fri-mon"`},
		{"*-5 * * * *", "", "schedule", `"*-5" is no value, range or step`},
		{", * * * *", "", "schedule", `"" is no value, range or step`},
		{"1,,2 * * * *", "", "schedule", `"" is no value, range or step`},
		{"+5 * * * *", "", "schedule", `"+5" is no value`},
		{"*/0 * * * *", "", "schedule", `minute "*/0"`},
		{"*/90 * * * *", "", "schedule", "the step 90 is more than 60"},
		{"0 0 31 2 *", "", "schedule", "never comes"},
		{"0 0 30,31 2 *", "", "schedule", "never comes"},
		{"0 0 31 4,6,9,11 *", "", "schedule", "never comes"},
		{"@every 1h", "", "schedule", "*/15 * * * *"},
		{"@reboot", "", "schedule", "is not known"},
		{"@daily \xff", "", "schedule", "is not known"},
		{"TZ=", "", "schedule", "the zone in timeZone"},
		{"TZ=Europe/Berlin 0 22 * * *", "", "schedule", "the zone in timeZone"},
		{"CRON_TZ=Europe/Berlin 0 22 * * *", "", "schedule", "the zone in timeZone"},
		{strings.Repeat("1", 1000), "", "schedule", "has 1000 bytes"},
		{"@daily", "Local", "timeZone", `"Local" is not known`},
		{"@daily", "localtime", "timeZone", "not known"},
		{"@daily", "Europe/Berlim", "timeZone", `write for example "Europe/Berlin"`},
		{"@daily", "CEST", "timeZone", "not known"},
		{"@daily", "+02:00", "timeZone", "not known"},
		{"@daily", "posix/Europe/Berlin", "timeZone", "not known"},
		{"@daily", "right/Europe/Berlin", "timeZone", "not known"},
		{"@daily", "Europe//Berlin", "timeZone", "not known"},
		{"@daily", "../zoneinfo/Europe/Berlin", "timeZone", "not known"},
		{"@daily", "/etc/localtime", "timeZone", "not known"},
		{"@daily", "Europe", "timeZone", "not known"},
	} {
		s, err := schedule.Parse(c.expression, c.zone)
		wantRefusal(t, err, c.field, c.says)
		if s != nil {
			t.Errorf("%q in %q: a schedule in spite of %v", c.expression, c.zone, err)
		}
	}
}

func wantRefusal(t *testing.T, err error, field, says string) {
	t.Helper()
	var p *problem.Error
	switch {
	case !errors.As(err, &p):
		t.Errorf("%v instead of a refusal at %s that says %s", err, field, says)
	case p.Kind != problem.Invalid || p.Field != field || p.Rule == "" || p.Remedy == "" || !strings.Contains(p.Error(), says):
		t.Errorf("%s: %v (rule %q), want %s at %s", p.Kind, p, p.Rule, says, field)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2h30m": 2*time.Hour + 30*time.Minute, "14d": 14 * day, "1w2d": 9 * day, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute,
		"120s": 2 * time.Minute, "1.5h": 90 * time.Minute, "366d": 366 * day, "0.5d": 12 * time.Hour, "1m": time.Minute, " 1h ": time.Hour, "0h1m": time.Minute,
	} {
		if got, err := schedule.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"": "cannot be read", "2": "cannot be read", "1h0": "cannot be read", "h": "cannot be read", "2x": "cannot be read", "-2h": "cannot be read", "+2h": "cannot be read", "2h 30m": "cannot be read",
		"2D": "cannot be read", "1.2.3d": "cannot be read", ".h": "cannot be read", strings.Repeat("9", 40) + "w": "cannot be read", "P1D": "cannot be read",
		"0h": "is zero", "0": "cannot be read", "0d0m": "is zero", "90s": "is not whole minutes", "1h1s": "is not whole minutes", "1ns": "is not whole minutes",
		"367d": "longer than 366d", "53w": "longer than 366d", "366d1m": "longer than 366d", "9000h": "longer than 366d", "99999999999999w": "cannot be read", "2000000h2000000h": "longer than 366d",
		"2000000w": "longer than 366d",
	} {
		_, err := schedule.ParseDuration(text)
		wantRefusal(t, err, "duration", says)
	}
}

func TestAWindowNamesTheTextAtFault(t *testing.T) {
	if w, err := schedule.ParseWindow("allow", "0 8 * * 1-5", "9h", "Europe/Berlin"); err != nil || w.Kind != schedule.Allow || w.Duration != 9*time.Hour {
		t.Errorf("%+v, %v", w, err)
	}
	for _, c := range []struct{ kind, schedule, duration, zone, field string }{
		{"Deny", "@daily", "1h", "", "kind"}, {"", "@daily", "1h", "", "kind"},
		{"deny", "daily", "1h", "", "schedule"}, {"deny", "@daily", "1", "", "duration"}, {"deny", "@daily", "1h", "Mars", "timeZone"},
	} {
		_, err := schedule.ParseWindow(c.kind, c.schedule, c.duration, c.zone)
		wantRefusal(t, err, c.field, "")
	}
	if schedule.Deny.String() != "deny" || schedule.Allow.String() != "allow" || schedule.Kind(0).String() != "unknown" {
		t.Error("kinds are written as they are read")
	}
}
