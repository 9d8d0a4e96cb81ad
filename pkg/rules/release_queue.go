package rules

import (
	"fmt"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ReleaseQueue: a person lets queued versions go. What is still held back goes on waiting for what holds it now: a lock, a freeze, or a hold, unless
// the version was asked for by hand when the hold was there already.

func checkReleaseQueue(m *api.ReleaseQueue, _ *checking) error {
	for _, f := range []struct {
		name, value string
		check       func(string) error
	}{
		{"application", m.Application, manifestrepo.CheckApplication},
		{"team", m.Team, manifestrepo.CheckTeam},
		{"environment", m.Environment, manifestrepo.CheckEnvironment},
	} {
		if f.value == "" {
			continue
		}
		if err := at("release_queue."+f.name, f.check(f.value)); err != nil {
			return err
		}
	}
	return nil
}

func needsOfReleaseQueue(m *api.ReleaseQueue, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	return releasesOf(waitingFor(s, m))
}

func decideReleaseQueue(m *api.ReleaseQueue, w *work) error {
	if err := w.queueExists(m); err != nil {
		return err
	}
	answer := &api.QueueResult{}
	w.result.Kind = &api.ActionResult_ReleaseQueue{ReleaseQueue: answer}
	for _, q := range waitingFor(w.s, m) {
		result, err := w.outOfQueue(q, func(d *delivery) { d.reason = w.because("released from the queue") })
		if err != nil {
			return err
		}
		answer.Applications = append(answer.Applications, result)
	}
	w.message.Application, w.message.Environment = m.Application, m.Environment
	w.tellQueue("Release the queue"+queueWords(m), "nothing waits", answer.Applications)
	return nil
}

// queueExists is the rule that what the filters name exists.
func (w *work) queueExists(m *api.ReleaseQueue) error {
	if m.Application != "" {
		if _, err := findApplication(w.s, "release_queue.application", m.Application); err != nil {
			return err
		}
	}
	if m.Environment != "" {
		if _, err := findEnvironment(w.s, "release_queue.environment", m.Environment); err != nil {
			return err
		}
	}
	if m.Team != "" {
		return findTeam(w.s, "release_queue.team", m.Team)
	}
	return nil
}

func queueWords(m *api.ReleaseQueue) string {
	var words strings.Builder
	if m.Application != "" {
		words.WriteString(" of " + m.Application)
	}
	if m.Team != "" {
		words.WriteString(" of team " + m.Team)
	}
	if m.Environment != "" {
		words.WriteString(" for " + m.Environment)
	}
	return words.String()
}

// waiting is a queued version.
type waiting struct {
	app *manifestrepo.Application
	env *manifestrepo.Environment
	*manifestrepo.Queued
}

// allWaiting lists the queued versions that are wanted, by environment and application. Those in an environment that does not exist (any more)
// are left out.
func allWaiting(s *manifestrepo.Snapshot, wanted func(waiting) bool) []waiting {
	var out []waiting
	for _, app := range s.Applications() {
		for name, d := range app.Deployments {
			if d.Queued == nil {
				continue
			}
			if q := (waiting{app, s.Environment(name), d.Queued}); q.env != nil && wanted(q) {
				out = append(out, q)
			}
		}
	}
	slices.SortFunc(out, func(a, b waiting) int {
		if c := strings.Compare(a.env.Name, b.env.Name); c != 0 {
			return c
		}
		return strings.Compare(a.app.Name, b.app.Name)
	})
	return out
}

func waitingFor(s *manifestrepo.Snapshot, m *api.ReleaseQueue) []waiting {
	return allWaiting(s, func(q waiting) bool {
		return (m.Application == "" || m.Application == q.app.Name) &&
			(m.Team == "" || m.Team == q.app.Team) &&
			(m.Environment == "" || m.Environment == q.env.Name)
	})
}

func releasesOf(queue []waiting) []ReleaseKey {
	var keys []ReleaseKey
	for _, q := range queue {
		if key := (ReleaseKey{q.app.Name, q.Version}); !slices.Contains(keys[max(0, len(keys)-1):], key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// outOfQueue delivers a queued version: it is deployed, goes on waiting for what holds it back now, or is dropped because it runs already or
// can never go. prepare says who delivers it and why.
func (w *work) outOfQueue(q waiting, prepare func(*delivery)) (*api.DeployResult, error) {
	d := deliveryTo(q.env, q.app.Name, q.app)
	d.version, d.waiting, d.approved, d.behavior = q.Version, true, q.Approved, api.LockBehavior_LOCK_BEHAVIOR_RECORD
	prepare(&d)
	result := &api.DeployResult{Application: q.app.Name, Environment: q.env.Name, Version: q.Version, PreviousVersion: d.old.Version}
	if d.old.Version == d.version && !d.old.EditedByHand() {
		result.Outcome, result.Because = api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED, "it runs already"
		return result, w.unqueue(d.app, d.old)
	}
	release, err := findRelease(q.app, "", q.Version)
	if err == nil {
		d.manifest, err = w.manifestFor(q.app.Name, release, q.env.Name)
	}
	if err != nil {
		refused := problem.From(err)
		if refused.Kind == problem.Unavailable { // it waits until they can be read; the others go
			return skipped(result, api.SkipCause_SKIP_CAUSE_UNSPECIFIED, refused.Message), nil
		}
		skipped(result, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE, refused.Message)
		return result, w.unqueue(d.app, d.old)
	}
	if keptOnHold(d.old) {
		skipped(result, api.SkipCause_SKIP_CAUSE_APP_ON_HOLD, holdWords(d.old))
		return result, w.wait(d, result.Because, manifestrepo.QueuedByLock)
	}
	result, err = w.deliver(d)
	if err != nil || result.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED || q.env.Problem != "" {
		return result, err
	}
	return result, w.wait(d, result.Because, manifestrepo.QueuedByLock)
}

// tellQueue writes the commit message about queued versions; none is what to say without any.
func (w *work) tellQueue(subject, none string, results []*api.DeployResult) {
	moved, waiting, asked, dropped := 0, 0, 0, 0
	env := ""
	for _, r := range results {
		if r.Environment != env {
			env = r.Environment
			w.say("%s:", env)
		}
		line := "  " + trainLine(r)
		switch r.Outcome {
		case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
			moved++
		case api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
			asked++
			line += " waits for approval"
		case api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED:
			dropped++
			line = fmt.Sprintf("  %s %d is dropped: %s", r.Application, r.Version, r.Because)
		case api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED:
			if r.SkipCause == api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE {
				dropped++
				line = fmt.Sprintf("  %s %d is dropped: %s", r.Application, r.Version, r.Because)
				break
			}
			fallthrough
		default:
			waiting++
			line += " waits: " + r.Because
		}
		w.say("%s", line)
	}
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{moved, "deployed"}, {waiting, "still queued"}, {asked, "for approval"}, {dropped, "dropped"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(counts) == 0 {
		counts = []string{none}
	}
	w.message.Subject = subject + ": " + strings.Join(counts, ", ")
}

// keptOnHold reports whether a hold keeps what runs from the version that waits: what a person chose since the hold was set may go.
func keptOnHold(d *manifestrepo.Deployment) bool {
	return d.Hold != nil && (!d.Queued.ByHand || d.Queued.At.Before(d.Hold.At))
}
