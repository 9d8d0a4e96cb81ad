package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// garbage is what somebody pushed to a path of the manifest repo, and what must still be refused or possible.
type garbage struct {
	path, content string
	// hit is a command that would need the path; empty when there is none.
	hit badInput
	// stops: nothing at all may be written.
	stops bool
	// unread: the path is nobody's, so that nothing has to be told about it.
	unread bool
}

// deployTo deploys app 2 to staging, which must be refused.
func deployTo(kind problem.Kind, field, says string) badInput {
	return rest("deploy", "POST", "/api/v1/applications/app/environments/staging/deploy", `{"version":"2","lockBehavior":"LOCK_BEHAVIOR_FAIL"}`, kind, field, says)
}

func garbages() []garbage {
	stopped := func(says string) badInput {
		return rest("lock", "POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":"l1","message":"x"}`, problem.Unavailable, "", says)
	}
	const staging = "environments/staging/"
	held := deployTo(problem.Locked, "", "")
	return []garbage{
		{path: "signalbox.json", content: "garbage", hit: stopped("signalbox.json"), stops: true},
		{path: "signalbox.json", content: `{"layout":2}`, hit: stopped("layout"), stops: true},
		{path: "signalbox.json/x", content: "garbage", hit: stopped("signalbox.json"), stops: true},
		{path: "releases.json", content: "garbage", hit: stopped("releases.json"), stops: true},
		{path: "releases.json", content: `{"log":{"head":"0123456789012345678901234567890123456789","ref":"refs/signalbox/log/0001"}}`, hit: stopped(""), stops: true},
		{path: "applications/app/application.json", content: "garbage"},
		{path: "applications", content: "garbage"},
		{path: staging + "config.json", content: "garbage", hit: deployTo(problem.Conflict, "environment", "config.json of staging cannot be read")},
		{path: staging + "config.json", content: `{"upstream":{"latest":true,"environment":"development"}}`, hit: deployTo(problem.Conflict, "environment", "cannot be read")},
		{path: staging + "config.json", content: `{"upstream":{"environment":"production-de"}}`}, // a cycle, pushed by hand
		{path: staging + "config.json/x", content: "garbage", hit: deployTo(problem.NotFound, "environment", "staging")},
		{path: "environments/staging", content: "garbage", hit: deployTo(problem.NotFound, "environment", "staging")},
		{path: staging + "applications/app/deployment.json", content: "garbage", hit: deployTo(problem.Conflict, "", "deployment.json")},
		{path: staging + "applications/app/deployment.json", content: `{"version":-1}`, hit: deployTo(problem.Conflict, "", "deployment.json")},
		{path: staging + "applications/app/manifests", content: "garbage"},
		{path: staging + "locks/l9.json", content: "garbage", hit: held},
		{path: staging + "locks/l9.json", content: strings.Repeat("[", 2<<20), hit: held},
		{path: staging + "applications/app/locks/l9.json", content: "", hit: held},
		{path: "environment-groups/staging/locks/l9.json", content: "null garbage", hit: held},
		{path: staging + "locks/%2e%2e.json", content: "{}"},
		{path: "environments/UPPER/config.json", content: "{}"},
		{path: "applications/a_b/application.json", content: "{}"},
		{path: "argocd/v1alpha1/staging.yaml", content: "garbage: ["},
		{path: "argocd/v1alpha1", content: "garbage"},
		{path: "some/where/else.json", content: "garbage", unread: true},
	}
}

// pushed puts a commit of somebody else with this file on the branch, in place of whatever stands in the way.
func pushed(t *testing.T, repo *gitservertest.Repo, path, content string) {
	t.Helper()
	index := filepath.Join(t.TempDir(), "index")
	git := func(stdin string, args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", repo.Dir}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_INDEX_FILE="+index, "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@y", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@y")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "read-tree", "main")
	git("", "update-index", "--add", "--replace", "--cacheinfo", "100644,"+git(content, "hash-object", "-w", "--stdin")+","+path)
	git("", "update-ref", "refs/heads/main", git("", "commit-tree", git("", "write-tree"), "-p", "main", "-m", "by hand"))
}

// look makes the server look at its remote now.
func (r *running) look(t *testing.T) {
	t.Helper()
	if code, body := post(t, r.url+"/api/v1/notify-push", "{}"); code != 200 {
		t.Fatalf("notify-push: %d %s", code, body)
	}
}

// Garbage at any path of the manifest repo is told, concerns that path alone, and stays as it is until somebody corrects it.
func TestGarbageInTheManifestRepoIsToldAndHarmsNothingElse(t *testing.T) {
	repo := gitservertest.NewRepo(t)
	running := startServer(t, func(st *serve.Settings) { st.Repo.GitURL, st.Repo.PollInterval = repo.Dir, 0 })
	good := releaseRequest("app")
	good.GetCreateRelease().Manifests["staging"] = manifest
	if _, err := clientOf(t, running.url).Execute(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if code, body := post(t, running.url+"/api/v1/trains/staging", "{}"); code != 200 {
		t.Fatalf("train: %d %s", code, body)
	}
	next := releaseRequest("app")
	next.GetCreateRelease().Manifests["staging"] = manifest + "data:\n  next: one\n"
	if _, err := clientOf(t, running.url).Execute(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	whole := repo.Refs(t)
	for _, g := range garbages() {
		t.Run(g.path+" "+fmt.Sprintf("%.20q", g.content), func(t *testing.T) {
			pushed(t, repo, g.path, g.content)
			before := repo.Refs(t)
			running.look(t)
			tellsOf(t, running, g)
			if g.hit.path != "" {
				g.hit.check(t, running.url)
			}
			if after := repo.Refs(t); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("the manifest repo changed: %v", after)
			}
			if !g.stops {
				goesOn(t, running, repo, g)
			}
			// Corrected, it is as before.
			for ref, at := range whole {
				repo.Git(t, "update-ref", ref, at.String())
			}
			running.look(t)
			if code, body := get(t, running.url+"/healthz"); code != 200 {
				t.Errorf("after the correction: %d %s", code, body)
			}
		})
	}
	repo.Fsck(t)
}

// tellsOf demands that reads are answered and that the status names the path.
func tellsOf(t *testing.T, running *running, g garbage) {
	t.Helper()
	for _, path := range []string{"/readyz", "/api/v1/overview", "/api/v1/environments", "/api/v1/locks", "/api/v1/history"} {
		if code, body := get(t, running.url+path); code != 200 {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	_, body := get(t, running.url+"/api/v1/status")
	var status struct {
		Writable     bool
		RepoProblems []struct{ Path, Reason string }
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		t.Fatal(err)
	}
	if status.Writable == g.stops {
		t.Errorf("writable: %v\n%s", status.Writable, body)
	}
	for _, p := range status.RepoProblems {
		if strings.HasPrefix(p.Path, strings.Split(g.path, "/x")[0]) && p.Reason != "" {
			return
		}
	}
	// A cycle and a head that is not there are readable files; those are told in other ways.
	readable := strings.Contains(g.content, `{"environment":"production-de"}`) || strings.Contains(g.content, "0123456789")
	if !g.unread && !readable && !strings.HasPrefix(g.path, "argocd/v1alpha1/") {
		t.Errorf("the status does not name it: %s", body)
	}
}

// goesOn demands that other work is done as ever and that the garbage is kept byte for byte.
func goesOn(t *testing.T, running *running, repo *gitservertest.Repo, g garbage) {
	t.Helper()
	code, body := post(t, running.url+"/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"production-de","id":"other","message":"x"}`)
	if code != 200 {
		t.Errorf("other work: %d %s", code, body)
	}
	if got := repo.Git(t, "show", "main:"+g.path); got != strings.TrimSpace(g.content) {
		t.Errorf("it was changed to %.100q", got)
	}
}

// The second of two services on one data directory does not start; the first does not notice.
func TestTwoServicesOnOneDataDirectory(t *testing.T) {
	first := startServer(t, nil)
	before := heads(t, first.dataDir)
	st := settings(t)
	st.DataDir = first.dataDir
	second, err := tryServer(t, st)
	if err == nil {
		second.stop()
		<-second.ended
		t.Fatal("the second one started")
	}
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Conflict || p.Rule == "" || !strings.Contains(p.Remedy, "--data-dir") {
		t.Errorf("the answer: %v", err)
	}
	if after := heads(t, first.dataDir); after != before {
		t.Errorf("the manifest repo changed:\n%s", after)
	}
	if _, err := clientOf(t, first.url).Execute(t.Context(), releaseRequest("app")); err != nil {
		t.Errorf("the first one: %v", err)
	}
}
