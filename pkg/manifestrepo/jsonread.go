package manifestrepo

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// The reader of small JSON objects. encoding/json alone would do, but it forgets unknown fields, or costs three times as much when
// asked to keep them, and a start from nothing decodes 160,000 of these objects.

// checkJSON says why data is not one JSON object in UTF-8.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("it is not UTF-8")
	}
	if !json.Valid(data) {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("it is not JSON: %w", err)
		}
		return fmt.Errorf("it is not JSON")
	}
	if kindOf(data) != "an object" {
		return fmt.Errorf("it holds %s instead of an object", kindOf(data))
	}
	return nil
}

// eachField calls fn for each field of a JSON object that json.Valid has accepted. A field that comes twice is an error.
func eachField(data []byte, fn func(key string, raw []byte) error) error {
	var seen seenKeys
	i := skipSpace(data, 0) + 1 // behind '{'
	for {
		i = skipSpace(data, i)
		if data[i] == '}' {
			return nil
		}
		if data[i] == ',' {
			i = skipSpace(data, i+1)
		}
		end := valueEnd(data, i)
		key := keyText(data[i:end])
		i = skipSpace(data, skipSpace(data, end)+1) // behind ':'
		end = valueEnd(data, i)
		if seen.again(key) {
			return fmt.Errorf("the field %s comes twice", quote(key))
		}
		if err := fn(key, data[i:end]); err != nil {
			return err
		}
		i = end
	}
}

// seenKeys remembers the keys of an object. Most have a few, and a large one may not take quadratic time.
type seenKeys struct {
	few  [16]string
	n    int
	many map[string]bool
}

func (s *seenKeys) again(key string) bool {
	for _, k := range s.few[:s.n] {
		if k == key {
			return true
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = key
		s.n++
		return false
	}
	if s.many[key] {
		return true
	}
	if s.many == nil {
		s.many = map[string]bool{}
	}
	s.many[key] = true
	return false
}

// eachElement calls fn for each element of a valid JSON array.
func eachElement(data []byte, fn func(raw []byte) error) error {
	i := 1
	for {
		i = skipSpace(data, i)
		if data[i] == ']' {
			return nil
		}
		if data[i] == ',' {
			i = skipSpace(data, i+1)
		}
		end := valueEnd(data, i)
		if err := fn(data[i:end]); err != nil {
			return err
		}
		i = end
	}
}

func skipSpace(data []byte, i int) int {
	for data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r' {
		i++
	}
	return i
}

