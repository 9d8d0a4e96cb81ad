package manifestrepo

// Config is config.json.
type Config struct {
	Upstream         *Upstream     `json:"upstream,omitempty"`
	EnvironmentGroup string        `json:"environmentGroup,omitempty"`
	ArgoCD           *ArgoCDConfig `json:"argocd,omitempty"`
}

// Upstream says where releases come from.
type Upstream struct {
	Environment string `json:"environment,omitempty"`
	Latest      bool   `json:"latest,omitempty"`
}

// ArgoCDConfig is what goes into an environment's AppProject and Applications.
type ArgoCDConfig struct {
	Destination            Destination        `json:"destination"`
	SyncWindows            []SyncWindow       `json:"syncWindows,omitempty"`
	AccessList             []AccessEntry      `json:"accessList,omitempty"`
	ApplicationAnnotations map[string]string  `json:"applicationAnnotations,omitempty"`
	IgnoreDifferences      []IgnoreDifference `json:"ignoreDifferences,omitempty"`
	SyncOptions            []string           `json:"syncOptions,omitempty"`
}

// Destination is a cluster and a namespace. Namespace wins over the two others.
type Destination struct {
	Name                 string `json:"name,omitempty"`
	Server               string `json:"server,omitempty"`
	Namespace            string `json:"namespace,omitempty"`
	AppProjectNamespace  string `json:"appProjectNamespace,omitempty"`
	ApplicationNamespace string `json:"applicationNamespace,omitempty"`
}

// SyncWindow is passed through to Argo CD.
type SyncWindow struct {
	Schedule     string   `json:"schedule"`
	Duration     string   `json:"duration"`
	Kind         string   `json:"kind"`
	Applications []string `json:"applications,omitempty"`
	Namespaces   []string `json:"namespaces,omitempty"`
	Clusters     []string `json:"clusters,omitempty"`
	ManualSync   *bool    `json:"manualSync,omitempty"`
	TimeZone     string   `json:"timeZone,omitempty"`
}

// AccessEntry allows a kind of cluster-wide resource.
type AccessEntry struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// IgnoreDifference is passed through to Argo CD.
type IgnoreDifference struct {
	Group                 string   `json:"group,omitempty"`
	Kind                  string   `json:"kind"`
	Name                  string   `json:"name,omitempty"`
	Namespace             string   `json:"namespace,omitempty"`
	JSONPointers          []string `json:"jsonPointers,omitempty"`
	JqPathExpressions     []string `json:"jqPathExpressions,omitempty"`
	ManagedFieldsManagers []string `json:"managedFieldsManagers,omitempty"`
}
