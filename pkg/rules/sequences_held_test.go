package rules_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// What the random sequences say of holding back: freezes, holds, the queue, and what the clock ends.

// anyHolding draws a command about what is held back.
func anyHolding(t *rapid.T, a *api.Action, app, env string) {
	switch rapid.IntRange(0, 5).Draw(t, "holding") {
	case 0:
		a.Kind = &api.Action_Hold{Hold: &api.Hold{Application: app, Environment: env}}
	case 1:
		a.Kind = &api.Action_Resume{Resume: &api.Resume{Application: app, Environment: env}}
	case 2:
		a.Kind = &api.Action_ReleaseQueue{ReleaseQueue: &api.ReleaseQueue{
			Application: rapid.SampledFrom([]string{"", app}).Draw(t, "of application"), Environment: rapid.SampledFrom([]string{"", env}).Draw(t, "for environment"),
			Team: rapid.SampledFrom(teamNames).Draw(t, "of team"),
		}}
	case 3:
		a.Kind = &api.Action_ApplyEnvironmentGroup{ApplyEnvironmentGroup: &api.ApplyEnvironmentGroup{
			EnvironmentGroup: "prod", Config: structOf(t, map[string]any{"freezeWindows": anyWindows(t)}),
		}}
	default:
		a.Kind = &api.Action_Deploy{Deploy: &api.Deploy{Application: app, Environment: env, Version: rapid.Uint64Range(1, 3).Draw(t, "old version")}}
	}
}

// anyWindows draws freeze windows that are open some of the time.
func anyWindows(t *rapid.T) []any {
	windows := []any{}
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		w := map[string]any{
			"kind":     rapid.SampledFrom([]string{"deny", "deny", "deny", "allow"}).Draw(t, "kind of window"),
			"schedule": rapid.SampledFrom([]string{"*/30 * * * *", "15 * * * *", "0 */2 * * *"}).Draw(t, "schedule"),
			"duration": rapid.SampledFrom([]string{"10m", "25m", "1h"}).Draw(t, "duration"),
		}
		switch rapid.IntRange(0, 3).Draw(t, "concerns") {
		case 0:
			w["teams"] = []any{"blue"}
		case 1:
			w["applications"] = []any{"cart"}
		}
		windows = append(windows, w)
	}
	return windows
}

func structOf(t *rapid.T, fields map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	catchUp    = &api.Action{Kind: &api.Action_CatchUp{CatchUp: &api.CatchUp{}}}
	endExpired = &api.Action{Kind: &api.Action_EndExpired{EndExpired: &api.EndExpired{}}}
)

// frozen evaluates the windows of an environment and its group one by one, without anything that is kept.
func frozen(t *rapid.T, s *manifestrepo.Snapshot, environment, app, team string, now time.Time) bool {
	env := s.Environment(environment)
	all := slices.Clone(env.Config.FreezeWindows)
	if group := s.Group(env.GroupName()); group != nil {
		all = append(all, group.Config.FreezeWindows...)
	}
	var windows []schedule.Window
	for _, f := range all {
		w, err := f.Window()
		if err != nil {
			t.Fatal(err)
		}
		if f.Concerns(app, team) {
			windows = append(windows, w)
		}
	}
	return schedule.At(windows, now).Frozen
}

// freezesAreRespected: nothing is deployed while it is frozen but by a person who ignores that, and then the glass is broken.
func freezesAreRespected(t *rapid.T, before *manifestrepo.Snapshot, action *api.Action, d *rules.Decision, now time.Time) {
	for _, e := range d.Message.Events {
		if e.What != "deployed" {
			continue
		}
		team := ""
		if app := before.Application(e.Application); app != nil {
			team = app.Team
		}
		if next := action.GetCreateRelease().GetTeam(); next != "" {
			team = next
		}
		if !frozen(t, before, e.Environment, e.Application, team, now) {
			continue
		}
		broken := slices.ContainsFunc(d.Message.Events, func(e manifestrepo.Event) bool { return e.What == "broke-glass" && e.ID != "" })
		if action.GetDeploy().GetLockBehavior() != api.LockBehavior_LOCK_BEHAVIOR_IGNORE || !broken {
			t.Fatalf("%v deployed %v into a freeze", action, e)
		}
	}
}

// holdsAreRespected: what is on hold moves by hand only.
func holdsAreRespected(t *rapid.T, before *manifestrepo.Snapshot, action *api.Action, d *rules.Decision) {
	for _, e := range d.Message.Events {
		if e.What != "deployed" || action.GetDeploy() != nil {
			continue
		}
		old := before.Deployment(e.Environment, e.Application)
		if old != nil && old.Hold != nil && (old.Queued == nil || !old.Queued.ByHand || old.Queued.Version != e.Version) {
			t.Fatalf("%v deployed %v where a hold is", action, e)
		}
	}
}

// rollingBackHolds: what a person took back stays back.
func rollingBackHolds(t *rapid.T, action *api.Action, d *rules.Decision, after *manifestrepo.Snapshot) {
	m, r := action.GetDeploy(), d.Result.GetDeploy()
	if m == nil || r.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED || r.Version == r.PreviousVersion {
		return
	}
	hold := after.Deployment(m.Environment, m.Application).Hold
	if want := r.Version < r.PreviousVersion && !m.NoHold; (hold != nil) != want {
		t.Fatalf("%v deployed %v; on hold: %v", action, r, hold)
	}
}

// theClockIsDoneAtOnce: what the clock asks for is done when it was done once. Ending locks deploys nothing; after catching up nothing waits for
// a freeze that is over.
func theClockIsDoneAtOnce(t *rapid.T, tb testing.TB, w *world, now time.Time) {
	ctx := rules.Context{Now: now, Actor: anna}
	for _, action := range []*api.Action{endExpired, catchUp} {
		for again := range 2 {
			d, err := w.decide(action, ctx)
			if err != nil {
				t.Fatalf("%v: %v", action, err)
			}
			if again == 1 && d.Changes() {
				t.Fatalf("%v changes something the second time: %s", action, d.Message)
			}
			deploys := slices.ContainsFunc(d.Message.Events, func(e manifestrepo.Event) bool { return e.What == "deployed" })
			if action == endExpired && deploys {
				t.Fatalf("what expired deploys: %s", d.Message)
			}
			w.commit(tb, d)
		}
	}
	for _, l := range w.snapshot.Locks() {
		if l.Expired(now) {
			t.Fatalf("%v is left", l)
		}
	}
	for _, app := range w.snapshot.Applications() {
		for env, d := range app.Deployments {
			if d.Queued != nil && d.Queued.Cause == manifestrepo.QueuedByFreeze && !frozen(t, w.snapshot, env, app.Name, app.Team, now) {
				t.Fatalf("%s %d waits in %s for a freeze that is over", app.Name, d.Queued.Version, env)
			}
		}
	}
}
