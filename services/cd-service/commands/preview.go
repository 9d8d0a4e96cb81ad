package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
	"github.com/signalbox-dev/signalbox/services/cd-service/sequencer"
)

// Limits of one preview.
const (
	// maxPreviews is how many are made at once; each keeps the processors busy.
	maxPreviews = 2
	// maxListed is how many releases are listed for one change.
	maxListed = 50
	// maxReleaseBytes is what all listed releases take; when it is used up, each further change lists its newest one.
	maxReleaseBytes = 2 << 20
)

// GetPreview says what a train or a deployment would do now. It is decided by what executes it, and nothing is written.
func (s *Server) GetPreview(ctx context.Context, req *api.GetPreviewRequest) (*api.Preview, error) {
	actor, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	action, err := previewed(req)
	if err != nil {
		return nil, err
	}
	request, err := s.prepare(action, actor, s.o.Now())
	if err != nil {
		return nil, err
	}
	warn(ctx, request.Checked.Warnings)
	select {
	case s.previews <- struct{}{}:
		defer func() { <-s.previews }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	decided, err := s.o.Sequencer.Decide(ctx, request)
	if err != nil {
		return nil, problem.From(err)
	}
	preview, err := s.preview(ctx, decided, !req.GetWithoutDiffs())
	if err != nil {
		return nil, problem.From(err)
	}
	return preview, nil
}

// previewed is the command to look at.
func previewed(req *api.GetPreviewRequest) (*api.Action, error) {
	action := &api.Action{Reason: req.GetReason()}
	switch train, deploy := req.GetRunTrain(), req.GetDeploy(); {
	case train != nil && deploy == nil:
		action.Kind = &api.Action_RunTrain{RunTrain: train}
	case deploy != nil && train == nil:
		action.Kind = &api.Action_Deploy{Deploy: deploy}
	default:
		return nil, problem.New(problem.Invalid, "the request names no command to look at, or two").
			Because("a preview is of one release train or one deployment").Fix("set either run_train or deploy; for other commands use dry_run")
	}
	return action, nil
}

// preview adds to what was decided what a person wants to know before.
func (s *Server) preview(ctx context.Context, decided sequencer.Decided, withDiffs bool) (*api.Preview, error) {
	d := decided.Decision
	changes, err := changesOf(decided)
	if err != nil {
		return nil, err
	}
	if withDiffs {
		if err := s.addDiffs(ctx, changes); err != nil {
			return nil, err
		}
	}
	effects, err := rules.Effects(d, decided.Snapshot, decided.Context)
	if err != nil {
		return nil, err
	}
	answer := &api.Preview{
		Commit: decided.Snapshot.Commit().String(), Subject: d.Message.Subject, Result: d.Result, NextTrains: effects,
		AsOf: timestamppb.New(decided.Context.Now), Changes: make([]*api.PreviewChange, len(changes)),
		DisplayVersions: displayVersions(decided),
	}
	for i := range changes {
		answer.Changes[i] = changes[i].PreviewChange
	}
	return answer, nil
}

// change is one application that would move, and the blobs of what runs and of what would.
type change struct {
	*api.PreviewChange
	from, to gitstore.Hash
}

// changesOf lists what would move, wait or need approval, by environment and application.
func changesOf(decided sequencer.Decided) ([]change, error) {
	results := movedBy(decided.Decision.Result)
	slices.SortStableFunc(results, func(a, b *api.DeployResult) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Application, b.Application))
	})
	changes := make([]change, 0, len(results))
	size := 0
	for _, r := range results {
		app := decided.Snapshot.Application(r.Application)
		if app == nil {
			continue
		}
		c := change{PreviewChange: &api.PreviewChange{
			Application: r.Application, Environment: r.Environment, FromVersion: r.PreviousVersion, ToVersion: r.Version,
			Outcome: r.Outcome, Backwards: r.Version < r.PreviousVersion,
		}}
		limit := maxListed
		if size > maxReleaseBytes {
			limit = 1
		}
		c.Releases, c.ReleasesTotal = between(app, r.PreviousVersion, r.Version, limit)
		for _, release := range c.Releases {
			size += proto.Size(release)
		}
		if running := app.Deployments[r.Environment]; running != nil {
			c.from = running.FileBlob
		}
		if release := app.Release(r.Version); release != nil {
			manifests, err := decided.Context.Content.Manifests(app.Name, release)
			if err != nil {
				return nil, err
			}
			c.to = manifests[r.Environment]
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// displayVersions says what people call the versions that a result names: "<application>/<version>" -> name.
func displayVersions(decided sequencer.Decided) map[string]string {
	names := map[string]string{}
	for _, r := range deploymentsOf(decided.Decision.Result) {
		app := decided.Snapshot.Application(r.Application)
		if app == nil {
			continue
		}
		for _, version := range []uint64{r.PreviousVersion, r.Version} {
			if release := app.Release(version); release != nil && release.DisplayVersion != "" {
				names[fmt.Sprintf("%s/%d", app.Name, version)] = release.DisplayVersion
			}
		}
	}
	return names
}

// movedBy are the deployments of a result that change what runs, now or later.
func movedBy(result *api.ActionResult) []*api.DeployResult {
	return slices.DeleteFunc(deploymentsOf(result), func(r *api.DeployResult) bool {
		switch r.Outcome {
		case api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED, api.DeployOutcome_DEPLOY_OUTCOME_QUEUED,
			api.DeployOutcome_DEPLOY_OUTCOME_PENDING_APPROVAL:
			return false
		}
		return true
	})
}

// deploymentsOf are all deployments that a result speaks of, in a slice of its own.
func deploymentsOf(result *api.ActionResult) []*api.DeployResult {
	all := []*api.DeployResult{}
	if d := result.GetDeploy(); d != nil {
		all = append(all, d)
	}
	for _, env := range result.GetRunTrain().GetEnvironments() {
		all = append(all, env.Applications...)
	}
	return all
}

// between lists the releases that lie between two versions, the lower one left out, newest first, and how many there are.
func between(app *manifestrepo.Application, from, to uint64, limit int) (listed []*api.Release, total int32) {
	low, high := min(from, to), max(from, to)
	for _, r := range slices.Backward(app.Releases) {
		if r.Version <= low {
			break
		}
		if r.Version > high {
			continue
		}
		if total++; len(listed) < limit {
			listed = append(listed, convert.Release(app.Name, r))
		}
	}
	return listed, total
}
