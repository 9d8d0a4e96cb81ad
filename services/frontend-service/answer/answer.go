// Package answer writes what every door of the frontend has in common: problem documents (RFC 9457), plain texts, JSON.
package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ContentTypeProblem is the media type of problem documents.
const ContentTypeProblem = "application/problem+json"

// typePrefix makes a problem's type URI of its kind. docs/api.md explains each.
const typePrefix = "urn:signalbox:problem:"

// retryAfter is what an exhausted or unavailable service asks of its clients.
const retryAfter = 2 * time.Second

var titles = map[problem.Kind]string{
	problem.Invalid:       "The request is wrong",
	problem.NotFound:      "It does not exist",
	problem.Conflict:      "It does not fit the present state",
	problem.Different:     "The release exists with other content",
	problem.TooOld:        "The version is too old",
	problem.Locked:        "A lock holds it back",
	problem.Unauthorized:  "We do not know who asks",
	problem.Denied:        "Not allowed",
	problem.Exhausted:     "Too much work is waiting",
	problem.Unavailable:   "Not possible at the moment",
	problem.Unknown:       "The outcome is not known yet",
	problem.TooLarge:      "The request is too large",
	problem.Unsupported:   "The form of the request is not supported",
	problem.Internal:      "A fault of the service",
	problem.Unimplemented: "Not offered",
}

// Document is an RFC 9457 problem document with our own members behind the standard ones.
type Document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Instance names this occurrence: the request id.
	Instance string `json:"instance,omitempty"`

	Kind           string            `json:"kind"`
	Field          string            `json:"field,omitempty"`
	Rule           string            `json:"rule,omitempty"`
	Remedy         string            `json:"remedy,omitempty"`
	OperationID    string            `json:"operationId,omitempty"`
	Diff           string            `json:"diff,omitempty"`
	DifferingField string            `json:"differingField,omitempty"`
	ActionIndex    *int32            `json:"actionIndex,omitempty"`
	Locks          []json.RawMessage `json:"locks,omitempty"`
}

// NewDocument words an error as a problem document. requestID may be empty.
func NewDocument(err error, requestID string) Document {
	p := problem.From(err)
	d := Document{
		Type: typePrefix + string(p.Kind), Title: titles[p.Kind], Status: p.Kind.HTTPStatus(), Detail: p.Message,
		Kind: string(p.Kind), Field: p.Field, Rule: p.Rule, Remedy: p.Remedy,
	}
	if d.Title == "" {
		d.Title = http.StatusText(d.Status)
	}
	if requestID != "" {
		d.Instance = "urn:signalbox:request:" + requestID
	}
	if p.Detail == nil {
		return d
	}
	d.OperationID, d.Diff, d.ActionIndex = p.Detail.OperationId, p.Detail.Diff, p.Detail.ActionIndex
	if p.Kind == problem.Different {
		d.DifferingField = p.Detail.DifferingField.String()
	}
	for _, l := range p.Detail.Locks {
		// A lock that cannot be written is left out: the sentence above it still stands.
		if b, err := protojson.Marshal(l); err == nil {
			d.Locks = append(d.Locks, b)
		}
	}
	return d
}

// Problem answers with a problem document.
func Problem(w http.ResponseWriter, r *http.Request, err error) {
	Note(r.Context(), err)
	d := NewDocument(err, RequestID(r.Context()))
	SetRetry(w, problem.Kind(d.Kind))
	w.Header().Set("Content-Type", ContentTypeProblem)
	writeJSON(w, d.Status, d)
}

// SetRetry sets Retry-After where trying again later helps.
func SetRetry(w http.ResponseWriter, kind problem.Kind) {
	if kind == problem.Exhausted || kind == problem.Unavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
}

// JSON answers with a JSON value and a newline.
func JSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, status, v)
}

// Text answers with one line of plain text.
func Text(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may be gone; there is nobody to tell
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false) // "Rosa <rosa@example.com>" is to be read by people
	if err := e.Encode(v); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"title":"the answer could not be written","status":500}` + "\n")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // as above
}

// Record gathers what the access log says of a request beside status and time.
type Record struct {
	RequestID string
	// Err is the error the client was answered with; nil when none.
	Err error
	// Pattern is the route that matched.
	Pattern string
	// Actor is who asked, "Name <mail>".
	Actor string
}

type recordKey struct{}

// WithRecord puts a record into the context.
func WithRecord(ctx context.Context, r *Record) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// RecordOf gives the request's record; never nil.
func RecordOf(ctx context.Context) *Record {
	if r, ok := ctx.Value(recordKey{}).(*Record); ok {
		return r
	}
	return &Record{}
}

// Note keeps the error for the access log.
func Note(ctx context.Context, err error) { RecordOf(ctx).Err = err }

// RequestID is the id of the request, empty outside of one.
func RequestID(ctx context.Context) string { return RecordOf(ctx).RequestID }

// MethodNotAllowed answers 405 as a problem document; the caller has set Allow.
func MethodNotAllowed(w http.ResponseWriter, r *http.Request, allow []string) {
	err := problem.New(problem.Unsupported, "%s does not take the method %s", r.URL.Path, r.Method).
		Because("an address takes certain methods").Fix("use %s", strings.Join(allow, " or "))
	Note(r.Context(), err)
	d := NewDocument(err, RequestID(r.Context()))
	d.Status = http.StatusMethodNotAllowed
	w.Header().Set("Content-Type", ContentTypeProblem)
	writeJSON(w, d.Status, d)
}
