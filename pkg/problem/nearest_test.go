package problem_test

import (
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestNearestFindsWhatATypingErrorMeant(t *testing.T) {
	known := []string{"development", "staging", "production", "production-fr"}
	for name, want := range map[string]string{
		"stagin": "staging", "prodution": "production", "Staging": "staging", "production-f": "production-fr",
		"xyz": "", "": "", "dev": "", strings.Repeat("x", 200): "",
	} {
		if got := problem.Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
