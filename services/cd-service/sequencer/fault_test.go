package sequencer_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

func TestWhatTheServerRefusesDidNotHappen(t *testing.T) {
	b := newBed(t, nil)
	before := b.git.Refs(t)
	b.git.RefuseAll(t, "branch is protected")
	o := b.refused(b.submit("op-1", release("checkout", 1)), "unavailable")
	if !strings.Contains(o.Err.Message, "branch is protected") || o.Err.Remedy == "" {
		t.Errorf("the answer: %v", o.Err)
	}
	if b.versions("checkout") != "" || fmt.Sprint(b.git.Refs(t)) != fmt.Sprint(before) {
		t.Error("something moved")
	}
	b.git.RemoveHook(t, "pre-receive")
	if o := b.done(b.submit("op-1", release("checkout", 1))); o.Commit != b.git.Ref(t, mainRef) {
		t.Error("the retry is not on main")
	}
	b.rebuilt()
}

func TestAServerThatIsAwayMeans503AndNothingHappened(t *testing.T) {
	b := newBed(t, nil)
	b.http.OnAdvertise(gitservertest.Status(http.StatusServiceUnavailable, "down"))
	b.refused(b.submit("op-1", release("checkout", 1)), "unavailable")
	if len(b.seq.Writable(t.Context())) == 0 {
		t.Error("it says that writes work")
	}
	b.http.OnAdvertise(nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	if problems := b.seq.Writable(t.Context()); len(problems) != 0 {
		t.Errorf("writes work again, but: %v", problems)
	}
	b.rebuilt()
}

// Each of these servers takes the push and does not say so.
func TestAPushWhoseAnswerGotLostCountsOnce(t *testing.T) {
	for name, fault := range map[string]gitservertest.Middleware{
		"the connection breaks":       gitservertest.DropAnswer(),
		"a proxy says 502":            gitservertest.StatusAfter(http.StatusBadGateway),
		"an empty answer":             gitservertest.EmptyAnswer(),
		"an answer cut in the middle": gitservertest.CutAnswer(12),
		"a corrupt report": gitservertest.ChangeAnswer(func(body []byte) []byte {
			return []byte(strings.ReplaceAll(string(body), "ok refs", "ko refs"))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, nil)
			b.http.OnPush(gitservertest.Once(fault))
			o := b.done(b.submit("op-1", release("checkout", 1)))
			if b.ids() != "op-1" || o.Commit != b.git.Ref(t, mainRef) {
				t.Errorf("main holds %q, the answer named %s", b.ids(), o.Commit)
			}
			if o.Result.GetCreateRelease().GetVersion() != 1 {
				t.Errorf("answer: %v", o.Result)
			}
			b.done(b.submit("op-2", release("checkout", 2)))
			b.rebuilt()
		})
	}
}

func TestADyingReceivePackCountsOnce(t *testing.T) {
	b := newBed(t, nil)
	b.git.DieAfterLanding(t)
	f := b.submit("op-1", release("checkout", 1))
	b.done(f)
	b.git.RemoveHook(t, "reference-transaction")
	b.done(b.submit("op-2", release("checkout", 2)))
	if b.ids() != "op-1 op-2" {
		t.Errorf("main holds %s", b.ids())
	}
	b.rebuilt()
}

func TestAPushThatNeverArrivedIsSentAgain(t *testing.T) {
	b := newBed(t, nil)
	b.http.OnPush(gitservertest.Once(gitservertest.DropRequest(100)))
	b.done(b.submit("op-1", release("checkout", 1)))
	if b.ids() != "op-1" {
		t.Errorf("main holds %s", b.ids())
	}
}

