package reads

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
)

// watchChunk is how many applications one event carries.
const watchChunk = 100

// maxWatchDetails is how many details a commit carries in Changes; the history has them all.
const maxWatchDetails = 1000

// Watch sends the matrix and then each change of it, until the caller or the server ends it.
//
// The position of an event is where a later watch resumes: everything up to it has been sent. So the parts of a snapshot
// carry 0 until SnapshotEnd, and of changes that need several events all but the last carry the position before. A
// watcher that is slower than the changes gets several of them as one, each application as it is then. One whose
// position is of another instance, or older than what is remembered, gets a snapshot, also with changes_only.
func (s overviewService) Watch(r *api.WatchRequest, stream grpc.ServerStreamingServer[api.WatchEvent]) error {
	w := &watcher{Server: s.Server, stream: stream, at: s.Clock.Now()}
	if err := w.start(r); err != nil {
		return err
	}
	for {
		sent, changed, err := w.advance()
		if err != nil {
			return err
		}
		if sent && s.Pace > 0 {
			if err := w.pause(); err != nil {
				return err
			}
			continue
		}
		select {
		case <-changed:
		case <-s.Clock.After(s.Heartbeat):
			if err := w.beat(); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-s.closing:
			return errClosing()
		}
	}
}

func errClosing() error {
	return problem.New(problem.Unavailable, "the service is stopping").Fix("watch again; resume_position continues where this one ended")
}

// watcher is one caller of Watch.
type watcher struct {
	*Server
	stream grpc.ServerStreamingServer[api.WatchEvent]
	// position and snapshot that the caller has been brought to, and when.
	position uint64
	snapshot *manifestrepo.Snapshot
	at       time.Time
}

// start resumes, or sends a snapshot, or only notes where things are. It says something in any case: over HTTP the answer begins
// with the first event, and a caller wants to know at once that the line stands, and from which position.
func (w *watcher) start(r *api.WatchRequest) error {
	view := w.Views.View()
	if r.ResumePosition != 0 && r.Instance == w.Instance && r.ResumePosition <= view.Position {
		if _, _, ok := w.Feed.since(r.ResumePosition); ok {
			// What the clock changed since the caller left is told, too.
			w.position, w.snapshot, w.at = r.ResumePosition, view.Snapshot, w.Feed.heldFrom(r.ResumePosition)
			return w.beat()
		}
		return w.sendSnapshot()
	}
	if r.ResumePosition == 0 && r.ChangesOnly {
		w.position, w.snapshot = view.Position, view.Snapshot
		return w.beat()
	}
	return w.sendSnapshot()
}

// pause keeps two changes apart, so that many watchers of a busy repo do not eat the machine.
func (w *watcher) pause() error {
	select {
	case <-w.Clock.After(w.Pace):
		return nil
	case <-w.stream.Context().Done():
		return w.stream.Context().Err()
	case <-w.closing:
		return errClosing()
	}
}

// sendSnapshot brings the caller to the present state from nothing.
func (w *watcher) sendSnapshot() error {
	view := w.Views.View()
	now := w.Clock.Now()
	p := w.pictures.of(view.Snapshot, now)
	environments, groups := p.shown(nil)
	rows := p.applications
	for first := true; first || len(rows) > 0; first = false {
		n := min(len(rows), watchChunk)
		part := &api.Overview{
			Environments: environments, Groups: groups, Applications: p.applicationProtos(rows[:n], nil, now),
			Total: int32(len(p.applications)), Commit: commitID(view.Snapshot), Position: view.Position, AsOf: convert.Time(view.Confirmed),
		}
		if err := w.send(view.Snapshot, 0, &api.WatchEvent{Kind: &api.WatchEvent_Snapshot{Snapshot: part}}); err != nil {
			return err
		}
		environments, groups, rows = nil, nil, rows[n:]
	}
	w.position, w.snapshot, w.at = view.Position, view.Snapshot, now
	return w.send(view.Snapshot, view.Position, &api.WatchEvent{Kind: &api.WatchEvent_SnapshotEnd{SnapshotEnd: &api.SnapshotEnd{}}})
}

// advance sends what changed since the caller's position, if anything did.
func (w *watcher) advance() (sent bool, next <-chan struct{}, err error) {
	n, next, ok := w.Feed.since(w.position)
	if !ok {
		return true, next, w.sendSnapshot()
	}
	if n.position == w.position {
		return false, next, nil
	}
	return true, next, w.sendChanges(n)
}

// beat says that the line is alive, or sends what changed by the passing of time alone.
func (w *watcher) beat() error {
	now := w.Clock.Now()
	if w.pictures.of(w.snapshot, now).passed(w.at, now).any() {
		return w.sendChanges(news{snapshot: w.snapshot, position: w.position})
	}
	w.at = now
	return w.send(w.snapshot, w.position, &api.WatchEvent{Kind: &api.WatchEvent_Heartbeat{Heartbeat: &api.Heartbeat{}}})
}

// sendChanges sends news, and what the clock changed meanwhile, in parts of watchChunk applications.
func (w *watcher) sendChanges(n news) error {
	now := w.Clock.Now()
	p := w.pictures.of(n.snapshot, now)
	n.add(p.passed(w.at, now))
	first := &api.Changes{}
	if n.environment {
		first.Environments, first.Groups = p.shown(nil)
	}
	var touched []*manifestrepo.Application
	for _, name := range p.affected(n) {
		if app := n.snapshot.Application(name); app != nil && exists(app) {
			touched = append(touched, app)
		} else {
			first.RemovedApplications = append(first.RemovedApplications, name)
		}
	}
	for _, c := range n.commits {
		e := index.EntryOf(c, w.Committer)
		e.Details = e.Details[:min(len(e.Details), maxWatchDetails)]
		first.Commits = append(first.Commits, convert.HistoryEntry(e))
	}
	for part := first; part != nil; {
		count := min(len(touched), watchChunk)
		for _, app := range touched[:count] {
			part.Applications = append(part.Applications, p.applicationProto(app, nil, now))
		}
		touched = touched[count:]
		position := w.position
		if len(touched) == 0 {
			position = n.position
		}
		if err := w.send(n.snapshot, position, &api.WatchEvent{Kind: &api.WatchEvent_Changes{Changes: part}}); err != nil {
			return err
		}
		part = nil
		if len(touched) > 0 {
			part = &api.Changes{}
		}
	}
	w.position, w.snapshot, w.at = n.position, n.snapshot, now
	return nil
}

// affected names the applications to send again, sorted: those touched, and those with a row in an environment that
// changed as a whole, because its locks and its upstream stand with each of them.
func (p *picture) affected(n news) []string {
	names := n.applications
	for _, env := range slices.Compact(slices.Sorted(slices.Values(n.environments))) {
		if c := p.byName[env]; c != nil {
			for _, r := range p.applications {
				if p.hasRow(r.app, c) {
					names = append(names, r.app.Name)
				}
			}
		}
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names)
}

func (w *watcher) send(s *manifestrepo.Snapshot, position uint64, e *api.WatchEvent) error {
	e.Position, e.Instance, e.Commit, e.Time = position, w.Instance, commitID(s), convert.Time(w.Clock.Now())
	return w.stream.Send(e)
}
