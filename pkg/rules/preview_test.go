package rules_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// previewWorld has checkout 3 in dev, 2 in qa, 1 in prod-a and nothing in prod-b; there are releases 1 to 4.
func previewWorld(t testing.TB) *world {
	w := start(t)
	for v := uint64(1); v <= 4; v++ {
		manifests := map[string]string{}
		for _, env := range []string{"dev", "qa", "prod-a", "prod-b"} {
			manifests[env] = manifestText("checkout", v, env)
		}
		w.addRelease(t, "checkout", &manifestrepo.Release{Version: v, CreatedAt: startOfStory, CreatedBy: ci}, manifests)
	}
	for env, v := range map[string]uint64{"dev": 3, "qa": 2, "prod-a": 1} {
		w.addDeployment(t, "checkout", &manifestrepo.Deployment{Environment: env, Version: v})
	}
	return w
}

func deployTo(env string, version uint64) *api.Action {
	return &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{Application: "checkout", Environment: env, Version: version}}}
}

func (w *world) effects(t testing.TB, action *api.Action) []*api.TrainEffect {
	t.Helper()
	ctx := rules.Context{Now: startOfStory, Actor: anna, Content: w}
	d, err := w.decide(action, ctx)
	if err != nil {
		t.Fatal(err)
	}
	effects, err := rules.Effects(d, w.snapshot, ctx)
	if err != nil {
		t.Fatal(err)
	}
	return effects
}

func TestWhatADeploymentDoesToTheNextTrain(t *testing.T) {
	noHold := deployTo("qa", 1)
	noHold.GetDeploy().NoHold = true
	for name, c := range map[string]struct {
		action *api.Action
		lock   string
		want   []string
	}{
		"a newer version goes on with the next trains": {deployTo("qa", 4), "", []string{
			"the next train to prod-a takes 4 instead of 2",
			"the next train to prod-b takes 4 instead of 2",
		}},
		"what the train would have brought": {deployTo("qa", 3), "", []string{
			"the next train to qa leaves 3 as it is; without this deployment it takes 3",
			"the next train to prod-a takes 3 instead of 2",
			"the next train to prod-b takes 3 instead of 2",
		}},
		"rolling back holds": {deployTo("qa", 1), "", []string{
			"the next train to qa leaves it at 1: version 1 is on hold: rolled back from 2 to 1; without this deployment it takes 3",
			"the next train to prod-a leaves 1 as it is; without this deployment it takes 2",
			"the next train to prod-b takes 1 instead of 2",
		}},
		"rolling back without a hold": {noHold, "", []string{
			"the next train to prod-a leaves 1 as it is; without this deployment it takes 2",
			"the next train to prod-b takes 1 instead of 2",
		}},
		"a latest environment takes the newest release again": {deployTo("dev", 4), "", []string{
			"the next train to dev leaves 4 as it is; without this deployment it takes 4",
			"the next train to qa takes 4 instead of 3",
		}},
		"at the end of the line nobody follows": {deployTo("prod-a", 2), "", []string{
			"the next train to prod-a leaves 2 as it is; without this deployment it takes 2",
		}},
		"what runs already":           {deployTo("qa", 2), "", nil},
		"a version that has to wait":  {deployTo("qa", 4), "qa", nil},
		"a train that is locked away": {deployTo("qa", 4), "prod-a", []string{"the next train to prod-b takes 4 instead of 2"}},
		"a train is no deployment":    {trainTo("qa"), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := previewWorld(t)
			if c.lock != "" {
				w.advance(t, []manifestrepo.Edit{{Path: "environments/" + c.lock + "/locks/incident.json", Content: []byte(`{"message":"look"}`)}}, nil)
			}
			var got []string
			for _, e := range w.effects(t, c.action) {
				got = append(got, e.Text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestEffectsComeTrue deploys, runs the trains, and wants what was foretold of them.
func TestEffectsComeTrue(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := start(t)
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			ctx := rules.Context{Now: startOfStory, Actor: anna, Content: w}
			action := anyAction(r)
			d, err := w.decide(action, ctx)
			if err != nil {
				continue
			}
			effects, err := rules.Effects(d, w.snapshot, ctx)
			if err != nil {
				r.Fatal(err)
			}
			before := w.clone()
			w.commit(t, d)
			for _, e := range effects {
				if e.Text == "" || !moves(t, before, e.Application, e.Environment, e.Before) || !moves(t, w, e.Application, e.Environment, e.After) {
					r.Fatalf("%v: %v did not come true", action, e)
				}
			}
		}
	})
}

// moves reports whether a train does with an application what was foretold.
func moves(t *testing.T, w *world, app, env string, want *api.DeployResult) bool {
	t.Helper()
	action := trainTo(env)
	action.GetRunTrain().TargetType = api.TrainTarget_TRAIN_TARGET_ENVIRONMENT
	d, err := w.decide(action, rules.Context{Now: startOfStory, Actor: anna, Content: w})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range d.Result.GetRunTrain().Environments[0].Applications {
		if got.Application == app {
			return got.Outcome == want.GetOutcome() && got.Version == want.GetVersion() && got.SkipCause == want.GetSkipCause()
		}
	}
	return want == nil
}
