package fsck

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Facts are the state as flat lines, so that two code paths can be compared: from the model here, from the snapshot below.
// Both sides must write the same text for the same fact, and share no code that reads git.

const zero = "0000000000000000000000000000000000000000"

func at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

func (m *model) facts() map[string]string {
	f := map[string]string{}
	for env, raw := range m.configs {
		f[envKey(env)] = string(raw)
	}
	for app, a := range m.apps {
		if a.Team != "" || a.SourceRepoURL != "" || a.Project != "" || len(a.Labels) > 0 {
			f[appKey(app)] = text(a.Team, a.SourceRepoURL, a.Project, labelText(a.Labels))
		}
	}
	for place, d := range m.deployments {
		f[deploymentKey(place[0], place[1])] = m.deployment(place, d)
	}
	for place := range m.files {
		if _, ok := m.deployments[place]; !ok {
			f[deploymentKey(place[0], place[1])] = m.deployment(place, deploymentFile{})
		}
	}
	for key, l := range m.locks {
		// Locks of an environment without config.json hold nothing and are not shown.
		if env := m.inEnvironment[key]; env == "" || m.configs[env] != nil {
			f[key] = lockText(l)
		}
	}
	for key, plan := range m.plans {
		if env := m.inEnvironment[key]; env == "" || m.configs[env] != nil {
			f[key] = plan
		}
	}
	if m.stop != nil {
		f["global stop"] = lockText(*m.stop)
	}
	for app, versions := range m.released {
		for v, r := range versions {
			f[releaseKey(app, v)] = text(r.DisplayVersion, r.CommitID, r.PreviousCommitID, r.Author, r.Message, r.Team, r.CILink, r.SourceRepoURL,
				at(r.CreatedAt), r.CreatedBy.String(), r.commit, strings.Join(r.environments(), ","),
				fmt.Sprint(r.Revision, r.Backfilled, r.Prepublished, r.Minor, r.Undeploy))
		}
	}
	f["releases.json"] = releasesText(m.releases)
	return f
}

func text(values ...string) string {
	encoded, err := json.Marshal(values)
	if err != nil {
		return strings.Join(values, "|") // strings always encode
	}
	return string(encoded)
}

func (m *model) deployment(place [2]string, d deploymentFile) string {
	file := m.files[place]
	if file == "" {
		file = zero
	}
	blob := d.ManifestBlob
	if blob == "" {
		blob = zero
	}
	queued, hold := "", ""
	if d.Queued != nil {
		queued = text(fmt.Sprint(d.Queued.Version), at(d.Queued.At), d.Queued.By.String(), d.Queued.Because, d.Queued.Cause,
			fmt.Sprint(d.Queued.ByHand, d.Queued.Approved))
	}
	if d.Hold != nil {
		hold = text(at(d.Hold.At), d.Hold.By.String(), d.Hold.Reason)
	}
	return text(fmt.Sprint(d.Version), blob, file, at(d.DeployedAt), d.DeployedBy.String(), d.Reason, queued, hold)
}

func lockText(l lockFile) string {
	return text(l.Message, l.CILink, l.SuggestedLifetime, l.CreatedBy.String(), at(l.CreatedAt), at(l.ExpiresAt))
}

func releasesText(r releasesFile) string {
	var sealed []string
	for _, s := range r.Sealed {
		sealed = append(sealed, s.Ref+"="+s.Head)
	}
	void := slices.Sorted(slices.Values(r.Void))
	return text(r.Log.Ref, r.Log.Head, strings.Join(sealed, ","), strings.Join(void, ","), fmt.Sprint(r.Term))
}

// factsOf are the facts of the reader's snapshot.
func factsOf(s *manifestrepo.Snapshot) map[string]string {
	f := map[string]string{}
	for _, e := range s.Environments() {
		f[envKey(e.Name)] = string(e.Raw)
		addLocks(f, "environment", e.Locks)
		for _, locks := range e.TeamLocks {
			addLocks(f, "team", locks)
		}
	}
	for _, g := range s.Groups() {
		addLocks(f, "group", g.Locks)
	}
	addPlans(f, s)
	if l := s.Stop(); l != nil {
		f["global stop"] = lockOf(l)
	}
	for _, a := range s.Applications() {
		addApplication(f, a)
	}
	rf := s.ReleasesFile()
	mine := releasesFile{Log: logRefOf(rf.Log), Term: rf.Term}
	for _, l := range rf.Sealed {
		mine.Sealed = append(mine.Sealed, logRefOf(l))
	}
	for _, h := range rf.Void {
		mine.Void = append(mine.Void, h.String())
	}
	f["releases.json"] = releasesText(mine)
	return f
}

func logRefOf(l manifestrepo.LogRef) logRef {
	if l.Head.IsZero() {
		return logRef{Ref: l.Ref}
	}
	return logRef{Ref: l.Ref, Head: l.Head.String()}
}

func addApplication(f map[string]string, a *manifestrepo.Application) {
	if a.Team != "" || a.SourceRepoURL != "" || a.Project != "" || len(a.Labels) > 0 {
		f[appKey(a.Name)] = text(a.Team, a.SourceRepoURL, a.Project, labelText(a.Labels))
	}
	for env, d := range a.Deployments {
		queued, hold := "", ""
		if q := d.Queued; q != nil {
			queued = text(fmt.Sprint(q.Version), at(q.At), by(q.By), q.Because, string(q.Cause), fmt.Sprint(q.ByHand, q.Approved))
		}
		if h := d.Hold; h != nil {
			hold = text(at(h.At), by(h.By), h.Reason)
		}
		f[deploymentKey(env, a.Name)] = text(fmt.Sprint(d.Version), d.ManifestBlob.String(), d.FileBlob.String(), at(d.DeployedAt), by(d.DeployedBy), d.Reason, queued, hold)
	}
	for _, locks := range a.Locks {
		addLocks(f, "application", locks)
	}
	for _, r := range a.Releases {
		f[releaseKey(a.Name, r.Version)] = text(r.DisplayVersion, r.CommitID, r.PreviousCommitID, r.Author, r.Message, r.Team, r.CILink, r.SourceRepoURL,
			at(r.CreatedAt), by(r.CreatedBy), r.LogCommit.String(), strings.Join(r.Environments, ","),
			fmt.Sprint(r.Revision, r.Backfilled, r.Prepublished, r.Minor, r.Undeploy))
	}
}

func addLocks(f map[string]string, scope string, locks map[string]*manifestrepo.Lock) {
	for _, l := range locks {
		f[lockKey(scope, l.Environment, l.Group, l.Application, l.Team, l.ID)] = lockOf(l)
	}
}

func lockOf(l *manifestrepo.Lock) string {
	return text(l.Message, l.CILink, l.SuggestedLifetime, by(l.CreatedBy), at(l.CreatedAt), at(l.ExpiresAt))
}

func by(a manifestrepo.Actor) string { return a.Name + " <" + a.Email + ">" }
