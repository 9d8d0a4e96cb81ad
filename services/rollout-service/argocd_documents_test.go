// Package rolloutservice_test reads what Signalbox renders for Argo CD with Argo CD's own types. It stands here because only this
// service may import them: they pull in more than a thousand packages.
package rolloutservice_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/go-git/go-git/v5/plumbing"
	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

const (
	repoURL = "https://git.example.com/manifests.git"
	branch  = "main"
	config  = `{
		"environmentGroup": "production",
		"upstream": {"environment": "staging"},
		"argocd": {
			"accessList": [{"group": "*", "kind": "ClusterRole"}, {"group": "", "kind": "Namespace"}],
			"applicationAnnotations": {"notifications.argoproj.io/subscribe.on-sync-failed.slack": "line"},
			"destination": {"server": "https://kubernetes.default.svc", "appProjectNamespace": "*", "applicationNamespace": "shop"},
			"ignoreDifferences": [{"group": "apps", "kind": "Deployment", "name": "a", "namespace": "b", "jsonPointers": ["/spec/replicas"],
				"jqPathExpressions": [".spec.template"], "managedFieldsManagers": ["hpa"]}],
			"syncOptions": ["ApplyOutOfSyncOnly=true", "CreateNamespace=true"],
			"syncWindows": [
				{"schedule": "0 22 * * *", "duration": "2h", "kind": "deny", "timeZone": "Europe/Berlin"},
				{"schedule": "0 8 * * *", "duration": "30m", "kind": "allow", "applications": ["checkout"], "manualSync": false},
				{"schedule": "0 9 * * *", "duration": "1h", "kind": "allow", "namespaces": ["shop"], "clusters": ["de"]}
			]
		}
	}`
	deployment = `{"version": 1, "manifestBlob": "257cc5642cb1a054f08cc83f2d943e56fd3ebe99",
		"deployedAt": "2026-11-20T09:00:00Z", "deployedBy": {"name": "Anna Koch"}}`
)

// documents renders an environment with three applications; one has a name that YAML would take for a number, one has no team.
func documents(t *testing.T) []string {
	t.Helper()
	update := manifestrepo.Update{}
	for path, text := range map[string]string{
		manifestrepo.ConfigPath("production-de"):                 config,
		manifestrepo.ApplicationPath("checkout"):                 `{"team": "payments"}`,
		manifestrepo.ApplicationPath("12"):                       `{"team": "on"}`,
		manifestrepo.DeploymentPath("production-de", "checkout"): deployment,
		manifestrepo.DeploymentPath("production-de", "search"):   deployment,
		manifestrepo.DeploymentPath("production-de", "12"):       deployment,
	} {
		content := []byte(text)
		hash := plumbing.ComputeHash(plumbing.BlobObject, content)
		update.Changes = append(update.Changes, manifestrepo.PathChange{Path: path, New: hash, Content: content})
	}
	snapshot, _, err := manifestrepo.Empty().Apply(context.Background(), update, nil)
	if err != nil || len(snapshot.Problems()) > 0 {
		t.Fatal(err, snapshot.Problems())
	}
	text, err := argocd.NewRenderer(argocd.Settings{RepoURL: repoURL, Branch: branch}).Environment(snapshot, "production-de")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "---\n")
}

