package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// bigLine is a line of many applications that run version 2 in dev and 1 in qa.
func bigLine(t testing.TB, applications int) *world {
	w := start(t)
	var records []manifestrepo.Record
	for i := range applications {
		name := fmt.Sprintf("application-%04d", i)
		for version := uint64(1); version <= 2; version++ {
			manifests := map[string]manifestrepo.Manifest{}
			for _, env := range []string{"dev", "qa"} {
				text := []byte(manifestText(name, version, env))
				manifests[env] = manifestrepo.Manifest{Content: text, Blob: w.put(text), SHA256: strings.Repeat("0", 64)}
			}
			r, err := manifestrepo.NewReleaseRecord(name, &manifestrepo.Release{Version: version, CreatedAt: startOfStory, CreatedBy: ci}, manifests)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		}
	}
	w.advance(t, nil, records)
	var edits []manifestrepo.Edit
	for i := range applications {
		name := fmt.Sprintf("application-%04d", i)
		for env, version := range map[string]uint64{"dev": 2, "qa": 1} {
			blob := w.manifests[rules.ReleaseKey{Application: name, Version: version}][env]
			content, err := manifestrepo.EncodeDeployment(&manifestrepo.Deployment{
				Environment: env, Version: version, ManifestBlob: blob, DeployedAt: startOfStory, DeployedBy: ci,
			})
			if err != nil {
				t.Fatal(err)
			}
			edits = append(edits, manifestrepo.Edit{Path: manifestrepo.DeploymentPath(env, name), Content: content},
				manifestrepo.Edit{Path: manifestrepo.ManifestPath(env, name), Blob: blob})
		}
	}
	w.advance(t, edits, nil)
	return w
}

func trainTo(target string) *api.Action {
	return &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{Target: target}}}
}

func TestATrainOfManyApplicationsStaysReadable(t *testing.T) {
	w := bigLine(t, 300)
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(d.Message.Body, "\n"); n > 110 || !strings.HasSuffix(d.Message.Body, "more") {
		t.Errorf("%d lines: ...%s", n, d.Message.Body[len(d.Message.Body)-60:])
	}
	if d.Message.Subject != "Release train to qa: 300 moved" || len(d.Message.Events) != 300 || len(d.Edits) != 600 {
		t.Error(d.Message.Subject, len(d.Message.Events), len(d.Edits))
	}
	w.commit(t, d)
}

// A release whose manifests cannot be read does not keep the others from moving.
func TestATrainGoesOnWithoutWhatCannotBeRead(t *testing.T) {
	w := bigLine(t, 3)
	checked, err := rules.Check(trainTo("qa"), rules.Policy{}, w.put)
	if err != nil {
		t.Fatal(err)
	}
	d, err := rules.Decide(checked, w.snapshot, rules.Context{Now: startOfStory, Actor: anna, Content: holed{w, "application-0001"}})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Result.GetRunTrain().Environments[0].Applications
	if got[0].Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED || got[1].Outcome != api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED ||
		got[2].Outcome != api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED || !strings.Contains(got[1].Because, "cannot be read") {
		t.Errorf("%v", got)
	}
}

// holed cannot read one application's releases.
type holed struct {
	rules.Content
	application string
}

func (h holed) Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error) {
	if app == h.application {
		return nil, errors.New("no such object")
	}
	return h.Content.Manifests(app, r)
}

func TestNeedsNamesWhatDecideAsksFor(t *testing.T) {
	w := bigLine(t, 3)
	for path, text := range map[string]string{
		"release-sets/old.json":                         `{"versions": {"application-0001": 1, "application-0002": 2, "gone": 1}}`,
		"environment-groups/qa.json":                    `{"releaseTrains": [{"name": "nightly", "schedule": "0 1 * * *", "applications": ["application-0002"]}]}`,
		"environment-groups/qa/departures/nightly.json": `{"schedule": "0 1 * * *", "since": "2026-11-20T00:00:00Z"}`,
	} {
		w.advance(t, []manifestrepo.Edit{{Path: path, Content: []byte(text)}}, nil)
	}
	fromSet := trainTo("qa")
	fromSet.GetRunTrain().Source = &api.TrainSource{ReleaseSet: "old"}
	departure := func(train string) *api.Action {
		return &api.Action{Kind: &api.Action_Depart{Depart: &api.Depart{EnvironmentGroup: "qa", Train: train}}}
	}
	deploy := func(app string, version uint64) *api.Action {
		return &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{Application: app, Environment: "qa", Version: version}}}
	}
	release := func(version uint64) *api.Action {
		return &api.Action{Kind: &api.Action_CreateRelease{CreateRelease: &api.CreateRelease{
			Application: "application-0000", Version: version, Manifests: map[string]string{"qa": manifestText("a", 1, "qa")},
		}}}
	}
	for name, want := range map[string]struct {
		action *api.Action
		needs  string
	}{
		"a deployment":        {deploy("application-0001", 2), "[{application-0001 2}]"},
		"a train":             {trainTo("qa"), "[{application-0000 2} {application-0001 2} {application-0002 2}]"},
		"a train to nowhere":  {trainTo("nowhere"), "[]"},
		"a release set":       {fromSet, "[{application-0002 2} {gone 1}]"},
		"a departure":         {departure("nightly"), "[{application-0002 2}]"},
		"no such departure":   {departure("daily"), "[]"},
		"an automatic number": {release(0), "[{application-0000 2}]"},
		"a number":            {release(1), "[{application-0000 1}]"},
		"a new number":        {release(9), "[]"},
		"a batch": {&api.Action{Kind: &api.Action_Batch{Batch: &api.Batch{Actions: []*api.Action{
			deploy("application-0002", 1), trainTo("qa"), release(0),
		}}}}, "[{application-0002 1} {application-0000 2} {application-0001 2} {application-0002 2}]"},
	} {
		checked, err := rules.Check(want.action, rules.Policy{}, w.put)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(rules.Needs(checked, w.snapshot)); got != want.needs {
			t.Errorf("%s needs %s, want %s", name, got, want.needs)
		}
	}
}

func BenchmarkTrain2000(b *testing.B) {
	w := bigLine(b, 2000)
	checked, err := rules.Check(trainTo("qa"), rules.Policy{}, w.put)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := rules.Decide(checked, w.snapshot, rules.Context{Now: startOfStory, Actor: anna, Content: w}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatch1000(b *testing.B) {
	w := bigLine(b, 2000)
	batch := &api.Batch{}
	for i := range 1000 {
		batch.Actions = append(batch.Actions, &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{
			Application: fmt.Sprintf("application-%04d", i), Environment: "qa", Version: 2,
		}}})
	}
	checked, err := rules.Check(&api.Action{Kind: &api.Action_Batch{Batch: batch}}, rules.Policy{}, w.put)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := rules.Decide(checked, w.snapshot, rules.Context{Now: startOfStory, Actor: anna, Content: w}); err != nil {
			b.Fatal(err)
		}
	}
}