// valueEnd is the index behind the value that begins at i, in valid JSON.
func valueEnd(data []byte, i int) int {
	switch data[i] {
	case '"':
		return stringEnd(data, i)
	case '{', '[':
		depth := 0
		for {
			switch data[i] {
			case '"':
				i = stringEnd(data, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(data) {
		switch data[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

func stringEnd(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// knownKeys are the keys of our files, so that reading one allocates nothing.
var knownKeys = func() map[string]string {
	known := map[string]string{}
	for _, key := range []string{
		"action", "application", "at", "author", "backfilled", "because", "by", "byHand", "cause", "changes", "ciLink", "commitId",
		"createdAt", "createdBy", "deployedAt", "deployedBy", "digests", "displayVersion", "email", "environment", "environments",
		"expiresAt", "from", "head", "hold", "labels", "last", "layout", "log", "manifestBlob", "message", "minor", "name",
		"outcome", "paused", "prepublished", "previousCommitId", "project", "queued", "reason", "ref", "revision", "schedule",
		"sealed", "since", "sourceRepoURL", "stop", "suggestedLifetime", "team", "term", "timeZone", "undeploy", "version",
		"versions", "void",
	} {
		known[key] = key
	}
	return known
}()

func keyText(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if known, ok := knownKeys[string(inner)]; ok {
		return known
	}
	return unquote(raw)
}

// unquote reads a valid JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw[1 : len(raw)-1])
	}
	return s
}

// quote writes text as a JSON string, for messages and files alike.
func quote(text string) string { return string(appendString(nil, text)) }

// kindOf names the type of a valid JSON value.
func kindOf(raw []byte) string {
	raw = bytes.TrimLeft(raw, " \n\t\r")
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

func isNull(raw []byte) bool { return len(raw) == 4 && raw[0] == 'n' }

// fieldError is a value of a wrong type; it reads `version: wants a whole number, found text`.
func fieldError(key, want string, raw []byte) error {
	found := kindOf(raw)
	if found == want {
		found = shown(string(raw))
	}
	return fmt.Errorf("%s: wants %s, found %s", key, want, found)
}

// fieldReader decodes the fields of one kind of file and remembers strings that repeat from file to file.
// It is not safe for concurrent use.
type fieldReader struct {
	strings map[string]string
	lists   map[string][]string
}

// readers keeps readers for the next step, with what they remember.
var readers = sync.Pool{New: func() any {
	return &fieldReader{strings: map[string]string{}, lists: map[string][]string{}}
}}

func newFieldReader() *fieldReader { return readers.Get().(*fieldReader) }

// done gives a reader back, unless it has seen so much that keeping it would hold memory for nothing.
func (f *fieldReader) done() {
	if len(f.strings) < 10_000 && len(f.lists) < 1_000 {
		readers.Put(f)
	}
}

// text reads a string; null is absent.
func (f *fieldReader) text(key string, raw []byte, into *string) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '"' {
		return fieldError(key, "text", raw)
	}
	*into = unquote(raw)
	return nil
}

// name reads a string that repeats: an actor, a team, an environment.
func (f *fieldReader) name(key string, raw []byte, into *string) error {
	if raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		if known, ok := f.strings[string(raw[1:len(raw)-1])]; ok {
			*into = known
			return nil
		}
	}
	if err := f.text(key, raw, into); err != nil {
		return err
	}
	*into = f.remember(*into)
	return nil
}

func (f *fieldReader) number(key string, raw []byte, max uint64, into *uint64) error {
	if isNull(raw) {
		return nil
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil || n > max {
		return fieldError(key, "a whole number up to "+strconv.FormatUint(max, 10), raw)
	}
	*into = n
	return nil
}

func (f *fieldReader) flag(key string, raw []byte, into *bool) error {
	switch string(raw) {
	case "true":
		*into = true
	case "false", "null":
		*into = false
	default:
		return fieldError(key, "true or false", raw)
	}
	return nil
}

func (f *fieldReader) time(key string, raw []byte, into *time.Time) error {
	var text string
	if err := f.text(key, raw, &text); err != nil || text == "" {
		return err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%s: wants a time such as 2026-11-20T09:00:00Z, found %s", key, shown(text))
	}
	t = t.UTC().Truncate(time.Second)
	if t.Year() < 0 || t.Year() > 9999 {
		return fmt.Errorf("%s: %s is outside the years 0 to 9999 in UTC", key, shown(text))
	}
	*into = t
	return nil
}

func (f *fieldReader) hash(key string, raw []byte, into *Hash) error {
	if isNull(raw) {
		return nil
	}
	if len(raw) == 42 && raw[0] == '"' {
		if _, err := hex.Decode(into[:], raw[1:41]); err == nil {
			return nil
		}
	}
	return fieldError(key, "a git object id of 40 hex digits", raw)
}

// actor reads {"name","email"}; what else is in the object goes to extra.
func (f *fieldReader) actor(key string, raw []byte, into *Actor, extra *extraFields) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return fieldError(key, "an object with name and email", raw)
	}
	var rest extraFields
	err := eachField(raw, func(k string, v []byte) error {
		switch k {
		case "name":
			return f.name(key+".name", v, &into.Name)
		case "email":
			return f.name(key+".email", v, &into.Email)
		}
		rest.keep(k, v)
		return nil
	})
	for k, v := range rest {
		extra.keep(actorExtra(key, *into)+k, v)
	}
	return err
}

// actorExtra is the key under which unknown fields of an actor are kept: they belong to this very person and go with them.
func actorExtra(key string, a Actor) string {
	return key + nestedMark + a.Name + nestedMark + a.Email + nestedMark
}

// nestedMark separates the parts of an extra key that stands for a field of a nested object. The byte cannot come from a file: keys
// are UTF-8.
const nestedMark = "\xff"

// keep remembers a field in canonical form, so that a file means the same however it was written.
func (e *extraFields) keep(key string, raw []byte) {
	if *e == nil {
		*e = extraFields{}
	}
	(*e)[key] = canonicalOr(raw)
}
