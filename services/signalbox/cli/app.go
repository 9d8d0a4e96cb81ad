package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newApp(s *session) *cobra.Command {
	cmd := group("app", "List, show, set up and end applications",
		newAppList(s), newAppShow(s), newAppSet(s), newAppUndeploy(s), newAppRemove(s))
	cmd.Aliases = []string{"application", "applications"}
	return cmd
}

type appListOptions struct {
	*session
	in *api.ListApplicationsRequest
}

func newAppList(s *session) *cobra.Command {
	o := &appListOptions{session: s, in: &api.ListApplicationsRequest{PageSize: 500}}
	cmd := s.command(spec{use: "list", short: "List applications", example: "  signalbox app list --team payments"}, o)
	cmd.Flags().StringVar(&o.in.Search, "search", "", "part of the name")
	cmd.Flags().StringVar(&o.in.Team, "team", "", "only this team's")
	return cmd
}

func (o *appListOptions) complete([]string) error { return nil }

func (o *appListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Applications(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Applications) == 0 {
			p.line("no applications")
			return
		}
		p.head("application", "team", "newest", "releases", "message")
		for _, a := range list.Applications {
			p.row(a.Name, a.Team, versionText(a.NewestVersion), a.Releases, a.GetNewestRelease().GetMessage())
		}
	})
}

type appShowOptions struct {
	*session
	name  string
	limit int32
}

func newAppShow(s *session) *cobra.Command {
	o := &appShowOptions{session: s}
	cmd := s.command(spec{
		use:     "show APPLICATION",
		short:   "Show what runs where, and the newest releases",
		example: "  signalbox app show checkout",
		args:    []arg{{kind: applicationName}},
	}, o)
	cmd.Flags().Int32Var(&o.limit, "limit", 10, "how many releases to list")
	return cmd
}

func (o *appShowOptions) complete(args []string) error {
	o.name = args[0]
	return nil
}

func (o *appShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	a, err := c.Application(ctx, o.name)
	if err != nil {
		return err
	}
	if o.output != outputTable {
		return o.write(a)
	}
	releases, err := c.Releases(ctx, o.name, o.limit)
	if err != nil {
		return err
	}
	return o.show(a, func(p *printer) { printApplication(p, a, releases) })
}

func printApplication(p *printer, a *api.Application, releases *api.ListReleasesResponse) {
	p.line("%s, team %s, %s", a.Name, orDash(a.Team), count(a.Releases, "release"))
	if len(a.Labels) > 0 {
		p.line("labels: %s", strings.Join(labelTexts(a.Labels), ", "))
	}
	p.line("")
	p.head("environment", "version", "behind", "deployed", "by", "remarks")
	for _, d := range a.Deployments {
		p.row(d.Environment, versionText(d.Version), d.Behind, timeText(d.DeployedAt), orDash(actorText(d.DeployedBy)), cell{deploymentRemarks(d), yellow})
	}
	p.line("")
	p.head("version", "created", "runs in", "author", "message")
	for _, r := range releases.Releases {
		version := versionText(r.Version)
		if r.DisplayVersion != "" {
			version += " " + r.DisplayVersion
		}
		p.row(version, timeText(r.CreatedAt), orDash(strings.Join(r.DeployedTo, ", ")), orDash(r.Author), r.Message)
	}
}

// deploymentRemarks says what is special about a deployment.
func deploymentRemarks(d *api.Deployment) string {
	var words []string
	if d.QueuedVersion != 0 {
		words = append(words, fmt.Sprintf("%d waits: %s", d.QueuedVersion, d.QueuedBecause))
	}
	if len(d.Locks) > 0 {
		words = append(words, "locked: "+lockIDs(d.Locks))
	}
	if d.Frozen {
		words = append(words, "frozen: "+d.FrozenBecause)
	}
	if d.PendingVersion != 0 {
		words = append(words, fmt.Sprintf("%d awaits approval: request %s", d.PendingVersion, d.ApprovalId))
	}
	if d.Hold {
		words = append(words, "on hold: "+d.HoldReason)
	}
	if d.EditedByHand {
		words = append(words, "edited by hand")
	}
	return strings.Join(words, "; ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
