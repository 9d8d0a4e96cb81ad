package rules

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Approve: somebody who may agrees, and what was asked for is deployed, in as far as nothing else holds it back by now. Reject: somebody says
// no, and why. Either way the request ends; the history keeps it.

func checkApprove(m *api.Approve, _ *checking) error {
	return firstOf(
		at("approve.environment", manifestrepo.CheckEnvironment(m.Environment)),
		at("approve.id", manifestrepo.CheckApproval(m.Id)),
		checkText("approve.comment", m.Comment, maxReason),
	)
}

func needsOfApprove(m *api.Approve, _ *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	env := s.Environment(m.Environment)
	if env == nil || env.Approvals[m.Id] == nil {
		return nil
	}
	var needs []ReleaseKey
	for _, c := range env.Approvals[m.Id].Changes {
		needs = append(needs, ReleaseKey{c.Application, c.Version})
	}
	return needs
}

func decideApprove(m *api.Approve, w *work) error {
	env, request, err := w.findRequest("approve", m.Environment, m.Id)
	if err != nil {
		return err
	}
	if err := firstOf(
		environmentIsReadable("approve.environment", env),
		requestIsReadable(request),
		requestWaits(request, w),
		at("approve.id", MayApprove(w.ctx.Policy, w.s, request, w.ctx.Actor)),
	); err != nil {
		return err
	}
	answer := &api.ApprovalResult{Approval: ApprovalProto(w.s, request)}
	w.result.Kind = &api.ActionResult_Approve{Approve: answer}
	w.delete(manifestrepo.ApprovalPath(env.Name, request.ID))
	w.happened(manifestrepo.Event{What: eventApproved, Environment: env.Name, ID: request.ID})
	w.describeAnswer(request, m.Comment)
	for _, change := range request.Changes {
		result, err := w.deliverApproved(env, request, change)
		if err != nil {
			return err
		}
		answer.Deployments = append(answer.Deployments, result)
	}
	w.tellApproved(request, answer.Deployments)
	return nil
}

func checkReject(m *api.Reject, _ *checking) error {
	if err := firstOf(
		at("reject.environment", manifestrepo.CheckEnvironment(m.Environment)),
		at("reject.id", manifestrepo.CheckApproval(m.Id)),
		checkText("reject.comment", m.Comment, maxReason),
	); err != nil {
		return err
	}
	if strings.TrimSpace(m.Comment) == "" {
		return invalid("reject.comment", "the comment is missing").Because("whoever asked learns why not").Fix("give a comment; it stands in the history")
	}
	return nil
}

// decideReject: everybody may, as everybody may lock: it only keeps things from being deployed. A request that cannot be read ends this way.
func decideReject(m *api.Reject, w *work) error {
	env, request, err := w.findRequest("reject", m.Environment, m.Id)
	if err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_Reject{Reject: &api.ApprovalResult{Approval: ApprovalProto(w.s, request)}}
	w.delete(manifestrepo.ApprovalPath(env.Name, request.ID))
	w.describeAnswer(request, m.Comment)
	w.message.Subject = fmt.Sprintf("Reject %s in %s", whatIsAsked(request), env.Name)
	if len(request.Changes) == 0 {
		w.happened(manifestrepo.Event{What: eventRejected, Environment: env.Name, ID: request.ID})
	}
	for _, c := range request.Changes {
		w.happened(approvalEvent(eventRejected, env.Name, request.ID, c))
		w.say("  %s", changeLine(c))
	}
	return nil
}

// findRequest is the rule that a request for approval exists.
func (w *work) findRequest(command, environment, id string) (*manifestrepo.Environment, *manifestrepo.Approval, error) {
	env, err := findEnvironment(w.s, command+".environment", environment)
	if err != nil {
		return nil, nil, err
	}
	if request := env.Approvals[id]; request != nil {
		return env, request, nil
	}
	return nil, nil, problem.New(problem.NotFound, "no request for approval %q waits in %s", id, environment).At(command+".id").
		Because("a request waits until it is answered, replaced by a newer one, or over").
		Fix("%s", didYouMean(id, sortedKeys(env.Approvals), "none waits there; the history says what became of it"))
}

func requestIsReadable(a *manifestrepo.Approval) error {
	if a.Broken == "" {
		return nil
	}
	return problem.New(problem.Conflict, "%s cannot be read: %s", manifestrepo.ApprovalPath(a.Environment, a.ID), a.Broken).At("approve.id").
		Because("who approves knows what").Fix("reject it, or repair the file in the manifest repo")
}

func requestWaits(a *manifestrepo.Approval, w *work) error {
	if !a.Expired(w.now) {
		return nil
	}
	return problem.New(problem.Conflict, "the request is over since %s", a.ExpiresAt.Format("2006-01-02 15:04 MST")).At("approve.id").
		Because("a request waits as long as the environment's config says").Fix("ask again: deploy, or run the train")
}

