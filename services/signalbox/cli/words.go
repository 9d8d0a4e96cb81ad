package cli

import (
	"fmt"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// printOperation says how a command ended.
func printOperation(p *printer, op *api.Operation, dryRun bool) {
	switch op.State {
	case api.OperationState_OPERATION_STATE_PENDING:
		p.line("accepted; ask how it ended: signalbox operation show %s", op.Id)
		return
	case api.OperationState_OPERATION_STATE_UNKNOWN:
		p.line("the push was sent and its outcome is not known yet; ask again: signalbox operation show %s", op.Id)
		return
	case api.OperationState_OPERATION_STATE_REFUSED:
		p.line("refused: %s", op.GetError().GetMessage())
		return
	}
	if dryRun {
		p.line("dry run, nothing was written:")
	}
	printResult(p, op.Result)
	switch {
	case op.Commit != "":
		p.line("commit %s", short(op.Commit))
	case op.GetResult().GetUnchanged() && !dryRun:
		p.line("nothing had to change")
	}
}

func printResult(p *printer, r *api.ActionResult) {
	switch k := r.GetKind().(type) {
	case *api.ActionResult_CreateRelease:
		printRelease(p, k.CreateRelease)
	case *api.ActionResult_Deploy:
		p.line("%s", deployLine(k.Deploy))
	case *api.ActionResult_RunTrain:
		printTrain(p, k.RunTrain)
	case *api.ActionResult_CreateLock:
		for _, l := range k.CreateLock.Locks {
			p.line("locked: %s", lockLine(l))
		}
	case *api.ActionResult_DeleteLock:
		for _, l := range k.DeleteLock.Locks {
			p.line("unlocked: %s", lockLine(l))
		}
		for _, d := range k.DeleteLock.Unqueued {
			p.line("%s in %s no longer waits for version %d: it runs already", d.Application, d.Environment, d.Version)
		}
	case *api.ActionResult_ApplyEnvironment:
		verb := "changed"
		if k.ApplyEnvironment.Created {
			verb = "created"
		}
		if r.Unchanged {
			verb = "is as given"
		}
		p.line("environment %s %s", k.ApplyEnvironment.Environment, verb)
	case *api.ActionResult_Batch:
		for _, part := range k.Batch.Results {
			printResult(p, part)
		}
	}
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
		p.line("%s from %s:", env.Environment, env.Upstream)
		if len(env.Applications) == 0 {
			p.line("  nothing to move")
			continue
		}
		p.head("  application", "from", "to", "what", "why")
		for _, d := range env.Applications {
			p.row("  "+d.Application, versionText(d.PreviousVersion), versionText(d.Version), outcomeCell(d.Outcome), because(d.Because, d.SkipCause))
		}
	}
}

func outcomeCell(o api.DeployOutcome) cell {
	switch o {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		return cell{"deployed", green}
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		return cell{"queued", yellow}
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		return cell{"skipped", faint}
	}
	return cell{"unchanged", faint}
}

func deployLine(d *api.DeployResult) string {
	switch d.Outcome {
	case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		line := fmt.Sprintf("deployed %s %d to %s", d.Application, d.Version, d.Environment)
		if d.PreviousVersion != 0 {
			line += fmt.Sprintf(" (was %d)", d.PreviousVersion)
		}
		return line
	case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		return fmt.Sprintf("queued %s %d for %s: %s", d.Application, d.Version, d.Environment, because(d.Because, d.SkipCause))
	case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
		return fmt.Sprintf("skipped %s in %s: %s", d.Application, d.Environment, because(d.Because, d.SkipCause))
	}
	return fmt.Sprintf("%s %d runs in %s already", d.Application, d.Version, d.Environment)
}

// because prefers the server's words to the cause's name.
func because(words string, cause api.SkipCause) string {
	if words != "" || cause == api.SkipCause_SKIP_CAUSE_UNSPECIFIED {
		return words
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(cause.String(), "SKIP_CAUSE_"), "_", " "))
}

func lockLine(l *api.Lock) string {
	line := fmt.Sprintf("%s (%s)", l.Id, lockPlace(l))
	if l.Message != "" {
		line += ": " + l.Message
	}
	return line
}

// lockPlace says what a lock holds.
func lockPlace(l *api.Lock) string {
	switch l.Scope {
	case api.LockScope_LOCK_SCOPE_APPLICATION:
		return l.Application + " in " + l.Environment
	case api.LockScope_LOCK_SCOPE_TEAM:
		return "team " + l.Team + " in " + l.Environment
	case api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP:
		return "group " + l.EnvironmentGroup
	case api.LockScope_LOCK_SCOPE_GLOBAL:
		return "everything"
	}
	return l.Environment
}

func versionText(v uint64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprint(v)
}

// count is a number of things in words.
func count[N int | int32](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// short is a commit id as people write it.
func short(commit string) string {
	return commit[:min(len(commit), 10)]
}

func actorText(a *api.Actor) string {
	if a.GetName() != "" {
		return a.Name
	}
	return a.GetEmail()
}

// parseTime reads a moment: "24h" and "7d" count back from now, "2026-11-20" and RFC 3339 are absolute.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err == nil && fmt.Sprint(n) == days {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s %q: write 24h, 7d, 2026-11-20 or 2026-11-20T09:00:00Z", flag, text)
}
