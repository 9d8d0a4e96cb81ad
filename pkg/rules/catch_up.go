package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// CatchUp: a freeze is over, and what nothing but a freeze held back is deployed. What something else holds back by now waits for that: from
// then on it is for a person to let it go, so that the clock asks once.

func checkCatchUp(*api.CatchUp, *checking) error { return nil }

func needsOfCatchUp(_ *api.CatchUp, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	return releasesOf(allWaiting(s, byFreeze))
}

func decideCatchUp(_ *api.CatchUp, w *work) error {
	answer := &api.QueueResult{}
	w.result.Kind = &api.ActionResult_CatchUp{CatchUp: answer}
	for _, q := range thawed(w.s, w.freezes) {
		result, err := w.outOfQueue(q, func(d *delivery) {
			d.automatic, d.by, d.reason = !q.ByHand, q.By, "caught up after a freeze"
		})
		if err != nil {
			return err
		}
		answer.Applications = append(answer.Applications, result)
	}
	w.tellQueue("Catch up after a freeze", "no freeze is over that held anything back", answer.Applications)
	return nil
}

func byFreeze(q waiting) bool { return q.Cause == manifestrepo.QueuedByFreeze }

// thawed lists the queued versions whose freeze is over, by environment and application.
func thawed(s *manifestrepo.Snapshot, freezes *Freezes) []waiting {
	return allWaiting(s, func(q waiting) bool {
		return byFreeze(q) && !freezes.Of(q.env, q.app.Name, q.app.Team).Frozen()
	})
}