func TestALatePushThatLandsAfterAllIsTheOneThatCounts(t *testing.T) {
	b := newBed(t, nil)
	land := make(chan struct{})
	late, landed := gitservertest.LandLater(land)
	// The server goes away right after it got the push.
	b.http.OnPush(func(next httpHandler) httpHandler {
		worst := late(next)
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			b.http.OnAdvertise(gitservertest.Status(http.StatusServiceUnavailable, "down"))
			worst.ServeHTTP(w, q)
		})
	})
	f := b.submit("op-1", release("checkout", 1))
	gitservertest.Eventually(t, "the outcome is unknown", func() bool { return f.Outcome().State == sequencer.Unknown })
	// Another caller hears 503; the first one is never told "refused".
	b.refused(b.submit("op-2", release("berry", 1)), "unavailable")
	if s := f.Outcome().State; s != sequencer.Unknown {
		t.Fatalf("the first command is in state %d", s)
	}
	close(land)
	<-landed
	b.http.OnPush(nil)
	b.http.OnAdvertise(nil)
	o := b.doneAfter(f)
	if b.ids() != "op-1" || o.Commit != b.git.Ref(t, mainRef) {
		t.Errorf("main holds %q, the answer named %s", b.ids(), o.Commit)
	}
	b.rebuilt()
}

// doneAfter waits for a command that is carried over, letting time pass.
func (b *bed) doneAfter(f *sequencer.Future) sequencer.Outcome {
	b.t.Helper()
	gitservertest.Eventually(b.t, "the command ended", func() bool {
		b.clock.Advance(10 * time.Second)
		select {
		case <-f.Done():
			return true
		default:
			return false
		}
	})
	return b.done(f)
}

func TestALatePushCannotLandOnceItWasDecidedAgain(t *testing.T) {
	b := newBed(t, nil)
	land := make(chan struct{})
	late, landed := gitservertest.LandLater(land)
	b.http.OnPush(gitservertest.Once(late))
	o := b.done(b.submit("op-1", release("checkout", 1)))
	b.done(b.submit("op-2", release("checkout", 2)))
	close(land)
	<-landed
	if b.ids() != "op-1 op-2" {
		t.Fatalf("main holds %s", b.ids())
	}
	_, err := b.seq.NotifyPush(t.Context())
	b.must(err)
	b.done(b.submit("op-3", release("checkout", 3)))
	if b.versions("checkout") != "1 2 3" || o.Commit.IsZero() {
		t.Errorf("releases %s", b.versions("checkout"))
	}
	b.rebuilt()
}

// downAfter makes the server take one push, which lands when land is closed, and go away at once.
func (b *bed) downAfter(land <-chan struct{}) (landed <-chan struct{}) {
	late, landed := gitservertest.LandLater(land)
	b.http.OnPush(gitservertest.Once(func(next httpHandler) httpHandler {
		worst := late(next)
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			b.http.OnAdvertise(gitservertest.Status(http.StatusServiceUnavailable, "down"))
			worst.ServeHTTP(w, q)
		})
	}))
	return landed
}

func TestNobodyIsRefusedWhileAPushIsInDoubt(t *testing.T) {
	b := newBed(t, nil)
	land := make(chan struct{})
	landed := b.downAfter(land)
	first := b.submit("op-1", release("checkout", 1))
	gitservertest.Eventually(t, "the outcome is unknown", func() bool { return first.Outcome().State == sequencer.Unknown })
	deploy := &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{Application: "checkout", Environment: "staging", Version: 1}}}
	// On what is known there is no such version; but there may be one.
	b.refused(b.submit("op-2", deploy), "unavailable")
	close(land)
	<-landed
	b.http.OnAdvertise(nil)
	b.doneAfter(first)
	b.done(b.submit("op-2", deploy))
	if b.ids() != "op-1 op-2" {
		t.Errorf("main holds %s", b.ids())
	}
}

