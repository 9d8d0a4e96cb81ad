package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type historyOptions struct {
	*session
	since, until string
	limit        int
	in           *api.ListHistoryRequest
}

func newHistory(s *session) *cobra.Command {
	o := &historyOptions{session: s, in: &api.ListHistoryRequest{}}
	cmd := s.command(spec{
		use:   "history",
		short: "Show what happened, newest first",
		example: `  signalbox history --application checkout --since 7d
  signalbox history --environment production-de --author koch`,
	}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Application, "application", "a", "", "only this application")
	f.StringVarP(&o.in.Environment, "environment", "e", "", "only this environment")
	f.StringVar(&o.in.Author, "author", "", "part of the author's name or mail address")
	f.StringVar(&o.in.Action, "action", "", "only this kind: create-release, deploy, run-train, create-lock, ...")
	f.StringVar(&o.since, "since", "", "only what is newer: 24h, 7d, 2026-11-20 or RFC 3339")
	f.StringVar(&o.until, "until", "", "only what is older, in the same forms")
	f.IntVar(&o.limit, "limit", 50, "at most this many entries")
	return cmd
}

func (o *historyOptions) complete([]string) error {
	now := time.Now()
	for _, bound := range []struct {
		flag, text string
		field      **timestamppb.Timestamp
	}{{"since", o.since, &o.in.Since}, {"until", o.until, &o.in.Until}} {
		if bound.text == "" {
			continue
		}
		t, err := parseTime(bound.flag, bound.text, now)
		if err != nil {
			return err
		}
		*bound.field = timestamppb.New(t)
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
	})
}

func entryText(e *api.HistoryEntry) string {
	if e.Reason == "" {
		return e.Subject
	}
	return e.Subject + " (" + e.Reason + ")"
}
