package remote

import (
	"context"
	"io"
	"sync"
	"time"
)

// How long a server may go on after the conversation is over: hooks that run after the report, repacking.
const (
	// graceTidy is what a caller waits for it after a success: mostly enough to use the connection again, and little
	// beside a push.
	graceTidy = 100 * time.Millisecond
	// graceWords is what a caller waits after a failure for what the server has to say about it.
	graceWords = 2 * time.Second
	// graceBackground is when a server that goes on in the background is stopped.
	graceBackground = 60 * time.Second
)

// streamSession is a conversation over a pair of pipes: a child process or an ssh channel.
type streamSession struct {
	in    io.WriteCloser
	out   io.Reader
	notef *keepTail
	// hangUp makes every read and write fail at once.
	hangUp func()
	// wait returns when the other side has ended; it is called once, after reading is over.
	wait func() error
	// stop asks the other side to end, politely first.
	stop func()
	// done is told how it ended.
	done func(err error)
	// readOnly sessions are stopped on abort: nothing is lost. Others go on with a request that they have.
	readOnly bool

	asked   bool // exchange was called
	aborted sync.Once
	ended   sync.Once
	gone    chan struct{} // closed by abort
	writing sync.WaitGroup
}

func (s *streamSession) advertisement() io.Reader { return s.out }

func (s *streamSession) notes() string { return s.notef.String() }

// exchange writes in the background: a server may answer before it has read all, and would block if nobody listened.
func (s *streamSession) exchange(_ context.Context, q *request) (io.Reader, error) {
	s.asked = true
	s.writing.Add(1)
	go func() {
		defer s.writing.Done()
		if _, err := io.Copy(s.in, q.body()); err != nil {
			q.failed(err)
		}
		// Closing tells a server that waits for more that there is none; it still has to answer.
		if err := s.in.Close(); err != nil {
			q.failed(err)
		}
	}()
	return s.out, nil
}

func (s *streamSession) abort() {
	s.aborted.Do(func() {
		close(s.gone)
		s.hangUp()
		if s.readOnly {
			s.stop()
		}
	})
}

func (s *streamSession) end(grace time.Duration) {
	s.ended.Do(func() {
		over := make(chan struct{})
		go s.reap(over)
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-over:
		case <-s.gone:
		case <-timer.C:
		}
	})
}

// reap reads what is left, so that the other side never blocks, and waits for its end.
func (s *streamSession) reap(over chan<- struct{}) {
	defer close(over)
	timer := time.AfterFunc(graceBackground, s.stop)
	defer timer.Stop()
	if !s.asked {
		// To a server that waits for commands a flush means: none, good-bye.
		_, _ = io.WriteString(s.in, flush)
		_ = s.in.Close()
	}
	_, _ = io.Copy(io.Discard, s.out)
	err := s.wait()
	s.writing.Wait()
	s.done(err)
}
