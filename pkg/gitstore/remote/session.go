package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// service is the program on the other side.
type service string

const (
	uploadPack  service = "git-upload-pack"
	receivePack service = "git-receive-pack"
)

// agent is how we introduce ourselves.
const agent = "signalbox/1"

// transport opens sessions with one server.
type transport interface {
	// open starts a session; what fails here reached nobody's refs. After open returned, the context has no more say:
	// the caller couples it to abort.
	open(ctx context.Context, s service) (session, error)
	close() error
}

// session is one conversation: the server speaks first, then at most one exchange.
type session interface {
	// advertisement is what the server says first; read it up to its flush.
	advertisement() io.Reader
	// exchange sends the request and returns the answer's stream as soon as there is one. It may still be sending then.
	exchange(ctx context.Context, q *request) (io.Reader, error)
	// notes is what the server said beside the protocol so far (standard error), for people.
	notes() string
	// abort unblocks every read and write at once. It does not stop what a server does with a request that it has.
	abort()
	// end releases the session. It waits that long for a server that is tidying up; what takes longer goes on in the
	// background. Only the first call counts.
	end(grace time.Duration)
}

// request is what a session sends: a few packet lines, then perhaps a pack.
type request struct {
	head []byte
	pack io.Reader // nil for none
	size int64     // bytes of pack

	delivered atomic.Bool
	mu        sync.Mutex
	writeErr  error
}

// length is the number of bytes of the whole request.
func (q *request) length() int64 { return int64(len(q.head)) + q.size }

// body reads the whole request once. As soon as its last byte is handed out the server may come to have it all.
func (q *request) body() io.Reader {
	var r io.Reader = bytes.NewReader(q.head)
	if q.pack != nil {
		r = io.MultiReader(r, io.LimitReader(q.pack, q.size))
	}
	return &bodyReader{q: q, from: r, left: q.length()}
}

// failed notes why sending stopped.
func (q *request) failed(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.writeErr == nil {
		q.writeErr = err
	}
}

// sendError is why sending stopped, nil when it did not.
func (q *request) sendError() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.writeErr
}

type bodyReader struct {
	q    *request
	from io.Reader
	left int64
}

// Read notes when the last byte is handed out.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if b.left <= 0 {
		b.q.delivered.Store(true)
	}
	switch {
	case err == io.EOF && b.left > 0:
		err = fmt.Errorf("the pack is %d bytes shorter than announced: %w", b.left, io.ErrUnexpectedEOF)
		b.q.failed(err)
	case err != nil && err != io.EOF:
		err = fmt.Errorf("reading the pack: %w", err)
		b.q.failed(err)
	}
	return n, err
}

// Limits on what a server may make us hold, in bytes.
const (
	maxAdvertisement = 64 << 20
	maxReport        = 1 << 20
	maxNotes         = 16 << 10
)

// advertisement is what a server offers.
type advertisement struct {
	refs map[string]plumbing.Hash
	// peeled is what annotated tags point at.
	peeled map[string]plumbing.Hash
	caps   *capability.List
}

// readAdvertisement reads the refs and capabilities. The error quotes what the server said beside the protocol.
func readAdvertisement(s session) (advertisement, error) {
	limited := &io.LimitedReader{R: s.advertisement(), N: maxAdvertisement}
	ar := packp.NewAdvRefs()
	err := ar.Decode(limited)
	// An empty repository may send a lone flush.
	if errors.Is(err, packp.ErrEmptyAdvRefs) {
		err = nil
	}
	if err != nil {
		if limited.N <= 0 {
			return advertisement{}, fmt.Errorf("it lists more than %d MB of refs", maxAdvertisement>>20)
		}
		return advertisement{}, withNotes(fmt.Errorf("reading its list of refs: %w", shortData(err)), s)
	}
	if format := ar.Capabilities.Get("object-format"); len(format) > 0 && format[0] != "sha1" {
		return advertisement{}, fmt.Errorf("its repository uses %s object ids: only sha1 is supported", format[0])
	}
	refs := make(map[string]plumbing.Hash, len(ar.References))
	for name, hash := range ar.References {
		if strings.HasPrefix(name, "refs/") {
			refs[name] = hash
		}
	}
	return advertisement{refs: refs, peeled: ar.Peeled, caps: ar.Capabilities}, nil
}

// shortData words the decoder's errors for people: an HTML page in the middle of one helps nobody.
func shortData(err error) error {
	var unexpected *packp.ErrUnexpectedData
	if errors.As(err, &unexpected) {
		return errors.New("this is not the git protocol (" + unexpected.Msg + ")")
	}
	if errors.Is(err, packp.ErrEmptyInput) {
		return errors.New("the connection ended at once")
	}
	return err
}

// withNotes adds what the server said to an error. It ends the session: a server that fails has last words.
func withNotes(err error, s session) error {
	s.end(graceWords)
	if notes := printable(s.notes()); notes != "" {
		return fmt.Errorf("%w: %s", err, notes)
	}
	return err
}

// keepTail is a writer that keeps the last bytes only.
type keepTail struct {
	mu   sync.Mutex
	data []byte
}

// Write never fails.
func (k *keepTail) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.data = append(k.data, p...)
	if over := len(k.data) - maxNotes; over > 0 {
		k.data = append(k.data[:0], k.data[over:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (k *keepTail) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return string(k.data)
}
