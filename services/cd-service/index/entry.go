package index

import (
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Foreign is the action of commits that Signalbox did not make.
const Foreign = "foreign"

// Limits of what the history keeps of one commit's message. A train of thousands writes megabytes of event trailers, and
// the events are kept apart anyway.
const (
	wholeMessage = 16 << 10
	maxMessage   = 64 << 10
)

// Entry is one commit of main as the history knows it.
type Entry struct {
	// Sequence is the position on main's first-parent line, from 1. It is 0 where it is not known.
	Sequence uint64
	Commit   gitstore.Hash
	// Time is when the commit was made, to the second, in UTC.
	Time   time.Time
	Author manifestrepo.Actor
	// Action is the kind of command, or Foreign.
	Action                                        string
	Subject, Reason, OperationID, Digest, Message string
	// Details are the events of the commit, in order; where a query named an application or an environment, those only.
	Details []manifestrepo.Event
	// DetailsTotal is how many events the commit has, asked for or not.
	DetailsTotal int
}

// EntryOf reads a commit of main. Trailers count only when committer made it. Message is the whole commit message up to
// 16 KiB; a longer one is without its event trailers (Details has them) and at most 64 KiB. Sequence is not set.
func EntryOf(c gitstore.CommitInfo, committer string) Entry {
	e := Entry{
		Commit: c.Hash,
		Time:   c.Committer.When.UTC().Truncate(time.Second),
		Author: manifestrepo.Actor{Name: clean(c.Author.Name), Email: clean(c.Author.Email)},
		Action: Foreign,
	}
	own := c.Committer.Name == committer
	e.Message = keptMessage(clean(c.Message), own)
	e.Subject, _, _ = strings.Cut(strings.TrimLeft(e.Message, "\n"), "\n")
	if !own {
		return e
	}
	m := manifestrepo.ParseMessage(c.Message)
	e.Action, e.Reason, e.OperationID, e.Digest, e.Details = clean(m.Action), clean(m.Reason), clean(m.RequestID), clean(m.RequestDigest), m.Events
	e.DetailsTotal = len(m.Events)
	return e
}

// clean makes text that every reader can take: other people's commits may hold any bytes.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

func keptMessage(text string, own bool) string {
	if len(text) <= wholeMessage {
		return text
	}
	if own {
		var kept strings.Builder
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, manifestrepo.TrailerEvent+":") {
				kept.WriteString(line)
			}
		}
		text = kept.String()
	}
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "")
	}
	return text
}
