package reads

import (
	"context"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
)

// ListDeployments lists what changed what runs, newest first, up to and including what was acknowledged when it was called: deployments,
// and with version 0 what left an environment. Commits that somebody else made count too: what they made run is read from their
// trees. The history begins with the first commit in Signalbox's layout; that commit counts as the deployment of all it found.
//
// The team is the application's of today; source commit, its author and the display version come from the release. All of
// them are absent once the application or the release is gone, and filters by team or source commit do not find such rows.
func (s historyService) ListDeployments(ctx context.Context, r *api.ListDeploymentsRequest) (*api.ListDeploymentsResponse, error) {
	size, err := pageSize(r.PageSize)
	if err != nil {
		return nil, err
	}
	key, err := afterKey("deployments", r.PageToken)
	if err != nil {
		return nil, err
	}
	var after index.Place
	if key != "" {
		if after, err = placeOf(key); err != nil {
			return nil, err
		}
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	_, p := s.look()
	q, err := deploymentQuery(p.snapshot, r)
	if err != nil {
		return nil, err
	}
	q.After, q.Limit = after, size
	found, more, err := s.History.Deployments(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &api.ListDeploymentsResponse{Deployments: make([]*api.DeploymentEvent, 0, len(found))}
	for _, d := range found {
		out.Deployments = append(out.Deployments, deploymentEvent(p.snapshot, d))
	}
	if n := len(found); more && n > 0 {
		out.NextPageToken = pageToken("deployments", fmt.Sprintf("%d.%d", found[n-1].Place.Sequence, found[n-1].Place.Event))
	}
	return out, nil
}

// placeOf reads the key of a page token.
func placeOf(key string) (index.Place, error) {
	var place index.Place
	n, err := fmt.Sscanf(key, "%d.%d", &place.Sequence, &place.Event)
	if err != nil || n != 2 || place.Sequence == 0 || place.Sequence > math.MaxInt64 || place.Event < 0 || key != fmt.Sprintf("%d.%d", place.Sequence, place.Event) {
		return place, badToken()
	}
	return place, nil
}

// deploymentFilter is what the list and the export can be asked for.
type deploymentFilter interface {
	GetApplication() string
	GetEnvironment() string
	GetTeam() string
	GetAuthor() string
	GetSince() *timestamppb.Timestamp
	GetUntil() *timestamppb.Timestamp
	GetCommitId() string
}

// deploymentQuery turns a filter into a query; what only releases and applications know is looked up in the snapshot.
func deploymentQuery(s *manifestrepo.Snapshot, r deploymentFilter) (index.DeploymentQuery, error) {
	q := index.DeploymentQuery{Application: r.GetApplication(), Environment: r.GetEnvironment(), Author: r.GetAuthor()}
	var err error
	if q.Since, q.Until, err = span(r.GetSince(), r.GetUntil()); err != nil {
		return q, err
	}
	commit := r.GetCommitId()
	if commit != "" {
		if err := checkCommit(commit); err != nil {
			return q, err
		}
	}
	if commit == "" && r.GetTeam() == "" {
		return q, nil
	}
	q.Applications = map[string][]uint64{}
	for _, app := range s.Applications() {
		if r.GetTeam() != "" && app.Team != r.GetTeam() {
			continue
		}
		var versions []uint64
		if commit != "" {
			for _, release := range app.Releases {
				if builtFrom(release, commit) {
					versions = append(versions, release.Version)
				}
			}
			if len(versions) == 0 {
				continue
			}
		}
		q.Applications[app.Name] = versions
	}
	return q, nil
}

// checkCommit refuses what is no commit id.
func checkCommit(id string) error {
	if commitForm.MatchString(id) {
		return nil
	}
	return notACommit("commit_id", id)
}

func notACommit(field, id string) error {
	return problem.New(problem.Invalid, "%q is no commit id", id).At(field).
		Because("a commit id is 7 to 40 lower-case hex digits").Fix("give the full id, or at least its first 7 digits")
}

// builtFrom reports whether a release was built from a commit; either id may be the short form of the other.
func builtFrom(r *manifestrepo.Release, commit string) bool {
	return r.CommitID != "" && (strings.HasPrefix(r.CommitID, commit) || strings.HasPrefix(commit, r.CommitID))
}

// deploymentEvent is a deployment with what today's state knows about its release.
func deploymentEvent(s *manifestrepo.Snapshot, d index.Deployment) *api.DeploymentEvent {
	e := &api.DeploymentEvent{
		Time: convert.Time(d.Time), Application: d.Application, Environment: d.Environment, Version: d.Version, PreviousVersion: d.Previous,
		Author: convert.Actor(d.Author), Action: d.Action, Reason: d.Reason, Commit: d.Commit.String(), Subject: d.Subject, BrokeGlass: d.BrokeGlass,
	}
	app := s.Application(d.Application)
	if app == nil {
		return e
	}
	e.Team = app.Team
	if release := app.Release(d.Version); release != nil {
		e.SourceCommitId, e.SourceAuthor, e.DisplayVersion = release.CommitID, release.Author, release.DisplayVersion
	}
	return e
}
