package problem

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// A refusal keeps field, rule, remedy and diff on its way through a gRPC status, wherever it was wrapped on the way.
func TestARefusalSurvivesTheWire(t *testing.T) {
	refusal := New(Different, "release 12 of checkout exists with other content").
		At("create_release.version").Because("a version is written once").Fix("post a higher version")
	refusal.Detail = &api.ErrorDetail{Diff: "--- a\n+++ b\n", DifferingField: api.DifferingField_DIFFERING_FIELD_TEAM}

	wire := refusal.GRPCStatus()
	if wire.Code() != codes.AlreadyExists {
		t.Fatalf("code %v", wire.Code())
	}
	got := From(fmt.Errorf("calling cd-service: %w", wire.Err()))
	if got.Kind != Different || got.Field != refusal.Field || got.Rule != refusal.Rule || got.Remedy != refusal.Remedy {
		t.Fatalf("lost on the way: %+v", got)
	}
	if got.Detail.Diff != refusal.Detail.Diff || got.Detail.DifferingField != refusal.Detail.DifferingField {
		t.Fatalf("detail lost: %+v", got.Detail)
	}
}

// The cause of an internal error is for the log, never for the user.
func TestAnInternalErrorHidesItsCause(t *testing.T) {
	secret := errors.New("dial tcp: password=hunter2")
	got := From(secret)
	if got.Kind != Internal || got.Error() != "an internal error occurred" {
		t.Fatalf("shows %q", got.Error())
	}
	if !errors.Is(got, secret) {
		t.Fatal("the log loses the cause")
	}
}

// A status without detail still gets the kind its code stands for.
func TestAPlainStatusGetsAKind(t *testing.T) {
	for code, want := range map[codes.Code]Kind{
		codes.InvalidArgument: Invalid, codes.NotFound: NotFound, codes.Unavailable: Unavailable,
		codes.DeadlineExceeded: Unknown, codes.PermissionDenied: Denied, codes.DataLoss: Internal,
	} {
		if got := From(status.Error(code, "said so")); got.Kind != want {
			t.Errorf("%v became %q, want %q", code, got.Kind, want)
		}
	}
	if got := From(status.FromContextError(context.DeadlineExceeded).Err()); got.Kind != Unknown {
		t.Errorf("a deadline became %q", got.Kind)
	}
}

// Every kind has codes of its own in the table: none falls back to 500 by accident.
func TestEveryKindIsInTheTable(t *testing.T) {
	for _, k := range []Kind{Invalid, NotFound, Conflict, Different, TooOld, Locked, Unauthorized, Denied, Exhausted, Unavailable,
		Unknown, TooLarge, Unsupported, Internal, Unimplemented} {
		if _, ok := codesOf[k]; !ok {
			t.Errorf("kind %q has no codes", k)
		}
	}
	if Kind("made up").HTTPStatus() != 500 || Kind("made up").GRPCCode() != codes.Internal {
		t.Error("an unknown kind must be internal")
	}
}
