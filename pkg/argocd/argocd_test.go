package argocd

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

var update = flag.Bool("update", false, "write testdata anew; read it before you commit")

var settings = Settings{RepoURL: "https://git.example.com/manifests.git", Branch: "main"}

// repo is a Snapshot and the way to change it.
type repo struct {
	t        testing.TB
	snapshot *manifestrepo.Snapshot
	renderer *Renderer
}

func newRepo(t testing.TB) *repo {
	return &repo{t: t, snapshot: manifestrepo.Empty(), renderer: NewRenderer(settings)}
}

// change applies files (nil: deleted) and gives the edits that follow for Argo CD, as "+ path" and "- path".
func (r *repo) change(files map[string]string) []string {
	r.t.Helper()
	u := manifestrepo.Update{}
	for path, text := range files {
		c := manifestrepo.PathChange{Path: path}
		if text != "" {
			c.Content = []byte(text)
			c.New = plumbing.ComputeHash(plumbing.BlobObject, c.Content)
		}
		u.Changes = append(u.Changes, c)
	}
	next, delta, err := r.snapshot.Apply(context.Background(), u, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	edits, err := r.renderer.Update(r.snapshot, next, delta)
	if err != nil {
		r.t.Fatal(err)
	}
	r.snapshot = next
	var out []string
	for _, e := range edits {
		sign := "+ "
		if e.Delete {
			sign = "- "
		} else if again, err := NewRenderer(settings).Environment(next, strings.TrimSuffix(e.Path[len("argocd/v1alpha1/"):], ".yaml")); err != nil || !bytes.Equal(again, e.Content) {
			r.t.Errorf("%s: a new renderer gives %q (%v), the old one %q", e.Path, again, err, e.Content)
		}
		out = append(out, sign+e.Path)
	}
	return out
}

func (r *repo) expect(want []string, files map[string]string) {
	r.t.Helper()
	if got := r.change(files); !slices.Equal(got, want) {
		r.t.Errorf("edits %q, want %q", got, want)
	}
}

func runsVersion(env, app string, version int) map[string]string {
	return map[string]string{
		manifestrepo.DeploymentPath(env, app): fmt.Sprintf(`{"version": %d, "manifestBlob": "257cc5642cb1a054f08cc83f2d943e56fd3ebe99",
			"deployedAt": "2026-11-20T09:00:00Z", "deployedBy": {"name": "Anna"}}`, version),
	}
}

const server = `{"argocd": {"destination": {"server": "https://kubernetes.default.svc"}}}`

// The whole of what an environment can say, as a person reads it.
func TestDocuments(t *testing.T) {
	r := newRepo(t)
	r.change(map[string]string{
		"environments/production-de/config.json": `{"argocd": {
			"accessList": [{"group": "*", "kind": "ClusterRole"}],
			"applicationAnnotations": {"notifications.argoproj.io/subscribe.on-sync-failed.slack": "line", "com.freiheit.kuberpult/team": "forged"},
			"destination": {"name": "de", "server": "https://kubernetes.default.svc", "appProjectNamespace": "*", "applicationNamespace": "shop"},
			"ignoreDifferences": [{"group": "apps", "kind": "Deployment", "name": "a", "namespace": "b", "jsonPointers": ["/spec/replicas"],
				"jqPathExpressions": [".spec"], "managedFieldsManagers": ["hpa"]}],
			"syncOptions": ["ApplyOutOfSyncOnly=true"],
			"syncWindows": [
				{"schedule": "0 22 * * *", "duration": "2h", "kind": "deny", "timeZone": "Europe/Berlin"},
				{"schedule": "0 8 * * *", "duration": "30m", "kind": "allow", "applications": ["checkout"], "manualSync": false},
				{"schedule": "0 9 * * *", "duration": "1h", "kind": "allow", "namespaces": ["shop"]}]}}`,
		"applications/checkout/application.json": `{"team": "payments"}`,
		"applications/12/application.json":       `{"team": "true"}`,
	})
	for _, app := range []string{"search", "checkout", "12"} {
		r.change(runsVersion("production-de", app, 1))
	}
	got, err := r.renderer.Environment(r.snapshot, "production-de")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/production-de.yaml"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\nwant:\n%s\ngot:\n%s", err, want, got)
	}
}

func TestNamespaceWinsOverTheTwoOthers(t *testing.T) {
	c := &manifestrepo.ArgoCDConfig{Destination: manifestrepo.Destination{
		Name: "de", Namespace: "all", AppProjectNamespace: "project", ApplicationNamespace: "application",
	}}
	for _, want := range []struct{ namespace, project, application string }{{"all", "all", "all"}, {"", "project", "application"}} {
		c.Destination.Namespace = want.namespace
		if got := projectDocument("e", c).Spec.Destinations[0].Namespace; got != want.project {
			t.Errorf("AppProject in %q, want %q", got, want.project)
		}
		if got := applicationDocument(settings, "e", c, "a", "t").Spec.Destination.Namespace; got != want.application {
			t.Errorf("Application in %q, want %q", got, want.application)
		}
	}
}

