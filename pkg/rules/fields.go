package rules

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Limits of texts, in characters. A commit message of a source repo may be long (a squashed branch); everything else is short.
const (
	maxReason         = 1000
	maxLockMessage    = 1000
	maxCommitMessage  = 65536
	maxAuthor         = 300
	maxURL            = 2000
	maxDisplayVersion = 15
	maxVersion        = 1<<63 - 1
)

func invalid(field, format string, args ...any) *problem.Error {
	return problem.New(problem.Invalid, format, args...).At(field)
}

// at names the field of a name check's error.
func at(field string, err error) error {
	if err == nil {
		return nil
	}
	return problem.From(err).At(field)
}

// nounOf names a field in words: "create_release.commit_id" is the commit id.
func nounOf(field string) string {
	return "the " + strings.ReplaceAll(field[strings.LastIndex(field, ".")+1:], "_", " ")
}

// firstOf gives the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkText allows several lines; NUL and other control characters would not survive a commit message or a terminal.
func checkText(field, text string, limit int) error {
	return checkCharacters(field, text, limit, "a text holds no control characters but line breaks and tabs",
		func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

// checkLine allows one line.
func checkLine(field, text string, limit int) error {
	return checkCharacters(field, text, limit, "it is one line without control characters", unicode.IsControl)
}

func checkCharacters(field, text string, limit int, rule string, bad func(rune) bool) error {
	if !utf8.ValidString(text) {
		return invalid(field, "%s is not UTF-8", nounOf(field)).Because("texts are UTF-8").Fix("send it as UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return invalid(field, "%s has %d characters", nounOf(field), n).Because(fmt.Sprintf("at most %d characters", limit)).Fix("shorten it")
	}
	if i := strings.IndexFunc(text, bad); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return invalid(field, "%s holds the control character %U", nounOf(field), r).Because(rule).Fix("remove it")
	}
	return nil
}

var commitID = regexp.MustCompile(`\A[0-9a-f]{7,40}\z`)

// checkCommitID accepts an abbreviated or whole id of a source commit; empty means not given.
func checkCommitID(field, id string) error {
	const rule = "a commit id is 7 to 40 digits of 0-9 and a-f"
	switch lower := strings.ToLower(id); {
	case id == "" || commitID.MatchString(id):
		return nil
	case commitID.MatchString(lower):
		return invalid(field, "%q is in upper case", id).Because(rule).Fix("write it in lower case: %s", lower)
	}
	return invalid(field, "%q is not a commit id", shorten(id)).Because(rule).Fix("send the output of git rev-parse HEAD")
}

var authorForm = regexp.MustCompile(`\A[^<>]*[^<>\s] <[^<>\s]+>\z`)

// checkAuthor accepts "Name <mail>"; empty means not given.
func checkAuthor(field, author string) error {
	if author == "" {
		return nil
	}
	if err := checkLine(field, author, maxAuthor); err != nil {
		return err
	}
	if !authorForm.MatchString(author) {
		return invalid(field, "%q is not an author", shorten(author)).Because("an author is written Name <mail>").
			Fix("send the output of git log -1 --format='%%an <%%ae>'")
	}
	return nil
}

// checkURL accepts an absolute URL of a scheme; empty means not given.
func checkURL(field, text string, schemes ...string) error {
	if text == "" {
		return nil
	}
	if err := checkLine(field, text, maxURL); err != nil {
		return err
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return invalid(field, "%q is not a link", shorten(text)).
			Because(fmt.Sprintf("a link is an absolute URL (%s)", strings.Join(schemes, ", "))).
			Fix("send the whole URL, such as https://ci.example.com/run/12")
	}
	if u.User != nil {
		if _, secret := u.User.Password(); secret {
			return invalid(field, "the link holds a password").Because("secrets do not go into the manifest repo").
				Fix("leave user and password out of the link")
		}
	}
	return nil
}

// checkVersion accepts 1 to 2^63-1.
func checkVersion(field string, version uint64) error {
	if version == 0 {
		return invalid(field, "the version is missing").Because("a version is a number from 1 to 9223372036854775807").Fix("name the version")
	}
	return checkVersionLimit(field, version)
}

func checkVersionLimit(field string, version uint64) error {
	if version > maxVersion {
		return invalid(field, "version %d is too large", version).Because("a version is a number from 1 to 9223372036854775807").
			Fix("use a smaller number")
	}
	return nil
}

// shorten keeps an error readable when somebody sent a novel.
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	return string([]rune(text)[:57]) + "..."
}
