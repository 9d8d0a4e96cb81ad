package reads

import (
	"context"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

type queueService struct {
	api.UnimplementedQueueServiceServer
	*Server
}

// ListQueue lists the versions that wait, by environment and application.
func (s queueService) ListQueue(_ context.Context, r *api.ListQueueRequest) (*api.ListQueueResponse, error) {
	_, p := s.look()
	if err := p.checkEnvironment("environment", r.Environment); err != nil {
		return nil, err
	}
	if r.Application != "" {
		if _, err := p.application("application", r.Application); err != nil {
			return nil, err
		}
	}
	found := p.waiting(r)
	key := func(w waiting) string { return w.env.Name + " " + w.app.Name }
	page, next, err := paginate("queue", r.PageSize, r.PageToken, found, key, strings.Compare)
	if err != nil {
		return nil, err
	}
	view := rules.ViewQueue(p.snapshot, s.Clock.Now())
	out := &api.ListQueueResponse{NextPageToken: next, Total: int32(len(found)), Queued: make([]*api.QueuedVersion, 0, len(page))}
	for _, w := range page {
		out.Queued = append(out.Queued, queuedProto(w, view))
	}
	return out, nil
}

// waiting is a version that waits.
type waiting struct {
	app *manifestrepo.Application
	env *manifestrepo.Environment
}

// waiting lists what waits in the environments there are, by environment and application.
func (p *picture) waiting(r *api.ListQueueRequest) []waiting {
	var found []waiting
	for _, env := range p.snapshot.Environments() {
		c := p.byName[env.Name]
		if r.Environment != "" && env.Name != r.Environment || c.proto.Queued == 0 {
			continue
		}
		for _, row := range p.applications {
			if row.queued.has(c.bit) && (r.Application == "" || row.app.Name == r.Application) && (r.Team == "" || row.app.Team == r.Team) {
				found = append(found, waiting{row.app, env})
			}
		}
	}
	return found
}

// queuedProto says what a version waits for, and what would hold it back now.
func queuedProto(w waiting, view *rules.QueueView) *api.QueuedVersion {
	d := w.app.Deployments[w.env.Name]
	q := d.Queued
	out := &api.QueuedVersion{
		Application: w.app.Name, Environment: w.env.Name, Team: w.app.Team, Version: q.Version, RunningVersion: d.Version,
		QueuedAt: convert.Time(q.At), QueuedBy: convert.Actor(q.By), Because: q.Because, Cause: causeWord(q.Cause),
	}
	out.DisplayVersion, out.RunningDisplayVersion = displayVersion(w.app, q.Version), displayVersion(w.app, d.Version)
	held, goes := view.HeldBy(w.app, w.env)
	out.HeldByNow, out.GoesAt = held, convert.Time(goes)
	return out
}
