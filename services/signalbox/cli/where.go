package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type whereOptions struct {
	*session
	commit string
}

func newWhere(s *session) *cobra.Command {
	return s.command(spec{
		use:     "where COMMIT",
		short:   "Show where a source commit is deployed: its own release, or a newer one",
		example: `  signalbox where 5f2c1a0`,
		args:    []arg{{}},
	}, &whereOptions{session: s})
}

func (o *whereOptions) complete(args []string) error {
	o.commit = args[0]
	return nil
}

func (o *whereOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	where, err := c.CommitDeployments(ctx, o.commit)
	if err != nil {
		return err
	}
	return o.show(where, func(p *printer) {
		if len(where.Applications) == 0 {
			p.line("no application has a release of commit %s", o.commit)
			return
		}
		p.head("application", "environment", "status")
		for _, app := range slices.Sorted(maps.Keys(where.Applications)) {
			environments := where.Applications[app].GetEnvironments()
			for _, env := range slices.Sorted(maps.Keys(environments)) {
				p.row(app, env, commitStatus(environments[env]))
			}
		}
	})
}

func commitStatus(status api.CommitDeploymentStatus) cell {
	word := strings.ToLower(status.String())
	switch status {
	case api.CommitDeploymentStatus_DEPLOYED:
		return cell{word, green}
	case api.CommitDeploymentStatus_PENDING:
		return cell{word, yellow}
	}
	return cell{word, faint}
}
