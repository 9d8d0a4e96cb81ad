package sequencer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
)

// fetch asks the truth where its refs are and advances the state.
func (s *Sequencer) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.PushTimeout)
	defer cancel()
	err := s.repo.Fetch(ctx)
	s.mu.Lock()
	s.status.trouble = err
	if err == nil {
		s.status.lastFetch = s.clock.Now()
	}
	s.mu.Unlock()
	if err == nil {
		s.heal(ctx)
		if s.writer.doubt && s.repo.View().Snapshot.Commit() != s.writer.doubtOn {
			s.settled()
		}
	}
	return err
}

// catchUp fetches after a push that failed; when the time to try is over it gives up on the batch and returns false.
func (s *Sequencer) catchUp(ctx context.Context, r *round, b *built) bool {
	s.keepForHealing(b)
	for {
		err := s.fetch(ctx)
		if err == nil {
			for _, j := range r.jobs {
				if !s.writer.doubt {
					s.trust(j)
				}
			}
			return true
		}
		if !s.pause(ctx, r) {
			s.giveUp(ctx, r.jobs, unreachableProblem(err))
			return false
		}
	}
}

// doubt marks a batch as sent with an unknown outcome.
func (s *Sequencer) doubt(b *built) {
	s.writer.doubt, s.writer.doubtOn = true, b.draft.Base().Commit()
	for _, v := range b.verdicts {
		if v.commit.IsZero() {
			continue
		}
		v.job.doubtful = true
		v.job.attempts[v.commit] = attempt{result: v.result, subject: v.subject}
		v.job.future.set(Unknown)
	}
}

// settled: main moved since the push in doubt, so either it landed or it cannot land any more.
func (s *Sequencer) settled() {
	s.writer.doubt, s.writer.doubtOn = false, gitstore.Hash{}
	s.writer.backoff = 0
	for _, j := range s.writer.carried {
		s.trust(j)
	}
}

// trust ends the doubt about a job: it will be found on main or decided again.
func (s *Sequencer) trust(j *job) {
	if j.doubtful {
		j.doubtful = false
		j.future.set(Pending)
	}
}

// keepForHealing remembers a batch with log records until the refs are known.
func (s *Sequencer) keepForHealing(b *built) {
	if tip, _ := b.draft.LogTip(); tip != b.logFrom {
		s.writer.heal = b
	}
}

// heal pushes the log alone when main holds a batch of ours and the log's ref lacks its records: a server that calls itself
// atomic took one ref and not the other.
func (s *Sequencer) heal(ctx context.Context) {
	b := s.writer.heal
	if b == nil {
		return
	}
	if s.repo.View().Snapshot.Commit() != b.draft.Snapshot().Commit() || s.repo.Trusted() == nil {
		s.writer.heal = nil // main does not hold it, or the log does, too
		return
	}
	tip, _ := b.draft.LogTip()
	err := s.store.Push(ctx, b.batch, []gitstore.RefUpdate{{Name: b.logRef, Old: s.store.Heads()[b.logRef], New: tip}})
	if err != nil {
		s.logger.Error("main holds a commit whose release records the git server did not take; trying again", "ref", b.logRef, "err", err)
		return
	}
	if err := s.repo.Fetch(ctx); err != nil {
		s.logger.Warn("cannot read the repo after mending its release log", "err", err)
		return
	}
	s.logger.Warn("mended the release log: the git server had taken main without it", "ref", b.logRef)
	s.writer.heal = nil
}

// fence adds a commit that changes nothing but the term: once it is on main, a push on the same parent cannot land any more.
func (s *Sequencer) fence(ctx context.Context, b *built, action, subject string) error {
	rf := b.draft.Snapshot().ReleasesFile()
	rf.Term++
	text, err := manifestrepo.EncodeReleases(rf)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	_, err = s.commit(ctx, b, change{
		edits:   []manifestrepo.Edit{{Path: manifestrepo.ReleasesPath, Content: text}},
		message: manifestrepo.Message{Subject: subject, Action: action},
		author:  s.signature(now), now: now,
	})
	return err
}

// TakeOver commits the next term to main: from then on a leader that slept cannot win main's compare-and-swap. Call it before
// Start.
func (s *Sequencer) TakeOver(ctx context.Context) error {
	r := &round{started: s.clock.Now(), backoff: firstBackoff}
	for {
		if err := s.repo.Trusted(); err != nil {
			return err
		}
		b := s.begin(ctx)
		if err := s.fence(ctx, b, "take-over", fmt.Sprintf("Take over as the writer of term %d", b.draft.Snapshot().ReleasesFile().Term+1)); err != nil {
			return err
		}
		err := s.push(ctx, b)
		if err == nil {
			return s.repo.Confirm(b.draft)
		}
		if !s.pause(ctx, r) {
			return fmt.Errorf("take over: %w", err)
		}
		if err := s.fetch(ctx); err != nil {
			s.logger.Warn("cannot read main while taking over", "err", err)
		}
	}
}

// answerLanded answers the jobs that main holds and returns the others.
func (s *Sequencer) answerLanded(ctx context.Context, jobs []*job) []*job {
	if s.repo.Trusted() != nil {
		return jobs // main holds them, but the log may lack what main names
	}
	var rest []*job
	var landed []verdict
	for _, j := range jobs {
		hash, ok := s.o.Landed.Find(j.ID)
		if !ok {
			rest = append(rest, j)
			continue
		}
		if a, ours := j.attempts[hash]; ours {
			landed = append(landed, verdict{job: j, commit: hash, result: a.result, subject: a.subject})
			continue
		}
		o, trailer, _, err := s.executed(ctx, j.ID)
		v := verdict{job: j, commit: hash, result: o.Result, subject: o.Subject}
		if err == nil && trailer != DigestTrailer(j.Digest) {
			v = verdict{job: j, err: otherCommand(j.ID)}
		}
		landed = append(landed, v)
	}
	s.answer(ctx, landed)
	return rest
}

