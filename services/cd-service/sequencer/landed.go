package sequencer

import (
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// landedCount bounds how many request ids are remembered; older ones are in the index by then.
const landedCount = 65536

// Landed knows which operations main holds: those of the last day that came by since the process started. It is a follower of
// state.Repo, made before the Repo is opened so that it misses nothing; its methods may be called from any goroutine.
type Landed struct {
	now    func() time.Time
	wanted map[string]bool

	mu    sync.Mutex
	byID  map[string]gitstore.Hash
	order []string
}

// NewLanded makes one. Operations of wanted (intents the journal holds) are remembered however old their commits are.
func NewLanded(now func() time.Time, wanted []string) *Landed {
	l := &Landed{now: now, wanted: map[string]bool{}, byID: map[string]gitstore.Hash{}}
	for _, id := range wanted {
		l.wanted[id] = true
	}
	return l
}

// Follow remembers the operations of a step.
func (l *Landed) Follow(step state.Step) {
	oldest := l.now().Add(-2 * Remember)
	l.mu.Lock()
	defer l.mu.Unlock()
	if step.Before.Commit().IsZero() {
		l.byID, l.order = map[string]gitstore.Hash{}, nil
	}
	for _, c := range step.Commits {
		if !state.Ours(c) || len(l.wanted) == 0 && c.Committer.When.Before(oldest) {
			continue
		}
		id := requestID(c.Message)
		if id == "" || c.Committer.When.Before(oldest) && !l.wanted[id] {
			continue
		}
		if _, known := l.byID[id]; !known {
			l.order = append(l.order, id)
		}
		l.byID[id] = c.Hash
	}
	if extra := len(l.order) - landedCount; extra > 0 {
		for _, id := range l.order[:extra] {
			delete(l.byID, id)
		}
		l.order = append([]string(nil), l.order[extra:]...)
	}
}

// Find gives the commit of main that holds an operation.
func (l *Landed) Find(operationID string) (gitstore.Hash, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.byID[operationID]
	return h, ok
}

// requestID reads the one trailer without parsing the rest.
func requestID(message string) string {
	const trailer = "\nSignalbox-Request-Id: "
	if !strings.Contains(message, trailer) {
		return ""
	}
	return manifestrepo.ParseMessage(message).RequestID
}

// DigestTrailer is a request's digest as its commit's trailer keeps it: the first 32 hex digits.
func DigestTrailer(digest []byte) string {
	text := hex.EncodeToString(digest)
	return text[:min(32, len(text))]
}
