package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// period is a stretch of the past as flags.
type period struct{ since, until string }

func (p *period) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.since, "since", "", "only what is newer: 24h, 7d, 2026-11-20 or RFC 3339")
	cmd.Flags().StringVar(&p.until, "until", "", "only what is older, in the same forms")
}

// complete gives both ends; nil is open.
func (p *period) complete() (since, until *timestamppb.Timestamp, err error) {
	now := time.Now()
	read := func(flag, text string) *timestamppb.Timestamp {
		if text == "" || err != nil {
			return nil
		}
		var t time.Time
		t, err = parseTime(flag, text, now)
		return timestamppb.New(t)
	}
	since, until = read("--since", p.since), read("--until", p.until)
	return since, until, err
}

type historyOptions struct {
	*session
	period
	limit int
	in    *api.ListHistoryRequest
}

func newHistory(s *session) *cobra.Command {
	o := &historyOptions{session: s, in: &api.ListHistoryRequest{}}
	cmd := s.command(spec{
		use:   "history",
		short: "Show what happened, newest first; deployments, and what ran when",
		example: `  signalbox history --application checkout --since 7d
  signalbox history --environment production-de --author koch`,
	}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Application, "application", "a", "", "only this application")
	f.StringVarP(&o.in.Environment, "environment", "e", "", "only this environment")
	f.StringVar(&o.in.Author, "author", "", "part of the author's name or mail address")
	f.StringVar(&o.in.Action, "action", "", "only this kind: create-release, deploy, run-train, create-lock, ...")
	o.addFlags(cmd)
	f.IntVar(&o.limit, "limit", 50, "at most this many entries")
	cmd.AddCommand(newHistoryDeployments(s), newHistoryAt(s), newHistoryExport(s))
	return cmd
}

func (o *historyOptions) complete([]string) (err error) {
	if o.in.Since, o.in.Until, err = o.period.complete(); err != nil {
		return err
	}
	if o.limit < 1 {
		return usagef("--limit %d: at least 1", o.limit)
	}
	return nil
}

func (o *historyOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.History(ctx, o.in, o.limit)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Entries) == 0 {
			p.line("nothing happened")
			return
		}
		p.head("commit", "time", "author", "what")
		for _, e := range list.Entries {
			p.row(cell{short(e.Commit), faint}, timeText(e.Time), actorText(e.Author), entryText(e))
		}
		if list.NextPageToken != "" {
			p.line("there are more; --limit shows more")
		}
	})
}

func entryText(e *api.HistoryEntry) string {
	if e.Reason == "" {
		return e.Subject
	}
	return e.Subject + " (" + e.Reason + ")"
}
