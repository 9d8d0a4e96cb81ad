package sequencer

import (
	"bytes"
	"context"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
)

// Submit takes a command. The error is a *problem.Error: the queue is full, the service is stopping, the id was used for another
// command, or the journal cannot be written. A command that is on its way is joined, one that ended answers again. With
// Request.Journal it returns when the intent is on stable storage.
func (s *Sequencer) Submit(ctx context.Context, r Request) (*Future, error) {
	if r.Journal && s.o.Journal == nil {
		return nil, problem.New(problem.Unimplemented, "this service keeps no journal").At("wait").Fix("use wait=pushed")
	}
	if !r.Fresh {
		if f, err := s.earlier(ctx, r); f != nil || err != nil {
			if f != nil && r.Journaled {
				s.decided(ctx, &job{Request: r}, f.Outcome())
			}
			return f, err
		}
	}
	if err := s.lookBack(ctx, r); err != nil {
		return nil, err
	}
	j := &job{
		Request: r, attempts: map[gitstore.Hash]attempt{},
		future: newFuture(Outcome{ID: r.ID, State: Pending, Created: s.clock.Now(), Warnings: r.warnings()}),
	}
	j.journaled.Store(r.Journaled)
	finished, joined, err := s.reserve(j)
	if err != nil {
		return nil, err
	}
	if joined != nil {
		return s.join(ctx, joined, r)
	}
	if finished != nil {
		return finished, nil
	}
	if r.Journal && !r.Journaled {
		if err := s.journal(ctx, j, r); err != nil {
			s.release(j, err)
			return nil, err
		}
	}
	s.enqueue(j)
	return j.future, nil
}

// earlier looks for a finished command of the same id.
func (s *Sequencer) earlier(ctx context.Context, r Request) (*Future, error) {
	o, digest, ok := s.remembered(r.ID)
	if ok {
		if !bytes.Equal(digest, r.Digest) {
			return nil, otherCommand(r.ID)
		}
		return finishedFuture(o), nil
	}
	o, trailer, ok, err := s.executed(ctx, r.ID)
	if err == nil && !ok {
		o, digest, ok, err = s.journalled(ctx, r.ID)
		trailer = DigestTrailer(digest)
	}
	if err != nil {
		return nil, problem.New(problem.Internal, "cannot find out whether this request was carried out before").Wrap(err)
	}
	if !ok {
		return nil, nil
	}
	if trailer != DigestTrailer(r.Digest) {
		return nil, otherCommand(r.ID)
	}
	return finishedFuture(o), nil
}

func (s *Sequencer) remembered(id string) (Outcome, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.get(id, s.clock.Now())
}

func otherCommand(id string) *problem.Error {
	e := problem.New(problem.Conflict, "this idempotency key was used for another command within the last 24 h").
		At("idempotency_key").Because("one key stands for one command").Fix("use a new key for a new command")
	e.Detail = detail(id)
	return e
}

// Find tells how an operation ended or where it stands, from memory and from main; ok is false when neither knows it.
func (s *Sequencer) Find(ctx context.Context, id string) (Outcome, bool, error) {
	s.mu.Lock()
	if j, ok := s.inflight[id]; ok {
		s.mu.Unlock()
		return j.future.Outcome(), true, nil
	}
	o, _, ok := s.memory.get(id, s.clock.Now())
	s.mu.Unlock()
	if ok {
		return o, true, nil
	}
	o, _, ok, err := s.executed(ctx, id)
	if err == nil && !ok {
		o, _, ok, err = s.journalled(ctx, id)
	}
	return o, ok, err
}

// executed finds an operation by its commit on main. trailer is the digest the commit keeps.
func (s *Sequencer) executed(ctx context.Context, id string) (o Outcome, trailer string, ok bool, err error) {
	commit, ok := s.o.Landed.Find(id)
	if !ok && s.o.Executed != nil {
		if commit, ok, err = s.o.Executed.Find(id); err != nil {
			return Outcome{}, "", false, err
		}
	}
	if !ok {
		return Outcome{}, "", false, nil
	}
	info, err := s.store.Commit(ctx, commit)
	if err != nil {
		return Outcome{}, "", false, err
	}
	m := manifestrepo.ParseMessage(info.Message)
	return Outcome{
		ID: id, State: Done, Commit: commit, Subject: m.Subject, Result: resultOf(m, s.repo.View().Snapshot),
		Created: info.Committer.When, Finished: info.Committer.When,
	}, m.RequestDigest, true, nil
}

