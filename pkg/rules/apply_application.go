package rules

import (
	"fmt"
	"maps"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ApplyApplication: the settings of an application change.

func checkApplyApplication(m *api.ApplyApplication, _ *checking) error {
	if err := firstOf(
		at("apply_application.application", manifestrepo.CheckApplication(m.Application)),
		teamIsAName("apply_application.team", m.GetTeam()),
		checkLine("apply_application.source_repo_url", m.GetSourceRepoUrl(), maxURL),
		checkLine("apply_application.project", m.GetProject(), maxProject),
	); err != nil {
		return err
	}
	if m.Team == nil && m.SourceRepoUrl == nil && m.Project == nil && len(m.Labels) == 0 {
		return invalid("apply_application", "nothing is to change").Because("it sets a team, a source repo, a project or labels").
			Fix("name at least one of them; an empty one is removed")
	}
	labels := maps.Clone(m.Labels)
	for key, value := range labels {
		if value == "" {
			labels[key] = "none" // it is to be removed; its key must be one all the same
		}
	}
	return checkLabels("apply_application.labels", labels)
}

// maxProject is the longest name of a project, in characters.
const maxProject = 63

func decideApplyApplication(m *api.ApplyApplication, w *work) error {
	app, err := findApplication(w.s, "apply_application.application", m.Application)
	if err != nil {
		return err
	}
	path := manifestrepo.ApplicationPath(app.Name)
	if fault := w.s.ProblemAt(path); fault != "" {
		return problem.New(problem.Conflict, "%s cannot be read: %s", path, fault).At("apply_application.application").
			Because("a file that cannot be read is not rewritten").Fix("repair or delete it in the manifest repo")
	}
	next := *app
	for _, f := range []struct {
		given *string
		into  *string
	}{{m.Team, &next.Team}, {m.SourceRepoUrl, &next.SourceRepoURL}, {m.Project, &next.Project}} {
		if f.given != nil {
			*f.into = *f.given
		}
	}
	next.Labels = labelsAfter(app.Labels, m.Labels)
	w.message.Application = app.Name
	w.message.Subject = "Change application " + app.Name
	w.result.Kind = &api.ActionResult_ApplyApplication{ApplyApplication: &api.ApplicationResult{Application: applicationProto(&next)}}
	if next.Team == app.Team && next.SourceRepoURL == app.SourceRepoURL && next.Project == app.Project && maps.Equal(next.Labels, app.Labels) {
		w.message.Subject = "Keep application " + app.Name
		return nil
	}
	content, err := manifestrepo.EncodeApplication(&next)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if app.HasFile() {
		w.write(path, content)
	} else {
		w.create(path, content)
	}
	w.happened(manifestrepo.Event{What: eventApplicationChanged, Application: app.Name})
	w.sayChange("team", app.Team, next.Team)
	w.sayChange("source repo", app.SourceRepoURL, next.SourceRepoURL)
	w.sayChange("project", app.Project, next.Project)
	for _, key := range sortedKeys(m.Labels) {
		w.sayChange("label "+key, app.Labels[key], next.Labels[key])
	}
	return nil
}

// sayChange tells of a setting that changed.
func (w *work) sayChange(what, before, after string) {
	switch {
	case before == after:
	case after == "":
		w.say("Its %s is gone (was %s)", what, before)
	case before == "":
		w.say("Its %s is %s", what, after)
	default:
		w.say("Its %s is %s (was %s)", what, after, before)
	}
}

// labelsAfter are an application's labels with some set and, where the value is empty, removed.
func labelsAfter(labels, set map[string]string) map[string]string {
	next := maps.Clone(labels)
	for key, value := range set {
		if next == nil {
			next = map[string]string{}
		}
		if value == "" {
			delete(next, key)
		} else {
			next[key] = value
		}
	}
	return next
}

// applicationProto is an application's settings as the API hands them out.
func applicationProto(app *manifestrepo.Application) *api.Application {
	out := &api.Application{
		Name: app.Name, Team: app.Team, SourceRepoUrl: app.SourceRepoURL, Project: app.Project, Labels: app.Labels, Releases: int32(len(app.Releases)),
	}
	if newest := app.Newest(); newest != nil {
		out.NewestVersion = newest.Version
	}
	return out
}
