package remote

import (
	"sync"
	"time"
)

// resumeWithin is how long after a confirmed push the next one may do without asking for the refs first. Whoever else pushes in
// that time is found out by the server itself, which compares each ref with its old value.
const resumeWithin = 5 * time.Second

// resumer is a transport whose requests stand alone: after a push that went well, the next one can be sent without the server's
// advertisement. Over http that saves a round trip and two processes on the server.
type resumer interface {
	resume(s service) session
}

// lastPush is what a confirmed push told about the server.
type lastPush struct {
	mu    sync.Mutex
	ad    advertisement
	until time.Time
}

// keep remembers where the refs are after a push.
func (l *lastPush) keep(ad advertisement, updates []RefUpdate) {
	for _, u := range updates {
		ad.refs[u.Name] = u.New
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ad, l.until = ad, time.Now().Add(resumeWithin)
}

// take hands out what is known, once: a push that goes wrong leaves nothing to rely on.
func (l *lastPush) take() (ad advertisement, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ad, ok = l.ad, time.Now().Before(l.until)
	l.ad, l.until = advertisement{}, time.Time{}
	return ad, ok
}
