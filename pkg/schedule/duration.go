package schedule

import (
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// maxDuration is the longest duration of a window.
const maxDuration = 366 * 24 * time.Hour

// ParseDuration reads a duration: a number with its unit, w, d, h, m or s, or several in a row, such as "2h30m", "14d" or
// "1w2d". A day is 24 hours and a week 7 days, whatever clocks do. It is more than zero, whole minutes, and at most 366d.
//
// The error is a *problem.Error of kind invalid, with the field "duration".
func ParseDuration(text string) (time.Duration, error) {
	refusal := func(what string) error {
		return problem.New(problem.Invalid, "the duration %s %s", shown(text), what).At("duration").
			Because("a duration is whole minutes, more than 0 and at most 366d").
			Fix(`write numbers with the units w, d, h and m, for example "2h30m" or "14d"`)
	}
	var sum time.Duration
	for rest := strings.TrimSpace(text); rest != "" || sum == 0; {
		number := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		unit := len(rest) - number - len(strings.TrimLeft(rest[number:], "abcdefghijklmnopqrstuvwxyzµμ"))
		part, ok := one(rest[:number], rest[number:number+unit])
		if !ok {
			return 0, refusal("cannot be read")
		}
		if part > maxDuration || sum+part > maxDuration {
			return 0, refusal("is longer than 366d")
		}
		if sum, rest = sum+part, rest[number+unit:]; rest == "" && sum == 0 {
			return 0, refusal("is zero")
		}
	}
	if sum%time.Minute != 0 {
		return 0, refusal("is not whole minutes")
	}
	return sum, nil
}

// one reads a number with its unit. More than maxDuration stands for all that is too long.
func one(number, unit string) (time.Duration, bool) {
	if number == "" || unit == "" || len(number) > 20 {
		return 0, false
	}
	hours := map[string]time.Duration{"d": 24, "w": 7 * 24}[unit]
	if hours == 0 {
		hours = 1
	} else {
		unit = "h"
	}
	d, err := time.ParseDuration(number + unit)
	if err != nil {
		return 0, false
	}
	return min(d, maxDuration+1) * hours, true
}
