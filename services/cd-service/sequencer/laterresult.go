package sequencer

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// laterResultOf is resultOf for the commands that are not about a release, a train or a lock alone. What the commit does not tell is
// absent, but the kind is always the command's.
func laterResultOf(m manifestrepo.Message, s *manifestrepo.Snapshot) *api.ActionResult {
	if r := removalResultOf(m); r != nil {
		return r
	}
	switch m.Action {
	case "hold":
		return &api.ActionResult{Kind: &api.ActionResult_Hold{Hold: holdResult(m, true)}}
	case "resume":
		return &api.ActionResult{Kind: &api.ActionResult_Resume{Resume: holdResult(m, false)}}
	case "release-queue":
		return &api.ActionResult{Kind: &api.ActionResult_ReleaseQueue{ReleaseQueue: &api.QueueResult{Applications: deployments(m.Events)}}}
	case "catch-up":
		return &api.ActionResult{Kind: &api.ActionResult_CatchUp{CatchUp: &api.QueueResult{Applications: deployments(m.Events)}}}
	case "create-release-set":
		return &api.ActionResult{Kind: &api.ActionResult_CreateReleaseSet{CreateReleaseSet: releaseSet(m, s)}}
	case "delete-release-set":
		return &api.ActionResult{Kind: &api.ActionResult_DeleteReleaseSet{DeleteReleaseSet: releaseSet(m, nil)}}
	case "pause-train":
		return &api.ActionResult{Kind: &api.ActionResult_PauseTrain{PauseTrain: train(m, true)}}
	case "resume-train":
		return &api.ActionResult{Kind: &api.ActionResult_ResumeTrain{ResumeTrain: train(m, false)}}
	case "approve":
		return &api.ActionResult{Kind: &api.ActionResult_Approve{Approve: approvalResult(m)}}
	case "reject":
		return &api.ActionResult{Kind: &api.ActionResult_Reject{Reject: approvalResult(m)}}
	case "render-environment":
		return &api.ActionResult{Kind: &api.ActionResult_RenderEnvironment{RenderEnvironment: renderResult(m)}}
	case "apply-environment-group":
		return &api.ActionResult{Kind: &api.ActionResult_ApplyEnvironmentGroup{ApplyEnvironmentGroup: &api.GroupResult{EnvironmentGroup: about(m, "group-changed").ID}}}
	case "apply-application":
		return &api.ActionResult{Kind: &api.ActionResult_ApplyApplication{ApplyApplication: &api.ApplicationResult{Application: application(m.Application, s)}}}
	case "depart":
		return &api.ActionResult{Kind: &api.ActionResult_Depart{Depart: departResult(m)}}
	case "end-expired":
		return &api.ActionResult{Kind: &api.ActionResult_EndExpired{EndExpired: expiryResult(m)}}
	}
	return &api.ActionResult{}
}

// removalResultOf is resultOf for the end of things; nil for other commands.
func removalResultOf(m manifestrepo.Message) *api.ActionResult {
	switch m.Action {
	case "prepare-undeploy":
		r := &api.ReleaseResult{
			Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, Application: m.Application, Version: m.Version, Deployments: deployments(m.Events),
		}
		return &api.ActionResult{Kind: &api.ActionResult_PrepareUndeploy{PrepareUndeploy: r}}
	case "undeploy":
		return &api.ActionResult{Kind: &api.ActionResult_Undeploy{Undeploy: removalResult(m)}}
	case "remove-from-environment":
		return &api.ActionResult{Kind: &api.ActionResult_RemoveFromEnvironment{RemoveFromEnvironment: removalResult(m)}}
	case "delete-environment":
		return &api.ActionResult{Kind: &api.ActionResult_DeleteEnvironment{DeleteEnvironment: removalResult(m)}}
	case "clean-up":
		return &api.ActionResult{Kind: &api.ActionResult_CleanUp{CleanUp: cleanUpResult(m)}}
	}
	return nil
}

// about finds the first event of a kind; zero when there is none.
func about(m manifestrepo.Message, what ...string) manifestrepo.Event {
	for _, e := range m.Events {
		for _, w := range what {
			if e.What == w {
				return e
			}
		}
	}
	return manifestrepo.Event{}
}

func holdResult(m manifestrepo.Message, hold bool) *api.HoldResult {
	e := about(m, "held", "resumed")
	return &api.HoldResult{Application: m.Application, Environment: m.Environment, Version: e.Version, Hold: hold}
}

