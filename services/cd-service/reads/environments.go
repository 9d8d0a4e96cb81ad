package reads

import (
	"context"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type environmentService struct {
	api.UnimplementedEnvironmentServiceServer
	*Server
}

// ListEnvironments lists all environments in chain order, and their groups.
func (s environmentService) ListEnvironments(context.Context, *api.ListEnvironmentsRequest) (*api.ListEnvironmentsResponse, error) {
	_, p := s.look()
	environments, groups := p.shown(nil)
	return &api.ListEnvironmentsResponse{Environments: environments, Groups: groups}, nil
}

// GetEnvironment reads one environment. Its locks are those that hold all of it: its own, its group's, the global stop.
func (s environmentService) GetEnvironment(_ context.Context, r *api.GetEnvironmentRequest) (*api.Environment, error) {
	_, p := s.look()
	if c := p.byName[r.Environment]; c != nil {
		return c.proto, nil
	}
	return nil, p.noEnvironment("environment", r.Environment)
}
