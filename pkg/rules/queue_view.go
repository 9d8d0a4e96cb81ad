package rules

import (
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// QueueView looks at the versions that wait in a state at one time, as ReleaseQueue and CatchUp would find them. It may not be used by several
// goroutines at once.
type QueueView struct{ w *work }

// ViewQueue begins to look.
func ViewQueue(s *manifestrepo.Snapshot, now time.Time) *QueueView {
	return &QueueView{newWork(&Checked{}, s, Context{Now: now}, "")}
}

// HeldBy says in words what holds back the version that waits of an application in an environment; empty when nothing does, so that it goes
// with ReleaseQueue (to those who approve, where approval is asked for). goes is when CatchUp lets it go by itself; zero when a person must, or
// when the end of the freeze is not known.
func (v *QueueView) HeldBy(app *manifestrepo.Application, env *manifestrepo.Environment) (because string, goes time.Time) {
	d := deliveryTo(env, app.Name, app)
	if d.old == nil || d.old.Queued == nil {
		return "", time.Time{}
	}
	if keptOnHold(d.old) {
		return holdWords(d.old), time.Time{}
	}
	held := v.w.heldBack(d)
	switch {
	case d.old.Queued.Cause != manifestrepo.QueuedByFreeze, len(held.locks) > 0:
	case held.freeze.Frozen():
		goes = held.freeze.Until
	default:
		goes = v.w.now
	}
	return held.String(), goes
}
