package rules

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ruleOf is the table of all kinds of commands: one line each, named as the field of Action.
func ruleOf(field protoreflect.Name) (rule, bool) {
	switch field {
	case "create_release":
		return kind("create-release", checkCreateRelease, needsOfCreateRelease, decideCreateRelease), true
	case "deploy":
		return kind("deploy", checkDeploy, needsOfDeploy, decideDeploy), true
	case "run_train":
		return kind("run-train", checkRunTrain, needsOfRunTrain, decideRunTrain), true
	case "create_lock":
		return kind("create-lock", checkCreateLock, nil, decideCreateLock), true
	case "delete_lock":
		return kind("delete-lock", checkDeleteLock, nil, decideDeleteLock), true
	case "apply_environment":
		return kind("apply-environment", checkApplyEnvironment, nil, decideApplyEnvironment), true
	case "batch":
		return kind("batch", checkBatch, needsOfBatch, decideBatch), true
	case "hold":
		return kind("hold", checkHold, nil, decideHold), true
	case "resume":
		return kind("resume", checkResume, nil, decideResume), true
	case "release_queue":
		return kind("release-queue", checkReleaseQueue, needsOfReleaseQueue, decideReleaseQueue), true
	case "create_release_set":
		return kind("create-release-set", checkCreateReleaseSet, nil, decideCreateReleaseSet), true
	case "delete_release_set":
		return kind("delete-release-set", checkDeleteReleaseSet, nil, decideDeleteReleaseSet), true
	case "pause_train":
		return kind("pause-train", checkPauseTrain, nil, decidePauseTrain), true
	case "resume_train":
		return kind("resume-train", checkResumeTrain, nil, decideResumeTrain), true
	case "approve":
		return kind("approve", checkApprove, needsOfApprove, decideApprove), true
	case "reject":
		return kind("reject", checkReject, nil, decideReject), true
	case "prepare_undeploy":
		return kind("prepare-undeploy", checkPrepareUndeploy, nil, decidePrepareUndeploy), true
	case "undeploy":
		return kind("undeploy", checkUndeploy, nil, decideUndeploy), true
	case "remove_from_environment":
		return kind("remove-from-environment", checkRemoveFromEnvironment, nil, decideRemoveFromEnvironment), true
	case "delete_environment":
		return kind("delete-environment", checkDeleteEnvironment, nil, decideDeleteEnvironment), true
	case "clean_up":
		return kind("clean-up", checkCleanUp, nil, decideCleanUp), true
	case "render_environment":
		return kind("render-environment", checkRenderEnvironment, needsOfRenderEnvironment, decideRenderEnvironment), true
	case "apply_environment_group":
		return kind("apply-environment-group", checkApplyEnvironmentGroup, nil, decideApplyEnvironmentGroup), true
	case "apply_application":
		return kind("apply-application", checkApplyApplication, nil, decideApplyApplication), true
	case "depart":
		return kind("depart", checkDepart, needsOfDepart, decideDepart).ofTheClock(), true
	case "end_expired":
		return kind("end-expired", checkEndExpired, nil, decideEndExpired).ofTheClock(), true
	case "catch_up":
		return kind("catch-up", checkCatchUp, needsOfCatchUp, decideCatchUp).ofTheClock(), true
	}
	return rule{}, false
}

