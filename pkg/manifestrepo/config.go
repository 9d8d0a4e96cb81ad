package manifestrepo

import (
	"slices"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// Config is config.json.
type Config struct {
	Upstream         *Upstream     `json:"upstream,omitempty"`
	EnvironmentGroup string        `json:"environmentGroup,omitempty"`
	ArgoCD           *ArgoCDConfig `json:"argocd,omitempty"`
	// FreezeWindows and ReleaseTrains may stand in the group's settings, too; both count.
	FreezeWindows []FreezeWindow `json:"freezeWindows,omitempty"`
	ReleaseTrains []ReleaseTrain `json:"releaseTrains,omitempty"`
	Approval      *ApprovalRule  `json:"approval,omitempty"`
}

// GroupConfig is environment-groups/<group>.json: what holds for every environment of the group.
type GroupConfig struct {
	FreezeWindows []FreezeWindow `json:"freezeWindows,omitempty"`
	ReleaseTrains []ReleaseTrain `json:"releaseTrains,omitempty"`
}

// FreezeWindow says when deployments are held back (deny), or when alone they may go (allow).
type FreezeWindow struct {
	// Name is what people call it; may be empty.
	Name string `json:"name,omitempty"`
	// Kind is "deny" or "allow".
	Kind     string `json:"kind"`
	Schedule string `json:"schedule"`
	Duration string `json:"duration"`
	TimeZone string `json:"timeZone,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Teams and Applications are whom it concerns: either of them. Both empty means everybody.
	Teams        []string `json:"teams,omitempty"`
	Applications []string `json:"applications,omitempty"`
}

// Concerns reports whether the window holds for an application.
func (f FreezeWindow) Concerns(app, team string) bool {
	return len(f.Teams) == 0 && len(f.Applications) == 0 || team != "" && slices.Contains(f.Teams, team) || slices.Contains(f.Applications, app)
}

// Window is the window as pkg/schedule evaluates it.
func (f FreezeWindow) Window() (schedule.Window, error) {
	return schedule.ParseWindow(f.Kind, f.Schedule, f.Duration, f.TimeZone)
}

// What a train does about departures that were missed while the service was down.
const (
	MissedSkip    = "skip"
	MissedRunOnce = "run-once"
)

// ReleaseTrain is an entry of the timetable.
type ReleaseTrain struct {
	// Name is unique in its file; CheckTrain says which names there are.
	Name     string `json:"name"`
	Schedule string `json:"schedule"`
	TimeZone string `json:"timeZone,omitempty"`
	// The filters: what they leave out stays. Empty ones leave nothing out.
	Team         string            `json:"team,omitempty"`
	Applications []string          `json:"applications,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	Disabled     bool              `json:"disabled,omitempty"`
	// Missed is MissedSkip (also when empty) or MissedRunOnce.
	Missed string `json:"missed,omitempty"`
	// twin: another train of the file has the same name, so that nobody knows whose the record is.
	twin bool
}

// Timetable is the train's schedule. A train without one does not depart: its schedule or time zone cannot be read, or its name
// cannot be that of a train or comes twice in its file. The error is a *problem.Error of kind invalid whose field is schedule,
// timeZone or name.
func (t ReleaseTrain) Timetable() (*schedule.Schedule, error) {
	if err := CheckTrain(t.Name); err != nil {
		return nil, problem.From(err).At("name")
	}
	if t.twin {
		return nil, twinName(t.Name)
	}
	return schedule.Parse(t.Schedule, t.TimeZone)
}

// ApprovalRule says that deployments wait for approval, and whose.
type ApprovalRule struct {
	// By lists who may approve: "role:<name>" or e-mail addresses. Empty means everybody.
	By []string `json:"by,omitempty"`
	// NotAuthor keeps those who asked, and the authors of the releases, from approving.
	NotAuthor bool `json:"notAuthor,omitempty"`
	// ExpiresAfter is how long a request waits, such as "72h" or "3d"; empty means for ever.
	ExpiresAfter string `json:"expiresAfter,omitempty"`
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
