package rules

import (
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// heldBack is what keeps a version away from an environment now, and what a person may ignore: locks and freeze windows.
type heldBack struct {
	locks  []*manifestrepo.Lock
	freeze Freeze
}

func (w *work) heldBack(d delivery) heldBack {
	return heldBack{w.locksOn(d.env, d.locks, d.team), w.freezes.Of(d.env, d.app, d.team)}
}

func (h heldBack) any() bool { return len(h.locks) > 0 || h.freeze.Frozen() }

// String names all of it for a person: locks, then windows.
func (h heldBack) String() string {
	words := []string{lockList(h.locks), h.freeze.Because}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ", ")
}

// cause: what nothing but a freeze holds back is caught up when that ends. A lock beside it makes it a lock's: who ended the lock decides.
func (h heldBack) cause() manifestrepo.QueueCause {
	if len(h.locks) > 0 {
		return manifestrepo.QueuedByLock
	}
	return manifestrepo.QueuedByFreeze
}

// refusal is for a person who does not want the version to wait.
func (h heldBack) refusal(d delivery, result *api.DeployResult) error {
	refused := problem.New(problem.Locked, "%s %d cannot go to %s: %s", d.app, d.version, d.env.Name, h)
	refused.Detail = &api.ErrorDetail{Locks: result.Locks}
	switch {
	case len(h.locks) > 0 && h.freeze.Frozen():
		return refused.Because("a lock and a freeze hold deployments back").
			Fix("wait until the lock is deleted and the freeze is over, or deploy with lock_behavior RECORD to queue the version")
	case h.freeze.Frozen() && len(h.freeze.Windows) == 0:
		return refused.Because("freeze windows that cannot be read hold deployments back: nobody can tell").
			Fix("repair the file in the manifest repo, or deploy with lock_behavior RECORD to queue the version")
	case h.freeze.Frozen():
		return refused.Because("a freeze holds deployments back").
			Fix("wait until it is over, or deploy with lock_behavior RECORD to queue the version: it is deployed when the freeze is over")
	}
	return refused.Because("a lock holds deployments back").
		Fix("wait until the lock is deleted, or deploy with lock_behavior RECORD to queue the version")
}

// breakGlass notes every lock and window that a deployment went through.
func (w *work) breakGlass(d delivery, through heldBack) {
	event := manifestrepo.Event{What: eventBrokeGlass, Application: d.app, Environment: d.env.Name, Version: d.version}
	for _, l := range through.locks {
		broken := event
		broken.LockID = l.ID
		w.happened(broken)
	}
	for _, window := range through.freeze.Windows {
		broken := event
		broken.ID = window.Label()
		w.happened(broken)
	}
	if through.freeze.Frozen() && len(through.freeze.Windows) == 0 { // windows that nobody can read
		w.happened(event)
	}
}
