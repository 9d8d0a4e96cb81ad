package manifestrepo

import (
	"slices"
	"strings"
)

// EncodeDeployment is deployment.json of d. FileBlob and Broken are not in it.
func EncodeDeployment(d *Deployment) ([]byte, error) {
	o := object{}
	o.number("version", d.Version)
	if d.Version != 0 {
		o.hash("manifestBlob", d.ManifestBlob)
		o.time("deployedAt", d.DeployedAt)
		o.actor("deployedBy", d.DeployedBy, d.extra)
	}
	o.text("reason", d.Reason)
	if q := d.Queued; q != nil {
		inner := object{}
		inner.number("version", q.Version)
		inner.time("at", q.At)
		inner.actor("by", q.By, q.extra)
		inner.text("because", q.Because)
		inner.text("cause", string(q.Cause))
		inner.flag("byHand", q.ByHand)
		inner.flag("approved", q.Approved)
		inner.extra(q.extra)
		o.nested("queued", &inner)
	}
	if h := d.Hold; h != nil {
		inner := object{}
		inner.time("at", h.At)
		inner.actor("by", h.By, h.extra)
		inner.text("reason", h.Reason)
		inner.extra(h.extra)
		o.raw("hold", inner.compact(nil)) // a hold without a word is a hold
	}
	o.extra(d.extra)
	return o.file(), nil
}

// EncodeLock is the lock's file. For the global stop it is signalbox.json with nothing but the stop: use Snapshot.EncodeSignalbox
// to keep what else is there.
func EncodeLock(l *Lock) ([]byte, error) {
	if l.Scope == ScopeGlobal {
		return (&Snapshot{}).EncodeSignalbox(l)
	}
	return lockObject(l).file(), nil
}

func lockObject(l *Lock) *object {
	o := &object{}
	o.text("message", l.Message)
	o.text("ciLink", l.CILink)
	o.text("suggestedLifetime", l.SuggestedLifetime)
	o.actor("createdBy", l.CreatedBy, l.extra)
	o.time("createdAt", l.CreatedAt)
	o.time("expiresAt", l.ExpiresAt)
	o.extra(l.extra)
	return o
}

// Layout is the format that this package reads and writes.
const Layout = 1

// EncodeSignalbox is signalbox.json with this global stop (nil: none) and the other fields it has now.
func (s *Snapshot) EncodeSignalbox(stop *Lock) ([]byte, error) {
	o := object{}
	o.number("layout", Layout)
	if stop != nil {
		o.raw("stop", lockObject(stop).compact(nil))
	}
	o.extra(s.root.extra)
	return o.file(), nil
}

// EncodeApplication is application.json of a.
func EncodeApplication(a *Application) ([]byte, error) {
	o := object{}
	o.text("team", a.Team)
	o.text("sourceRepoURL", a.SourceRepoURL)
	o.text("project", a.Project)
	if len(a.Labels) > 0 {
		labels := object{}
		for key, value := range a.Labels {
			labels.text(key, value)
		}
		o.nested("labels", &labels)
	}
	o.extra(a.extra)
	return o.file(), nil
}

// EncodeReleases is releases.json.
func EncodeReleases(r ReleasesFile) ([]byte, error) {
	o := object{}
	o.nested("log", logRefObject(r.Log, r.extra, "log"))
	if len(r.Sealed) > 0 {
		list := make([][]byte, len(r.Sealed))
		for i, l := range r.Sealed {
			list[i] = logRefObject(l, r.extra, l.Ref).compact(nil)
		}
		o.raw("sealed", joinList(list))
	}
	if len(r.Void) > 0 {
		list := make([][]byte, len(r.Void))
		for i, h := range r.Void {
			list[i] = appendString(nil, h.String())
		}
		o.raw("void", joinList(list))
	}
	o.number("term", r.Term)
	o.extra(r.extra)
	return o.file(), nil
}

// logRefObject writes a LogRef; its unknown fields are kept under the ref's place.
func logRefObject(l LogRef, extra extraFields, place string) *object {
	o := &object{}
	o.text("ref", l.Ref)
	o.hash("head", l.Head)
	o.under(place+nestedMark, extra)
	return o
}

func joinList(values [][]byte) []byte {
	b := []byte{'['}
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, v...)
	}
	return append(b, ']')
}

// EncodeRelease is release.json of r. digests gives the SHA-256 of each manifest in hex, by environment.
func EncodeRelease(r *Release, digests map[string]string) ([]byte, error) {
	o := releaseObject(r)
	if len(digests) > 0 {
		inner := object{}
		for env, sum := range digests {
			inner.text(env, "sha256:"+sum)
		}
		o.nested("digests", &inner)
	}
	return o.file(), nil
}

// releaseObject is what release.json and the log's trailer have in common.
func releaseObject(r *Release) *object {
	o := &object{}
	o.number("revision", r.Revision)
	o.text("displayVersion", r.DisplayVersion)
	o.text("commitId", r.CommitID)
	o.text("previousCommitId", r.PreviousCommitID)
	o.text("author", r.Author)
	o.text("message", r.Message)
	o.text("team", r.Team)
	o.text("ciLink", r.CILink)
	o.text("sourceRepoURL", r.SourceRepoURL)
	o.time("createdAt", r.CreatedAt)
	o.actor("createdBy", r.CreatedBy, nil)
	o.flag("backfilled", r.Backfilled)
	o.flag("prepublished", r.Prepublished)
	o.flag("minor", r.Minor)
	o.flag("undeploy", r.Undeploy)
	return o
}

// releaseLine is the value of the Signalbox-Release trailer before it is escaped.
func releaseLine(r *Release) string {
	o := releaseObject(r)
	if len(r.Environments) > 0 {
		list := make([][]byte, len(r.Environments))
		for i, env := range r.Environments {
			list[i] = appendString(nil, env)
		}
		slices.SortFunc(list, func(a, b []byte) int { return strings.Compare(string(a), string(b)) })
		o.raw("environments", joinList(list))
	}
	return string(o.compact(nil))
}
