package reads

import (
	"context"
	"regexp"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

var commitForm = regexp.MustCompile(`\A[0-9a-f]{7,40}\z`)

// GetCommitDeployments says where a source commit has arrived, in kuberpult's words.
//
// An application is listed when one of its releases was built from the commit; the first such release (the lowest
// version) is where the commit came in. In each environment of the repo it is
//
//   - DEPLOYED when that version or a higher one runs there: releases build on each other,
//   - PENDING when a lower one runs, or nothing yet, and it is on its way: the release has a manifest for the environment, or that
//     version or a higher one is queued there or waits for approval,
//   - UNKNOWN otherwise: the commit is not meant to get there.
//
// A roll-back below the version makes it PENDING again. A commit that no release was built from is not found.
func (s applicationService) GetCommitDeployments(_ context.Context, r *api.GetCommitDeploymentsRequest) (*api.CommitDeployments, error) {
	if err := checkCommit(r.CommitId); err != nil {
		return nil, err
	}
	_, p := s.look()
	out := &api.CommitDeployments{Applications: map[string]*api.CommitDeploymentStatuses{}}
	for _, row := range p.applications {
		release := firstOf(row.app, r.CommitId)
		if release == nil {
			continue
		}
		statuses := map[string]api.CommitDeploymentStatus{}
		for _, env := range p.environmentsOf(row.app) {
			statuses[env] = commitStatus(row.app, release, env, p.snapshot.Environment(env))
		}
		out.Applications[row.app.Name] = &api.CommitDeploymentStatuses{Environments: statuses}
	}
	if len(out.Applications) == 0 {
		return nil, problem.New(problem.NotFound, "no release was built from commit %s", r.CommitId).At("commit_id").
			Because("a commit is known by the releases that name it as their source commit").
			Fix("check the id; does the CI job name the commit when it makes a release? A release that was cleaned up is forgotten")
	}
	return out, nil
}

// firstOf is the lowest release built from a commit.
func firstOf(app *manifestrepo.Application, commit string) *manifestrepo.Release {
	for _, r := range app.Releases {
		if builtFrom(r, commit) {
			return r
		}
	}
	return nil
}

// commitStatus says how far a release is in an environment; config is nil where an environment has none any more.
func commitStatus(app *manifestrepo.Application, r *manifestrepo.Release, env string, config *manifestrepo.Environment) api.CommitDeploymentStatus {
	d := app.Deployments[env]
	switch {
	case d != nil && d.Version >= r.Version:
		return api.CommitDeploymentStatus_DEPLOYED
	case hasManifest(r, env), d != nil && d.Queued != nil && d.Queued.Version >= r.Version, awaitsApproval(app, r, config):
		return api.CommitDeploymentStatus_PENDING
	}
	return api.CommitDeploymentStatus_UNKNOWN
}

// awaitsApproval reports whether a release, or one that builds on it, waits for approval in an environment.
func awaitsApproval(app *manifestrepo.Application, r *manifestrepo.Release, env *manifestrepo.Environment) bool {
	if env == nil {
		return false
	}
	for _, request := range env.Approvals {
		if c := request.Change(app.Name); c != nil && c.Version >= r.Version {
			return true
		}
	}
	return false
}
