// Package rules says what may happen: a command and a Snapshot in, a Decision or a refusal out. It is pure: time, actor, policy
// and contents are arguments, nothing is written, nothing reads the clock.
//
// Check is what can be said of a command without any state; it runs in the request's own goroutine. Decide runs on the
// newest state and may run again when that state turns out to be old. Needs says beforehand which releases Decide will ask for.
//
// Read it as the operator's handbook. Each kind of command is one file (create_release.go, deploy.go, run_train.go, ...) and one
// line in the table of kinds.go; what they share is in deliver.go (a version meets an environment) and locks.go (what says no).
// A new kind of command is a new file, a new line, and a message in proto/.
package rules

import (
	"regexp"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Values of Policy.Secrets.
const (
	SecretsRefuse = "refuse"
	SecretsWarn   = "warn"
	SecretsAllow  = "allow"
)

// DefaultMaxManifestBytes is the limit of one manifest unless Policy says otherwise.
const DefaultMaxManifestBytes = 8 << 20

// Policy is what an operator may set.
type Policy struct {
	// KeepWindow is how many releases behind the oldest deployed one are kept; older versions are refused as too old. Default 20.
	KeepWindow int
	// Secrets says what happens to an uploaded kind: Secret with data: "refuse" (default), "warn", "allow".
	Secrets string
	// MaxManifestBytes is the limit of one manifest; 0 means DefaultMaxManifestBytes.
	MaxManifestBytes int64
	// Minor are expressions for lines that do not count: a release whose manifests differ from its predecessor's in no other line is minor.
	Minor []*regexp.Regexp
	// Roles lists the members of each role by e-mail address; "*@example.com" is everybody of that domain. Compared without case.
	Roles map[string][]string
}

func (p Policy) keepWindow() int {
	if p.KeepWindow <= 0 {
		return 20
	}
	return p.KeepWindow
}

func (p Policy) maxManifestBytes() int64 {
	if p.MaxManifestBytes <= 0 {
		return DefaultMaxManifestBytes
	}
	return p.MaxManifestBytes
}

// Content reads immutable things by name; asking it keeps a rule pure.
type Content interface {
	// Manifests gives the blob of each environment's manifest of a release.
	Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error)
	// Blob gives a blob's bytes.
	Blob(h manifestrepo.Hash) ([]byte, error)
	// Past gives the versions that an environment ran at a commit (its id or the beginning of it) or tag of the manifest repo, by application.
	// The error is a *problem.Error: not_found when there is no such revision.
	Past(revision, environment string) (map[string]uint64, error)
}

// Context is what a rule may know beside command and snapshot.
type Context struct {
	Now     time.Time
	Actor   manifestrepo.Actor
	Policy  Policy
	Content Content
	// Keyed reports that the command came with an idempotency key of its own. Without one, a release without a version that
	// equals the newest release is taken for a retry.
	Keyed bool
}

// Checked is a command that passed Check.
type Checked struct {
	Action *api.Action
	// Kind is the command's name as it stands in trailers, such as "create-release".
	Kind string
	// Manifests by environment; CreateRelease only.
	Manifests map[string]manifestrepo.Manifest
	// Warnings to hand back with the answer.
	Warnings []string
	// Parts of a batch.
	Parts []*Checked
	// minor: the release is compared with its predecessor.
	minor bool
}

// Decision is what a command does.
type Decision struct {
	// Edits name each path at most once.
	Edits   []manifestrepo.Edit
	Records []manifestrepo.Record
	// Message is complete but for RequestID and RequestDigest.
	Message manifestrepo.Message
	Result  *api.ActionResult
	// Render are environments whose Argo CD documents are to be written anew, whatever is there.
	Render []string
	// creates are the paths of Edits that are new.
	creates []string
}

// Changes reports whether a commit is to be made. With Render one may be made all the same: whoever writes the documents knows.
func (d *Decision) Changes() bool { return len(d.Edits) > 0 || len(d.Records) > 0 }

// ReleaseKey names a release.
type ReleaseKey struct {
	Application string
	Version     uint64
}
