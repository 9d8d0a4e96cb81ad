// Package problem is the one form of an error that a user sees: what kind it is, which field, which rule, what to do.
//
// Kinds and their gRPC and HTTP codes stand in one table here. An error without a kind is internal.
package problem

import (
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// Kind says what went wrong, for programs.
type Kind string

// The kinds.
const (
	Invalid       Kind = "invalid"                  // the request itself is wrong; it will never work
	NotFound      Kind = "not_found"                // it names something that does not exist
	Conflict      Kind = "conflict"                 // it does not fit the present state
	Different     Kind = "already_exists_different" // the release exists with other content
	TooOld        Kind = "too_old"                  // the version is outside the keep window
	Locked        Kind = "locked"                   // a lock says no
	Unauthorized  Kind = "unauthorized"             // we do not know who asks
	Denied        Kind = "denied"                   // we know, and they may not
	Exhausted     Kind = "exhausted"                // the queue is full: try later
	Unavailable   Kind = "unavailable"              // the manifest repo cannot be reached, or the service is stopping
	Unknown       Kind = "unknown"                  // the push was sent and its outcome is not known yet
	TooLarge      Kind = "too_large"                // the request is over a size limit
	Unsupported   Kind = "unsupported"              // wrong method or content type
	Internal      Kind = "internal"                 // a fault of ours
	Unimplemented Kind = "unimplemented"            // this service does not offer it
)

var codesOf = map[Kind]struct {
	grpc codes.Code
	http int
}{
	Invalid:       {codes.InvalidArgument, http.StatusBadRequest},
	NotFound:      {codes.NotFound, http.StatusNotFound},
	Conflict:      {codes.FailedPrecondition, http.StatusConflict},
	Different:     {codes.AlreadyExists, http.StatusConflict},
	TooOld:        {codes.FailedPrecondition, http.StatusConflict},
	Locked:        {codes.FailedPrecondition, http.StatusConflict},
	Unauthorized:  {codes.Unauthenticated, http.StatusUnauthorized},
	Denied:        {codes.PermissionDenied, http.StatusForbidden},
	Exhausted:     {codes.ResourceExhausted, http.StatusServiceUnavailable},
	Unavailable:   {codes.Unavailable, http.StatusServiceUnavailable},
	Unknown:       {codes.DeadlineExceeded, http.StatusGatewayTimeout},
	TooLarge:      {codes.ResourceExhausted, http.StatusRequestEntityTooLarge},
	Unsupported:   {codes.InvalidArgument, http.StatusUnsupportedMediaType},
	Internal:      {codes.Internal, http.StatusInternalServerError},
	Unimplemented: {codes.Unimplemented, http.StatusNotImplemented},
}

// HTTPStatus is the kind's HTTP status code.
func (k Kind) HTTPStatus() int {
	if c, ok := codesOf[k]; ok {
		return c.http
	}
	return http.StatusInternalServerError
}

// GRPCCode is the kind's gRPC code.
func (k Kind) GRPCCode() codes.Code {
	if c, ok := codesOf[k]; ok {
		return c.grpc
	}
	return codes.Internal
}

// Error is a refusal or a failure in the form users see.
type Error struct {
	Kind Kind
	// Message says what is wrong in one sentence, in the operator's words.
	Message string
	// Field of the request, dotted, such as "create_release.manifests[staging]"; empty when no single one is at fault.
	Field string
	// Rule that said no, such as "an environment's upstream exists".
	Rule string
	// Remedy says what to do.
	Remedy string
	// Detail carries the rest: diff, locks, operation id, index of the action. May be nil.
	Detail *api.ErrorDetail
	// Err is the cause; it is not shown to users.
	Err error
}

// New makes an error of a kind.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// At names the field.
func (e *Error) At(field string) *Error { e.Field = field; return e }

// Because names the rule.
func (e *Error) Because(rule string) *Error { e.Rule = rule; return e }

// Fix names the remedy.
func (e *Error) Fix(format string, args ...any) *Error {
	e.Remedy = fmt.Sprintf(format, args...)
	return e
}

// Wrap keeps the cause for logs.
func (e *Error) Wrap(err error) *Error { e.Err = err; return e }

// Error is the message, with the remedy behind it.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Remedy != "" {
		text += " (" + e.Remedy + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Proto is the error as it travels.
func (e *Error) Proto() *api.ErrorDetail {
	d := &api.ErrorDetail{}
	if e.Detail != nil {
		d.OperationId, d.Diff, d.DifferingField = e.Detail.OperationId, e.Detail.Diff, e.Detail.DifferingField
		d.ActionIndex, d.Locks = e.Detail.ActionIndex, e.Detail.Locks
	}
	d.Kind, d.Message, d.Field, d.Rule, d.Remedy = string(e.Kind), e.Message, e.Field, e.Rule, e.Remedy
	return d
}

// GRPCStatus lets grpc send the error with its detail.
func (e *Error) GRPCStatus() *status.Status {
	st := status.New(e.Kind.GRPCCode(), e.Error())
	if with, err := st.WithDetails(e.Proto()); err == nil {
		return with
	}
	return st
}

// FromProto is the reverse of Proto.
func FromProto(d *api.ErrorDetail) *Error {
	return &Error{Kind: Kind(d.Kind), Message: d.Message, Field: d.Field, Rule: d.Rule, Remedy: d.Remedy, Detail: d}
}

// From finds the problem in err: one of ours, one that came over gRPC, or an internal one that hides its cause.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	st, ok := status.FromError(err)
	if !ok {
		return New(Internal, "an internal error occurred").Wrap(err)
	}
	for _, d := range st.Details() {
		if detail, ok := d.(*api.ErrorDetail); ok {
			return FromProto(detail)
		}
	}
	return New(kindOfCode(st.Code()), "%s", st.Message()).Wrap(err)
}

func kindOfCode(code codes.Code) Kind {
	switch code {
	case codes.InvalidArgument, codes.OutOfRange:
		return Invalid
	case codes.NotFound:
		return NotFound
	case codes.FailedPrecondition, codes.Aborted, codes.AlreadyExists:
		return Conflict
	case codes.PermissionDenied:
		return Denied
	case codes.Unauthenticated:
		return Unauthorized
	case codes.ResourceExhausted:
		return Exhausted
	case codes.Unavailable:
		return Unavailable
	case codes.DeadlineExceeded, codes.Canceled:
		return Unknown
	case codes.Unimplemented:
		return Unimplemented
	}
	return Internal
}