// answerConfirmed answers what was decided on the confirmed state and needs no push, and returns the rest.
func (s *Sequencer) answerConfirmed(ctx context.Context, verdicts []verdict) []verdict {
	var now, later []verdict
	for _, v := range verdicts {
		if v.confirmed && v.commit.IsZero() {
			now = append(now, v)
		} else {
			later = append(later, v)
		}
	}
	s.answer(ctx, now)
	return later
}

// giveUp answers jobs with why, but for those whose outcome was promised or is in doubt: they are carried over.
func (s *Sequencer) giveUp(ctx context.Context, jobs []*job, why *problem.Error) {
	var kept []*job
	var failed []verdict
	for _, j := range jobs {
		_, landed := s.o.Landed.Find(j.ID)
		if j.mustKeep() || landed {
			kept = append(kept, j)
			continue
		}
		copied := *why
		failed = append(failed, verdict{job: j, err: &copied})
	}
	if len(kept) > 0 || s.writer.doubt {
		s.carry(kept)
	}
	if len(failed) > 0 {
		s.logger.Error("commands could not be written", "commands", len(failed), "reason", why.Error(), "err", why.Err)
	}
	s.answer(ctx, failed)
}

// answer ends jobs: the journal first, then whoever waits.
func (s *Sequencer) answer(ctx context.Context, verdicts []verdict) {
	if len(verdicts) == 0 {
		return
	}
	outcomes := make([]Outcome, len(verdicts))
	var journaled []verdict
	for i, v := range verdicts {
		outcomes[i] = s.outcomeOf(v)
		if v.job.journaled.Load() {
			journaled = append(journaled, v)
		}
	}
	keep := s.journalOutcomes(context.WithoutCancel(ctx), journaled)
	for i, v := range verdicts {
		if slices.Contains(keep, v.job) {
			continue
		}
		s.metrics.commands.WithLabelValues(v.job.Checked.Kind, outcomeLabel(outcomes[i])).Inc()
		s.mu.Lock()
		delete(s.inflight, v.job.ID)
		if !outcomes[i].transient() {
			s.memory.put(outcomes[i], v.job.Digest)
		}
		s.mu.Unlock()
		v.job.future.finish(outcomes[i])
		if v.job.journaled.Load() && !slices.ContainsFunc(journaled, func(w verdict) bool { return w.job == v.job }) {
			s.decided(context.WithoutCancel(ctx), v.job, outcomes[i])
		}
	}
	if len(keep) > 0 {
		s.carry(keep)
	}
}

func (s *Sequencer) outcomeOf(v verdict) Outcome {
	o := Outcome{
		ID: v.job.ID, State: Done, Commit: v.commit, Subject: v.subject, Result: v.result,
		Created: v.job.future.Outcome().Created, Finished: s.clock.Now(), Warnings: v.job.warnings(),
	}
	if v.err != nil {
		o.State, o.Err, o.Commit, o.Subject, o.Result = Refused, withOperation(v.err, v.job.ID), gitstore.Hash{}, "", nil
	}
	return o
}

func outcomeLabel(o Outcome) string {
	switch {
	case o.State == Refused:
		return string(o.Err.Kind)
	case o.Commit.IsZero():
		return "unchanged"
	}
	return "done"
}

// journalOutcomes moves decided intents out of the journal. It returns the jobs whose refusal could not be stored: they are
// decided again, because a refusal leaves no other trace.
func (s *Sequencer) journalOutcomes(ctx context.Context, verdicts []verdict) (keep []*job) {
	if len(verdicts) == 0 {
		return nil
	}
	outcomes := make([]journal.Outcome, len(verdicts))
	for i, v := range verdicts {
		outcomes[i] = journalOutcome(v.job, s.outcomeOf(v))
	}
	err := s.o.Journal.Decide(ctx, outcomes)
	if err == nil {
		s.expireJournal(ctx)
		return nil
	}
	s.logger.Error("outcomes cannot be journalled", "err", err)
	for _, v := range verdicts {
		if v.commit.IsZero() {
			keep = append(keep, v.job)
		}
	}
	return keep
}

// expireJournal drops old outcomes, once an hour.
func (s *Sequencer) expireJournal(ctx context.Context) {
	now := s.clock.Now()
	if now.Sub(s.writer.expired) < time.Hour {
		return
	}
	s.writer.expired = now
	if err := s.o.Journal.Expire(ctx, now); err != nil {
		s.logger.Warn("old outcomes stay in the journal", "err", err)
	}
}

// decided takes one intent out of the journal whose job ended without it.
func (s *Sequencer) decided(ctx context.Context, j *job, o Outcome) {
	if o.State != Done && o.State != Refused {
		return
	}
	if err := s.o.Journal.Decide(ctx, []journal.Outcome{journalOutcome(j, o)}); err != nil {
		s.logger.Error("an outcome cannot be journalled; the next start will", "operation", j.ID, "err", err)
	}
}

// RefuseJournaled ends an intent of the journal that cannot be decided at all.
func (s *Sequencer) RefuseJournaled(ctx context.Context, intent journal.Intent, why *problem.Error) error {
	o := Outcome{ID: intent.ID, State: Refused, Err: withOperation(why, intent.ID), Created: intent.At, Finished: s.clock.Now()}
	return s.o.Journal.Decide(ctx, []journal.Outcome{journalOutcome(&job{Request: Request{ID: intent.ID, Digest: intent.Digest}}, o)})
}
