package diffs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
)

func lines(n int, change func(i int) string) []byte {
	var out strings.Builder
	for i := range n {
		out.WriteString(change(i))
	}
	return []byte(out.String())
}

func TestADiffShowsWhatChangedWithTheLinesAround(t *testing.T) {
	plain := func(i int) string { return fmt.Sprintf("line %d\n", i+1) }
	changed := func(i int) string {
		switch i {
		case 9:
			return "other\n"
		case 29:
			return ""
		}
		return plain(i)
	}
	d, err := Compare(Side{"old.yaml", lines(40, plain)}, Side{"new.yaml", lines(40, changed)})
	if err != nil {
		t.Fatal(err)
	}
	want := "--- old.yaml\n+++ new.yaml\n@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+other\n line 11\n line 12\n line 13\n" +
		"@@ -27,7 +27,6 @@\n line 27\n line 28\n line 29\n-line 30\n line 31\n line 32\n line 33\n"
	if d.Text != want || d.Added != 1 || d.Removed != 2 {
		t.Errorf("%d added, %d removed:\n%s", d.Added, d.Removed, d.Text)
	}
}

func TestWhatIsNotThereIsNoFile(t *testing.T) {
	for name, c := range map[string]struct {
		from, to       Side
		text           string
		added, removed int32
	}{
		"comes":    {Side{}, Side{"new", []byte("a\n")}, "--- /dev/null\n+++ new\n@@ -0,0 +1 @@\n+a\n", 1, 0},
		"goes":     {Side{"old", []byte("a\nb")}, Side{}, "--- old\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", 0, 2},
		"empty":    {Side{"old", []byte{}}, Side{"new", []byte{}}, "", 0, 0},
		"the same": {Side{"old", []byte("a\n")}, Side{"new", []byte("a\n")}, "", 0, 0},
		"nothing":  {Side{}, Side{}, "", 0, 0},
	} {
		d, err := Compare(c.from, c.to)
		if err != nil || d.Text != c.text || d.Added != c.added || d.Removed != c.removed {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
}

func TestSecretsAreComparedWithoutBeingShown(t *testing.T) {
	secret := func(value string) []byte {
		return []byte("kind: Secret\nmetadata:\n  name: db\ndata:\n  password: " + value + "\n")
	}
	d, err := Compare(Side{"old", secret("aHVudGVyMQ==")}, Side{"new", secret("aHVudGVyMg==")})
	if err != nil || strings.Contains(d.Text, "aHVud") || d.Added != 1 || !strings.Contains(d.Text, "+  password: (not shown, changed)") {
		t.Errorf("%v\n%s", err, d.Text)
	}
	if d, err = Compare(Side{"old", secret("same")}, Side{"new", secret("same")}); err != nil || d.Text != "" {
		t.Errorf("%v\n%s", err, d.Text)
	}
}

func TestTooManyLinesAreNotCompared(t *testing.T) {
	_, err := Compare(Side{}, Side{"new", []byte(strings.Repeat("\n", MaxLines+1))})
	long, ok := err.(*TooLongError)
	if !ok || long.From != 0 || long.To != MaxLines+1 || !strings.Contains(long.Error(), "50000") {
		t.Error(err)
	}
}

// TestADiffIsWhatItSays applies each diff to its left side and wants the right side.
func TestADiffIsWhatItSays(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for range 2000 {
		var a, b []string
		shape := 4 + random.IntN(20)
		for range random.IntN(60) {
			a = append(a, fmt.Sprintf("%d\n", random.IntN(6)))
		}
		for _, line := range a {
			switch random.IntN(shape) {
			case 0:
			case 1:
				b = append(b, line, "new\n")
			case 2, 3:
				b = append(b, "changed\n")
			default:
				b = append(b, line)
			}
		}
		d := unified(a, b, "a", "b")
		if got := strings.Join(patch(a, d.Text), ""); got != strings.Join(b, "") {
			t.Fatalf("%q and %q: %q\n%s", a, b, got, d.Text)
		}
		whole, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: a, B: b, FromFile: "a", ToFile: "b", Context: 3})
		if err != nil || (whole == "") != (d.Text == "") || len(d.Text) > 2*len(whole)+100 {
			t.Fatalf("%q and %q:\n%s\ninstead of\n%s", a, b, d.Text, whole)
		}
	}
}

// patch carries out a unified diff.
func patch(a []string, text string) []string {
	var out []string
	at := 0
	for i, line := range strings.SplitAfter(text, "\n") {
		switch {
		case i < 2 || line == "":
		case line[0] == '@':
			var start, n int
			_, _ = fmt.Sscanf(line, "@@ -%d,%d", &start, &n)
			if n > 0 || !strings.HasPrefix(line, fmt.Sprintf("@@ -%d,0", start)) {
				start--
			}
			out, at = append(out, a[at:start]...), start
		case line[0] == '-':
			at++
		case line[0] == '+':
			out = append(out, line[1:])
		default:
			out, at = append(out, a[at]), at+1
		}
	}
	return append(out, a[at:]...)
}
