package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/services/signalbox/demo"
)

type demoOptions struct{ *session }

func newDemo(s *session) *cobra.Command {
	return s.command(spec{
		use:   "demo",
		short: "Post demo data to an empty server: a web shop with twelve applications",
	}, &demoOptions{s})
}

func (o *demoOptions) complete([]string) error { return nil }

func (o *demoOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	live := isTerminal(o.Err)
	posted := 0
	err = demo.Load(ctx, c, func(done, all int, subject string) {
		posted = done
		if live {
			_, _ = fmt.Fprintf(o.Err, "\r\x1b[K%d of %d  %s", done, all, cut(oneLine(subject), 60))
		} else if done%20 == 0 {
			_, _ = fmt.Fprintf(o.Err, "%d of %d\n", done, all)
		}
	})
	if live && posted > 0 {
		_, _ = fmt.Fprint(o.Err, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	o.say("posted %d commands; see them: signalbox overview", posted)
	return nil
}
