package cdservice_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

func prepareUndeploy(app string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_PrepareUndeploy{PrepareUndeploy: &api.PrepareUndeploy{Application: app}}}
}

func undeploy(app string, atOnce bool) *api.ExecuteRequest {
	return &api.ExecuteRequest{Reason: "it is over", Kind: &api.ExecuteRequest_Undeploy{Undeploy: &api.Undeploy{Application: app, AtOnce: atOnce}}}
}

func removeFrom(env, app string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_RemoveFromEnvironment{
		RemoveFromEnvironment: &api.RemoveFromEnvironment{Application: app, Environment: env},
	}}
}

func deleteEnvironment(env string, force bool) *api.ExecuteRequest {
	return &api.ExecuteRequest{Reason: "it is over", Kind: &api.ExecuteRequest_DeleteEnvironment{
		DeleteEnvironment: &api.DeleteEnvironment{Environment: env, Force: force},
	}}
}

func cleanUp(app string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_CleanUp{CleanUp: &api.CleanUp{Application: app}}}
}

func render(env string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_RenderEnvironment{RenderEnvironment: &api.RenderEnvironment{Environment: env}}}
}

func setTeam(app, team string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyApplication{ApplyApplication: &api.ApplyApplication{
		Application: app, Team: &team, Labels: map[string]string{"tier": team},
	}}}
}

func batch(parts ...*api.ExecuteRequest) *api.ExecuteRequest {
	b := &api.Batch{}
	for _, part := range parts {
		b.Actions = append(b.Actions, actionOf(part))
	}
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: b}}
}

// file reads a file of main as git has it.
func (b *bed) file(path string) string { return b.git(`git show "main:$1"`, path) }

// pushed writes a file past Signalbox and lets it know.
func (b *bed) pushed(git *gitservertest.Repo, path, content string) {
	b.t.Helper()
	runGit(b.t, git.Dir, writeFile, path, content)
	_, err := api.NewSystemServiceClient(b.conn).NotifyPush(b.t.Context(), &api.NotifyPushRequest{})
	b.must(err)
}

// forget ends the service and throws its index away.
func (b *bed) forget() {
	b.t.Helper()
	b.kill()
	for _, name := range []string{cdservice.IndexFile, cdservice.IndexFile + "-wal", cdservice.IndexFile + "-shm"} {
		_ = os.Remove(filepath.Join(b.dir, name))
	}
	b.must(b.open())
}

func TestAnApplicationEndsAndItsNameIsFree(t *testing.T) {
	b := newBed(t, "", nil)
	b.do(release("checkout", 0, "one"))
	b.do(release("search", 0, "one"))
	b.do(train("staging"))
	if p := b.refuse(undeploy("checkout", false), problem.Conflict); p.Remedy == "" {
		t.Errorf("the refusal: %+v", p)
	}
	if v := b.do(prepareUndeploy("checkout")).Result.GetPrepareUndeploy().GetVersion(); v != 2 {
		t.Errorf("the undeploy release is %d", v)
	}
	if !strings.Contains(b.file("argocd/v1alpha1/development.yaml"), "development-checkout") {
		t.Error("Argo CD must go on seeing what it is to prune")
	}
	if got := b.git(`git cat-file -s main:environments/development/applications/checkout/manifests/manifests.yaml`); got != "1" {
		t.Errorf("the manifest has %s bytes", got)
	}
	b.do(train("staging"))
	b.whole()
	removed := b.do(undeploy("checkout", false)).Result.GetUndeploy()
	if len(removed.GetDeployments()) != 2 || removed.GetReleases() != 2 {
		t.Errorf("the answer: %v", removed)
	}
	for _, env := range []string{"development", "staging"} {
		if text := b.file("argocd/v1alpha1/" + env + ".yaml"); strings.Contains(text, "checkout") || !strings.Contains(text, env+"-search") {
			t.Errorf("Argo CD's documents of %s:\n%s", env, text)
		}
	}
	if b.service.Repo().View().Snapshot.Application("checkout") != nil {
		t.Error("the state still knows it")
	}
	b.whole()
	b.forget()
	if b.service.Repo().View().Snapshot.Application("checkout") != nil {
		t.Error("a rebuild brought it back")
	}
	if v := b.do(release("checkout", 0, "again")).Result.GetCreateRelease().GetVersion(); v != 1 {
		t.Errorf("the first release of the new application is %d", v)
	}
	b.do(train("staging"))
	if !strings.Contains(b.file("environments/staging/applications/checkout/manifests/manifests.yaml"), "again-staging") {
		t.Error("the old application's manifest came back")
	}
	b.whole()
}

func TestABatchGoesThereAndBack(t *testing.T) {
	b := newBed(t, "", nil)
	b.refuse(batch(release("checkout", 0, "one"), undeploy("search", true)), problem.NotFound)
	op := b.do(batch(
		release("checkout", 0, "one"), setTeam("checkout", "till"), prepareUndeploy("checkout"), undeploy("checkout", false),
		release("checkout", 0, "two"), removeFrom("development", "checkout"), deploy("checkout", "staging", 1), undeploy("checkout", true),
	))
	if n := len(op.Result.GetBatch().GetResults()); n != 8 {
		t.Errorf("%d results", n)
	}
	if b.service.Repo().View().Snapshot.Application("checkout") != nil {
		t.Error("the application is there")
	}
	b.whole()
	if v := b.do(release("checkout", 0, "three")).Result.GetCreateRelease().GetVersion(); v != 1 {
		t.Errorf("the next release is %d", v)
	}
	b.whole()
}

