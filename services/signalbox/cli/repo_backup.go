package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// repoPlace says which manifest repo a local command works on: a remote, or the one in a data directory.
type repoPlace struct {
	serve.Repo
	dataDir string
}

func (r *repoPlace) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.dataDir, "data-dir", "", "data directory of a server that hosts the repo itself")
	addRepoFlags(cmd.Flags(), &r.Repo)
}

// complete checks that the flags name one repo, and makes it a URL.
func (r *repoPlace) complete() error {
	switch {
	case r.GitURL == "" && r.dataDir == "":
		return usagef("which repo? Give --git-url, or --data-dir of a server that hosts it")
	case r.GitURL != "" && r.dataDir != "":
		return usagef("--git-url and --data-dir exclude each other")
	case r.dataDir != "":
		path, err := filepath.Abs(serve.EmbeddedRepo(r.dataDir))
		if err != nil {
			return usagef("--data-dir: %v", err)
		}
		if _, err := os.Stat(filepath.Join(path, "HEAD")); err != nil {
			return usagef("--data-dir %s holds no manifest repo", r.dataDir)
		}
		r.GitURL = path
	}
	return nil
}

type repoBackupOptions struct {
	*session
	repoPlace
	to string
}

func newRepoBackup(s *session) *cobra.Command {
	o := &repoBackupOptions{session: s}
	cmd := s.command(spec{
		use:   "backup",
		short: "Copy a manifest repo with its release log; run again, it copies what is new",
		long: `Copies every ref of a manifest repo into a bare repo on this machine: main and the release log, which a plain clone lacks.
Run again, it copies what is new. The server may run meanwhile.`,
		example: `  signalbox repo backup --data-dir /var/lib/signalbox --to /backup/manifests.git`,
	}, o)
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "folder of the copy (required)")
	return cmd
}

func (o *repoBackupOptions) complete([]string) error {
	if o.to == "" {
		return usagef("--to is missing: where shall the copy go?")
	}
	return o.repoPlace.complete()
}

func (o *repoBackupOptions) run(ctx context.Context) error {
	copied, err := o.mirror(ctx, o.session, o.to)
	if err != nil {
		return err
	}
	o.say("copied %s to %s; main is at %s", count(copied.refs, "ref"), o.to, short(copied.main))
	return nil
}

// mirrored says what a copy holds.
type mirrored struct {
	refs int
	main string
}

// mirror copies every ref of the repo into a bare repo on this machine, or what is new there.
func (r *repoPlace) mirror(ctx context.Context, s *session, dir string) (m mirrored, err error) {
	source, err := r.Remote()
	if err != nil {
		return m, err
	}
	advertised, err := source.Refs(ctx)
	if err != nil {
		return m, unreachable(source.URL(), err)
	}
	branch := "refs/heads/" + r.Branch
	if _, ok := advertised[branch]; !ok {
		return m, problem.New(problem.NotFound, "%s has no branch %s", source.URL(), r.Branch).At("--git-branch").Fix("name the branch that says what should run")
	}
	refs := make([]string, 0, len(advertised))
	for ref := range advertised {
		if ref != "HEAD" && ref != branch {
			refs = append(refs, ref)
		}
	}
	sort.Strings(refs)
	over := s.waiting("copying " + source.URL())
	// main comes last: a copy that is cut off never names a log it does not hold.
	store, err := gitstore.Open(ctx, gitstore.Options{Dir: dir, Refs: append(refs, branch), Remote: source})
	over()
	if err != nil {
		return m, unreachable(source.URL(), err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return mirrored{refs: len(refs) + 1, main: store.Heads()[branch].String()}, nil
}

// unreachable sorts an error of asking a git server by whose fault it is.
func unreachable(server string, err error) error {
	if err == nil {
		return nil
	}
	if p := new(problem.Error); errors.As(err, &p) {
		return err
	}
	return &client.UnreachableError{Server: server, Err: fmt.Errorf("asking the manifest repo: %w", err)}
}
