package cli

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/importer"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

type repoImportOptions struct {
	*session
	serve.Repo
	dryRun, freshMain bool
	author            manifestrepo.Actor
}

func newRepoImport(s *session) *cobra.Command {
	o := &repoImportOptions{session: s}
	cmd := s.command(spec{
		use:   "import",
		short: "Convert a kuberpult 1.x manifest repo in place",
		long: `Converts a kuberpult 1.x manifest repo in place: its releases become commits of the release log, and one commit converts the branch. What
Argo CD reads means the same as before. Stop kuberpult first. An import that was cut off goes on when it is run again.`,
		example: `  signalbox repo import --git-url ssh://git@git.example.com/shop/manifests.git --git-branch main --dry-run`,
	}, o)
	addRepoFlags(cmd.Flags(), &o.Repo)
	f := cmd.Flags()
	f.BoolVar(&o.dryRun, "dry-run", false, "list what would change and what cannot be carried over; write nothing")
	f.BoolVar(&o.freshMain, "fresh-main", false, "start the branch on a fresh root, so that Argo CD no longer clones the old history, which is kept under another ref")
	f.StringVar(&o.ArgoCDRepoURL, "argocd-repo-url", "", "where Argo CD finds the manifest repo (default: --git-url)")
	return cmd
}

func (o *repoImportOptions) complete([]string) error {
	if o.GitURL == "" {
		return usagef("which repo? Give --git-url")
	}
	if o.ArgoCDRepoURL == "" {
		o.ArgoCDRepoURL = o.GitURL
	}
	if o.as != "" {
		who, err := mail.ParseAddress(o.as)
		if err != nil {
			return usagef(`--as %q: write it as "Name <mail>"`, o.as)
		}
		o.author = manifestrepo.Actor{Name: who.Name, Email: who.Address}
	}
	return nil
}

func (o *repoImportOptions) run(ctx context.Context) (err error) {
	source, err := o.Remote()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "signalbox-import-")
	if err != nil {
		return fmt.Errorf("a folder to work in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	branch := "refs/heads/" + o.Branch
	over := o.waiting("reading the repository")
	store, err := gitstore.Open(ctx, gitstore.Options{Dir: dir, Refs: importer.Refs(branch, o.LogRef), Remote: source})
	over()
	if err != nil {
		return unreachable(source.URL(), err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	report, err := importer.Import(ctx, importer.Options{
		Store: store, Branch: branch, LogRef: o.LogRef, DryRun: o.dryRun, FreshMain: o.freshMain,
		Renderer: argocd.NewRenderer(argocd.Settings{RepoURL: o.ArgoCDRepoURL, Branch: o.Branch}),
		Author:   o.author, CommitterEmail: serve.CommitterEmail, Now: time.Now, Progress: o.progress(),
	})
	if err != nil {
		return err
	}
	if o.output != outputTable {
		return o.writeAny(report)
	}
	_, err = report.WriteTo(o.Out)
	return err
}

// progress shows how far a long part is: a line that changes on a terminal, a line for each tenth elsewhere.
func (s *session) progress() func(what string, done, total int) {
	live := isTerminal(s.Err)
	return func(what string, done, total int) {
		switch {
		case live && done == total:
			_, _ = fmt.Fprint(s.Err, "\r\x1b[K")
		case live:
			_, _ = fmt.Fprintf(s.Err, "\r\x1b[K%s: %d of %d", what, done, total)
		case total >= 10 && done%(total/10) == 0:
			_, _ = fmt.Fprintf(s.Err, "%s: %d of %d\n", what, done, total)
		}
	}
}
