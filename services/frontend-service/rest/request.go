package rest

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

type probeKey struct{}

// probeWriter is where a probe for the methods of a path ends.
type probeWriter struct {
	header http.Header
	hit    bool
}

// Header is a header that nobody reads.
func (w *probeWriter) Header() http.Header { return w.header }

// Write takes everything and keeps nothing.
func (w *probeWriter) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader does nothing.
func (w *probeWriter) WriteHeader(int) {}

// prepare stands before every generated handler: it knows the route, and nothing of the body is read yet.
func (g *gateway) prepare(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		if probe, ok := w.(*probeWriter); ok && r.Context().Value(probeKey{}) != nil {
			probe.hit = true
			return
		}
		pattern := ""
		if p, ok := runtime.HTTPPattern(r.Context()); ok {
			pattern = parameter.ReplaceAllString(p.String(), "{}")
		}
		answer.RecordOf(r.Context()).Pattern = pattern
		c := &call{w: &statusWriter{ResponseWriter: w}}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		if err := g.readRequest(w, r, pattern, c); err != nil {
			answer.Problem(w, r, err)
			return
		}
		next(c.w, r, path)
	}
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

func (g *gateway) readRequest(w http.ResponseWriter, r *http.Request, pattern string, c *call) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem.New(problem.Invalid, "the query of the address cannot be read").Fix("escape what stands behind the ?").Wrap(err)
	}
	if err := fromHeaders(query, r.Header, r.Method); err != nil {
		return err
	}
	if err := g.checkNames(query, r.Method, pattern); err != nil {
		return err
	}
	if err := readWords(query); err != nil {
		return err
	}
	c.dryRun, _ = strconv.ParseBool(query.Get("dryRun")) // the gateway refuses what is no bool
	r.URL.RawQuery = query.Encode()
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		r.Body = newBody(nil)
		return nil
	}
	b, err := g.jsonBody(w, r)
	if err != nil {
		return err
	}
	r.Body = b
	return nil
}

func (g *gateway) jsonBody(w http.ResponseWriter, r *http.Request) (*body, error) {
	if err := errors.Join(answer.CheckLength(r, g.MaxBodyBytes), answer.CheckEncoding(r)); err != nil {
		return nil, err
	}
	contentType := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(contentType)
	isJSON := err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json"))
	if contentType != "" && !isJSON {
		return nil, problem.New(problem.Unsupported, "the body's content type %q is not supported", contentType).
			At("Content-Type").Because("bodies of the API are JSON").Fix("send Content-Type: application/json")
	}
	b, err := readBody(w, r, g.MaxBodyBytes)
	if err != nil {
		return nil, err
	}
	if contentType == "" && len(b.content) > 0 {
		return nil, problem.New(problem.Unsupported, "the body has no content type").
			At("Content-Type").Because("bodies of the API are JSON").Fix("send Content-Type: application/json")
	}
	return b, nil
}

