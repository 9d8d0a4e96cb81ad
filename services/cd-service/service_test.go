package cdservice_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

func TestAReleaseGoesDownTheLine(t *testing.T) {
	b := newBed(t, "", nil)
	op := b.do(release("checkout", 0, "one"))
	if op.State != api.OperationState_OPERATION_STATE_DONE || len(op.Commit) != 40 || op.Result.GetCreateRelease().GetVersion() != 1 {
		t.Fatalf("answer: %v", op)
	}
	b.do(train("staging"))
	b.do(train("production"))
	for env := range environments {
		if b.deployed("checkout", env) != 1 {
			t.Errorf("%s runs %d", env, b.deployed("checkout", env))
		}
	}
	b.do(lock("staging", "incident"))
	b.do(release("checkout", 0, "two"))
	b.do(deploy("checkout", "staging", 2))
	if b.deployed("checkout", "staging") != 1 || b.deployed("checkout", "development") != 2 {
		t.Error("the lock did not hold")
	}
	b.do(unlock("staging", "incident"))
	b.do(train("staging"))
	if b.deployed("checkout", "staging") != 2 {
		t.Error("the train did not move it")
	}
	report := b.whole()
	if report.Releases != 2 || report.Deployments != 4 || report.Manifests == 0 {
		t.Errorf("fsck looked at %+v", report)
	}
}

func TestTheIndexIsWorthNothingButTime(t *testing.T) {
	b := newBed(t, "", nil)
	b.do(release("checkout", 0, "one"))
	b.do(release("berry", 0, "one"))
	b.do(train("staging"))
	b.stop()
	b.must(b.open())
	b.whole()
	b.do(release("checkout", 0, "two"))
	b.kill()
	for _, name := range []string{cdservice.IndexFile, cdservice.IndexFile + "-wal", cdservice.IndexFile + "-shm"} {
		_ = os.Remove(filepath.Join(b.dir, name))
	}
	b.must(b.open())
	if b.deployed("checkout", "development") != 2 || b.deployed("berry", "staging") != 1 {
		t.Error("the state is not what it was")
	}
	b.whole()
}

func TestAKeyStandsForOneCommand(t *testing.T) {
	b := newBed(t, "", nil)
	req := release("checkout", 0, "one")
	req.IdempotencyKey = "build 17"
	first := b.do(req)
	if again := b.do(req); again.Id != first.Id || again.Commit != first.Commit {
		t.Errorf("asked again: %v", again)
	}
	other := release("checkout", 0, "two")
	other.IdempotencyKey = "build 17"
	if p := b.refuse(other, problem.Conflict); p.Detail.GetOperationId() != first.Id || p.Remedy == "" {
		t.Errorf("the refusal: %+v", p)
	}
	b.stop()
	b.must(b.open())
	if again := b.do(req); again.Commit != first.Commit || again.Result.GetCreateRelease().GetVersion() != 1 {
		t.Errorf("asked again after a restart: %v", again)
	}
	op, err := b.commands.GetOperation(t.Context(), &api.GetOperationRequest{Id: first.Id})
	b.must(err)
	if op.State != api.OperationState_OPERATION_STATE_DONE || op.Commit != first.Commit {
		t.Errorf("the operation: %v", op)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	b := newBed(t, "", nil)
	before := b.service.Repo().View().Snapshot.Commit()
	req := release("checkout", 3, "one")
	req.DryRun = true
	if op := b.do(req); op.Result.GetCreateRelease().GetVersion() != 3 || op.Commit != "" {
		t.Errorf("answer: %v", op)
	}
	if b.service.Repo().View().Snapshot.Commit() != before {
		t.Error("something was written")
	}
	bad := deploy("nothing", "staging", 1)
	bad.DryRun = true
	b.refuse(bad, problem.NotFound)
}

func TestAcceptedMeansItWillBeDecided(t *testing.T) {
	b := newBed(t, "", nil)
	req := release("checkout", 0, "one")
	req.Wait = api.Wait_WAIT_ACCEPTED
	op := b.do(req)
	gitservertest.Eventually(t, "the operation ended", func() bool {
		now, err := b.commands.GetOperation(t.Context(), &api.GetOperationRequest{Id: op.Id})
		return err == nil && now.State == api.OperationState_OPERATION_STATE_DONE && now.Commit != ""
	})
}

func TestBadRequestsAreRefusedBeforeTheQueue(t *testing.T) {
	b := newBed(t, "", nil)
	for field, change := range map[string]func(*api.ExecuteRequest){
		"timeout":         func(r *api.ExecuteRequest) { r.Timeout = durationpb.New(time.Hour) },
		"idempotency_key": func(r *api.ExecuteRequest) { r.IdempotencyKey = strings.Repeat("k", 300) },
		"reason":          func(r *api.ExecuteRequest) { r.Reason = strings.Repeat("r", 5000) },
	} {
		req := release("checkout", 0, "one")
		change(req)
		if p := b.refuse(req, problem.Invalid); p.Field != field || p.Remedy == "" {
			t.Errorf("%s: %+v", field, p)
		}
	}
	b.refuse(&api.ExecuteRequest{}, problem.Invalid)
	if _, err := b.commands.GetOperation(t.Context(), &api.GetOperationRequest{Id: "op-none"}); problem.From(err).Kind != problem.NotFound {
		t.Errorf("an unknown operation: %v", err)
	}
	if b.service.Repo().View().Snapshot.Application("checkout") != nil {
		t.Error("something was written")
	}
}

func TestARepoWithEnvironmentsOnlyIsAdopted(t *testing.T) {
	git := gitservertest.NewRepo(t)
	git.Commit(t, "refs/heads/main", "by hand", map[string]string{
		"environments/qa/config.json": `{"upstream":{"latest":true},"note":"kept"}`, "README.md": "ours",
	})
	b := newBed(t, gitservertest.ServeHTTP(t, git).URL, nil)
	if list := b.service.Repo().View().Snapshot.Environments(); len(list) != 1 || list[0].Name != "qa" {
		t.Fatalf("environments: %v", list)
	}
	if got := git.Git(t, "show", "main:README.md"); got != "ours" {
		t.Errorf("README.md: %q", got)
	}
	if !strings.Contains(git.Git(t, "show", "main:environments/qa/config.json"), "kept") {
		t.Error("a field was lost")
	}
	req := release("checkout", 0, "one")
	req.GetCreateRelease().Manifests = map[string]string{"qa": configMap("checkout", "x")}
	b.do(req)
	b.whole()
	// A second service on the same repo, with nothing on disk, reads the same.
	other := newBed(t, b.url, nil)
	if other.deployed("checkout", "qa") != 1 {
		t.Error("the second service reads something else")
	}
	other.whole()
}

func TestReposThatAreNotOursAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		remedy string
	}{
		"kuberpult": {map[string]string{"environments/qa/config.json": "{}", "applications/a/releases/1/created_at": "x"}, "repo import"},
		"source":    {map[string]string{"main.go": "package main", "cmd/x/x.go": "package x"}, "empty repository"},
	} {
		t.Run(name, func(t *testing.T) {
			git := gitservertest.NewRepo(t)
			git.Commit(t, "refs/heads/main", "theirs", c.files)
			before := git.Refs(t)
			b := &bed{t: t, dir: t.TempDir(), url: gitservertest.ServeHTTP(t, git).URL}
			err := b.open()
			if p := problem.From(err); err == nil || p.Kind != problem.Conflict || !strings.Contains(p.Remedy, c.remedy) {
				t.Fatalf("answer: %v", err)
			}
			if fmt.Sprint(git.Refs(t)) != fmt.Sprint(before) {
				t.Error("something was written")
			}
		})
	}
}

