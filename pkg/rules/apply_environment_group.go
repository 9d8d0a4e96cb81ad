package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ApplyEnvironmentGroup: the settings of a group, environment-groups/<group>.json, are created or replaced. They hold for every environment of it.

const groupConfigField = "apply_environment_group.config"

func checkApplyEnvironmentGroup(m *api.ApplyEnvironmentGroup, _ *checking) error {
	if err := at("apply_environment_group.environment_group", manifestrepo.CheckEnvironment(m.EnvironmentGroup)); err != nil {
		return err
	}
	if m.Config == nil {
		return invalid(groupConfigField, "the config is missing").Because("the settings of a group are one JSON object").
			Fix(`send {"freezeWindows": [...], "releaseTrains": [...]}, or {} for none`)
	}
	_, err := settingsJSON(groupConfigField, groupFile(m.EnvironmentGroup), m.Config)
	return err
}

func groupFile(group string) string { return group + ".json" }

func decideApplyEnvironmentGroup(m *api.ApplyEnvironmentGroup, w *work) error {
	raw, err := settingsJSON(groupConfigField, groupFile(m.EnvironmentGroup), m.Config)
	if err != nil {
		return err
	}
	group := w.s.Group(m.EnvironmentGroup)
	if group == nil || len(group.Environments) == 0 {
		return problem.New(problem.NotFound, "there is no environment group %q", m.EnvironmentGroup).
			At("apply_environment_group.environment_group").Because("a group exists while an environment belongs to it").
			Fix("%s", didYouMean(m.EnvironmentGroup, groupNames(w.s), "create an environment first"))
	}
	config, err := manifestrepo.ParseGroupConfig(raw, group.Raw)
	if err != nil {
		return inSettings(groupConfigField, err)
	}
	content, err := groupSettingsFile(raw, group)
	if err != nil {
		return inSettings(groupConfigField, err)
	}
	isNew := group.Raw == nil
	w.result.Kind = &api.ActionResult_ApplyEnvironmentGroup{
		ApplyEnvironmentGroup: &api.GroupResult{EnvironmentGroup: group.Name, Created: isNew},
	}
	if !isNew && sameSettings(group.Raw, content) {
		w.message.Subject = "Keep the settings of group " + group.Name
		return nil
	}
	verb := "Change"
	if isNew {
		verb = "Create"
	}
	w.message.Subject = fmt.Sprintf("%s the settings of group %s", verb, group.Name)
	w.say("It is the group of %s.", listed(group.Environments))
	w.happened(manifestrepo.Event{What: eventGroupChanged, ID: group.Name})
	path := manifestrepo.GroupPath(group.Name)
	if isNew {
		w.create(path, content)
	} else {
		w.write(path, content)
	}
	return w.keepRecords("", group.Name, config.ReleaseTrains, group.Departures)
}

// groupSettingsFile is the file to write. Fields that the file in the repo has and Signalbox does not know are kept.
func groupSettingsFile(raw []byte, group *manifestrepo.Group) ([]byte, error) {
	if group.Raw == nil || group.Problem != "" {
		return manifestrepo.EncodeConfig(raw)
	}
	return settingsFile(raw, group.Raw, group.Config)
}
