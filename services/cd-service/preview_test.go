package cdservice_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

func (b *bed) preview(req *api.GetPreviewRequest) (*api.Preview, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitservertest.Patience)
	defer cancel()
	return b.commands.GetPreview(ctx, req)
}

func (b *bed) foresee(req *api.GetPreviewRequest) *api.Preview {
	b.t.Helper()
	p, err := b.preview(req)
	if err != nil {
		b.t.Fatalf("%v: %v", req, problem.From(err))
	}
	return p
}

// foretold is the preview that belongs to a request.
func foretold(req *api.ExecuteRequest) *api.GetPreviewRequest {
	return &api.GetPreviewRequest{RunTrain: req.GetRunTrain(), Deploy: req.GetDeploy(), Reason: req.GetReason()}
}

func TestAPreviewOfATrainSaysWhatComesWithIt(t *testing.T) {
	b := newBed(t, "", nil)
	for v := range 4 {
		b.do(release("checkout", 0, fmt.Sprint(v)))
	}
	b.do(deploy("checkout", "staging", 1))
	named := release("berry", 0, "one")
	named.GetCreateRelease().DisplayVersion = "1.0.0"
	b.do(named)
	b.do(release("cherry", 0, "one"))
	b.do(deploy("cherry", "staging", 1))
	head := b.service.Repo().View().Snapshot.Commit()

	p := b.foresee(foretold(train("staging")))
	if p.Commit != head.String() || p.Subject != "Release train to staging: 2 moved" || p.AsOf == nil || len(p.NextTrains) != 0 {
		t.Errorf("%v", p)
	}
	if len(p.Changes) != 2 || p.Changes[0].Application != "berry" || p.Changes[1].Application != "checkout" {
		t.Fatalf("changes: %v", p.Changes)
	}
	if len(p.DisplayVersions) != 1 || p.DisplayVersions["berry/1"] != "1.0.0" {
		t.Errorf("names of versions: %v", p.DisplayVersions)
	}
	berry, checkout := p.Changes[0], p.Changes[1]
	if berry.FromVersion != 0 || berry.ToVersion != 1 || berry.Added != 6 || berry.Removed != 0 || !strings.HasPrefix(berry.Diff, "--- /dev/null\n+++ berry/1/staging.yaml\n@@ -0,0 +1,6 @@\n") {
		t.Errorf("berry: %v", berry)
	}
	wantDiff := `--- environments/staging/applications/checkout/manifests/manifests.yaml
+++ checkout/4/staging.yaml
@@ -3,4 +3,4 @@
 metadata:
   name: checkout
 data:
-  key: 0-staging
+  key: 3-staging
`
	if checkout.Diff != wantDiff || checkout.Added != 1 || checkout.Removed != 1 || checkout.DiffCut || checkout.Backwards ||
		checkout.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED {
		t.Errorf("checkout: %v\n%s", checkout, checkout.Diff)
	}
	if got := versionsOf(checkout.Releases); got != "4 3 2" || checkout.ReleasesTotal != 3 || checkout.Releases[0].Message != "change 3" {
		t.Errorf("checkout comes with %s of %d", got, checkout.ReleasesTotal)
	}

	p = b.foresee(&api.GetPreviewRequest{RunTrain: &api.RunTrain{Target: "staging"}, WithoutDiffs: true})
	if len(p.Changes) != 2 || p.Changes[1].Diff != "" || p.Changes[1].Added != 0 || p.Changes[1].DiffCut {
		t.Errorf("without diffs: %v", p.Changes)
	}
	if now := b.service.Repo().View().Snapshot.Commit(); now != head {
		t.Errorf("main moved to %s", now)
	}
}

func versionsOf(releases []*api.Release) string {
	var all []string
	for _, r := range releases {
		all = append(all, fmt.Sprint(r.Version))
	}
	return strings.Join(all, " ")
}

