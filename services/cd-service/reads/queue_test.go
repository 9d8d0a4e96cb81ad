package reads_test

import (
	"fmt"
	"maps"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

func (b *box) queued(r *api.ListQueueRequest) *api.ListQueueResponse {
	b.t.Helper()
	out, err := api.NewQueueServiceClient(b.conn).ListQueue(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// places are environment and application of each version that waits.
func places(queued []*api.QueuedVersion) []string {
	var all []string
	for _, q := range queued {
		all = append(all, q.Environment+" "+q.Application)
	}
	return all
}

// freezeQueue makes a version wait for the end of a freeze, on hold or not.
func (b *box) freezeQueue(app, env string, running, waiting uint64, hold *manifestrepo.Hold) {
	b.t.Helper()
	d := manifestrepo.Deployment{Environment: env, Version: running, Hold: hold, Queued: &manifestrepo.Queued{
		Version: waiting, At: b.Now, By: repotest.CI, Because: "freeze window night", Cause: manifestrepo.QueuedByFreeze,
	}}
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Queue", Action: "deploy"}, Edits: repotest.Deployment(app, d, repotest.Manifest(app, env, running))})
}

func TestTheQueueSaysWhatHoldsEachVersionNow(t *testing.T) {
	b := frozenShop(t)
	b.ReleaseTo("cart", 2, "development", "staging")
	b.ReleaseTo("locked", 1, "development", "staging")
	b.ReleaseTo("kept", 1, "development", "staging")
	b.queue("cart", "staging", 1, 2, "environment lock gone")
	b.freezeQueue("search", "staging", 0, 1, nil)
	b.freezeQueue("locked", "staging", 0, 1, nil)
	b.freezeQueue("kept", "staging", 1, 2, &manifestrepo.Hold{At: b.Now, By: repotest.CI, Reason: "known good"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "staging", Application: "locked"})
	held := func() map[string]string {
		all := map[string]string{}
		for _, q := range b.queued(&api.ListQueueRequest{}).Queued {
			goes := "by hand"
			if q.GoesAt != nil {
				goes = q.GoesAt.AsTime().Format("02T15:04")
			}
			all[q.Application] = fmt.Sprintf("%s: %q, %s", q.Cause, q.HeldByNow, goes)
		}
		return all
	}
	for _, c := range []struct {
		at   string
		want map[string]string
	}{
		{"11:00", map[string]string{
			"cart": `lock: "", by hand`, "search": `freeze: "", 20T11:00`, "locked": `freeze: "application lock own", by hand`,
			"kept": `freeze: "version 1 is on hold: known good", by hand`,
		}},
		{"21:30", map[string]string{
			"cart":   `lock: "freeze window night (nobody is awake) until 2026-11-21T05:00:00Z", by hand`,
			"search": `freeze: "freeze window night (nobody is awake) until 2026-11-21T05:00:00Z", 21T05:00`,
			"locked": `freeze: "application lock own, freeze window night (nobody is awake) until 2026-11-21T05:00:00Z", by hand`,
			"kept":   `freeze: "version 1 is on hold: known good", by hand`,
		}},
	} {
		b.at(c.at)
		if got := held(); !maps.Equal(got, c.want) {
			t.Errorf("at %s\n%v\nwant\n%v", c.at, got, c.want)
		}
	}
	q := b.queued(&api.ListQueueRequest{Application: "cart"}).Queued[0]
	if q.Version != 2 || q.RunningVersion != 1 || q.Team != "payments" || q.Because != "environment lock gone" || q.QueuedBy.GetName() != "CI" || q.QueuedAt == nil {
		t.Errorf("%v", q)
	}
	app, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	if d := deployment(t, app, "staging"); d.QueuedCause != "freeze" || !d.Hold || d.HoldReason != "known good" || d.HoldAt == nil || d.HoldBy.GetName() != "CI" {
		t.Errorf("%v", d)
	}
}

func TestTheQueueIsFilteredAndPaged(t *testing.T) {
	b := locked(t)
	list := b.queued(&api.ListQueueRequest{})
	equal(t, "all", places(list.Queued), []string{"production cart", "staging cart", "staging checkout"})
	if list.Total != 3 || list.Queued[0].Cause != "lock" || list.Queued[0].HeldByNow != "environment group lock group" {
		t.Errorf("%v", list)
	}
	equal(t, "staging", places(b.queued(&api.ListQueueRequest{Environment: "staging"}).Queued), []string{"staging cart", "staging checkout"})
	equal(t, "checkout", places(b.queued(&api.ListQueueRequest{Application: "checkout"}).Queued), []string{"staging checkout"})
	equal(t, "payments", places(b.queued(&api.ListQueueRequest{Team: "payments", Environment: "production"}).Queued), []string{"production cart"})
	equal(t, "nobody", places(b.queued(&api.ListQueueRequest{Team: "nobody"}).Queued), nil)

	first := b.queued(&api.ListQueueRequest{PageSize: 2})
	equal(t, "first page", places(first.Queued), []string{"production cart", "staging cart"})
	b.deploy("cart", "staging", 1) // gone from the queue
	second := b.queued(&api.ListQueueRequest{PageSize: 2, PageToken: first.NextPageToken})
	equal(t, "second page", places(second.Queued), []string{"staging checkout"})

	client := api.NewQueueServiceClient(b.conn)
	_, err := client.ListQueue(ctx, &api.ListQueueRequest{Environment: "stagin"})
	refused(t, err, problem.NotFound, "environment")
	_, err = client.ListQueue(ctx, &api.ListQueueRequest{Application: "carrt"})
	refused(t, err, problem.NotFound, "application")
}

func TestVersionsAreCalledWhatPeopleCallThem(t *testing.T) {
	b := withSets(t)
	for v, name := range []string{"2.0.0", "2.1.0"} {
		c := b.Releasing("cart", uint64(v)+2, "development", "staging")
		c.Releases[0].DisplayVersion = name
		b.Commit(c)
	}
	b.queue("cart", "staging", 2, 3, "environment lock gone")
	queued := b.queued(&api.ListQueueRequest{}).Queued
	if len(queued) != 1 || queued[0].DisplayVersion != "2.1.0" || queued[0].RunningDisplayVersion != "2.0.0" {
		t.Errorf("%v", queued)
	}
	out, err := b.sets().CompareReleaseSets(ctx, &api.CompareReleaseSetsRequest{From: "week-47", To: "environment:development"})
	if err != nil {
		t.Fatal(err)
	}
	// Version 1 of search has no name of its own.
	for _, d := range out.Differences {
		if d.Application == "cart" && (d.FromDisplayVersion != "2.0.0" || d.ToDisplayVersion != "2.1.0") || d.Application == "search" && d.FromDisplayVersion != "" {
			t.Errorf("%v", d)
		}
	}
}
