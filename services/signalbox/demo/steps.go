package demo

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// Steps is everything the demo asks for, in order.
func Steps() []Step {
	s := &story{}
	s.releases(1)
	s.train(anna, "staging", "", "")
	s.train(anna, "production", "", "")
	s.releases(2)
	s.train(anna, "staging", "", "")
	s.train(jonas, "production", "", "weekly train")
	s.releases(3)
	s.train(anna, "staging", "", "")
	s.train(mei, "production-de", "storefront", "Germany first")
	s.train(mei, "production-de", "logistics", "Germany first")
	s.lock(jonas, &api.CreateLock{
		Scope: api.LockScope_LOCK_SCOPE_APPLICATION, Environment: "staging", Application: "payments", Id: "pay-4711",
		Message: "captures fail in staging, incident 4711", SuggestedLifetime: "1d",
	})
	s.releases(4)
	s.train(anna, "staging", "", "")
	s.deploy(rosa, "checkout", "production-de", 3, "retry of captures is urgent in Germany")
	s.lock(mei, &api.CreateLock{
		Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: "production-us", Id: "thanksgiving",
		Message: "no changes in the US before Thanksgiving", SuggestedLifetime: "1w",
	})
	s.add(anna, &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateReleaseSet{CreateReleaseSet: &api.CreateReleaseSet{
		Name: "load-test", Environment: "staging", Message: "what the load test of last week ran",
	}}})
	s.deploy(sam, "notifications", "production-de", 1, "2 sends every mail twice")
	s.group(mei, "staging", map[string]any{"releaseTrains": []any{map[string]any{
		"name": "morning", "schedule": "0 9 * * 1-5", "timeZone": "Europe/Berlin", "team": "logistics", "missed": "run-once",
	}}})
	s.group(mei, "production", map[string]any{
		"releaseTrains": []any{map[string]any{"name": "weekly", "schedule": "0 10 * * 2", "timeZone": "Europe/Berlin", "team": "logistics"}},
		"freezeWindows": []any{
			map[string]any{
				"name": "payday", "kind": "deny", "schedule": "0 0 28 * *", "duration": "2d", "timeZone": "Europe/Berlin",
				"teams": []any{"payments"}, "reason": "salaries go out",
			},
			map[string]any{
				"name": "end of year", "kind": "deny", "schedule": "0 0 20 12 *", "duration": "14d", "timeZone": "Europe/Berlin",
				"teams": []any{"payments"}, "reason": "the books are closed",
			},
		},
	})
	s.releases(5)
	return s.steps
}

// group gives an environment group its timetable and freeze windows. They concern two teams alone: whatever the date, the rest of the demo is
// free to move.
func (s *story) group(by Person, name string, settings map[string]any) {
	config, err := structpb.NewStruct(settings)
	if err != nil {
		return // only for values that JSON does not have
	}
	s.add(by, &api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironmentGroup{
		ApplyEnvironmentGroup: &api.ApplyEnvironmentGroup{EnvironmentGroup: name, Config: config},
	}})
}

// story gathers steps.
type story struct{ steps []Step }

func (s *story) add(by Person, req *api.ExecuteRequest) {
	// A fixed key makes a demo that was cut off and started again repeat nothing.
	req.IdempotencyKey = fmt.Sprintf("signalbox-demo-%03d", len(s.steps)+1)
	s.steps = append(s.steps, Step{By: by, Request: req})
}

// releases releases the nth version of every application that has one.
func (s *story) releases(n int) {
	for _, a := range shop {
		if n > len(a.changes) {
			continue
		}
		c := a.changes[n-1]
		r := &api.CreateRelease{
			Application:    a.name,
			Version:        uint64(n),
			Team:           a.team,
			CommitId:       commitID(a.name, n),
			Author:         c.by.String(),
			Message:        c.message,
			DisplayVersion: fmt.Sprintf("%d.%d.0", a.major, n-1),
			CiLink:         fmt.Sprintf("https://ci.shop.example/%s/runs/%d", a.name, 100+n),
			SourceRepoUrl:  "https://git.shop.example/shop/" + a.name,
			Manifests:      map[string]string{},
		}
		if n > 1 {
			r.PreviousCommitId = commitID(a.name, n-1)
		}
		for _, env := range Environments {
			r.Manifests[env] = a.manifest(env, n)
		}
		s.add(ci, &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: r}})
	}
}

func (s *story) train(by Person, target, team, reason string) {
	s.add(by, &api.ExecuteRequest{
		Kind:   &api.ExecuteRequest_RunTrain{RunTrain: &api.RunTrain{Target: target, Team: team}},
		Reason: reason,
	})
}

func (s *story) deploy(by Person, app, env string, version uint64, reason string) {
	s.add(by, &api.ExecuteRequest{
		Kind:   &api.ExecuteRequest_Deploy{Deploy: &api.Deploy{Application: app, Environment: env, Version: version}},
		Reason: reason,
	})
}

func (s *story) lock(by Person, l *api.CreateLock) {
	s.add(by, &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: l}})
}

// commitID invents the source commit of a release.
func commitID(app string, n int) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d", app, n))
	return hex.EncodeToString(sum[:])
}