func TestAPreviewOfADeploymentSaysWhatTheNextTrainDoes(t *testing.T) {
	b := newBed(t, "", nil)
	for v := range 60 {
		b.do(release("checkout", 0, fmt.Sprint(v)))
	}
	b.do(train("staging"))

	p := b.foresee(foretold(deploy("checkout", "staging", 5)))
	if len(p.Changes) != 1 || !p.Changes[0].Backwards || p.Changes[0].FromVersion != 60 || p.Changes[0].ToVersion != 5 || !p.Result.GetDeploy().Held {
		t.Fatalf("%v", p)
	}
	// What goes away.
	if c := p.Changes[0]; len(c.Releases) != 50 || c.Releases[0].Version != 60 || c.ReleasesTotal != 55 {
		t.Errorf("%d of %d releases go, the first is %d", len(c.Releases), c.ReleasesTotal, c.Releases[0].Version)
	}
	var texts []string
	for _, e := range p.NextTrains {
		texts = append(texts, e.Text)
	}
	want := "the next train to staging leaves it at 5: version 5 is on hold: rolled back from 60 to 5; without this deployment it leaves 60 as it is\n" +
		"the next train to prod-de takes 5 instead of 60\nthe next train to prod-fr takes 5 instead of 60"
	if got := strings.Join(texts, "\n"); got != want {
		t.Errorf("next trains:\n%s", got)
	}

	b.do(lock("staging", "incident"))
	p = b.foresee(foretold(deploy("checkout", "staging", 59)))
	if len(p.Changes) != 1 || p.Changes[0].Outcome != api.DeployOutcome_DEPLOY_OUTCOME_QUEUED || p.Changes[0].Diff == "" {
		t.Errorf("behind a lock: %v", p.Changes)
	}
	if p = b.foresee(foretold(deploy("checkout", "staging", 60))); len(p.Changes) != 0 || !p.Result.Unchanged {
		t.Errorf("what runs already: %v", p)
	}
}

func TestAPreviewShowsWhatWillWait(t *testing.T) {
	b := newBed(t, "", func(o *cdservice.Options) { o.Clock = stillClock{} })
	b.do(release("checkout", 0, "one"))
	configure := func(config map[string]any) {
		t.Helper()
		config["upstream"] = map[string]any{"environment": "development"}
		object, err := structpb.NewStruct(config)
		b.must(err)
		b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{Environment: "staging", Config: object}}})
	}
	for _, c := range []struct {
		config  map[string]any
		outcome api.DeployOutcome
		cause   api.SkipCause
	}{
		{map[string]any{"approval": map[string]any{"by": []any{"role:release-manager"}}},
			api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL, api.SkipCause_SKIP_CAUSE_APP_AWAITS_APPROVAL},
		{map[string]any{"freezeWindows": []any{map[string]any{"kind": "deny", "schedule": "0 8 * * *", "duration": "2h"}}},
			api.DeployOutcome_DEPLOY_OUTCOME_QUEUED, api.SkipCause_SKIP_CAUSE_APP_IS_FROZEN},
	} {
		configure(c.config)
		p := b.foresee(foretold(train("staging")))
		if len(p.Changes) != 1 || p.Changes[0].Outcome != c.outcome || p.Changes[0].Added == 0 || p.Changes[0].ReleasesTotal != 1 {
			t.Errorf("%v: %v", c.config, p.Changes)
		}
		if got := p.Result.GetRunTrain().Environments[0].Applications[0]; got.SkipCause != c.cause || got.Because == "" {
			t.Errorf("%v: %v", c.config, got)
		}
		if p = b.foresee(foretold(deploy("checkout", "staging", 1))); len(p.Changes) != 1 || p.Changes[0].Outcome != c.outcome || len(p.NextTrains) != 0 {
			t.Errorf("%v: %v", c.config, p)
		}
	}
}

func TestAPreviewRefusesAsTheCommandDoes(t *testing.T) {
	b := newBed(t, "", nil)
	b.do(release("checkout", 0, "one"))
	b.do(lock("staging", "incident"))
	failing := deploy("checkout", "staging", 1)
	failing.GetDeploy().LockBehavior = api.LockBehavior_LOCK_BEHAVIOR_FAIL
	ignoring := deploy("checkout", "staging", 1)
	ignoring.GetDeploy().LockBehavior = api.LockBehavior_LOCK_BEHAVIOR_IGNORE
	for _, req := range []*api.ExecuteRequest{
		deploy("checkout", "nowhere", 1), deploy("checkout", "staging", 9), deploy("UPPER", "staging", 1), train("nowhere"), failing, ignoring,
	} {
		_, err := b.preview(foretold(req))
		want := b.refuse(req, problem.From(err).Kind)
		if got := problem.From(err); err == nil || got.Message != want.Message || got.Field != want.Field || got.Remedy != want.Remedy {
			t.Errorf("%v: preview %v, command %v", req, err, want)
		}
	}
	ignoring.Reason = "incident 4711"
	if p := b.foresee(foretold(ignoring)); p.Result.GetDeploy().Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED {
		t.Errorf("%v", p)
	}
	for _, req := range []*api.GetPreviewRequest{{}, {RunTrain: &api.RunTrain{Target: "staging"}, Deploy: &api.Deploy{}}} {
		if _, err := b.preview(req); problem.From(err).Kind != problem.Invalid || !strings.Contains(problem.From(err).Remedy, "run_train or deploy") {
			t.Errorf("%v: %v", req, err)
		}
	}
}

