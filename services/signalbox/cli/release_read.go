package cli

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// parseVersion reads a version on the command line; "newest" and "" are 0, which the API understands as the newest.
func parseVersion(text string) (uint64, error) {
	if text == "" || text == "newest" {
		return 0, nil
	}
	v, err := strconv.ParseUint(text, 10, 63)
	if err != nil || v == 0 {
		return 0, usagef("%q is not a version: give a number from 1, or newest", text)
	}
	return v, nil
}

type releaseShowOptions struct {
	*session
	application, environment string
	version                  uint64
	manifests                bool
}

func newReleaseShow(s *session) *cobra.Command {
	o := &releaseShowOptions{session: s}
	cmd := s.command(spec{
		use:   "show APPLICATION [VERSION]",
		short: "Show a release (default: the newest), or its manifests",
		example: `  signalbox release show checkout 12
  signalbox release show checkout --manifests --environment staging`,
		args: []arg{{kind: applicationName}, {optional: true}},
	}, o)
	cmd.Flags().BoolVar(&o.manifests, "manifests", false, "print the manifests as uploaded (secrets' data redacted)")
	cmd.Flags().StringVar(&o.environment, "environment", "", "with --manifests: only this environment's")
	return cmd
}

func (o *releaseShowOptions) complete(args []string) (err error) {
	o.application = args[0]
	if len(args) > 1 {
		o.version, err = parseVersion(args[1])
	}
	return err
}

func (o *releaseShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	if o.manifests {
		m, err := c.Manifests(ctx, o.application, o.version, o.environment)
		if err != nil {
			return err
		}
		return o.show(m, func(p *printer) { printManifests(p, m) })
	}
	r, err := c.Release(ctx, o.application, o.version)
	if err != nil {
		return err
	}
	return o.show(r, func(p *printer) { printReleaseFacts(p, r) })
}

func printManifests(p *printer, m *api.Manifests) {
	names := make([]string, 0, len(m.Manifests))
	for name := range m.Manifests {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if len(names) > 1 {
			p.line("# environment: %s", name)
		}
		p.put(strings.TrimSuffix(m.Manifests[name].Content, "\n") + "\n")
	}
}

func printReleaseFacts(p *printer, r *api.Release) {
	fact := func(name, value string) {
		if value != "" {
			p.row(name, value)
		}
	}
	fact("application", r.Application)
	version := versionText(r.Version)
	if r.DisplayVersion != "" {
		version += " (" + r.DisplayVersion + ")"
	}
	fact("version", version)
	fact("team", r.Team)
	fact("message", r.Message)
	fact("author", r.Author)
	fact("commit", r.CommitId)
	fact("created", timeText(r.CreatedAt)+" by "+actorText(r.CreatedBy))
	fact("ci link", r.CiLink)
	fact("manifests for", strings.Join(r.Environments, ", "))
	fact("runs in", strings.Join(r.DeployedTo, ", "))
	fact("remarks", strings.Join(remarks(r), ", "))
}

func remarks(r *api.Release) []string {
	var words []string
	for _, flag := range []struct {
		set  bool
		word string
	}{{r.Backfilled, "back-filled, never deployed automatically"}, {r.Prepublished, "prepublished"}, {r.Minor, "minor"}, {r.Undeploy, "undeploy"}} {
		if flag.set {
			words = append(words, flag.word)
		}
	}
	return words
}

type releaseDiffOptions struct {
	*session
	from, to string
	in       *api.DiffManifestsRequest
}

func newReleaseDiff(s *session) *cobra.Command {
	o := &releaseDiffOptions{session: s, in: &api.DiffManifestsRequest{}}
	cmd := s.command(spec{
		use:   "diff APPLICATION",
		short: "Compare manifests: of two releases, or of what two environments run",
		example: `  signalbox release diff checkout --environment staging               # what runs there with the newest release
  signalbox release diff checkout --environment staging --from 11 --to 12
  signalbox release diff checkout --environment staging --to-environment production-de`,
		args: []arg{{kind: applicationName}},
	}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Environment, "environment", "e", "", "whose manifest to compare (required)")
	f.StringVar(&o.from, "from", "", "version to start from (default: what the environment runs)")
	f.StringVar(&o.to, "to", "", "version to compare with (default: the newest)")
	f.StringVar(&o.in.ToEnvironment, "to-environment", "", "compare with what this environment runs, instead of --to")
	return cmd
}

func (o *releaseDiffOptions) complete(args []string) (err error) {
	o.in.Application = args[0]
	if o.in.Environment == "" {
		return usagef("--environment is missing: whose manifest shall be compared?")
	}
	if o.to != "" && o.in.ToEnvironment != "" {
		return usagef("--to and --to-environment exclude each other")
	}
	if o.in.FromVersion, err = parseVersion(o.from); err != nil {
		return err
	}
	o.in.ToVersion, err = parseVersion(o.to)
	return err
}

func (o *releaseDiffOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	d, err := c.Diff(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(d, func(p *printer) { printDiff(p, d) })
}

func printDiff(p *printer, d *api.ManifestDiff) {
	p.line("version %s -> %s: %d added, %d removed", versionText(d.FromVersion), versionText(d.ToVersion), d.Added, d.Removed)
	for _, r := range d.Releases {
		p.line("  %d  %s", r.Version, oneLine(r.Message))
	}
	printDiffText(p, d.Diff)
}

// diffLine prints one line of a unified diff in its colour.
func (p *printer) diffLine(text string) {
	how := plain
	switch {
	case strings.HasPrefix(text, "+"):
		how = green
	case strings.HasPrefix(text, "-"):
		how = red
	case strings.HasPrefix(text, "@@"):
		how = faint
	}
	if p.color && how != plain {
		p.line("\x1b[%sm%s\x1b[0m", how, oneLine(text))
		return
	}
	p.line("%s", oneLine(text))
}
