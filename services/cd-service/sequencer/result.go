package sequencer

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
)

// Decided is what a command would do on a state.
type Decided struct {
	Snapshot *manifestrepo.Snapshot
	Decision *rules.Decision
	// Context is what it was decided with. Its Content can be asked as long as the context of Decide lasts, by one goroutine.
	Context rules.Context
}

// Decide decides a command on the present state and writes nothing: with the rules, the policy and the contents that it would be executed
// with. The error is the refusal.
func (s *Sequencer) Decide(ctx context.Context, r Request) (Decided, error) {
	s.lookUpAll(ctx, r.Checked)
	view := s.repo.View()
	c := s.content(ctx)
	c.add(r.Checked)
	if err := c.prefetch(view.Snapshot, r.Checked); err != nil {
		return Decided{}, err
	}
	d := Decided{
		Snapshot: view.Snapshot,
		Context:  rules.Context{Now: s.clock.Now(), Actor: r.Actor, Policy: s.o.Policy, Content: c, Keyed: r.Keyed},
	}
	var err error
	d.Decision, err = rules.Decide(r.Checked, d.Snapshot, d.Context)
	return d, err
}

// DryRun is Decide as an Outcome. The error is the refusal.
func (s *Sequencer) DryRun(ctx context.Context, r Request) (Outcome, error) {
	d, err := s.Decide(ctx, r)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.dryRender(ctx, d.Decision.Result, d.Snapshot, d.Decision.Render); err != nil {
		return Outcome{}, err
	}
	now := d.Context.Now
	return Outcome{
		ID: r.ID, State: Done, Subject: d.Decision.Message.Subject, Result: d.Decision.Result, Created: now, Finished: now, Warnings: r.warnings(),
	}, nil
}

func detail(operation string) *api.ErrorDetail { return &api.ErrorDetail{OperationId: operation} }

// withOperation is the problem with the operation's id in its detail; the original stays as it is.
func withOperation(p *problem.Error, id string) *problem.Error {
	e := *p
	if e.Detail == nil {
		e.Detail = detail(id)
		return &e
	}
	e.Detail = proto.CloneOf(e.Detail)
	e.Detail.OperationId = id
	return &e
}

func journalOutcome(j *job, o Outcome) journal.Outcome {
	// An Operation made of our own strings cannot fail to encode but for invalid UTF-8; then the outcome is kept without it.
	encoded, err := proto.Marshal(o.Proto())
	if err != nil {
		encoded, _ = proto.Marshal(&api.Operation{Id: o.ID, State: o.Proto().State, Commit: o.Proto().Commit})
	}
	return journal.Outcome{ID: j.ID, Digest: j.Digest, Operation: encoded, At: o.Finished}
}

// resultOf tells what a commit did, from its trailers: for a retry that comes when the answer is no longer remembered.
func resultOf(m manifestrepo.Message, s *manifestrepo.Snapshot) *api.ActionResult {
	switch m.Action {
	case "create-release":
		r := &api.ReleaseResult{Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, Application: m.Application, Version: m.Version}
		for _, e := range m.Events {
			if e.What == "created-release" {
				r.Application, r.Version = e.Application, e.Version
			}
		}
		r.Deployments = deployments(m.Events)
		return &api.ActionResult{Kind: &api.ActionResult_CreateRelease{CreateRelease: r}}
	case "deploy":
		result := &api.DeployResult{Application: m.Application, Environment: m.Environment, Version: m.Version}
		if list := deployments(m.Events); len(list) > 0 {
			result = list[0]
		}
		return &api.ActionResult{Kind: &api.ActionResult_Deploy{Deploy: result}}
	case "run-train":
		return &api.ActionResult{Kind: &api.ActionResult_RunTrain{RunTrain: trainResult(m, s)}}
	case "create-lock":
		return &api.ActionResult{Kind: &api.ActionResult_CreateLock{CreateLock: &api.LockResult{}}}
	case "delete-lock":
		return &api.ActionResult{Kind: &api.ActionResult_DeleteLock{DeleteLock: &api.LockResult{}}}
	case "apply-environment":
		created := slices.ContainsFunc(m.Events, func(e manifestrepo.Event) bool { return e.What == "environment-created" })
		return &api.ActionResult{Kind: &api.ActionResult_ApplyEnvironment{ApplyEnvironment: &api.EnvironmentResult{Environment: m.Environment, Created: created}}}
	case "batch":
		return &api.ActionResult{Kind: &api.ActionResult_Batch{Batch: &api.BatchResult{}}}
	}
	return laterResultOf(m, s)
}

// deployments are the deployments among the events.
func deployments(events []manifestrepo.Event) []*api.DeployResult {
	var list []*api.DeployResult
	for _, e := range events {
		outcome, approval := api.DeployOutcome_DEPLOY_OUTCOME_UNSPECIFIED, ""
		switch e.What {
		case "deployed":
			outcome = api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED
		case "queued":
			outcome = api.DeployOutcome_DEPLOY_OUTCOME_QUEUED
		case "approval-requested":
			outcome, approval = api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL, e.ID
		default:
			continue
		}
		list = append(list, &api.DeployResult{
			Application: e.Application, Environment: e.Environment, Version: e.Version, PreviousVersion: e.PreviousVersion, Outcome: outcome,
			ApprovalId: approval,
		})
	}
	return list
}

// trainResult groups what a train moved by environment; what it skipped is not in the commit.
func trainResult(m manifestrepo.Message, s *manifestrepo.Snapshot) *api.TrainResult {
	t := &api.TrainResult{Target: m.Environment}
	byEnv := map[string]*api.TrainEnvironment{}
	for _, d := range deployments(m.Events) {
		e := byEnv[d.Environment]
		if e == nil {
			e = &api.TrainEnvironment{Environment: d.Environment}
			if env := s.Environment(d.Environment); env != nil && env.Config.Upstream != nil {
				e.Upstream = env.Config.Upstream.Environment
			}
			byEnv[d.Environment] = e
			t.Environments = append(t.Environments, e)
		}
		e.Applications = append(e.Applications, d)
	}
	return t
}

// outcomeFrom is the reverse of Outcome.Proto.
func outcomeFrom(op *api.Operation) Outcome {
	o := Outcome{ID: op.Id, Subject: op.Subject, Result: op.Result, Created: op.CreatedAt.AsTime(), Finished: op.FinishedAt.AsTime(), State: Done, Warnings: op.Warnings}
	if op.Commit != "" {
		o.Commit = plumbing.NewHash(op.Commit)
	}
	if op.Error != nil {
		o.State, o.Err = Refused, problem.FromProto(op.Error)
	}
	return o
}

// journalled finds how an accepted command ended that memory and main do not know: a refusal before a restart.
func (s *Sequencer) journalled(ctx context.Context, id string) (Outcome, []byte, bool, error) {
	if s.o.Journal == nil {
		return Outcome{}, nil, false, nil
	}
	kept, ok, err := s.o.Journal.Outcome(ctx, id)
	if err != nil || !ok {
		return Outcome{}, nil, false, err
	}
	op := &api.Operation{}
	if err := proto.Unmarshal(kept.Operation, op); err != nil {
		return Outcome{}, nil, false, fmt.Errorf("read the outcome of %s: %w", id, err)
	}
	return outcomeFrom(op), kept.Digest, true, nil
}
