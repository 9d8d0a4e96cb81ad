package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// maxErrorBody is how much of an error answer is read: enough for a large diff.
const maxErrorBody = 16 << 20

// UnreachableError: no answer of a Signalbox server came back, however often it was tried.
type UnreachableError struct {
	Server string
	Err    error
}

// Error names the server.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach %s: %v", e.Server, e.Err)
}

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// UsageError: the program was called wrongly; no server was asked.
type UsageError struct{ Message string }

// Error is the message.
func (e *UsageError) Error() string { return e.Message }

// errorOf reads an answer that is not a success: a problem document as *problem.Error, anything else in words.
func (c *Client) errorOf(res *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return &UnreachableError{Server: c.Server(), Err: fmt.Errorf("reading its answer: %w", err)}
	}
	if p := problemOf(res.StatusCode, body); p != nil {
		return p
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return &UsageError{Message: fmt.Sprintf("%s redirects to %s: use that address as --server", c.Server(), res.Header.Get("Location"))}
	}
	text := strings.TrimSpace(string(body))
	if len(text) > 300 {
		text = text[:300] + "..."
	}
	if res.StatusCode >= 500 {
		return &UnreachableError{Server: c.Server(), Err: fmt.Errorf("%s: %s", res.Status, text)}
	}
	kind := problem.Invalid
	switch res.StatusCode {
	case http.StatusUnauthorized:
		kind = problem.Unauthorized
	case http.StatusForbidden:
		kind = problem.Denied
	case http.StatusNotFound:
		kind = problem.NotFound
	}
	return problem.New(kind, "%s answers %s: %s", c.Server(), res.Status, text)
}

// problemOf reads an RFC 9457 document; nil when body is none. The members beside the standard ones are ErrorDetail's.
func problemOf(status int, body []byte) *problem.Error {
	var standard struct {
		Title, Detail string
	}
	if json.Unmarshal(body, &standard) != nil {
		return nil
	}
	detail := &api.ErrorDetail{}
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, detail) != nil || detail.Kind == "" {
		return nil
	}
	if detail.Message == "" {
		detail.Message = standard.Detail
	}
	if detail.Message == "" {
		detail.Message = standard.Title
	}
	p := problem.FromProto(detail)
	if detail.Message == "" {
		p.Message = http.StatusText(status)
	}
	return p
}

// worthRetrying says whether the same request may succeed later, and whether the server has seen it.
func worthRetrying(err error) bool {
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		return true
	}
	var p *problem.Error
	return errors.As(err, &p) && (p.Kind == problem.Unavailable || p.Kind == problem.Exhausted)
}
