// Package fsck proves that the state Signalbox works with is what git holds. It reads the manifest repo by a code path of its own:
// plain git children, encoding/json, and the files of the release log instead of its trailers. Then it compares the outcome
// with the Snapshot that the one reader built, and checks what must hold between the files.
//
// It writes nothing and may run beside a service. It shares no parser with pkg/manifestrepo: a fault there shows here.
package fsck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Options say what to examine.
type Options struct {
	// Dir is a bare repository on disk: the embedded one, a mirror, or any clone made with --mirror.
	Dir string
	// Branch is main's name; default "main".
	Branch string
	// Snapshot is a running service's state to compare with. Nil means: build one from Dir with the one reader.
	Snapshot *manifestrepo.Snapshot
	// Objects runs `git fsck --full`, too.
	Objects bool
	// SkipContents leaves out reading every manifest to check its SHA-256.
	SkipContents bool
}

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	// Error: the repo breaks a promise, or the state differs from git.
	Error Severity = "error"
	// Warning: the repo is whole, and an operator may want to know.
	Warning Severity = "warning"
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Severity Severity
	// Where is a path, a ref or a commit.
	Where string
	What  string
}

// Report is what an examination found.
type Report struct {
	// Commit of main, and the log's head it names.
	Commit, LogHead string
	// Counts of what was looked at.
	Files, LogCommits, Releases, Deployments, Commits, Manifests int
	// Findings, errors first, then by place.
	Findings []Finding
}

// Clean reports that no finding is an error.
func (r *Report) Clean() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Error })
}

func (r *Report) add(s Severity, where, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{s, where, fmt.Sprintf(format, args...)})
}

// Check examines a repository. The error says that it could not be examined; what is wrong with it stands in the report.
func Check(ctx context.Context, o Options) (*Report, error) {
	if o.Branch == "" {
		o.Branch = "main"
	}
	g, err := openGit(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	report := &Report{}
	x := &examination{Options: o, git: g, report: report}
	err = x.run(ctx)
	if err = errors.Join(err, g.close()); err != nil {
		return nil, err
	}
	slices.SortStableFunc(report.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Where, b.Where))
	})
	return report, nil
}

type examination struct {
	Options
	git    *git
	report *Report
	main   string
	model  *model
}

func (x *examination) run(ctx context.Context) error {
	refs, err := x.git.refs(ctx)
	if err != nil {
		return err
	}
	branch := state.RefName(x.Branch)
	x.main = refs[branch]
	if x.main == "" {
		x.report.add(Error, branch, "the branch does not exist")
		return nil
	}
	if x.Snapshot != nil && !x.Snapshot.Commit().IsZero() {
		x.main = x.Snapshot.Commit().String()
	}
	x.report.Commit = x.main
	x.model = newModel()
	if err := x.readMain(ctx); err != nil {
		return err
	}
	if err := x.readLogs(ctx, refs); err != nil {
		return err
	}
	x.checkDeployments()
	if err := x.checkHistory(ctx); err != nil {
		return err
	}
	if err := x.checkContents(); err != nil {
		return err
	}
	if x.Objects {
		x.checkObjects(ctx)
	}
	return x.compare(ctx)
}

// compare holds the model against the reader's snapshot.
func (x *examination) compare(ctx context.Context) error {
	s := x.Snapshot
	if s == nil {
		built, err := x.build(ctx)
		if err != nil {
			return err
		}
		s = built
	}
	for _, p := range s.Problems() {
		x.report.add(Warning, p.Path, "it cannot be read: %s", p.Reason)
	}
	have, want := factsOf(s), x.model.facts()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		got, ok := have[key]
		switch {
		case x.unreadable(s, key):
		case !ok:
			x.report.add(Error, key, "git holds it, the state does not: %s", want[key])
		case got != want[key]:
			x.report.add(Error, key, "git says %s, the state says %s", want[key], got)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok && !x.unreadable(s, key) {
			x.report.add(Error, key, "the state holds it, git does not: %s", have[key])
		}
	}
	return nil
}

// unreadable reports a fact from a file that the snapshot or this package could not read; that is a finding of its own.
func (x *examination) unreadable(s *manifestrepo.Snapshot, key string) bool {
	path := x.model.paths[key]
	return path != "" && (s.ProblemAt(path) != "" || x.model.broken[path])
}

// build reads the snapshot with the one reader.
func (x *examination) build(ctx context.Context) (*manifestrepo.Snapshot, error) {
	refs := []string{state.RefName(x.Branch)}
	for _, l := range x.model.releases.logs() {
		refs = append(refs, l.Ref)
	}
	store, err := gitstore.Open(ctx, gitstore.Options{Dir: x.Dir, Refs: refs, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	repo, err := state.Open(ctx, store, x.Branch, nil)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if err := repo.Trusted(); err != nil {
		x.report.add(Error, state.RefName(x.Branch), "%s", err.Error())
	}
	return repo.View().Snapshot, store.Close()
}

// checkObjects lets git look at every object.
func (x *examination) checkObjects(ctx context.Context) {
	out, err := x.git.run(ctx, "fsck", "--full", "--strict", "--no-dangling")
	if err != nil {
		x.report.add(Error, "objects", "git fsck: %s", strings.TrimSpace(string(out)+" "+err.Error()))
	}
}
