package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// RenderEnvironment: what Argo CD reads of an environment is put back to what the state says. Whoever writes the commit compares the
// documents; here are the manifests that somebody edited by hand.

func checkRenderEnvironment(m *api.RenderEnvironment, _ *checking) error {
	return at("render_environment.environment", manifestrepo.CheckEnvironment(m.Environment))
}

func needsOfRenderEnvironment(m *api.RenderEnvironment, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	var needs []ReleaseKey
	for _, app := range s.Applications() {
		if d := app.Deployments[m.Environment]; d != nil && d.EditedByHand() {
			needs = append(needs, ReleaseKey{app.Name, d.Version})
		}
	}
	return needs
}

func decideRenderEnvironment(m *api.RenderEnvironment, w *work) error {
	env, err := findEnvironment(w.s, "render_environment.environment", m.Environment)
	if err != nil {
		return err
	}
	if err := environmentIsReadable("render_environment.environment", env); err != nil {
		return err
	}
	w.message.Environment = env.Name
	w.message.Subject = "Render environment " + env.Name
	answer := &api.RenderResult{Environment: env.Name}
	w.result.Kind = &api.ActionResult_RenderEnvironment{RenderEnvironment: answer}
	w.renderAnew(env.Name)
	w.happened(manifestrepo.Event{What: eventRendered, Environment: env.Name})
	for _, app := range w.s.Applications() {
		d := app.Deployments[env.Name]
		if d == nil || !d.EditedByHand() {
			continue
		}
		why, err := w.repair(app, d)
		switch {
		case err != nil:
			return err
		case why != "":
			w.say("%s stays as it was edited by hand: %s", app.Name, why)
		default:
			answer.Repaired = append(answer.Repaired, app.Name)
			w.say("%s: the manifest of release %d is back", app.Name, d.Version)
		}
	}
	return nil
}

// repair puts a manifest that was edited by hand back to what its release has, unless something holds the application or the release is
// gone: then it says why not.
func (w *work) repair(app *manifestrepo.Application, d *manifestrepo.Deployment) (why string, err error) {
	if h := w.heldIn(app, d.Environment, true); h.any() {
		return h.String(), nil
	}
	r := app.Release(d.Version)
	if r == nil || !r.HasEnvironment(d.Environment) {
		return fmt.Sprintf("release %d has no manifest for it any more", d.Version), nil
	}
	blob, err := w.manifestFor(app.Name, r, d.Environment)
	if err != nil {
		return "", err
	}
	w.happened(manifestrepo.Event{What: eventRendered, Application: app.Name, Environment: d.Environment, Version: d.Version})
	if d.FileBlob != blob {
		w.point(manifestrepo.ManifestPath(d.Environment, app.Name), blob)
	}
	if d.ManifestBlob == blob {
		return "", nil
	}
	next := *d
	next.ManifestBlob = blob
	return "", w.put(app.Name, &next, false)
}
