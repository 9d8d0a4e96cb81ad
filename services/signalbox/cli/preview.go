package cli

import (
	"context"
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// preview asks what a command would do and prints it; with diffs also what comes with each change.
func (s *session) preview(ctx context.Context, in *api.GetPreviewRequest, diffs bool) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	over := s.waiting("waiting for the preview")
	preview, err := c.Preview(ctx, in)
	over()
	if err != nil {
		return err
	}
	return s.show(preview, func(p *printer) { printPreview(p, preview, diffs) })
}

func printPreview(p *printer, preview *api.Preview, diffs bool) {
	p.line("preview on commit %s, nothing was written: %s", short(preview.Commit), oneLine(preview.Subject))
	switch k := preview.GetResult().GetKind().(type) {
	case *api.ActionResult_RunTrain:
		printTrain(p, k.RunTrain)
	case *api.ActionResult_Deploy:
		printDeployments(p, []*api.DeployResult{k.Deploy}, "")
	}
	if diffs {
		for _, change := range preview.Changes {
			p.line("")
			printChange(p, change)
		}
	}
	if len(preview.NextTrains) > 0 {
		p.line("")
		p.line("what it changes for the next trains:")
		for _, effect := range preview.NextTrains {
			p.line("  %s", oneLine(effect.Text))
		}
	}
}

func printChange(p *printer, c *api.PreviewChange) {
	direction := ""
	if c.Backwards {
		direction = ", backwards"
	}
	p.line("%s in %s, %s -> %s%s: %d added, %d removed", c.Application, c.Environment, versionText(c.FromVersion), versionText(c.ToVersion),
		direction, c.Added, c.Removed)
	for _, r := range c.Releases {
		p.line("  %s", releaseLine(r))
	}
	if more := int(c.ReleasesTotal) - len(c.Releases); more > 0 {
		p.line("  ... and %s", count(more, "more release"))
	}
	printDiffText(p, c.Diff)
	if c.DiffCut {
		p.line("... the rest is left out; see it whole: signalbox release diff %s --environment %s --to %d", c.Application, c.Environment, c.ToVersion)
	}
}

// releaseLine is a release in a list of those that come along.
func releaseLine(r *api.Release) string {
	words := []string{fmt.Sprint(r.Version)}
	for _, word := range []string{r.DisplayVersion, short(r.CommitId), r.Author, r.Message} {
		if word != "" {
			words = append(words, word)
		}
	}
	return oneLine(strings.Join(words, "  "))
}

func printDiffText(p *printer, diff string) {
	for line := range strings.Lines(diff) {
		p.diffLine(strings.TrimRight(line, "\n"))
	}
}
