package sequencer

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// maxTries bounds how often one batch is decided because others keep winning main.
const maxTries = 12

// round is one batch on its way through its tries.
type round struct {
	jobs    []*job
	started time.Time
	backoff time.Duration
	tries   int
}

// write decides jobs and pushes them until each is answered, put back, or carried over.
func (s *Sequencer) write(ctx context.Context, jobs []*job) {
	r := &round{jobs: jobs, started: s.clock.Now(), backoff: firstBackoff}
	for ; len(r.jobs) > 0 || s.writer.doubt; r.tries++ {
		if r.tries > 0 {
			s.metrics.retries.Inc()
			s.sleep(ctx, s.writer.nextPush.Sub(s.clock.Now()))
		}
		if ctx.Err() != nil {
			s.carry(r.jobs)
			return
		}
		if err := s.trusted(ctx); err != nil {
			s.giveUp(ctx, r.jobs, problem.From(err))
			return
		}
		r.jobs = s.answerLanded(ctx, r.jobs)
		b, err := s.build(ctx, r.jobs)
		if err == nil && !b.commits() && s.writer.doubt {
			err = s.fence(ctx, b, "settle", "Settle a push whose outcome is not known")
		}
		if err != nil {
			s.giveUp(ctx, r.jobs, cannotRead(err))
			return
		}
		s.putBack(b.rest)
		if !s.writer.doubt {
			b.verdicts = s.answerConfirmed(ctx, b.verdicts)
		}
		if !b.commits() {
			return
		}
		r.jobs = jobsOf(b.verdicts)
		if s.clock.Now().Sub(b.decidedAt) > maxDecisionAge && r.tries == 0 {
			continue
		}
		if !s.try(ctx, r, b) {
			return
		}
	}
}

// trusted reports whether writing is safe; when it was not, it looks whether somebody mended the repo.
func (s *Sequencer) trusted(ctx context.Context) error {
	err := s.repo.Trusted()
	if err == nil {
		return nil
	}
	if fetchErr := s.fetch(ctx); fetchErr != nil {
		return err
	}
	return s.repo.Trusted()
}

func cannotRead(err error) *problem.Error {
	return problem.New(problem.Unavailable, "the manifest repo's local copy cannot be read").
		Fix("look into the log of the service; signalbox fsck examines the copy").Wrap(err)
}

// try pushes a batch and answers it; true when what remains of r.jobs is to be decided again.
func (s *Sequencer) try(ctx context.Context, r *round, b *built) bool {
	err := s.push(ctx, b)
	var stale *remote.StaleError
	var refused *remote.RefusedError
	var unreachable *remote.UnreachableError
	var unknown *remote.UnknownError
	switch {
	case err == nil:
		s.confirmed(ctx, b)
		return false
	case errors.As(err, &stale):
		return s.lostRace(ctx, r, b, stale)
	case errors.As(err, &refused):
		return s.refused(ctx, r, b, refused)
	case errors.As(err, &unreachable):
		if !isLocal(err) && s.pause(ctx, r) {
			return true
		}
		s.giveUp(ctx, r.jobs, unreachableProblem(err))
		return false
	case errors.As(err, &unknown):
		return s.inDoubt(ctx, r, b, err)
	default:
		return s.failedHere(ctx, r, b, err)
	}
}

// push sends a batch.
func (s *Sequencer) push(ctx context.Context, b *built) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.PushTimeout)
	defer cancel()
	start := s.clock.Now()
	err := s.store.Push(ctx, b.batch, b.updates(s.repo.Branch()))
	s.metrics.seconds.Observe(s.clock.Now().Sub(start).Seconds())
	s.metrics.batch.Observe(float64(len(b.draft.Commits())))
	s.metrics.pushes.WithLabelValues(pushResult(err)).Inc()
	if s.o.MinPushInterval > 0 {
		s.writer.nextPush = s.clock.Now().Add(s.o.MinPushInterval)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.status.lastPush, s.status.lastFetch = s.clock.Now(), s.clock.Now()
	}
	if _, isStale := err.(*remote.StaleError); !isStale {
		s.status.trouble = err
	}
	return err
}

func pushResult(err error) string {
	switch err.(type) {
	case nil:
		return "ok"
	case *remote.StaleError:
		return "stale"
	case *remote.RefusedError:
		return "refused"
	case *remote.UnreachableError:
		return "unreachable"
	case *remote.UnknownError:
		return "unknown"
	}
	return "failed"
}

// confirmed makes a pushed batch the state and answers its commands.
func (s *Sequencer) confirmed(ctx context.Context, b *built) {
	if err := s.repo.Confirm(b.draft); err != nil {
		s.logger.Warn("reading main again after a push", "err", err)
		if err := s.repo.Advance(ctx); err != nil {
			s.logger.Error("cannot read main after a push; the next look will", "err", err)
		}
	}
	s.settled()
	s.writer.heal = nil
	s.writer.pushes++
	s.answer(ctx, b.verdicts)
}