func TestACommandInDoubtIsRefusedOnlyWhenItsPushCannotLandAnyMore(t *testing.T) {
	b := newBed(t, nil)
	land := make(chan struct{})
	landed := b.downAfter(land)
	f := b.submit("op-lock", &api.Action{Kind: &api.Action_CreateLock{CreateLock: &api.CreateLock{
		Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: "staging", Id: "short", Message: "a minute",
		ExpiresAt: timestamppb.New(b.clock.Now().Add(time.Minute)),
	}}})
	gitservertest.Eventually(t, "the outcome is unknown", func() bool { return f.Outcome().State == sequencer.Unknown })
	// When the server is back the minute is over: the lock is refused now, and its push may still be on the way.
	b.clock.Advance(time.Hour)
	asked := len(b.http.Requests())
	gitservertest.Eventually(t, "it was decided again since", func() bool {
		b.clock.Advance(10 * time.Second)
		return len(b.http.Requests()) >= asked+3
	})
	b.http.OnAdvertise(nil)
	gitservertest.Eventually(t, "the command ended", func() bool {
		b.clock.Advance(10 * time.Second)
		select {
		case <-f.Done():
			return true
		default:
			return false
		}
	})
	b.refused(f, "invalid")
	if got := strings.Join(b.subjects(), "|"); !strings.Contains(got, "Settle") {
		t.Errorf("refused without proof: main holds %s", got)
	}
	close(land)
	<-landed
	if b.ids() != "" {
		t.Errorf("the push landed after its command was refused: %s", b.ids())
	}
	_, err := b.seq.NotifyPush(t.Context())
	b.must(err)
	b.done(b.submit("op-2", release("checkout", 1)))
	b.rebuilt()
}

func TestALogThatMovedAloneLeavesAnOrphanThatTheNextWriterVoids(t *testing.T) {
	b := newBed(t, nil)
	b.git.NoAtomic(t)
	b.git.RefuseRef(t, mainRef, "main is frozen")
	b.refused(b.submit("op-1", release("checkout", 1)), "unavailable")
	orphan := b.git.Ref(t, logRef).String()
	if b.versions("checkout") != "" {
		t.Fatal("a release that main does not name is visible")
	}
	b.git.RemoveHook(t, "update")
	b.done(b.submit("op-2", change("checkout", 1, "something else")))
	if got := b.git.Git(t, "show", "main:releases.json"); !strings.Contains(got, "void") || !strings.Contains(got, orphan) {
		t.Errorf("the orphan %s is not void: %s", orphan, got)
	}
	if got := b.git.Git(t, "rev-parse", logRef+"^"); got != orphan {
		t.Errorf("the log was not appended to its tip: %s", got)
	}
	if b.versions("checkout") != "1" {
		t.Errorf("releases: %s", b.versions("checkout"))
	}
	b.rebuilt()
}

func TestMainThatMovedAloneGetsItsLogBeforeAnybodyIsAnswered(t *testing.T) {
	b := newBed(t, nil)
	b.git.NoAtomic(t)
	b.git.RefuseRef(t, logRef, "no such ref")
	f := b.submit("op-1", release("checkout", 1))
	gitservertest.Eventually(t, "writing stopped", func() bool { return b.repo.Trusted() != nil })
	if o := f.Outcome(); o.State == sequencer.Done || o.State == sequencer.Refused {
		t.Fatalf("answered %d although the log lacks the release", o.State)
	}
	b.git.RemoveHook(t, "update")
	o := b.doneAfter(f)
	if b.repo.Trusted() != nil || b.versions("checkout") != "1" || o.Commit != b.git.Ref(t, mainRef) {
		t.Errorf("after mending: %v, releases %q", b.repo.Trusted(), b.versions("checkout"))
	}
	b.rebuilt()
}

func TestARewoundLogStopsWritingAndNotReading(t *testing.T) {
	for name, damage := range map[string]func(b *bed){
		"rewound": func(b *bed) { b.git.Git(b.t, "update-ref", logRef, logRef+"~1") },
		"deleted": func(b *bed) { b.git.Git(b.t, "update-ref", "-d", logRef) },
		"hidden":  func(b *bed) { b.git.Hide(b.t, "refs/signalbox") },
		"another": func(b *bed) { b.git.Git(b.t, "update-ref", logRef, "main") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, nil)
			b.done(b.submit("op-1", release("checkout", 1)))
			b.done(b.submit("op-2", release("checkout", 2)))
			tip := b.git.Ref(t, logRef)
			damage(b)
			_, err := b.seq.NotifyPush(t.Context())
			b.must(err)
			o := b.refused(b.submit("op-3", release("checkout", 3)), "unavailable")
			if !strings.Contains(o.Err.Message, logRef) || o.Err.Remedy == "" || len(b.seq.Writable(t.Context())) == 0 {
				t.Errorf("the answer: %v; writable: %v", o.Err, b.seq.Writable(t.Context()))
			}
			if b.versions("checkout") != "1 2" {
				t.Errorf("reading stopped: %q", b.versions("checkout"))
			}
			// Restored, everything goes on.
			b.git.Config(t, "transfer.hideRefs", "refs/none")
			b.git.Git(t, "update-ref", logRef, tip.String())
			_, err = b.seq.NotifyPush(t.Context())
			b.must(err)
			b.done(b.submit("op-3", release("checkout", 3)))
			b.rebuilt()
		})
	}
}

