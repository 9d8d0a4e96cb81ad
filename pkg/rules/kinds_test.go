package rules

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// A new kind of command is a field of Action, the same field of ExecuteRequest, a field of ActionResult, and a line in the table.
func TestEveryKindOfCommandHasARule(t *testing.T) {
	kinds := func(m proto.Message) protoreflect.FieldDescriptors {
		return m.ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	}
	actions, requests, results := kinds(&api.Action{}), kinds(&api.ExecuteRequest{}), kinds(&api.ActionResult{})
	if actions.Len() != results.Len() {
		t.Errorf("Action has %d kinds, ActionResult %d", actions.Len(), results.Len())
	}
	names := map[string]bool{}
	for i := range actions.Len() {
		field := actions.Get(i)
		r, ok := ruleOf(field.Name())
		if !ok || r.name == "" || names[r.name] {
			t.Errorf("%s has no rule with a name of its own", field.Name())
		}
		names[r.name] = true
		same := requests.ByName(field.Name())
		if r.clock {
			if same != nil {
				t.Errorf("%s is of the clock, and ExecuteRequest has it", field.Name())
			}
		} else if same == nil || same.Number() != field.Number() || same.Message() != field.Message() {
			t.Errorf("ExecuteRequest has no field %s like Action's", field.Name())
		}
		if results.ByName(field.Name()) == nil {
			t.Errorf("ActionResult has no field %s", field.Name())
		}
	}
	if _, ok := ruleOf("something_else"); ok {
		t.Error("a field that is not there has a rule")
	}
}

func TestActionOfTakesTheCommandOutOfARequest(t *testing.T) {
	fields := (&api.ExecuteRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		req := &api.ExecuteRequest{Reason: "because", IdempotencyKey: "k"}
		req.ProtoReflect().Set(field, req.ProtoReflect().NewField(field))
		action := ActionOf(req)
		set := action.ProtoReflect().WhichOneof(action.ProtoReflect().Descriptor().Oneofs().ByName("kind"))
		if set == nil || set.Name() != field.Name() || action.Reason != "because" {
			t.Errorf("%s became %v", field.Name(), action)
		}
	}
	if action := ActionOf(&api.ExecuteRequest{Reason: "r"}); action.Kind != nil || action.Reason != "r" {
		t.Error(action)
	}
	if action := ActionOf(nil); action.Kind != nil {
		t.Error(action)
	}
}
