package cli

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// printResult says what a command did.
func printResult(p *printer, r *api.ActionResult) {
	switch k := r.GetKind().(type) {
	case *api.ActionResult_CreateRelease:
		printRelease(p, k.CreateRelease)
	case *api.ActionResult_PrepareUndeploy:
		printRelease(p, k.PrepareUndeploy)
	case *api.ActionResult_Deploy:
		p.line("%s", deployLine(k.Deploy))
	case *api.ActionResult_RunTrain:
		printTrain(p, k.RunTrain)
	case *api.ActionResult_CreateLock:
		for _, l := range k.CreateLock.Locks {
			p.line("locked: %s", lockLine(l))
		}
	case *api.ActionResult_DeleteLock:
		printUnlocked(p, k.DeleteLock)
	case *api.ActionResult_Hold:
		printHold(p, k.Hold)
	case *api.ActionResult_Resume:
		printHold(p, k.Resume)
	case *api.ActionResult_ReleaseQueue:
		printDeployments(p, k.ReleaseQueue.Applications, "nothing waits")
	case *api.ActionResult_CreateReleaseSet:
		p.line("release set %s: %s of %s", k.CreateReleaseSet.Name, count(k.CreateReleaseSet.Applications, "application"), k.CreateReleaseSet.Environment)
	case *api.ActionResult_DeleteReleaseSet:
		p.line("release set %s is forgotten; what runs stays", k.DeleteReleaseSet.Name)
	case *api.ActionResult_PauseTrain:
		p.line("train %s to %s is paused: %s", k.PauseTrain.Name, trainTarget(k.PauseTrain), k.PauseTrain.PausedBecause)
	case *api.ActionResult_ResumeTrain:
		p.line("train %s to %s departs next at %s", k.ResumeTrain.Name, trainTarget(k.ResumeTrain), timeText(k.ResumeTrain.NextDeparture))
	case *api.ActionResult_Approve:
		p.line("approved: %s in %s", k.Approve.GetApproval().GetId(), k.Approve.GetApproval().GetEnvironment())
		printDeployments(p, k.Approve.Deployments, "")
	case *api.ActionResult_Reject:
		p.line("rejected: %s in %s", k.Reject.GetApproval().GetId(), k.Reject.GetApproval().GetEnvironment())
	case *api.ActionResult_Batch:
		for _, part := range k.Batch.Results {
			printResult(p, part)
		}
	default:
		printSettled(p, r)
	}
}

// printSettled is printResult for settings and the end of things.
func printSettled(p *printer, r *api.ActionResult) {
	switch k := r.GetKind().(type) {
	case *api.ActionResult_ApplyEnvironment:
		p.line("environment %s %s", k.ApplyEnvironment.Environment, applied(k.ApplyEnvironment.Created, r.Unchanged))
	case *api.ActionResult_ApplyEnvironmentGroup:
		p.line("settings of group %s %s", k.ApplyEnvironmentGroup.EnvironmentGroup, applied(k.ApplyEnvironmentGroup.Created, r.Unchanged))
	case *api.ActionResult_ApplyApplication:
		a := k.ApplyApplication.GetApplication()
		p.line("application %s %s", a.GetName(), applied(false, r.Unchanged))
		printSettings(p, a)
	case *api.ActionResult_Undeploy:
		p.line("application %s and its %s are gone", k.Undeploy.Application, count(k.Undeploy.Releases, "release"))
		printRemoval(p, k.Undeploy)
	case *api.ActionResult_RemoveFromEnvironment:
		where := "is gone from"
		if r.Unchanged {
			where = "is not in"
		}
		p.line("application %s %s %s", k.RemoveFromEnvironment.Application, where, k.RemoveFromEnvironment.Environment)
		printRemoval(p, k.RemoveFromEnvironment)
	case *api.ActionResult_DeleteEnvironment:
		p.line("environment %s is gone", k.DeleteEnvironment.Environment)
		printRemoval(p, k.DeleteEnvironment)
	case *api.ActionResult_CleanUp:
		printCleanUp(p, k.CleanUp)
	case *api.ActionResult_RenderEnvironment:
		printRender(p, k.RenderEnvironment)
	}
}

func applied(created, unchanged bool) string {
	switch {
	case unchanged:
		return "is as given"
	case created:
		return "created"
	}
	return "changed"
}

func printRelease(p *printer, r *api.ReleaseResult) {
	if r.Outcome == api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME {
		p.line("version %d of %s is there already, with the same content", r.Version, r.Application)
	} else {
		p.line("released version %d of %s", r.Version, r.Application)
	}
	for _, d := range r.Deployments {
		p.line("  %s", deployLine(d))
	}
}

