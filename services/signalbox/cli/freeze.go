package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// stretch is a stretch of time as flags.
type stretch struct {
	days int32
	from string
}

func (s *stretch) addFlags(cmd *cobra.Command) {
	cmd.Flags().Int32Var(&s.days, "days", 14, "how many days to show, at most 366")
	cmd.Flags().StringVar(&s.from, "from", "", "where to begin: 2026-11-23, RFC 3339, or 2d, 1w from now (default: now)")
}

func (s *stretch) complete() (*timestamppb.Timestamp, error) {
	if s.days < 1 || s.days > 366 {
		return nil, usagef("--days %d: 1 to 366", s.days)
	}
	if s.from == "" {
		return nil, nil
	}
	from, err := parseAhead("--from", s.from, time.Now())
	if err != nil {
		return nil, err
	}
	return timestamppb.New(from), nil
}

func newFreeze(s *session) *cobra.Command {
	return group("freeze", "See freeze windows; they stand in config.json and in the settings of groups", newFreezeList(s))
}

type freezeListOptions struct {
	*session
	stretch
	in *api.ListFreezesRequest
}

func newFreezeList(s *session) *cobra.Command {
	o := &freezeListOptions{session: s, in: &api.ListFreezesRequest{}}
	cmd := s.command(spec{
		use:   "list",
		short: "Show what is frozen now, and the calendar of freeze windows",
		long: `Shows what is frozen now, and when freeze windows are open. While a deny window is open, what it concerns is frozen; where there are
allow windows, it is frozen while none of them is open.`,
		example: `  signalbox freeze list --environment production-de --days 30`,
	}, o)
	cmd.Flags().StringVarP(&o.in.Environment, "environment", "e", "", "only this environment's")
	o.addFlags(cmd)
	return cmd
}

func (o *freezeListOptions) complete([]string) (err error) {
	o.in.Days = o.days
	o.in.From, err = o.stretch.complete()
	return err
}

func (o *freezeListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Freezes(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) { printFreezes(p, list) })
}

func printFreezes(p *printer, list *api.Freezes) {
	if len(list.Now) == 0 {
		p.line("nothing is frozen now")
	} else {
		p.head("frozen now", "until", "whom", "window", "why")
		for _, f := range list.Now {
			p.row(cell{f.Environment, yellow}, endText(f.Until), whom(f.Teams, f.Applications), windowText(f.Window, f.Kind, f.EnvironmentGroup), f.Reason)
		}
	}
	p.line("")
	if len(list.Occurrences) == 0 {
		p.line("no window is open between %s and %s", timeText(list.From), timeText(list.Until))
		return
	}
	p.head("opens", "closes", "environment", "whom", "window", "why")
	for _, o := range list.Occurrences {
		if int(o.Window) >= len(list.Windows) || o.Window < 0 {
			continue
		}
		w := list.Windows[o.Window]
		p.row(startText(o.Start), endText(o.End), w.Environment, whom(w.Teams, w.Applications), windowText(w.Name, w.Kind, w.EnvironmentGroup), w.Reason)
	}
	if list.Cut {
		p.line("there are more; ask for fewer --days, or one --environment")
	}
}

// startText is when a window opens; one that opened long before has no start.
func startText(t *timestamppb.Timestamp) string {
	if t == nil {
		return "long open"
	}
	return timeText(t)
}

// endText is when a window closes; unset is further away than anybody plans.
func endText(t *timestamppb.Timestamp) string {
	if t == nil {
		return "no end in sight"
	}
	return timeText(t)
}

// untilText is endText in a sentence.
func untilText(t *timestamppb.Timestamp) string {
	if t == nil {
		return "with " + endText(t)
	}
	return "until " + endText(t)
}

// whom says whom a freeze window concerns: what is of one of the teams, and the applications.
func whom(teams, applications []string) string {
	var words []string
	if len(teams) > 0 {
		words = append(words, "team "+strings.Join(teams, ", "))
	}
	if len(applications) > 0 {
		words = append(words, strings.Join(applications, ", "))
	}
	if len(words) == 0 {
		return "everybody"
	}
	return strings.Join(words, " and ")
}

func windowText(name, kind, group string) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %s", kind, name))
	if group != "" {
		text += " (group " + group + ")"
	}
	return text
}
