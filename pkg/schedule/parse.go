package schedule

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Schedule is a cron expression in a time zone; the package comment says when it comes. It never changes, and only Parse
// makes a useful one. Two schedules mean the same when Expression and the name of Zone are the same.
type Schedule struct {
	expression string
	zone       *zone
	// Bit n of a field stands for the value n.
	minutes, hours, days, months, weekdays uint64
	// eitherDay: both kinds of day are restricted, and one match is enough.
	eitherDay bool
	// often: the hours are "*" or "*/n", the schedule means "every so often" and not the time on the clock.
	often bool
	// pause is the longest time between two activations of a day, in minutes; nightly the one from the last of a day to the
	// first of the next.
	pause, nightly int
}

// maxExpression is the length of an expression in bytes. A list of every minute, hour and day fits in.
const maxExpression = 500

const fiveFields = "a schedule has five cron fields: minute, hour, day of month, month, day of week"

// fields describes the five fields for those who write them: how many values there are, and how to write them.
var fields = [5]struct {
	name   string
	values int
	write  string
}{
	{"minute", 60, `write 0 to 59, "*", a list, a range or a step, for example "0,30" or "*/15"`},
	{"hour", 24, `write 0 to 23, "*", a list, a range or a step, for example "22" or "8-17"`},
	{"day of month", 31, `write 1 to 31, "*", a list, a range or a step, for example "1,15" or "28-31"`},
	{"month", 12, `write 1 to 12 or jan to dec, "*", a list, a range or a step, for example "12" or "jan-mar"`},
	{"day of week", 7, `write 0 to 6 (Sunday is 0) or sun to sat, "*", a list, a range or a step, for example "1-5" or "sat,sun"`},
}

// item is one element of a field's list. The cron library would also read "*-3" as "*", and "," as never.
var item = regexp.MustCompile(`^(?:[*?]|[0-9]{1,2}(?:-[0-9]{1,2})?|[a-zA-Z]{3}(?:-[a-zA-Z]{3})?)(?:/([0-9]{1,2}))?$`)

// Parse reads five cron fields, or a descriptor such as @daily, in a zone with an IANA name; "" is UTC. A schedule that no
// year has a day for, such as 31 February, is refused.
//
// The error is a *problem.Error of kind invalid. Its field is "schedule" or "timeZone", for the caller to replace or to put a
// path before.
func Parse(expression, zone string) (*Schedule, error) {
	s, err := parseExpression(expression)
	if err != nil {
		return nil, err
	}
	if s.zone, err = loadZone(zone); err != nil {
		return nil, err
	}
	return s, nil
}

// Expression is the text of the schedule, with single spaces between the fields.
func (s *Schedule) Expression() string { return s.expression }

// Zone is the time zone that the expression is read in; its String is the IANA name.
func (s *Schedule) Zone() *time.Location { return s.zone.location }

func refused(format string, args ...any) *problem.Error {
	return problem.New(problem.Invalid, format, args...).At("schedule").Because(fiveFields).Fix(`write for example "0 22 * * 1-5"`)
}

func parseExpression(text string) (*Schedule, error) {
	if len(text) > maxExpression {
		return nil, refused("the schedule has %d bytes, more than %d", len(text), maxExpression)
	}
	parts := strings.Fields(text)
	s := &Schedule{expression: strings.Join(parts, " ")}
	switch {
	case len(parts) == 0:
		return nil, refused("the schedule is empty")
	case strings.HasPrefix(parts[0], "TZ="), strings.HasPrefix(parts[0], "CRON_TZ="):
		return nil, refused("the schedule %s names a time zone", shown(text)).Fix("write the five fields only, and the zone in timeZone")
	case parts[0] == "@every":
		return nil, refused("the schedule %s has no time of day", shown(text)).Fix(`write for example "*/15 * * * *" for every 15 minutes`)
	case strings.HasPrefix(parts[0], "@"):
		s.often = parts[0] == "@hourly"
	default:
		if err := checkFields(parts, text); err != nil {
			return nil, err
		}
		s.often = strings.ContainsRune("*?", rune(parts[1][0])) && !strings.Contains(parts[1], ",")
	}
	if err := s.read(); err != nil {
		return nil, err
	}
	s.measure()
	// In a cycle of leap years, far from the end of a century, every day comes that ever comes.
	from := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	if _, ok := s.wallFrom(from, from+schedulesEnd); !ok {
		return nil, refused("the schedule %s never comes", shown(text)).Because("a schedule has a day that exists").
			Fix("write a day of month that one of its months has")
	}
	return s, nil
}

// checkFields finds the field that is wrong.
func checkFields(parts []string, text string) error {
	if len(parts) == len(fields)+1 {
		return refused("the schedule %s has 6 fields", shown(text)).Fix("leave out the seconds, or the year: five fields remain")
	}
	if len(parts) != len(fields) {
		return refused("the schedule %s has %d of 5 fields", shown(text), len(parts))
	}
	for i, field := range fields {
		if err := checkField(i, parts[i]); err != nil {
			return refused("the schedule's %s %s cannot be read: %v", field.name, shown(parts[i]), err).Fix("%s", field.write).Wrap(err)
		}
	}
	return nil
}

func checkField(i int, text string) error {
	for _, element := range strings.Split(text, ",") {
		m := item.FindStringSubmatch(element)
		if m == nil {
			return errors.New(shown(element) + " is no value, range or step")
		}
		if step, _ := strconv.Atoi(m[1]); step > fields[i].values {
			return errors.New("the step " + m[1] + " is more than " + strconv.Itoa(fields[i].values))
		}
	}
	alone := []string{"*", "*", "*", "*", "*"}
	alone[i] = text
	_, err := cron.ParseStandard(strings.Join(alone, " "))
	return err
}

// star is the bit that the cron library sets in a field without restriction.
const star = 1 << 63

// read takes the fields from the cron library.
func (s *Schedule) read() error {
	parsed, err := cron.ParseStandard(s.expression)
	if err != nil {
		// Fields were read one by one before: this is a descriptor, and the library's text holds all of it.
		return refused("the schedule %s is not known", shown(s.expression)).
			Fix(`write five fields, for example "0 22 * * 1-5", or one of @hourly, @daily, @weekly, @monthly, @yearly`).Wrap(err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return refused("the schedule %s has no time of day", shown(s.expression))
	}
	s.minutes, s.hours = spec.Minute&^star, spec.Hour&^star
	s.days, s.months, s.weekdays = spec.Dom&^star, spec.Month&^star, spec.Dow&^star
	s.eitherDay = spec.Dom&star == 0 && spec.Dow&star == 0
	return nil
}

// shown quotes what a user wrote, shortened.
func shown(text string) string {
	const limit = 60
	if runes := []rune(text); len(runes) > limit {
		return strconv.Quote(string(runes[:limit])) + "..."
	}
	return strconv.Quote(text)
}
