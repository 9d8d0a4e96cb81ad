package manifestrepo

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Limits of names, in bytes.
const (
	MaxApplicationName = 39
	MaxEnvironmentName = 20
	MaxTeamName        = 20
	MaxTrainName       = 40
	MaxApprovalID      = 40
	MaxReleaseSetName  = 63
	MinLockID          = 2
	MaxLockID          = 99
	MaxLabel           = 63 // key and value each, in characters
	// MaxVersion is the highest version a release can have.
	MaxVersion = 1<<63 - 1
)

const nameRule = "lower-case letters, digits and single dashes between them, at most %d characters"

// validName is `[a-z0-9]+(-[a-z0-9]+)*` and at most max bytes. It is written out because the reader asks it for every path.
func validName[T ~string | ~[]byte](name T, max int) bool {
	if len(name) == 0 || len(name) > max {
		return false
	}
	dash := true // a dash may not come first
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			dash = false
		case c == '-' && !dash:
			dash = true
		default:
			return false
		}
	}
	return !dash
}

// article is what (never empty) with "a" or "an" before it.
func article(what string) string {
	if what[0] == 'a' || what[0] == 'e' {
		return "an " + what
	}
	return "a " + what
}

func checkName(what, name string, max int) error {
	if validName(name, max) {
		return nil
	}
	rule := "the name of " + article(what) + " has " + problem.New(problem.Invalid, nameRule, max).Message
	switch {
	case name == "":
		return problem.New(problem.Invalid, "the name of the %s is missing", what).Because(rule).Fix("give a name such as %q", "shop-cart")
	case len(name) > max:
		return problem.New(problem.Invalid, "the name of the %s has %d characters; at most %d are allowed: %s", what, len(name), max, shown(name)).
			Because(rule).Fix("choose a shorter name")
	}
	return problem.New(problem.Invalid, "%s cannot be the name of %s", shown(name), article(what)).Because(rule).
		Fix("use lower-case letters, digits and single dashes between them")
}

// shown quotes user text for a message, cut to a readable length.
func shown(text string) string {
	const limit = 60
	if len(text) <= limit {
		return quote(text)
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return quote(text[:cut]) + "..."
}

// CheckApplication refuses what cannot be the name of an application. The error is a *problem.Error of kind invalid without a field.
func CheckApplication(name string) error {
	return checkName("application", name, MaxApplicationName)
}

// CheckEnvironment refuses what cannot be the name of an environment or an environment group; errors as CheckApplication.
func CheckEnvironment(name string) error {
	return checkName("environment", name, MaxEnvironmentName)
}

// CheckTeam refuses what cannot be the name of a team; errors as CheckApplication.
func CheckTeam(name string) error { return checkName("team", name, MaxTeamName) }

// CheckTrain refuses what cannot be the name of a train of the timetable; errors as CheckApplication.
func CheckTrain(name string) error { return checkName("release train", name, MaxTrainName) }

// CheckApproval refuses what cannot be the id of a request for approval; errors as CheckApplication.
func CheckApproval(id string) error { return checkName("request for approval", id, MaxApprovalID) }

// CheckReleaseSet refuses what cannot be the name of a release set; errors as CheckApplication.
func CheckReleaseSet(name string) error { return checkName("release set", name, MaxReleaseSetName) }

// CheckLabel refuses what cannot be a label of an application; errors as CheckApplication.
func CheckLabel(key, value string) error {
	if fault := labelFault(key, value); fault != "" {
		return problem.New(problem.Invalid, "%s", fault).
			Because("a label has a key of lower-case letters, digits, '-', '.' and '/', with a letter or digit at both ends, and a value of one line, 1 to 63 characters each").
			Fix("choose a label such as %q", "tier=critical")
	}
	return nil
}

// labelFault says what is wrong with a label; empty when nothing is.
func labelFault(key, value string) string {
	switch {
	case key == "":
		return "a label has no key"
	case len(key) > MaxLabel:
		return fmt.Sprintf("the key %s is longer than %d characters", shown(key), MaxLabel)
	case strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-./") != "" || strings.ContainsAny(key[:1]+key[len(key)-1:], "-./"):
		return shown(key) + " cannot be the key of a label"
	case value == "":
		return "the label " + key + " has no value"
	case utf8.RuneCountInString(value) > MaxLabel:
		return fmt.Sprintf("the value of the label %s is longer than %d characters", key, MaxLabel)
	case !oneLineText(value):
		return "the value of the label " + key + " is not one line of text"
	}
	return ""
}

// oneLineText reports whether a text is UTF-8 without line breaks and other control characters.
func oneLineText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

// CheckLockID refuses what cannot be the id of a lock; errors as CheckApplication.
func CheckLockID(id string) error {
	reason := lockIDFault(id)
	if reason == "" {
		return nil
	}
	return problem.New(problem.Invalid, "%s is not a lock id: %s", shown(id), reason).
		Because("a lock id has 2 to 99 bytes of UTF-8 without '/' and control characters, and is not '..'").
		Fix("choose an id such as %q", "incident-4711")
}

// lockIDFault says what is wrong with a lock id; empty when nothing is.
func lockIDFault(id string) string {
	switch {
	case id == "":
		return "it is empty"
	case len(id) < MinLockID:
		return "it is shorter than 2 characters"
	case len(id) > MaxLockID:
		return "it is longer than 99 bytes"
	case id == "..":
		return "it means the parent folder"
	case !utf8.ValidString(id):
		return "it is not UTF-8"
	}
	for _, r := range id {
		if r == '/' {
			return "it holds a slash"
		}
		if unicode.IsControl(r) {
			return "it holds a control character"
		}
	}
	return ""
}
