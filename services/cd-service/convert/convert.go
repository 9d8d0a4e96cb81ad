// Package convert turns what the manifest repo says into what the API hands out. It only translates: everything that takes
// more than one value to know (what a lock holds back, how far a deployment is behind) is for the callers to add.
package convert

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
)

// Time is t on the wire; unset when t is zero.
func Time(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// Actor is who asked; unset when nobody is named.
func Actor(a manifestrepo.Actor) *api.Actor {
	if a == (manifestrepo.Actor{}) {
		return nil
	}
	return &api.Actor{Name: a.Name, Email: a.Email}
}

// Release is a release of an application without deployed_to.
func Release(app string, r *manifestrepo.Release) *api.Release {
	return &api.Release{
		Application: app, Version: r.Version, Revision: r.Revision, DisplayVersion: r.DisplayVersion,
		CommitId: r.CommitID, PreviousCommitId: r.PreviousCommitID, Author: r.Author, Message: r.Message, Team: r.Team,
		CreatedAt: Time(r.CreatedAt), CreatedBy: Actor(r.CreatedBy), CiLink: r.CILink, Environments: r.Environments,
		Backfilled: r.Backfilled, Prepublished: r.Prepublished, Minor: r.Minor, Undeploy: r.Undeploy, LogCommit: r.LogCommit.String(),
	}
}

// HistoryEntry is a commit of main.
func HistoryEntry(e index.Entry) *api.HistoryEntry {
	h := &api.HistoryEntry{
		Commit: e.Commit.String(), Time: Time(e.Time), Author: Actor(e.Author), Subject: e.Subject, Action: e.Action,
		Reason: e.Reason, OperationId: e.OperationID, Sequence: e.Sequence, Message: e.Message,
		DetailsTotal: int32(e.DetailsTotal),
		Details:      make([]*api.HistoryDetail, 0, len(e.Details)),
	}
	for _, d := range e.Details {
		h.Details = append(h.Details, &api.HistoryDetail{
			What: d.What, Application: d.Application, Environment: d.Environment, Version: d.Version, PreviousVersion: d.PreviousVersion, LockId: d.LockID,
			Id: d.ID,
		})
	}
	return h
}
