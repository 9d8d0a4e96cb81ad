package reads

import (
	"context"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

type lockService struct {
	api.UnimplementedLockServiceServer
	*Server
}

// anyHolds reports whether one of the locks holds now.
func anyHolds(locks map[string]*manifestrepo.Lock, now time.Time) bool {
	for _, l := range locks {
		if !l.Expired(now) {
			return true
		}
	}
	return false
}

// ListLocks lists the locks that hold now, oldest first. A filter by environment leaves the locks that hold something there
// (its own, its teams', its applications', its group's and the global stop); by application its own and its team's; by team
// the team's.
func (s lockService) ListLocks(_ context.Context, r *api.ListLocksRequest) (*api.ListLocksResponse, error) {
	_, p := s.look()
	if err := p.checkEnvironment("environment", r.Environment); err != nil {
		return nil, err
	}
	var app *manifestrepo.Application
	if r.Application != "" {
		// Locks may come ahead of the application's first release.
		if app = p.snapshot.Application(r.Application); app == nil {
			return nil, p.noApplication("application", r.Application)
		}
	}
	now := s.Clock.Now()
	var found []*manifestrepo.Lock
	for _, l := range p.snapshot.Locks() {
		if !l.Expired(now) && p.concerns(l, r.Environment, app, r.Team) {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b *manifestrepo.Lock) int { return strings.Compare(keyOfLock(a), keyOfLock(b)) })
	page, next, err := paginate("locks", r.PageSize, r.PageToken, found, keyOfLock, strings.Compare)
	if err != nil {
		return nil, err
	}
	out := &api.ListLocksResponse{NextPageToken: next, Total: int32(len(found)), Locks: make([]*api.Lock, 0, len(page))}
	for _, l := range page {
		out.Locks = append(out.Locks, p.lock(l))
	}
	return out, nil
}

func (p *picture) concerns(l *manifestrepo.Lock, env string, app *manifestrepo.Application, team string) bool {
	if env != "" && l.Environment != env && l.Scope != manifestrepo.ScopeGlobal {
		c := p.byName[env]
		if l.Scope != manifestrepo.ScopeGroup || c == nil || c.env.GroupName() != l.Group {
			return false
		}
	}
	if app != nil && l.Application != app.Name && (l.Team == "" || l.Team != app.Team) {
		return false
	}
	return team == "" || l.Team == team
}

// keyOfLock orders locks: when, then where. The path tells any two apart.
func keyOfLock(l *manifestrepo.Lock) string {
	return l.CreatedAt.UTC().Format("2006-01-02T15:04:05.000000000") + " " + manifestrepo.LockPath(l)
}

// holding lists the locks that hold a deployment of app in env back: global, group, environment, team, application.
func (p *picture) holding(app *manifestrepo.Application, env string, now time.Time) []*api.Lock {
	own := app.Locks[env]
	c := p.byName[env]
	if c == nil {
		return p.locks(own, now)
	}
	team := c.teams[app.Team]
	if len(own) == 0 && len(team) == 0 {
		return c.wide
	}
	return slices.Concat(c.wide, team, p.locks(own, now))
}
