package sequencer_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

type (
	httpHandler    = http.Handler
	handlerFunc    = http.HandlerFunc
	responseWriter = http.ResponseWriter
	httpRequest    = http.Request
)

func TestAReleaseIsOnTheRemoteWhenItIsAnswered(t *testing.T) {
	b := newBed(t, nil)
	o := b.done(b.submit("op-1", release("checkout", 7)))
	if got := b.git.Ref(t, mainRef); got != o.Commit {
		t.Fatalf("main is at %s, the answer said %s", got, o.Commit)
	}
	if got := b.git.Git(t, "log", "-1", "--format=%an %ae %cn %ce", "main"); got != "Anna Koch ak@example.com Signalbox signalbox@example.com" {
		t.Errorf("author and committer: %s", got)
	}
	if got := b.git.Git(t, "show", "main:environments/development/applications/checkout/manifests/manifests.yaml"); !strings.Contains(got, "checkout-7") {
		t.Errorf("what Argo CD syncs: %s", got)
	}
	head := b.git.Ref(t, logRef).String()
	if got := b.git.Git(t, "show", "main:releases.json"); !strings.Contains(got, head) {
		t.Errorf("releases.json does not name the log's head %s: %s", head, got)
	}
	if got := b.git.Git(t, "show", head+":checkout/7/staging.yaml"); !strings.Contains(got, "checkout-7") {
		t.Errorf("the log's manifest: %s", got)
	}
	if b.versions("checkout") != "7" || o.Result.GetCreateRelease().GetVersion() != 7 {
		t.Errorf("state %q, answer %v", b.versions("checkout"), o.Result)
	}
	b.rebuilt()
	b.git.Fsck(t)
}

func TestCommandsThatComeDuringAPushGoOutTogetherInOrder(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	before := len(b.http.Requests())
	var futures []*sequencer.Future
	want := "op-holder"
	for i := range 20 {
		id := fmt.Sprintf("op-%02d", i)
		futures = append(futures, b.submit(id, next("checkout", i)))
		want += " " + id
	}
	if b.seq.QueueLength() != 20 {
		t.Fatalf("%d wait", b.seq.QueueLength())
	}
	letGo()
	for i, f := range futures {
		o := b.done(f)
		if v := o.Result.GetCreateRelease().GetVersion(); v != uint64(i+1) {
			t.Errorf("%s became version %d", o.ID, v)
		}
	}
	if b.ids() != want {
		t.Errorf("main holds %s", b.ids())
	}
	pushes := 0
	for _, r := range b.http.Requests()[before:] {
		if strings.HasPrefix(r, "POST") && strings.HasSuffix(r, "git-receive-pack") {
			pushes++
		}
	}
	if pushes != 1 {
		t.Errorf("20 commands took %d pushes", pushes)
	}
	b.rebuilt()
}

func TestARefusalDecidedOnUnpushedStateIsAnsweredWithThePush(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	first := b.submit("op-first", release("checkout", 3))
	other := release("checkout", 3)
	other.GetCreateRelease().Manifests["staging"] = configMap("checkout", "other")
	second := b.submit("op-second", other)
	same := b.submit("op-same", release("checkout", 3))
	// Neither the refusal nor "the same is there already" may be told while the remote has nothing.
	b.git.RefuseAll(t, "closed for maintenance")
	letGo()
	if o := b.refused(first, "unavailable"); !strings.Contains(o.Err.Message, "closed for maintenance") {
		t.Errorf("the server's words are missing: %s", o.Err.Message)
	}
	b.refused(second, "unavailable")
	b.refused(same, "unavailable")
	if b.versions("checkout") != "" {
		t.Fatalf("the state holds what the remote refused: %s", b.versions("checkout"))
	}
	b.git.RemoveHook(t, "pre-receive")
	if o := b.done(b.submit("op-same", release("checkout", 3))); o.Commit.IsZero() {
		t.Error("the retry was told that the release is there already")
	}
	o := b.refused(b.submit("op-second", other), "already_exists_different")
	if o.Err.Detail.Diff == "" {
		t.Error("the refusal has no diff")
	}
	b.rebuilt()
}

func TestOnePoisonedCommandDoesNotFailItsNeighbours(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	// A server's hook that does not like one application.
	b.git.Hook(t, "pre-receive", `while read old new ref; do git log --format=%s "$old..$new" | grep -q poison && { echo "no poison here" >&2; exit 1; }; done; exit 0`)
	var good []*sequencer.Future
	for i := range 3 {
		good = append(good, b.submit(fmt.Sprintf("op-a%d", i), next("apple", i)))
	}
	bad := b.submit("op-poison", release("poison", 1))
	for i := range 3 {
		good = append(good, b.submit(fmt.Sprintf("op-b%d", i), next("berry", i)))
	}
	letGo()
	if o := b.refused(bad, "unavailable"); !strings.Contains(o.Err.Message, "no poison here") {
		t.Errorf("the server's words are missing: %s", o.Err.Message)
	}
	for _, f := range good {
		b.done(f)
	}
	if b.versions("poison") != "" {
		t.Error("the poison is in")
	}
	b.rebuilt()
}

