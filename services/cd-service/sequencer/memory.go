package sequencer

import (
	"container/list"
	"time"

	"google.golang.org/protobuf/proto"
)

// Remember is how long a finished command answers its retries.
const Remember = 24 * time.Hour

// Limits of what is remembered; older commands are found in the index by their commit.
const (
	rememberCount = 16384
	rememberBytes = 8 << 20
)

// memory holds the outcomes of recent commands, oldest out first. The Sequencer's mu guards it.
type memory struct {
	order *list.List
	byID  map[string]*list.Element
	bytes int
}

type remembered struct {
	outcome Outcome
	digest  []byte
	size    int
}

func newMemory() *memory {
	return &memory{order: list.New(), byID: map[string]*list.Element{}}
}

func (m *memory) put(o Outcome, digest []byte) {
	if old, ok := m.byID[o.ID]; ok {
		m.drop(old)
	}
	r := remembered{outcome: o, digest: digest, size: proto.Size(o.Result) + len(o.Subject) + 512}
	m.byID[o.ID] = m.order.PushBack(r)
	m.bytes += r.size
	for m.order.Len() > rememberCount || m.bytes > rememberBytes {
		m.drop(m.order.Front())
	}
}

func (m *memory) get(id string, now time.Time) (Outcome, []byte, bool) {
	for first := m.order.Front(); first != nil; first = m.order.Front() {
		if now.Sub(first.Value.(remembered).outcome.Finished) <= Remember {
			break
		}
		m.drop(first)
	}
	e, ok := m.byID[id]
	if !ok {
		return Outcome{}, nil, false
	}
	r := e.Value.(remembered)
	return r.outcome, r.digest, true
}

func (m *memory) drop(e *list.Element) {
	r := e.Value.(remembered)
	m.order.Remove(e)
	delete(m.byID, r.outcome.ID)
	m.bytes -= r.size
}
