package rules

import (
	"fmt"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// DeleteLock: a lock ends. Nothing is deployed by that: a version that waits goes with the next train or deployment. Only a version
// that waits and runs already is dropped.

func checkDeleteLock(m *api.DeleteLock, _ *checking) error {
	return checkLockPlace("delete_lock", placeOfDelete(m))
}

func decideDeleteLock(m *api.DeleteLock, w *work) error {
	place := placeOfDelete(m)
	found, err := w.findPlace("delete_lock", place, false)
	if err != nil {
		return err
	}
	lock := found.locks[place.id]
	if lock == nil {
		return problem.New(problem.NotFound, "%s has no lock %q", place, place.id).At("delete_lock.id").
			Because("the lock exists").Fix("%s", didYouMean(place.id, sortedKeys(found.locks), "there is no lock to delete"))
	}
	answer := &api.LockResult{Locks: []*api.Lock{w.lockNow(lock)}}
	w.result.Kind = &api.ActionResult_DeleteLock{DeleteLock: answer}
	if err := w.removeLock(lock); err != nil {
		return err
	}
	w.describeLock("Unlock", place)
	answer.Unqueued, err = w.dropRunning(lock, map[*manifestrepo.Deployment]bool{})
	return err
}

// dropRunning drops the versions that wait under a lock and run already, but for those that were seen before.
func (w *work) dropRunning(l *manifestrepo.Lock, seen map[*manifestrepo.Deployment]bool) ([]*api.DeployResult, error) {
	var dropped []*api.DeployResult
	for _, d := range w.under(l) {
		if d.Queued == nil || d.Queued.Version != d.Version || seen[d.Deployment] {
			continue
		}
		seen[d.Deployment] = true
		if err := w.unqueue(d.application, d.Deployment); err != nil {
			return nil, err
		}
		dropped = append(dropped, &api.DeployResult{
			Application: d.application, Environment: d.Environment, Version: d.Version, PreviousVersion: d.Version,
			Outcome: api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED, Because: "it runs already",
		})
		w.say("%s %d waited for %s, where it runs already.", d.application, d.Version, d.Environment)
	}
	return dropped, nil
}

func (w *work) removeLock(l *manifestrepo.Lock) error {
	path := manifestrepo.LockPath(l)
	w.happened(manifestrepo.Event{What: eventUnlocked, Application: l.Application, Environment: l.Environment, LockID: l.ID})
	if l.Scope != manifestrepo.ScopeGlobal {
		w.delete(path)
		return nil
	}
	if w.s.ProblemAt(path) != "" {
		return signalboxFileIsBroken()
	}
	content, err := w.s.EncodeSignalbox(nil)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w.write(path, content)
	return nil
}
