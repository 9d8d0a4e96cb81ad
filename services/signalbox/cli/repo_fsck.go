package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/fsck"
)

type repoFsckOptions struct {
	*session
	repoPlace
	objects, skipContents bool
}

func newRepoFsck(s *session) *cobra.Command {
	o := &repoFsckOptions{session: s}
	cmd := s.command(spec{
		use:   "fsck",
		short: "Recompute the state from git by other code than the server's, and compare",
		long: `Reads a manifest repo by code of its own, compares the outcome with what the server's reader makes of it, and checks what must hold
between the files. It writes nothing and may run beside a server. A remote is copied to a temporary folder first. Exit code 1 says that something is wrong.`,
		example: `  signalbox repo fsck --data-dir /var/lib/signalbox
  signalbox repo fsck --git-url https://git.example.com/shop/manifests.git --git-token-file token`,
	}, o)
	o.addFlags(cmd)
	o.addFsckFlags(cmd)
	return cmd
}

func (o *repoFsckOptions) addFsckFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.objects, "objects", false, "let git check every object, too")
	cmd.Flags().BoolVar(&o.skipContents, "skip-contents", false, "do not read every manifest to check its digest")
}

func (o *repoFsckOptions) complete([]string) error { return o.repoPlace.complete() }

func (o *repoFsckOptions) run(ctx context.Context) (err error) {
	dir := o.GitURL
	if _, statErr := os.Stat(filepath.Join(dir, "HEAD")); statErr != nil {
		if dir, err = os.MkdirTemp("", "signalbox-fsck-"); err != nil {
			return fmt.Errorf("a folder for the copy: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if _, err := o.mirror(ctx, o.session, dir); err != nil {
			return err
		}
	}
	return o.examine(ctx, dir)
}

// examine checks a bare repo on this machine and prints what it found.
func (o *repoFsckOptions) examine(ctx context.Context, dir string) error {
	over := o.waiting("examining " + dir)
	report, err := fsck.Check(ctx, fsck.Options{Dir: dir, Branch: o.Branch, Objects: o.objects, SkipContents: o.skipContents})
	over()
	if err != nil {
		return fmt.Errorf("examining %s: %w", dir, err)
	}
	if err := o.showReport(report); err != nil {
		return err
	}
	if !report.Clean() {
		return problem.New(problem.Conflict, "%s is not whole", dir).Because("the state is what git says").
			Fix("restore what is missing from a backup; the findings say where")
	}
	return nil
}

func (o *repoFsckOptions) showReport(report *fsck.Report) error {
	if o.output != outputTable {
		return o.writeAny(report)
	}
	p := o.printer()
	for _, f := range report.Findings {
		how := yellow
		if f.Severity == fsck.Error {
			how = red
		}
		p.row(cell{string(f.Severity), how}, f.Where, f.What)
	}
	p.line("%s, %s, %s and %s looked at; main %s, log %s", count(report.Releases, "release"), count(report.Deployments, "deployment"),
		count(report.Manifests, "manifest"), count(report.Commits, "commit"), short(report.Commit), short(report.LogHead))
	if report.Clean() {
		p.line("the state is what git says")
	}
	return p.flush()
}

// writeAny prints a value that is no message of the API as JSON or YAML.
func (s *session) writeAny(v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	m := &structpb.Struct{}
	if err := protojson.Unmarshal(content, m); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return s.write(m)
}

func newRepoVerify(s *session) *cobra.Command {
	o := &repoVerifyOptions{repoFsckOptions: repoFsckOptions{session: s, objects: true}}
	cmd := s.command(spec{
		use:     "verify FOLDER",
		short:   "Check that a backup is whole: every object, and the state that would be restored from it",
		example: `  signalbox repo verify /backup/manifests.git`,
		args:    []arg{{kind: fileName}},
	}, o)
	cmd.Flags().StringVar(&o.Branch, "git-branch", "main", "branch that says what should run")
	return cmd
}

type repoVerifyOptions struct {
	repoFsckOptions
	dir string
}

func (o *repoVerifyOptions) complete(args []string) error {
	o.dir = args[0]
	if _, err := os.Stat(filepath.Join(o.dir, "HEAD")); err != nil {
		return usagef("%s is no bare repo: give the folder that `signalbox repo backup --to` wrote", o.dir)
	}
	return nil
}

func (o *repoVerifyOptions) run(ctx context.Context) error { return o.examine(ctx, o.dir) }
