package rules

import (
	"fmt"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Which applications a train takes: those of a team, those named, those that have all of some labels. What a filter leaves out stays,
// and the answer does not mention it.

// trainFilter is whom a train takes. Empty parts leave nobody out.
type trainFilter struct {
	team         string
	applications []string
	labels       map[string]string
}

func (f trainFilter) lets(app *manifestrepo.Application) bool {
	if f.team != "" && app.Team != f.team || len(f.applications) > 0 && !slices.Contains(f.applications, app.Name) {
		return false
	}
	for key, value := range f.labels {
		if app.Labels[key] != value {
			return false
		}
	}
	return true
}

// String says which applications it takes, "of team payments, named checkout"; empty when it takes all.
func (f trainFilter) String() string {
	var parts []string
	if f.team != "" {
		parts = append(parts, "of team "+f.team)
	}
	if len(f.applications) > 0 {
		parts = append(parts, "named "+listed(f.applications))
	}
	if len(f.labels) > 0 {
		var pairs []string
		for _, key := range sortedKeys(f.labels) {
			pairs = append(pairs, key+"="+f.labels[key])
		}
		parts = append(parts, "labelled "+listed(pairs))
	}
	return strings.Join(parts, ", ")
}

// checkTrainFilter: names have their form, and a train of the timetable has filters of its own.
func checkTrainFilter(m *api.RunTrain) error {
	if m.Train != "" {
		if err := at("run_train.train", manifestrepo.CheckTrain(m.Train)); err != nil {
			return err
		}
		field := ""
		switch {
		case m.Team != "":
			field = "run_train.team"
		case len(m.Applications) > 0:
			field = "run_train.applications"
		case len(m.Labels) > 0:
			field = "run_train.labels"
		}
		if field != "" {
			return invalid(field, "the train %s of the timetable has filters of its own", m.Train).
				Because("a train of the timetable runs with the filters of its entry").Fix("leave out either train or %s", field[len("run_train."):])
		}
	}
	for i, name := range m.Applications {
		if err := at(fmt.Sprintf("run_train.applications[%d]", i), manifestrepo.CheckApplication(name)); err != nil {
			return err
		}
	}
	return firstOf(teamIsAName("run_train.team", m.Team), checkLabels("run_train.labels", m.Labels))
}

func checkLabels(field string, labels map[string]string) error {
	for _, key := range sortedKeys(labels) {
		if err := at(fmt.Sprintf("%s[%s]", field, shorten(key)), manifestrepo.CheckLabel(key, labels[key])); err != nil {
			return err
		}
	}
	return nil
}

// namedApplicationsExist: a person who names an application means one.
func namedApplicationsExist(s *manifestrepo.Snapshot, names []string) error {
	for i, name := range names {
		if _, err := findApplication(s, fmt.Sprintf("run_train.applications[%d]", i), name); err != nil {
			return err
		}
	}
	return nil
}
