package cdservice_test

import (
	"fmt"
	"regexp"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

// TestAnySequenceOfCommandsLeavesWhatGitSays runs any commands, sensible or not, and demands that the state is what git holds, that a
// start from nothing finds the same, and that no refusal left a trace.
func TestAnySequenceOfCommandsLeavesWhatGitSays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBed(t, "", func(o *cdservice.Options) {
			o.Policy.KeepWindow, o.Policy.Minor = 1, []*regexp.Regexp{regexp.MustCompile(`^  key: [01]-`)}
		})
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
	kinds := 14
	if !batches {
		kinds = 13
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
	case 8:
		return prepareUndeploy(app)
	case 9:
		return undeploy(app, rapid.Bool().Draw(r, "at once"))
	case 10:
		return removeFrom(env, app)
	case 11:
		return deleteEnvironment(pick("old", "qa", "prod-fr", "prod-es"), rapid.Bool().Draw(r, "force"))
	case 12:
		return cleanUp(pick("cleaned", "", app))
	case 13:
		if rapid.Bool().Draw(r, "render") {
			return render(env)
		}
		return setTeam(app, pick("team", "", "shop", "till"))
	}
	batch := &api.Batch{}
	for range rapid.IntRange(1, 4).Draw(r, "actions") {
		part := anyCommand(r, i, false)
		batch.Actions = append(batch.Actions, actionOf(part))
	}
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: batch}}
}
