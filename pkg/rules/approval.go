package rules

import (
	"fmt"
	"slices"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

// Approval: an environment may ask that somebody agrees before anything is deployed there. What a command would have deployed becomes one
// request for each such environment. Only one request waits for an application in an environment: a newer one takes its place.

// maxApprovalChanges keeps the file of a request below what is read (manifestrepo.MaxFile); a larger train makes several.
const maxApprovalChanges = 2500

// asking is what a decision asks for in one environment, and what waits there already.
type asking struct {
	env *manifestrepo.Environment
	// requests, one for each who wanted something (what is caught up after a freeze was wanted by several), or more when there is very much.
	requests []*manifestrepo.Approval
	// waiting are the changes of older requests by application, those of a later request last.
	waiting map[string][]waitingChange
	// replaced are the applications that leave an older request, by its id.
	replaced map[string]map[string]bool
}

// waitingChange is a change of a request that has not been answered.
type waitingChange struct {
	id string
	manifestrepo.ApprovalChange
}

// awaitsApproval lets a delivery that nothing else holds back wait for approval when its environment asks for that: it notes the request that the
// command makes in that environment, fills in result, and reports true. A delivery that was approved, or into an environment that asks for none,
// goes on. A version that waits for approval waits nowhere else: it leaves the queue.
func (w *work) awaitsApproval(d delivery, result *api.DeployResult) (bool, error) {
	if d.env.Config.Approval == nil || d.approved || isApproved(d) {
		return false, nil
	}
	a := w.askingIn(d.env)
	if id := a.rollsBack(d.app, result.PreviousVersion); id != "" && d.automatic {
		skipped(result, api.SkipCause_SKIP_CAUSE_APP_ON_HOLD, approvalWords(id)+" takes it back to an older version")
		return true, nil
	}
	change := manifestrepo.ApprovalChange{Application: d.app, Version: d.version, From: result.PreviousVersion, ByHand: !d.automatic, NoHold: d.noHold}
	result.Outcome = api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL
	var err error
	if result.ApprovalId = a.waitsIn(change); result.ApprovalId == "" {
		if result.ApprovalId, err = w.ask(a, change, d); err != nil {
			return false, err
		}
	}
	result.Because = approvalWords(result.ApprovalId)
	if d.automatic {
		result.SkipCause = api.SkipCause_SKIP_CAUSE_APP_AWAITS_APPROVAL
	}
	if d.old == nil || d.old.Queued == nil {
		return true, nil
	}
	return true, w.unqueue(d.app, d.old)
}

// isApproved: what somebody agreed to and a lock or a freeze held back since is not asked for again, whichever way it comes.
func isApproved(d delivery) bool {
	return d.old != nil && d.old.Queued != nil && d.old.Queued.Approved && d.old.Queued.Version == d.version
}

// approvalWords names a request for a person, as what holds a version back.
func approvalWords(id string) string { return "request for approval " + id }

// askingIn is what this decision asks for in an environment; nothing at first.
func (w *work) askingIn(env *manifestrepo.Environment) *asking {
	if a, known := w.askings[env.Name]; known {
		return a
	}
	a := &asking{env: env, waiting: map[string][]waitingChange{}, replaced: map[string]map[string]bool{}}
	for _, id := range sortedKeys(env.Approvals) {
		older := env.Approvals[id]
		if older.Broken != "" || older.Expired(w.now) {
			continue
		}
		for _, c := range older.Changes {
			a.waiting[c.Application] = append(a.waiting[c.Application], waitingChange{id, c})
		}
	}
	if w.askings == nil {
		w.askings = map[string]*asking{}
	}
	w.askings[env.Name] = a
	return a
}

// requestBy is the request of this decision for what somebody wanted.
func (w *work) requestBy(a *asking, who manifestrepo.Actor, reason string) (*manifestrepo.Approval, error) {
	for _, r := range a.requests {
		if r.CreatedBy == who && len(r.Changes) < maxApprovalChanges {
			return r, nil
		}
	}
	r := &manifestrepo.Approval{
		ID: a.freeID(w.now), Environment: a.env.Name, Action: w.checked.Kind, CreatedAt: w.now, CreatedBy: who, Reason: reason,
	}
	if text := a.env.Config.Approval.ExpiresAfter; text != "" {
		wait, err := schedule.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("how long a request waits in %s: %w", a.env.Name, err)
		}
		r.ExpiresAt = w.now.Add(wait)
	}
	a.requests = append(a.requests, r)
	return r, nil
}

// freeID is the time of the decision, with a number behind it when that is taken.
func (a *asking) freeID(now time.Time) string {
	first := now.Format("20060102-150405")
	id := first
	for n := 2; a.isTaken(id); n++ {
		id = fmt.Sprintf("%s-%d", first, n)
	}
	return id
}

func (a *asking) isTaken(id string) bool {
	return a.env.Approvals[id] != nil || slices.ContainsFunc(a.requests, func(r *manifestrepo.Approval) bool { return r.ID == id })
}

