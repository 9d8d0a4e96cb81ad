package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func newEnvRender(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "render ENVIRONMENT",
		short:   "Write an environment's Argo CD documents anew, and put back manifests that were edited by hand",
		example: `  signalbox env render staging --dry-run`,
		args:    []arg{{kind: environmentName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_RenderEnvironment{RenderEnvironment: &api.RenderEnvironment{Environment: args[0]}}
		return nil
	})
}

func newEnvDelete(s *session) *cobra.Command {
	m := &api.DeleteEnvironment{}
	cmd := s.writing(spec{
		use:   "delete ENVIRONMENT",
		short: "Delete an environment with its config, locks, records and Argo CD documents",
		long: `Refused while something runs there, while it is locked, or while it is another environment's upstream; --force deletes it all the
same, and demands a --reason.`,
		example: `  signalbox env delete canary
  signalbox env delete canary --force --reason "the cluster is gone"`,
		args: []arg{{kind: environmentName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		if m.Force && req.Reason == "" {
			return usagef("--force demands a --reason: it stands in the history")
		}
		m.Environment = args[0]
		req.Kind = &api.ExecuteRequest_DeleteEnvironment{DeleteEnvironment: m}
		return nil
	})
	cmd.Flags().BoolVar(&m.Force, "force", false, "whatever runs there")
	return cmd
}

func newEnvGroup(s *session) *cobra.Command {
	return group("group", "List, show and apply environment groups", newEnvGroupList(s), newEnvGroupShow(s), newEnvGroupApply(s))
}

type envGroupListOptions struct{ *session }

func newEnvGroupList(s *session) *cobra.Command {
	return s.command(spec{
		use: "list", short: "List environment groups in chain order", example: "  signalbox env group list",
	}, &envGroupListOptions{s})
}

func (o *envGroupListOptions) complete([]string) error { return nil }

func (o *envGroupListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Environments(ctx)
	if err != nil {
		return err
	}
	return o.show(&api.ListEnvironmentsResponse{Groups: list.Groups}, func(p *printer) {
		p.head("group", "environments", "locks", "problem")
		for _, g := range list.Groups {
			p.row(g.Name, strings.Join(g.Environments, ", "), cell{lockIDs(g.Locks), yellow}, cell{g.Problem, red})
		}
	})
}

type envGroupShowOptions struct {
	*session
	name string
}

func newEnvGroupShow(s *session) *cobra.Command {
	return s.command(spec{
		use:     "show GROUP",
		short:   "Show an environment group and its settings",
		example: `  signalbox env group show production`,
		args:    []arg{{kind: groupName}},
	}, &envGroupShowOptions{session: s})
}

func (o *envGroupShowOptions) complete(args []string) error {
	o.name = args[0]
	return nil
}

func (o *envGroupShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Environments(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list.Groups, func(g *api.EnvironmentGroup) bool { return g.Name == o.name })
	if at < 0 {
		return problem.New(problem.NotFound, "there is no environment group %q", o.name).
			Fix("there is: %s", strings.Join(environmentNames(list, groupName), ", "))
	}
	g := list.Groups[at]
	return o.show(g, func(p *printer) {
		p.row("group", g.Name)
		p.row("environments", strings.Join(g.Environments, ", "))
		for _, l := range g.Locks {
			p.row("lock", cell{lockLine(l), yellow})
		}
		if g.Problem != "" {
			p.row("problem", cell{g.Problem, red})
		}
		if g.Config == nil {
			p.line("no settings")
			return
		}
		p.line("settings:")
		p.line("%s", configText(g.Config))
	})
}

func newEnvGroupApply(s *session) *cobra.Command {
	m, file := &api.ApplyEnvironmentGroup{}, ""
	cmd := s.writing(spec{
		use:     "apply GROUP --config FILE",
		short:   "Create or replace the settings of an environment group: freeze windows and trains",
		example: `  signalbox env group apply production --config production.json`,
		args:    []arg{{kind: groupName}},
	}, func(args []string, req *api.ExecuteRequest) (err error) {
		m.EnvironmentGroup = args[0]
		if m.Config, err = s.settings(file); err != nil {
			return err
		}
		req.Kind = &api.ExecuteRequest_ApplyEnvironmentGroup{ApplyEnvironmentGroup: m}
		return nil
	})
	cmd.Flags().StringVar(&file, "config", "", "settings, as JSON or YAML; - reads standard input (required)")
	return cmd
}
