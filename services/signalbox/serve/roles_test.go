package serve

import (
	"errors"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestRolesGatherTheirMembers(t *testing.T) {
	var r Roles
	for _, text := range []string{"release-manager=anna@example.com,bo@example.com", "auditor=*@audit.example.com; release-manager = cy@example.com,anna@example.com;"} {
		if err := r.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	const want = "auditor=*@audit.example.com;release-manager=anna@example.com,bo@example.com,cy@example.com"
	if got := r.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestARoleThatIsNotWrittenRightIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"release-manager":                       "no e-mail address",
		"release-manager=":                      "no e-mail address",
		"release-manager=anna":                  "no e-mail address",
		"release-manager=anna@":                 "no e-mail address",
		"release-manager=@example.com":          "no e-mail address",
		"release-manager=*":                     "no e-mail address",
		"release-manager=*@*":                   "no e-mail address",
		"release-manager=a*@example.com":        "no e-mail address",
		"release-manager=Anna <a@example.com>":  "no e-mail address",
		"release-manager=a@example.com,":        "no e-mail address",
		"release-manager=a@b@example.com":       "no e-mail address",
		"release-manager=a@x.org auditor=b@x.y": "no e-mail address",
		"Release Manager=anna@example.com":      "name of a role",
		"=anna@example.com":                     "name of a role",
		"anna@example.com":                      "name of a role",
	} {
		var r Roles
		err := r.Set(text)
		var refused *problem.Error
		if !errors.As(err, &refused) || refused.Remedy == "" || !strings.Contains(refused.Message, says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