// rule is one kind of command.
type rule struct {
	name string
	// clock: only Signalbox's own clock asks for it.
	clock  bool
	check  func(m proto.Message, c *checking) error
	needs  func(m proto.Message, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey
	decide func(m proto.Message, w *work) error
}

// kind makes a rule from functions that take the kind's own message. needs may be nil.
func kind[M proto.Message](
	name string,
	check func(M, *checking) error,
	needs func(M, *Checked, *manifestrepo.Snapshot) []ReleaseKey,
	decide func(M, *work) error,
) rule {
	r := rule{
		name:   name,
		check:  func(m proto.Message, c *checking) error { return check(m.(M), c) },
		needs:  func(proto.Message, *Checked, *manifestrepo.Snapshot) []ReleaseKey { return nil },
		decide: func(m proto.Message, w *work) error { return decide(m.(M), w) },
	}
	if needs != nil {
		r.needs = func(m proto.Message, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey { return needs(m.(M), c, s) }
	}
	return r
}

// ofTheClock marks a command that no person sends: it has no place in a request or in a batch.
func (r rule) ofTheClock() rule {
	r.clock = true
	return r
}

// ruleFor finds a command's rule and its message; ok is false when the action holds no command.
func ruleFor(a *api.Action) (r rule, m proto.Message, field protoreflect.Name, ok bool) {
	if a == nil {
		return rule{}, nil, "", false
	}
	reflected := a.ProtoReflect()
	set := reflected.WhichOneof(reflected.Descriptor().Oneofs().ByName("kind"))
	if set == nil {
		return rule{}, nil, "", false
	}
	r, ok = ruleOf(set.Name())
	return r, reflected.Get(set).Message().Interface(), set.Name(), ok
}

// checking is a Check under way.
type checking struct {
	policy  Policy
	prepare func([]byte) manifestrepo.Hash
	out     *Checked
	// reason is the action's own, or that of the batch it is part of.
	reason string
}

// Check validates a command as far as it goes without state. prepare is called once for each manifest and gives its blob id;
// it may be called from several goroutines. The error is a *problem.Error.
func Check(a *api.Action, p Policy, prepare func(content []byte) manifestrepo.Hash) (*Checked, error) {
	return check(a, &checking{policy: p, prepare: prepare, reason: a.GetReason()})
}

func check(a *api.Action, c *checking) (*Checked, error) {
	r, m, _, ok := ruleFor(a)
	if !ok {
		return nil, problem.New(problem.Invalid, "the request holds no command").
			Because("a request holds exactly one command").
			Fix("set one of create_release, deploy, run_train, create_lock, ...: see the API's Action")
	}
	c.out = &Checked{Action: a, Kind: r.name}
	if err := checkText("reason", a.Reason, maxReason); err != nil {
		return nil, err
	}
	if err := r.check(m, c); err != nil {
		return nil, err
	}
	return c.out, nil
}

// Needs lists the releases whose manifests Decide will ask Content for, so that the caller can read them in one pass. It may
// list too many or too few; it is a hint.
func Needs(c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	r, m, _, ok := ruleFor(c.Action)
	if !ok {
		return nil
	}
	return r.needs(m, c, s)
}

// Decide decides a command. The error is a *problem.Error; then nothing is to be done.
func Decide(c *Checked, s *manifestrepo.Snapshot, ctx Context) (*Decision, error) {
	return decide(c, s, ctx, c.Action.GetReason())
}

func decide(c *Checked, s *manifestrepo.Snapshot, ctx Context, reason string) (*Decision, error) {
	r, m, _, ok := ruleFor(c.Action)
	if !ok {
		return nil, problem.New(problem.Invalid, "the request holds no command").Because("a request holds exactly one command")
	}
	w := newWork(c, s, ctx, reason)
	err := r.decide(m, w)
	if err == nil {
		err = w.writeRequests()
	}
	if err != nil {
		var refused *problem.Error
		if errors.As(err, &refused) {
			return nil, refused
		}
		return nil, problem.New(problem.Internal, "the command could not be decided").Wrap(err)
	}
	return w.decision(), nil
}

// ActionOf takes the command out of a request: the same field of the same name, and the reason.
func ActionOf(req *api.ExecuteRequest) *api.Action {
	action := &api.Action{Reason: req.GetReason()}
	if req == nil {
		return action
	}
	from, to := req.ProtoReflect(), action.ProtoReflect()
	if set := from.WhichOneof(from.Descriptor().Oneofs().ByName("kind")); set != nil {
		if field := to.Descriptor().Fields().ByName(set.Name()); field != nil {
			to.Set(field, from.Get(set))
		}
	}
	return action
}
