package rules

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// What the commit of a train says: every application that moved, that waits behind what, that stays and why.

// tellTrain writes the body of the commit message and gives its first line. Applications that are where they should be are not counted as
// skipped.
func (w *work) tellTrain(t *train, all []*api.TrainEnvironment) (subject string) {
	if f := t.filter; t.name != "" && f.team != "" || len(f.applications) > 0 || len(f.labels) > 0 {
		w.say("Only applications %s.", f)
	}
	var counts trainCounts
	for _, into := range all {
		var lines []string
		for _, r := range into.Applications {
			if line := counts.add(r, into.SkipCause == 0); line != "" {
				lines = append(lines, "  "+line)
			}
		}
		switch {
		case into.SkipCause != 0:
			w.say("%s is skipped: %s", into.Environment, into.Because)
		case len(lines) == 0:
			w.say("%s has nothing to move.", into.Environment)
		default:
			w.say("%s:", into.Environment)
		}
		w.lines = append(w.lines, lines...)
	}
	return fmt.Sprintf("Release train%s to %s%s: %s", t.called(), t.target, t.origin(), counts)
}

// called is what tells the train from others: its name in the timetable, or its team.
func (t *train) called() string {
	switch {
	case t.name != "":
		return " " + t.name
	case t.filter.team != "":
		return " of team " + t.filter.team
	}
	return ""
}

// origin names a source that is not the upstream.
func (t *train) origin() string {
	switch {
	case t.set != nil:
		return " from release set " + t.set.Name
	case t.from.GetEnvironment() != "":
		return fmt.Sprintf(" from %s at %s", t.from.Environment, t.from.Revision)
	case t.from.GetRevision() != "":
		return " from " + t.from.Revision
	}
	return ""
}

// trainCounts counts what a train did.
type trainCounts struct{ moved, queued, pending, left int }

// add counts an application and gives its line; empty when nobody needs one. environmentRuns: the environment is not skipped as a whole,
// which one line says.
func (c *trainCounts) add(r *api.DeployResult, environmentRuns bool) string {
	switch {
	case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
		c.moved++
		return trainLine(r)
	case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
		c.queued++
		return trainLine(r) + " waits: " + becauseOf(r)
	case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		c.pending++
		return trainLine(r) + " waits: " + becauseOf(r)
	case r.SkipCause != api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION:
		c.left++
		if environmentRuns {
			return r.Application + " stays: " + becauseOf(r)
		}
	}
	return ""
}

// String is the counts in words.
func (c trainCounts) String() string {
	words := []string{fmt.Sprintf("%d moved", c.moved)}
	for _, n := range []struct {
		count int
		what  string
	}{{c.queued, "queued"}, {c.pending, "awaiting approval"}, {c.left, "skipped"}} {
		if n.count > 0 {
			words = append(words, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return strings.Join(words, ", ")
}

// becauseOf is why an application waits or stays, in words.
func becauseOf(r *api.DeployResult) string {
	switch {
	case r.Because != "":
		return r.Because
	case r.ApprovalId != "":
		return "approval " + r.ApprovalId
	case r.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
		return "approval"
	}
	return "it cannot be delivered now"
}

func trainLine(r *api.DeployResult) string {
	if r.PreviousVersion == 0 {
		return fmt.Sprintf("%s %d", r.Application, r.Version)
	}
	return fmt.Sprintf("%s %d -> %d", r.Application, r.PreviousVersion, r.Version)
}
