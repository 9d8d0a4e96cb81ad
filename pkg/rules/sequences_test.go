package rules_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

var (
	appNames   = []string{"cart", "search"}
	envNames   = []string{"dev", "qa", "prod-a", "prod-b"}
	groupOfEnv = map[string]string{"prod-a": "prod", "prod-b": "prod"}
	teamNames  = []string{"", "blue", "red"}
)

// narrow lets clean-up find something.
var narrow = rules.Policy{KeepWindow: 1}

// start is a line dev (latest) -> qa -> prod-a, prod-b.
func start(t testing.TB) *world {
	w := newWorld()
	w.advance(t, []manifestrepo.Edit{{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")}}, nil)
	for env, config := range map[string]string{
		"dev": `{"upstream": {"latest": true}}`, "qa": `{"upstream": {"environment": "dev"}}`,
		"prod-a": `{"environmentGroup": "prod", "upstream": {"environment": "qa"}}`,
		"prod-b": `{"environmentGroup": "prod", "upstream": {"environment": "qa"}}`,
	} {
		w.advance(t, []manifestrepo.Edit{{Path: manifestrepo.ConfigPath(env), Content: []byte(config)}}, nil)
	}
	return w
}

// anyAction draws a command; many of them are refused, which is fine.
func anyAction(t *rapid.T) *api.Action {
	a := &api.Action{Reason: rapid.SampledFrom([]string{"", "because"}).Draw(t, "reason")}
	app := rapid.SampledFrom(appNames).Draw(t, "app")
	env := rapid.SampledFrom(envNames).Draw(t, "env")
	switch rapid.IntRange(0, 17).Draw(t, "kind") {
	case 0, 1, 2:
		a.Kind = &api.Action_CreateRelease{CreateRelease: anyRelease(t, app)}
	case 3, 4:
		a.Kind = &api.Action_Deploy{Deploy: &api.Deploy{
			Application: app, Environment: env, Version: rapid.Uint64Range(1, 6).Draw(t, "version"),
			LockBehavior: api.LockBehavior(rapid.IntRange(0, 3).Draw(t, "behavior")), NoHold: rapid.IntRange(0, 3).Draw(t, "no hold") == 0,
		}}
	case 5, 6:
		target := rapid.SampledFrom([]string{"dev", "qa", "prod", "prod-a"}).Draw(t, "target")
		a.Kind = &api.Action_RunTrain{RunTrain: &api.RunTrain{Target: target, Team: rapid.SampledFrom(teamNames).Draw(t, "team")}}
	case 7:
		l := anyLock(t, app, env)
		l.Ahead = l.Scope == api.LockScope_LOCK_SCOPE_APPLICATION && rapid.Bool().Draw(t, "ahead")
		a.Kind = &api.Action_CreateLock{CreateLock: l}
	case 8:
		l := anyLock(t, app, env)
		a.Kind = &api.Action_DeleteLock{DeleteLock: &api.DeleteLock{
			Scope: l.Scope, Id: l.Id, Environment: l.Environment, EnvironmentGroup: l.EnvironmentGroup, Application: l.Application, Team: l.Team,
		}}
	case 9:
		a.Kind = &api.Action_ApplyEnvironment{ApplyEnvironment: anyEnvironment(t, env)}
	case 10, 11:
		anyEnd(t, a, app, env)
	case 12, 13, 14, 15, 16, 17:
		anyHolding(t, a, app, env)
	}
	return a
}

// anyEnd draws a command that ends something, or changes what is not deployed.
func anyEnd(t *rapid.T, a *api.Action, app, env string) {
	switch rapid.IntRange(0, 6).Draw(t, "end") {
	case 0:
		a.Kind = &api.Action_PrepareUndeploy{PrepareUndeploy: &api.PrepareUndeploy{Application: app}}
	case 1:
		a.Kind = &api.Action_Undeploy{Undeploy: &api.Undeploy{Application: app, AtOnce: rapid.Bool().Draw(t, "at once")}}
	case 2:
		a.Kind = &api.Action_RemoveFromEnvironment{RemoveFromEnvironment: &api.RemoveFromEnvironment{Application: app, Environment: env}}
	case 3:
		a.Kind = &api.Action_DeleteEnvironment{DeleteEnvironment: &api.DeleteEnvironment{
			Environment: rapid.SampledFrom(envNames[1:]).Draw(t, "old"), Force: rapid.Bool().Draw(t, "force"),
		}}
	case 4:
		a.Kind = &api.Action_CleanUp{CleanUp: &api.CleanUp{Application: rapid.SampledFrom([]string{"", app}).Draw(t, "cleaned")}}
	case 5:
		a.Kind = &api.Action_RenderEnvironment{RenderEnvironment: &api.RenderEnvironment{Environment: env}}
	case 6:
		team := rapid.SampledFrom(teamNames).Draw(t, "new team")
		a.Kind = &api.Action_ApplyApplication{ApplyApplication: &api.ApplyApplication{Application: app, Team: &team}}
	}
}

func anyRelease(t *rapid.T, app string) *api.CreateRelease {
	m := &api.CreateRelease{
		Application: app, Team: rapid.SampledFrom(teamNames).Draw(t, "team"), Manifests: map[string]string{},
		Version: rapid.SampledFrom([]uint64{0, 0, 0, 1, 3, 5}).Draw(t, "version"), Prepublish: rapid.IntRange(0, 5).Draw(t, "prepublish") == 0,
	}
	build := rapid.Uint64Range(1, 8).Draw(t, "build")
	m.CommitId = fmt.Sprintf("%07d", build)
	if m.Prepublish {
		return m
	}
	for _, env := range rapid.SliceOfNDistinct(rapid.SampledFrom(envNames), 1, 4, rapid.ID).Draw(t, "envs") {
		m.Manifests[env] = manifestText(app, build, env)
		if env != "dev" && rapid.IntRange(0, 5).Draw(t, "deploy to") == 0 {
			m.DeployTo = append(m.DeployTo, env)
		}
	}
	return m
}

func anyLock(t *rapid.T, app, env string) *api.CreateLock {
	l := &api.CreateLock{Scope: api.LockScope(rapid.IntRange(1, 5).Draw(t, "scope")), Id: rapid.SampledFrom([]string{"l1", "l2"}).Draw(t, "id")}
	l.Message = rapid.SampledFrom([]string{"m", "n"}).Draw(t, "message")
	if minutes := rapid.IntRange(-2, 120).Draw(t, "expires in"); minutes > 0 {
		l.ExpiresAt = timestamppb.New(startOfStory.Add(time.Duration(minutes) * time.Minute))
	}
	switch l.Scope {
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT:
		l.Environment = env
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		l.Environment, l.Application = env, app
	case api.LockScope_LOCK_SCOPE_TEAM:
		l.Environment, l.Team = env, "blue"
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		l.EnvironmentGroup = "prod"
	default:
		l.Id = "stop"
	}
	return l
}

func anyEnvironment(t *rapid.T, env string) *api.ApplyEnvironment {
	config := map[string]any{}
	if group := groupOfEnv[env]; group != "" {
		config["environmentGroup"] = group
	}
	switch up := rapid.SampledFrom([]string{"", "latest", "dev", "qa", "prod-a"}).Draw(t, "upstream"); up {
	case "":
	case "latest":
		config["upstream"] = map[string]any{"latest": true}
	default:
		config["upstream"] = map[string]any{"environment": up}
	}
	if windows := anyWindows(t); len(windows) > 0 {
		config["freezeWindows"] = windows
	}
	return &api.ApplyEnvironment{Environment: env, Config: structOf(t, config)}
}

// TestAnySequenceOfCommands: whatever is asked, what runs is a release with a manifest for that environment, locks and holds are
// respected, a chain has no circle, and a refusal has a rule.
func TestAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, now := start(t), startOfStory
		if rapid.Bool().Draw(rt, "gated") {
			w.gate(t, `{"expiresAfter": "30m"}`, "prod-b")
		}
		for range rapid.IntRange(1, 30).Draw(rt, "commands") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 7, 20}).Draw(rt, "minutes")) * time.Minute)
			action := anyAction(rt)
			theClockIsDoneAtOnce(rt, t, w.clone(), now)
			if rapid.IntRange(0, 3).Draw(rt, "clock") == 0 {
				action = rapid.SampledFrom([]*api.Action{catchUp, endExpired}).Draw(rt, "of the clock")
			}
			before := w.snapshot
			d, err := w.decide(action, rules.Context{Now: now, Actor: anna, Policy: narrow})
			if err != nil {
				mustBeRefusal(rt, err)
				continue
			}
			locksAreRespected(rt, before, action, d, now)
			freezesAreRespected(rt, before, action, d, now)
			holdsAreRespected(rt, before, action, d)
			w.commit(t, d)
			rollingBackHolds(rt, action, d, w.snapshot)
			whatRunsIsReleased(rt, w)
			theQueueIsAsSeen(rt, w, now)
			chainsEnd(rt, w.snapshot)
			if len(w.snapshot.Problems()) > 0 {
				rt.Fatalf("the reader cannot read what we wrote: %v", w.snapshot.Problems())
			}
			if t.Failed() {
				rt.Fatalf("%v", action)
			}
		}
	})
}