// releaseSet is the set as s has it; the name alone when it is not there any more.
func releaseSet(m manifestrepo.Message, s *manifestrepo.Snapshot) *api.ReleaseSet {
	e := about(m, "release-set-created", "release-set-deleted")
	out := &api.ReleaseSet{Name: e.ID, Environment: e.Environment}
	if s == nil {
		return out
	}
	if set := s.ReleaseSet(e.ID); set != nil {
		out.Message, out.Versions, out.Applications = set.Message, set.Versions, int32(len(set.Versions))
	}
	return out
}

func train(m manifestrepo.Message, paused bool) *api.Train {
	e := about(m, "train-paused", "train-resumed", "departed", "departure-missed")
	return &api.Train{Name: e.ID, Environment: e.Environment, Paused: paused}
}

func approvalResult(m manifestrepo.Message) *api.ApprovalResult {
	e := about(m, "approved", "rejected")
	return &api.ApprovalResult{Approval: &api.Approval{Id: e.ID, Environment: e.Environment}, Deployments: deployments(m.Events)}
}

func removalResult(m manifestrepo.Message) *api.RemovalResult {
	r := &api.RemovalResult{Application: m.Application, Environment: m.Environment, Locks: unlocked(m)}
	for _, e := range m.Events {
		if e.What == "removed" && e.Environment != "" {
			r.Deployments = append(r.Deployments, &api.DeployResult{Application: e.Application, Environment: e.Environment, PreviousVersion: e.PreviousVersion})
		}
	}
	return r
}

// unlocked are the locks that a commit ended.
func unlocked(m manifestrepo.Message) []*api.Lock {
	var locks []*api.Lock
	for _, e := range m.Events {
		if e.What == "unlocked" {
			locks = append(locks, &api.Lock{Id: e.LockID, Environment: e.Environment, Application: e.Application})
		}
	}
	return locks
}

// cleanUpResult reads the lists of versions that the events hold, such as 1-17, 19.
func cleanUpResult(m manifestrepo.Message) *api.CleanUpResult {
	r := &api.CleanUpResult{}
	for _, e := range m.Events {
		if e.What != "releases-removed" {
			continue
		}
		cleaned := &api.CleanedApplication{Application: e.Application}
		for part := range strings.SplitSeq(e.ID, ", ") {
			var first, last uint64
			if n, _ := fmt.Sscanf(part, "%d-%d", &first, &last); n == 1 {
				last = first
			}
			for v := first; v != 0 && v <= last && len(cleaned.Versions) < maxCleaned; v++ {
				cleaned.Versions = append(cleaned.Versions, v)
			}
		}
		r.Applications = append(r.Applications, cleaned)
	}
	return r
}

// maxCleaned is how many releases one command removes at most.
const maxCleaned = 1000

// renderResult: a commit that put no manifest back was made for the documents.
func renderResult(m manifestrepo.Message) *api.RenderResult {
	r := &api.RenderResult{Environment: m.Environment}
	for _, e := range m.Events {
		if e.What == "rendered" && e.Application != "" {
			r.Repaired = append(r.Repaired, e.Application)
		}
	}
	r.Documents = len(r.Repaired) == 0
	return r
}

// application is an application's settings as they are now.
func application(name string, s *manifestrepo.Snapshot) *api.Application {
	out := &api.Application{Name: name}
	if app := s.Application(name); app != nil {
		out.Team, out.SourceRepoUrl, out.Project, out.Labels = app.Team, app.SourceRepoURL, app.Project, app.Labels
		out.Releases = int32(len(app.Releases))
		if newest := app.Newest(); newest != nil {
			out.NewestVersion = newest.Version
		}
	}
	return out
}

func departResult(m manifestrepo.Message) *api.DepartResult {
	missed := about(m, "departed").What == "" && about(m, "departure-missed").What != ""
	return &api.DepartResult{Train: train(m, false), Missed: missed, Moved: deployments(m.Events)}
}

func expiryResult(m manifestrepo.Message) *api.ExpiryResult {
	r := &api.ExpiryResult{Locks: unlocked(m)}
	for _, e := range m.Events {
		if e.What == "approval-expired" {
			r.Approvals = append(r.Approvals, e.ID)
		}
	}
	return r
}
