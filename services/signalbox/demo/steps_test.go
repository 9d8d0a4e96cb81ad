package demo

import (
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

func TestTheDemoIsTheSameEachTime(t *testing.T) {
	one, two := Steps(), Steps()
	if len(one) != len(two) {
		t.Fatalf("%d and %d steps", len(one), len(two))
	}
	keys := map[string]bool{}
	for i := range one {
		if one[i].By != two[i].By || !proto.Equal(one[i].Request, two[i].Request) {
			t.Errorf("step %d differs", i+1)
		}
		if keys[one[i].Request.IdempotencyKey] {
			t.Errorf("step %d has the key of another", i+1)
		}
		keys[one[i].Request.IdempotencyKey] = true
	}
}

func TestTheShopHasTwelveApplicationsInFourTeams(t *testing.T) {
	apps, teams := map[string]bool{}, map[string]bool{}
	for _, a := range shop {
		apps[a.name], teams[a.team] = true, true
		if len(a.changes) < 3 {
			t.Errorf("%s has only %d releases", a.name, len(a.changes))
		}
	}
	if len(apps) != 12 || len(teams) != 4 {
		t.Errorf("%d applications in %d teams", len(apps), len(teams))
	}
}

// The rules would refuse a release whose manifests are not what Kubernetes takes.
func TestEveryCommandOfTheDemoPassesTheRulesOwnCheck(t *testing.T) {
	for i, step := range Steps() {
		action := &api.Action{Reason: step.Request.Reason}
		setKind(action, step.Request)
		_, err := rules.Check(action, rules.Policy{}, func(content []byte) gitstore.Hash { return gitstore.PrepareBlob(content).Hash() })
		if err != nil {
			t.Errorf("step %d: %v", i+1, err)
		}
	}
}

// setKind copies what is asked: Action repeats the fields of ExecuteRequest, with the same names.
func setKind(action *api.Action, req *api.ExecuteRequest) {
	from := req.ProtoReflect()
	field := from.WhichOneof(from.Descriptor().Oneofs().ByName("kind"))
	into := action.ProtoReflect()
	into.Set(into.Descriptor().Fields().ByName(field.Name()), from.Get(field))
}

func TestEachReleaseChangesWhatRuns(t *testing.T) {
	for _, a := range shop {
		for n := 2; n <= len(a.changes); n++ {
			if reflect.DeepEqual(a.manifest("staging", n-1), a.manifest("staging", n)) {
				t.Errorf("%s %d is like the one before", a.name, n)
			}
		}
	}
}
