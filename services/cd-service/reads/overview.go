package reads

import (
	"context"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

type overviewService struct {
	api.UnimplementedOverviewServiceServer
	*Server
}

// GetOverview returns one page of the matrix, applications by name.
//
// The filters (differs_from_upstream, locked, queued, frozen, held, pending_approval) ask for an environment among those shown where it is
// so; several of them must all hold, each somewhere. An application is locked when a lock of its own or of its team holds it: locks on whole
// environments stand with the environments. It differs where the upstream runs another version, also when nothing runs yet
// though that version has a manifest.
func (s overviewService) GetOverview(_ context.Context, r *api.GetOverviewRequest) (*api.Overview, error) {
	view, p := s.look()
	columns, mask, err := p.selection(r.Environments)
	if err != nil {
		return nil, err
	}
	out := &api.Overview{Commit: commitID(p.snapshot), Position: view.Position, AsOf: convert.Time(view.Confirmed), Counts: &api.OverviewCounts{}}
	out.Environments, out.Groups = p.shown(columns)
	matching := p.filter(r, mask, out.Counts)
	page, next, err := paginate("overview", r.PageSize, r.PageToken, matching, func(r *row) string { return r.app.Name }, strings.Compare)
	if err != nil {
		return nil, err
	}
	out.NextPageToken, out.Total = next, int32(len(matching))
	out.Applications = p.applicationProtos(page, columns, s.Clock.Now())
	return out, nil
}

// selection is the environments asked for; nil means all.
func (p *picture) selection(names []string) (columns map[string]bool, mask bits, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	columns, mask = map[string]bool{}, make(bits, (len(p.environments)+63)/64)
	for _, name := range names {
		if err := p.checkEnvironment("environments", name); err != nil {
			return nil, nil, err
		}
		if c := p.byName[name]; c != nil {
			columns[name] = true
			mask.set(c.bit)
		}
	}
	return columns, mask, nil
}

// shown lists the environments asked for and the groups they are in.
func (p *picture) shown(columns map[string]bool) (environments []*api.Environment, groups []*api.EnvironmentGroup) {
	for _, c := range p.environments {
		if columns == nil || columns[c.env.Name] {
			environments = append(environments, c.proto)
		}
	}
	for _, g := range p.groups {
		if columns == nil || slices.ContainsFunc(g.Environments, func(env string) bool { return columns[env] }) {
			groups = append(groups, g)
		}
	}
	return environments, groups
}

// filter lists the rows that match and counts what each filter alone would leave of those that match search and teams.
func (p *picture) filter(r *api.GetOverviewRequest, mask bits, counts *api.OverviewCounts) []*row {
	search := strings.ToLower(r.Search)
	var matching []*row
	for _, row := range p.applications {
		if !strings.Contains(row.app.Name, search) || len(r.Teams) > 0 && !slices.Contains(r.Teams, row.app.Team) {
			continue
		}
		counts.All++
		matches := true
		for _, f := range []struct {
			where bits
			asked bool
			count *int32
		}{
			{row.differs, r.DiffersFromUpstream, &counts.DiffersFromUpstream},
			{row.locked, r.Locked, &counts.Locked},
			{row.queued, r.Queued, &counts.Queued},
			{row.frozen, r.Frozen, &counts.Frozen},
			{row.held, r.Held, &counts.Held},
			{p.pending[row.app.Name], r.PendingApproval, &counts.PendingApproval},
		} {
			is := f.where.meets(mask)
			*f.count += one(is)
			matches = matches && (is || !f.asked)
		}
		if matches {
			matching = append(matching, row)
		}
	}
	return matching
}

func one(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func (p *picture) applicationProtos(rows []*row, columns map[string]bool, now time.Time) []*api.Application {
	out := make([]*api.Application, len(rows))
	for i, r := range rows {
		out[i] = p.applicationProto(r.app, columns, now)
	}
	return out
}

// commitID is the commit of main that a snapshot was read from; empty for a repo without commits.
func commitID(s *manifestrepo.Snapshot) string {
	if s.Commit().IsZero() {
		return ""
	}
	return s.Commit().String()
}