// waitsIn is the id of an older request that asks for the same; empty when none does. What a person asked for by hand covers what a train
// or a release asks for, not the other way: by hand, an older version sets a hold.
func (a *asking) waitsIn(change manifestrepo.ApprovalChange) string {
	for _, older := range a.waiting[change.Application] {
		if older.Version == change.Version && older.From == change.From &&
			(!change.ByHand || older.ByHand && older.NoHold == change.NoHold) {
			return older.id
		}
	}
	return ""
}

// rollsBack is the id of a request by hand for a version older than the one that runs; empty when none waits. It keeps trains and releases away, as the hold will that
// it sets: what somebody takes back must not go forward while it waits.
func (a *asking) rollsBack(app string, from uint64) string {
	for _, older := range a.waiting[app] {
		if older.ByHand && !older.NoHold && older.From == from && older.Version < from {
			return older.id
		}
	}
	return ""
}

// ask adds a change to the request of this decision and gives its id; it replaces what older ones say of the application.
func (w *work) ask(a *asking, change manifestrepo.ApprovalChange, d delivery) (id string, err error) {
	request, err := w.requestBy(a, w.wantedBy(d), d.reason)
	if err != nil {
		return "", err
	}
	request.Changes = append(request.Changes, change)
	for _, older := range a.waiting[change.Application] {
		if a.replaced[older.id] == nil {
			a.replaced[older.id] = map[string]bool{}
		}
		a.replaced[older.id][change.Application] = true
		w.happened(approvalEvent(eventApprovalSuperseded, a.env.Name, older.id, older.ApprovalChange))
	}
	w.happened(approvalEvent(eventApprovalRequested, a.env.Name, request.ID, change))
	return request.ID, nil
}

func approvalEvent(what, env, id string, c manifestrepo.ApprovalChange) manifestrepo.Event {
	return manifestrepo.Event{What: what, Application: c.Application, Environment: env, Version: c.Version, PreviousVersion: c.From, ID: id}
}

// writeRequests writes what the decision asks for, once it is complete. The lines about it come first in the message, so that a long train
// does not push them out.
func (w *work) writeRequests() error {
	var lines []string
	for _, env := range sortedKeys(w.askings) {
		a := w.askings[env]
		replaced := sortedKeys(a.replaced)
		for _, id := range replaced {
			if err := w.writeSuperseded(a.env.Approvals[id], a.replaced[id]); err != nil {
				return err
			}
		}
		for _, r := range a.requests {
			path := manifestrepo.ApprovalPath(env, r.ID)
			content, err := manifestrepo.EncodeApproval(r)
			if err != nil {
				return fmt.Errorf("write %s: %w", path, err)
			}
			w.create(path, content)
			lines = append(lines, requestLine(r))
		}
		for _, id := range replaced {
			lines = append(lines, fmt.Sprintf("It replaces %s of %s.", counted(len(a.replaced[id]), "deployment"), id))
		}
	}
	w.lines = append(lines, w.lines...)
	return nil
}

// writeSuperseded takes changes out of an older request; one that asks for nothing any more is deleted.
func (w *work) writeSuperseded(older *manifestrepo.Approval, replaced map[string]bool) error {
	path := manifestrepo.ApprovalPath(older.Environment, older.ID)
	next := *older
	next.Changes = nil
	for _, c := range older.Changes {
		if !replaced[c.Application] {
			next.Changes = append(next.Changes, c)
		}
	}
	if len(next.Changes) == 0 {
		w.delete(path)
		return nil
	}
	content, err := manifestrepo.EncodeApproval(&next)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w.write(path, content)
	return nil
}

func requestLine(r *manifestrepo.Approval) string {
	line := fmt.Sprintf("%s asks for approval of %s in %s", r.ID, counted(len(r.Changes), "deployment"), r.Environment)
	if !r.ExpiresAt.IsZero() {
		line += ", until " + r.ExpiresAt.Format("2006-01-02 15:04 MST")
	}
	return line + "."
}

// ApprovalProto is a request as the API hands it out; display versions and who may approve come from the snapshot.
func ApprovalProto(s *manifestrepo.Snapshot, a *manifestrepo.Approval) *api.Approval {
	out := &api.Approval{
		Id: a.ID, Environment: a.Environment, Action: a.Action, CreatedBy: actorProto(a.CreatedBy),
		CreatedAt: timeProto(a.CreatedAt), ExpiresAt: timeProto(a.ExpiresAt), Reason: a.Reason, Problem: a.Broken,
	}
	for _, c := range a.Changes {
		change := &api.ApprovalChange{Application: c.Application, Version: c.Version, FromVersion: c.From}
		if app := s.Application(c.Application); app != nil {
			if r := app.Release(c.Version); r != nil {
				change.DisplayVersion = r.DisplayVersion
			}
			if r := app.Release(c.From); r != nil {
				change.FromDisplayVersion = r.DisplayVersion
			}
		}
		out.Changes = append(out.Changes, change)
	}
	if env := s.Environment(a.Environment); env != nil && env.Config.Approval != nil {
		out.Approvers, out.NotAuthor = env.Config.Approval.By, env.Config.Approval.NotAuthor
	}
	return out
}
