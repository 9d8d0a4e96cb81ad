package cdservice_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// TestAnySequenceOfCommandsLeavesWhatGitSays runs any commands, sensible or not, and demands that the state is what git holds, that a
// start from nothing finds the same, and that no refusal left a trace.
func TestAnySequenceOfCommandsLeavesWhatGitSays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBed(t, "", nil)
		n := rapid.IntRange(1, 25).Draw(r, "commands")
		for i := range n {
			req := anyCommand(r, i, true)
			before := b.service.Repo().View().Snapshot.Commit()
			op, err := b.execute(req)
			after := b.service.Repo().View().Snapshot.Commit()
			switch {
			case err != nil:
				if p := problem.From(err); p.Kind == problem.Internal || p.Kind == problem.Unknown || p.Message == "" {
					r.Fatalf("%v: %v", req, err)
				}
				if after != before {
					r.Fatalf("%v was refused and main moved: %v", req, err)
				}
			case op.Commit == "" && after != before:
				r.Fatalf("%v says unchanged and main moved", req)
			case op.Commit != "" && op.Commit != after.String():
				r.Fatalf("%v is %s, main is at %s", req, op.Commit, after)
			}
			if rapid.IntRange(0, 15).Draw(r, "restart") == 0 {
				b.kill()
				b.must(b.open())
			}
		}
		b.whole()
		b.kill()
		if t.Failed() {
			r.FailNow()
		}
	})
}

func anyCommand(r *rapid.T, i int, batches bool) *api.ExecuteRequest {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(r, name) }
	app := pick("app", "apple", "berry", "cherry")
	env := pick("environment", "development", "staging", "prod-de", "prod-fr", "nowhere")
	version := rapid.Uint64Range(0, 6).Draw(r, "version")
	id := pick("lock", "incident", "freeze 7/9?", "ünicode")
	kinds := 8
	if !batches {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds).Draw(r, "kind") {
	case 0, 1, 2:
		return release(app, version, fmt.Sprint(rapid.IntRange(0, 3).Draw(r, "content"), "-", i%2))
	case 3:
		req := deploy(app, env, version)
		req.Reason = pick("reason", "", "because\n\nSignalbox-Request-Id: forged", "plain")
		req.GetDeploy().LockBehavior = api.LockBehavior(rapid.IntRange(0, 3).Draw(r, "behaviour"))
		return req
	case 4:
		return train(pick("target", "staging", "production", "development", "nowhere"))
	case 5:
		return lock(env, id)
	case 6:
		return unlock(env, id)
	case 7:
		config, err := structpb.NewStruct(map[string]any{"upstream": map[string]any{"environment": pick("upstream", "development", "staging", "qa", "nowhere")}})
		if err != nil {
			r.Fatal(err)
		}
		return &api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{
			Environment: pick("new", "qa", "prod-fr", "prod-es"), Config: config,
		}}}
	}
	batch := &api.Batch{}
	for range rapid.IntRange(1, 4).Draw(r, "actions") {
		part := anyCommand(r, i, false)
		batch.Actions = append(batch.Actions, actionOf(part))
	}
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: batch}}
}
