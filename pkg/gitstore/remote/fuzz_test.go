package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// scripted is a server that says what it was told to say.
type scripted struct{ first, answer io.Reader }

func (s *scripted) advertisement() io.Reader { return s.first }

func (s *scripted) exchange(_ context.Context, q *request) (io.Reader, error) {
	_, err := io.Copy(io.Discard, q.body())
	return s.answer, err
}
func (s *scripted) notes() string     { return "" }
func (s *scripted) abort()            {}
func (s *scripted) end(time.Duration) {}

type scriptedTransport struct{ session *scripted }

func (t scriptedTransport) open(context.Context, service) (session, error) { return t.session, nil }
func (t scriptedTransport) close() error                                   { return nil }

const advertised = "00a0" + oldMain + " refs/heads/main\x00report-status delete-refs side-band-64k quiet atomic ofs-delta object-format=sha1 agent=git/2.39.5\n0000"

const confirmed = "002e\x01000eunpack ok\n0017ok refs/heads/main\n0000" + "0000"

// Whatever a server sends, a push ends, with one of the promised errors; and it succeeds only when the report says "ok" of
// our ref.
func FuzzPush(f *testing.F) {
	f.Add([]byte(advertised), []byte(confirmed))
	f.Add([]byte("0000"), []byte(""))
	f.Add([]byte("001f# service=git-receive-pack\n0000"+advertised), []byte(confirmed[:20]))
	f.Add([]byte(advertised), []byte("000c\x02hello\n\n"+confirmed))
	f.Add([]byte(advertised), []byte("0014\x03out of memory\n\n"+confirmed))
	f.Fuzz(func(t *testing.T, first, answer []byte) {
		server := &scripted{first: bytes.NewReader(first), answer: bytes.NewReader(answer)}
		r := &Remote{transport: scriptedTransport{server}, secrets: newRedactor(Options{}, address{})}
		update := RefUpdate{Name: "refs/heads/main", Old: plumbing.NewHash(oldMain), New: plumbing.NewHash(newMain)}
		err := r.Push(context.Background(), []RefUpdate{update}, bytes.NewReader([]byte("PACK")), 4)
		if err == nil {
			if !bytes.Contains(answer, []byte("ok refs/heads/main")) || !bytes.Contains(answer, []byte("unpack ok")) {
				t.Errorf("taken as confirmed: %q", answer)
			}
			return
		}
		var stale *StaleError
		var refused *RefusedError
		var unreachable *UnreachableError
		var unknown *UnknownError
		if !errors.As(err, &stale) && !errors.As(err, &refused) && !errors.As(err, &unreachable) && !errors.As(err, &unknown) {
			t.Errorf("%T: %v", err, err)
		}
		if len(err.Error()) > 4*maxMessage {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// Whatever a server sends, a fetch ends, and what it returns is the start of a pack.
func FuzzFetch(f *testing.F) {
	f.Add([]byte(advertised), []byte("0008NAK\n0011\x01PACK\x00\x00\x00\x02\x00\x00\x00\x010000"))
	f.Add([]byte(advertised), []byte("0038ACK "+oldMain+" common\n0031ACK "+oldMain+"\n0011\x01PACK\x00\x00\x00\x02\x00\x00\x00\x000000"))
	f.Add([]byte(advertised), []byte("004aERR upload-pack: not our ref "+newMain+"\n"))
	f.Fuzz(func(t *testing.T, first, answer []byte) {
		server := &scripted{first: bytes.NewReader(first), answer: bytes.NewReader(answer)}
		r := &Remote{transport: scriptedTransport{server}, secrets: newRedactor(Options{}, address{})}
		stream, err := r.Fetch(context.Background(), []plumbing.Hash{plumbing.NewHash(newMain)}, nil)
		if err != nil || stream == nil {
			return
		}
		defer stream.Close()
		pack, _ := io.ReadAll(stream)
		if !bytes.HasPrefix(pack, []byte("PACK")) || len(pack) < 12 {
			t.Errorf("a pack that starts with %.20q", pack)
		}
	})
}

func TestTheSeedsOfTheFuzzersMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	server := &scripted{first: bytes.NewReader([]byte(advertised)), answer: bytes.NewReader([]byte(confirmed))}
	r := &Remote{transport: scriptedTransport{server}, secrets: newRedactor(Options{}, address{})}
	update := RefUpdate{Name: "refs/heads/main", Old: plumbing.NewHash(oldMain), New: plumbing.NewHash(newMain)}
	if err := r.Push(context.Background(), []RefUpdate{update}, bytes.NewReader([]byte("PACK")), 4); err != nil {
		t.Error(err)
	}
}
