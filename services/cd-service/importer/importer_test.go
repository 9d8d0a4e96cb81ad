package importer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/fsck"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

func (b *bed) mustImport(o Options) Report {
	b.t.Helper()
	r, err := Import(context.Background(), o)
	if err != nil {
		b.t.Fatalf("import: %v", err)
	}
	return r
}

// snapshot is the converted repo as the service reads it, after fsck has proved it by other code.
func (b *bed) snapshot() *manifestrepo.Snapshot {
	b.t.Helper()
	ctx := context.Background()
	repo, err := state.Open(ctx, b.open(), branch, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := repo.Trusted(); err != nil {
		b.t.Fatalf("the converted repo is not trusted: %v", err)
	}
	report, err := fsck.Check(ctx, fsck.Options{Dir: b.remote, Branch: "main", Snapshot: repo.View().Snapshot, Objects: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Severity == fsck.Error {
			b.t.Errorf("fsck: %s: %s", f.Where, f.What)
		}
	}
	b.git("fsck", "--full", "--strict")
	return repo.View().Snapshot
}

func TestAKuberpultRepoBecomesOurs(t *testing.T) {
	b := newBed(t, shop())
	before := b.git("rev-parse", "main")
	report := b.mustImport(b.options())
	s := b.snapshot()

	if parent := b.git("rev-parse", "main^"); parent != before || report.Source != before || report.Main != b.git("rev-parse", "main") {
		t.Errorf("history does not go on: parent %s, report %+v", parent, report)
	}
	if who := b.git("log", "-1", "--format=%an <%ae> %cn", "main"); who != "Operator <op@example.com> Signalbox" {
		t.Errorf("the commit is of %s", who)
	}
	want := Report{Environments: 3, Applications: 3, Releases: 7, Deployments: 4, Queued: 1, Locks: 3}
	got := Report{Environments: report.Environments, Applications: report.Applications, Releases: report.Releases, Deployments: report.Deployments, Queued: report.Queued, Locks: report.Locks}
	if !reflect.DeepEqual(got, want) || len(report.NotCarried) != 0 {
		t.Errorf("counts %+v, want %+v; not carried over: %v", got, want, report.NotCarried)
	}
	checkReleases(t, s)
	checkDeployments(t, b, s)
	checkLocks(t, s)
}

func checkReleases(t *testing.T, s *manifestrepo.Snapshot) {
	t.Helper()
	checkout := s.Application("checkout")
	if checkout.Team != "payments" || len(checkout.Releases) != 3 || s.Application("cart").SourceRepoURL != "https://git.example.com/shop/cart" {
		t.Fatalf("checkout is %+v", checkout)
	}
	r := checkout.Release(3)
	if r.DisplayVersion != "2.15.0" || r.Message != "third" || r.Author != "Rosa Stein <rs@example.com>" || r.CommitID != "5f2c1a09d3000000000000000000000000000003" ||
		r.CreatedBy.Name != "CI" || r.CreatedAt.Format("2006-01-02T15:04:05Z") != "2024-02-16T10:00:00Z" {
		t.Errorf("release 3 is %+v", r)
	}
	if m := checkout.Release(2).Message; m != "second\n\nSignalbox-Record: removed" {
		t.Errorf("the message of release 2 is %q", m)
	}
	cart := s.Application("cart")
	if !cart.Release(5).Backfilled || cart.Release(7).Backfilled || !s.Application("old").Release(2).Undeploy {
		t.Error("flags are wrong")
	}
}

func checkDeployments(t *testing.T, b *bed, s *manifestrepo.Snapshot) {
	t.Helper()
	staging := s.Deployment("staging", "checkout")
	if staging.Version != 2 || staging.Queued == nil || staging.Queued.Version != 3 || staging.EditedByHand() || staging.DeployedBy.Name != "Anna Koch" ||
		staging.DeployedAt.Format("2006-01-02T15:04:05Z") != "2024-02-15T10:11:12Z" {
		t.Errorf("the deployment in staging is %+v", staging)
	}
	if d := s.Deployment("development", "cart"); d.Version != 7 || !d.EditedByHand() {
		t.Errorf("the manifest edited by hand is %+v", d)
	}
	// Nothing that Argo CD syncs, and nothing an operator wrote, has moved by a byte.
	for _, path := range []string{
		"environments/development/config.json", "environments/staging/config.json", "environments/production/config.json", "README.md", "scripts/check", "applications/checkout/OWNERS",
		manifestrepo.ManifestPath("development", "checkout"), manifestrepo.ManifestPath("staging", "checkout"), manifestrepo.ManifestPath("development", "cart"), manifestrepo.ManifestPath("development", "old"),
	} {
		if old, now := b.git("ls-tree", "main^", path), b.git("ls-tree", "main", path); old != now || now == "" {
			t.Errorf("%s was %q and is %q", path, old, now)
		}
	}
	for line := range strings.SplitSeq(b.git("ls-tree", "-r", "--name-only", "main"), "\n") {
		for _, gone := range []string{"/releases/", "/version", "queued_version", "deployed_", "commits/", "/message", "sourceRepoUrl", "/team"} {
			if strings.Contains(line, gone) {
				t.Errorf("%s is still there", line)
			}
		}
	}
	// The log holds the manifests as they were uploaded.
	r := s.Application("checkout").Release(2)
	if text := b.git("show", r.LogCommit.String()+":checkout/2/production.yaml"); text+"\n" != manifest("checkout", "production", 2) {
		t.Errorf("the log holds %q", text)
	}
}

func checkLocks(t *testing.T, s *manifestrepo.Snapshot) {
	t.Helper()
	app := s.LocksFor("staging", "checkout")
	if len(app) != 1 || app[0].ID != "hold-it" || app[0].Message != "wait for the data team" || app[0].CreatedBy.Email != "ak@example.com" || app[0].CreatedAt.Hour() != 8 {
		t.Errorf("locks of checkout in staging: %+v", app)
	}
	if locks := s.LocksFor("production", "newapp"); len(locks) != 2 || locks[0].ID != "freeze 1" || locks[1].ID != "not-yet" {
		t.Errorf("locks of newapp in production: %+v", locks)
	}
}

func TestArgoCDIsToldTheSame(t *testing.T) {
	b := newBed(t, shop())
	report := b.mustImport(b.options())
	if len(report.ArgoCD) != 0 {
		t.Errorf("the report tells of differences: %+v", report.ArgoCD)
	}
	for env, old := range map[string]string{"development": developmentDocuments, "staging": stagingDocuments} {
		before, err := parseDocuments([]byte(old))
		if err != nil {
			t.Fatal(err)
		}
		after, err := parseDocuments([]byte(b.git("show", "main:argocd/v1alpha1/"+env+".yaml")))
		if err != nil {
			t.Fatal(err)
		}
		if len(before) < 2 || !reflect.DeepEqual(before, after) {
			t.Errorf("%s: Argo CD is told\n%v\nand was told\n%v", env, after, before)
		}
	}
	if list := b.git("ls-tree", "-r", "--name-only", "main", "argocd"); list != "argocd/v1alpha1/development.yaml\nargocd/v1alpha1/staging.yaml" {
		t.Errorf("the documents are %s", list)
	}
}

func TestADifferenceForArgoCDIsReported(t *testing.T) {
	files := shop()
	files["argocd/v1alpha1/staging.yaml"] = strings.Replace(stagingDocuments, "git.example.com/manifests", "old.example.com/manifests", 1)
	b := newBed(t, files)
	o := b.options()
	o.DryRun = true
	report := b.mustImport(o)
	want := []ArgoChange{{"staging", "Application staging-checkout", "spec.source.repoURL: ssh://git@old.example.com/manifests.git becomes ssh://git@git.example.com/manifests.git"}}
	if !reflect.DeepEqual(report.ArgoCD, want) {
		t.Errorf("the report says %+v", report.ArgoCD)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	b := newBed(t, shop())
	refs := b.git("for-each-ref")
	o := b.options()
	o.DryRun = true
	report := b.mustImport(o)
	if b.git("for-each-ref") != refs {
		t.Error("a dry run moved refs")
	}
	var text strings.Builder
	if _, err := report.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"would be converted", "7 releases of 3 applications to commits of refs/signalbox/log/0001", "4 deployments, 1 queued version and 3 locks in 3 environments",
		"commits/: 3 files", "Files that nobody knows; they stay (3)", "scripts/check", "Argo CD is told the same as before.",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	real := b.mustImport(b.options())
	if !reflect.DeepEqual(real.Written, report.Written) || !reflect.DeepEqual(real.Removed, report.Removed) || report.Main != "" {
		t.Errorf("the dry run announced %v, the import did %v", report.Written, real.Written)
	}
}

func TestWhatCannotBeCarriedOverIsReportedAndStays(t *testing.T) {
	files := shop()
	files["environments/NEW_env3/config.json"] = "{}"
	files.deploy("NEW_env3", "checkout", 3, "x: y\n")
	files["argocd/v1alpha1/NEW_env3.yaml"] = "kind: AppProject\n"
	files.lock("environments/development/locks/x", "an id of one character")
	files["applications/checkout/releases/3/environments/NEW_env3/manifests.yaml"] = "x: y\n"
	files["applications/checkout/releases/2/source_commit_id"] = "DEADBEEF"
	files["applications/checkout/releases/2/notes.txt"] = "keep me"
	files["applications/cart/team"] = "The Team"
	delete(files, "applications/cart/releases/5/created_at")
	files.deploy("production", "cart", 3, "cart: 3\n")
	files["environments/production/applications/old/version"] = "-> ../../elsewhere"
	files["environments/broken/config.json"] = "{"
	files["argocd/v1alpha1/broken.yaml"] = "kind: AppProject\n"
	files.release("Upper", 1, "2024-01-01T00:00:00Z", "x", map[string]string{"development": "a: b\n"})
	b := newBed(t, files)
	report := b.mustImport(b.options())
	notes := map[string]string{}
	for _, n := range report.NotCarried {
		notes[n.Path] = n.Reason
	}
	for path, reason := range map[string]string{
		"environments/NEW_env3": "not known to Signalbox", "environments/NEW_env3/applications/checkout/version": "link to version 3",
		"environments/development/locks/x": "does not hold any more", "applications/checkout/releases/3/environments/NEW_env3/manifests.yaml": "left out of the release",
		"applications/checkout/releases/2/source_commit_id": "DEADBEEF", "applications/cart/team": "no team", "applications/cart/releases/5/created_at": "counts as created",
		"environments/production/applications/cart/version": "release 3 is not in the repo", "environments/production/applications/old/version": "elsewhere",
		"environments/broken/config.json": "not JSON", "argocd/v1alpha1/broken.yaml": "stays as kuberpult wrote it", "argocd/v1alpha1/NEW_env3.yaml": "stays as kuberpult wrote it",
		"applications/Upper": "not known to Signalbox",
	} {
		if !strings.Contains(notes[path], reason) {
			t.Errorf("%s: the report says %q, want %q", path, notes[path], reason)
		}
		delete(notes, path)
	}
	if len(notes) != 0 {
		t.Errorf("the report also says %v", notes)
	}
	for _, path := range []string{
		"environments/NEW_env3/config.json", "environments/NEW_env3/applications/checkout/manifests/manifests.yaml", "argocd/v1alpha1/NEW_env3.yaml", "argocd/v1alpha1/broken.yaml",
		"environments/development/locks/x/message", "applications/checkout/releases/2/notes.txt", "applications/Upper/releases/1/environments/development/manifests.yaml",
		"environments/broken/config.json",
	} {
		if old, now := b.git("ls-tree", "main^", path), b.git("ls-tree", "main", path); old != now || now == "" {
			t.Errorf("%s was %q and is %q", path, old, now)
		}
	}
	s := b.snapshotWithProblems()
	if d := s.Deployment("production", "cart"); d == nil || d.Version != 3 || d.EditedByHand() {
		t.Errorf("what runs in production is %+v", d)
	}
}

// snapshotWithProblems is the state of a repo that fsck has reason to complain about.
func (b *bed) snapshotWithProblems() *manifestrepo.Snapshot {
	b.t.Helper()
	repo, err := state.Open(context.Background(), b.open(), branch, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return repo.View().Snapshot
}

func TestAFreshMainKeepsTheOldHistoryElsewhere(t *testing.T) {
	b := newBed(t, shop())
	before := b.git("rev-parse", "main")
	o := b.options()
	o.FreshMain = true
	b.mustImport(o)
	b.snapshot()
	if n := b.git("rev-list", "--count", "main"); n != "1" {
		t.Errorf("main has %s commits", n)
	}
	if kept := b.git("rev-parse", "refs/signalbox/imported/main"); kept != before {
		t.Errorf("the old history is at %s", kept)
	}
}

func TestAServerThatRefusesForcedPushesKeepsItsBranch(t *testing.T) {
	b := newBed(t, shop())
	before := b.git("rev-parse", "main")
	b.git("config", "receive.denyNonFastForwards", "true")
	o := b.options()
	o.FreshMain = true
	_, err := Import(context.Background(), o)
	if p := problem.From(err); err == nil || !strings.Contains(p.Remedy, "--fresh-main") {
		t.Errorf("got %v", err)
	}
	if b.git("rev-parse", "main") != before {
		t.Error("the branch moved")
	}
	b.mustImport(b.options()) // without a fresh main it goes on from there
	b.snapshot()
}

// hook makes the remote run a script for each ref of a push ($1 is the ref).
func (b *bed) hook(script string) {
	b.t.Helper()
	path := filepath.Join(b.remote, "hooks", "update")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		b.t.Fatal(err)
	}
}

func TestABrokenOffImportGoesOn(t *testing.T) {
	clean := newBed(t, shop())
	clean.mustImport(clean.options())
	whole := clean.git("rev-parse", logRef)
	for name, script := range map[string]string{
		"before the log":    `exit 1`,
		"in the log":        `test -f "$GIT_DIR/three" && exit 1; test -f "$GIT_DIR/two" && touch "$GIT_DIR/three"; test -f "$GIT_DIR/one" && touch "$GIT_DIR/two"; touch "$GIT_DIR/one"; exit 0`,
		"between log, main": `case $1 in refs/heads/*) exit 1;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, shop())
			before := b.git("rev-parse", "main")
			b.hook(script)
			o := b.options()
			o.piece = 2
			if _, err := Import(context.Background(), o); err == nil || problem.From(err).Remedy == "" {
				t.Fatalf("the server refused, and the import says %v", err)
			}
			if b.git("rev-parse", "main") != before {
				t.Fatal("the branch moved")
			}
			b.hook("exit 0")
			b.mustImport(b.options())
			b.snapshot()
			if got := b.git("rev-parse", logRef); got != whole {
				t.Errorf("the log is %s, in one go it is %s:\n%s", got, whole, b.git("log", "--oneline", logRef))
			}
		})
	}
}

func TestABranchThatMovesMeanwhileIsReadAgain(t *testing.T) {
	b := newBed(t, shop())
	o := b.options()
	moved := false
	o.Progress = func(what string, _, _ int) {
		if what == "writing releases" && !moved {
			moved = true
			files := shop()
			files.release("checkout", 4, "2024-03-01T00:00:00Z", "late", manifestsOf("checkout", 4, "development"))
			b.commit("created version 4 of \"checkout\"", files)
		}
	}
	b.mustImport(o)
	if s := b.snapshot(); s.Application("checkout").Release(4) == nil {
		t.Error("the release that came meanwhile is lost")
	}
}

func TestReposThatAreRefused(t *testing.T) {
	export := tree{"environments/staging/config.json": stagingConfig, manifestrepo.ManifestPath("staging", "checkout"): "x: y\n"}
	inTheWay := shop()
	inTheWay["releases.json"] = "{}"
	for name, c := range map[string]struct {
		files  tree
		says   string
		remedy string
	}{
		"environments alone":   {tree{"environments/staging/config.json": stagingConfig}, "no kuberpult release", "repo init"},
		"export of a database": {export, "no kuberpult release", "database"},
		"a file in the way":    {inTheWay, "releases.json", "move these files"},
		"a Signalbox repo":     {tree{"signalbox.json": `{"layout":1}`}, "already", "nothing is left"},
		"somebody's source":    {tree{"main.go": "package main"}, "no kuberpult release", "--git-branch"},
	} {
		b := newBed(t, c.files)
		refs := b.git("for-each-ref")
		_, err := Import(context.Background(), b.options())
		p := problem.From(err)
		if err == nil || !strings.Contains(p.Message, c.says) || !strings.Contains(p.Remedy, c.remedy) || p.Rule == "" {
			t.Errorf("%s: %v", name, err)
		}
		if b.git("for-each-ref") != refs {
			t.Errorf("%s: refs moved", name)
		}
	}
}

func TestARepoIsImportedOnce(t *testing.T) {
	b := newBed(t, shop())
	b.mustImport(b.options())
	refs := b.git("for-each-ref")
	_, err := Import(context.Background(), b.options())
	if p := problem.From(err); err == nil || p.Kind != problem.Conflict || !strings.Contains(p.Message, "already") {
		t.Errorf("got %v", err)
	}
	if b.git("for-each-ref") != refs {
		t.Error("refs moved")
	}
}

func TestALogOfSomebodyElseIsNotTouched(t *testing.T) {
	b := newBed(t, shop())
	b.git("update-ref", logRef, "main")
	refs := b.git("for-each-ref")
	_, err := Import(context.Background(), b.options())
	if p := problem.From(err); err == nil || !strings.Contains(p.Remedy, "--git-log-ref") {
		t.Errorf("got %v", err)
	}
	if b.git("for-each-ref") != refs {
		t.Error("refs moved")
	}
}

func TestAHiddenLogIsNoticedBeforeTheBranchMoves(t *testing.T) {
	b := newBed(t, shop())
	b.git("config", "uploadpack.hideRefs", "refs/signalbox")
	before := b.git("rev-parse", "main")
	_, err := Import(context.Background(), b.options())
	if p := problem.From(err); err == nil || !strings.Contains(p.Message, "does not show it") || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if b.git("rev-parse", "main") != before {
		t.Error("the branch moved")
	}
}
