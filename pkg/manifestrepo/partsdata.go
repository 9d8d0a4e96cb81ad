package manifestrepo

import (
	"maps"
	"slices"
	"strings"
)

// What parts hold: each pair of functions below writes and reads one kind of thing.

func (e *encoder) release(r *Release) {
	e.uint(r.Version)
	e.flags(r.Backfilled, r.Prepublished, r.Minor, r.Undeploy, r.Revision != 0, r.PreviousCommitID != "", r.CILink != "", r.SourceRepoURL != "")
	if r.Revision != 0 {
		e.uint(r.Revision)
	}
	e.text(r.DisplayVersion)
	e.text(r.CommitID)
	if r.PreviousCommitID != "" {
		e.text(r.PreviousCommitID)
	}
	e.name(r.Author)
	e.text(r.Message)
	e.name(r.Team)
	if r.CILink != "" {
		e.text(r.CILink)
	}
	if r.SourceRepoURL != "" {
		e.name(r.SourceRepoURL)
	}
	e.time(r.CreatedAt)
	e.actor(r.CreatedBy)
	e.list(r.Environments)
	e.hash(r.LogCommit)
}

func (d *decoder) release(r *Release) {
	r.Version = d.uint()
	flags := d.uint()
	has := func(bit int) bool { return flags>>bit&1 != 0 }
	r.Backfilled, r.Prepublished, r.Minor, r.Undeploy = has(0), has(1), has(2), has(3)
	if has(4) {
		r.Revision = d.uint()
	}
	r.DisplayVersion = d.text()
	r.CommitID = d.text()
	if has(5) {
		r.PreviousCommitID = d.text()
	}
	r.Author = d.name()
	r.Message = d.text()
	r.Team = d.name()
	if has(6) {
		r.CILink = d.text()
	}
	if has(7) {
		r.SourceRepoURL = d.name()
	}
	r.CreatedAt = d.time()
	r.CreatedBy = d.actor()
	r.Environments = d.list()
	r.LogCommit = d.hash()
}

func (e *encoder) application(a *Application) {
	e.flags(a.file)
	e.text(a.Team)
	e.text(a.SourceRepoURL)
	e.text(a.Project)
	e.labels(a.Labels)
	e.extra(a.extra)
	e.uint(uint64(len(a.Deployments)))
	for _, env := range slices.Sorted(maps.Keys(a.Deployments)) {
		e.deployment(a.Deployments[env])
	}
	e.lockTree(a.Locks)
}

func (d *decoder) application(a *Application) {
	a.file = d.uint() == 1
	a.Team, a.SourceRepoURL, a.Project = d.text(), d.text(), d.text()
	a.Labels = d.labels()
	a.extra = d.extra()
	if n := d.count(); n > 0 {
		all := make([]Deployment, n)
		a.Deployments = make(map[string]*Deployment, n)
		for i := range all {
			d.deployment(&all[i])
			a.Deployments[all[i].Environment] = &all[i]
		}
	}
	a.Locks = d.lockTree()
}

func (e *encoder) labels(labels map[string]string) {
	e.uint(uint64(len(labels)))
	if len(labels) == 0 {
		return // most have none, and sorting nothing costs, too
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		e.text(key)
		e.text(labels[key])
	}
}

func (d *decoder) labels() map[string]string {
	n := d.count()
	if n == 0 {
		return nil
	}
	labels := make(map[string]string, n)
	for range n {
		key := d.text()
		labels[key] = d.text()
	}
	return labels
}

func (e *encoder) deployment(x *Deployment) {
	sameFile := x.FileBlob == x.ManifestBlob
	e.name(x.Environment)
	e.flags(x.file, x.Queued != nil, x.Hold != nil, x.Broken != "", len(x.extra) > 0, sameFile)
	e.uint(x.Version)
	e.hash(x.ManifestBlob)
	if !sameFile {
		e.hash(x.FileBlob)
	}
	e.time(x.DeployedAt)
	e.actor(x.DeployedBy)
	e.name(x.Reason)
	if q := x.Queued; q != nil {
		e.uint(q.Version)
		e.time(q.At)
		e.actor(q.By)
		e.name(q.Because)
		e.name(string(q.Cause))
		e.flags(q.ByHand, q.Approved)
		e.extra(q.extra)
	}
	if h := x.Hold; h != nil {
		e.time(h.At)
		e.actor(h.By)
		e.name(h.Reason)
		e.extra(h.extra)
	}
	if x.Broken != "" {
		e.text(x.Broken)
	}
	if len(x.extra) > 0 {
		e.extra(x.extra)
	}
}

func (d *decoder) deployment(x *Deployment) {
	x.Environment = d.name()
	flags := d.uint()
	has := func(bit int) bool { return flags>>bit&1 != 0 }
	x.file = has(0)
	x.Version = d.uint()
	x.ManifestBlob = d.hash()
	if x.FileBlob = x.ManifestBlob; !has(5) {
		x.FileBlob = d.hash()
	}
	x.DeployedAt = d.time()
	x.DeployedBy = d.actor()
	x.Reason = d.name()
	if has(1) {
		q := &Queued{Version: d.uint(), At: d.time(), By: d.actor(), Because: d.name(), Cause: QueueCause(d.name())}
		marks := d.uint()
		q.ByHand, q.Approved, q.extra = marks&1 != 0, marks&2 != 0, d.extra()
		x.Queued = q
	}
	if has(2) {
		x.Hold = &Hold{At: d.time(), By: d.actor(), Reason: d.name(), extra: d.extra()}
	}
	if has(3) {
		x.Broken = d.text()
	}
	if has(4) {
		x.extra = d.extra()
	}
}

func (e *encoder) lock(l *Lock) {
	e.uint(uint64(l.Scope))
	e.text(l.ID)
	for _, s := range []string{l.Environment, l.Group, l.Application, l.Team, l.Message, l.CILink, l.SuggestedLifetime, l.Broken} {
		e.name(s)
	}
	e.actor(l.CreatedBy)
	e.time(l.CreatedAt)
	e.time(l.ExpiresAt)
	e.extra(l.extra)
}

func (d *decoder) lock() *Lock {
	l := &Lock{Scope: LockScope(d.uint()), ID: d.text()}
	for _, s := range []*string{&l.Environment, &l.Group, &l.Application, &l.Team, &l.Message, &l.CILink, &l.SuggestedLifetime, &l.Broken} {
		*s = strings.Clone(d.name())
	}
	l.CreatedBy = d.actor()
	l.CreatedAt, l.ExpiresAt = d.time(), d.time()
	l.extra = d.extra()
	return l
}

func (e *encoder) locks(locks map[string]*Lock) {
	e.uint(uint64(len(locks)))
	for _, id := range slices.Sorted(maps.Keys(locks)) {
		e.lock(locks[id])
	}
}

func (d *decoder) locks() map[string]*Lock {
	n := d.count()
	if n == 0 {
		return nil
	}
	locks := make(map[string]*Lock, n)
	for range n {
		l := d.lock()
		locks[l.ID] = l
	}
	return locks
}

func (e *encoder) lockTree(all map[string]map[string]*Lock) {
	e.uint(uint64(len(all)))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e.text(name)
		e.locks(all[name])
	}
}

func (d *decoder) lockTree() map[string]map[string]*Lock {
	n := d.count()
	if n == 0 {
		return nil
	}
	all := make(map[string]map[string]*Lock, n)
	for range n {
		name := d.text()
		all[name] = d.locks()
	}
	return all
}
