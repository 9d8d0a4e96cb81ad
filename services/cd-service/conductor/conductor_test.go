package conductor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/conductor"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// The clock of these tests is synctest's: it starts at midnight of 2000-01-01 UTC and moves when everybody waits.

// post is where the conductor sends its commands.
type post struct {
	t  *testing.T
	c  *conductor.Conductor
	mu sync.Mutex
	// snapshot is the present state, looks how often it was asked for.
	snapshot *manifestrepo.Snapshot
	looks    int
	// sent are the commands, with the time since the start.
	sent   []string
	answer func(action *api.Action) (*api.Operation, error)
	began  time.Time
	log    bytes.Buffer
}

// newPost starts a conductor on a state of these files.
func newPost(t *testing.T, files map[string]string, cleanUp time.Duration) *post {
	p := &post{t: t, began: time.Now(), answer: func(*api.Action) (*api.Operation, error) { return unchanged(), nil }}
	p.become(files)
	p.c = conductor.New(conductor.Options{
		State: p.state, Submit: p.submit, CleanUpEvery: cleanUp, Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
	})
	p.c.Start(t.Context())
	t.Cleanup(p.c.Stop)
	return p
}

func unchanged() *api.Operation { return &api.Operation{Result: &api.ActionResult{Unchanged: true}} }
func changed() *api.Operation   { return &api.Operation{Result: &api.ActionResult{}} }

func (p *post) become(files map[string]string) {
	p.t.Helper()
	update := manifestrepo.Update{Commit: plumbing.ComputeHash(plumbing.CommitObject, fmt.Append(nil, files))}
	for path, text := range files {
		content := []byte(text)
		update.Changes = append(update.Changes, manifestrepo.PathChange{Path: path, New: plumbing.ComputeHash(plumbing.BlobObject, content), Content: content})
	}
	next, _, err := manifestrepo.Empty().Apply(p.t.Context(), update, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.snapshot = next
}

func (p *post) state() *manifestrepo.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	return p.snapshot
}

func (p *post) submit(_ context.Context, action *api.Action) (*api.Operation, error) {
	name := "depart " + action.GetDepart().GetTrain()
	switch action.Kind.(type) {
	case *api.Action_EndExpired:
		name = "end expired"
	case *api.Action_CleanUp:
		name = "clean up"
	}
	p.mu.Lock()
	p.sent = append(p.sent, fmt.Sprintf("%s: %s", time.Since(p.began), name))
	answer := p.answer
	p.mu.Unlock()
	return answer(action)
}

// answers says what becomes of commands from now on.
func (p *post) answers(answer func(*api.Action) (*api.Operation, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// expect demands that exactly these commands were sent since the last time.
func (p *post) expect(want ...string) {
	p.t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Join(p.sent, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("sent:\n%s\nwant:\n%s", strings.Join(p.sent, "\n"), strings.Join(want, "\n"))
	}
	p.sent = nil
}

// line is an environment qa with an hourly train, whose record says that it last departed at a time.
func line(last string) map[string]string {
	return map[string]string{
		"signalbox.json":                         `{"layout": 1}`,
		"environments/qa/config.json":            `{"upstream": {"latest": true}, "releaseTrains": [{"name": "hourly", "schedule": "0 * * * *"}]}`,
		"environments/qa/departures/hourly.json": `{"schedule": "0 * * * *", "since": "1999-12-31T23:30:00Z", "last": "` + last + `"}`,
	}
}

func with(files map[string]string, path, text string) map[string]string {
	files[path] = text
	return files
}

func TestItSendsWhatIsDueWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, line("2000-01-01T00:00:00Z"), 0)
		p.answers(func(*api.Action) (*api.Operation, error) {
			p.become(line("2000-01-01T01:00:00Z"))
			return changed(), nil
		})
		time.Sleep(time.Hour - time.Second)
		p.expect()
		time.Sleep(time.Second)
		p.expect("1h0m0s: depart hourly")
		time.Sleep(59 * time.Minute)
		p.expect()
	})
}

func TestALockThatComesLaterIsEndedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, line("2000-01-01T00:00:00Z"), 0)
		time.Sleep(10 * time.Minute)
		p.become(with(line("2000-01-01T00:00:00Z"), "environments/qa/locks/short.json", `{"message": "m", "expiresAt": "2000-01-01T00:10:20Z"}`))
		p.c.Follow(state.Step{})
		time.Sleep(19 * time.Second)
		p.expect()
		time.Sleep(time.Second)
		p.expect("10m20s: end expired")
	})
}

