package manifestrepo

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Event is one thing a commit of main did; it stands in a Signalbox-Event trailer.
type Event struct {
	What            string `json:"what"`
	Application     string `json:"app,omitempty"`
	Environment     string `json:"env,omitempty"`
	Version         uint64 `json:"version,omitempty"`
	PreviousVersion uint64 `json:"prev,omitempty"`
	LockID          string `json:"lock,omitempty"`
	// ID is what else it is about: the id of an approval, the name of a release set or of a train.
	ID string `json:"id,omitempty"`
}

// line is the event as its trailer holds it.
func (e Event) line() string {
	o := object{}
	o.text("what", e.What)
	o.text("app", e.Application)
	o.text("env", e.Environment)
	o.number("version", e.Version)
	o.number("prev", e.PreviousVersion)
	o.text("lock", e.LockID)
	o.text("id", e.ID)
	return string(o.compact(nil))
}

// Message is a commit message of main: what people and programs read.
type Message struct {
	Subject, Body                    string
	Action, RequestID, RequestDigest string
	Application, Environment, Reason string
	Version                          uint64
	Events                           []Event
}

// The trailers of main's commits.
const (
	TrailerAction        = "Signalbox-Action"
	TrailerRequestID     = "Signalbox-Request-Id"
	TrailerRequestDigest = "Signalbox-Request-Digest"
	TrailerApplication   = "Signalbox-Application"
	TrailerEnvironment   = "Signalbox-Environment"
	TrailerVersion       = "Signalbox-Version"
	TrailerReason        = "Signalbox-Reason"
	TrailerEvent         = "Signalbox-Event"
	// The trailers of the release log's commits, beside application and version.
	TrailerRecord  = "Signalbox-Record"
	TrailerRelease = "Signalbox-Release"
)

const trailerPrefix = "Signalbox-"

// String is the message as it is committed: subject, body, and a last paragraph of trailers that begins with the action, even when
// that is empty. So the last paragraph is always ours, whatever a user wrote above.
func (m Message) String() string {
	w := trailerWriter{}
	w.head(m.Subject, m.Body)
	w.always(TrailerAction, m.Action)
	w.add(TrailerRequestID, m.RequestID)
	w.add(TrailerRequestDigest, m.RequestDigest)
	w.add(TrailerApplication, m.Application)
	w.add(TrailerEnvironment, m.Environment)
	if m.Version != 0 {
		w.add(TrailerVersion, strconv.FormatUint(m.Version, 10))
	}
	w.add(TrailerReason, m.Reason)
	for _, e := range m.Events {
		w.add(TrailerEvent, e.line())
	}
	return w.String()
}

// ParseMessage reads a commit message of main; trailers that are missing or broken are left out. Use it on our own commits only.
func ParseMessage(text string) Message {
	var m Message
	subject, body, trailers := splitMessage(text)
	m.Subject, m.Body = subject, body
	for key, value := range trailers {
		switch key {
		case TrailerAction:
			m.Action = value
		case TrailerRequestID:
			m.RequestID = value
		case TrailerRequestDigest:
			m.RequestDigest = value
		case TrailerApplication:
			m.Application = value
		case TrailerEnvironment:
			m.Environment = value
		case TrailerVersion:
			if v, err := strconv.ParseUint(value, 10, 64); err == nil {
				m.Version = v
			}
		case TrailerReason:
			m.Reason = value
		case TrailerEvent:
			var e Event
			if json.Unmarshal([]byte(value), &e) == nil && e.What != "" {
				m.Events = append(m.Events, e)
			}
		}
	}
	return m
}

// trailerWriter builds a commit message.
type trailerWriter struct{ strings.Builder }

func (w *trailerWriter) head(subject, body string) {
	w.WriteString(oneLine(subject))
	w.WriteByte('\n')
	if body = cleanText(body); body != "" {
		w.WriteByte('\n')
		w.WriteString(body)
		w.WriteByte('\n')
	}
	w.WriteByte('\n')
}

func (w *trailerWriter) add(key, value string) {
	if value != "" {
		w.always(key, value)
	}
}

func (w *trailerWriter) always(key, value string) {
	w.WriteString(key)
	w.WriteString(": ")
	w.WriteString(escapeTrailer(value))
	w.WriteByte('\n')
}

// splitMessage takes a message apart. The trailers are the lines of the last paragraph, and none when that paragraph is the subject or
// does not begin with a trailer of ours.
func splitMessage(text string) (subject, body string, trailers func(yield func(key, value string) bool)) {
	text = strings.TrimRight(text, "\n")
	rest := text
	var last string
	if i := strings.LastIndex(text, "\n\n"); i >= 0 && strings.HasPrefix(text[i+2:], trailerPrefix) {
		rest, last = text[:i], text[i+2:]
	}
	subject, body, _ = strings.Cut(rest, "\n")
	return strings.TrimSpace(subject), strings.Trim(body, "\n"), func(yield func(key, value string) bool) {
		for line := range strings.SplitSeq(last, "\n") {
			key, value, ok := strings.Cut(line, ": ")
			if ok && strings.HasPrefix(key, trailerPrefix) && !yield(key, unescapeTrailer(value)) {
				return
			}
		}
	}
}

// escapeTrailer makes one line of a value: a line feed becomes \n, a carriage return \r, a backslash \\. Other control characters are
// of no use to a reader and end a commit message for some tools (NUL), so they become U+FFFD.
func escapeTrailer(value string) string {
	if plainTrailer(value) {
		return value
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(value, "\ufffd") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\\':
			b.WriteString(`\\`)
		case unicode.IsControl(r) && r != '\t':
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plainTrailer(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
}

func unescapeTrailer(value string) string {
	if !strings.Contains(value, `\`) {
		return value
	}
	var b strings.Builder
	b.Grow(len(value))
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		i++
		switch value[i] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case '\\':
			b.WriteByte('\\')
		default: // not ours: kept as it is
			b.WriteByte('\\')
			b.WriteByte(value[i])
		}
	}
	return b.String()
}

// oneLine makes a subject of any text: line breaks and control characters become spaces, and it is never empty.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd")))
	if text == "" {
		return "(no subject)"
	}
	return text
}

// cleanText makes a body of any text: line feeds and tabs stay, other control characters become U+FFFD, empty lines around it go.
func cleanText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\ufffd'
		}
		return r
	}, text), "\n")
}