func TestCleanUpKeepsTheWindow(t *testing.T) {
	b := newBed(t, "", func(o *cdservice.Options) { o.Policy.KeepWindow = 2 })
	for i := range 7 {
		b.do(release("checkout", 0, fmt.Sprint(i)))
	}
	b.do(deploy("checkout", "staging", 6))
	dry := cleanUp("")
	dry.DryRun = true
	foreseen := b.do(dry).Result
	op := b.do(cleanUp(""))
	if !proto.Equal(foreseen, op.Result) {
		t.Errorf("foreseen %v, done %v", foreseen, op.Result)
	}
	if got := op.Result.GetCleanUp().GetApplications(); len(got) != 1 || !slices.Equal(got[0].Versions, []uint64{1, 2, 3}) {
		t.Errorf("removed: %v", got)
	}
	for _, version := range []uint64{1, 2, 3} {
		b.refuse(release("checkout", version, "again"), problem.TooOld)
	}
	if op := b.do(cleanUp("checkout")); op.Commit != "" || !op.Result.Unchanged {
		t.Errorf("a second time: %v", op)
	}
	b.whole()
	b.forget()
	if app := b.service.Repo().View().Snapshot.Application("checkout"); len(app.Releases) != 4 || app.Release(3) != nil {
		t.Error("a rebuild brought releases back")
	}
	b.whole()
}

func TestRenderPutsBackWhatSomebodyPushedPastUs(t *testing.T) {
	git := gitservertest.NewRepo(t)
	b := newBed(t, gitservertest.ServeHTTP(t, git).URL, nil)
	b.do(release("checkout", 0, "one"))
	if op := b.do(render("development")); op.Commit != "" || !op.Result.Unchanged || op.Result.GetRenderEnvironment().GetDocuments() {
		t.Errorf("there is nothing to do: %v", op)
	}
	const documents, manifest = "argocd/v1alpha1/development.yaml", "environments/development/applications/checkout/manifests/manifests.yaml"
	before, tree := git.Git(t, "show", "main:"+documents), git.Git(t, "rev-parse", "main^{tree}")
	b.pushed(git, documents, "slipped")
	dry := render("development")
	dry.DryRun = true
	if op := b.do(dry); op.Result.Unchanged || !op.Result.GetRenderEnvironment().GetDocuments() {
		t.Errorf("the dry run: %v", op)
	}
	op := b.do(render("development"))
	if op.Commit == "" || !op.Result.GetRenderEnvironment().GetDocuments() || git.Git(t, "show", "main:"+documents) != before {
		t.Errorf("the documents: %v", op)
	}
	b.pushed(git, documents, "slipped")
	b.pushed(git, manifest, "a: b\n")
	op = b.do(batch(lock("staging", "incident"), render("development"), unlock("staging", "incident")))
	if part := op.Result.GetBatch().GetResults()[1]; part.Unchanged || !part.GetRenderEnvironment().GetDocuments() || !slices.Equal(part.GetRenderEnvironment().GetRepaired(), []string{"checkout"}) {
		t.Errorf("in a batch: %v", op)
	}
	if got := git.Git(t, "rev-parse", "main^{tree}"); got != tree {
		t.Error("main is not what it was")
	}
	b.whole()
}

func TestAnEnvironmentEnds(t *testing.T) {
	git := gitservertest.NewRepo(t)
	b := newBed(t, gitservertest.ServeHTTP(t, git).URL, nil)
	b.do(release("checkout", 0, "one"))
	b.do(train("staging"))
	b.do(lock("staging", "incident"))
	b.pushed(git, "environments/staging/README.md", "ours")
	b.refuse(deleteEnvironment("staging", false), problem.Conflict)
	op := b.do(deleteEnvironment("staging", true))
	if r := op.Result.GetDeleteEnvironment(); len(r.GetDeployments()) != 1 || len(r.GetLocks()) != 1 {
		t.Errorf("the answer: %v", op)
	}
	if got := git.Git(t, "ls-tree", "-r", "--name-only", "main", "environments/staging", "argocd"); got != "argocd/v1alpha1/development.yaml\nenvironments/staging/README.md" {
		t.Errorf("what is left:\n%s", got)
	}
	b.whole()
	b.refuse(train("staging"), problem.NotFound)
	config, err := structpb.NewStruct(map[string]any{"upstream": map[string]any{"environment": "development"}})
	b.must(err)
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{Environment: "staging", Config: config}}})
	b.do(train("staging"))
	b.whole()
}

// A retry that comes after a restart finds the commit and no memory of the answer.
func TestARetryAfterARestartHearsOfTheSameCommand(t *testing.T) {
	b := newBed(t, "", func(o *cdservice.Options) { o.Policy.KeepWindow = 1 })
	for i := range 5 {
		b.do(release("checkout", 0, fmt.Sprint(i)))
	}
	b.do(release("search", 0, "one"))
	b.do(deploy("search", "prod-de", 1))
	for i, req := range []*api.ExecuteRequest{
		setTeam("checkout", "till"), cleanUp(""), prepareUndeploy("checkout"), undeploy("checkout", false), removeFrom("development", "search"),
		deleteEnvironment("prod-de", true),
	} {
		req.IdempotencyKey = fmt.Sprint("key ", i)
		first := b.do(req)
		b.stop()
		b.must(b.open())
		again := b.do(req)
		if again.Commit != first.Commit || again.Subject != first.Subject || fmt.Sprintf("%T", again.Result.Kind) != fmt.Sprintf("%T", first.Result.Kind) {
			t.Errorf("first %v\nagain %v", first, again)
		}
		if cleaned := again.Result.GetCleanUp(); cleaned != nil && !proto.Equal(cleaned, first.Result.GetCleanUp()) {
			t.Errorf("first %v\nagain %v", first, again)
		}
	}
}
