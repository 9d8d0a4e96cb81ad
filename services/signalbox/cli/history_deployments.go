package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// deploymentFilter says which deployments, as flags.
type deploymentFilter struct {
	period
	in *api.ListDeploymentsRequest
}

func (d *deploymentFilter) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&d.in.Application, "application", "a", "", "only of this application")
	f.StringVarP(&d.in.Environment, "environment", "e", "", "only into this environment")
	f.StringVar(&d.in.Team, "team", "", "only of this team's applications")
	f.StringVar(&d.in.Author, "author", "", "part of the name or mail address of who deployed")
	f.StringVar(&d.in.CommitId, "commit-id", "", "only of this source commit; at least 7 digits")
	d.period.addFlags(cmd)
}

func (d *deploymentFilter) complete() (err error) {
	d.in.Since, d.in.Until, err = d.period.complete()
	return err
}

type historyDeploymentsOptions struct {
	*session
	deploymentFilter
	limit int
}

func newHistoryDeployments(s *session) *cobra.Command {
	o := &historyDeploymentsOptions{session: s, deploymentFilter: deploymentFilter{in: &api.ListDeploymentsRequest{}}}
	cmd := s.command(spec{
		use:   "deployments",
		short: "List deployments, newest first: who, what, where, when, why",
		example: `  signalbox history deployments --environment production-de --since 7d
  signalbox history deployments --application checkout --author koch`,
	}, o)
	o.addFlags(cmd)
	cmd.Flags().IntVar(&o.limit, "limit", 50, "at most this many")
	return cmd
}

func (o *historyDeploymentsOptions) complete([]string) error {
	if o.limit < 1 {
		return usagef("--limit %d: at least 1", o.limit)
	}
	return o.deploymentFilter.complete()
}

func (o *historyDeploymentsOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Deployments(ctx, o.in, o.limit)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Deployments) == 0 {
			p.line("nothing was deployed")
			return
		}
		p.head("time", "application", "environment", "from", "to", "by", "how", "commit", "why")
		for _, d := range list.Deployments {
			how := cell{d.Action, plain}
			if d.BrokeGlass {
				how = cell{d.Action + ", broke the glass", red}
			}
			p.row(timeText(d.Time), d.Application, d.Environment, versionText(d.PreviousVersion), versionText(d.Version), orDash(actorText(d.Author)), how,
				cell{short(d.Commit), faint}, d.Reason)
		}
		if list.NextPageToken != "" {
			p.line("there are more; --limit shows more, history export shows all")
		}
	})
}

type historyAtOptions struct {
	*session
	in *api.GetVersionsRequest
}

func newHistoryAt(s *session) *cobra.Command {
	o := &historyAtOptions{session: s, in: &api.GetVersionsRequest{}}
	cmd := s.command(spec{
		use:   "at ENVIRONMENT [TIME]",
		short: "Show what an environment ran at a time (default: now), since when, and by whom",
		example: `  signalbox history at production-de 2026-11-19T18:00:00Z
  signalbox history at production-de 24h --application checkout`,
		args: []arg{{kind: environmentName}, {optional: true}},
	}, o)
	cmd.Flags().StringVarP(&o.in.Application, "application", "a", "", "only this application")
	return cmd
}

func (o *historyAtOptions) complete(args []string) (err error) {
	o.in.Environment = args[0]
	at := time.Now()
	if len(args) > 1 {
		if at, err = parseTime("TIME", args[1], at); err != nil {
			return err
		}
	}
	o.in.At = timestamppb.New(at)
	return nil
}

func (o *historyAtOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	versions, err := c.Versions(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(versions, func(p *printer) {
		if versions.Commit == "" {
			p.line("there was no commit yet at %s", timeText(o.in.At))
			return
		}
		p.line("%s at %s, commit %s of %s", o.in.Environment, timeText(o.in.At), short(versions.Commit), timeText(versions.CommitTime))
		if len(versions.Deployments) == 0 {
			p.line("nothing ran")
			return
		}
		p.head("application", "version", "since", "by", "commit", "why")
		for _, d := range versions.Deployments {
			p.row(d.Application, versionText(d.Version), timeText(d.Time), orDash(actorText(d.Author)), cell{short(d.Commit), faint}, d.Reason)
		}
	})
}

type historyExportOptions struct {
	*session
	deploymentFilter
	format, file string
}

func newHistoryExport(s *session) *cobra.Command {
	o := &historyExportOptions{session: s, deploymentFilter: deploymentFilter{in: &api.ListDeploymentsRequest{}}}
	cmd := s.command(spec{
		use:   "export",
		short: "Write deployments as CSV or JSON lines, oldest first",
		long: `Writes all deployments that match. --output says nothing here, --format does. A --file is there whole or not at all; what goes to
standard output may break off, and then the exit code is 3.`,
		example: `  signalbox history export --format csv > deployments.csv
  signalbox history export --environment production-de --since 2026-11-01 --format jsonl --file november.jsonl`,
	}, o)
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.format, "format", "csv", "csv or jsonl")
	cmd.Flags().StringVar(&o.file, "file", "", "where to write (default: standard output)")
	return cmd
}

func (o *historyExportOptions) complete([]string) error {
	if o.format != "csv" && o.format != "jsonl" {
		return usagef("--format %q: choose csv or jsonl", o.format)
	}
	return o.deploymentFilter.complete()
}

func (o *historyExportOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	in := &api.ExportDeploymentsRequest{
		Application: o.in.Application, Environment: o.in.Environment, Team: o.in.Team, Author: o.in.Author, Since: o.in.Since, Until: o.in.Until,
		CommitId: o.in.CommitId, Format: o.format,
	}
	if o.file == "" {
		return c.Export(ctx, in, o.Out)
	}
	return writeWhole(o.file, func(w io.Writer) error { return c.Export(ctx, in, w) })
}

// writeWhole makes a file that is there with all its content or not at all.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return usagef("--file: %v", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
