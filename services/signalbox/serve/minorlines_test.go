package serve

import (
	"errors"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestMinorLinesGather(t *testing.T) {
	var m MinorLines
	for _, text := range []string{`^\s*build: `, "^$\n\n  # built at [0-9]+;"} {
		if err := m.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.String(); got != "^\\s*build: \n^$\n  # built at [0-9]+;" {
		t.Errorf("%q", got)
	}
	if p := (Rules{MinorLines: m}).policy(); len(p.Minor) != 3 || !p.Minor[0].MatchString("  build: 12") {
		t.Errorf("%v", p.Minor)
	}
}

func TestMinorLinesThatCannotBe(t *testing.T) {
	for text, says := range map[string]string{
		"build: (":                "not a regular expression",
		"(?!build)":               "not a regular expression",
		".*":                      "matches every line",
		"b?":                      "matches every line",
		strings.Repeat("x", 1001): "1001 bytes",
	} {
		var m MinorLines
		var refused *problem.Error
		if err := m.Set(text); !errors.As(err, &refused) || refused.Remedy == "" || !strings.Contains(refused.Message, says) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
