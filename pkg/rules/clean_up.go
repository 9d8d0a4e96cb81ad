package rules

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// CleanUp: old releases become history. What goes is what versionIsInKeepWindow would refuse if it came again.

// maxCleanUp is how many releases one command removes at most.
const maxCleanUp = 1000

func checkCleanUp(m *api.CleanUp, _ *checking) error {
	if m.Application == "" {
		return nil
	}
	return at("clean_up.application", manifestrepo.CheckApplication(m.Application))
}

func decideCleanUp(m *api.CleanUp, w *work) error {
	apps := w.s.Applications()
	if m.Application != "" {
		app, err := findApplication(w.s, "clean_up.application", m.Application)
		if err != nil {
			return err
		}
		apps = []*manifestrepo.Application{app}
		w.message.Application = app.Name
	}
	answer := &api.CleanUpResult{}
	w.result.Kind = &api.ActionResult_CleanUp{CleanUp: answer}
	if set := brokenReleaseSet(w.s); set != nil {
		// Nobody knows which releases it names.
		w.message.Subject = fmt.Sprintf("Clean up nothing: release set %s cannot be read", set.Name)
		return nil
	}
	named := w.namedReleases()
	removed := 0
	for _, app := range apps {
		old := w.oldReleases(app, named)
		if room := maxCleanUp - removed; len(old) > room {
			old, answer.More = old[:room], true
		}
		if len(old) == 0 {
			continue
		}
		if err := w.removeReleases(app, old); err != nil {
			return err
		}
		answer.Applications = append(answer.Applications, &api.CleanedApplication{Application: app.Name, Versions: old})
		removed += len(old)
	}
	w.message.Subject = cleanUpSubject(removed, answer.Applications)
	return nil
}

func cleanUpSubject(removed int, apps []*api.CleanedApplication) string {
	switch len(apps) {
	case 0:
		return "Clean up nothing: no release is old enough"
	case 1:
		return fmt.Sprintf("Clean up %s of %s", counted(removed, "release"), apps[0].Application)
	}
	return fmt.Sprintf("Clean up %s of %s", counted(removed, "release"), counted(len(apps), "application"))
}

func brokenReleaseSet(s *manifestrepo.Snapshot) *manifestrepo.ReleaseSet {
	for _, set := range s.ReleaseSets() {
		if set.Broken != "" {
			return set
		}
	}
	return nil
}

// namedReleases are those that a request for approval or a release set names.
func (w *work) namedReleases() map[ReleaseKey]bool {
	named := map[ReleaseKey]bool{}
	for _, env := range w.s.Environments() {
		for _, request := range env.Approvals {
			for _, change := range request.Changes {
				named[ReleaseKey{change.Application, change.Version}] = true
			}
		}
	}
	for _, set := range w.s.ReleaseSets() {
		for app, version := range set.Versions {
			named[ReleaseKey{app, version}] = true
		}
	}
	return named
}

// oldReleases lists what of an application can go, ascending. An application that runs nowhere keeps its newest release and as many before it
// as one that runs; where a deployment.json cannot be read, nobody knows what runs, and everything stays.
func (w *work) oldReleases(app *manifestrepo.Application, named map[ReleaseKey]bool) []uint64 {
	window := w.ctx.Policy.keepWindow()
	oldest := uint64(maxVersion) + 1
	if lowest := app.OldestDeployed(); lowest != 0 {
		oldest = lowest
	} else {
		window++
	}
	queued := map[uint64]bool{}
	for _, d := range app.Deployments {
		if d.Broken != "" {
			return nil
		}
		if d.Queued != nil {
			queued[d.Queued.Version] = true
		}
	}
	// From the newest down: once the window is full, the rest is old.
	between, first := 0, len(app.Releases)
	for ; first > 0 && between < window; first-- {
		if r := app.Releases[first-1]; r.Version < oldest && countsAgainstWindow(r) {
			between++
		}
	}
	var old []uint64
	for _, r := range app.Releases[:first] {
		if !queued[r.Version] && !named[ReleaseKey{app.Name, r.Version}] {
			old = append(old, r.Version)
		}
	}
	return old
}

// countsAgainstWindow: minor releases and announcements do not fill the keep window.
func countsAgainstWindow(r *manifestrepo.Release) bool { return !r.Minor && !r.Prepublished }

// removeReleases makes releases history.
func (w *work) removeReleases(app *manifestrepo.Application, versions []uint64) error {
	why := fmt.Sprintf("clean-up: more than %d behind the oldest deployed version", w.ctx.Policy.keepWindow())
	if app.OldestDeployed() == 0 {
		why = fmt.Sprintf("clean-up: more than %d behind the newest version", w.ctx.Policy.keepWindow())
	}
	for _, version := range versions {
		record, err := manifestrepo.NewRemovalRecord(app.Name, version, w.ctx.Actor, w.now, why)
		if err != nil {
			return fmt.Errorf("record the removal of %s %d: %w", app.Name, version, err)
		}
		w.records = append(w.records, record)
	}
	text := versionList(versions)
	w.happened(manifestrepo.Event{What: eventReleasesRemoved, Application: app.Name, Version: versions[len(versions)-1], ID: text})
	w.say("%s: %s", app.Name, text)
	return nil
}

// versionList writes ascending versions as 1-17, 19.
func versionList(versions []uint64) string {
	var parts []string
	for i := 0; i < len(versions); {
		end := i
		for end+1 < len(versions) && versions[end+1] == versions[end]+1 {
			end++
		}
		if end == i {
			parts = append(parts, fmt.Sprint(versions[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", versions[i], versions[end]))
		}
		i = end + 1
	}
	return strings.Join(parts, ", ")
}
