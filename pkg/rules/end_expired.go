package rules

import (
	"fmt"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// EndExpired: locks, the stop and requests for approval whose time is over are removed. It deploys nothing, as when a person deletes a lock.

func checkEndExpired(*api.EndExpired, *checking) error { return nil }

func decideEndExpired(_ *api.EndExpired, w *work) error {
	answer := &api.ExpiryResult{}
	w.result.Kind = &api.ActionResult_EndExpired{EndExpired: answer}
	var ended []string
	seen := map[*manifestrepo.Deployment]bool{}
	for _, l := range w.s.Locks() {
		if !l.Expired(w.now) {
			continue
		}
		answer.Locks = append(answer.Locks, w.lockNow(l))
		ended = append(ended, fmt.Sprintf("lock on %s (%s)", placeOfLock(l), l.ID))
		w.say("%s: it ended at %s", lockLine(l), l.ExpiresAt.Format(time.RFC3339))
		if err := w.removeLock(l); err != nil {
			return err
		}
		if _, err := w.dropRunning(l, seen); err != nil {
			return err
		}
	}
	for _, env := range w.s.Environments() {
		for _, id := range sortedKeys(env.Approvals) {
			request := env.Approvals[id]
			if !request.Expired(w.now) {
				continue
			}
			answer.Approvals = append(answer.Approvals, id)
			ended = append(ended, fmt.Sprintf("request for approval %s in %s", id, env.Name))
			w.say("request for approval %s in %s: nobody approved it until %s", id, env.Name, request.ExpiresAt.Format(time.RFC3339))
			w.delete(manifestrepo.ApprovalPath(env.Name, id))
			w.happened(manifestrepo.Event{What: eventApprovalExpired, Environment: env.Name, ID: id})
		}
	}
	w.message.Subject = expirySubject(ended, len(answer.Locks), len(answer.Approvals))
	return nil
}

func expirySubject(ended []string, locks, approvals int) string {
	switch {
	case len(ended) == 0:
		return "Nothing has expired"
	case len(ended) == 1:
		return "End expired " + ended[0]
	}
	var counts []string
	if locks > 0 {
		counts = append(counts, counted(locks, "lock"))
	}
	if approvals > 0 {
		counts = append(counts, counted(approvals, "request")+" for approval")
	}
	return "End what has expired: " + strings.Join(counts, ", ")
}

// lockLine names a lock, what it locks, and why.
func lockLine(l *manifestrepo.Lock) string {
	line := fmt.Sprintf("%s on %s", lockWords(l), placeOfLock(l))
	if l.Scope == manifestrepo.ScopeGlobal {
		line = lockWords(l)
	}
	if l.Message != "" {
		line += fmt.Sprintf(" (%s)", strings.Join(strings.Fields(l.Message), " "))
	}
	return line
}