func mustBeRefusal(t *rapid.T, err error) {
	refused := problem.From(err)
	if refused.Kind == problem.Internal || refused.Kind == problem.Unavailable || refused.Rule == "" || refused.Remedy == "" || refused.Message == "" {
		t.Fatalf("a refusal names rule and remedy: %+v (%v)", refused, refused.Err)
	}
}

func whatRunsIsReleased(t *rapid.T, w *world) {
	for _, app := range w.snapshot.Applications() {
		for env, d := range app.Deployments {
			for _, version := range []uint64{d.Version, queuedVersion(d)} {
				if version == 0 {
					continue
				}
				r := app.Release(version)
				if r == nil || !r.HasEnvironment(env) {
					t.Fatalf("%s %d in %s is no release for it", app.Name, version, env)
				}
				blob := w.manifests[rules.ReleaseKey{Application: app.Name, Version: version}][env]
				if version == d.Version && (d.ManifestBlob != blob || d.FileBlob != blob || d.EditedByHand()) {
					t.Fatalf("%s %d in %s runs another manifest", app.Name, version, env)
				}
			}
		}
	}
}

func queuedVersion(d *manifestrepo.Deployment) uint64 {
	if d.Queued == nil {
		return 0
	}
	return d.Queued.Version
}

// locksAreRespected: nothing is deployed under a lock but by a person who ignores locks.
func locksAreRespected(t *rapid.T, before *manifestrepo.Snapshot, action *api.Action, d *rules.Decision, now time.Time) {
	if action.GetDeploy().GetLockBehavior() == api.LockBehavior_LOCK_BEHAVIOR_IGNORE {
		return
	}
	for _, e := range d.Message.Events {
		if e.What != "deployed" {
			continue
		}
		for _, l := range before.LocksFor(e.Environment, e.Application) {
			movesTeam := l.Scope == manifestrepo.ScopeTeam && action.GetCreateRelease().GetTeam() != ""
			if !l.Expired(now) && !movesTeam {
				t.Fatalf("%v deployed under %v", action, l)
			}
		}
	}
}

