package rules_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

var bo = manifestrepo.Actor{Name: "Bo", Email: "bo@example.com"}

// gate lets those of the environments that exist ask for approval.
func (w *world) gate(t testing.TB, rule string, envs ...string) {
	t.Helper()
	for _, env := range envs {
		if w.snapshot.Environment(env) == nil {
			continue
		}
		var config map[string]any
		if err := json.Unmarshal(w.snapshot.Environment(env).Raw, &config); err != nil {
			t.Fatal(err)
		}
		config["approval"] = json.RawMessage(rule)
		content, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		w.advance(t, []manifestrepo.Edit{{Path: manifestrepo.ConfigPath(env), Content: content}}, nil)
	}
}

func approve(env, id string) *api.Action {
	return &api.Action{Kind: &api.Action_Approve{Approve: &api.Approve{Environment: env, Id: id}}}
}

// waiting lists the requests of all environments.
func (w *world) waiting() []*manifestrepo.Approval {
	var out []*manifestrepo.Approval
	for _, env := range w.snapshot.Environments() {
		for _, id := range slices.Sorted(maps.Keys(env.Approvals)) {
			out = append(out, env.Approvals[id])
		}
	}
	return out
}

// TestApprovedIsAsIfNobodyHadAsked: what is approved in the state in which it was asked for deploys and queues what the same command does where
// nobody has to agree.
func TestApprovedIsAsIfNobodyHadAsked(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		open := start(t)
		open.releases(t)
		ctx := rules.Context{Now: startOfStory, Actor: anna}
		for range rapid.IntRange(0, 12).Draw(rt, "before") {
			if d, err := open.decide(anyDelivery(rt), ctx); err == nil {
				open.commit(t, d)
			}
		}
		gated := open.clone()
		gated.gate(t, `{}`, envNames...)
		action := rapid.Custom(anyDelivery).Filter(func(a *api.Action) bool {
			return a.GetApplyEnvironment() == nil && a.GetDeploy().GetLockBehavior() != api.LockBehavior_LOCK_BEHAVIOR_IGNORE
		}).Draw(rt, "action")
		ctx.Now = ctx.Now.Add(time.Minute)
		atOnce, err := open.decide(action, ctx)
		asked, errGated := gated.decide(action, ctx)
		if err != nil || errGated != nil {
			if fmt.Sprint(err) != fmt.Sprint(errGated) {
				rt.Fatalf("%v, but where somebody has to agree %v", err, errGated)
			}
			return
		}
		open.commit(t, atOnce)
		gated.commit(t, asked)
		if events := deployedEvents(asked); len(events) > 0 {
			rt.Fatalf("deployed before anybody agreed: %v", events)
		}
		var deployed []manifestrepo.Event
		for _, request := range gated.waiting() {
			d, err := gated.decide(approve(request.Environment, request.ID), rules.Context{Now: ctx.Now, Actor: bo})
			if err != nil {
				rt.Fatal(err)
			}
			gated.commit(t, d)
			deployed = append(deployed, deployedEvents(d)...)
		}
		if want := deployedEvents(atOnce); !slices.Equal(deployed, want) {
			rt.Fatalf("approved %v, at once %v", deployed, want)
		}
		sameDeployments(rt, open, gated)
	})
}

// anyDelivery draws a command, most often one that brings a version somewhere.
func anyDelivery(t *rapid.T) *api.Action {
	app, env := rapid.SampledFrom(appNames).Draw(t, "app"), rapid.SampledFrom(envNames).Draw(t, "env")
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		return &api.Action{Kind: &api.Action_ReleaseQueue{ReleaseQueue: &api.ReleaseQueue{}}}
	case 1:
		return &api.Action{Kind: &api.Action_Hold{Hold: &api.Hold{Application: app, Environment: env}}, Reason: "it works"}
	case 2, 3:
		return &api.Action{Reason: rapid.SampledFrom([]string{"", "it fails"}).Draw(t, "reason"), Kind: &api.Action_Deploy{Deploy: &api.Deploy{
			Application: app, Environment: env, Version: rapid.Uint64Range(1, 4).Draw(t, "version"), NoHold: rapid.Bool().Draw(t, "no hold"),
		}}}
	}
	return anyAction(t)
}

func deployedEvents(d *rules.Decision) []manifestrepo.Event {
	var out []manifestrepo.Event
	for _, e := range d.Message.Events {
		if e.What == "deployed" {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b manifestrepo.Event) int {
		return strings.Compare(a.Environment+" "+a.Application, b.Environment+" "+b.Application)
	})
	return out
}