// read is strict: a field that Argo CD does not know is an error.
func read[T any](t *testing.T, document string) *T {
	t.Helper()
	var out T
	if err := yaml.UnmarshalStrict([]byte(document), &out); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return &out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

func TestArgoCDReadsTheAppProject(t *testing.T) {
	p := read[v1alpha1.AppProject](t, documents(t)[0])
	same(t, "kind", p.APIVersion+" "+p.Kind, "argoproj.io/v1alpha1 AppProject")
	same(t, "name", p.Name, "production-de")
	same(t, "description", p.Spec.Description, "production-de")
	same(t, "source repos", p.Spec.SourceRepos, []string{"*"})
	same(t, "destinations", p.Spec.Destinations, []v1alpha1.ApplicationDestination{{Server: "https://kubernetes.default.svc", Namespace: "*"}})
	same(t, "cluster resources", len(p.Spec.ClusterResourceWhitelist), 2)
	same(t, "the core group", p.Spec.ClusterResourceWhitelist[1].Group+"/"+p.Spec.ClusterResourceWhitelist[1].Kind, "/Namespace")
	same(t, "sync windows", p.Spec.SyncWindows, v1alpha1.SyncWindows{
		{Kind: "deny", Schedule: "0 22 * * *", Duration: "2h", Applications: []string{"*"}, ManualSync: true, TimeZone: "Europe/Berlin"},
		{Kind: "allow", Schedule: "0 8 * * *", Duration: "30m", Applications: []string{"checkout"}},
		{Kind: "allow", Schedule: "0 9 * * *", Duration: "1h", Namespaces: []string{"shop"}, Clusters: []string{"de"}, ManualSync: true},
	})
	for _, w := range p.Spec.SyncWindows {
		if err := w.Validate(); err != nil {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

func TestArgoCDReadsTheApplications(t *testing.T) {
	all := documents(t)
	same(t, "number of documents", len(all), 4)
	for i, want := range []struct{ app, team string }{{"12", "on"}, {"checkout", "payments"}, {"search", ""}} {
		a := read[v1alpha1.Application](t, all[i+1])
		folder := "environments/production-de/applications/" + want.app + "/manifests"
		same(t, "kind", a.APIVersion+" "+a.Kind, "argoproj.io/v1alpha1 Application")
		same(t, "name", a.Name, "production-de-"+want.app)
		same(t, "finalizers", a.Finalizers, []string{"resources-finalizer.argocd.argoproj.io"})
		same(t, "labels", a.Labels, map[string]string{"com.freiheit.kuberpult/team": want.team})
		same(t, "annotations", a.Annotations, map[string]string{
			"argocd.argoproj.io/manifest-generate-paths":               "/" + folder,
			"com.freiheit.kuberpult/application":                       want.app,
			"com.freiheit.kuberpult/environment":                       "production-de",
			"com.freiheit.kuberpult/team":                              want.team,
			"notifications.argoproj.io/subscribe.on-sync-failed.slack": "line",
		})
		same(t, "spec", a.Spec, v1alpha1.ApplicationSpec{
			Project:     "production-de",
			Source:      &v1alpha1.ApplicationSource{RepoURL: repoURL, Path: folder, TargetRevision: branch},
			Destination: v1alpha1.ApplicationDestination{Server: "https://kubernetes.default.svc", Namespace: "shop"},
			SyncPolicy: &v1alpha1.SyncPolicy{
				Automated:   &v1alpha1.SyncPolicyAutomated{Prune: true, SelfHeal: true, AllowEmpty: true},
				SyncOptions: v1alpha1.SyncOptions{"ApplyOutOfSyncOnly=true", "CreateNamespace=true"},
			},
			IgnoreDifferences: v1alpha1.IgnoreDifferences{{
				Group: "apps", Kind: "Deployment", Name: "a", Namespace: "b", JSONPointers: []string{"/spec/replicas"},
				JQPathExpressions: []string{".spec.template"}, ManagedFieldsManagers: []string{"hpa"},
			}},
		})
	}
}

// The AppProject lets its own Applications in.
func TestTheAppProjectPermitsItsApplications(t *testing.T) {
	all := documents(t)
	p := read[v1alpha1.AppProject](t, all[0])
	for _, document := range all[1:] {
		a := read[v1alpha1.Application](t, document)
		if !p.IsSourcePermitted(*a.Spec.Source) {
			t.Errorf("%s: its source is not permitted", a.Name)
		}
		permitted, err := p.IsDestinationPermitted(a.Spec.Destination, func(string) ([]*v1alpha1.Cluster, error) { return nil, nil })
		if err != nil || !permitted {
			t.Errorf("%s: its destination is not permitted (%v)", a.Name, err)
		}
		if !p.Spec.SyncWindows.Matches(a).HasWindows() {
			t.Errorf("%s: no sync window is for it", a.Name)
		}
	}
}
