package conductor

import (
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// keyOf tells commands apart.
func keyOf(action *api.Action) string {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(action)
	if err != nil { // a command we made ourselves
		return nameOf(action)
	}
	return string(encoded)
}

// nameOf is a command in a word or two, for the log.
func nameOf(action *api.Action) string {
	switch k := action.GetKind().(type) {
	case *api.Action_Depart:
		return "depart " + k.Depart.Train + " of " + k.Depart.Environment + k.Depart.EnvironmentGroup
	case *api.Action_EndExpired:
		return "end-expired"
	case *api.Action_CatchUp:
		return "catch-up"
	case *api.Action_CleanUp:
		return "clean-up"
	}
	return "unknown"
}

// report logs what was done; departures in full.
func (c *Conductor) report(action *api.Action, op *api.Operation) {
	log := c.o.Logger
	depart := op.GetResult().GetDepart()
	switch {
	case depart.GetScheduledAt() == nil:
		if !op.GetResult().GetUnchanged() {
			log.Info("the clock asked for it", "command", nameOf(action), "subject", op.GetSubject(), "commit", op.GetCommit())
		}
	case depart.Missed:
		log.Warn("a departure was missed and is left out", "train", depart.Train.GetName(), "environment", depart.Train.GetEnvironment(),
			"group", depart.Train.GetEnvironmentGroup(), "scheduled", depart.ScheduledAt.AsTime(), "commit", op.GetCommit())
	default:
		log.Info("a release train departed", "train", depart.Train.GetName(), "environment", depart.Train.GetEnvironment(),
			"group", depart.Train.GetEnvironmentGroup(), "scheduled", depart.ScheduledAt.AsTime(), "moved", len(depart.Moved),
			"skipped", depart.Skipped, "commit", op.GetCommit())
	}
}
