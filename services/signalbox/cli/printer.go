package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// style is how a cell looks on a terminal; elsewhere it does nothing.
type style string

// Styles, as ANSI codes.
const (
	plain  style = ""
	faint  style = "2"
	bold   style = "1"
	green  style = "32"
	yellow style = "33"
	red    style = "31"
)

// cell is one field of a table.
type cell struct {
	text  string
	style style
}

// printer writes lines and tables for people. Tables are held back until flush or the next line, when the widths are known.
type printer struct {
	out   io.Writer
	color bool
	// width of the terminal; 0 means do not cut.
	width int
	rows  [][]cell
	err   error
}

// line prints a line of text.
func (p *printer) line(format string, args ...any) {
	p.endTable()
	p.put(fmt.Sprintf(format, args...) + "\n")
}

// head starts a table.
func (p *printer) head(titles ...string) {
	p.endTable()
	cells := make([]cell, len(titles))
	for i, t := range titles {
		cells[i] = cell{strings.ToUpper(t), faint}
	}
	p.rows = append(p.rows, cells)
}

// row adds a row; a value is a cell, or anything that fmt prints.
func (p *printer) row(values ...any) {
	cells := make([]cell, len(values))
	for i, v := range values {
		if c, ok := v.(cell); ok {
			cells[i] = c
		} else {
			cells[i] = cell{fmt.Sprint(v), plain}
		}
		cells[i].text = oneLine(cells[i].text)
	}
	p.rows = append(p.rows, cells)
}

// flush prints what is held back and returns the first error of writing.
func (p *printer) flush() error {
	p.endTable()
	return p.err
}

// columnGap is the space between columns.
const columnGap = 2

func (p *printer) endTable() {
	var widths []int
	for _, row := range p.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range p.rows {
		p.put(p.format(row, widths))
	}
	p.rows = nil
}

func (p *printer) format(row []cell, widths []int) string {
	var b strings.Builder
	used := 0
	for i, c := range row {
		text, last := c.text, i == len(row)-1
		if last && p.width > 0 {
			// Only the last column is free text; the others hold names and numbers, which must stay whole.
			text = cut(text, p.width-used)
		}
		padding := widths[i] - utf8.RuneCountInString(text) + columnGap
		if p.color && c.style != plain && text != "" {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", c.style, text)
		} else {
			b.WriteString(text)
		}
		if !last {
			b.WriteString(strings.Repeat(" ", padding))
		}
		used += widths[i] + columnGap
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

func (p *printer) put(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, text)
	}
}

// cut shortens text to width characters; a width too small to be useful cuts nothing.
func cut(text string, width int) string {
	if width < 10 || utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// oneLine makes text safe for a table: control characters would break the line, or the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, text)
}

// timeText is a time as people read it; "-" for none.
func timeText(t interface {
	AsTime() time.Time
	IsValid() bool
}) string {
	if !t.IsValid() {
		return "-"
	}
	return t.AsTime().Local().Format("2006-01-02 15:04:05")
}
