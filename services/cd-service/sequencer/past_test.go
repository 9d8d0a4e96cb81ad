package sequencer_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

func (b *bed) past(revision, environment string) (map[string]uint64, error) {
	return b.seq.Content(b.t.Context()).Past(revision, environment)
}

// ran demands what an environment ran.
func (b *bed) ran(revision, environment string, want map[string]uint64) {
	b.t.Helper()
	got, err := b.past(revision, environment)
	if err != nil || !maps.Equal(got, want) || (got == nil) != (want == nil) {
		b.t.Errorf("%s at %s ran %v, want %v: %v", environment, revision, got, want, err)
	}
}

func (b *bed) noPast(revision string, kind problem.Kind, says string) {
	b.t.Helper()
	got, err := b.past(revision, "development")
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != kind || !strings.Contains(p.Error(), says) || p.Remedy == "" {
		b.t.Errorf("%s: %v %v, want %s: %s", revision, got, err, kind, says)
	}
}

func TestThePastIsACommitOfMainOrATag(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	first := b.done(b.submit("op-2", release("berry", 7))).Commit
	second := b.done(b.submit("op-3", release("checkout", 2))).Commit
	b.done(b.submit("op-4", &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{Target: "staging"}}}))

	was := map[string]uint64{"checkout": 1, "berry": 7}
	b.ran(first.String(), "development", was)
	b.ran(first.String()[:7], "development", was)
	b.ran(second.String()[:9], "development", map[string]uint64{"checkout": 2, "berry": 7})
	b.ran(first.String(), "staging", map[string]uint64{})
	b.ran(first.String(), "nowhere", nil)
	b.ran(b.repo.View().Snapshot.Commit().String(), "staging", map[string]uint64{"checkout": 2, "berry": 7})

	// The tags come to the server after the service started.
	b.git.Git(t, "tag", "light", first.String())
	b.git.Git(t, "-c", "user.name=g", "-c", "user.email=g@example.com", "tag", "-a", "-m", "sprint 12", "sprint/12", first.String())
	b.git.Git(t, "tag", "release-log", b.git.Ref(t, logRef).String())
	for _, tag := range []string{"light", "sprint/12", "refs/tags/light"} {
		b.ran(tag, "development", was)
	}
	// Digits may be a tag, too. When they are both, nobody guesses.
	b.git.Git(t, "tag", "20261120", first.String())
	b.ran("20261120", "development", was)
	b.git.Git(t, "tag", second.String()[:8], first.String())
	b.noPast(second.String()[:8], problem.Conflict, "is a tag, and commit "+second.String())
	b.ran("refs/tags/"+second.String()[:8], "development", was)
	b.ran(second.String()[:9], "development", map[string]uint64{"checkout": 2, "berry": 7})
	b.noPast("v3", problem.NotFound, `no commit and no tag "v3"`)
	b.noPast("0000000", problem.NotFound, "no commit and no tag")
	b.noPast("release-log", problem.Conflict, "no commit of the main branch")
	b.noPast(b.git.Ref(t, logRef).String(), problem.NotFound, "no commit and no tag")
}

func TestATagThatMovesMeansWhatItMeantWhenTheCommandCameIn(t *testing.T) {
	b := newBed(t, nil)
	first := b.done(b.submit("op-1", release("checkout", 1))).Commit
	second := b.done(b.submit("op-2", release("checkout", 2))).Commit
	b.git.Git(t, "tag", "stable", first.String())
	b.ran("stable", "development", map[string]uint64{"checkout": 1})
	b.git.Git(t, "tag", "-f", "stable", second.String())
	b.ran("stable", "development", map[string]uint64{"checkout": 1})
	b.clock.Advance(2 * time.Minute)
	b.ran("stable", "development", map[string]uint64{"checkout": 2})
}

func TestWithoutTheRemoteCommitsAreKnownAndTagsAreNot(t *testing.T) {
	b := newBed(t, nil)
	first := b.done(b.submit("op-1", release("checkout", 1))).Commit
	b.git.Git(t, "tag", "stable", first.String())
	b.http.OnAdvertise(func(httpHandler) httpHandler {
		return handlerFunc(func(w responseWriter, _ *httpRequest) { w.WriteHeader(http.StatusBadGateway) })
	})
	b.ran(first.String(), "development", map[string]uint64{"checkout": 1})
	b.noPast("stable", problem.Unavailable, "try again")
	b.http.OnAdvertise(nil)
	b.ran("stable", "development", map[string]uint64{"checkout": 1})
}

func TestThePastOfARepoThatWasKuberpults(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	link := func(app, target string) {
		b.someoneAs("120000", "environments/development/applications/"+app+"/version", target)
	}
	link("cart", "../../../../applications/cart/releases/9")
	link("checkout", "../../../../applications/checkout/releases/8")
	link("wrong", "../../../../applications/cart/releases/9")
	link("worse", "/etc/passwd")
	b.someone("environments/development/applications/broken/deployment.json", "{")
	head := b.someone("environments/development/applications/waits/deployment.json", `{"queued":{"version":3}}`)
	if _, err := b.seq.NotifyPush(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.ran(head.String(), "development", map[string]uint64{"cart": 9, "checkout": 1})
}

func TestACommandLooksUpItsTagBeforeItWaits(t *testing.T) {
	b := newBed(t, nil)
	first := b.done(b.submit("op-1", release("checkout", 1))).Commit
	b.git.Git(t, "tag", "stable", first.String())
	action := &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{Target: "staging", Source: &api.TrainSource{Revision: "stable"}}}}
	b.wait(b.submit("op-2", action))
	b.http.OnAdvertise(func(httpHandler) httpHandler {
		return handlerFunc(func(w responseWriter, _ *httpRequest) { w.WriteHeader(http.StatusBadGateway) })
	})
	b.ran("stable", "development", map[string]uint64{"checkout": 1})
	if o, err := b.seq.DryRun(t.Context(), b.request("", action)); err != nil || o.State != sequencer.Done {
		t.Error(fmt.Sprint(o), err)
	}
}

func TestACommandNamesAFewPastStates(t *testing.T) {
	b := newBed(t, nil)
	b.done(b.submit("op-1", release("checkout", 1)))
	batch := &api.Batch{}
	for i := range 33 {
		batch.Actions = append(batch.Actions, &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{
			Target: "staging", Source: &api.TrainSource{Revision: fmt.Sprint("tag-", i)},
		}}})
	}
	_, err := b.seq.Submit(t.Context(), b.request("op-2", &api.Action{Kind: &api.Action_Batch{Batch: batch}}))
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.TooLarge || !strings.Contains(p.Error(), "33 past states") {
		t.Error(err)
	}
}
