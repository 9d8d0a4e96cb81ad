package reads

import (
	"context"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

type systemService struct {
	api.UnimplementedSystemServiceServer
	*Server
}

// maxProblems is how many unreadable paths a status lists.
const maxProblems = 1000

// GetStatus says how the service is.
func (s systemService) GetStatus(ctx context.Context, _ *api.GetStatusRequest) (*api.Status, error) {
	_, p := s.look()
	reasons := s.Engine.Writable(ctx)
	out := &api.Status{
		Version: s.Version, Ready: true, Writable: len(reasons) == 0, Problems: reasons, Commit: commitID(p.snapshot),
		QueueLength: int32(s.Engine.QueueLength()), QueueCapacity: int32(s.Engine.QueueCapacity()),
		LastPushAt: convert.Time(s.Engine.LastPush()), LastFetchAt: convert.Time(s.Engine.LastFetch()),
		ManifestRepo: s.ManifestRepo, Branch: s.Branch, Instance: s.Instance,
		Applications: int32(len(p.applications)), Environments: int32(len(p.environments)),
	}
	if head := p.snapshot.ReleasesFile().Log.Head; !head.IsZero() {
		out.LogHead = head.String()
	}
	for _, bad := range p.snapshot.Problems() {
		if len(out.RepoProblems) == maxProblems {
			break
		}
		out.RepoProblems = append(out.RepoProblems, &api.RepoProblem{Path: bad.Path, Reason: bad.Reason})
	}
	return out, nil
}

// NotifyPush looks for new commits now.
func (s systemService) NotifyPush(ctx context.Context, _ *api.NotifyPushRequest) (*api.NotifyPushResponse, error) {
	head, err := s.Engine.NotifyPush(ctx)
	if err != nil {
		return nil, err
	}
	out := &api.NotifyPushResponse{}
	if !head.IsZero() {
		out.Commit = head.String()
	}
	return out, nil
}