func TestALogDamagedWhileTheServiceWasAwayStopsWritingUntilItIsBack(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	tip := b.git.Ref(t, logRef)
	b.kill()
	b.git.Git(t, "update-ref", "-d", logRef)
	b.must(os.RemoveAll(b.dir + "/manifests.git")) // the mirror is gone, too
	b.open()
	b.refused(b.submit("op-2", release("checkout", 2)), "unavailable")
	if a := b.repo.View().Snapshot.Application("checkout"); a == nil || a.Deployments["development"].Version != 1 {
		t.Error("what runs cannot be read")
	}
	b.git.Git(t, "update-ref", logRef, tip.String())
	_, err := b.seq.NotifyPush(t.Context())
	b.must(err)
	if b.versions("checkout") != "1" {
		t.Errorf("releases after the repair: %q", b.versions("checkout"))
	}
	b.done(b.submit("op-2", release("checkout", 2)))
	b.rebuilt()
}

func TestARewoundMainIsReadFromNothing(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	b.done(b.submit("op-2", release("berry", 1)))
	b.git.Git(t, "update-ref", mainRef, "main~1")
	_, err := b.seq.NotifyPush(t.Context())
	b.must(err)
	if b.versions("berry") != "" || b.versions("checkout") != "1" {
		t.Errorf("berry %q, checkout %q", b.versions("berry"), b.versions("checkout"))
	}
	b.rebuilt()
	b.done(b.submit("op-3", release("apple", 1)))
	if b.versions("berry") != "" {
		t.Error("a release that main does not name came back")
	}
	b.rebuilt()
}

func TestALockFileLeftOnTheServerIsRefusedInItsWords(t *testing.T) {
	b := newBed(t, nil)
	lock := b.git.Lock(t, mainRef)
	o := b.refused(b.submit("op-1", release("checkout", 1)), "unavailable")
	if o.Err.Remedy == "" {
		t.Errorf("no remedy: %v", o.Err)
	}
	b.must(os.Remove(lock))
	b.done(b.submit("op-1", release("checkout", 1)))
	if b.ids() != "op-1" {
		t.Errorf("main holds %s", b.ids())
	}
	b.rebuilt()
}

func TestTheWriterRestsWhileItCannotFindOut(t *testing.T) {
	b := newBed(t, func(o *sequencer.Options) { o.PollInterval = 10 * time.Second })
	b.git.NoAtomic(t)
	b.git.RefuseRef(t, mainRef, "no")
	b.http.OnPush(func(next httpHandler) httpHandler {
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			b.http.OnAdvertise(gitservertest.Status(http.StatusServiceUnavailable, "down"))
			next.ServeHTTP(w, q)
		})
	})
	b.refused(b.submit("op-1", release("checkout", 1)), "unavailable")
	asked := func() int {
		b.clock.mu.Lock()
		defer b.clock.mu.Unlock()
		return b.clock.asked
	}
	before := asked()
	time.Sleep(100 * time.Millisecond) // a writer that spins looks at the clock thousands of times by then
	if n := asked() - before; n > 100 {
		t.Errorf("the writer looked at the clock %d times", n)
	}
	b.git.RemoveHook(t, "update")
	b.http.OnPush(nil)
	b.http.OnAdvertise(nil)
	head := b.someone("environments/production/config.json", `{"upstream":{"environment":"staging"}}`)
	gitservertest.Eventually(t, "polling goes on", func() bool {
		b.clock.Advance(10 * time.Second)
		return b.repo.View().Snapshot.Commit() == head
	})
	b.done(b.submit("op-1", release("checkout", 1)))
}
