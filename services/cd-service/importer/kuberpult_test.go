package importer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// The repo of these tests is what kuberpult 1.24 writes, made with `git fast-import`: no code of ours takes part.

const (
	branch  = "refs/heads/main"
	logRef  = "refs/signalbox/log/0001"
	repoURL = "ssh://git@git.example.com/manifests.git"
)

// tree is the files of a commit. A value "-> x" is a symbolic link to x, "+x y" an executable file with content y.
type tree map[string]string

// release is a release as kuberpult stores it.
func (t tree) release(app string, version int, created, message string, manifests map[string]string) {
	folder := fmt.Sprintf("applications/%s/releases/%d/", app, version)
	t[folder+"created_at"] = created
	t[folder+"source_message"] = message
	t[folder+"source_author"] = "Rosa Stein <rs@example.com>"
	t[folder+"source_commit_id"] = fmt.Sprintf("5f2c1a09d3%030d", version)
	for env, m := range manifests {
		t[folder+"environments/"+env+"/manifests.yaml"] = m
	}
}

// deploy is a deployment as kuberpult stores it.
func (t tree) deploy(env, app string, version int, manifest string) {
	folder := "environments/" + env + "/applications/" + app + "/"
	t[folder+"version"] = fmt.Sprintf("-> ../../../../applications/%s/releases/%d", app, version)
	t[folder+"manifests/manifests.yaml"] = manifest
	t[folder+"deployed_by"] = "Anna Koch"
	t[folder+"deployed_by_email"] = "ak@example.com"
	t[folder+"deployed_at_utc"] = "2024-02-15 10:11:12.345 +0000 UTC"
}

func (t tree) lock(folder, message string) {
	t[folder+"/message"] = message
	t[folder+"/created_by_name"] = "Anna Koch"
	t[folder+"/created_by_email"] = "ak@example.com"
	t[folder+"/created_at"] = "2024-02-16T09:00:00+01:00"
}

func manifest(app, env string, version int) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  # version %d, as uploaded  \n  replicas: 1\n", app, env, version)
}

func manifestsOf(app string, version int, envs ...string) map[string]string {
	m := map[string]string{}
	for _, env := range envs {
		m[env] = manifest(app, env, version)
	}
	return m
}

const stagingConfig = `{
  "upstream": {
    "environment": "development"
  },
  "argocd": {
    "destination": {
      "server": "https://staging.example.com:6443",
      "appProjectNamespace": "*",
      "applicationNamespace": "shop"
    },
    "syncWindows": [
      {
        "schedule": "0 22 * * *",
        "duration": "2h",
        "kind": "deny"
      }
    ],
    "accessList": [
      {
        "group": "*",
        "kind": "ClusterRole"
      }
    ],
    "applicationAnnotations": {
      "notifications.argoproj.io/subscribe.on-sync-failed.slack": "line"
    },
    "ignoreDifferences": [
      {
        "group": "apps",
        "kind": "Deployment",
        "jsonPointers": [
          "/spec/replicas"
        ]
      }
    ],
    "syncOptions": [
      "ApplyOutOfSyncOnly=true"
    ]
  }
}
`

