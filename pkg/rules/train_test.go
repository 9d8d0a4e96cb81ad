package rules_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// anyTrain draws a train with filters and a source.
func anyTrain(t *rapid.T, w *world) *api.RunTrain {
	m := &api.RunTrain{
		Target: rapid.SampledFrom([]string{"dev", "qa", "prod", "prod-a"}).Draw(t, "target"), Team: rapid.SampledFrom(teamNames).Draw(t, "team"),
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(appNames), 0, 1, rapid.ID).Draw(t, "only") {
		m.Applications = []string{name}
	}
	if rapid.IntRange(0, 3).Draw(t, "labelled") == 0 {
		m.Labels = map[string]string{"tier": rapid.SampledFrom([]string{"web", "batch"}).Draw(t, "tier")}
	}
	switch rapid.IntRange(0, 3).Draw(t, "source") {
	case 0:
		m.Source = &api.TrainSource{ReleaseSet: "together"}
	case 1:
		m.Source = &api.TrainSource{Revision: "v1", Environment: rapid.SampledFrom([]string{"", "dev", "qa"}).Draw(t, "from")}
		w.past = map[string]map[string]uint64{}
		for _, env := range envNames {
			w.past["v1 "+env] = anyVersions(t)
		}
	}
	return m
}

func anyVersions(t *rapid.T) map[string]uint64 {
	versions := map[string]uint64{}
	for _, app := range append(slices.Clone(appNames), "gone") {
		if rapid.Bool().Draw(t, "has "+app) {
			versions[app] = rapid.Uint64Range(1, 4).Draw(t, "version of "+app)
		}
	}
	return versions
}

// TestTrainsKeepToTheirFilterAndSource: a train touches no application that its filter leaves out, deploys what its source says, and with whole
// it does the same or, when something would stay behind, nothing.
func TestTrainsKeepToTheirFilterAndSource(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, now := start(t), startOfStory
		set, err := json.Marshal(map[string]any{"versions": anyVersions(rt)})
		if err != nil {
			rt.Fatal(err)
		}
		w.advance(t, []manifestrepo.Edit{{Path: "release-sets/together.json", Content: set}}, nil)
		w.advance(t, []manifestrepo.Edit{{Path: "applications/cart/application.json", Content: []byte(`{"team": "blue", "labels": {"tier": "web"}}`)}}, nil)
		for range rapid.IntRange(2, 20).Draw(rt, "before") {
			now = now.Add(time.Minute)
			if d, err := w.decide(anyAction(rt), rules.Context{Now: now, Actor: anna}); err == nil {
				w.commit(t, d)
			}
		}
		m := anyTrain(rt, w)
		ctx := rules.Context{Now: now.Add(time.Minute), Actor: anna}
		d, err := w.decide(&api.Action{Kind: &api.Action_RunTrain{RunTrain: m}}, ctx)
		if err != nil {
			mustBeRefusal(rt, err)
			return
		}
		behind := false
		for _, into := range d.Result.GetRunTrain().Environments {
			behind = behind || into.SkipCause != 0 && into.SkipCause != api.SkipCause_SKIP_CAUSE_ENV_IS_LOCKED
			for _, r := range into.Applications {
				keepsToItsFilter(rt, w, m, r)
				keepsToItsSource(rt, w, m, into, r)
				behind = behind || isBehind(r)
			}
		}
		m.Whole = true
		whole, err := w.decide(&api.Action{Kind: &api.Action_RunTrain{RunTrain: m}}, ctx)
		switch {
		case behind && problem.From(err).Kind != problem.Conflict:
			rt.Fatalf("something stays behind, and the whole train says %v", err)
		case !behind && err != nil:
			rt.Fatalf("nothing stays behind, and the whole train says %v", err)
		case !behind && len(whole.Edits) != len(d.Edits):
			rt.Fatalf("the whole train edits %d paths, the other %d", len(whole.Edits), len(d.Edits))
		}
		w.commit(t, d)
		if t.Failed() {
			rt.FailNow()
		}
	})
}

func isBehind(r *api.DeployResult) bool {
	switch r.SkipCause {
	case api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION, api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV,
		api.SkipCause_SKIP_CAUSE_APP_NOT_IN_SOURCE, api.SkipCause_SKIP_CAUSE_APP_AWAITS_APPROVAL:
		return false
	case api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV:
		return r.PreviousVersion != 0
	}
	return r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_QUEUED || r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED
}

func keepsToItsFilter(t *rapid.T, w *world, m *api.RunTrain, r *api.DeployResult) {
	app := w.snapshot.Application(r.Application)
	if app == nil {
		app = &manifestrepo.Application{}
	}
	if m.Team != "" && app.Team != m.Team || len(m.Applications) > 0 && m.Applications[0] != r.Application ||
		m.Labels["tier"] != "" && app.Labels["tier"] != m.Labels["tier"] {
		t.Fatalf("%v takes %v", m, r)
	}
}

func keepsToItsSource(t *rapid.T, w *world, m *api.RunTrain, into *api.TrainEnvironment, r *api.DeployResult) {
	if r.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED {
		return
	}
	var want uint64
	switch {
	case m.Source.GetReleaseSet() != "":
		want = w.snapshot.ReleaseSet("together").Versions[r.Application]
	case m.Source.GetRevision() != "":
		want = w.past["v1 "+into.Upstream][r.Application]
	case into.Upstream != "":
		want = w.snapshot.Deployment(into.Upstream, r.Application).Version
	default:
		return
	}
	if r.Version != want {
		t.Fatalf("%v deploys %v, and its source has %d", m, r, want)
	}
}