// sameDeployments compares all but the reasons, which name who agreed, and the environments' own files.
func sameDeployments(t *rapid.T, a, b *world) {
	comparable := func(w *world) map[string]string {
		out := map[string]string{}
		for path, h := range w.files {
			if strings.HasSuffix(path, "/config.json") || path == manifestrepo.ReleasesPath {
				continue
			}
			out[path] = string(w.blobs[h])
			var fields map[string]any
			if strings.HasSuffix(path, "/deployment.json") && json.Unmarshal(w.blobs[h], &fields) == nil {
				delete(fields, "reason")
				out[path] = fmt.Sprint(fields)
			}
		}
		return out
	}
	one, other := comparable(a), comparable(b)
	if !maps.Equal(one, other) {
		t.Fatalf("at once:\n%v\napproved:\n%v", one, other)
	}
}

// TestNothingGoesPastApproval: whatever is asked, nothing is deployed where somebody has to agree but by an approval that may be given, and one
// request at most waits for an application.
func TestNothingGoesPastApproval(t *testing.T) {
	policy := rules.Policy{Roles: map[string][]string{"keeper": {"bo@example.com"}}}
	rapid.Check(t, func(rt *rapid.T) {
		w, now := start(t), startOfStory
		w.gate(t, `{"by": ["role:keeper"], "notAuthor": true, "expiresAfter": "5m"}`, "qa", "prod-a")
		w.releases(t)
		for range rapid.IntRange(1, 40).Draw(rt, "commands") {
			now = now.Add(time.Minute)
			who := rapid.SampledFrom([]manifestrepo.Actor{anna, bo}).Draw(rt, "who")
			action := actionOrAnswer(rt, w)
			before := w.snapshot
			d, err := w.decide(action, rules.Context{Now: now, Actor: who, Policy: policy})
			if err != nil {
				mustBeRefusal(rt, err)
				continue
			}
			w.commit(t, d)
			for _, e := range deployedEvents(d) {
				if env := before.Environment(e.Environment); env != nil && env.Config.Approval != nil && !approvedBefore(before, e.Environment, e.Application, e.Version) {
					mustBeApproved(rt, before, action, e, who, now)
				}
			}
			onlyApprovalsApprove(rt, before, w.snapshot, action)
			oneRequestForEach(rt, w, now)
			if len(w.snapshot.Problems()) > 0 {
				rt.Fatalf("the reader cannot read what we wrote: %v", w.snapshot.Problems())
			}
			if t.Failed() {
				rt.Fatalf("%v", action)
			}
		}
	})
}

// releases gives every application three for every environment.
func (w *world) releases(t testing.TB) {
	t.Helper()
	for _, app := range appNames {
		for version := uint64(1); version <= 3; version++ {
			manifests := map[string]string{}
			for _, env := range envNames {
				manifests[env] = manifestText(app, version, env)
			}
			w.addRelease(t, app, &manifestrepo.Release{Version: version, CreatedAt: startOfStory, CreatedBy: ci}, manifests)
		}
	}
}

// TestABatchOfRequestsIsTheSequence: requests made, replaced and answered within a batch leave the same files as one after the other.
func TestABatchOfRequestsIsTheSequence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := start(t)
		w.releases(t)
		w.gate(t, `{}`, "dev", "qa")
		ctx := rules.Context{Now: startOfStory, Actor: anna}
		singly, batch := w.clone(), &api.Batch{}
		for range rapid.IntRange(1, 12).Draw(rt, "actions") {
			action := actionOrAnswer(rt, singly)
			if d, err := singly.decide(action, ctx); err == nil {
				singly.commit(t, d)
				batch.Actions = append(batch.Actions, action)
			}
		}
		if len(batch.Actions) == 0 {
			return
		}
		d, err := w.decide(&api.Action{Kind: &api.Action_Batch{Batch: batch}}, ctx)
		if err != nil {
			rt.Fatal(err)
		}
		w.commit(t, d)
		sameFiles(rt, w, singly)
		if t.Failed() {
			rt.Fatalf("%v", batch)
		}
	})
}

