package reads

import (
	"context"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
)

// GetVersions says what an environment ran at a time: what main said after its last commit that was made no later. The order is
// main's, so a commit of somebody else's that is dated wrongly takes with it what came before. Of each application it gives the
// deployment that made it run. A time before the first commit of main has no commit and no versions; one before main had
// Signalbox's layout is refused, for nobody knows. An environment that was deleted since can still be asked about.
func (s historyService) GetVersions(ctx context.Context, r *api.GetVersionsRequest) (*api.Versions, error) {
	var at time.Time
	if r.At != nil {
		at = r.At.AsTime()
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	_, p := s.look()
	if r.Environment == "" {
		return nil, p.noEnvironment("environment", "")
	}
	runs, err := s.History.Versions(ctx, r.Environment, r.Application, at)
	if err != nil {
		return nil, err
	}
	if p.byName[r.Environment] == nil && !runs.EnvironmentKnown {
		return nil, p.noEnvironment("environment", r.Environment)
	}
	if r.Application != "" && p.snapshot.Application(r.Application) == nil && !runs.ApplicationKnown {
		return nil, p.noApplication("application", r.Application)
	}
	out := &api.Versions{}
	if runs.At.Sequence == 0 {
		return out, nil
	}
	if b := runs.Beginning; b.Sequence == 0 || runs.At.Sequence < b.Sequence {
		refused := problem.New(problem.NotFound, "nobody knows what %s ran after commit %s of %s: the manifest repo did not have Signalbox's layout yet",
			r.Environment, runs.At.Commit, runs.At.Time.Format(time.RFC3339)).At("at").Because("versions are known from the first commit in Signalbox's layout on")
		if b.Sequence == 0 {
			return nil, refused.Fix("there is no such commit yet")
		}
		return nil, refused.Fix("ask for %s (commit %s) or later, and read what was before with git", b.Time.Format(time.RFC3339), b.Commit)
	}
	out.Commit, out.CommitTime = runs.At.Commit.String(), convert.Time(runs.At.Time)
	for _, d := range runs.Deployments {
		out.Deployments = append(out.Deployments, deploymentEvent(p.snapshot, d))
	}
	return out, nil
}
