package cli

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func newSet(s *session) *cobra.Command {
	cmd := group("set", "Name the versions that run together, compare and promote them",
		newSetCreate(s), newSetList(s), newSetShow(s), newSetCompare(s), newSetPromote(s), newSetDelete(s))
	cmd.Aliases = []string{"release-set", "release-sets", "sets"}
	return cmd
}

func newSetCreate(s *session) *cobra.Command {
	m := &api.CreateReleaseSet{}
	cmd := s.writing(spec{
		use:     "create NAME --environment ENVIRONMENT",
		short:   "Name the versions that an environment runs now",
		example: `  signalbox set create friday --environment staging --message "tested together"`,
		args:    []arg{{}},
	}, func(args []string, req *api.ExecuteRequest) error {
		if m.Environment == "" {
			return usagef("--environment is missing: whose versions?")
		}
		m.Name = args[0]
		req.Kind = &api.ExecuteRequest_CreateReleaseSet{CreateReleaseSet: m}
		return nil
	})
	f := cmd.Flags()
	f.StringVarP(&m.Environment, "environment", "e", "", "where they run together (required)")
	f.StringVar(&m.Message, "message", "", "what it is for")
	f.StringVar(&m.Team, "team", "", "only this team's applications")
	return cmd
}

func newSetDelete(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "delete NAME",
		short:   "Forget a release set; what runs stays",
		example: `  signalbox set delete friday`,
		args:    []arg{{kind: setName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_DeleteReleaseSet{DeleteReleaseSet: &api.DeleteReleaseSet{Name: args[0]}}
		return nil
	})
}

func newSetPromote(s *session) *cobra.Command {
	t, partial := trainFlags{message: &api.RunTrain{}}, false
	cmd := s.writing(spec{
		use:   "promote NAME TARGET",
		short: "Run a train that takes its versions from a release set, all or nothing",
		long: `Moves what a release set names into an environment, or into each environment of a group. It is refused unless every application that
is to move can go; --partial moves what can.`,
		example: `  signalbox set promote friday production --dry-run
  signalbox set promote friday production-de --partial --reason "checkout is locked on purpose"`,
		args: []arg{{kind: setName}, {kind: targetName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		t.source.ReleaseSet, t.message.Whole = args[0], !partial
		if err := t.complete(args[1]); err != nil {
			return err
		}
		req.Kind = &api.ExecuteRequest_RunTrain{RunTrain: t.message}
		return nil
	})
	promote := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return inWordsOfPromote(promote(cmd, args)) }
	t.addFilters(cmd)
	cmd.Flags().BoolVar(&partial, "partial", false, "move what can go, and leave the rest")
	return cmd
}

// inWordsOfPromote names the way out of all or nothing as this command has it.
func inWordsOfPromote(err error) error {
	var p *problem.Error
	if errors.As(err, &p) && p.Field == "whole" {
		return p.Fix("see to what holds them back, or give --partial and let the others move")
	}
	return err
}

type setListOptions struct{ *session }

func newSetList(s *session) *cobra.Command {
	return s.command(spec{use: "list", short: "List release sets, newest first", example: "  signalbox set list"}, &setListOptions{s})
}

func (o *setListOptions) complete([]string) error { return nil }

func (o *setListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.ReleaseSets(ctx)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.ReleaseSets) == 0 {
			p.line("no release sets")
			return
		}
		p.head("name", "environment", "applications", "created", "by", "message")
		for _, set := range list.ReleaseSets {
			message := cell{set.Message, plain}
			if set.Problem != "" {
				message = cell{set.Problem, red}
			}
			p.row(set.Name, orDash(set.Environment), set.Applications, timeText(set.CreatedAt), orDash(actorText(set.CreatedBy)), message)
		}
	})
}

type setShowOptions struct {
	*session
	name string
}

func newSetShow(s *session) *cobra.Command {
	return s.command(spec{
		use:     "show NAME",
		short:   "Show a release set with its versions",
		example: "  signalbox set show friday",
		args:    []arg{{kind: setName}},
	}, &setShowOptions{session: s})
}

func (o *setShowOptions) complete(args []string) error {
	o.name = args[0]
	return nil
}

func (o *setShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	set, err := c.ReleaseSet(ctx, o.name)
	if err != nil {
		return err
	}
	return o.show(set, func(p *printer) {
		p.line("%s, %s of %s, created %s by %s", set.Name, count(set.Applications, "application"), orDash(set.Environment), timeText(set.CreatedAt),
			orDash(actorText(set.CreatedBy)))
		if set.Message != "" {
			p.line("%s", oneLine(set.Message))
		}
		if set.Problem != "" {
			p.row("problem", cell{set.Problem, red})
		}
		p.head("application", "version")
		for _, app := range slices.Sorted(maps.Keys(set.Versions)) {
			p.row(app, set.Versions[app])
		}
	})
}

type setCompareOptions struct {
	*session
	from, to string
}

func newSetCompare(s *session) *cobra.Command {
	return s.command(spec{
		use:   "compare FROM TO",
		short: "Show where two release sets, or a set and an environment, differ",
		long:  "Each side is the name of a release set, or environment:NAME for what runs there now.",
		example: `  signalbox set compare friday monday
  signalbox set compare environment:production-de friday`,
		args: []arg{{kind: setOrEnvironment}, {kind: setOrEnvironment}},
	}, &setCompareOptions{session: s})
}

func (o *setCompareOptions) complete(args []string) error {
	o.from, o.to = args[0], args[1]
	return nil
}

func (o *setCompareOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	comparison, err := c.CompareReleaseSets(ctx, o.from, o.to)
	if err != nil {
		return err
	}
	return o.show(comparison, func(p *printer) {
		p.line("from %s to %s: %s, %d the same", o.from, o.to, differ(len(comparison.Differences)), comparison.Same)
		if len(comparison.Differences) > 0 {
			p.head("application", "from", "to")
			for _, d := range comparison.Differences {
				p.row(d.Application, versionText(d.FromVersion), versionText(d.ToVersion))
			}
		}
	})
}

func differ(n int) string {
	if n == 1 {
		return "1 application differs"
	}
	return count(n, "application") + " differ"
}
