package ci

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rules for names as kuberpult's answers word them; docs/format.md has the same.
const (
	nameExpression     = `\A[a-z0-9]+(?:-[a-z0-9]+)*\z`
	maxApplicationName = 39
	maxEnvironmentName = 20
)

var (
	nameForm   = regexp.MustCompile(nameExpression)
	commitForm = regexp.MustCompile(`\A[0-9a-f]{7,40}\z`)
	fullCommit = regexp.MustCompile(`\A[0-9a-f]{40}\z`)
)

func validName(name string, maximum int) bool {
	return len(name) <= maximum && nameForm.MatchString(name)
}

func validLockID(id string) bool {
	return len(id) >= 2 && len(id) <= 99 && utf8.ValidString(id) && id != ".." &&
		!strings.Contains(id, "/") && !strings.ContainsFunc(id, unicode.IsControl)
}
