// Package diffs shows manifests to people: with the data of Secrets taken out, and compared line by line. Nothing that it gives
// holds a value of a Secret. It reads nothing by itself.
package diffs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// MaxLines is how many lines of a manifest are compared.
const MaxLines = 50_000

// nothing is the name of a side where nothing is, as patches have it.
const nothing = "/dev/null"

// context is how many lines around a change are shown.
const context = 3

// Side is one side of a comparison.
type Side struct {
	// Name stands in the diff's first lines.
	Name string
	// Content is the manifest; nil when nothing is there, and then Name does not matter.
	Content []byte
}

// Diff is how two manifests differ.
type Diff struct {
	// Text is a unified diff, empty when they are the same.
	Text string
	// Added and Removed count its lines.
	Added, Removed int32
}

// TooLongError says that a manifest has more than MaxLines lines.
type TooLongError struct{ From, To int }

// Error names both sizes.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("manifests of %d and %d lines are not compared: the limit is %d", e.From, e.To, MaxLines)
}

// Compare compares two manifests, redacted. Where a Secret's value differs the lines say so without showing it. The error is a
// *TooLongError.
func Compare(from, to Side) (Diff, error) {
	old := &redactor{}
	a := linesOf(from, old)
	b := linesOf(to, &redactor{against: old.values})
	if len(a) > MaxLines || len(b) > MaxLines {
		return Diff{}, &TooLongError{From: len(a), To: len(b)}
	}
	return unified(a, b, from.name(), to.name()), nil
}

// Redact gives a manifest without the data of its Secrets, as text that can travel.
func Redact(content []byte) string { return clean((&redactor{}).redact(content)) }

// clean makes text that can travel; manifests are checked to be UTF-8 when they come in, those of an imported repo were not.
func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func (s Side) name() string {
	if s.Content == nil {
		return nothing
	}
	return s.Name
}

func linesOf(s Side, r *redactor) []string {
	if s.Content == nil {
		return nil
	}
	lines := strings.SplitAfter(clean(r.redact(s.Content)), "\n")
	last := len(lines) - 1
	if lines[last] == "" {
		return lines[:last]
	}
	lines[last] += "\n"
	return lines
}

// unified writes the diff.
func unified(a, b []string, from, to string) Diff {
	var d Diff
	var out strings.Builder
	groups := changes(a, b)
	if len(groups) == 0 {
		return d
	}
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", from, to)
	for _, group := range groups {
		first, last := group[0], group[len(group)-1]
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", span(first.I1, last.I2), span(first.J1, last.J2))
		for _, c := range group {
			if c.Tag == 'e' {
				write(&out, ' ', a[c.I1:c.I2])
				continue
			}
			write(&out, '-', a[c.I1:c.I2])
			write(&out, '+', b[c.J1:c.J2])
			d.Removed += int32(c.I2 - c.I1)
			d.Added += int32(c.J2 - c.J1)
		}
	}
	d.Text = out.String()
	return d
}

// changes groups what differs with the lines around it. Most manifests differ in a few lines, so what both begin and end with is left out
// of the search.
func changes(a, b []string) [][]difflib.OpCode {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	if head == len(a) && head == len(b) {
		return nil
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	head, tail = max(0, head-context), max(0, tail-context)
	a, b = a[head:len(a)-tail], b[head:len(b)-tail]
	codes, ok := inPlace(a, b)
	if !ok {
		codes = difflib.NewMatcher(a, b).GetOpCodes()
	}
	for i := range codes {
		c := &codes[i]
		c.I1, c.I2, c.J1, c.J2 = c.I1+head, c.I2+head, c.J1+head, c.J2+head
	}
	return grouped(codes)
}

// inPlace compares line by line, which is cheap and right when a new version changed some lines and neither took nor added any: when
// few lines differ from those in their place.
func inPlace(a, b []string) (codes []difflib.OpCode, ok bool) {
	if len(a) != len(b) {
		return nil, false
	}
	differ := 0
	for i := range a {
		tag := byte('e')
		if a[i] != b[i] {
			tag = 'r'
			differ++
		}
		if last := len(codes) - 1; last >= 0 && codes[last].Tag == tag {
			codes[last].I2, codes[last].J2 = i+1, i+1
			continue
		}
		codes = append(codes, difflib.OpCode{Tag: tag, I1: i, I2: i + 1, J1: i, J2: i + 1})
	}
	return codes, differ <= 2 || 3*differ <= len(a)
}

// grouped cuts the lines that stay down to those around a change. Codes hold a change.
func grouped(codes []difflib.OpCode) (groups [][]difflib.OpCode) {
	var group []difflib.OpCode
	for i, c := range codes {
		stays := c.I2 - c.I1
		first, last := c, c // its first and its last lines
		first.I2, first.J2 = c.I1+min(stays, context), c.J1+min(stays, context)
		last.I1, last.J1 = c.I2-min(stays, context), c.J2-min(stays, context)
		switch {
		case c.Tag != 'e':
			group = append(group, c)
		case i == 0:
			group = append(group, last)
		case i == len(codes)-1:
			group = append(group, first)
		case stays > 2*context:
			groups = append(groups, append(group, first))
			group = []difflib.OpCode{last}
		default:
			group = append(group, c)
		}
	}
	return append(groups, group)
}

// span is a stretch of lines as the head of a group names it: an empty one is named by the line before it.
func span(start, end int) string {
	switch end - start {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return strconv.Itoa(end)
	}
	return fmt.Sprintf("%d,%d", start+1, end-start)
}

func write(out *strings.Builder, sign byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(sign)
		out.WriteString(line)
	}
}
