package reads

import (
	"context"
	"slices"
	"strconv"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

type applicationService struct {
	api.UnimplementedApplicationServiceServer
	*Server
}

// ListApplications lists applications by name.
func (s applicationService) ListApplications(_ context.Context, r *api.ListApplicationsRequest) (*api.ListApplicationsResponse, error) {
	_, p := s.look()
	search := strings.ToLower(r.Search)
	var matching []*row
	for _, row := range p.applications {
		if strings.Contains(row.app.Name, search) && (r.Team == "" || row.app.Team == r.Team) {
			matching = append(matching, row)
		}
	}
	page, next, err := paginate("applications", r.PageSize, r.PageToken, matching, func(r *row) string { return r.app.Name }, strings.Compare)
	if err != nil {
		return nil, err
	}
	return &api.ListApplicationsResponse{
		Applications: p.applicationProtos(page, nil, s.Clock.Now()), NextPageToken: next, Total: int32(len(matching)),
	}, nil
}

// GetApplication reads one application.
func (s applicationService) GetApplication(_ context.Context, r *api.GetApplicationRequest) (*api.Application, error) {
	_, p := s.look()
	app, err := p.application("application", r.Application)
	if err != nil {
		return nil, err
	}
	return p.applicationProto(app, nil, s.Clock.Now()), nil
}

// ListReleases lists an application's releases, newest first.
func (s applicationService) ListReleases(_ context.Context, r *api.ListReleasesRequest) (*api.ListReleasesResponse, error) {
	_, p := s.look()
	app, err := p.application("application", r.Application)
	if err != nil {
		return nil, err
	}
	newestFirst := matching(app.Releases, r.Search)
	window, err := skip(newestFirst, r)
	if err != nil {
		return nil, err
	}
	key := func(r *manifestrepo.Release) string { return strconv.FormatUint(r.Version, 10) }
	page, next, err := paginate("releases", r.PageSize, r.PageToken, window, key, descending)
	if err != nil {
		return nil, err
	}
	out := &api.ListReleasesResponse{NextPageToken: next, Total: int32(len(newestFirst)), Releases: make([]*api.Release, 0, len(page))}
	for _, release := range page {
		out.Releases = append(out.Releases, releaseProto(app, release))
	}
	return out, nil
}

// matching gives the releases that a search finds, newest first.
func matching(releases []*manifestrepo.Release, search string) []*manifestrepo.Release {
	search = strings.ToLower(search)
	var found []*manifestrepo.Release
	for _, r := range slices.Backward(releases) {
		texts := []string{strconv.FormatUint(r.Version, 10), r.DisplayVersion, r.CommitID, r.Author, r.Message}
		if search == "" || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), search) }) {
			found = append(found, r)
		}
	}
	return found
}

// descending compares decimal numbers, higher first.
func descending(a, b string) int {
	if len(a) != len(b) {
		return len(b) - len(a)
	}
	return strings.Compare(b, a)
}

// GetRelease reads one release; version 0 is the newest.
func (s applicationService) GetRelease(_ context.Context, r *api.GetReleaseRequest) (*api.Release, error) {
	_, p := s.look()
	app, release, err := p.release(r.Application, r.Version)
	if err != nil {
		return nil, err
	}
	return releaseProto(app, release), nil
}

// release finds a release; version 0 is the newest.
func (p *picture) release(application string, version uint64) (*manifestrepo.Application, *manifestrepo.Release, error) {
	app, err := p.application("application", application)
	if err != nil {
		return nil, nil, err
	}
	release, err := releaseOf(app, "version", version)
	return app, release, err
}

func releaseOf(app *manifestrepo.Application, field string, version uint64) (*manifestrepo.Release, error) {
	newest := app.Newest()
	if version == 0 && newest != nil {
		return newest, nil
	}
	if r := app.Release(version); r != nil {
		return r, nil
	}
	err := problem.New(problem.NotFound, "application %s has no release %d", app.Name, version).At(field).
		Because("a release exists until it is removed")
	if newest == nil {
		return nil, err.Fix("release it first")
	}
	oldest := app.Releases[0]
	return nil, err.Fix("its releases go from %d to %d", oldest.Version, newest.Version)
}