// shop is a kuberpult repo with a bit of everything.
func shop() tree {
	t := tree{
		"environments/development/config.json":                             "{\n  \"upstream\": {\n    \"latest\": true\n  },\n  \"argocd\": {\n    \"destination\": {\n      \"name\": \"dev\",\n      \"server\": \"https://kubernetes.default.svc\",\n      \"namespace\": \"*\"\n    }\n  }\n}\n",
		"environments/staging/config.json":                                 stagingConfig,
		"environments/production/config.json":                              `{"upstream":{"environment":"staging"},"environmentGroup":"prod","ourOwnField":7}`,
		"applications/checkout/team":                                       "payments",
		"applications/cart/sourceRepoUrl":                                  "https://git.example.com/shop/cart",
		"README.md":                                                        "our manifests",
		"scripts/check":                                                    "+x #!/bin/sh\nexit 0\n",
		"applications/checkout/OWNERS":                                     "anna",
		"commits/5f/2c1a09d3000000000000000000000000000001/.gitkeep":       "",
		"commits/5f/2c1a09d3000000000000000000000000000001/source_message": "first",
		"commits/5f/2c1a09d3000000000000000000000000000001/applications/checkout/.gitkeep": "",
	}
	t.release("checkout", 1, "2024-02-15T10:00:00+01:00", "first", manifestsOf("checkout", 1, "development", "staging"))
	t.release("checkout", 2, "2024-02-15T11:00:00+01:00", "second\n\nSignalbox-Record: removed", manifestsOf("checkout", 2, "development", "staging", "production"))
	t.release("checkout", 3, "2024-02-16T11:00:00+01:00", "third", manifestsOf("checkout", 3, "development", "staging"))
	t["applications/checkout/releases/3/display_version"] = "2.15.0"
	t.deploy("development", "checkout", 3, manifest("checkout", "development", 3))
	t.deploy("staging", "checkout", 2, manifest("checkout", "staging", 2))
	t["environments/staging/applications/checkout/queued_version"] = "-> ../../../../applications/checkout/releases/3"
	t.lock("environments/staging/applications/checkout/locks/hold-it", "wait for the data team")
	t.lock("environments/production/locks/freeze 1", "freeze")
	t.lock("environments/production/applications/newapp/locks/not-yet", "")

	// Release 5 was posted after release 7: a back-filled number. Release 7 was edited by hand where it runs.
	t.release("cart", 7, "2024-02-15T09:30:00Z", "seven", manifestsOf("cart", 7, "development"))
	t.release("cart", 5, "2024-02-17T09:30:00Z", "five", manifestsOf("cart", 5, "development"))
	t.deploy("development", "cart", 7, manifest("cart", "development", 7)+"# by hand\n")

	t.release("old", 1, "2024-01-01T00:00:00Z", "", map[string]string{"development": "x: 1\n"})
	t["applications/old/releases/2/undeploy"] = ""
	t["applications/old/releases/2/created_at"] = "2024-01-02T00:00:00Z"
	t["applications/old/releases/2/environments/development/manifests.yaml"] = " "
	t.deploy("development", "old", 2, " ")

	t["argocd/v1alpha1/development.yaml"] = developmentDocuments
	t["argocd/v1alpha1/staging.yaml"] = stagingDocuments
	return t
}