func printTrain(p *printer, t *api.TrainResult) {
	for _, env := range t.Environments {
		if env.SkipCause != api.SkipCause_SKIP_CAUSE_UNSPECIFIED {
			p.line("%s: skipped, %s", env.Environment, because(env.Because, env.SkipCause))
			continue
		}
		if env.Upstream == "" {
			p.line("%s:", env.Environment)
		} else {
			p.line("%s from %s:", env.Environment, env.Upstream)
		}
		if len(env.Applications) == 0 {
			p.line("  nothing to move")
			continue
		}
		p.head("  application", "from", "to", "what", "why")
		for _, d := range env.Applications {
			p.row("  "+d.Application, versionText(d.PreviousVersion), versionText(d.Version), outcomeCell(d.Outcome), outcomeWhy(d))
		}
	}
}

func printUnlocked(p *printer, r *api.LockResult) {
	for _, l := range r.Locks {
		p.line("unlocked: %s", lockLine(l))
	}
	for _, d := range r.Unqueued {
		p.line("%s in %s no longer waits for version %d: it runs already", d.Application, d.Environment, d.Version)
	}
}

func printHold(p *printer, r *api.HoldResult) {
	if r.Hold {
		p.line("%s %d in %s is on hold: releases and trains leave it alone", r.Application, r.Version, r.Environment)
		return
	}
	p.line("%s in %s is no longer on hold; what comes next moves it", r.Application, r.Environment)
}

// printDeployments prints what became of several applications; none says what no result means, and may be empty.
func printDeployments(p *printer, results []*api.DeployResult, none string) {
	if len(results) == 0 {
		if none != "" {
			p.line("%s", none)
		}
		return
	}
	p.head("application", "environment", "from", "to", "what", "why")
	for _, d := range results {
		p.row(d.Application, d.Environment, versionText(d.PreviousVersion), versionText(d.Version), outcomeCell(d.Outcome), outcomeWhy(d))
	}
}

func printRemoval(p *printer, r *api.RemovalResult) {
	for _, d := range r.Deployments {
		p.line("  %s %s ran in %s", d.Application, versionText(d.PreviousVersion), d.Environment)
	}
	for _, l := range r.Locks {
		p.line("  unlocked: %s", lockLine(l))
	}
}

func printCleanUp(p *printer, r *api.CleanUpResult) {
	if len(r.Applications) == 0 {
		p.line("no release is old enough")
		return
	}
	p.head("application", "releases", "removed versions")
	for _, a := range r.Applications {
		p.row(a.Application, len(a.Versions), ranges(a.Versions))
	}
	if r.More {
		p.line("there are more; run it again")
	}
}

func printRender(p *printer, r *api.RenderResult) {
	if !r.Documents && len(r.Repaired) == 0 {
		p.line("environment %s is as it should be", r.Environment)
		return
	}
	if r.Documents {
		p.line("wrote the Argo CD documents of %s anew", r.Environment)
	}
	for _, app := range r.Repaired {
		p.line("put back the manifest of %s in %s", app, r.Environment)
	}
}

// ranges shortens ascending versions: 1, 2, 3, 7 are "1-3, 7".
func ranges(versions []uint64) string {
	var parts []string
	for i := 0; i < len(versions); {
		end := i
		for end+1 < len(versions) && versions[end+1] == versions[end]+1 {
			end++
		}
		part := fmt.Sprint(versions[i])
		if end > i {
			part += fmt.Sprintf("-%d", versions[end])
		}
		parts, i = append(parts, part), end+1
	}
	return strings.Join(parts, ", ")
}

func outcomeCell(o api.DeployOutcome) cell {
	switch o {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		return cell{"deployed", green}
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		return cell{"queued", yellow}
	case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return cell{"awaits approval", yellow}
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		return cell{"skipped", faint}
	}
	return cell{"unchanged", faint}
}

// outcomeWhy says why it came so.
func outcomeWhy(d *api.DeployResult) string {
	switch {
	case d.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return "request " + d.ApprovalId
	case d.Held:
		return "an older version: on hold from now on"
	}
	return because(d.Because, d.SkipCause)
}

func deployLine(d *api.DeployResult) string {
	switch d.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		line := fmt.Sprintf("deployed %s %s to %s", d.Application, versionText(d.Version), d.Environment)
		if d.PreviousVersion != 0 {
			line += fmt.Sprintf(" (was %d)", d.PreviousVersion)
		}
		if d.Held {
			line += "; on hold: end it with signalbox resume " + d.Application + " " + d.Environment
		}
		return line
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		return fmt.Sprintf("queued %s %d for %s: %s", d.Application, d.Version, d.Environment, because(d.Because, d.SkipCause))
	case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return fmt.Sprintf("%s %d for %s awaits approval: request %s", d.Application, d.Version, d.Environment, d.ApprovalId)
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		return fmt.Sprintf("skipped %s in %s: %s", d.Application, d.Environment, because(d.Because, d.SkipCause))
	}
	return fmt.Sprintf("%s %d runs in %s already", d.Application, d.Version, d.Environment)
}
