package schedule_test

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// eras are stretches of two years with what is hard in them: 29 February 2028 and rules without end; Samoa's lost day and
// Egypt's; Lebanon's late change, the end of Mexico's changes and of Iran's.
var eras = []struct {
	year  int
	zones []string
}{
	{2027, []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "America/Havana"}},
	{2010, []string{"Pacific/Apia", "Africa/Cairo", "Africa/Casablanca", "America/Sao_Paulo"}},
	{2022, []string{"Asia/Beirut", "America/Mexico_City", "Asia/Tehran", "Asia/Kathmandu", "Africa/Cairo", "Antarctica/Troll"}},
}

// warmUp is how many minutes a window may reach into an era from before it: nothing is asked about them.
const warmUp = 40 * 24 * 60

// dice makes up schedules and windows.
type dice struct{ *rand.Rand }

func (d dice) of(choices ...string) string { return choices[d.Intn(len(choices))] }

func (d dice) expression() string {
	minute := d.of("0", "30", "*/15", "*/7", "5,20,59", "*", "0-10", "59", "10/20", "15-45/5", strconv.Itoa(d.Intn(60)))
	hour := d.of("*", "*/2", "*/5", "0", "1", "2", "3", "23", "1,2,3", "8-17", "0-23", "*/6", "0,12", "22-23,0-4", "0/3", strconv.Itoa(d.Intn(24)))
	days := d.of("* * *", "* * *", "* * *", "* * 1-5", "* * sat,sun", "* * 5", "* * mon-fri", "* * */2",
		"31 * *", "28-31 * *", "29 2 *", "1 * *", "*/2 * *", "1-7 * 1", "13 * 5", "*/10 * sun", "1 */3 *", "* 3,10 *", "* jan-jun *", "25-26 12 *", "30,31 4,5,6 0", "1-31 * *", "* * 0-6")
	return minute + " " + hour + " " + days
}

func (d dice) minutes() int {
	if d.Intn(3) == 0 {
		return 1 + d.Intn(3*24*60)
	}
	return []int{1, 2, 7, 15, 30, 60, 90, 120, 9 * 60, 23 * 60, 24 * 60, 25 * 60, 3 * 24 * 60, 14 * 24 * 60}[d.Intn(14)]
}

// rounds is how often a property is tried in an era. SCHEDULE_ROUNDS says more.
func rounds(t *testing.T, usual int) int {
	if n, err := strconv.Atoi(os.Getenv("SCHEDULE_ROUNDS")); err == nil {
		return n
	}
	return usual
}

// eachEra runs a property in each era with its almanacs, with a seed of today or SCHEDULE_SEED.
func eachEra(t *testing.T, property func(t *testing.T, d dice, zones []string, almanacs map[string]*almanac)) {
	seed := time.Now().UnixNano()
	if n, err := strconv.ParseInt(os.Getenv("SCHEDULE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SCHEDULE_SEED=%d", seed)
	for _, era := range eras {
		t.Run(strconv.Itoa(era.year), func(t *testing.T) {
			almanacs := map[string]*almanac{}
			for _, zone := range era.zones {
				almanacs[zone] = newAlmanac(t, era.year, zone)
			}
			property(t, dice{rand.New(rand.NewSource(seed))}, era.zones, almanacs)
		})
	}
}

// Schedules come when the reference says, forward, backward, and asked at any instant; windows and sets of windows hold when
// the reference says.
func TestAgainstTheReference(t *testing.T) {
	eachEra(t, func(t *testing.T, d dice, zones []string, almanacs map[string]*almanac) {
		for range rounds(t, 24) {
			expression, zone := d.expression(), d.of(zones...)
			checkSchedule(t, d, expression, zone, almanacs[zone])
		}
		for range rounds(t, 16) {
			checkSet(t, d, zones, almanacs)
		}
	})
}

func checkSchedule(t *testing.T, d dice, expression, zone string, a *almanac) {
	t.Helper()
	s := parse(t, expression, zone)
	var want []time.Time
	comes := a.activations(expression)
	for i, c := range comes {
		if i > 0 && c { // what was skipped before the first minute is not known
			want = append(want, a.time(i))
		}
	}
	first, end := a.time(1), a.time(len(comes))
	got := s.Between(first, end, len(comes))
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !got[i].Equal(want[i]) {
			t.Fatalf("%q in %s: activation %d of %d, want %d: %v, want %v", expression, zone, i, len(got), len(want), nth(got, i), nth(want, i))
		}
	}
	for range 300 {
		x := first.Add(time.Duration(d.Int63n(int64(end.Sub(first)))))
		i, exact := slices.BinarySearchFunc(want, x, time.Time.Compare)
		before := i - 1
		if exact {
			before, i = i, i+1
		}
		if next := s.Next(x); i < len(want) && !next.Equal(want[i]) || i == len(want) && next.Before(end) {
			t.Fatalf("%q in %s after %v: %v, want %v", expression, zone, x, next, nth(want, i))
		}
		if last := s.Last(first.Add(-1), x); before < 0 != last.IsZero() || before >= 0 && !last.Equal(want[before]) {
			t.Fatalf("%q in %s last until %v: %v, want %v", expression, zone, x, last, nth(want, before))
		}
	}
}

func nth(times []time.Time, i int) string {
	if i < 0 || i >= len(times) {
		return "none"
	}
	return times[i].String()
}