func TestAFailureIsTriedAgainWithGrowingPausesAndHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := with(line("2000-01-01T00:00:00Z"), "environments/qa/locks/over.json", `{"message": "m", "expiresAt": "1999-12-31T00:00:00Z"}`)
		p := newPost(t, files, 0)
		p.answers(func(*api.Action) (*api.Operation, error) { return nil, errors.New("the remote is away") })
		time.Sleep(3*time.Minute + 30*time.Second)
		p.expect("0s: end expired", "1s: end expired", "3s: end expired", "7s: end expired", "15s: end expired", "31s: end expired",
			"1m3s: end expired", "2m3s: end expired", "3m3s: end expired")
		p.become(with(files, "environments/qa/departures/hourly.json", `{"schedule": "0 * * * *", "since": "1999-12-31T23:30:00Z"}`))
		p.c.Follow(state.Step{})
		time.Sleep(time.Millisecond)
		p.expect("3m30s: depart hourly")
		if log := p.log.String(); !strings.Contains(log, "the remote is away") || !strings.Contains(log, "failures=9") {
			t.Error(log)
		}
	})
}

func TestACommandThatDoesNothingIsNotSentInACircle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, with(line("2000-01-01T00:00:00Z"), "environments/qa/locks/over.json", `{"message": "m", "expiresAt": "1999-12-31T00:00:00Z"}`), 0)
		time.Sleep(10 * time.Second)
		p.expect("0s: end expired", "1s: end expired", "3s: end expired", "7s: end expired")
	})
}

func TestManyChangesAreLookedAtOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, line("2000-01-01T00:00:00Z"), 0)
		synctest.Wait()
		p.mu.Lock()
		p.looks = 0
		p.mu.Unlock()
		for range 5000 {
			p.c.Follow(state.Step{})
			time.Sleep(2 * time.Millisecond)
		}
		synctest.Wait()
		if p.looks < 9 || p.looks > 12 {
			t.Errorf("%d looks in 10 seconds of changes", p.looks)
		}
	})
}

func TestCleanUpComesSoonAfterTheStartAndThenAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, map[string]string{"signalbox.json": `{"layout": 1}`}, 90*time.Minute)
		time.Sleep(200 * time.Minute)
		p.expect("1m0s: clean up", "1h31m0s: clean up", "3h1m0s: clean up")
	})
}

func TestCleanUpGoesOnWhileThereIsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, map[string]string{"signalbox.json": `{"layout": 1}`}, time.Hour)
		left := 2
		p.answers(func(*api.Action) (*api.Operation, error) {
			left--
			return &api.Operation{Result: &api.ActionResult{Kind: &api.ActionResult_CleanUp{CleanUp: &api.CleanUpResult{More: left > 0}}}}, nil
		})
		time.Sleep(90 * time.Minute)
		p.expect("1m0s: clean up", "1m10s: clean up", "1h1m10s: clean up")
	})
}

func TestStopWaitsForWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{t: t, began: time.Now()}
		p.become(with(line("2000-01-01T00:00:00Z"), "environments/qa/locks/over.json", `{"message": "m", "expiresAt": "1999-12-31T00:00:00Z"}`))
		ended := false
		c := conductor.New(conductor.Options{State: p.state, Logger: slog.New(slog.DiscardHandler), Submit: func(ctx context.Context, _ *api.Action) (*api.Operation, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return nil, ctx.Err()
		}})
		c.Start(t.Context())
		synctest.Wait()
		c.Stop()
		if !ended {
			t.Error("Stop did not wait")
		}
		c.Stop()
	})
}

func TestAPanicInTheRulesEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, line("2000-01-01T00:00:00Z"), 0)
		synctest.Wait()
		p.mu.Lock()
		p.snapshot = nil
		p.mu.Unlock()
		p.c.Follow(state.Step{})
		time.Sleep(2 * time.Second)
		p.become(with(line("2000-01-01T00:00:00Z"), "environments/qa/locks/over.json", `{"message": "m", "expiresAt": "1999-12-31T00:00:00Z"}`))
		p.c.Follow(state.Step{})
		synctest.Wait()
		p.expect("2s: end expired")
		if !strings.Contains(p.log.String(), "panic") {
			t.Error(p.log.String())
		}
	})
}
