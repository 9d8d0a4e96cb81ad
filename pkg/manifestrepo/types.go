package manifestrepo

import "time"

// Actor is the person or machine who asked.
type Actor struct{ Name, Email string }

// LockScope says what a lock holds.
type LockScope int

// The scopes.
const (
	ScopeEnvironment LockScope = iota + 1
	ScopeApplication
	ScopeTeam
	ScopeGroup
	ScopeGlobal
)

// String is the scope in an operator's words, such as "environment lock".
func (s LockScope) String() string {
	switch s {
	case ScopeEnvironment:
		return "environment lock"
	case ScopeApplication:
		return "application lock"
	case ScopeTeam:
		return "team lock"
	case ScopeGroup:
		return "environment group lock"
	case ScopeGlobal:
		return "global stop"
	}
	return "lock"
}

// Lock holds deployments back. Environment, Group, Application and Team are set as Scope demands.
type Lock struct {
	Scope                                 LockScope
	ID                                    string
	Environment, Group, Application, Team string
	Message, CILink, SuggestedLifetime    string
	CreatedBy                             Actor
	CreatedAt, ExpiresAt                  time.Time // ExpiresAt zero: never
	// Broken says why the lock's file cannot be read; empty when it can. Such a lock still holds: a hand that slipped while
	// editing a lock must not open the line.
	Broken string
	extra  extraFields
}

// Expired reports whether the lock has ended by itself.
func (l *Lock) Expired(now time.Time) bool { return !l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt) }

// Queued is a version that waits behind a lock.
type Queued struct {
	Version uint64
	At      time.Time
	By      Actor
	Because string
	// Cause is what held it back: a lock (also when empty), or a freeze, which Signalbox catches up by itself when it ends.
	Cause QueueCause
	// ByHand: a person named application and version; an older version then sets a hold, also when Signalbox catches it up.
	ByHand bool
	// Approved: whom the environment asks for approval has agreed, and is not asked again.
	Approved bool
	extra    extraFields
}

// QueueCause is what a queued version waits for.
type QueueCause string

// The causes, as deployment.json holds them.
const (
	QueuedByLock   QueueCause = ""
	QueuedByFreeze QueueCause = "freeze"
)

// Hold keeps automatic deployments and trains away.
type Hold struct {
	At     time.Time
	By     Actor
	Reason string
	extra  extraFields
}

// Deployment is what should run of one application in one environment, and what waits.
type Deployment struct {
	Environment string
	// Version is 0 when nothing is deployed.
	Version      uint64
	ManifestBlob Hash
	DeployedAt   time.Time
	DeployedBy   Actor
	Reason       string
	Queued       *Queued
	Hold         *Hold
	// FileBlob is the blob that main has at manifests/manifests.yaml; zero when there is none. It is not in deployment.json.
	FileBlob Hash
	// Broken says why deployment.json cannot be read; empty when it can. All but Environment and FileBlob are zero then, and
	// nobody knows what is deployed: refuse to change it.
	Broken string
	// file reports that deployment.json is there.
	file  bool
	extra extraFields
}

// EditedByHand reports whether the manifest in main is not the one Signalbox put there.
func (d *Deployment) EditedByHand() bool { return d.Version != 0 && d.FileBlob != d.ManifestBlob }

// HasFile reports whether deployment.json is there, readable or not.
func (d *Deployment) HasFile() bool { return d.file }

// Release is one version of an application. It holds no manifest: LogCommit's tree has them at <app>/<version>/<env>.yaml.
type Release struct {
	Version, Revision                                                                        uint64
	DisplayVersion, CommitID, PreviousCommitID, Author, Message, Team, CILink, SourceRepoURL string
	CreatedAt                                                                                time.Time
	CreatedBy                                                                                Actor
	// Environments are the names this release has a manifest for, sorted. The slice is shared: do not change it.
	Environments                              []string
	Backfilled, Prepublished, Minor, Undeploy bool
	LogCommit                                 Hash
}

