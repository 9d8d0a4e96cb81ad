package cli

import (
	"fmt"
	"strings"

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
