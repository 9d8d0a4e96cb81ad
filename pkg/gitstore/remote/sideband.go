package remote

import (
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// flush is the packet that ends a list of packets.
const flush = "0000"

// The channels of a side band.
const (
	bandData   = 1
	bandNotes  = 2
	bandErrors = 3
)

// sideband takes the data out of a multiplexed stream. Unlike go-git's it insists on the flush at the end: a stream that
// merely stops was cut.
type sideband struct {
	packets *pktline.Scanner
	notes   io.Writer
	rest    []byte
	err     error
}

func newSideband(r io.Reader, notes io.Writer) *sideband {
	return &sideband{packets: pktline.NewScanner(r), notes: notes}
}

// Read gives the data alone.
func (s *sideband) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err == nil {
			s.err = s.next()
		}
		if s.err != nil {
			return 0, s.err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sideband) next() error {
	if !s.packets.Scan() {
		if err := s.packets.Err(); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	}
	packet := s.packets.Bytes()
	if len(packet) == 0 {
		return io.EOF
	}
	switch packet[0] {
	case bandData:
		s.rest = packet[1:]
	case bandNotes:
		_, _ = s.notes.Write(packet[1:])
	case bandErrors:
		return &serverError{text: printable(string(packet[1:]))}
	default:
		return fmt.Errorf("the git server sent something on channel %d, which does not exist", packet[0])
	}
	return nil
}

// serverError is what a server says when it gives up.
type serverError struct{ text string }

// Error quotes the server.
func (e *serverError) Error() string { return "the git server gave up: " + e.text }