// fromHeaders turns the headers that stand for query parameters into those: Idempotency-Key, and of Prefer (RFC 7240)
// respond-async and wait. Headers that say something else than the query are refused.
func fromHeaders(query url.Values, header http.Header, method string) error {
	if method != http.MethodPost && method != http.MethodPut {
		return nil
	}
	if key := header.Get("Idempotency-Key"); key != "" {
		canonical(query, "idempotencyKey")
		if given := query.Get("idempotencyKey"); given != "" && given != key {
			return problem.New(problem.Invalid, "header and query name different idempotency keys").
				At("Idempotency-Key").Fix("send one of the two")
		}
		query.Set("idempotencyKey", key)
	}
	for _, preference := range strings.Split(strings.Join(header.Values("Prefer"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
		switch {
		case strings.EqualFold(name, "respond-async") && !query.Has("wait"):
			query.Set("wait", "accepted")
		case strings.EqualFold(name, "wait") && !query.Has("timeout"):
			// A preference that cannot be read is ignored, as the RFC asks.
			if seconds, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && seconds > 0 {
				query.Set("timeout", strconv.Itoa(seconds)+"s")
			}
		}
	}
	return nil
}

// checkNames refuses query parameters that the address does not have: a misspelled wait must not mean the default.
func (g *gateway) checkNames(query url.Values, method, pattern string) error {
	if g.Parameters == nil {
		return nil
	}
	names, known := g.Parameters(method, pattern)
	if !known {
		return nil
	}
	for given := range query {
		name := camel(given)
		if !slices.Contains(names, name) {
			remedy := "this address has no query parameters"
			if len(names) > 0 {
				remedy = "known here: " + strings.Join(names, ", ")
			}
			return problem.New(problem.Invalid, "there is no query parameter %q here", given).At(given).
				Because("an address has certain query parameters").Fix("%s", remedy)
		}
		canonical(query, name)
	}
	return nil
}

// canonical renames snake_case to camelCase, so that the rest looks in one place.
func canonical(query url.Values, name string) {
	for given, values := range query {
		if given != name && camel(given) == name {
			query[name] = append(query[name], values...)
			delete(query, given)
		}
	}
}

// readWords reads the values that people write shorter than protobuf does: wait=accepted, timeout=2m.
func readWords(query url.Values) error {
	for i, value := range query["wait"] {
		word, ok := waits[strings.ToLower(strings.TrimPrefix(strings.ToUpper(value), "WAIT_"))]
		if !ok {
			return problem.New(problem.Invalid, "wait=%s is not known", value).At("wait").
				Because("a write answers when it is accepted or when it is pushed").Fix("use accepted or pushed")
		}
		query["wait"][i] = word
	}
	for i, value := range query["timeout"] {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return problem.New(problem.Invalid, "timeout=%s is not a length of time", value).At("timeout").
				Because("a timeout is longer than zero").Fix("write it like 30s or 2m")
		}
		query["timeout"][i] = strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
	}
	return nil
}

var waits = map[string]string{
	"accepted": "WAIT_ACCEPTED", "pushed": "WAIT_PUSHED", "unspecified": "WAIT_UNSPECIFIED",
}

// inWordsOfREST names the field as a client of REST wrote it: the body of /api/v1/locks is the lock, so "create_lock.suggested_lifetime" is
// "suggestedLifetime" there, and "create_lock" is the body itself. Elsewhere, as in a preview, the command is a field of the body.
func inWordsOfREST(p *problem.Error, isBody bool) *problem.Error {
	q := *p
	head, rest, _ := strings.Cut(p.Field, ".")
	if isBody && slices.Contains(kinds, head) {
		q.Field = camelPath(rest)
	} else {
		q.Field = camelPath(p.Field)
	}
	return &q
}

// kinds are the fields of ExecuteRequest's oneof, each the body of an address.
var kinds = func() (names []string) {
	fields := (&api.ExecuteRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	for i := range fields.Len() {
		names = append(names, string(fields.Get(i).Name()))
	}
	return names
}()

// camelPath writes a dotted path in camelCase and leaves what is in brackets alone.
func camelPath(path string) string {
	var out strings.Builder
	for path != "" {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(path[open:], ']')
		if end < 0 {
			break
		}
		out.WriteString(camel(path[:open]))
		out.WriteString(path[open : open+end+1])
		path = path[open+end+1:]
	}
	out.WriteString(camel(path))
	return out.String()
}

// camel turns snake_case into camelCase, part by part of a dotted name.
func camel(name string) string {
	var out strings.Builder
	up := false
	for _, c := range name {
		switch {
		case c == '_':
			up = true
			continue
		case up && c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		up = false
		out.WriteRune(c)
	}
	return out.String()
}

func uintText(v uint64) string { return strconv.FormatUint(v, 10) }

func statusFromProto(m proto.Message) *status.Status {
	if st, ok := m.(*spb.Status); ok {
		return status.FromProto(st)
	}
	return status.New(0, "")
}
