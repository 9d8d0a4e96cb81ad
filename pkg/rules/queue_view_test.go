package rules_test

import (
	"time"

	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// theQueueIsAsSeen: what is said to hold a queued version back is what ReleaseQueue finds, and what is said to go by itself now is what CatchUp
// lets go.
func theQueueIsAsSeen(t *rapid.T, w *world, now time.Time) {
	ctx := rules.Context{Now: now, Actor: anna, Policy: narrow}
	released, err := w.decide(&api.Action{Kind: &api.Action_ReleaseQueue{ReleaseQueue: &api.ReleaseQueue{}}}, ctx)
	if err != nil {
		t.Fatal(err)
	}
	caughtUp, err := w.decide(catchUp, ctx)
	if err != nil {
		t.Fatal(err)
	}
	view := rules.ViewQueue(w.snapshot, now)
	goesNow := map[string]bool{}
	for _, r := range released.Result.GetReleaseQueue().Applications {
		because, goes := view.HeldBy(w.snapshot.Application(r.Application), w.snapshot.Environment(r.Environment))
		switch {
		case dropped(r):
			continue
		case goneOn(r) && because != "", !goneOn(r) && because != r.Because:
			t.Fatalf("%v is seen as held by %q", r, because)
		}
		goesNow[r.Application+" "+r.Environment] = goes.Equal(now)
	}
	for _, r := range caughtUp.Result.GetCatchUp().Applications {
		place := r.Application + " " + r.Environment
		if !dropped(r) && goneOn(r) != goesNow[place] {
			t.Fatalf("%v is seen as going now: %v", r, goesNow[place])
		}
		delete(goesNow, place)
	}
	for place, goes := range goesNow {
		if goes {
			t.Fatalf("%s is seen as going now, and nobody lets it go", place)
		}
	}
}

// goneOn reports whether a version waits in the queue no more.
func goneOn(r *api.DeployResult) bool {
	return r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED || r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL
}

// dropped reports whether a version runs already or can never go.
func dropped(r *api.DeployResult) bool {
	return r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED || r.SkipCause == api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE
}