func TestALostRaceIsDecidedAgainOnTheNewState(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	f := b.submit("op-1", release("checkout", 1))
	// Somebody stops the automatic deployment while the command waits.
	b.someone("environments/development/config.json", `{"upstream":{"environment":"staging"}}`)
	letGo()
	o := b.done(f)
	if n := len(o.Result.GetCreateRelease().GetDeployments()); n != 0 {
		t.Errorf("the release was decided on the old state: %d deployments", n)
	}
	if got := strings.Join(b.subjects(), "|"); !strings.HasPrefix(got, "by hand|") {
		t.Errorf("main: %s", got)
	}
	b.rebuilt()
}

func TestAForeignPushIsNoticed(t *testing.T) {
	b := newBed(t, nil)
	head := b.someone("environments/production/config.json", `{"upstream":{"environment":"staging"}}`)
	got, err := b.seq.NotifyPush(t.Context())
	b.must(err)
	if got != head || b.repo.View().Snapshot.Environment("production") == nil {
		t.Errorf("state at %s, main at %s", got, head)
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	b := newBed(t, func(o *sequencer.Options) { o.QueueLength = 2 })
	letGo := b.holdPush()
	kept := []*sequencer.Future{b.submit("op-1", release("checkout", 1)), b.submit("op-2", release("checkout", 2))}
	_, err := b.seq.Submit(t.Context(), b.request("op-3", release("checkout", 3)))
	if p := problem.From(err); err == nil || p.Kind != problem.Exhausted {
		t.Fatalf("the third command: %v", err)
	}
	letGo()
	for _, f := range kept {
		b.done(f)
	}
	b.done(b.submit("op-3", release("checkout", 3)))
}

func TestOneIdIsOneCommand(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	first, joined := b.submit("op-1", release("checkout", 0)), b.submit("op-1", release("checkout", 0))
	_, err := b.seq.Submit(t.Context(), b.request("op-1", release("checkout", 9)))
	if problem.From(err).Kind != problem.Conflict {
		t.Fatalf("another command under the id: %v", err)
	}
	letGo()
	one := b.done(first)
	if two := b.done(joined); two.Commit != one.Commit {
		t.Errorf("%s and %s", one.Commit, two.Commit)
	}
	if again := b.done(b.submit("op-1", release("checkout", 0))); again.Commit != one.Commit {
		t.Errorf("asked again: %s", again.Commit)
	}
	// Memory is gone after a restart; main knows.
	b.kill()
	b.open()
	again := b.done(b.submit("op-1", release("checkout", 0)))
	if again.Commit != one.Commit || again.Result.GetCreateRelease().GetVersion() != 1 || len(again.Result.GetCreateRelease().GetDeployments()) != 1 {
		t.Errorf("after a restart: %+v", again)
	}
	if _, err := b.seq.Submit(t.Context(), b.request("op-1", release("checkout", 9))); problem.From(err).Kind != problem.Conflict {
		t.Errorf("another command under the id after a restart: %v", err)
	}
	if b.versions("checkout") != "1" {
		t.Errorf("releases: %s", b.versions("checkout"))
	}
}

func TestBatchesHaveACap(t *testing.T) {
	for name, c := range map[string]struct {
		limit  func(*sequencer.Options)
		pushes int
	}{
		"of commands": {func(o *sequencer.Options) { o.BatchCommands = 3 }, 3},
		"of bytes":    {func(o *sequencer.Options) { o.BatchBytes = 1 }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, c.limit)
			letGo := b.holdPush()
			before := len(b.http.Requests())
			var futures []*sequencer.Future
			want := "op-holder"
			for i := range 7 {
				id := fmt.Sprintf("op-%d", i)
				futures, want = append(futures, b.submit(id, next("checkout", i))), want+" "+id
			}
			letGo()
			for _, f := range futures {
				b.done(f)
			}
			pushes := 0
			for _, r := range b.http.Requests()[before:] {
				if strings.HasPrefix(r, "POST") && strings.HasSuffix(r, "git-receive-pack") {
					pushes++
				}
			}
			if pushes != c.pushes || b.ids() != want {
				t.Errorf("%d pushes, main holds %s", pushes, b.ids())
			}
		})
	}
}

func TestANewLeaderFencesTheOldOne(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	b.must(b.seq.Close(t.Context()))
	before := b.git.Ref(t, mainRef)
	fresh, err := sequencer.New(sequencer.Options{
		Repo: b.repo, Landed: sequencer.NewLanded(b.clock.Now, nil), Renderer: noDocuments{}, Clock: b.clock,
	})
	b.must(err)
	b.must(fresh.TakeOver(t.Context()))
	if got := b.git.Git(t, "show", "main:releases.json"); !strings.Contains(got, `"term": 1`) {
		t.Errorf("releases.json: %s", got)
	}
	if got := b.git.Git(t, "rev-parse", "main^"); got != before.String() {
		t.Errorf("the take-over stands on %s", got)
	}
	b.rebuilt()
}