// application is one of kuberpult's Applications, in its words (facts of section 4.1).
func application(env, app, team, namespace, destination, more string) string {
	return fmt.Sprintf(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd.argoproj.io/manifest-generate-paths: /environments/%[1]s/applications/%[2]s/manifests
    com.freiheit.kuberpult/application: %[2]s
    com.freiheit.kuberpult/environment: %[1]s
    com.freiheit.kuberpult/team: %[3]q
%[6]s  finalizers:
  - resources-finalizer.argocd.argoproj.io
  labels:
    com.freiheit.kuberpult/team: %[3]q
  name: %[1]s-%[2]s
spec:
  destination:
%[5]s    namespace: %[4]q
  project: %[1]s
  source:
    path: environments/%[1]s/applications/%[2]s/manifests
    repoURL: ssh://git@git.example.com/manifests.git
    targetRevision: main
`, env, app, team, namespace, destination, more)
}

const devDestination = "    name: dev\n    server: https://kubernetes.default.svc\n"

const plainSync = "  syncPolicy:\n    automated:\n      allowEmpty: true\n      prune: true\n      selfHeal: true\n"

var developmentDocuments = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: development
spec:
  description: development
  destinations:
  - name: dev
    namespace: '*'
    server: https://kubernetes.default.svc
  sourceRepos:
  - '*'
---
` + application("development", "cart", "", "*", devDestination, "") + plainSync +
	"---\n" + application("development", "checkout", "payments", "*", devDestination, "") + plainSync +
	"---\n" + application("development", "old", "", "*", devDestination, "") + plainSync

var stagingDocuments = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: staging
spec:
  clusterResourceWhitelist:
  - group: '*'
    kind: ClusterRole
  description: staging
  destinations:
  - namespace: '*'
    server: https://staging.example.com:6443
  sourceRepos:
  - '*'
  syncWindows:
  - applications:
    - '*'
    duration: 2h
    kind: deny
    manualSync: true
    schedule: 0 22 * * *
---
` + application("staging", "checkout", "payments", "shop", "    server: https://staging.example.com:6443\n",
	"    notifications.argoproj.io/subscribe.on-sync-failed.slack: line\n") +
	`  ignoreDifferences:
  - group: apps
    jsonPointers:
    - /spec/replicas
    kind: Deployment
` + plainSync + "    syncOptions:\n    - ApplyOutOfSyncOnly=true\n"

// bed is a remote with a kuberpult repo, and the mirror that an import works in.
type bed struct {
	t      testing.TB
	remote string
	now    time.Time
}

func newBed(t testing.TB, files ...tree) *bed {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	b := &bed{t: t, remote: filepath.Join(t.TempDir(), "remote.git"), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	b.run("", "init", "-q", "--bare", "-b", "main", b.remote)
	b.commit("create environment", tree{"environments/development/config.json": "{}"})
	for _, f := range files {
		b.commit("created version 3 of \"checkout\"\ndeployed version 3 of \"checkout\" to \"development\"", f)
	}
	return b
}

// commit makes the branch's next commit, of exactly these files, the way a foreign program does.
func (b *bed) commit(message string, files tree) {
	b.t.Helper()
	var s bytes.Buffer
	fmt.Fprintf(&s, "commit refs/heads/main\nauthor CI <ci@example.com> 1708000000 +0100\ncommitter kuberpult <kuberpult@freiheit.com> 1708000000 +0100\ndata %d\n%s\n", len(message), message)
	if _, err := os.Stat(filepath.Join(b.remote, "refs/heads/main")); err == nil {
		s.WriteString("from refs/heads/main^0\ndeleteall\n")
	}
	var paths []string
	for path := range files {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		mode, content := "100644", files[path]
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			mode, content = "120000", target
		} else if text, ok := strings.CutPrefix(content, "+x "); ok {
			mode, content = "100755", text
		}
		fmt.Fprintf(&s, "M %s inline %s\ndata %d\n%s\n", mode, path, len(content), content)
	}
	b.run(s.String(), "-C", b.remote, "fast-import", "--quiet", "--force")
}

func (b *bed) run(stdin string, args ...string) string {
	b.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// git asks the remote.
func (b *bed) git(args ...string) string {
	b.t.Helper()
	return b.run("", append([]string{"-C", b.remote}, args...)...)
}

// open gives a fresh mirror of the remote, as a process that starts anew has it.
func (b *bed) open() *gitstore.Store {
	b.t.Helper()
	r, err := remote.Open(remote.Options{URL: b.remote})
	if err != nil {
		b.t.Fatal(err)
	}
	store, err := gitstore.Open(context.Background(), gitstore.Options{Dir: filepath.Join(b.t.TempDir(), "mirror.git"), Refs: Refs(branch, logRef), Remote: r})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.t.Error(err)
		}
	})
	return store
}

func (b *bed) options() Options {
	return Options{
		Store: b.open(), Branch: branch, LogRef: logRef, Renderer: argocd.NewRenderer(argocd.Settings{RepoURL: repoURL, Branch: "main"}),
		Author: manifestrepo.Actor{Name: "Operator", Email: "op@example.com"}, CommitterEmail: "signalbox@example.com", Now: func() time.Time { return b.now },
	}
}
