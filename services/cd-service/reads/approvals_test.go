package reads_test

import (
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// ask writes a request for approval.
func (b *box) ask(a manifestrepo.Approval) {
	b.t.Helper()
	a.CreatedAt, a.CreatedBy = b.Now, repotest.CI
	content, err := manifestrepo.EncodeApproval(&a)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Ask", Action: "deploy"}, Edits: []manifestrepo.Edit{{Path: manifestrepo.ApprovalPath(a.Environment, a.ID), Content: content}},
	})
}

func (b *box) approvals(r *api.ListApprovalsRequest) *api.ListApprovalsResponse {
	b.t.Helper()
	out, err := api.NewApprovalServiceClient(b.conn).ListApprovals(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func ids(approvals []*api.Approval) []string {
	var all []string
	for _, a := range approvals {
		all = append(all, a.Id)
	}
	return all
}

// asking is a repo with requests for production: cart alone, then search with checkout (which nobody deployed anywhere before), for two hours.
func asking(t *testing.T) *box {
	b := newBox(t)
	for _, app := range []string{"cart", "checkout", "search"} {
		b.ReleaseTo(app, 1, "development", "production")
	}
	b.deploy("cart", "production", 1)
	b.configure("production", `{"approval":{"by":["role:release-manager"],"notAuthor":true}}`)
	b.ask(manifestrepo.Approval{ID: "z-first", Environment: "production", Action: "deploy", Reason: "hot fix", Changes: []manifestrepo.ApprovalChange{{Application: "cart", Version: 2, From: 1}}})
	b.ask(manifestrepo.Approval{
		ID: "a-second", Environment: "production", Action: "run-train", ExpiresAt: repotest.Start.Add(2 * time.Hour),
		Changes: []manifestrepo.ApprovalChange{{Application: "checkout", Version: 1}, {Application: "search", Version: 1}},
	})
	return b
}

func TestApprovalsAreListedOldestFirst(t *testing.T) {
	b := asking(t)
	list := b.approvals(&api.ListApprovalsRequest{})
	equal(t, "requests", ids(list.Approvals), []string{"z-first", "a-second"})
	first := list.Approvals[0]
	if first.Action != "deploy" || first.Reason != "hot fix" || first.CreatedBy.GetName() != "CI" || !first.NotAuthor || len(first.Approvers) != 1 || first.ExpiresAt != nil || len(first.Changes) != 1 || first.Changes[0].FromVersion != 1 {
		t.Errorf("%v", first)
	}
	equal(t, "of search", ids(b.approvals(&api.ListApprovalsRequest{Application: "search"}).Approvals), []string{"a-second"})
	equal(t, "of payments", ids(b.approvals(&api.ListApprovalsRequest{Team: "payments"}).Approvals), []string{"z-first", "a-second"})
	equal(t, "of nobody", ids(b.approvals(&api.ListApprovalsRequest{Team: "nobody"}).Approvals), nil)
	equal(t, "in staging", ids(b.approvals(&api.ListApprovalsRequest{Environment: "staging"}).Approvals), nil)

	page := b.approvals(&api.ListApprovalsRequest{PageSize: 1})
	equal(t, "first page", ids(page.Approvals), []string{"z-first"})
	page = b.approvals(&api.ListApprovalsRequest{PageSize: 1, PageToken: page.NextPageToken})
	equal(t, "second page", ids(page.Approvals), []string{"a-second"})
	if page.NextPageToken != "" || page.Total != 2 {
		t.Errorf("%v", page)
	}
	_, err := api.NewApprovalServiceClient(b.conn).ListApprovals(ctx, &api.ListApprovalsRequest{Environment: "prodution"})
	refused(t, err, problem.NotFound, "environment")
	_, err = api.NewApprovalServiceClient(b.conn).ListApprovals(ctx, &api.ListApprovalsRequest{Application: "carrt"})
	refused(t, err, problem.NotFound, "application")
}

func TestWhatWaitsForApprovalStandsInTheMatrix(t *testing.T) {
	b := asking(t)
	if n := b.environment("production").PendingApprovals; n != 2 {
		t.Errorf("%d requests wait", n)
	}
	o := b.overview(&api.GetOverviewRequest{})
	for i, want := range []struct {
		version, pending uint64
		id               string
	}{{1, 2, "z-first"}, {0, 1, "a-second"}, {0, 1, "a-second"}} {
		d := deployment(t, o.Applications[i], "production")
		if d.Version != want.version || d.PendingVersion != want.pending || d.ApprovalId != want.id {
			t.Errorf("%s: %v", o.Applications[i].Name, d)
		}
	}
	if d := deployment(t, o.Applications[0], "development"); d.PendingVersion != 0 || d.ApprovalId != "" {
		t.Errorf("%v", d)
	}
}

func TestWatchersHearOfRequestsThatComeGoAndExpire(t *testing.T) {
	b := asking(t)
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)

	b.ask(manifestrepo.Approval{ID: "third", Environment: "staging", Action: "deploy", Changes: []manifestrepo.ApprovalChange{{Application: "search", Version: 1}}})
	e := w.next()
	equal(t, "asked", names(e.GetChanges().GetApplications()), []string{"search"})
	if len(e.GetChanges().Environments) != 3 {
		t.Errorf("%v", e)
	}
	w.same(b)

	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Reject", Action: "reject"}, Edits: []manifestrepo.Edit{{Path: manifestrepo.ApprovalPath("production", "z-first"), Delete: true}}})
	equal(t, "rejected", names(w.next().GetChanges().GetApplications()), []string{"cart"})
	w.same(b)

	b.clock.awaitTimer(t)
	b.clock.advance(3 * time.Hour)
	equal(t, "expired", names(w.next().GetChanges().GetApplications()), []string{"checkout", "search"})
	w.same(b)
	equal(t, "left", ids(b.approvals(&api.ListApprovalsRequest{}).Approvals), []string{"third"})
}

func TestARequestThatCannotBeReadIsListed(t *testing.T) {
	b := asking(t)
	b.Commit(repotest.Commit{Committer: "Hand", Text: "slip", Edits: []manifestrepo.Edit{{Path: manifestrepo.ApprovalPath("production", "z-first"), Content: []byte(`{"changes":`)}}})
	list := b.approvals(&api.ListApprovalsRequest{Environment: "production"})
	if len(list.Approvals) != 2 || list.Approvals[0].Id != "z-first" || list.Approvals[0].Problem == "" {
		t.Errorf("%v", list)
	}
}
