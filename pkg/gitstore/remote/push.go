package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// Push sends one pack and the ref updates in one session, with atomic where the server has it. It compares the advertised
// refs first and sends nothing when one is not at Old.
//
// It returns nil only when the server confirmed the pack and every ref. The error is a *StaleError, *RefusedError,
// *UnreachableError or *UnknownError; anything else is a fault of the caller (no updates, a deletion), and nothing was sent.
// When the context ends, Push returns at once; the push may still land then, and the error says whether it can.
func (r *Remote) Push(ctx context.Context, updates []RefUpdate, pack io.Reader, packSize int64) error {
	if err := checkUpdates(updates, pack, packSize); err != nil {
		return err
	}
	s, err := r.transport.open(ctx, receivePack)
	if err != nil {
		return r.unreachable(ctx, err)
	}
	defer s.end(graceTidy)
	defer context.AfterFunc(ctx, s.abort)()
	ad, err := readAdvertisement(s)
	if err != nil {
		return r.unreachable(ctx, err)
	}
	if !ad.caps.Supports(capability.ReportStatus) {
		return r.unreachable(ctx, errors.New("it does not offer report-status, so that no push to it can be confirmed"))
	}
	if stale := compare(updates, ad.refs); stale != nil {
		return stale
	}
	head, multiplexed, err := commands(updates, ad.caps)
	if err != nil {
		return err
	}
	q := &request{head: head, pack: pack, size: packSize}
	// Before the first byte a context that has ended means: nothing happened.
	if ctx.Err() != nil {
		return r.unreachable(ctx, ctx.Err())
	}
	answer, err := s.exchange(ctx, q)
	if err != nil {
		return r.failedExchange(ctx, q, s, err)
	}
	notes := &keepTail{}
	if multiplexed {
		answer = newSideband(answer, notes)
	}
	report := packp.NewReportStatus()
	if err := report.Decode(io.LimitReader(answer, maxReport)); err != nil {
		return r.failedExchange(ctx, q, s, fmt.Errorf("reading its report: %w%s", err, tail(printable(notes.String()))))
	}
	if report.Error() != nil {
		s.end(graceWords) // the reasons may come on standard error, after the report
	}
	said := notes.String() + "\n" + s.notes()
	return r.verdict(ctx, updates, report, said)
}

func checkUpdates(updates []RefUpdate, pack io.Reader, packSize int64) error {
	if len(updates) == 0 || pack == nil || packSize <= 0 {
		return errors.New("a push needs a ref update and a pack")
	}
	seen := map[string]bool{}
	for _, u := range updates {
		switch {
		case !strings.HasPrefix(u.Name, "refs/") || strings.ContainsAny(u.Name, " \x00\r\n"):
			return fmt.Errorf("%q is not the full name of a ref", u.Name)
		case u.New.IsZero():
			return fmt.Errorf("deleting the ref %s is not supported", u.Name)
		case seen[u.Name]:
			return fmt.Errorf("the ref %s is updated twice in one push", u.Name)
		}
		seen[u.Name] = true
	}
	return nil
}

// compare finds the first ref that is not where the update expects it. A server checks the whole pack before it refuses a
// stale push; looking first costs nothing.
func compare(updates []RefUpdate, advertised map[string]plumbing.Hash) *StaleError {
	for _, u := range updates {
		have := advertised[u.Name]
		if have == u.Old {
			continue
		}
		e := &StaleError{Ref: u.Name, Want: u.Old, Have: have, Message: "nothing was sent"}
		if have.IsZero() {
			e.Message = "the server does not list it: it is deleted there, or hidden (receive.hideRefs, transfer.hideRefs)"
		}
		return e
	}
	return nil
}

// commands writes the packets before the pack. The answer is multiplexed when the server can do that.
func commands(updates []RefUpdate, caps *capability.List) (head []byte, multiplexed bool, err error) {
	wanted := []string{string(capability.ReportStatus)}
	for _, optional := range []capability.Capability{capability.Atomic, capability.Sideband64k, "quiet"} {
		if caps.Supports(optional) {
			wanted = append(wanted, string(optional))
		}
	}
	wanted = append(wanted, introduce(caps)...)
	var b bytes.Buffer
	packets := pktline.NewEncoder(&b)
	for i, u := range updates {
		line := fmt.Sprintf("%s %s %s", u.Old, u.New, u.Name)
		if i == 0 {
			line += "\x00 " + strings.Join(wanted, " ")
		}
		if err := packets.EncodeString(line); err != nil {
			return nil, false, fmt.Errorf("the ref name %.60q cannot be sent: %w", u.Name, err)
		}
	}
	if err := packets.Flush(); err != nil {
		return nil, false, fmt.Errorf("ending the commands: %w", err)
	}
	return b.Bytes(), caps.Supports(capability.Sideband64k), nil
}

// introduce says who we are and which object ids we use, where the server wants to know.
func introduce(caps *capability.List) []string {
	var said []string
	if caps.Supports(capability.Agent) {
		said = append(said, "agent="+agent)
	}
	if caps.Supports("object-format") {
		said = append(said, "object-format=sha1")
	}
	return said
}

// failedExchange tells what a broken exchange means: whether the server can have acted depends on what it can have received,
// and on what it answered.
func (r *Remote) failedExchange(ctx context.Context, q *request, s session, err error) error {
	var status *statusError
	if errors.As(err, &status) {
		switch status.code {
		// Said by something that did not let the request through, or by a server that did not begin.
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired,
			http.StatusTooManyRequests, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
			http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			return r.unreachable(ctx, err)
		case http.StatusRequestEntityTooLarge, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType,
			http.StatusLengthRequired, http.StatusExpectationFailed:
			return &RefusedError{Message: r.secrets.text(err.Error())}
		}
	}
	if sent := q.sendError(); sent != nil && !errors.Is(err, sent) {
		err = fmt.Errorf("%w (sending: %s)", err, sent.Error())
	}
	err = withNotes(err, s)
	if !q.delivered.Load() {
		return r.unreachable(ctx, err)
	}
	return r.unknown(ctx, err)
}
