package cli

import (
	"maps"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newAppSet(s *session) *cobra.Command {
	var (
		team, sourceRepo, project string
		labels, gone              []string
		cmd                       *cobra.Command
	)
	cmd = s.writing(spec{
		use:   "set APPLICATION",
		short: "Change the team, the labels and other settings of an application; what is not named stays",
		example: `  signalbox app set checkout --label tier=backend --label pci=yes
  signalbox app set checkout --team payments --remove-label pci`,
		args: []arg{{kind: applicationName}},
	}, func(args []string, req *api.ExecuteRequest) (err error) {
		m := &api.ApplyApplication{Application: args[0]}
		for _, setting := range []struct {
			flag, value string
			field       **string
		}{{"team", team, &m.Team}, {"source-repo-url", sourceRepo, &m.SourceRepoUrl}, {"project", project, &m.Project}} {
			if cmd.Flags().Changed(setting.flag) {
				*setting.field = &setting.value
			}
		}
		if m.Labels, err = labelsToSet(labels, gone); err != nil {
			return err
		}
		if m.Team == nil && m.SourceRepoUrl == nil && m.Project == nil && len(m.Labels) == 0 {
			return usagef("nothing is to change: give --team, --label, --remove-label, --source-repo-url or --project")
		}
		req.Kind = &api.ExecuteRequest_ApplyApplication{ApplyApplication: m}
		return nil
	})
	f := cmd.Flags()
	f.StringVar(&team, "team", "", "team that owns it; an empty one means none")
	f.StringVar(&sourceRepo, "source-repo-url", "", "address of the source repo")
	f.StringVar(&project, "project", "", "project it belongs to")
	f.StringArrayVarP(&labels, "label", "l", nil, "label to set, as KEY=VALUE; may be given several times")
	f.StringSliceVar(&gone, "remove-label", nil, "label to remove")
	return cmd
}

// labelsToSet are the labels as the API takes them: one without a value is removed.
func labelsToSet(pairs, gone []string) (map[string]string, error) {
	labels, err := labelPairs(pairs)
	if err != nil {
		return nil, err
	}
	removed := map[string]string{}
	for _, key := range gone {
		if labels[key] != "" {
			return nil, usagef("the label %s is both set and removed", key)
		}
		removed[key] = ""
	}
	maps.Copy(removed, labels)
	return removed, nil
}

// printSettings lists what is set.
func printSettings(p *printer, a *api.Application) {
	for _, setting := range []struct{ name, value string }{
		{"team", a.GetTeam()}, {"source repo", a.GetSourceRepoUrl()}, {"project", a.GetProject()}, {"labels", strings.Join(labelTexts(a.GetLabels()), ", ")},
	} {
		if setting.value != "" {
			p.row("  "+setting.name, setting.value)
		}
	}
}

func newAppUndeploy(s *session) *cobra.Command {
	prepare, atOnce := false, false
	cmd := s.writing(spec{
		use:   "undeploy APPLICATION",
		short: "Remove an application for good, in two steps or at once",
		long: `In two steps: --prepare makes a release without content. Rolled out like any other release it removes the application from one
environment after the other. Once it runs everywhere, undeploy without a flag removes the application with its releases.

In one step: --at-once removes it whatever runs, and demands a --reason.`,
		example: `  signalbox app undeploy checkout --prepare
  signalbox app undeploy checkout
  signalbox app undeploy checkout --at-once --reason "replaced by basket"`,
		args: []arg{{kind: applicationName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		switch {
		case prepare && atOnce:
			return usagef("--prepare and --at-once exclude each other")
		case prepare:
			req.Kind = &api.ExecuteRequest_PrepareUndeploy{PrepareUndeploy: &api.PrepareUndeploy{Application: args[0]}}
			return nil
		case atOnce && req.Reason == "":
			return usagef("--at-once demands a --reason: it stands in the history")
		}
		req.Kind = &api.ExecuteRequest_Undeploy{Undeploy: &api.Undeploy{Application: args[0], AtOnce: atOnce}}
		return nil
	})
	cmd.Flags().BoolVar(&prepare, "prepare", false, "make the release without content that removes it when it is rolled out")
	cmd.Flags().BoolVar(&atOnce, "at-once", false, "remove it in one step, whatever runs")
	return cmd
}

func newAppRemove(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "remove APPLICATION ENVIRONMENT",
		short:   "Remove an application from one environment: its deployment and its locks there; its releases stay",
		example: `  signalbox app remove checkout canary --reason "canary takes no carts"`,
		args:    []arg{{kind: applicationName}, {kind: environmentName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_RemoveFromEnvironment{RemoveFromEnvironment: &api.RemoveFromEnvironment{Application: args[0], Environment: args[1]}}
		return nil
	})
}

func newCleanUp(s *session) *cobra.Command {
	return s.writing(spec{
		use:   "cleanup [APPLICATION]",
		short: "Remove old releases that nothing names: of one application, or of all",
		long: `Removes releases that are further behind the oldest deployed version than the server keeps (--keep-window), and that no queue, request
for approval or release set names. The server does it by itself every --clean-up-interval; this does it now.`,
		example: `  signalbox cleanup --dry-run
  signalbox cleanup checkout`,
		args: []arg{{kind: applicationName, optional: true}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_CleanUp{CleanUp: &api.CleanUp{Application: strings.Join(args, "")}}
		return nil
	})
}