// actionOrAnswer draws a command that leaves configs alone, or an answer to a request that waits.
func actionOrAnswer(t *rapid.T, w *world) *api.Action {
	requests := w.waiting()
	switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
	case what < 2: // where somebody has to agree
		return &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{
			Application: rapid.SampledFrom(appNames).Draw(t, "app"), Environment: rapid.SampledFrom([]string{"qa", "prod-a"}).Draw(t, "env"),
			Version: rapid.Uint64Range(1, 5).Draw(t, "version"),
		}}}
	case what < 4 || len(requests) == 0:
		return rapid.Custom(anyAction).Filter(func(a *api.Action) bool { return a.GetApplyEnvironment() == nil }).Draw(t, "action")
	}
	request := rapid.SampledFrom(requests).Draw(t, "request")
	if rapid.Bool().Draw(t, "agrees") {
		return approve(request.Environment, request.ID)
	}
	return &api.Action{Kind: &api.Action_Reject{Reject: &api.Reject{Environment: request.Environment, Id: request.ID, Comment: "no"}}}
}

func mustBeApproved(t *rapid.T, before *manifestrepo.Snapshot, action *api.Action, e manifestrepo.Event, who manifestrepo.Actor, now time.Time) {
	request := before.Environment(e.Environment).Approvals[action.GetApprove().GetId()]
	if action.GetApprove().GetEnvironment() != e.Environment || request == nil {
		t.Fatalf("%v deployed %v", action, e)
	}
	c := request.Change(e.Application)
	if c == nil || c.Version != e.Version || c.From != e.PreviousVersion || request.Expired(now) || request.CreatedBy == who || who != bo {
		t.Fatalf("%v by %v deployed %v for %+v", action, who, e, request)
	}
}

// approvedBefore: somebody agreed, and a lock held it back.
func approvedBefore(s *manifestrepo.Snapshot, env, app string, version uint64) bool {
	d := s.Deployment(env, app)
	return d != nil && d.Queued != nil && d.Queued.Approved && d.Queued.Version == version
}

// onlyApprovalsApprove: a queued version counts as approved since somebody agreed, and since then only.
func onlyApprovalsApprove(t *rapid.T, before, after *manifestrepo.Snapshot, action *api.Action) {
	for _, app := range after.Applications() {
		for env, d := range app.Deployments {
			if q := d.Queued; q != nil && q.Approved && !approvedBefore(before, env, app.Name, q.Version) && action.GetApprove() == nil {
				t.Fatalf("%v approved %s %d in %s", action, app.Name, q.Version, env)
			}
		}
	}
}

func oneRequestForEach(t *rapid.T, w *world, now time.Time) {
	seen := map[string]string{}
	for _, request := range w.waiting() {
		if len(request.Changes) == 0 {
			t.Fatalf("%s asks for nothing", request.ID)
		}
		for _, c := range request.Changes {
			key := request.Environment + " " + c.Application
			if seen[key] != "" && !request.Expired(now) {
				t.Fatalf("%s and %s ask for %s", seen[key], request.ID, key)
			}
			if !request.Expired(now) {
				seen[key] = request.ID
			}
		}
	}
}

func TestATrainOfManyApplicationsMakesOneRequest(t *testing.T) {
	w := bigLine(t, 300)
	w.gate(t, `{}`, "qa")
	ctx := rules.Context{Now: startOfStory, Actor: anna}
	d, err := w.decide(trainTo("qa"), ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Edits) != 1 || !strings.Contains(d.Message.Body, "300 deployments in qa") {
		t.Errorf("%d edits: %s", len(d.Edits), d.Message.Body)
	}
	w.commit(t, d)
	again, err := w.decide(trainTo("qa"), ctx)
	if err != nil || again.Changes() {
		t.Fatalf("the next train changes %v (%v)", again.Edits, err)
	}
	agreed := approve("qa", w.waiting()[0].ID)
	checked, err := rules.Check(agreed, rules.Policy{}, w.put)
	if err != nil {
		t.Fatal(err)
	}
	if needs := rules.Needs(checked, w.snapshot); len(needs) != 300 || needs[0] != (rules.ReleaseKey{Application: "application-0000", Version: 2}) {
		t.Errorf("approve needs %v", needs)
	}
	if d, err = w.decide(agreed, ctx); err != nil || len(deployedEvents(d)) != 300 {
		t.Fatalf("%d deployed (%v)", len(deployedEvents(d)), err)
	}
	w.commit(t, d)
}

