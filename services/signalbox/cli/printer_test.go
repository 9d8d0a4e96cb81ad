package cli

import (
	"bytes"
	"testing"
)

func TestColumnsAlignWhateverTheyHold(t *testing.T) {
	var out bytes.Buffer
	p := &printer{out: &out}
	p.head("application", "version", "message")
	p.row("käse", 1, "short")
	p.row("checkout-service", 12345, "two\nlines and a \x1b[31mcolour")
	p.line("end")
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	want := "APPLICATION       VERSION  MESSAGE\n" +
		"käse              1        short\n" +
		"checkout-service  12345    two lines and a  [31mcolour\n" +
		"end\n"
	if out.String() != want {
		t.Errorf("got\n%s\nexpected\n%s", out.String(), want)
	}
}

func TestOnANarrowTerminalOnlyTheLastColumnIsCut(t *testing.T) {
	var out bytes.Buffer
	p := &printer{out: &out, width: 30}
	p.row("checkout-service", "a very long message that does not fit")
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	if want := "checkout-service  a very long…\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

func TestColourIsForTerminalsOnly(t *testing.T) {
	for _, c := range []struct {
		color bool
		want  string
	}{{false, "queued\n"}, {true, "\x1b[33mqueued\x1b[0m\n"}} {
		var out bytes.Buffer
		p := &printer{out: &out, color: c.color}
		p.row(cell{"queued", yellow})
		if err := p.flush(); err != nil || out.String() != c.want {
			t.Errorf("got %q, %v", out.String(), err)
		}
	}
}
