package cdservice_test

import (
	"fmt"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// trainFrom is a train with a past state as its source.
func trainFrom(target, revision, environment string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_RunTrain{RunTrain: &api.RunTrain{
		Target: target, Source: &api.TrainSource{Revision: revision, Environment: environment},
	}}}
}

func TestATrainBringsBackWhatRan(t *testing.T) {
	for _, where := range []string{"embedded", "http"} {
		t.Run(where, func(t *testing.T) {
			var truth *gitservertest.Repo
			url := ""
			if where == "http" {
				truth = gitservertest.NewRepo(t)
				url = gitservertest.ServeHTTP(t, truth).URL
			}
			b := newBed(t, url, nil)
			if truth == nil {
				truth = &gitservertest.Repo{Dir: b.repo()}
			}
			b.do(release("checkout", 0, "one"))
			b.do(release("berry", 0, "one"))
			sprint := b.do(train("staging")).Commit
			b.do(release("checkout", 0, "two"))
			b.do(train("staging"))
			b.do(release("checkout", 0, "three"))
			truth.Git(t, "-c", "user.name=g", "-c", "user.email=g@example.com", "tag", "-a", "-m", "end of sprint 12", "sprint-12", sprint)

			// What staging ran goes to production, though staging runs something newer by now.
			b.do(trainFrom("production", "sprint-12", ""))
			if b.deployed("checkout", "prod-de") != 1 || b.deployed("checkout", "prod-fr") != 1 || b.deployed("berry", "prod-de") != 1 {
				t.Error("production did not get what ran")
			}
			// Staging goes back to what it ran; that is no hold, so the next train goes on.
			p := b.foresee(foretold(trainFrom("staging", sprint[:10], "staging")))
			if len(p.Changes) != 1 || !p.Changes[0].Backwards || p.Changes[0].ToVersion != 1 || versionsOf(p.Changes[0].Releases) != "2" {
				t.Errorf("preview: %v", p.Changes)
			}
			b.do(trainFrom("staging", sprint[:10], "staging"))
			if b.deployed("checkout", "staging") != 1 {
				t.Errorf("staging runs %d", b.deployed("checkout", "staging"))
			}
			b.do(train("staging"))
			if b.deployed("checkout", "staging") != 3 {
				t.Errorf("then staging runs %d", b.deployed("checkout", "staging"))
			}
			refused := b.refuse(trainFrom("staging", "sprint-13", ""), problem.NotFound)
			if refused.Field != "run_train.source.revision" || refused.Remedy == "" {
				t.Error(fmt.Sprint(refused))
			}
		})
	}
}