func TestAPreviewNeverShowsASecret(t *testing.T) {
	b := newBed(t, "", func(o *cdservice.Options) { o.Policy.Secrets = "allow" })
	for v, password := range []string{"c3VwZXJoaWRkZW4x", "c3VwZXJoaWRkZW4y"} {
		req := release("checkout", uint64(v+1), "one")
		for env := range environments {
			req.GetCreateRelease().Manifests[env] = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: " + password + "\n---\n" + configMap("checkout", fmt.Sprint(v))
		}
		b.do(req)
	}
	b.do(deploy("checkout", "staging", 1))
	for _, req := range []*api.ExecuteRequest{train("staging"), deploy("checkout", "staging", 2), deploy("checkout", "prod-de", 2), deploy("checkout", "development", 1)} {
		p := b.foresee(foretold(req))
		if text := prototext.Format(p); strings.Contains(text, "c3VwZXJoaWRkZW") || !strings.Contains(text, "(not shown") {
			t.Errorf("%v: %s", req, text)
		}
	}
}

func TestAPreviewHasASize(t *testing.T) {
	b := newBed(t, "", nil)
	for i := range 6 {
		req := release(fmt.Sprintf("app-%d", i), 1, "x")
		long := strings.Repeat(strings.Repeat("ä", 100)+"\n", 4000) // 800 KB
		req.GetCreateRelease().Manifests["staging"] = configMap("a", "|\n    "+strings.ReplaceAll(strings.TrimSpace(long), "\n", "\n    "))
		b.do(req)
	}
	p := b.foresee(foretold(train("staging")))
	if size := proto.Size(p); size > 3<<20+100_000 || size < 3<<20-1000 {
		t.Errorf("the answer has %d bytes", size)
	}
	for i, c := range p.Changes {
		if c.Added != 4006 || c.DiffCut != (i >= 3) || c.Diff != "" && !strings.HasSuffix(c.Diff, "\n") {
			t.Errorf("%s: %d lines, %d bytes, cut %v", c.Application, c.Added, len(c.Diff), c.DiffCut)
		}
	}
}

func TestAPreviewShowsWhatWasEditedByHand(t *testing.T) {
	b := newBed(t, "", nil)
	b.do(release("checkout", 0, "one"))
	b.write("environments/development/applications/checkout/manifests/manifests.yaml", configMap("checkout", "by-hand"))
	if _, err := b.service.Sequencer().NotifyPush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := b.foresee(foretold(deploy("checkout", "development", 1)))
	if len(p.Changes) != 1 || !strings.Contains(p.Changes[0].Diff, "-  key: by-hand\n+  key: one-development\n") || p.Changes[0].FromVersion != 1 {
		t.Errorf("%v", p)
	}
}

// stillClock stands still, and nothing that waits for it goes on: what the clock asks for does not come in between.
type stillClock struct{}

func (stillClock) Now() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }

func (stillClock) After(time.Duration) <-chan time.Time { return nil }

// TestAPreviewIsWhatHappens looks at random trains and deployments in random states before carrying them out.
func TestAPreviewIsWhatHappens(t *testing.T) {
	outcomes := map[api.DeployOutcome]int{}
	rapid.Check(t, func(r *rapid.T) {
		b := newBed(t, "", func(o *cdservice.Options) { o.Clock = stillClock{} })
		for i, app := range []string{"apple", "berry", "berry", "cherry"} {
			b.do(release(app, 0, fmt.Sprint("first ", i)))
		}
		b.do(train("staging"))
		for i := range rapid.IntRange(1, 30).Draw(r, "commands") {
			if rapid.IntRange(0, 2).Draw(r, "look") > 0 {
				_, _ = b.execute(anyChange(r, i))
				continue
			}
			b.lookAndDo(r, anyMove(r, b), outcomes)
		}
		b.kill()
		if t.Failed() {
			r.FailNow()
		}
	})
	t.Logf("outcomes: %v", outcomes)
}