// HasEnvironment reports whether the release has a manifest for an environment.
func (r *Release) HasEnvironment(env string) bool {
	for _, e := range r.Environments {
		if e == env {
			return true
		}
	}
	return false
}

// Application is everything the repo says of one application. It exists for users once it has a release.
type Application struct {
	Name                         string
	Team, SourceRepoURL, Project string
	// Labels are what trains filter by. Shared: do not change it.
	Labels map[string]string
	// Releases by version, ascending.
	Releases []*Release
	// Deployments by environment.
	Deployments map[string]*Deployment
	// Locks by environment, then id.
	Locks map[string]map[string]*Lock
	// file reports that application.json is there.
	file  bool
	extra extraFields
}

// HasFile reports whether application.json is there, readable or not.
func (a *Application) HasFile() bool { return a.file }

// Newest is the release with the highest version, or nil.
func (a *Application) Newest() *Release {
	if len(a.Releases) == 0 {
		return nil
	}
	return a.Releases[len(a.Releases)-1]
}

// Release finds a version, or nil.
func (a *Application) Release(version uint64) *Release {
	if i, ok := findRelease(a.Releases, version); ok {
		return a.Releases[i]
	}
	return nil
}

// vacant reports that the repo says nothing of the application any more.
func (a *Application) vacant() bool {
	return !a.file && len(a.Releases) == 0 && len(a.Deployments) == 0 && len(a.Locks) == 0
}

// Environment is one environment of the repo.
type Environment struct {
	Name   string
	Config Config
	// Raw is config.json as it is in the repo.
	Raw []byte
	// Problem says why config.json cannot be read; Config is empty then.
	Problem string
	Locks   map[string]*Lock
	// TeamLocks by team, then id.
	TeamLocks map[string]map[string]*Lock
	// Departures of its own trains by train, Approvals that wait by id.
	Departures map[string]*Departure
	Approvals  map[string]*Approval
	// Distance to upstream: 0 latest, 1 more than the upstream's, 100 without upstream, 667 when the chain is broken.
	Distance int
	// Priority is where on the way to production it stands.
	Priority Priority
	// present reports that config.json is there.
	present bool
}

// GroupName is the environment's group: the one its config names, else its own name.
func (e *Environment) GroupName() string {
	if e.Config.EnvironmentGroup != "" {
		return e.Config.EnvironmentGroup
	}
	return e.Name
}

// Latest reports whether new releases go here by themselves.
func (e *Environment) Latest() bool { return e.Config.Upstream != nil && e.Config.Upstream.Latest }

// UpstreamName is the environment its releases come from; empty for latest environments and those without upstream.
func (e *Environment) UpstreamName() string {
	if e.Config.Upstream == nil {
		return ""
	}
	return e.Config.Upstream.Environment
}

// Group is the environments of one environment group.
type Group struct {
	Name         string
	Environments []string // sorted
	Locks        map[string]*Lock
	// Config is environment-groups/<group>.json, Raw its content (nil when there is none), Problem why it cannot be read: then its
	// environments are frozen, since nobody can tell.
	Config  GroupConfig
	Raw     []byte
	Problem string
	// Departures of the group's trains by train.
	Departures map[string]*Departure
	// Distance and Priority are those of the environment farthest down the line.
	Distance int
	Priority Priority
}

// Problem is a path that cannot be read, and why. A record of the release log has the path "log:<commit>".
type Problem struct{ Path, Reason string }

// Priority says where on the way to production an environment stands. The numbers are those of the API.
type Priority int

// The priorities.
const (
	PriorityUpstream Priority = iota + 1
	PriorityPreProduction
	PriorityCanary
	PriorityProduction
	PriorityOther
)

// String is the priority's name in lower case.
func (p Priority) String() string {
	switch p {
	case PriorityUpstream:
		return "upstream"
	case PriorityPreProduction:
		return "pre-production"
	case PriorityCanary:
		return "canary"
	case PriorityProduction:
		return "production"
	case PriorityOther:
		return "other"
	}
	return "unspecified"
}

// extraFields are the fields of a file that Signalbox does not know, as they were read.
type extraFields map[string][]byte