// set is a set of windows with what the reference says about it, minute by minute.
type set struct {
	text    string
	windows []schedule.Window
	open    [][]bool // by window
	frozen  []bool
	start   time.Time
}

func newSet(t *testing.T, d dice, zones []string, almanacs map[string]*almanac) *set {
	s := &set{}
	for range 1 + d.Intn(4) {
		kind, expression, zone, minutes := d.of("deny", "allow"), d.expression(), d.of(zones...), d.minutes()
		w, err := schedule.ParseWindow(kind, expression, strconv.Itoa(minutes)+"m", zone)
		if err != nil {
			t.Fatal(err)
		}
		a := almanacs[zone]
		s.start = a.start
		s.text += fmt.Sprintf("\n%s %q %dm %s", kind, expression, minutes, zone)
		s.windows = append(s.windows, w)
		s.open = append(s.open, open(a.activations(expression), minutes))
	}
	s.frozen = make([]bool, len(s.open[0]))
	for i := range s.frozen {
		s.frozen[i] = len(s.holding(i)) > 0
	}
	return s
}

// holding is the rule, word by word.
func (s *set) holding(minute int) []int {
	var deny, allow []int
	allowed := false
	for i, w := range s.windows {
		if w.Kind == schedule.Deny && s.open[i][minute] {
			deny = append(deny, i)
		}
		if w.Kind == schedule.Allow {
			allow = append(allow, i)
			allowed = allowed || s.open[i][minute]
		}
	}
	if len(deny) > 0 {
		return deny
	}
	if allowed {
		return nil
	}
	return allow
}

func (s *set) time(minute int) time.Time { return s.start.Add(time.Duration(minute) * time.Minute) }

// change is the first minute after one at which frozen changes; not ok when it is later than the era.
func (s *set) change(minute int) (int, bool) {
	for i := minute + 1; i < len(s.frozen); i++ {
		if s.frozen[i] != s.frozen[minute] {
			return i, true
		}
	}
	return 0, false
}

// wantTime compares with a minute of the era: zero when it is more than 400 days away, and not in the era when it is not ok.
func (s *set) wantTime(t *testing.T, what string, from, want int, ok bool, got time.Time) {
	t.Helper()
	switch {
	case ok && want-from > 400*24*60:
		ok = got.IsZero()
	case ok:
		ok = got.Equal(s.time(want))
	default:
		ok = got.IsZero() || !got.Before(s.time(len(s.frozen)))
	}
	if !ok {
		t.Fatalf("%s at %v: %v, want %v%s", what, s.time(from), got, s.time(want), s.text)
	}
}

func checkSet(t *testing.T, d dice, zones []string, almanacs map[string]*almanac) {
	t.Helper()
	s := newSet(t, d, zones, almanacs)
	for range 20 {
		minute := warmUp + d.Intn(len(s.frozen)-warmUp)
		for range 12 { // this minute, and the changes that follow with the minutes before them
			change, ok := s.change(minute)
			s.check(t, d, minute, change, ok)
			if !ok {
				break
			}
			s.check(t, d, change-1, change, true)
			minute = change
		}
		s.checkOccurrences(t, warmUp+d.Intn(len(s.frozen)-warmUp), d.Intn(40*24*60))
	}
}

func (s *set) check(t *testing.T, d dice, minute, change int, changes bool) {
	t.Helper()
	now := s.time(minute)
	if d.Intn(2) == 0 && (!changes || change-minute < 400*24*60) {
		now = now.Add(time.Duration(d.Intn(int(time.Minute))))
	}
	got := schedule.At(s.windows, now)
	if got.Frozen != s.frozen[minute] || !slices.Equal(got.Holding, s.holding(minute)) {
		t.Fatalf("at %v: %+v, want %v%s", now, got, s.holding(minute), s.text)
	}
	if got.Frozen {
		s.wantTime(t, "until", minute, change, changes, got.Until)
	} else if !got.Until.IsZero() {
		t.Fatalf("at %v: not frozen, until %v%s", now, got.Until, s.text)
	}
	s.wantTime(t, "next change", minute, change, changes, schedule.NextChange(s.windows, now))
}

func (s *set) checkOccurrences(t *testing.T, from, length int) {
	t.Helper()
	until := min(from+length, len(s.frozen)-1)
	got := schedule.Occurrences(s.windows, s.time(from), s.time(until), 1_000_000)
	if !slices.IsSortedFunc(got, func(a, b schedule.Occurrence) int { return a.Start.Compare(b.Start) }) {
		t.Fatalf("not by start: %v%s", got, s.text)
	}
	for w := range s.windows {
		mine := slices.DeleteFunc(slices.Clone(got), func(o schedule.Occurrence) bool { return o.Window != w })
		for i := from; i < until; i++ {
			if !s.open[w][i] {
				continue
			}
			start := i
			for start > 0 && s.open[w][start-1] {
				start--
			}
			for i < len(s.frozen) && s.open[w][i] {
				i++
			}
			if len(mine) == 0 {
				t.Fatalf("window %d: no occurrence at %v%s", w, s.time(start), s.text)
			}
			o := mine[0]
			mine = mine[1:]
			if start > warmUp {
				s.wantTime(t, "start", from, start, from-start <= 400*24*60, o.Start)
			}
			s.wantTime(t, "end", max(from, start), i, i < len(s.frozen), o.End)
		}
		if len(mine) > 0 {
			t.Fatalf("window %d: too many: %v%s", w, mine, s.text)
		}
	}
}
