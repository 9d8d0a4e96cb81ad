package reads

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

type approvalService struct {
	api.UnimplementedApprovalServiceServer
	*Server
}

// ListApprovals lists the requests for approval that wait, oldest first. One that expired waits no more. Where an application or a team is
// asked for, requests are listed whole that have a change of it.
func (s approvalService) ListApprovals(_ context.Context, r *api.ListApprovalsRequest) (*api.ListApprovalsResponse, error) {
	_, p := s.look()
	if err := p.checkEnvironment("environment", r.Environment); err != nil {
		return nil, err
	}
	if r.Application != "" {
		if _, err := p.application("application", r.Application); err != nil {
			return nil, err
		}
	}
	now := s.Clock.Now()
	var found []*manifestrepo.Approval
	for _, c := range p.environments {
		if r.Environment != "" && c.env.Name != r.Environment {
			continue
		}
		for _, a := range c.env.Approvals {
			if !a.Expired(now) && p.asksFor(a, r.Application, r.Team) {
				found = append(found, a)
			}
		}
	}
	slices.SortFunc(found, func(a, b *manifestrepo.Approval) int { return strings.Compare(keyOfApproval(a), keyOfApproval(b)) })
	page, next, err := paginate("approvals", r.PageSize, r.PageToken, found, keyOfApproval, strings.Compare)
	if err != nil {
		return nil, err
	}
	out := &api.ListApprovalsResponse{NextPageToken: next, Total: int32(len(found)), Approvals: make([]*api.Approval, 0, len(page))}
	for _, a := range page {
		out.Approvals = append(out.Approvals, rules.ApprovalProto(p.snapshot, a))
	}
	return out, nil
}

// asksFor reports whether a request has a change of an application and one of a team's; an empty name asks for nothing.
func (p *picture) asksFor(a *manifestrepo.Approval, app, team string) bool {
	if app != "" && a.Change(app) == nil {
		return false
	}
	return team == "" || slices.ContainsFunc(a.Changes, func(c manifestrepo.ApprovalChange) bool {
		owner := p.snapshot.Application(c.Application)
		return owner != nil && owner.Team == team
	})
}

// keyOfApproval orders requests: when, then where.
func keyOfApproval(a *manifestrepo.Approval) string {
	return a.CreatedAt.UTC().Format("2006-01-02T15:04:05.000000000") + " " + manifestrepo.ApprovalPath(a.Environment, a.ID)
}

// approvalsIn lists the requests of an environment, oldest first.
func approvalsIn(env *manifestrepo.Environment) []*manifestrepo.Approval {
	return slices.SortedFunc(maps.Values(env.Approvals), func(a, b *manifestrepo.Approval) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
}