// lookAndDo demands that a preview changes nothing and that the command then does what the preview said.
func (b *bed) lookAndDo(r *rapid.T, req *api.ExecuteRequest, outcomes map[api.DeployOutcome]int) {
	before := b.service.Repo().View()
	p, foreseen := b.preview(foretold(req))
	if after := b.service.Repo().View(); after.Snapshot != before.Snapshot {
		r.Fatalf("the preview of %v moved main", req)
	}
	op, err := b.execute(req)
	if (err == nil) != (foreseen == nil) {
		r.Fatalf("%v: preview %v, command %v", req, foreseen, err)
	}
	if err != nil {
		got, want := problem.From(foreseen), problem.From(err)
		if got.Kind != want.Kind || got.Message != want.Message || got.Field != want.Field || got.Kind == problem.Internal {
			r.Fatalf("%v: preview %v, command %v", req, got, want)
		}
		return
	}
	if !proto.Equal(p.Result, op.Result) || p.Subject != op.Subject {
		r.Fatalf("%v:\npreview %v %s\ncommand %v %s", req, p.Result, p.Subject, op.Result, op.Subject)
	}
	for _, c := range p.Changes {
		outcomes[c.Outcome]++
		if c.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED && b.deployed(c.Application, c.Environment) != c.ToVersion {
			r.Fatalf("%v: %v did not happen", req, c)
		}
	}
}

// anyChange brings about a state: any command, and environments that freeze or ask for approval.
func anyChange(r *rapid.T, i int) *api.ExecuteRequest {
	switch rapid.IntRange(0, 9).Draw(r, "change") {
	case 0:
		config := map[string]any{"upstream": map[string]any{"environment": "development"}}
		if rapid.Bool().Draw(r, "frozen") {
			config["freezeWindows"] = []any{map[string]any{"kind": "deny", "schedule": "0 8 * * *", "duration": "2h", "timeZone": "UTC", "applications": []any{"apple"}}}
		}
		if rapid.Bool().Draw(r, "approval") {
			config["approval"] = map[string]any{"by": []any{"role:release-manager"}}
		}
		object, err := structpb.NewStruct(config)
		if err != nil {
			r.Fatal(err)
		}
		return &api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{Environment: "staging", Config: object}}}
	case 1:
		return &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateReleaseSet{CreateReleaseSet: &api.CreateReleaseSet{
			Name: "sprint", Environment: rapid.SampledFrom([]string{"development", "staging"}).Draw(r, "of"),
		}}}
	case 2:
		return &api.ExecuteRequest{Reason: "wait", Kind: &api.ExecuteRequest_Hold{Hold: &api.Hold{
			Application: rapid.SampledFrom([]string{"apple", "berry"}).Draw(r, "held"), Environment: "staging",
		}}}
	case 3, 4, 5:
		return release(rapid.SampledFrom([]string{"apple", "berry", "cherry"}).Draw(r, "app"), 0, fmt.Sprint(i))
	}
	return anyCommand(r, i, true)
}

// anyMove is a train or a deployment.
func anyMove(r *rapid.T, b *bed) *api.ExecuteRequest {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(r, name) }
	if rapid.IntRange(0, 2).Draw(r, "deploy") == 0 {
		req := deploy(pick("app", "apple", "berry", "cherry"), pick("environment", "development", "staging", "prod-de"), rapid.Uint64Range(1, 4).Draw(r, "version"))
		req.Reason = pick("reason", "", "plain")
		req.GetDeploy().LockBehavior = api.LockBehavior(rapid.IntRange(0, 3).Draw(r, "behaviour"))
		req.GetDeploy().NoHold = rapid.Bool().Draw(r, "no hold")
		return req
	}
	req := train(pick("target", "staging", "staging", "production", "prod-de", "development"))
	m := req.GetRunTrain()
	m.Whole = rapid.IntRange(0, 3).Draw(r, "whole") == 0
	if rapid.IntRange(0, 3).Draw(r, "some") == 0 {
		m.Applications = []string{pick("only", "apple", "berry")}
	}
	switch rapid.IntRange(0, 5).Draw(r, "source") {
	case 0:
		m.Source = &api.TrainSource{ReleaseSet: "sprint"}
	case 1, 2:
		commits := strings.Fields(b.git("git log --format=%h --abbrev=10 main"))
		m.Source = &api.TrainSource{Revision: rapid.SampledFrom(append(commits, "no-such-tag")).Draw(r, "revision"), Environment: pick("past of", "", "staging", "development")}
	}
	return req
}
