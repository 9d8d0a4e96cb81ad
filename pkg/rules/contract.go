// Package rules says what may happen: a command and a Snapshot in, a Decision or a refusal out. It is pure: time, actor, policy
// and contents are arguments, nothing is written, nothing reads the clock.
//
// Check is what can be said of a command without any state; it runs in the request's own goroutine. Decide runs on the
// newest state and may run again when that state turns out to be old. Each kind of command is one file.
package rules

import (
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Policy is what an operator may set.
type Policy struct {
	// KeepWindow is how many releases behind the oldest deployed one are kept; older versions are refused as too old. Default 20.
	KeepWindow int
	// Secrets says what happens to an uploaded kind: Secret with data: "refuse" (default), "warn", "allow".
	Secrets string
	// MaxManifestBytes is the limit of one manifest; 0 means 8 MiB.
	MaxManifestBytes int64
}

// Content reads immutable things by name; asking it keeps a rule pure.
type Content interface {
	// Manifests gives the blob of each environment's manifest of a release.
	Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error)
	// Blob gives a blob's bytes.
	Blob(h manifestrepo.Hash) ([]byte, error)
}

// Context is what a rule may know beside command and snapshot.
type Context struct {
	Now     time.Time
	Actor   manifestrepo.Actor
	Policy  Policy
	Content Content
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
}

// Check validates a command as far as it goes without state. prepare is called once for each manifest and gives its blob id;
// it may be called from several goroutines. The error is a *problem.Error.
func Check(a *api.Action, p Policy, prepare func(content []byte) manifestrepo.Hash) (*Checked, error) {
	panic("contract")
}

// Decision is what a command does.
type Decision struct {
	Edits   []manifestrepo.Edit
	Records []manifestrepo.Record
	// Message is complete but for RequestID and RequestDigest.
	Message manifestrepo.Message
	Result  *api.ActionResult
}

// Changes reports whether a commit is to be made.
func (d *Decision) Changes() bool { return len(d.Edits) > 0 || len(d.Records) > 0 }

// ReleaseKey names a release.
type ReleaseKey struct {
	Application string
	Version     uint64
}

// Needs lists the releases whose manifests Decide will ask Content for, so that the caller can read them in one pass. It may
// list too many or too few; it is a hint.
func Needs(c *Checked, s *manifestrepo.Snapshot) []ReleaseKey { panic("contract") }

// Decide decides a command. The error is a *problem.Error; then nothing is to be done.
func Decide(c *Checked, s *manifestrepo.Snapshot, ctx Context) (*Decision, error) {
	panic("contract")
}
