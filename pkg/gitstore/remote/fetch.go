package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// Fetch returns a pack with everything wants need and haves lack; nil when nothing is missing. Haves that the server does
// not know are harmless. The pack has no deltas against objects outside of it. It is read under ctx, ends with io.EOF only
// when the server finished it, and must be closed.
//
// The error, of Fetch or of a Read, is a *MissingError when the server will not give a wanted commit, and an
// *UnreachableError otherwise.
func (r *Remote) Fetch(ctx context.Context, wants, haves []plumbing.Hash) (io.ReadCloser, error) {
	wants = without(wants, haves)
	if len(wants) == 0 {
		return nil, nil
	}
	s, err := r.transport.open(ctx, uploadPack)
	if err != nil {
		return nil, r.unreachable(ctx, err)
	}
	f := &fetched{remote: r, ctx: ctx, session: s, release: context.AfterFunc(ctx, s.abort), wants: wants}
	empty, err := f.begin(haves)
	if err != nil {
		err = f.explain(err)
		_ = f.Close()
		return nil, err
	}
	if empty {
		return nil, f.Close()
	}
	return f, nil
}

// without keeps what is wanted and not there, each once.
func without(wants, haves []plumbing.Hash) []plumbing.Hash {
	skip := map[plumbing.Hash]bool{plumbing.ZeroHash: true}
	for _, h := range haves {
		skip[h] = true
	}
	var missing []plumbing.Hash
	for _, h := range wants {
		if !skip[h] {
			skip[h] = true
			missing = append(missing, h)
		}
	}
	return missing
}

// fetched is a pack on its way.
type fetched struct {
	remote  *Remote
	ctx     context.Context
	session session
	release func() bool
	wants   []plumbing.Hash
	notes   keepTail
	pack    *bufio.Reader
	closing sync.Once
}

// begin asks and reads up to the pack's header.
func (f *fetched) begin(haves []plumbing.Hash) (empty bool, err error) {
	ad, err := readAdvertisement(f.session)
	if err != nil {
		return false, err
	}
	head, multiplexed, err := question(f.wants, haves, ad.caps)
	if err != nil {
		return false, err
	}
	answer, err := f.session.exchange(f.ctx, &request{head: head})
	if err != nil {
		return false, err
	}
	if err := readAcknowledgements(answer); err != nil {
		return false, err
	}
	if multiplexed {
		answer = newSideband(answer, &f.notes)
	}
	f.pack = bufio.NewReaderSize(answer, 64<<10)
	return f.peek()
}

// peek looks at the pack's header: a pack of nothing means that nothing is missing.
func (f *fetched) peek() (empty bool, err error) {
	header, err := f.pack.Peek(12)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return false, fmt.Errorf("reading the pack: %w", err)
	}
	if !bytes.HasPrefix(header, []byte("PACK")) {
		return false, errors.New("what the git server sent is not a pack")
	}
	return binary.BigEndian.Uint32(header[8:]) == 0, nil
}

// question writes wants, haves and done in one go: it is short, so nothing is gained by letting the server stop us.
func question(wants, haves []plumbing.Hash, caps *capability.List) (head []byte, multiplexed bool, err error) {
	var chosen []string
	// Some hosts answer only those who ask for multi_ack_detailed.
	for _, optional := range []capability.Capability{
		capability.MultiACKDetailed, capability.OFSDelta, capability.Sideband64k, capability.NoProgress,
	} {
		if caps.Supports(optional) {
			chosen = append(chosen, string(optional))
		}
	}
	chosen = append(chosen, introduce(caps)...)
	var b bytes.Buffer
	packets := pktline.NewEncoder(&b)
	lines := make([]string, 0, len(wants)+len(haves)+1)
	for i, want := range wants {
		line := "want " + want.String()
		if i == 0 && len(chosen) > 0 {
			line += " " + strings.Join(chosen, " ")
		}
		lines = append(lines, line+"\n")
	}
	if err := packets.EncodeString(lines...); err != nil {
		return nil, false, fmt.Errorf("writing the request: %w", err)
	}
	if err := packets.Flush(); err != nil {
		return nil, false, fmt.Errorf("writing the request: %w", err)
	}
	for _, have := range haves {
		if have.IsZero() {
			continue
		}
		if err := packets.EncodeString("have " + have.String() + "\n"); err != nil {
			return nil, false, fmt.Errorf("writing the request: %w", err)
		}
	}
	if err := packets.EncodeString("done\n"); err != nil {
		return nil, false, fmt.Errorf("writing the request: %w", err)
	}
	return b.Bytes(), caps.Supports(capability.Sideband64k), nil
}

// readAcknowledgements reads up to the line after which the pack follows: NAK, or an ACK without a further word.
func readAcknowledgements(r io.Reader) error {
	packets := pktline.NewScanner(r)
	for packets.Scan() {
		line := strings.TrimSuffix(string(packets.Bytes()), "\n")
		words := strings.Fields(line)
		switch {
		case line == "NAK", len(words) == 2 && words[0] == "ACK":
			return nil
		case len(words) == 3 && words[0] == "ACK":
			continue
		}
		return fmt.Errorf("the git server answered %q instead of an acknowledgement", printable(line))
	}
	if err := packets.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// Read reads the pack.
func (f *fetched) Read(p []byte) (int, error) {
	n, err := f.pack.Read(p)
	if err != nil && err != io.EOF {
		err = f.explain(fmt.Errorf("reading the pack: %w", err))
	}
	return n, err
}

// Close ends the session, also in the middle of a pack.
func (f *fetched) Close() error {
	f.closing.Do(func() {
		f.release()
		if f.pack != nil {
			// One byte more tells whether the pack was read to its end; if it was not, nobody wants the rest.
			if _, err := f.pack.Peek(1); err == nil {
				f.session.abort()
			}
		} else {
			f.session.abort()
		}
		f.session.end(graceTidy)
	})
	return nil
}

var notOurRef = regexp.MustCompile(`(?:not our ref|unknown ref|bad object|unknown object)[^0-9a-f]*([0-9a-f]{40})?`)

// explain turns what broke a fetch into the two errors it promises.
func (f *fetched) explain(err error) error {
	said := err.Error() + " " + f.notes.String() + " " + f.session.notes()
	if m := notOurRef.FindStringSubmatch(said); m != nil {
		var line *pktline.ErrorLine
		words := f.notes.String()
		if errors.As(err, &line) {
			words = line.Text
		}
		missing := &MissingError{Message: f.remote.secrets.text(words)}
		if m[1] != "" {
			missing.Want = plumbing.NewHash(m[1])
		}
		return missing
	}
	return f.remote.unreachable(f.ctx, withNotes(err, f.session))
}
