package serve

import (
	"regexp"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// MinorLines are the expressions for lines of manifests that do not count. It is a flag's value, which adds what it is set to: one
// expression a line.
type MinorLines []*regexp.Regexp

// maxExpression is the longest expression, in bytes.
const maxExpression = 1000

// Set adds expressions. The error is a *problem.Error.
func (m *MinorLines) Set(text string) error {
	const rule = "a minor line is told by a regular expression as Go's package regexp reads it"
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(line) > maxExpression {
			return problem.New(problem.Invalid, "the expression has %d bytes", len(line)).Because(rule).Fix("write at most %d bytes; give several", maxExpression)
		}
		e, err := regexp.Compile(line)
		if err != nil {
			return problem.New(problem.Invalid, "%q is not a regular expression", line).Because(rule).
				Fix(`write for example ^\s*build-number: (%s)`, strings.TrimPrefix(err.Error(), "error parsing regexp: ")).Wrap(err)
		}
		if e.MatchString("") && e.MatchString("apiVersion: v1") {
			return problem.New(problem.Invalid, "%q matches every line", line).Because("a minor line is one among others").
				Fix(`write what such a line looks like, for example ^\s*build-number:`)
		}
		*m = append(*m, e)
	}
	return nil
}

// String is the expressions as Set takes them.
func (m *MinorLines) String() string {
	lines := make([]string, len(*m))
	for i, e := range *m {
		lines[i] = e.String()
	}
	return strings.Join(lines, "\n")
}

// Type is the form that the help shows.
func (m *MinorLines) Type() string { return "expression" }
