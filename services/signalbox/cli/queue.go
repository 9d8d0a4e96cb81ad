package cli

import (
	"context"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newQueue(s *session) *cobra.Command {
	return group("queue", "See and release what waits behind locks and freezes", newQueueList(s), newQueueRelease(s))
}

type queueListOptions struct {
	*session
	in *api.ListQueueRequest
}

func newQueueList(s *session) *cobra.Command {
	o := &queueListOptions{session: s, in: &api.ListQueueRequest{PageSize: 500}}
	cmd := s.command(spec{
		use:     "list",
		short:   "List what waits, since when, behind what, and whether it would go now",
		example: `  signalbox queue list --environment production-de`,
	}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Application, "application", "a", "", "only this application")
	f.StringVarP(&o.in.Environment, "environment", "e", "", "only this environment")
	f.StringVar(&o.in.Team, "team", "", "only this team's applications")
	return cmd
}

func (o *queueListOptions) complete([]string) error { return nil }

func (o *queueListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Queue(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Queued) == 0 {
			p.line("nothing waits")
			return
		}
		p.head("environment", "application", "waits", "runs", "since", "asked by", "because", "now")
		for _, q := range list.Queued {
			p.row(q.Environment, q.Application, cell{versionText(q.Version), yellow}, versionText(q.RunningVersion), timeText(q.QueuedAt),
				orDash(actorText(q.QueuedBy)), q.Because, queueNow(q))
		}
	})
}

// queueNow says what keeps a queued version now, and what it takes to let it go.
func queueNow(q *api.QueuedVersion) cell {
	switch {
	case q.HeldByNow == "":
		return cell{"nothing holds it: queue release deploys it", green}
	case q.GoesAt.IsValid():
		return cell{"goes by itself at " + timeText(q.GoesAt), plain}
	case q.HeldByNow == q.Because:
		return cell{"still held", yellow}
	}
	return cell{"held by " + q.HeldByNow, yellow}
}

func newQueueRelease(s *session) *cobra.Command {
	m, all := &api.ReleaseQueue{}, false
	cmd := s.writing(spec{
		use:   "release --application NAME | --team NAME | --environment NAME | --all",
		short: "Deploy what waits and nothing holds back any more",
		long:  "Deploys queued versions. What is still held goes on waiting, for what holds it now.",
		example: `  signalbox queue release --application checkout
  signalbox queue release --team payments --environment production-de
  signalbox queue release --all --dry-run`,
	}, func(_ []string, req *api.ExecuteRequest) error {
		named := m.Application+m.Team+m.Environment != ""
		if named == all {
			return usagef("release what? Give --application, --team or --environment (together they narrow it down), or --all")
		}
		req.Kind = &api.ExecuteRequest_ReleaseQueue{ReleaseQueue: m}
		return nil
	})
	f := cmd.Flags()
	f.StringVarP(&m.Application, "application", "a", "", "of this application")
	f.StringVarP(&m.Environment, "environment", "e", "", "in this environment")
	f.StringVar(&m.Team, "team", "", "of this team")
	f.BoolVar(&all, "all", false, "everything that waits")
	return cmd
}