func chainsEnd(t *rapid.T, s *manifestrepo.Snapshot) {
	for _, env := range s.Environments() {
		steps := 0
		for e := env; e != nil && e.UpstreamName() != ""; e = s.Environment(e.UpstreamName()) {
			if steps++; steps > len(s.Environments()) {
				t.Fatalf("the chain of %s is a circle", env.Name)
			}
		}
	}
}

// TestBatchIsTheSequence: a batch whose parts succeed one by one leaves the same files; a batch of which one is refused changes nothing.
func TestBatchIsTheSequence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := start(t)
		ctx := rules.Context{Now: startOfStory, Actor: anna, Policy: narrow}
		for range rapid.IntRange(0, 8).Draw(rt, "before") {
			if d, err := w.decide(anyAction(rt), ctx); err == nil {
				w.commit(t, d)
			}
		}
		actions := rapid.SliceOfN(rapid.Custom(anyAction), 1, 8).Draw(rt, "actions")
		singly, refusedAt := w.clone(), -1
		var results []*api.ActionResult
		for i, action := range actions {
			d, err := singly.decide(action, ctx)
			if err != nil {
				refusedAt = i
				break
			}
			singly.commit(t, d)
			results = append(results, d.Result)
		}
		d, err := w.decide(&api.Action{Kind: &api.Action_Batch{Batch: &api.Batch{Actions: actions}}}, ctx)
		if refusedAt >= 0 || err != nil {
			mustRefuse(rt, actions, refusedAt, err)
			return
		}
		w.commit(t, d)
		sameFiles(rt, w, singly)
		for i, r := range d.Result.GetBatch().Results {
			if !proto.Equal(r, results[i]) {
				rt.Fatalf("action %d: %v in the batch, %v alone", i, r, results[i])
			}
		}
		if t.Failed() {
			rt.Fatalf("%v", actions)
		}
	})
}

// mustRefuse: the batch is refused, by an action at or before the one that fails alone (a Check comes before every Decide).
func mustRefuse(t *rapid.T, actions []*api.Action, refusedAt int, err error) {
	if err == nil || refusedAt < 0 {
		t.Fatalf("alone %d is refused, the batch says %v", refusedAt, err)
	}
	index := problem.From(err).Detail.ActionIndex
	if index == nil || int(*index) < 0 || int(*index) >= len(actions) {
		t.Fatalf("the refusal does not say which action: %v", err)
	}
}

func sameFiles(t *rapid.T, a, b *world) {
	var differ []string
	for path, h := range a.files {
		if b.files[path] != h && path != manifestrepo.ReleasesPath {
			differ = append(differ, fmt.Sprintf("%s\n%s\n%s", path, a.blobs[h], b.blobs[b.files[path]]))
		}
	}
	for path := range b.files {
		if _, ok := a.files[path]; !ok {
			differ = append(differ, path+" is missing")
		}
	}
	if slices.Sort(differ); len(differ) > 0 {
		t.Fatalf("the batch leaves other files: %s", differ)
	}
	for key, manifests := range b.manifests {
		for env, h := range manifests {
			if other := a.manifests[key][env]; other != h || !bytes.Equal(a.blobs[other], b.blobs[h]) {
				t.Fatalf("the batch records another release %v", key)
			}
		}
	}
}