// reserve gives the job a place in the queue, or finds the one of the same id that is on its way or just ended.
func (s *Sequencer) reserve(j *job) (finished *Future, joined *job, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining && !j.Journaled {
		return nil, nil, stopping()
	}
	if other, ok := s.inflight[j.ID]; ok {
		if !other.sameDigest(j.Digest) {
			return nil, nil, otherCommand(j.ID)
		}
		return nil, other, nil
	}
	if o, digest, ok := s.memory.get(j.ID, s.clock.Now()); ok && !j.Fresh {
		if !bytes.Equal(digest, j.Digest) {
			return nil, nil, otherCommand(j.ID)
		}
		return finishedFuture(o), nil, nil
	}
	if !j.Journaled && s.full(j) {
		return nil, nil, problem.New(problem.Exhausted, "the queue of commands is full: %d wait", len(s.queue)).
			Because("the queue is bounded").Fix("try again in a second")
	}
	s.inflight[j.ID] = j
	s.reserved++
	return nil, nil, nil
}

// full reports that the job has no place. Under mu.
func (s *Sequencer) full(j *job) bool {
	waiting := len(s.queue) + s.reserved
	return waiting >= s.o.QueueLength || waiting > 0 && s.queueBytes+j.size() > s.o.QueueBytes
}

// join answers with a command that is on its way; a joiner that was promised a journal gets it.
func (s *Sequencer) join(ctx context.Context, j *job, r Request) (*Future, error) {
	if !r.Journal {
		return j.future, nil
	}
	if j.journaled.Load() {
		return j.future, nil
	}
	if err := s.journal(ctx, j, r); err != nil {
		return nil, err
	}
	select {
	case <-j.future.Done():
		// It ended while the intent was written: take it out again.
		s.decided(context.WithoutCancel(ctx), j, j.future.Outcome())
	default:
	}
	return j.future, nil
}

// journal puts the intent on stable storage.
func (s *Sequencer) journal(ctx context.Context, j *job, r Request) error {
	err := s.o.Journal.Add(ctx, journal.Intent{
		ID: r.ID, ActorName: r.Actor.Name, ActorEmail: r.Actor.Email, Action: r.Action, Digest: r.Digest, Keyed: r.Keyed, At: j.future.Outcome().Created,
	})
	if err != nil {
		return problem.New(problem.Unavailable, "the command cannot be accepted: the journal cannot be written").
			Because("what is accepted is on stable storage first").
			Fix("use wait=pushed, or look after the disk of the service").Wrap(err)
	}
	j.journaled.Store(true)
	return nil
}

// release gives the place back; whoever joined hears err.
func (s *Sequencer) release(j *job, err error) {
	s.mu.Lock()
	delete(s.inflight, j.ID)
	s.reserved--
	s.mu.Unlock()
	j.future.finish(Outcome{ID: j.ID, State: Refused, Err: problem.From(err), Finished: s.clock.Now()})
}

func (s *Sequencer) enqueue(j *job) {
	s.mu.Lock()
	s.reserved--
	if s.closed {
		delete(s.inflight, j.ID)
		s.mu.Unlock()
		j.future.finish(s.leftOver(j))
		return
	}
	s.queue = append(s.queue, j)
	s.queueBytes += j.size()
	s.mu.Unlock()
	s.poke()
}

// leftOver is the outcome of a job that the writer did not get to before it was ended.
func (s *Sequencer) leftOver(j *job) Outcome {
	switch {
	case j.doubtful:
		return Outcome{ID: j.ID, State: Unknown}
	case j.journaled.Load():
		return Outcome{ID: j.ID, State: Pending}
	}
	return Outcome{ID: j.ID, State: Refused, Err: stopping(), Finished: s.clock.Now()}
}
