package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type overviewOptions struct {
	*session
	in *api.GetOverviewRequest
}

func newOverview(s *session) *cobra.Command {
	o := &overviewOptions{session: s, in: &api.GetOverviewRequest{PageSize: 500}}
	cmd := s.command(spec{
		use:   "overview",
		short: "Show the matrix of applications and environments",
		long: `Shows which version of each application should run in each environment.

  12        version 12
  11 <12    version 11, and the environment before it runs 12
  11 (13)   version 11, and 13 waits behind a lock or a freeze
  11 [13]   version 11, and 13 awaits approval
  12 !      the application is locked; in a title, the whole environment
  12 ~      the application is frozen now; in a title, the whole environment
  12 =      on hold
  12 ?      the manifest in the repo was edited by hand`,
		example: `  signalbox overview --team payments --differs`,
	}, o)
	f := cmd.Flags()
	f.StringVar(&o.in.Search, "search", "", "part of the application's name")
	f.StringSliceVar(&o.in.Teams, "team", nil, "only these teams' applications")
	f.StringSliceVarP(&o.in.Environments, "environment", "e", nil, "only these environments")
	f.BoolVar(&o.in.DiffersFromUpstream, "differs", false, "only applications that differ from upstream somewhere")
	f.BoolVar(&o.in.Locked, "locked", false, "only locked applications")
	f.BoolVar(&o.in.Queued, "queued", false, "only applications with a queued version")
	f.BoolVar(&o.in.Frozen, "frozen", false, "only applications that are frozen now somewhere")
	f.BoolVar(&o.in.Held, "held", false, "only applications that are on hold somewhere")
	f.BoolVar(&o.in.PendingApproval, "pending-approval", false, "only applications with a version that awaits approval")
	return cmd
}

func (o *overviewOptions) complete([]string) error { return nil }

func (o *overviewOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	view, err := c.Overview(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(view, func(p *printer) { printOverview(p, view) })
}

func printOverview(p *printer, view *api.Overview) {
	titles := []string{"application", "team"}
	for _, e := range view.Environments {
		title := e.Name
		if len(e.Locks) > 0 {
			title += " !"
		}
		if frozenWhole(e) {
			title += " ~"
		}
		titles = append(titles, title)
	}
	p.head(titles...)
	for _, a := range view.Applications {
		row := []any{a.Name, a.Team}
		byEnv := map[string]*api.Deployment{}
		for _, d := range a.Deployments {
			byEnv[d.Environment] = d
		}
		for _, e := range view.Environments {
			row = append(row, deploymentCell(byEnv[e.Name], frozenWhole(e)))
		}
		p.row(row...)
	}
	p.line("%s; commit %s", count(view.Total, "application"), short(view.Commit))
}

// lockedAlone says that a lock holds this application, not the whole environment, which the column's title says.
func lockedAlone(d *api.Deployment) bool {
	return slices.ContainsFunc(d.Locks, func(l *api.Lock) bool {
		return l.Scope == api.LockScope_LOCK_SCOPE_APPLICATION || l.Scope == api.LockScope_LOCK_SCOPE_TEAM
	})
}

// frozenWhole says that a freeze concerns everybody in an environment; the column's title says so then.
func frozenWhole(e *api.Environment) bool {
	return slices.ContainsFunc(e.Freezes, func(f *api.Freeze) bool { return len(f.Teams)+len(f.Applications) == 0 })
}

// deploymentCell is one field of the matrix; the marks are explained in the command's help.
func deploymentCell(d *api.Deployment, allFrozen bool) cell {
	if d == nil {
		return cell{"-", faint}
	}
	c := cell{versionText(d.Version), plain}
	if d.UpstreamVersion > d.Version {
		c.text += fmt.Sprintf(" <%d", d.UpstreamVersion)
	}
	if d.QueuedVersion != 0 {
		c.text += fmt.Sprintf(" (%d)", d.QueuedVersion)
		c.style = yellow
	}
	if d.PendingVersion != 0 {
		c.text += fmt.Sprintf(" [%d]", d.PendingVersion)
		c.style = yellow
	}
	if lockedAlone(d) {
		c.text += " !"
		c.style = yellow
	}
	if d.Frozen && !allFrozen {
		c.text += " ~"
		c.style = yellow
	}
	if d.Hold {
		c.text += " ="
		c.style = yellow
	}
	if d.EditedByHand {
		c.text += " ?"
		c.style = red
	}
	return c
}
