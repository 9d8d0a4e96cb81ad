package reads

import (
	"maps"
	"slices"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// applicationProto is an application with its deployments in the environments of columns (nil: all).
func (p *picture) applicationProto(app *manifestrepo.Application, columns map[string]bool, now time.Time) *api.Application {
	out := &api.Application{Name: app.Name, Team: app.Team, SourceRepoUrl: app.SourceRepoURL, Project: app.Project, Releases: int32(len(app.Releases)), Labels: app.Labels}
	if newest := app.Newest(); newest != nil {
		out.NewestVersion = newest.Version
		out.NewestRelease = releaseProto(app, newest)
	}
	names := p.rowsOf(app)
	out.Deployments = make([]*api.Deployment, 0, len(names))
	for _, env := range names {
		if columns == nil || columns[env] {
			out.Deployments = append(out.Deployments, p.deploymentProto(app, env, now))
		}
	}
	return out
}

// rowsOf names the environments that have a deployment, a queued version, a request for approval or a lock of the application, sorted.
func (p *picture) rowsOf(app *manifestrepo.Application) []string {
	names := make([]string, 0, len(app.Deployments)+len(app.Locks))
	for env, d := range app.Deployments {
		if shows(d) {
			names = append(names, env)
		}
	}
	for env, locks := range app.Locks {
		if len(locks) > 0 && !shows(app.Deployments[env]) {
			names = append(names, env)
		}
	}
	for _, c := range p.asking {
		if env := c.env.Name; c.pending[app.Name] != nil && !shows(app.Deployments[env]) && len(app.Locks[env]) == 0 {
			names = append(names, env)
		}
	}
	slices.Sort(names)
	return names
}

// shows reports whether a deployment says anything; it may be nil.
func shows(d *manifestrepo.Deployment) bool {
	return d != nil && (d.Version != 0 || d.Queued != nil || d.Broken != "")
}

func (p *picture) deploymentProto(app *manifestrepo.Application, env string, now time.Time) *api.Deployment {
	out := &api.Deployment{Application: app.Name, Environment: env, Locks: p.holding(app, env, now)}
	if c := p.byName[env]; c != nil {
		out.UpstreamVersion = upstreamVersion(app, c.env)
		out.UpstreamDisplayVersion = displayVersion(app, out.UpstreamVersion)
		if f := c.freezes.of(p.snapshot, c.env, app.Name, app.Team); f.Frozen() {
			out.Frozen, out.FrozenUntil, out.FrozenBecause = true, f.until, f.Because
		}
		if a := c.pending[app.Name]; a != nil {
			out.PendingVersion, out.ApprovalId = a.Change(app.Name).Version, a.ID
			out.PendingDisplayVersion = displayVersion(app, out.PendingVersion)
		}
	}
	d := app.Deployments[env]
	if d == nil {
		out.Behind = behind(app, env, 0)
		return out
	}
	out.Version, out.Reason = d.Version, d.Reason
	if d.Broken != "" {
		out.Reason = "(deployment.json cannot be read: " + d.Broken + ")"
	}
	out.DeployedAt, out.DeployedBy = convert.Time(d.DeployedAt), convert.Actor(d.DeployedBy)
	out.EditedByHand = d.EditedByHand()
	out.Behind = behind(app, env, d.Version)
	if r := app.Release(d.Version); r != nil {
		out.DisplayVersion, out.CommitId, out.SourceAuthor = r.DisplayVersion, r.CommitID, r.Author
	}
	if q := d.Queued; q != nil {
		out.QueuedVersion, out.QueuedBecause, out.QueuedAt, out.QueuedCause = q.Version, q.Because, convert.Time(q.At), causeWord(q.Cause)
		out.QueuedDisplayVersion = displayVersion(app, q.Version)
	}
	if h := d.Hold; h != nil {
		out.Hold, out.HoldReason, out.HoldAt, out.HoldBy = true, h.Reason, convert.Time(h.At), convert.Actor(h.By)
	}
	return out
}

// displayVersion is what people call a version; empty when there is no such release, or CI gave it no name.
func displayVersion(app *manifestrepo.Application, version uint64) string {
	if r := app.Release(version); r != nil {
		return r.DisplayVersion
	}
	return ""
}

// causeWord is what a queued version waits for, as the API says it.
func causeWord(c manifestrepo.QueueCause) string {
	if c == manifestrepo.QueuedByLock {
		return "lock"
	}
	return string(c)
}

// releaseProto is a release with the environments that run it now.
func releaseProto(app *manifestrepo.Application, r *manifestrepo.Release) *api.Release {
	out := convert.Release(app.Name, r)
	for env, d := range app.Deployments {
		if d.Version == r.Version && r.Version != 0 {
			out.DeployedTo = append(out.DeployedTo, env)
		}
	}
	slices.Sort(out.DeployedTo)
	return out
}

// upstreamVersion is what would come to env next by itself: what its upstream runs, or, where releases come first, the
// newest release that has a manifest for it and may be deployed automatically. 0 when there is no such thing.
func upstreamVersion(app *manifestrepo.Application, env *manifestrepo.Environment) uint64 {
	up := env.Config.Upstream
	switch {
	case up == nil:
		return 0
	case up.Latest:
		for _, r := range slices.Backward(app.Releases) {
			if !r.Backfilled && hasManifest(r, env.Name) {
				return r.Version
			}
		}
		return 0
	}
	if d := app.Deployments[up.Environment]; d != nil {
		return d.Version
	}
	return 0
}

// behind counts the releases newer than version that have a manifest for env.
func behind(app *manifestrepo.Application, env string, version uint64) int32 {
	count := int32(0)
	for _, r := range slices.Backward(app.Releases) {
		if r.Version <= version {
			break
		}
		if hasManifest(r, env) {
			count++
		}
	}
	return count
}

// hasManifest is false for a release that is gone, or announced only.
func hasManifest(r *manifestrepo.Release, env string) bool {
	if r == nil || r.Prepublished {
		return false
	}
	_, ok := slices.BinarySearch(r.Environments, env)
	return ok
}

// environmentsOf names all environments the application is known in: those of the repo and those it was left in.
func (p *picture) environmentsOf(app *manifestrepo.Application) []string {
	names := map[string]bool{}
	for name := range p.byName {
		names[name] = true
	}
	for name := range app.Deployments {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
