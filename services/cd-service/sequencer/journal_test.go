package sequencer_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

// accept hands a command over with wait=accepted.
func (b *bed) accept(id string, action *api.Action) *sequencer.Future {
	b.t.Helper()
	r := b.request(id, action)
	r.Journal = true
	f, err := b.seq.Submit(b.t.Context(), r)
	b.must(err)
	return f
}

func (b *bed) pending() int {
	b.t.Helper()
	intents, err := b.journal.Pending(b.t.Context())
	b.must(err)
	return len(intents)
}

// takeUp does what a start does with the intents in the journal.
func (b *bed) takeUp() []*sequencer.Future {
	b.t.Helper()
	intents, err := b.journal.Pending(b.t.Context())
	b.must(err)
	var futures []*sequencer.Future
	for _, i := range intents {
		action := &api.Action{}
		b.must(proto.Unmarshal(i.Action, action))
		r := b.request(i.ID, action)
		r.Actor, r.Journaled = manifestrepo.Actor{Name: i.ActorName, Email: i.ActorEmail}, true
		f, err := b.seq.Submit(b.t.Context(), r)
		b.must(err)
		futures = append(futures, f)
	}
	return futures
}

func TestAnAcceptedCommandOutlivesAKillBeforeItIsDecided(t *testing.T) {
	b := newBed(t, nil)
	b.http.OnAdvertise(gitservertest.Status(503, "down"))
	one, two := b.accept("op-1", release("checkout", 1)), b.accept("op-2", release("checkout", 2))
	if b.pending() != 2 {
		t.Fatalf("%d intents in the journal", b.pending())
	}
	b.kill()
	for _, f := range []*sequencer.Future{one, two} {
		if s := f.Outcome().State; s == sequencer.Refused || s == sequencer.Done {
			t.Errorf("%s ended %d", f.Outcome().ID, s)
		}
	}
	b.http.OnAdvertise(nil)
	b.open()
	for _, f := range b.takeUp() {
		b.done(f)
	}
	if b.ids() != "op-1 op-2" || b.pending() != 0 {
		t.Errorf("main holds %q, %d intents in the journal", b.ids(), b.pending())
	}
	o, ok, err := b.seq.Find(t.Context(), "op-2")
	if err != nil || !ok || o.State != sequencer.Done {
		t.Errorf("operation: %+v %v %v", o, ok, err)
	}
	b.rebuilt()
}

func TestAnAcceptedCommandThatLandedBeforeTheKillIsNotRepeated(t *testing.T) {
	b := newBed(t, nil)
	reached, letGo := b.git.HoldAfter(t)
	b.accept("op-1", release("checkout", 1))
	<-reached
	b.kill()
	letGo()
	b.git.RemoveHook(t, "reference-transaction")
	gitservertest.Eventually(t, "the push landed", func() bool { return b.ids() == "op-1" })
	if intents := reopen(b); len(intents) != 1 {
		t.Fatalf("%d intents taken up", len(intents))
	} else {
		b.done(intents[0])
	}
	if b.ids() != "op-1" || b.pending() != 0 || b.versions("checkout") != "1" {
		t.Errorf("main holds %q, %d intents in the journal", b.ids(), b.pending())
	}
	b.rebuilt()
}

func reopen(b *bed) []*sequencer.Future {
	b.open()
	return b.takeUp()
}

func TestAnAcceptedCommandThatIsRefusedKeepsItsOutcomeOverARestart(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	b.refused(b.accept("op-2", change("checkout", 1, "other")), "already_exists_different")
	if b.pending() != 0 {
		t.Error("the intent is still in the journal")
	}
	b.kill()
	b.open()
	o, ok, err := b.seq.Find(t.Context(), "op-2")
	if err != nil || !ok || o.State != sequencer.Refused || o.Err.Kind != problem.Different {
		t.Errorf("operation: %+v %v %v", o, ok, err)
	}
	b.refused(b.accept("op-2", change("checkout", 1, "other")), "already_exists_different")
}

func TestAnAcceptedCommandWaitsForARemoteThatIsAway(t *testing.T) {
	b := newBed(t, nil)
	b.http.OnAdvertise(gitservertest.Status(503, "down"))
	f := b.accept("op-1", release("checkout", 1))
	b.refused(b.submit("op-2", release("berry", 1)), "unavailable")
	if s := f.Outcome().State; s != sequencer.Pending {
		t.Fatalf("the accepted command is in state %d", s)
	}
	b.http.OnAdvertise(nil)
	b.doneAfter(f)
	if b.ids() != "op-1" || b.pending() != 0 {
		t.Errorf("main holds %q, %d intents in the journal", b.ids(), b.pending())
	}
}

func TestAnAcceptedCommandThatTheServerRefusesIsDecided(t *testing.T) {
	b := newBed(t, nil)
	b.git.RefuseAll(t, "no")
	b.refused(b.accept("op-1", release("checkout", 1)), "unavailable")
	if b.pending() != 0 {
		t.Error("the intent is still in the journal")
	}
}

func TestDrainingFinishesWhatWasTakenAndTakesNothingNew(t *testing.T) {
	b := newBed(t, nil)
	letGo := b.holdPush()
	waiting := b.submit("op-1", release("checkout", 1))
	b.seq.Drain()
	_, err := b.seq.Submit(t.Context(), b.request("op-2", release("checkout", 2)))
	if problem.From(err).Kind != problem.Unavailable {
		t.Fatalf("a new command: %v", err)
	}
	letGo()
	ctx, cancel := context.WithTimeout(t.Context(), gitservertest.Patience)
	defer cancel()
	b.must(b.seq.Close(ctx))
	b.done(waiting)
	if b.ids() != "op-holder op-1" {
		t.Errorf("main holds %s", b.ids())
	}
}

func TestPushesKeepTheirDistance(t *testing.T) {
	b := newBed(t, func(o *sequencer.Options) { o.MinPushInterval = 10 * time.Second })
	b.done(b.submit("op-1", release("checkout", 1)))
	two, three := b.submit("op-2", release("checkout", 2)), b.submit("op-3", release("berry", 1))
	select {
	case <-two.Done():
		t.Fatal("the second push did not wait")
	case <-time.After(50 * time.Millisecond): // it would have been there by now
	}
	b.clock.Advance(10 * time.Second)
	b.done(two)
	b.done(three)
	if b.ids() != "op-1 op-2 op-3" {
		t.Errorf("main holds %s", b.ids())
	}
}

func TestForeignPushesAreFoundByPolling(t *testing.T) {
	b := newBed(t, func(o *sequencer.Options) { o.PollInterval = 10 * time.Second })
	head := b.someone("environments/production/config.json", `{"upstream":{"environment":"staging"}}`)
	gitservertest.Eventually(t, "the state followed", func() bool {
		b.clock.Advance(10 * time.Second)
		return b.repo.View().Snapshot.Commit() == head
	})
}