// What is written is read again: a request that is too long for a file becomes two.
func TestAVeryLongTrainMakesRequestsThatCanBeRead(t *testing.T) {
	w := bigLine(t, 2501)
	w.gate(t, `{}`, "qa")
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	w.commit(t, d)
	waiting := w.waiting()
	if len(waiting) != 2 || len(waiting[0].Changes) != 2500 || len(waiting[1].Changes) != 1 || waiting[1].ID != waiting[0].ID+"-2" {
		t.Fatalf("%d requests: %v", len(waiting), w.snapshot.Problems())
	}
	longest := &manifestrepo.Approval{}
	for i := range 2500 {
		longest.Changes = append(longest.Changes, manifestrepo.ApprovalChange{
			Application: fmt.Sprintf("%039d", i), Version: 1<<63 - 1, From: 1<<63 - 1, ByHand: true, NoHold: true,
		})
	}
	if content, err := manifestrepo.EncodeApproval(longest); err != nil || len(content) > manifestrepo.MaxFile*9/10 {
		t.Errorf("the longest request has %d bytes (%v)", len(content), err)
	}
}

// Manifests that cannot be read now are no reason to lose the request.
func TestAnApprovalThatCannotBeCarriedOutNowIsRefused(t *testing.T) {
	w := bigLine(t, 2)
	w.gate(t, `{}`, "qa")
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	w.commit(t, d)
	checked, err := rules.Check(approve("qa", w.waiting()[0].ID), rules.Policy{}, w.put)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rules.Decide(checked, w.snapshot, rules.Context{Now: startOfStory, Actor: anna, Content: holed{w, "application-0001"}})
	if problem.From(err).Kind != problem.Unavailable {
		t.Error(err)
	}
}

func TestWhoMayApprove(t *testing.T) {
	w := bigLine(t, 1)
	policy := rules.Policy{Roles: map[string][]string{"keeper": {"Bo@Example.com", "*@ops.example.com"}}}
	request := &manifestrepo.Approval{
		Environment: "qa", CreatedBy: anna, Changes: []manifestrepo.ApprovalChange{{Application: "application-0000", Version: 2}, {Application: "gone", Version: 1}},
	}
	for _, c := range []struct {
		rule, email string
		may         bool
	}{
		{`{}`, "", true},
		{`{}`, "anybody@example.org", true},
		{`{"by": ["role:keeper"]}`, "BO@example.COM", true},
		{`{"by": ["role:keeper"]}`, " bo@example.com ", true},
		{`{"by": ["role:keeper"]}`, "carl@OPS.example.com", true},
		{`{"by": ["role:keeper"]}`, "carl@ops.example.com.evil.example", false},
		{`{"by": ["role:keeper"]}`, "carl@evil-ops.example.com", false},
		{`{"by": ["role:keeper"]}`, "@ops.example.com", false},
		{`{"by": ["role:keeper"]}`, "", false},
		{`{"by": ["role:keeper"]}`, "role:keeper", false},
		{`{"by": ["role:other"]}`, "bo@example.com", false},
		{`{"by": ["role:other", "cy@example.com"]}`, "cy@example.com", true},
		{`{"notAuthor": true}`, "bo@example.com", true},
		{`{"notAuthor": true}`, "", false},
		{`{"notAuthor": true}`, "AK@example.com", false},
		{`{"notAuthor": true}`, "ci@EXAMPLE.com", false},
		{`{"by": ["ak@example.com"], "notAuthor": true}`, "ak@example.com", false},
		{`{"by": ["ak@example.com"]}`, "ak@example.com", true},
	} {
		w.gate(t, c.rule, "qa")
		err := rules.MayApprove(policy, w.snapshot, request, manifestrepo.Actor{Email: c.email})
		if (err == nil) != c.may || err != nil && problem.From(err).Kind != problem.Denied {
			t.Errorf("%s, %q: %v", c.rule, c.email, err)
		}
	}
}

func BenchmarkApproval2000(b *testing.B) {
	run := func(name string, w *world, action *api.Action) {
		checked, err := rules.Check(action, rules.Policy{}, w.put)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rules.Decide(checked, w.snapshot, rules.Context{Now: startOfStory, Actor: anna, Content: w}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	w := bigLine(b, 2000)
	run("open", w, trainTo("qa"))
	w.gate(b, `{"notAuthor": false}`, "qa")
	run("asks", w, trainTo("qa"))
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		b.Fatal(err)
	}
	w.commit(b, d)
	run("waits", w, trainTo("qa"))
	run("approved", w, approve("qa", w.waiting()[0].ID))
}
