package sequencer

import (
	"context"
	"slices"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
)

// Back-off of what is tried again: inside a batch, and for commands that must not be given up.
const (
	firstBackoff   = 20 * time.Millisecond
	longestBackoff = time.Second
	longestCarry   = 30 * time.Second
)

// writer is the state of the writer's goroutine.
type writer struct {
	// carried are commands that must not be given up: accepted ones and those in doubt. They go first in the next batch.
	carried []*job
	retryAt time.Time
	backoff time.Duration
	// doubt: a push on top of main at doubtOn was sent and its outcome is not known.
	doubt   bool
	doubtOn gitstore.Hash
	// heal is a batch whose commits main may hold while the log's ref lacks its records.
	heal *built

	nextPush, nextPoll time.Time
	expired            time.Time // when the journal's outcomes were
	pushes             int
}

// run is the writer.
func (s *Sequencer) run(ctx context.Context) {
	defer s.end()
	if s.o.PollInterval > 0 {
		s.writer.nextPoll = s.clock.Now() // what is known at the start may be old
	}
	for s.wait(ctx) {
		s.look(ctx)
		if jobs := s.take(); len(jobs) > 0 || s.writer.doubt && !s.clock.Now().Before(s.writer.retryAt) {
			s.write(ctx, jobs)
		}
		s.maintain(ctx)
	}
}

// wait returns when there is something to do; false when the writer is to end.
func (s *Sequencer) wait(ctx context.Context) bool {
	for {
		now := s.clock.Now()
		s.mu.Lock()
		waiting, asked := len(s.queue) > 0, len(s.asked) > 0
		over := s.draining && !waiting && s.reserved == 0 && s.nothingToFinish()
		s.mu.Unlock()
		if ctx.Err() != nil || over {
			return false
		}
		due := s.nextDue(now, waiting)
		if asked || !due.IsZero() && !due.After(now) {
			return true
		}
		var timer <-chan time.Time
		if !due.IsZero() {
			timer = s.clock.After(due.Sub(now))
		}
		select {
		case <-s.wake:
		case <-timer:
		case <-ctx.Done():
		}
	}
}

// nothingToFinish reports that an orderly end need not wait: accepted commands are safe in the journal.
func (s *Sequencer) nothingToFinish() bool {
	return !slices.ContainsFunc(s.writer.carried, func(j *job) bool { return j.doubtful || s.writer.backoff == 0 })
}

// nextDue is when the next thing is to be done; zero for never. now is the caller's: a later one would never be due.
func (s *Sequencer) nextDue(now time.Time, waiting bool) time.Time {
	due := s.writer.nextPoll
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	if waiting {
		sooner(s.writer.nextPush)
		if s.writer.nextPush.IsZero() {
			return now
		}
	}
	if len(s.writer.carried) > 0 || s.writer.doubt || s.writer.heal != nil {
		if s.writer.retryAt.IsZero() {
			return now
		}
		sooner(s.writer.retryAt)
	}
	return due
}

func (s *Sequencer) schedulePoll() {
	if s.o.PollInterval > 0 {
		s.writer.nextPoll = s.clock.Now().Add(s.o.PollInterval)
	}
}

// look asks the truth where its refs are, when somebody wants to know or the poll is due.
func (s *Sequencer) look(ctx context.Context) {
	s.mu.Lock()
	asked := s.asked
	s.asked = nil
	s.mu.Unlock()
	now := s.clock.Now()
	due := !s.writer.nextPoll.IsZero() && !s.writer.nextPoll.After(now)
	if s.writer.heal != nil && !s.writer.retryAt.After(now) {
		due = true
		s.later()
	}
	if len(asked) == 0 && !due {
		return
	}
	err := s.fetch(ctx)
	if err != nil && ctx.Err() == nil {
		s.logger.Warn("cannot look for foreign pushes", "err", err)
	}
	for _, answer := range asked {
		answer <- err
	}
	s.schedulePoll()
}

// take hands out what goes into the next batch: what was carried over, then what waits, in order.
func (s *Sequencer) take() []*job {
	if !s.writer.nextPush.IsZero() && s.clock.Now().Before(s.writer.nextPush) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := s.writer.carried
	if len(s.queue) == 0 && s.clock.Now().Before(s.writer.retryAt) {
		return nil
	}
	s.writer.carried = nil
	n := min(len(s.queue), max(1, s.o.BatchCommands-len(jobs)))
	for _, j := range s.queue[:n] {
		s.queueBytes -= j.size()
	}
	jobs = append(jobs, s.queue[:n]...)
	s.queue = append([]*job(nil), s.queue[n:]...)
	return jobs
}

// putBack returns jobs to the front of the queue.
func (s *Sequencer) putBack(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range jobs {
		s.queueBytes += j.size()
	}
	s.queue = append(slices.Clone(jobs), s.queue...)
}

// carry keeps jobs for later, with a growing pause.
func (s *Sequencer) carry(jobs []*job) {
	s.writer.carried = append(s.writer.carried, jobs...)
	s.later()
}

// later sets when to try again what must not be given up.
func (s *Sequencer) later() {
	s.writer.backoff = min(max(2*s.writer.backoff, longestBackoff/4), longestCarry)
	s.writer.retryAt = s.clock.Now().Add(s.writer.backoff)
}

// sleep waits, or not when the writer is to end.
func (s *Sequencer) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-s.clock.After(d):
	case <-ctx.Done():
	}
}

// maintain joins small packs now and then, beside the writer.
func (s *Sequencer) maintain(ctx context.Context) {
	if s.writer.pushes < s.o.MaintainEvery || !s.joining.TryLock() {
		return
	}
	s.writer.pushes = 0
	go func() {
		defer s.joining.Unlock()
		if _, err := s.store.Maintain(ctx); err != nil && ctx.Err() == nil {
			s.logger.Warn("joining small packs failed; writes go on", "err", err)
		}
	}()
}

// end answers everybody who still waits.
func (s *Sequencer) end() {
	s.cancel()
	s.joining.Lock() // the store may be closed after us
	defer s.joining.Unlock()
	s.mu.Lock()
	s.closed, s.draining = true, true
	left := s.writer.carried
	left = append(left, s.queue...)
	s.queue, s.queueBytes = nil, 0
	asked := s.asked
	s.asked = nil
	for _, j := range left {
		delete(s.inflight, j.ID)
	}
	s.mu.Unlock()
	for _, j := range left {
		j.future.finish(s.leftOver(j))
	}
	for _, answer := range asked {
		answer <- stopping()
	}
	close(s.stopped)
}
