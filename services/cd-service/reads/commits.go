package reads

import (
	"context"
	"regexp"
	"strings"

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
//   - PENDING when a lower one runs, or nothing yet, and the release has a manifest for the environment,
//   - UNKNOWN otherwise: the commit is not meant to get there.
//
// A roll-back below the version makes it PENDING again. A commit that nobody released is no error; the answer is empty.
func (s applicationService) GetCommitDeployments(_ context.Context, r *api.GetCommitDeploymentsRequest) (*api.CommitDeployments, error) {
	if !commitForm.MatchString(r.CommitId) {
		return nil, problem.New(problem.Invalid, "%q is no commit id", r.CommitId).At("commit_id").
			Because("a commit id is 7 to 40 lower-case hex digits").Fix("give the full id, or at least its first 7 digits")
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
			statuses[env] = commitStatus(row.app, release, env)
		}
		out.Applications[row.app.Name] = &api.CommitDeploymentStatuses{Environments: statuses}
	}
	return out, nil
}

// firstOf is the lowest release built from a commit; either id may be the short form of the other.
func firstOf(app *manifestrepo.Application, commit string) *manifestrepo.Release {
	for _, r := range app.Releases {
		if r.CommitID != "" && (strings.HasPrefix(r.CommitID, commit) || strings.HasPrefix(commit, r.CommitID)) {
			return r
		}
	}
	return nil
}

func commitStatus(app *manifestrepo.Application, r *manifestrepo.Release, env string) api.CommitDeploymentStatus {
	d := app.Deployments[env]
	switch {
	case d != nil && d.Version >= r.Version:
		return api.CommitDeploymentStatus_DEPLOYED
	case hasManifest(r, env):
		return api.CommitDeploymentStatus_PENDING
	}
	return api.CommitDeploymentStatus_UNKNOWN
}
