package manifestrepo

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// maxConfigText is the length of a name or a reason in a config, in characters.
const maxConfigText = 200

// groupDocument is what messages call environment-groups/<group>.json.
const groupDocument = "the group's file"

// ParseGroupConfig reads environment-groups/<group>.json as ParseConfig reads config.json.
func ParseGroupConfig(raw, known []byte) (GroupConfig, error) {
	var c GroupConfig
	if err := (document{name: groupDocument, known: known}).decode(raw, &c); err != nil {
		return GroupConfig{}, err
	}
	if err := checkFreezeWindows(c.FreezeWindows); err != nil {
		return GroupConfig{}, err
	}
	if err := checkReleaseTrains(c.ReleaseTrains); err != nil {
		return GroupConfig{}, err
	}
	return c, nil
}

// readGroupConfig reads the settings of a group that are in the repo, as readConfig does.
func readGroupConfig(raw []byte) (GroupConfig, error) {
	var c GroupConfig
	if err := (document{name: groupDocument, known: raw}).decode(raw, &c); err != nil {
		return GroupConfig{}, err
	}
	if err := checkFreezeWindows(c.FreezeWindows); err != nil {
		return GroupConfig{}, err
	}
	markTwins(c.ReleaseTrains)
	return c, nil
}

// inside puts a path before the field of an error.
func inside(path string, err error) error {
	p := problem.From(err)
	if p.Field == "" {
		return p.At(path)
	}
	return p.At(joinPath(path, p.Field))
}

// checkFreezeWindows is as strict about what is in the repo: a window that cannot be read says when to hold something.
func checkFreezeWindows(windows []FreezeWindow) error {
	for i, w := range windows {
		if err := w.check(); err != nil {
			return inside(fmt.Sprintf("freezeWindows[%d]", i), err)
		}
	}
	return nil
}

func (f FreezeWindow) check() error {
	if _, err := f.Window(); err != nil {
		return err
	}
	if err := checkConfigText("name", f.Name); err != nil {
		return err
	}
	if err := checkConfigText("reason", f.Reason); err != nil {
		return err
	}
	if err := checkConfigNames("teams", f.Teams, CheckTeam); err != nil {
		return err
	}
	return checkConfigNames("applications", f.Applications, CheckApplication)
}

func checkReleaseTrains(trains []ReleaseTrain) error {
	markTwins(trains)
	for i, t := range trains {
		if err := t.check(); err != nil {
			return inside(fmt.Sprintf("releaseTrains[%d]", i), err)
		}
	}
	return nil
}

// markTwins marks the trains whose name comes twice in a file.
func markTwins(trains []ReleaseTrain) {
	first := map[string]int{}
	for i, t := range trains {
		if j, again := first[t.Name]; again {
			trains[i].twin, trains[j].twin = true, true
		} else {
			first[t.Name] = i
		}
	}
}

func twinName(name string) error {
	return problem.New(problem.Invalid, "two release trains have the name %s", shown(name)).At("name").
		Because("a release train is known by its name").Fix("give one of them another name")
}

func (t ReleaseTrain) check() error {
	if _, err := t.Timetable(); err != nil {
		return err
	}
	if t.Missed != "" && t.Missed != MissedSkip && t.Missed != MissedRunOnce {
		return problem.New(problem.Invalid, "%s cannot become of a departure that was missed", shown(t.Missed)).At("missed").
			Because("a departure that was missed is left out, or runs once as soon as Signalbox is back").Fix(`write "skip" or "run-once"`)
	}
	if t.Team != "" {
		if err := CheckTeam(t.Team); err != nil {
			return inside("team", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.Labels)) {
		if err := CheckLabel(key, t.Labels[key]); err != nil {
			return inside("labels."+key, err)
		}
	}
	return checkConfigNames("applications", t.Applications, CheckApplication)
}

// check accepts no rule at all.
func (r *ApprovalRule) check() error {
	if r == nil {
		return nil
	}
	for i, by := range r.By {
		if err := checkApprover(by); err != nil {
			return inside(fmt.Sprintf("approval.by[%d]", i), err)
		}
	}
	if r.ExpiresAfter == "" {
		return nil
	}
	if _, err := schedule.ParseDuration(r.ExpiresAfter); err != nil {
		return problem.From(err).At("approval.expiresAfter")
	}
	return nil
}

func checkApprover(by string) error {
	if role, ok := strings.CutPrefix(by, "role:"); ok {
		return checkName("role", role, MaxTeamName)
	}
	if a, err := mail.ParseAddress(by); err != nil || a.Address != by || !oneLineText(by) {
		return problem.New(problem.Invalid, "%s cannot approve", shown(by)).
			Because("those who may approve are named by a role or an e-mail address").Fix(`write for example "role:release-manager" or "anna@example.com"`)
	}
	return nil
}

func checkConfigNames(field string, names []string, check func(string) error) error {
	for i, name := range names {
		if err := check(name); err != nil {
			return inside(fmt.Sprintf("%s[%d]", field, i), err)
		}
	}
	return nil
}

func checkConfigText(field, text string) error {
	if n := utf8.RuneCountInString(text); n > maxConfigText {
		return problem.New(problem.Invalid, "the %s has %d characters", field, n).At(field).
			Because(fmt.Sprintf("at most %d characters", maxConfigText)).Fix("shorten it")
	}
	if !oneLineText(text) {
		return problem.New(problem.Invalid, "the %s is not one line of text", field).At(field).
			Because("it is one line without control characters").Fix("write it on one line")
	}
	return nil
}
