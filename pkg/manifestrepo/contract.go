// Package manifestrepo says what a manifest repo's tree means: its paths, its file formats, and the Snapshot, an immutable,
// typed picture of one state. docs/format.md is its specification.
//
// One reader, Snapshot.Apply, turns path changes into a new Snapshot: for our own commits, for commits somebody else
// pushed, and at start-up (a diff from the empty tree). Files it does not know are ignored; files it knows and cannot read
// become Problems and never stop the rest. The package knows no git store: contents come through Blobs.
package manifestrepo

import (
	"context"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Hash is a git object id.
type Hash = plumbing.Hash

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

// Lock holds deployments back. Environment, Group, Application and Team are set as Scope demands.
type Lock struct {
	Scope                                 LockScope
	ID                                    string
	Environment, Group, Application, Team string
	Message, CILink, SuggestedLifetime    string
	CreatedBy                             Actor
	CreatedAt, ExpiresAt                  time.Time // ExpiresAt zero: never
	extra                                 extraFields
}

// Queued is a version that waits behind a lock.
type Queued struct {
	Version uint64
	At      time.Time
	By      Actor
	Because string
}

// Hold keeps automatic deployments and trains away.
type Hold struct {
	At     time.Time
	By     Actor
	Reason string
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
	extra    extraFields
}

// EditedByHand reports whether the manifest in main is not the one Signalbox put there.
func (d *Deployment) EditedByHand() bool { return d.Version != 0 && d.FileBlob != d.ManifestBlob }

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

// Application is everything the repo says of one application. It exists for users once it has a release.
type Application struct {
	Name                         string
	Team, SourceRepoURL, Project string
	// Releases by version, ascending.
	Releases []*Release
	// Deployments by environment.
	Deployments map[string]*Deployment
	// Locks by environment, then id.
	Locks map[string]map[string]*Lock
	extra extraFields
}

// Newest is the release with the highest version, or nil.
func (a *Application) Newest() *Release { panic("contract") }

// Release finds a version, or nil.
func (a *Application) Release(version uint64) *Release { panic("contract") }

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
	// Distance to upstream: 0 latest, 1 more than the upstream's, 100 without upstream, 667 when the chain is broken.
	Distance int
}

// Group is the environments of one environment group.
type Group struct {
	Name         string
	Environments []string // sorted
	Locks        map[string]*Lock
}

// Problem is a path that cannot be read, and why.
type Problem struct{ Path, Reason string }

// Snapshot is one state of a manifest repo. It never changes; Apply makes a new one that shares what stayed.
type Snapshot struct{ contractOnly }

// Empty is the state of a repo without commits.
func Empty() *Snapshot { panic("contract") }

// Commit is the commit of main this state was read from.
func (s *Snapshot) Commit() Hash { panic("contract") }

// ReleasesFile is releases.json as read.
func (s *Snapshot) ReleasesFile() ReleasesFile { panic("contract") }

// Initialized reports whether signalbox.json is there.
func (s *Snapshot) Initialized() bool { panic("contract") }

// Application finds an application; nil when the repo says nothing of it.
func (s *Snapshot) Application(name string) *Application { panic("contract") }

// Applications lists all, by name. The slice is shared: do not change it.
func (s *Snapshot) Applications() []*Application { panic("contract") }

// Environment finds an environment; nil when it has no config.json.
func (s *Snapshot) Environment(name string) *Environment { panic("contract") }

// Environments lists all, by name. Shared: do not change it.
func (s *Snapshot) Environments() []*Environment { panic("contract") }

// Group finds a group that has an environment or a lock; nil when there is none.
func (s *Snapshot) Group(name string) *Group { panic("contract") }

// Groups lists all, by name.
func (s *Snapshot) Groups() []*Group { panic("contract") }

// Stop is the global stop, or nil.
func (s *Snapshot) Stop() *Lock { panic("contract") }

// Problems lists what cannot be read, by path.
func (s *Snapshot) Problems() []Problem { panic("contract") }

// PathChange is one path of main that differs. New is zero when it is gone. Content may be given where it is at hand.
type PathChange struct {
	Path    string
	New     Hash
	Content []byte
}

// LogRecord is one commit of the release log, as read or as just made.
type LogRecord struct {
	Commit  Hash
	Author  Actor
	Time    time.Time
	Message string
}

// Blobs reads contents; manifestrepo asks for all it needs in one call. A blob over the limit comes back nil.
type Blobs interface {
	Blobs(ctx context.Context, hashes []Hash, limit int64) ([][]byte, error)
}

// Update is a step of main, with the records that its releases.json newly names.
type Update struct {
	Commit  Hash
	Changes []PathChange
	Log     []LogRecord
}

