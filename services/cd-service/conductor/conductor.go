// Package conductor carries out what the clock asks for: locks and requests for approval end, what freezes held back is caught up, trains
// of the timetable depart, old releases are cleaned up.
//
// It decides nothing: rules.Due says what to send and when to look again, and the rules decide each command anew on the state that is
// written to. So it may ask twice, ask too late, or ask beside another process: what was done already is not due any more, and the
// manifest repo's compare-and-swap lets one of two win. Only a process that writes runs a conductor.
package conductor

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

const (
	// lookPause is the least time between two looks while others change the state.
	lookPause = time.Second
	// longestWait bounds a wait: a machine that slept, or whose clock was set, is noticed by then.
	longestWait = time.Minute
	// firstCleanUp is how long after the start the first clean-up comes.
	firstCleanUp = time.Minute
	// moreCleanUp is the pause between two clean-ups when one did not remove all: people's commands come first.
	moreCleanUp = 10 * time.Second
	// shortestRetry and longestRetry bound the pause before a command that failed is sent again; it doubles each time.
	shortestRetry, longestRetry = time.Second, time.Minute
)

// Options say what a Conductor works with.
type Options struct {
	// State gives the present state.
	State func() *manifestrepo.Snapshot
	// Submit decides a command and writes it; it answers when that is confirmed or refused, or when ctx ends.
	Submit func(ctx context.Context, action *api.Action) (*api.Operation, error)
	Clock  sequencer.Clock
	// CleanUpEvery is how often old releases are cleaned up; 0 means never.
	CleanUpEvery time.Duration
	Logger       *slog.Logger
}

// Conductor waits for the clock. New -> Start -> Stop; Follow hears of changes.
type Conductor struct {
	o       Options
	changed chan struct{}
	stopped chan struct{}
	cancel  context.CancelFunc

	// Of the goroutine that Start starts.
	looked    time.Time
	cleanUpAt time.Time
	delays    map[string]*delay
	agenda    *rules.Agenda
}

// delay keeps a command that failed from being sent again at once.
type delay struct {
	failures int
	until    time.Time
}

// New makes a Conductor; it does nothing before Start.
func New(o Options) *Conductor {
	if o.Clock == nil {
		o.Clock = sequencer.SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Conductor{o: o, changed: make(chan struct{}, 1), stopped: make(chan struct{}), delays: map[string]*delay{}, agenda: rules.NewAgenda()}
}

// Follow hears that the state changed; it is a state.Follower and does not block.
func (c *Conductor) Follow(state.Step) {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Start begins to look. Values of ctx are kept, its cancellation is not: Stop ends it.
func (c *Conductor) Start(ctx context.Context) {
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(c.stopped)
		c.run(ctx)
	}()
}

// Stop sends nothing more and returns when nothing is under way. A command that was sent is not taken back. It may be called again.
func (c *Conductor) Stop() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	<-c.stopped
}

func (c *Conductor) run(ctx context.Context) {
	if c.o.CleanUpEvery > 0 {
		c.cleanUpAt = c.o.Clock.Now().Add(min(firstCleanUp, c.o.CleanUpEvery))
	}
	for ctx.Err() == nil {
		due, next := c.look()
		for _, action := range due {
			c.carryOut(ctx, action)
		}
		// What was carried out changed the state: look again at once.
		if len(due) == 0 {
			c.wait(ctx, next)
		}
	}
}

// look finds what to send now and when to look again (zero: not before the state changes).
func (c *Conductor) look() (due []*api.Action, next time.Time) {
	defer func() {
		if cause := recover(); cause != nil {
			c.o.Logger.Error("looking for what is due made the rules panic", "panic", cause, "stack", string(debug.Stack()))
			due, next = nil, time.Time{}
		}
	}()
	select {
	case <-c.changed:
	default:
	}
	now := c.o.Clock.Now()
	c.looked = now
	asked, next := c.agenda.Due(c.o.State(), now)
	if !c.cleanUpAt.IsZero() {
		if now.Before(c.cleanUpAt) {
			next = earlier(next, c.cleanUpAt)
		} else {
			asked = append(asked, &api.Action{Kind: &api.Action_CleanUp{CleanUp: &api.CleanUp{}}})
		}
	}
	delays := map[string]*delay{}
	for _, action := range asked {
		key := keyOf(action)
		if d := c.delays[key]; d != nil {
			delays[key] = d
			if now.Before(d.until) {
				next = earlier(next, d.until)
				continue
			}
		}
		due = append(due, action)
	}
	c.delays = delays
	return due, next
}

// wait returns when it is time to look again.
func (c *Conductor) wait(ctx context.Context, next time.Time) {
	pause := longestWait
	if !next.IsZero() {
		pause = min(pause, next.Sub(c.o.Clock.Now()))
	}
	if pause <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-c.o.Clock.After(pause):
	case <-c.changed:
		if rest := lookPause - c.o.Clock.Now().Sub(c.looked); rest > 0 {
			select {
			case <-ctx.Done():
			case <-c.o.Clock.After(rest):
			}
		}
	}
}

// carryOut sends one command and waits for its outcome.
func (c *Conductor) carryOut(ctx context.Context, action *api.Action) {
	if ctx.Err() != nil {
		return
	}
	op, err := c.o.Submit(ctx, action)
	now := c.o.Clock.Now()
	switch {
	case ctx.Err() != nil: // the outcome shows when the next process looks
	case err != nil:
		d := c.delayed(action, now)
		c.o.Logger.Warn("what the clock asks for failed, and is tried again", "command", nameOf(action), "err", err,
			"failures", d.failures, "again", d.until.Sub(now))
	case action.GetCleanUp() != nil:
		c.cleanUpAt = now.Add(c.o.CleanUpEvery)
		if op.GetResult().GetCleanUp().GetMore() {
			c.cleanUpAt = now.Add(min(moreCleanUp, c.o.CleanUpEvery))
		}
		c.report(action, op)
	case op.GetResult().GetUnchanged():
		// Somebody else did it: the state says so in a moment. Should it ask again all the same, do not spin.
		c.delayed(action, now)
	default:
		delete(c.delays, keyOf(action))
		c.report(action, op)
	}
}

// delayed notes that sending a command did not help.
func (c *Conductor) delayed(action *api.Action, now time.Time) *delay {
	key := keyOf(action)
	d := c.delays[key]
	if d == nil {
		d = &delay{}
		c.delays[key] = d
	}
	d.until = now.Add(min(shortestRetry<<min(d.failures, 10), longestRetry))
	d.failures++
	return d
}

// earlier is the first of two moments; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