func TestUpdateWritesOnlyWhatChanged(t *testing.T) {
	r := newRepo(t)
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, map[string]string{"environments/de/config.json": server, "environments/qa/config.json": "{}"})
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, runsVersion("de", "checkout", 1)) // it joined
	r.expect(nil, runsVersion("de", "checkout", 2))                                   // a new version
	r.expect(nil, runsVersion("qa", "checkout", 2))                                   // no argocd settings there
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, map[string]string{"applications/checkout/application.json": `{"team": "payments"}`})
	r.expect(nil, map[string]string{"applications/checkout/application.json": `{"team": "payments", "project": "shop"}`})
	r.expect(nil, map[string]string{"applications/elsewhere/application.json": `{"team": "payments"}`})
	r.expect(nil, map[string]string{"environments/de/locks/l1.json": `{"message": "m"}`})
	r.expect(nil, map[string]string{"environments/de/config.json": strings.Replace(server, "{", `{"upstream": {"latest": true}, `, 1)})
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, map[string]string{"environments/de/config.json": strings.Replace(server, "default", "other", 1)})
	r.expect([]string{"+ argocd/v1alpha1/qa.yaml"}, map[string]string{"environments/qa/config.json": server})
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, map[string]string{manifestrepo.DeploymentPath("de", "checkout"): ""}) // it left
	r.expect([]string{"- argocd/v1alpha1/qa.yaml"}, map[string]string{"environments/qa/config.json": "{}"})
	r.expect([]string{"- argocd/v1alpha1/de.yaml"}, map[string]string{"environments/de/config.json": ""})
}

// What Argo CD runs must not vanish because a hand slipped in the manifest repo.
func TestGarbageRemovesNothing(t *testing.T) {
	r := newRepo(t)
	r.change(map[string]string{"environments/de/config.json": server})
	files := runsVersion("de", "checkout", 1)
	files[manifestrepo.ManifestPath("de", "checkout")] = "kind: A"
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, files)
	r.expect(nil, map[string]string{manifestrepo.DeploymentPath("de", "checkout"): "garbage"})
	r.expect(nil, map[string]string{"environments/de/config.json": "garbage"})
	r.expect(nil, runsVersion("de", "search", 1))
	r.expect([]string{"+ argocd/v1alpha1/de.yaml"}, map[string]string{"environments/de/config.json": server})
	text, err := r.renderer.Environment(r.snapshot, "de")
	if err != nil || !bytes.Contains(text, []byte("name: de-checkout")) || !bytes.Contains(text, []byte("name: de-search")) {
		t.Errorf("%v\n%s", err, text)
	}
}

// The pattern with names filled in is what the YAML library writes.
func TestPatternIsTheDocument(t *testing.T) {
	name := rapid.Custom(func(t *rapid.T) string {
		return rapid.OneOf(
			rapid.StringMatching(`[a-z0-9]{1,8}(-[a-z0-9]{1,5}){0,2}`),
			rapid.SampledFrom([]string{"y", "no", "on", "true", "null", "1e3", "0x1", "1-1", "12", "", "stand-in-0-app", "stand-in-0-team", "a"}),
		).Draw(t, "name")
	})
	rapid.Check(t, func(t *rapid.T) {
		env, app, team := name.Draw(t, "env"), name.Draw(t, "app"), name.Draw(t, "team")
		c := &manifestrepo.ArgoCDConfig{
			Destination:            manifestrepo.Destination{Name: name.Draw(t, "cluster")},
			ApplicationAnnotations: map[string]string{"k/" + name.Draw(t, "key"): name.Draw(t, "value")},
			SyncOptions:            []string{rapid.StringMatching(`[ -\x7fäß😀]{0,10}`).Draw(t, "option")},
		}
		p, err := newPattern(settings, env, c)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := p.application(&got, app, team); err != nil {
			t.Fatal(err)
		}
		document := applicationDocument(settings, env, c, app, team)
		if want, err := yaml.Marshal(document); err == nil && got.String() != string(want) {
			t.Fatalf("want:\n%s\ngot:\n%s", want, got.String())
		}
		var read application
		if err := yaml.UnmarshalStrict(got.Bytes(), &read); err != nil || !reflect.DeepEqual(read, document) {
			t.Fatalf("%v: %s\nreads as %+v\nwant     %+v", err, got.String(), read, document)
		}
	})
}

// One application joins an environment of 2,000.
func BenchmarkJoin(b *testing.B) {
	r := newRepo(b)
	r.change(map[string]string{"environments/de/config.json": server})
	files := map[string]string{}
	for i := range 2000 {
		for path, text := range runsVersion("de", fmt.Sprintf("application-%d", i), 1) {
			files[path] = text
		}
	}
	r.change(files)
	before := r.snapshot
	r.change(runsVersion("de", "newcomer", 1))
	delta := manifestrepo.Delta{Applications: []string{"newcomer"}}
	for b.Loop() {
		edits, err := r.renderer.Update(before, r.snapshot, delta)
		if err != nil || len(edits) != 1 {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(edits[0].Content)))
	}
}
