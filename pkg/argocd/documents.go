package argocd

import "github.com/signalbox-dev/signalbox/pkg/manifestrepo"

// What stands on every document; kuberpult's names, because teams select by them.
const (
	apiVersion      = "argoproj.io/v1alpha1"
	finalizer       = "resources-finalizer.argocd.argoproj.io"
	annotationPaths = "argocd.argoproj.io/manifest-generate-paths"
	keyApplication  = "com.freiheit.kuberpult/application"
	keyEnvironment  = "com.freiheit.kuberpult/environment"
	keyTeam         = "com.freiheit.kuberpult/team"
	allApplications = "*"
	allSourceRepos  = "*"
	kindAppProject  = "AppProject"
	kindApplication = "Application"
)

// The documents, with the fields that we write. The order of fields in the file is that of their names.
type (
	metadata struct {
		Name        string            `json:"name"`
		Labels      map[string]string `json:"labels,omitempty"`
		Annotations map[string]string `json:"annotations,omitempty"`
		Finalizers  []string          `json:"finalizers,omitempty"`
	}
	appProject struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   metadata       `json:"metadata"`
		Spec       appProjectSpec `json:"spec"`
	}
	appProjectSpec struct {
		Description              string                     `json:"description"`
		SourceRepos              []string                   `json:"sourceRepos"`
		Destinations             []destination              `json:"destinations"`
		ClusterResourceWhitelist []manifestrepo.AccessEntry `json:"clusterResourceWhitelist,omitempty"`
		SyncWindows              []syncWindow               `json:"syncWindows,omitempty"`
	}
	destination struct {
		Name      string `json:"name,omitempty"`
		Namespace string `json:"namespace,omitempty"`
		Server    string `json:"server,omitempty"`
	}
	syncWindow struct {
		Kind         string   `json:"kind"`
		Schedule     string   `json:"schedule"`
		Duration     string   `json:"duration"`
		Applications []string `json:"applications,omitempty"`
		Namespaces   []string `json:"namespaces,omitempty"`
		Clusters     []string `json:"clusters,omitempty"`
		ManualSync   bool     `json:"manualSync,omitempty"`
		TimeZone     string   `json:"timeZone,omitempty"`
	}
	application struct {
		APIVersion string          `json:"apiVersion"`
		Kind       string          `json:"kind"`
		Metadata   metadata        `json:"metadata"`
		Spec       applicationSpec `json:"spec"`
	}
	applicationSpec struct {
		Project           string                          `json:"project"`
		Source            source                          `json:"source"`
		Destination       destination                     `json:"destination"`
		IgnoreDifferences []manifestrepo.IgnoreDifference `json:"ignoreDifferences,omitempty"`
		SyncPolicy        syncPolicy                      `json:"syncPolicy"`
	}
	source struct {
		RepoURL        string `json:"repoURL"`
		Path           string `json:"path"`
		TargetRevision string `json:"targetRevision"`
	}
	syncPolicy struct {
		Automated   automated `json:"automated"`
		SyncOptions []string  `json:"syncOptions,omitempty"`
	}
	automated struct {
		AllowEmpty bool `json:"allowEmpty"`
		Prune      bool `json:"prune"`
		SelfHeal   bool `json:"selfHeal"`
	}
)

func projectDocument(env string, c *manifestrepo.ArgoCDConfig) appProject {
	windows := make([]syncWindow, 0, len(c.SyncWindows))
	for _, w := range c.SyncWindows {
		windows = append(windows, windowOf(w))
	}
	return appProject{
		APIVersion: apiVersion, Kind: kindAppProject, Metadata: metadata{Name: env},
		Spec: appProjectSpec{
			Description: env, SourceRepos: []string{allSourceRepos},
			Destinations:             []destination{destinationOf(c.Destination, c.Destination.AppProjectNamespace)},
			ClusterResourceWhitelist: c.AccessList, SyncWindows: windows,
		},
	}
}

// windowOf: a window that selects nothing is for all applications, and people may sync by hand unless the config says otherwise.
func windowOf(w manifestrepo.SyncWindow) syncWindow {
	applications := w.Applications
	if len(applications) == 0 && len(w.Namespaces) == 0 && len(w.Clusters) == 0 {
		applications = []string{allApplications}
	}
	return syncWindow{
		Kind: w.Kind, Schedule: w.Schedule, Duration: w.Duration, Applications: applications,
		Namespaces: w.Namespaces, Clusters: w.Clusters, ManualSync: w.ManualSync == nil || *w.ManualSync, TimeZone: w.TimeZone,
	}
}

// destinationOf: the config's namespace wins over the one that is for this kind of document only.
func destinationOf(d manifestrepo.Destination, own string) destination {
	namespace := d.Namespace
	if namespace == "" {
		namespace = own
	}
	return destination{Name: d.Name, Namespace: namespace, Server: d.Server}
}

func applicationDocument(s Settings, env string, c *manifestrepo.ArgoCDConfig, app, team string) application {
	folder := manifestrepo.ManifestFolder(env, app)
	annotations := make(map[string]string, len(c.ApplicationAnnotations)+4)
	for key, value := range c.ApplicationAnnotations {
		annotations[key] = value
	}
	annotations[annotationPaths] = "/" + folder
	annotations[keyApplication], annotations[keyEnvironment], annotations[keyTeam] = app, env, team
	return application{
		APIVersion: apiVersion, Kind: kindApplication,
		Metadata: metadata{
			Name: env + "-" + app, Labels: map[string]string{keyTeam: team}, Annotations: annotations, Finalizers: []string{finalizer},
		},
		Spec: applicationSpec{
			Project:           env,
			Source:            source{RepoURL: s.RepoURL, Path: folder, TargetRevision: s.Branch},
			Destination:       destinationOf(c.Destination, c.Destination.ApplicationNamespace),
			IgnoreDifferences: c.IgnoreDifferences,
			SyncPolicy:        syncPolicy{Automated: automated{AllowEmpty: true, Prune: true, SelfHeal: true}, SyncOptions: c.SyncOptions},
		},
	}
}
