package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// marshaler is grpc-gateway's JSON with three habits of ours: bodies are read strictly, a stream's line is the event itself, and an
// error in a stream is a problem document.
type marshaler struct {
	runtime.JSONPb
}

// ContentType is that of an answer, or of the error of a stream that broke before its first line.
func (m *marshaler) ContentType(v any) string {
	if _, isError := streamError(v); isError {
		return answer.ContentTypeProblem
	}
	return "application/json"
}

// StreamContentType is newline-delimited JSON.
func (m *marshaler) StreamContentType(any) string { return "application/x-ndjson" }

// Delimiter ends each line of a stream.
func (m *marshaler) Delimiter() []byte { return []byte("\n") }

// Marshal writes one answer with a newline, or one line of a stream without: the gateway ends those itself. protojson varies its
// spaces from build to build; compacted, the same answer is the same bytes.
func (m *marshaler) Marshal(v any) ([]byte, error) {
	if st, isError := streamError(v); isError {
		return json.Marshal(answer.NewDocument(problem.From(st.Err()), ""))
	}
	end := "\n"
	if wrapped, ok := v.(map[string]any); ok {
		if event, ok := wrapped["result"].(proto.Message); ok && len(wrapped) == 1 {
			v, end = event, ""
		}
	}
	content, err := m.JSONPb.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(len(content) + 1)
	if err := json.Compact(&out, content); err != nil {
		return nil, fmt.Errorf("compact an answer: %w", err)
	}
	out.WriteString(end)
	return out.Bytes(), nil
}

// NewDecoder reads the body that the middleware has put into the request.
func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	b, ok := r.(*body)
	return runtime.DecoderFunc(func(v any) error {
		if !ok {
			return errors.New("the body was not read")
		}
		return b.decode(v)
	})
}

// body is a request's JSON, already in memory and within its limit.
type body struct {
	*bytes.Reader
	content []byte
	// err is why it could not be decoded. grpc-gateway keeps only an error's text, so the error handler looks here.
	err error
}

func newBody(content []byte) *body { return &body{Reader: bytes.NewReader(content), content: content} }

// Close does nothing: there is nothing to release.
func (b *body) Close() error { return nil }

func (b *body) decode(v any) error {
	if len(bytes.TrimSpace(b.content)) == 0 {
		return io.EOF // a command whose path says everything needs no body: it goes on as the empty message of its kind
	}
	msg, err := target(v)
	if err == nil {
		err = protojson.Unmarshal(b.content, msg)
	}
	if err != nil {
		b.err = jsonProblem(err, b.content, msg)
	}
	return b.err
}

// target finds the message to fill in what the generated code hands over: a message, or a pointer to a message's pointer.
func target(v any) (proto.Message, error) {
	if msg, ok := v.(proto.Message); ok {
		return msg, nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer && rv.Elem().Kind() == reflect.Pointer {
		if rv.Elem().IsNil() {
			rv.Elem().Set(reflect.New(rv.Elem().Type().Elem()))
		}
		if msg, ok := rv.Elem().Interface().(proto.Message); ok {
			return msg, nil
		}
	}
	return nil, fmt.Errorf("%T is not a message", v)
}

var (
	// protojson writes "proto: (line 1:14): what", with either kind of space.
	jsonPosition = regexp.MustCompile(`\(line (\d+):(\d+)\): (.*)`)
	quoted       = regexp.MustCompile(`^(?:unknown field|duplicate field|invalid value for \S+ field|invalid value for \S+ type:) "?([^" :]+)"?`)
	unknownField = regexp.MustCompile(`^unknown field "([^"]+)"`)
)

// jsonProblem words protojson's error: which field, where, what would be right.
func jsonProblem(err error, content []byte, msg proto.Message) *problem.Error {
	what := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	var where string
	if m := jsonPosition.FindStringSubmatch(what); m != nil {
		where, what = fmt.Sprintf(" at line %s, column %s", m[1], m[2]), m[3]
	}
	p := problem.New(problem.Invalid, "the body is not the JSON that is expected here%s: %s", where, what).
		Because("a body holds the fields of its schema and no others").Fix("see /api for the schema").Wrap(err)
	if m := quoted.FindStringSubmatch(what); m != nil {
		p.Field = m[1]
	}
	if m := unknownField.FindStringSubmatch(what); m != nil && atTop(content, m[1]) {
		p.Remedy = "known here: " + strings.Join(fieldNames(msg), ", ")
	}
	return p
}

func atTop(content []byte, field string) bool {
	var top map[string]json.RawMessage
	if json.Unmarshal(content, &top) != nil {
		return false
	}
	_, ok := top[field]
	return ok
}

func fieldNames(msg proto.Message) []string {
	if msg == nil {
		return nil
	}
	fields := msg.ProtoReflect().Descriptor().Fields()
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = fields.Get(i).JSONName()
	}
	slices.Sort(names)
	return names
}

// readBody takes a JSON body into memory, up to limit bytes. It does not read on behind the limit.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (*body, error) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, answer.BodyProblem(err, limit)
	}
	return newBody(content), nil
}
