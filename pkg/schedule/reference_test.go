package schedule_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The reference evaluator is slow and obvious: it walks through every real minute of two years, looks at the clock on the
// wall, and notes what it shows. It shares nothing with the package but the time zone database.

const years = 2

// almanac is what a zone's clock shows in each minute.
type almanac struct {
	start time.Time
	wall  []int  // minutes that the clock shows, counted from 1970-01-01 00:00 on the wall
	again []bool // the clock showed this before
}

func newAlmanac(t testing.TB, year int, zone string) *almanac {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	a := &almanac{start: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
	end := time.Date(year+years, 1, 1, 0, 0, 0, 0, time.UTC)
	low := int(a.start.Unix()/60) - 2*24*60
	seen := make([]bool, int(end.Unix()/60)+2*24*60-low)
	for unix := a.start.Unix(); unix < end.Unix(); unix += 60 {
		_, offset := time.Unix(unix, 0).In(location).Zone()
		wall := int(unix+int64(offset)) / 60
		a.wall = append(a.wall, wall)
		a.again = append(a.again, seen[wall-low])
		seen[wall-low] = true
	}
	return a
}

func (a *almanac) time(minute int) time.Time { return a.start.Add(time.Duration(minute) * time.Minute) }

// activations tells for each minute whether the schedule comes.
func (a *almanac) activations(expression string) []bool {
	c := readCron(expression)
	comes := make([]bool, len(a.wall))
	for i, wall := range a.wall {
		if c.often {
			comes[i] = c.matches(wall)
			continue
		}
		if i > 0 {
			for skipped := a.wall[i-1] + 1; skipped < wall; skipped++ {
				if c.matches(skipped) {
					comes[i] = true
				}
			}
		}
		if c.matches(wall) && !a.again[i] {
			comes[i] = true
		}
	}
	return comes
}

// naiveCron is a cron expression, read by the book.
type naiveCron struct {
	minute, hour, date, month, weekday map[int]bool
	either, often                      bool
	day                                int // the day that was looked at last, and whether it counts
	dayCounts                          bool
}

func readCron(expression string) *naiveCron {
	f := strings.Fields(expression)
	months := strings.Fields("- jan feb mar apr may jun jul aug sep oct nov dec")
	weekdays := strings.Fields("sun mon tue wed thu fri sat")
	return &naiveCron{
		minute: readField(f[0], 0, 59, nil), hour: readField(f[1], 0, 23, nil), date: readField(f[2], 1, 31, nil),
		month: readField(f[3], 1, 12, months), weekday: readField(f[4], 0, 6, weekdays),
		either: f[2] != "*" && f[4] != "*", often: strings.HasPrefix(f[1], "*"), day: -1,
	}
}

func readField(text string, low, high int, names []string) map[int]bool {
	value := func(text string) int {
		if i := slices.Index(names, text); i >= 0 {
			return i
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		return n
	}
	values := map[int]bool{}
	for _, element := range strings.Split(text, ",") {
		span, stepText, stepped := strings.Cut(element, "/")
		step := 1
		if stepped {
			step = value(stepText)
		}
		from, to := low, high
		if first, last, ranged := strings.Cut(span, "-"); ranged {
			from, to = value(first), value(last)
		} else if span != "*" {
			if from = value(span); !stepped {
				to = from
			}
		}
		for v := from; v <= to; v += step {
			values[v] = true
		}
	}
	return values
}

func (c *naiveCron) matches(wall int) bool {
	if day := wall / (24 * 60); day != c.day {
		date := time.Unix(int64(day)*24*60*60, 0).UTC()
		inMonth, inWeek := c.date[date.Day()], c.weekday[int(date.Weekday())]
		c.day = day
		c.dayCounts = c.month[int(date.Month())] && (inMonth && inWeek || c.either && (inMonth || inWeek))
	}
	return c.dayCounts && c.hour[wall/60%24] && c.minute[wall%60]
}

// open tells for each minute whether a window with these activations is open.
func open(activations []bool, minutes int) []bool {
	open := make([]bool, len(activations))
	left := 0
	for i, comes := range activations {
		if comes {
			left = minutes
		}
		open[i] = left > 0
		left--
	}
	return open
}