// deliverApproved carries out one change. What has changed since it was asked for stays as it is, and so does what is not there any more.
func (w *work) deliverApproved(env *manifestrepo.Environment, a *manifestrepo.Approval, c manifestrepo.ApprovalChange) (*api.DeployResult, error) {
	result := &api.DeployResult{Application: c.Application, Environment: env.Name, Version: c.Version}
	app, err := findApplication(w.s, "", c.Application)
	if err != nil {
		return skipped(result, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE, problem.From(err).Message), nil
	}
	d := deliveryTo(env, app.Name, app)
	if d.old != nil && d.old.Broken != "" {
		return skipped(result, api.SkipCause_SKIP_CAUSE_UNSPECIFIED, manifestrepo.DeploymentPath(env.Name, app.Name)+" cannot be read: "+d.old.Broken), nil
	}
	result.PreviousVersion = runs(app, env.Name)
	if now := result.PreviousVersion; now != c.From && now != c.Version {
		return skipped(result, api.SkipCause_SKIP_CAUSE_UNSPECIFIED,
			fmt.Sprintf("%s by now, and %s when it was asked for", runsWords(now), runsWords(c.From))), nil
	}
	release, err := findRelease(app, "", c.Version)
	if err == nil {
		d.manifest, err = w.manifestFor(app.Name, release, env.Name)
	}
	if err != nil {
		refused := problem.From(err)
		if refused.Kind == problem.Unavailable {
			return nil, err
		}
		return skipped(result, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE, refused.Message), nil
	}
	d.version, d.behavior, d.automatic, d.noHold, d.approved = c.Version, api.LockBehavior_LOCK_BEHAVIOR_RECORD, !c.ByHand, c.NoHold, true
	return w.deliverFor(a, d)
}

// deliverFor delivers as whoever asked, for the reason they gave.
func (w *work) deliverFor(a *manifestrepo.Approval, d delivery) (*api.DeployResult, error) {
	reason := w.reason
	w.reason = a.Reason
	defer func() { w.reason = reason }()
	d.by, d.reason = a.CreatedBy, "approved by "+nameOf(w.ctx.Actor)
	if a.Reason != "" {
		d.reason = a.Reason + "; " + d.reason
	}
	return w.deliver(d)
}

func runsWords(version uint64) string {
	if version == 0 {
		return "nothing runs"
	}
	return fmt.Sprintf("%d runs", version)
}

// describeAnswer says what was asked for, by whom and why, and what the answer is.
func (w *work) describeAnswer(a *manifestrepo.Approval, comment string) {
	w.message.Environment = a.Environment
	if len(a.Changes) == 1 {
		w.message.Application, w.message.Version = a.Changes[0].Application, a.Changes[0].Version
	}
	if w.message.Reason == "" {
		w.message.Reason = comment
	}
	if comment != "" {
		w.say("%s", comment)
		w.say("")
	}
	if a.Broken != "" {
		w.say("The request %s could not be read: %s", a.ID, a.Broken)
		return
	}
	line := fmt.Sprintf("%s asked for it with %s (request %s)", nameOf(a.CreatedBy), a.Action, a.ID)
	if a.Reason != "" {
		line += ": " + a.Reason
	}
	w.say("%s", line)
}

// whatIsAsked is a request in the words of a first line.
func whatIsAsked(a *manifestrepo.Approval) string {
	if len(a.Changes) == 1 {
		return fmt.Sprintf("%s %d", a.Changes[0].Application, a.Changes[0].Version)
	}
	return "request " + a.ID
}

func changeLine(c manifestrepo.ApprovalChange) string {
	return trainLine(&api.DeployResult{Application: c.Application, Version: c.Version, PreviousVersion: c.From})
}

// tellApproved writes the commit message of what came of an approval.
func (w *work) tellApproved(a *manifestrepo.Approval, results []*api.DeployResult) {
	deployed, queued, left := 0, 0, 0
	for _, r := range results {
		switch r.Outcome {
		case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED:
			deployed++
			w.say("  %s", trainLine(r))
		case api.DeployOutcome_DEPLOY_OUTCOME_QUEUED:
			queued++
			w.say("  %s waits: %s", trainLine(r), r.Because)
		case api.DeployOutcome_DEPLOY_OUTCOME_UNCHANGED:
			w.say("  %s %d runs already", r.Application, r.Version)
		default:
			left++
			w.say("  %s stays: %s", r.Application, r.Because)
		}
	}
	counts := []string{fmt.Sprintf("%d deployed", deployed)}
	if queued > 0 {
		counts = append(counts, fmt.Sprintf("%d queued", queued))
	}
	if left > 0 {
		counts = append(counts, fmt.Sprintf("%d skipped", left))
	}
	w.message.Subject = fmt.Sprintf("Approve %s in %s: %s", whatIsAsked(a), a.Environment, strings.Join(counts, ", "))
}
