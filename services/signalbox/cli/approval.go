package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newApproval(s *session) *cobra.Command {
	cmd := group("approval", "See, approve and reject what waits for approval", newApprovalList(s), newApprovalApprove(s), newApprovalReject(s))
	cmd.Aliases = []string{"approvals"}
	return cmd
}

type approvalListOptions struct {
	*session
	in *api.ListApprovalsRequest
}

func newApprovalList(s *session) *cobra.Command {
	o := &approvalListOptions{session: s, in: &api.ListApprovalsRequest{PageSize: 500}}
	cmd := s.command(spec{
		use:     "list",
		short:   "List what waits for approval, oldest first: who asked, for what, and who may approve",
		example: `  signalbox approval list --environment production-de`,
	}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Environment, "environment", "e", "", "only into this environment")
	f.StringVarP(&o.in.Application, "application", "a", "", "only requests with this application")
	f.StringVar(&o.in.Team, "team", "", "only requests with this team's applications")
	return cmd
}

func (o *approvalListOptions) complete([]string) error { return nil }

func (o *approvalListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Approvals(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Approvals) == 0 {
			p.line("nothing waits for approval")
			return
		}
		for i, a := range list.Approvals {
			if i > 0 {
				p.line("")
			}
			printApproval(p, a)
		}
	})
}

// maxChangesShown is how many changes of one request are listed for people; -o json has all.
const maxChangesShown = 20

func printApproval(p *printer, a *api.Approval) {
	p.line("%s %s: asked for by %s at %s (%s), ends %s", a.Environment, a.Id, orDash(actorText(a.CreatedBy)), timeText(a.CreatedAt), a.Action,
		timeText(a.ExpiresAt))
	p.line("  may approve: %s", approversText(a))
	if a.Reason != "" {
		p.line("  reason: %s", oneLine(a.Reason))
	}
	if a.Problem != "" {
		p.row("  problem:", cell{a.Problem + "; it can only be rejected", red})
	}
	p.head("  application", "from", "to")
	for _, c := range a.Changes[:min(len(a.Changes), maxChangesShown)] {
		to := versionText(c.Version)
		if c.DisplayVersion != "" {
			to += " " + c.DisplayVersion
		}
		p.row("  "+c.Application, versionText(c.FromVersion), to)
	}
	if more := len(a.Changes) - maxChangesShown; more > 0 {
		p.line("  ... and %d more; --output json lists all", more)
	}
}

func approversText(a *api.Approval) string {
	text := "everybody"
	if len(a.Approvers) > 0 {
		text = strings.Join(a.Approvers, ", ")
	}
	if a.NotAuthor {
		text += fmt.Sprintf("; neither %s nor who wrote a release in it", orDash(actorText(a.CreatedBy)))
	}
	return text
}

func newApprovalApprove(s *session) *cobra.Command {
	m := &api.Approve{}
	cmd := s.writing(spec{
		use:   "approve ENVIRONMENT ID",
		short: "Agree to a request: what it asks for is deployed",
		long: `Deploys what a request asks for. An application that runs another version by now than when it was asked for is left alone, and what a
lock or a freeze holds back is queued.`,
		example: `  signalbox approval approve production-de 20261120-090312 --comment "tested on staging"`,
		args:    []arg{{kind: environmentName}, {kind: approvalID}},
	}, func(args []string, req *api.ExecuteRequest) error {
		m.Environment, m.Id = args[0], args[1]
		req.Kind = &api.ExecuteRequest_Approve{Approve: m}
		return nil
	})
	cmd.Flags().StringVar(&m.Comment, "comment", "", "what you want to say about it; stands in the history")
	return cmd
}

func newApprovalReject(s *session) *cobra.Command {
	m := &api.Reject{}
	cmd := s.writing(spec{
		use:     "reject ENVIRONMENT ID --comment WHY",
		short:   "End a request; nothing is deployed",
		example: `  signalbox approval reject production-de 20261120-090312 --comment "13 loses carts"`,
		args:    []arg{{kind: environmentName}, {kind: approvalID}},
	}, func(args []string, req *api.ExecuteRequest) error {
		if strings.TrimSpace(m.Comment) == "" {
			return usagef("--comment is missing: whoever asked learns why not")
		}
		m.Environment, m.Id = args[0], args[1]
		req.Kind = &api.ExecuteRequest_Reject{Reject: m}
		return nil
	})
	cmd.Flags().StringVar(&m.Comment, "comment", "", "why not (required)")
	return cmd
}
