package schedule

import (
	"math"
	"path"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Wall-clock times are counted like Unix time, in seconds, as if the clock on the wall showed UTC.

// span is a stretch of time in which a zone's clocks run without a change. It begins with start and ends before end.
type span struct {
	start, end int64 // Unix seconds
	offset     int64 // wall-clock time less Unix time
	// fresh is the first wall-clock time that clocks had not reached before start. Less than start+offset: the times between
	// were skipped. More: clocks went back, and the times up to fresh come again.
	fresh int64
}

// zone is a time zone with its changes of clocks.
type zone struct {
	location *time.Location
	spans    []span // gapless, oldest first, the first and the last without end
}

// forever is far beyond every time in use, and far enough from overflow.
const forever = math.MaxInt64 / 4

var (
	firstChange = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	lastChange  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// zones keeps the zones that were asked for, *zone by name: reading one costs far more than asking it. Only names of the
// database get in.
var zones sync.Map

// loadZone finds a zone by its IANA name; "" is UTC. Names that mean this machine's setting, or that only some machines have,
// are refused: a schedule means the same wherever it is read.
func loadZone(name string) (*zone, error) {
	if name == "" {
		name = "UTC"
	}
	if z, ok := zones.Load(name); ok {
		return z.(*zone), nil
	}
	refusal := problem.New(problem.Invalid, "the time zone %s is not known", shown(name)).At("timeZone").
		Because("a time zone has a name of the IANA database").Fix(`write for example "Europe/Berlin", or "UTC"`)
	top, _, _ := strings.Cut(name, "/")
	switch top {
	case "Local", "localtime", "posix", "posixrules", "right", "Factory":
		return nil, refusal
	}
	if path.Clean(name) != name {
		return nil, refusal
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, refusal.Wrap(err)
	}
	z, _ := zones.LoadOrStore(name, newZone(location))
	return z.(*zone), nil
}

func newZone(location *time.Location) *zone {
	_, offset := firstChange.In(location).Zone()
	z := &zone{location: location}
	current := span{start: -forever, end: forever, offset: int64(offset), fresh: -forever}
	for t := nextBound(firstChange.In(location)); !t.IsZero() && t.Before(lastChange); t = nextBound(t) {
		_, offset := t.Zone()
		if int64(offset) == current.offset {
			continue // another name, or a new year
		}
		current.end = t.Unix()
		z.spans = append(z.spans, current)
		current = span{start: current.end, end: forever, offset: int64(offset), fresh: max(current.fresh, current.end+current.offset)}
	}
	z.spans = append(z.spans, current)
	return z
}

// nextBound is the start of the next stretch of time after an instant that time.ZoneBounds knows; zero when there is none. On
// the last day of a leap year ZoneBounds gives an end that is not after the instant.
func nextBound(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() || end.After(t) {
		return end
	}
	tomorrow := t.AddDate(0, 0, 1)
	if start, _ := tomorrow.ZoneBounds(); start.After(t) {
		return start
	}
	return tomorrow
}

// at is the index of the span that holds at an instant.
func (z *zone) at(unix int64) int {
	return sort.Search(len(z.spans)-1, func(i int) bool { return unix < z.spans[i].end })
}