// lostRace: somebody else moved a ref. Read what is new and decide again.
func (s *Sequencer) lostRace(ctx context.Context, r *round, b *built, stale *remote.StaleError) bool {
	if !s.catchUp(ctx, r, b) {
		return false
	}
	if r.tries < maxTries {
		if r.tries > 0 {
			s.rest(ctx, r)
		}
		return true
	}
	s.giveUp(ctx, r.jobs, problem.New(problem.Unavailable, "%s keeps moving: somebody else writes faster than Signalbox", stale.Ref).
		Because("every command is decided on the newest state").Fix("try again; let only Signalbox write to the manifest repo").Wrap(stale))
	return false
}

// refused: the server said no. Nothing happened, unless it took one ref and not the other.
func (s *Sequencer) refused(ctx context.Context, r *round, b *built, refused *remote.RefusedError) bool {
	doubtBefore := s.writer.doubt
	if refused.Ref != "" && refused.Ref != s.repo.Branch() {
		s.doubt(b) // the log's ref was refused; only main's says whether anything happened
	}
	if !s.catchUp(ctx, r, b) {
		return false
	}
	r.jobs = s.answerLanded(ctx, r.jobs)
	if !doubtBefore {
		s.settled() // the report came, so nothing is under way
		for _, j := range r.jobs {
			s.trust(j)
		}
	}
	why := refusedProblem(refused)
	if s.writer.doubt {
		s.giveUp(ctx, r.jobs, why)
		return false
	}
	sent := 0
	for _, v := range b.verdicts {
		if !v.commit.IsZero() {
			sent++
		}
	}
	if sent > 1 {
		// The reason may lie in one of them: each on its own.
		for _, j := range r.jobs {
			s.write(ctx, []*job{j})
		}
		return false
	}
	var others []*job
	for _, v := range b.verdicts {
		if !slices.Contains(r.jobs, v.job) {
			continue // answered
		}
		if v.commit.IsZero() {
			others = append(others, v.job)
		} else if _, landed := s.o.Landed.Find(v.job.ID); landed {
			others = append(others, v.job)
		} else {
			s.answer(ctx, []verdict{{job: v.job, err: why}})
		}
	}
	r.jobs = others
	return len(others) > 0
}

func refusedProblem(refused *remote.RefusedError) *problem.Error {
	return problem.New(problem.Unavailable, "the git server refused the push: %s", refused.Message).
		Because("the manifest repo takes what Signalbox writes").
		Fix("let Signalbox's user push to %s: look at write access, branch protection and the server's hooks", orAll(refused.Ref)).Wrap(refused)
}

func orAll(ref string) string {
	if ref == "" {
		return "the repository"
	}
	return ref
}

// isLocal: the reason is this service's own disk; another try in a moment would find it the same.
func isLocal(err error) bool {
	var local *gitstore.LocalError
	return errors.As(err, &local) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func unreachableProblem(err error) *problem.Error {
	if isLocal(err) {
		return storageProblem(err)
	}
	return problem.New(problem.Unavailable, "the manifest repo cannot be reached").
		Because("a write is done when the manifest repo's remote has it").Fix("try again; nothing was written").Wrap(err)
}

// inDoubt: the push was sent and may land. Find out by reading main; while it has not moved, decide and push again: the
// compare-and-swap on main lets only one of the two land.
func (s *Sequencer) inDoubt(ctx context.Context, r *round, b *built, err error) bool {
	s.logger.Warn("the outcome of a push is not known; finding out by reading main", "err", err)
	s.doubt(b)
	if !s.catchUp(ctx, r, b) {
		return false
	}
	if r.tries >= maxTries/2 {
		s.giveUp(ctx, r.jobs, unreachableProblem(err))
		return false
	}
	if r.tries > 0 {
		s.rest(ctx, r)
	}
	return true
}

// failedHere: something of ours went wrong, such as a full disk. What main says now is the outcome.
func (s *Sequencer) failedHere(ctx context.Context, r *round, b *built, err error) bool {
	s.logger.Error("a push failed in this service", "err", err)
	before := s.writer.doubt
	s.doubt(b)
	if !s.catchUp(ctx, r, b) {
		return false
	}
	r.jobs = s.answerLanded(ctx, r.jobs)
	if !before {
		s.settled()
		for _, j := range r.jobs {
			s.trust(j)
		}
	}
	s.giveUp(ctx, r.jobs, storageProblem(err))
	return false
}

func storageProblem(err error) *problem.Error {
	return problem.New(problem.Unavailable, "the change could not be stored").
		Because("a write is done when it is on stable storage").Fix("look after the disk of the service; nothing was written").Wrap(err)
}

// pause waits before the next try; false when the time to try is over.
func (s *Sequencer) pause(ctx context.Context, r *round) bool {
	if s.clock.Now().Sub(r.started) >= s.o.RetryFor || ctx.Err() != nil {
		return false
	}
	s.rest(ctx, r)
	return true
}

// rest waits a growing while.
func (s *Sequencer) rest(ctx context.Context, r *round) {
	s.sleep(ctx, r.backoff)
	r.backoff = min(2*r.backoff, longestBackoff)
}
