package reads_test

import (
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// locked is a repo with a lock of each scope but the global one, in the order they were made, and versions waiting in
// staging (two) and production (one).
func locked(t *testing.T) *box {
	b := newBox(t)
	for _, app := range []string{"cart", "checkout"} {
		b.ReleaseTo(app, 1, "development", "staging", "production")
		b.queue(app, "staging", 0, 1, "environment lock env")
	}
	b.queue("cart", "production", 0, 1, "group lock group")
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeGroup, ID: "group", Group: "production"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "staging", Application: "checkout", Message: "wait", CILink: "https://ci/1", SuggestedLifetime: "4h"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "env", Environment: "staging"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeTeam, ID: "team", Environment: "staging", Team: "payments"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "idle", Environment: "development", Application: "cart", ExpiresAt: repotest.Start.Add(time.Hour)})
	return b
}

func (b *box) locks(r *api.ListLocksRequest) *api.ListLocksResponse {
	b.t.Helper()
	list, err := api.NewLockServiceClient(b.conn).ListLocks(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestLocksAreListedOldestFirstWithWhatTheyHoldBack(t *testing.T) {
	b := locked(t)
	list := b.locks(&api.ListLocksRequest{})
	equal(t, "locks", lockIDs(list.Locks), []string{"group", "own", "env", "team", "idle"})
	var back []int32
	for _, l := range list.Locks {
		back = append(back, l.HoldsBack)
	}
	equal(t, "hold back", back, []int32{1, 1, 2, 2, 0})
	own := list.Locks[1]
	if own.Scope != api.LockScope_LOCK_SCOPE_APPLICATION || own.Message != "wait" || own.CiLink != "https://ci/1" || own.SuggestedLifetime != "4h" || own.CreatedBy.GetName() != "CI" || own.CreatedAt == nil || own.ExpiresAt != nil {
		t.Error(own)
	}
	b.clock.advance(2 * time.Hour)
	if list := b.locks(&api.ListLocksRequest{}); list.Total != 4 {
		t.Errorf("an expired lock holds nothing and is not listed: %v", lockIDs(list.Locks))
	}
}

func TestLocksAreFiltered(t *testing.T) {
	b := locked(t)
	for _, c := range []struct {
		request *api.ListLocksRequest
		want    []string
	}{
		{&api.ListLocksRequest{Environment: "staging"}, []string{"own", "env", "team"}},
		{&api.ListLocksRequest{Environment: "production"}, []string{"group"}},
		{&api.ListLocksRequest{Application: "checkout"}, []string{"own", "team"}},
		{&api.ListLocksRequest{Application: "cart", Environment: "development"}, []string{"idle"}},
		{&api.ListLocksRequest{Team: "payments"}, []string{"team"}},
		{&api.ListLocksRequest{Team: "nobody"}, nil},
	} {
		equal(t, c.request.String(), lockIDs(b.locks(c.request).Locks), c.want)
	}
	client := api.NewLockServiceClient(b.conn)
	_, err := client.ListLocks(ctx, &api.ListLocksRequest{Environment: "stagin"})
	refused(t, err, problem.NotFound, "environment")
	_, err = client.ListLocks(ctx, &api.ListLocksRequest{Application: "carrt"})
	refused(t, err, problem.NotFound, "application")
}

func TestPagesOfLocksStayRightWhenLocksComeAndGo(t *testing.T) {
	b := locked(t)
	first := b.locks(&api.ListLocksRequest{PageSize: 2})
	equal(t, "first page", lockIDs(first.Locks), []string{"group", "own"})
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Unlock"}, Edits: []manifestrepo.Edit{
		{Path: manifestrepo.LockPath(&manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "staging", Application: "checkout"}), Delete: true},
	}})
	second := b.locks(&api.ListLocksRequest{PageSize: 2, PageToken: first.NextPageToken})
	equal(t, "second page", lockIDs(second.Locks), []string{"env", "team"})
	third := b.locks(&api.ListLocksRequest{PageSize: 2, PageToken: second.NextPageToken})
	equal(t, "third page", lockIDs(third.Locks), []string{"idle"})
}

func TestTheGlobalStopHoldsEverything(t *testing.T) {
	b := locked(t)
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Stop"}, Edits: []manifestrepo.Edit{
		{Path: "signalbox.json", Content: []byte(`{"layout":1,"stop":{"createdAt":"2026-11-20T08:00:00Z","createdBy":{"name":"Anna","email":"a@example.com"},"message":"incident"}}`)},
	}})
	list := b.locks(&api.ListLocksRequest{Environment: "development"})
	if len(list.Locks) != 2 || list.Locks[0].Scope != api.LockScope_LOCK_SCOPE_GLOBAL || list.Locks[0].HoldsBack != 3 {
		t.Fatal(list)
	}
	o := b.overview(&api.GetOverviewRequest{})
	for _, e := range o.Environments {
		if len(e.Locks) == 0 || e.Locks[0].Scope != api.LockScope_LOCK_SCOPE_GLOBAL {
			t.Errorf("%s: %v", e.Name, e.Locks)
		}
	}
}
