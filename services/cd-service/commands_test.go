package cdservice_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
	"github.com/signalbox-dev/signalbox/services/cd-service/commands"
)

func TestTheOneWhoAsksIsTheAuthor(t *testing.T) {
	git := gitservertest.NewRepo(t)
	b := newBed(t, gitservertest.ServeHTTP(t, git).URL, nil)
	as := func(a auth.Actor) context.Context { return metadata.NewOutgoingContext(t.Context(), a.Outgoing()) }
	_, err := b.commands.Execute(as(auth.Actor{Name: "Jörg Müller", Email: "jm@example.com"}), release("checkout", 0, "one"))
	b.must(err)
	if got := git.Git(t, "log", "-1", "--format=%an <%ae>", "main"); got != "Jörg Müller <jm@example.com>" {
		t.Errorf("author: %s", got)
	}
	b.do(release("checkout", 0, "two"))
	if got := git.Git(t, "log", "-1", "--format=%an <%ae>", "main"); got != "Signalbox <signalbox@localhost>" {
		t.Errorf("author when nobody is named: %s", got)
	}
	_, err = b.commands.Execute(as(auth.Actor{Name: "x>\ny", Email: "e"}), release("checkout", 0, "three"))
	if problem.From(err).Kind != problem.Invalid {
		t.Errorf("an author that cannot stand in a commit: %v", err)
	}
}

func TestOneKeyOfTwoPeopleIsTwoCommands(t *testing.T) {
	b := newBed(t, "", nil)
	for _, who := range []string{"a", "b"} {
		ctx := metadata.NewOutgoingContext(t.Context(), auth.Actor{Name: who, Email: who + "@example.com"}.Outgoing())
		req := release("app-"+who, 0, who)
		req.IdempotencyKey = "1"
		if _, err := b.commands.Execute(ctx, req); err != nil {
			t.Fatal(err)
		}
	}
	if b.deployed("app-a", "development") != 1 || b.deployed("app-b", "development") != 1 {
		t.Error("one of the two is missing")
	}
}

func TestWarningsTravelWithTheAnswerAndInTheHeader(t *testing.T) {
	b := newBed(t, "", func(o *cdservice.Options) { o.Policy.Secrets = "warn" })
	req := release("checkout", 0, "one")
	req.GetCreateRelease().Manifests = map[string]string{"development": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  password: hunter2\n"}
	var header metadata.MD
	dry := proto.CloneOf(req)
	dry.DryRun = true
	if got := b.do(dry).Warnings; len(got) != 1 {
		t.Errorf("a dry run warns %q", got)
	}
	req.IdempotencyKey = "build-1"
	op, err := b.commands.Execute(t.Context(), req, grpc.Header(&header))
	b.must(err)
	if got := strings.Join(header.Get(commands.WarningMetadata), "|"); got == "" || strings.Contains(got, "hunter2") {
		t.Errorf("warnings: %q", got)
	}
	if len(op.Warnings) != 1 || !strings.Contains(op.Warnings[0], "plain text") || strings.Contains(op.Warnings[0], "hunter2") {
		t.Errorf("warnings: %q", op.Warnings)
	}
	read, err := b.commands.GetOperation(t.Context(), &api.GetOperationRequest{Id: op.Id})
	b.must(err)
	b.stop()
	b.must(b.open())
	again := b.do(req)
	if again.Commit != op.Commit || len(read.Warnings) != 1 || len(again.Warnings) != 1 {
		t.Errorf("the operation warns %q, the retry after a restart %q", read.Warnings, again.Warnings)
	}
	b.do(lock("staging", "freeze"))
	if got := b.do(lock("staging", "freeze-2")).Warnings; len(got) != 0 {
		t.Errorf("a lock warns %q", got)
	}
}

func TestAReleaseLikeTheNewestIsARetryUnlessItHasAKeyOfItsOwn(t *testing.T) {
	b := newBed(t, "", nil)
	send := func(key string, change func(*api.ExecuteRequest)) *api.ReleaseResult {
		t.Helper()
		req := release("checkout", 0, "one")
		req.GetCreateRelease().CommitId, req.IdempotencyKey = "0123abcd", key
		if change != nil {
			change(req)
		}
		return b.do(req).Result.GetCreateRelease()
	}
	const created, same = api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME
	dry := func(req *api.ExecuteRequest) { req.DryRun = true }
	for _, step := range []struct {
		says    string
		key     string
		change  func(*api.ExecuteRequest)
		outcome api.ReleaseOutcome
		version uint64
	}{
		{"the first", "", nil, created, 1},
		{"again without a key", "", nil, same, 1},
		{"a dry run under a key", "build-1", dry, created, 2},
		{"under a key", "build-1", nil, created, 2},
		{"under the same key", "build-1", nil, created, 2},
		{"under another key", "build-2", nil, created, 3},
		{"under a key that only serves to send again", "run-1", func(req *api.ExecuteRequest) { req.SameIsRetry = true }, same, 3},
		{"without a key", "", nil, same, 3},
	} {
		if got := send(step.key, step.change); got.Outcome != step.outcome || got.Version != step.version {
			t.Errorf("%s: %s %d, want %s %d", step.says, got.Outcome, got.Version, step.outcome, step.version)
		}
	}
	if got := b.deployed("checkout", "development"); got != 3 {
		t.Errorf("development runs %d", got)
	}
}