// Delta says what an Apply changed.
type Delta struct {
	// Applications touched, sorted.
	Applications []string
	// Environments reports that an environment, its group, or one of their locks changed.
	Environments bool
}

// Apply is the one reader. It fails only when blobs fails.
func (s *Snapshot) Apply(ctx context.Context, u Update, blobs Blobs) (*Snapshot, Delta, error) {
	panic("contract")
}

// LogRange is what of the log became visible between two states of releases.json.
type LogRange struct {
	Ref      string
	From, To Hash
}

// NewLog says which stretch of the log must be read when releases.json changes; ok is false when nothing new. A To that does not
// descend from From (a rewound log) is for the caller to find out.
func NewLog(before, after ReleasesFile) (ranges []LogRange) { panic("contract") }

// LogRef names a log and its head.
type LogRef struct {
	Ref  string
	Head Hash
}

// ReleasesFile is releases.json.
type ReleasesFile struct {
	Log    LogRef
	Sealed []LogRef
	Void   []Hash
	Term   uint64
	extra  extraFields
}

// Edit is one path to write or delete. Content or Blob is set unless Delete.
type Edit struct {
	Path    string
	Content []byte
	// Blob is content that the repo holds already (a manifest of the release log).
	Blob   Hash
	Delete bool
}

// Record is one commit to append to the release log.
type Record struct {
	Application string
	// Release is the release it records; nil for removals.
	Release *Release
	Files   []Edit
	Message string
	Author  Actor
	At      time.Time
}

// Manifest is one manifest of a release to be recorded.
type Manifest struct {
	Content []byte
	Blob    Hash
	// SHA256 of the content, in hex.
	SHA256 string
}

// NewReleaseRecord builds the log commit of a release.
func NewReleaseRecord(app string, r *Release, manifests map[string]Manifest) (Record, error) {
	panic("contract")
}

// Event is one thing a commit of main did; it stands in a Signalbox-Event trailer.
type Event struct {
	What            string `json:"what"`
	Application     string `json:"app,omitempty"`
	Environment     string `json:"env,omitempty"`
	Version         uint64 `json:"version,omitempty"`
	PreviousVersion uint64 `json:"prev,omitempty"`
	LockID          string `json:"lock,omitempty"`
}

// Message is a commit message of main: what people and programs read.
type Message struct {
	Subject, Body                    string
	Action, RequestID, RequestDigest string
	Application, Environment, Reason string
	Version                          uint64
	Events                           []Event
}

// String is the message as it is committed.
func (m Message) String() string { panic("contract") }

// ParseMessage reads a commit message of main; trailers that are missing or broken are left out. Use it on our own commits only.
func ParseMessage(text string) Message { panic("contract") }

// Encoders: files as the repo holds them (docs/format.md).
func EncodeDeployment(d *Deployment) ([]byte, error)         { panic("contract") }
func EncodeLock(l *Lock) ([]byte, error)                     { panic("contract") }
func EncodeApplication(a *Application) ([]byte, error)       { panic("contract") }
func EncodeReleases(r ReleasesFile) ([]byte, error)          { panic("contract") }
func EncodeConfig(raw []byte) (normalized []byte, err error) { panic("contract") }

// Paths.
func ApplicationPath(app string) string     { panic("contract") }
func ConfigPath(env string) string          { panic("contract") }
func DeploymentPath(env, app string) string { panic("contract") }
func ManifestPath(env, app string) string   { panic("contract") }
func LockPath(l *Lock) string               { panic("contract") } // global: signalbox.json
func ArgoCDPath(env string) string          { panic("contract") }

// Names. The error is a *problem.Error of kind invalid without a field.
func CheckApplication(name string) error { panic("contract") }
func CheckEnvironment(name string) error { panic("contract") }
func CheckTeam(name string) error        { panic("contract") }
func CheckLockID(id string) error        { panic("contract") }

// ParseConfig reads config.json strictly: an unknown field is an error that names it and the nearest known one, unless known
// holds it at the same path (a file that is in the repo already; may be nil).
func ParseConfig(raw, known []byte) (Config, error) { panic("contract") }

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

type extraFields map[string][]byte
type contractOnly struct{}

// Part is a piece of a Snapshot in a compact, private, fast encoding, for a projection that wants to start without reading
// git. Data nil means the part is gone.
type Part struct {
	Key  string
	Data []byte
}

// PartsVersion changes whenever the encoding or the meaning of parts does; stored parts of another version are worthless.
const PartsVersion = 1

// Parts lists the parts of after that before (nil: nothing) does not have. Releases are parts apart from deployments, so that
// a deployment does not rewrite an application's releases.
func Parts(before, after *Snapshot) ([]Part, error) { panic("contract") }

// Restore builds the Snapshot from all its parts.
func Restore(parts []Part) (*Snapshot, error) { panic("contract") }
