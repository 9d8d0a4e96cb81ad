package cli

import (
	"strconv"
	"strings"
	"time"
)

// parseTime reads a moment that people look back to: "24h", "7d" and "2w" count back from now, "2026-11-20" and RFC 3339 are absolute. name is
// the flag or argument that has it.
func parseTime(name, text string, now time.Time) (time.Time, error) {
	return moment(name, text, now, -1)
}

// parseAhead reads a moment to come: "4h", "2d" and "1w" count from now on.
func parseAhead(name, text string, now time.Time) (time.Time, error) {
	return moment(name, text, now, 1)
}

func moment(name, text string, now time.Time, direction int) (time.Time, error) {
	for ending, days := range map[string]int{"d": 1, "w": 7} {
		if number, ok := strings.CutSuffix(text, ending); ok {
			if n, err := strconv.ParseUint(number, 10, 16); err == nil {
				return now.AddDate(0, 0, direction*days*int(n)), nil
			}
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(time.Duration(direction) * d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("%s %q: write 24h, 7d, 2026-11-20 or 2026-11-20T09:00:00Z", name, text)
}
