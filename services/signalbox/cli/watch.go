package cli

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"bytes"
	"encoding/json"
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type watchOptions struct {
	*session
	limit int
	in    *api.WatchRequest
}

func newWatch(s *session) *cobra.Command {
	o := &watchOptions{session: s, in: &api.WatchRequest{}}
	cmd := s.command(spec{
		use:   "watch",
		short: "Follow what happens, one line for each change",
		long: `Follows what happens from now on, one line for each commit. With --output json it prints every event of the stream as one line
of JSON, the snapshot first. A broken connection is taken up again where it broke. Ends with Ctrl-C.`,
		example: `  signalbox watch
  signalbox watch -o json | jq .changes`,
	}, o)
	cmd.Flags().IntVar(&o.limit, "limit", 0, "end after this many changes; 0 means never")
	cmd.Flags().Uint64Var(&o.in.ResumePosition, "resume-position", 0, "continue after this position")
	cmd.Flags().StringVar(&o.in.Instance, "instance", "", "the instance that gave --resume-position")
	return cmd
}

func (o *watchOptions) complete([]string) error {
	o.in.ChangesOnly = o.output == outputTable
	return nil
}

func (o *watchOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	seen := 0
	return c.Watch(ctx, o.in, func(e *api.WatchEvent) error {
		if err := o.print(e); err != nil {
			return err
		}
		if e.GetChanges() != nil {
			seen++
		}
		if o.limit > 0 && seen >= o.limit {
			stop()
		}
		return nil
	})
}

func (o *watchOptions) print(e *api.WatchEvent) error {
	if o.output == outputTable {
		for _, entry := range e.GetChanges().GetCommits() {
			line := fmt.Sprintf("%s  %s  %s\n", timeText(entry.Time), actorText(entry.Author), oneLine(entryText(entry)))
			if _, err := o.Out.Write([]byte(line)); err != nil {
				return err
			}
		}
		return nil
	}
	return o.printLine(e)
}

// printLine prints a message as one line of JSON; YAML has no such form, so it gets JSON, which is YAML.
func (o *watchOptions) printLine(m proto.Message) error {
	content, err := protojson.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing the event: %w", err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, content); err != nil {
		return fmt.Errorf("writing the event: %w", err)
	}
	line.WriteByte('\n')
	_, err = o.Out.Write(line.Bytes())
	return err
}