func TestAServerThatHidesOrRefusesTheLogIsFoundAtTheFirstStart(t *testing.T) {
	for name, damage := range map[string]func(*gitservertest.Repo){
		"hidden":              func(g *gitservertest.Repo) { g.Hide(t, "refs/signalbox") },
		"hidden from reading": func(g *gitservertest.Repo) { g.Config(t, "uploadpack.hideRefs", "refs/signalbox") },
		"refused":             func(g *gitservertest.Repo) { g.RefuseRef(t, "refs/signalbox/log/0001", "only branches here") },
	} {
		t.Run(name, func(t *testing.T) {
			git := gitservertest.NewRepo(t)
			damage(git)
			b := &bed{t: t, dir: t.TempDir(), url: gitservertest.ServeHTTP(t, git).URL}
			err := b.open()
			if p := problem.From(err); err == nil || !strings.Contains(p.Remedy, "--git-log-ref") {
				t.Fatalf("answer: %v", err)
			}
			if !git.Ref(t, "refs/heads/main").IsZero() {
				t.Error("main was written all the same")
			}
			// The way out that the remedy names.
			b.change = func(o *cdservice.Options) { o.LogRef = "refs/heads/signalbox-log" }
			b.must(b.open())
			b.do(release("checkout", 0, "one"))
			b.whole()
			b.stop()
			// The setting matters at the first start only.
			b.change = nil
			b.must(b.open())
			b.do(release("checkout", 0, "two"))
			b.whole()
			b.kill()
		})
	}
}

func TestReadsGoOnWhileTheRemoteIsAway(t *testing.T) {
	git := gitservertest.NewRepo(t)
	server := gitservertest.ServeHTTP(t, git)
	b := newBed(t, server.URL, nil)
	b.do(release("checkout", 0, "one"))
	b.stop()
	server.OnAdvertise(gitservertest.Status(503, "down"))
	b.must(b.open())
	status, err := api.NewSystemServiceClient(b.conn).GetStatus(t.Context(), &api.GetStatusRequest{})
	b.must(err)
	if !status.Ready || status.Applications != 1 {
		t.Errorf("status: %v", status)
	}
	b.refuse(release("checkout", 0, "two"), problem.Unavailable)
	server.OnAdvertise(nil)
	b.do(release("checkout", 0, "two"))
	b.whole()
}

func TestManyClientsLoseNothing(t *testing.T) {
	b := newBed(t, "", nil)
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			for i := range 12 {
				if _, err := b.execute(release(fmt.Sprintf("app-%d", client%3), 0, fmt.Sprintf("%d-%d", client, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	report := b.whole()
	if report.Releases != 96 {
		t.Errorf("%d releases of 96", report.Releases)
	}
}
