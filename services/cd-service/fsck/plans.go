package fsck

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Plans: the timetable's departures, requests for approval, release sets and the settings of groups.

type departureFile struct {
	Schedule, TimeZone, Outcome string
	Since, Last                 time.Time
	Paused                      *struct {
		At     time.Time
		By     *actor
		Reason string
	}
}

type approvalFile struct {
	Action, Reason       string
	CreatedAt, ExpiresAt time.Time
	CreatedBy            *actor
	Changes              []struct {
		Application    string
		Version, From  uint64
		ByHand, NoHold bool
	}
}

type releaseSetFile struct {
	Environment, Message string
	CreatedAt            time.Time
	CreatedBy            *actor
	Versions             map[string]uint64
}

func groupKey(group string) string { return "environment group " + group }
func departureKey(env, group, train string) string {
	return fmt.Sprintf("departure of %s (environment %q, group %q)", train, env, group)
}
func approvalKey(env, id string) string { return "request for approval " + id + " in " + env }
func releaseSetKey(name string) string  { return "release set " + name }

// takePlan reads a file of main that holds a plan; other files are none of ours.
func (m *model) takePlan(path string, parts []string, data []byte) error {
	name, ok := strings.CutSuffix(parts[len(parts)-1], ".json")
	if !ok {
		return nil
	}
	switch folder := strings.Join(parts[:len(parts)-1], "/"); {
	case folder == "release-sets":
		return m.plan(releaseSetKey(name), path, "", data, releaseSetText)
	case folder == "environment-groups":
		return m.plan(groupKey(name), path, "", data, func(data []byte) (string, error) {
			if !json.Valid(data) {
				return "", fmt.Errorf("it is not JSON")
			}
			return string(data), nil
		})
	case len(parts) != 4:
	case parts[0] == "environment-groups" && parts[2] == "departures":
		return m.plan(departureKey("", parts[1], name), path, "", data, departureText)
	case parts[0] == "environments" && parts[2] == "departures":
		return m.plan(departureKey(parts[1], "", name), path, parts[1], data, departureText)
	case parts[0] == "environments" && parts[2] == "approvals":
		return m.plan(approvalKey(parts[1], name), path, parts[1], data, approvalText)
	}
	return nil
}

// plan keeps a plan's text; env is set when it counts only in an environment that is there.
func (m *model) plan(key, path, env string, data []byte, textOf func([]byte) (string, error)) error {
	m.paths[key] = path
	m.inEnvironment[key] = env
	var err error
	m.plans[key], err = textOf(data)
	return err
}

func departureText(data []byte) (string, error) {
	var d departureFile
	err := parse(data, &d)
	paused := ""
	if p := d.Paused; p != nil {
		paused = text(at(p.At), p.By.String(), p.Reason)
	}
	return text(d.Schedule, d.TimeZone, at(d.Since), at(d.Last), d.Outcome, paused), err
}

func approvalText(data []byte) (string, error) {
	var a approvalFile
	err := parse(data, &a)
	var changes []string
	for _, c := range a.Changes {
		changes = append(changes, changeText(c.Application, c.Version, c.From, c.ByHand, c.NoHold))
	}
	slices.Sort(changes)
	return text(a.Action, at(a.CreatedAt), at(a.ExpiresAt), a.CreatedBy.String(), a.Reason, strings.Join(changes, ",")), err
}

func changeText(app string, version, from uint64, byHand, noHold bool) string {
	return fmt.Sprint(app, " ", from, "-", version, " ", byHand, noHold)
}

func releaseSetText(data []byte) (string, error) {
	var s releaseSetFile
	err := parse(data, &s)
	return text(s.Environment, s.Message, at(s.CreatedAt), s.CreatedBy.String(), versionsText(s.Versions)), err
}

func versionsText(versions map[string]uint64) string {
	var list []string
	for _, app := range slices.Sorted(maps.Keys(versions)) {
		list = append(list, fmt.Sprint(app, "=", versions[app]))
	}
	return strings.Join(list, ",")
}

func labelText(labels map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, key, labels[key])
	}
	return text(list...)
}

// addPlans adds those of the reader's snapshot.
func addPlans(f map[string]string, s *manifestrepo.Snapshot) {
	for _, e := range s.Environments() {
		addDepartures(f, e.Departures)
		for _, a := range e.Approvals {
			var changes []string
			for _, c := range a.Changes {
				changes = append(changes, changeText(c.Application, c.Version, c.From, c.ByHand, c.NoHold))
			}
			slices.Sort(changes)
			f[approvalKey(a.Environment, a.ID)] = text(a.Action, at(a.CreatedAt), at(a.ExpiresAt), by(a.CreatedBy), a.Reason, strings.Join(changes, ","))
		}
	}
	for _, g := range s.Groups() {
		addDepartures(f, g.Departures)
		if g.Raw != nil {
			f[groupKey(g.Name)] = string(g.Raw)
		}
	}
	for _, set := range s.ReleaseSets() {
		f[releaseSetKey(set.Name)] = text(set.Environment, set.Message, at(set.CreatedAt), by(set.CreatedBy), versionsText(set.Versions))
	}
}

func addDepartures(f map[string]string, all map[string]*manifestrepo.Departure) {
	for _, d := range all {
		paused := ""
		if p := d.Paused; p != nil {
			paused = text(at(p.At), by(p.By), p.Reason)
		}
		f[departureKey(d.Environment, d.Group, d.Train)] = text(d.Schedule, d.TimeZone, at(d.Since), at(d.Last), string(d.Outcome), paused)
	}
}
