package sequencer

import (
	"slices"
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// A retry that finds nothing but the commit hears of the command it sent, whatever kind it is.
func TestEveryKindOfCommandHasAResultFromItsCommit(t *testing.T) {
	fields := (&api.ActionResult{}).ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	for i := range fields.Len() {
		name := string(fields.Get(i).Name())
		result := resultOf(manifestrepo.Message{Action: strings.ReplaceAll(name, "_", "-")}, manifestrepo.Empty()).ProtoReflect()
		set := result.WhichOneof(fields.Get(i).ContainingOneof())
		if set == nil || string(set.Name()) != name || !result.Get(set).Message().IsValid() {
			t.Errorf("%s becomes %v", name, set)
		}
	}
}

func TestWhatACommitTells(t *testing.T) {
	events := []manifestrepo.Event{
		{What: "rendered", Environment: "staging"},
		{What: "rendered", Application: "cart", Environment: "staging", Version: 3},
		{What: "removed", Application: "cart", Environment: "staging", PreviousVersion: 3},
		{What: "removed", Application: "cart", PreviousVersion: 4},
		{What: "unlocked", Environment: "staging", LockID: "incident"},
		{What: "approval-requested", Application: "cart", Environment: "qa", Version: 4, ID: "20261120-090000"},
		{What: "approval-expired", Environment: "qa", ID: "20261119-090000"},
		{What: "releases-removed", Application: "cart", Version: 9, ID: "1-3, 9"},
		{What: "releases-removed", Application: "odd", ID: "5-4, x, 1-18446744073709551615"},
	}
	of := func(action string) *api.ActionResult {
		return resultOf(manifestrepo.Message{Action: action, Environment: "staging", Events: events}, manifestrepo.Empty())
	}
	if r := of("render-environment").GetRenderEnvironment(); !slices.Equal(r.Repaired, []string{"cart"}) || r.Documents || r.Environment != "staging" {
		t.Errorf("render: %v", r)
	}
	if r := of("undeploy").GetUndeploy(); len(r.Deployments) != 1 || r.Deployments[0].PreviousVersion != 3 || len(r.Locks) != 1 || r.Locks[0].Id != "incident" {
		t.Errorf("undeploy: %v", r)
	}
	if r := of("deploy").GetDeploy(); r.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL || r.ApprovalId != "20261120-090000" {
		t.Errorf("deploy: %v", r)
	}
	if r := of("end-expired").GetEndExpired(); len(r.Locks) != 1 || !slices.Equal(r.Approvals, []string{"20261119-090000"}) {
		t.Errorf("end-expired: %v", r)
	}
	cleaned := of("clean-up").GetCleanUp().Applications
	if len(cleaned) != 2 || !slices.Equal(cleaned[0].Versions, []uint64{1, 2, 3, 9}) || len(cleaned[1].Versions) != maxCleaned {
		t.Errorf("clean-up: %v", cleaned)
	}
}
