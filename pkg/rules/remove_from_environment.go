package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// RemoveFromEnvironment: an application leaves one environment; its releases stay.

func checkRemoveFromEnvironment(m *api.RemoveFromEnvironment, _ *checking) error {
	return firstOf(
		at("remove_from_environment.application", manifestrepo.CheckApplication(m.Application)),
		at("remove_from_environment.environment", manifestrepo.CheckEnvironment(m.Environment)),
	)
}

func decideRemoveFromEnvironment(m *api.RemoveFromEnvironment, w *work) error {
	app, err := findRemovable(w.s, "remove_from_environment.application", m.Application)
	if err != nil {
		return err
	}
	if app.Deployments[m.Environment] == nil { // one that lost its config.json may still hold deployments
		if _, err := findEnvironment(w.s, "remove_from_environment.environment", m.Environment); err != nil {
			return err
		}
	}
	if h := w.heldIn(app, m.Environment, false); h.any() && (app.Deployments[m.Environment] != nil || len(app.Locks[m.Environment]) > 0) {
		return removalRefused("remove_from_environment.environment", app.Name+" cannot be removed", []heldIn{h})
	}
	w.message.Application, w.message.Environment = app.Name, m.Environment
	answer := &api.RemovalResult{Application: app.Name, Environment: m.Environment}
	w.result.Kind = &api.ActionResult_RemoveFromEnvironment{RemoveFromEnvironment: answer}
	if err := (removing{w, answer}).application(app, m.Environment); err != nil {
		return err
	}
	w.message.Subject = fmt.Sprintf("Remove %s from %s", app.Name, m.Environment)
	if len(w.edits.list) == 0 {
		w.message.Subject = fmt.Sprintf("Keep %s out of %s", app.Name, m.Environment)
	}
	return nil
}
