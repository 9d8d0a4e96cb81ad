package state

import (
	"context"
	"fmt"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Draft is the present state with own commits on top that are not pushed yet. Throwing it away rolls everything back.
type Draft struct {
	repo  *Repo
	base  *manifestrepo.Snapshot
	now   *manifestrepo.Snapshot
	delta manifestrepo.Delta

	commits []gitstore.CommitInfo
	logTip  gitstore.Hash
	orphans []gitstore.Hash
}

// Draft starts one on the present state.
func (r *Repo) Draft() *Draft {
	s := r.View().Snapshot
	return &Draft{repo: r, base: s, now: s, logTip: r.log.tip, orphans: r.log.orphans}
}

// Snapshot is the state with everything taken so far.
func (d *Draft) Snapshot() *manifestrepo.Snapshot { return d.now }

// Base is the confirmed state the draft stands on.
func (d *Draft) Base() *manifestrepo.Snapshot { return d.base }

// LogTip is where the next log record goes, and the orphans that the next releases.json must list as void.
func (d *Draft) LogTip() (gitstore.Hash, []gitstore.Hash) { return d.logTip, d.orphans }

// Commits are the commits of main taken so far.
func (d *Draft) Commits() []gitstore.CommitInfo { return d.commits }

// Preview reads an update on top of the draft without taking it.
func (d *Draft) Preview(ctx context.Context, u manifestrepo.Update) (*manifestrepo.Snapshot, manifestrepo.Delta, error) {
	return d.now.Apply(ctx, u, d.repo.store)
}

// Take makes a previewed snapshot the draft's newest, with the commit that made it. logTip is the log's tip with the
// commit's records; the orphans count as listed when it moved.
func (d *Draft) Take(s *manifestrepo.Snapshot, delta manifestrepo.Delta, c gitstore.CommitInfo, logTip gitstore.Hash) {
	d.now, d.delta = s, MergeDelta(d.delta, delta)
	d.commits = append(d.commits, c)
	if logTip != d.logTip {
		d.logTip, d.orphans = logTip, nil
	}
}

// Confirm makes a pushed draft the present state. The store's heads must be the draft's.
func (r *Repo) Confirm(d *Draft) error {
	heads := r.store.Heads()
	if d.base != r.View().Snapshot || heads[r.branch] != d.now.Commit() {
		return fmt.Errorf("the draft ends at %s but main is at %s", d.now.Commit(), heads[r.branch])
	}
	rf := d.now.ReleasesFile()
	r.log = logState{ref: rf.Log.Ref, head: rf.Log.Head, tip: d.logTip, orphans: d.orphans, checked: true}
	r.publish(Step{Before: d.base, After: d.now, Delta: d.delta, Commits: d.commits})
	return nil
}

// CommitterName is the committer of every commit Signalbox makes. Trailers count only on such commits.
const CommitterName = "Signalbox"

// Ours reports whether Signalbox made a commit.
func Ours(c gitstore.CommitInfo) bool { return c.Committer.Name == CommitterName }
