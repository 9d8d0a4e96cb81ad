package manifestrepo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The canonical form: keys sorted, two spaces, one newline at the end, absent instead of empty.

// object gathers the fields of a JSON object; values are canonical JSON for their place, but for the indentation.
type object struct{ fields []field }

type field struct {
	key   string
	value []byte
}

func (o *object) raw(key string, value []byte) { o.fields = append(o.fields, field{key, value}) }

func (o *object) text(key, value string) {
	if value != "" {
		o.raw(key, appendString(nil, value))
	}
}

func (o *object) number(key string, value uint64) {
	if value != 0 {
		o.raw(key, strconv.AppendUint(nil, value, 10))
	}
}

func (o *object) flag(key string, value bool) {
	if value {
		o.raw(key, []byte("true"))
	}
}

func (o *object) time(key string, t time.Time) {
	if !t.IsZero() {
		o.raw(key, t.UTC().AppendFormat(nil, `"2006-01-02T15:04:05Z"`))
	}
}

func (o *object) hash(key string, h Hash) {
	if !h.IsZero() {
		o.text(key, h.String())
	}
}

func (o *object) actor(key string, a Actor, extra extraFields) {
	inner := object{}
	inner.text("name", a.Name)
	inner.text("email", a.Email)
	inner.under(actorExtra(key, a), extra)
	o.nested(key, &inner)
}

// under adds the fields of a nested object that were kept under a prefix.
func (o *object) under(prefix string, extra extraFields) {
	for k, v := range extra {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			o.raw(rest, v)
		}
	}
}

// nested adds an object, unless it has no field.
func (o *object) nested(key string, inner *object) {
	if len(inner.fields) > 0 {
		o.raw(key, inner.compact(nil))
	}
}

// extra adds the fields that were read and not understood. A field we write wins over one of the same name.
func (o *object) extra(extra extraFields) {
	for k, v := range extra {
		if !strings.Contains(k, nestedMark) && !slices.ContainsFunc(o.fields, func(f field) bool { return f.key == k }) {
			o.raw(k, v)
		}
	}
}

func (o *object) sort() {
	slices.SortFunc(o.fields, func(a, b field) int { return strings.Compare(a.key, b.key) })
}

// compact writes the object on one line.
func (o *object) compact(b []byte) []byte {
	o.sort()
	b = append(b, '{')
	for i, f := range o.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, f.key)
		b = append(b, ':')
		b = append(b, f.value...)
	}
	return append(b, '}')
}

// file writes the object as a file.
func (o *object) file() []byte { return indent(o.compact(nil)) }

// indent lays compact, sorted JSON out as a file.
func indent(compact []byte) []byte {
	var buf bytes.Buffer
	buf.Grow(2 * len(compact))
	if json.Indent(&buf, compact, "", "  ") != nil {
		return append(compact, '\n') // compact is our own output; kept as it is rather than lost
	}
	buf.WriteByte('\n')
	return buf.Bytes()
}

// canonical writes any JSON value on one line with sorted keys; numbers keep their digits.
func canonical(raw []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return appendValue(nil, v), nil
}

// canonicalOr is canonical for JSON that was valid when it was read.
func canonicalOr(raw []byte) []byte {
	c, err := canonical(raw)
	if err != nil {
		return bytes.Clone(raw)
	}
	return c
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case string:
		return appendString(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e)
		}
		return append(b, ']')
	case map[string]any:
		o := object{}
		for k, e := range v {
			o.raw(k, appendValue(nil, e))
		}
		return o.compact(b)
	}
	return b
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. Only quotes, backslashes, control characters and the two line separators of Unicode are
// escaped, so that a message reads in `git log -p` as it was written; bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), "\ufffd"...)
			start = i + size
		case r < 0xa0: // C1 control characters
			b = append(append(b, s[start:i]...), '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&0xf])
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
