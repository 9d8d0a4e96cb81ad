package reads_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

func (b *box) history(r *api.ListHistoryRequest) *api.ListHistoryResponse {
	b.t.Helper()
	list, err := api.NewHistoryServiceClient(b.conn).ListHistory(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestHistoryHoldsWhatWasAcknowledged(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 30; v++ {
		b.ReleaseTo("checkout", v, "development")
		if newest := b.history(&api.ListHistoryRequest{PageSize: 1}).Entries[0]; newest.Commit != b.Main().String() {
			t.Fatalf("release %d was acknowledged, the history ends with %q", v, newest.Subject)
		}
	}
}

func TestHistoryIsFilteredAndPaged(t *testing.T) {
	b := newBox(t)
	shop(b)
	b.Commit(repotest.Commit{Author: manifestrepo.Actor{Name: "Anna", Email: "a@example.com"}, Committer: "Anna", Text: "by hand", Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("x")}}})
	subjects := func(r *api.ListHistoryRequest) string {
		var all []string
		for _, e := range b.history(r).Entries {
			all = append(all, e.Subject)
		}
		return strings.Join(all, "; ")
	}
	for _, c := range []struct {
		request *api.ListHistoryRequest
		want    string
	}{
		{&api.ListHistoryRequest{Application: "checkout"}, "Lock; Queue; Release checkout 1"},
		{&api.ListHistoryRequest{Application: "checkout", Environment: "staging"}, "Lock; Queue"},
		{&api.ListHistoryRequest{Action: "foreign"}, "by hand"},
		{&api.ListHistoryRequest{Author: "ANNA"}, "by hand"},
		{&api.ListHistoryRequest{Until: timestamppb.New(repotest.Start.Add(time.Minute))}, "Prepare the manifest repo"},
		{&api.ListHistoryRequest{Since: timestamppb.New(repotest.Start.Add(6 * time.Minute))}, "by hand; Lock"},
		{&api.ListHistoryRequest{Application: "nobody"}, ""},
	} {
		if got := subjects(c.request); got != c.want {
			t.Errorf("%v: %s", c.request, got)
		}
	}
	var sequences []uint64
	token := ""
	for {
		page := b.history(&api.ListHistoryRequest{PageSize: 3, PageToken: token})
		for _, e := range page.Entries {
			sequences = append(sequences, e.Sequence)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
		b.ReleaseTo("search", uint64(2+len(sequences)), "development")
	}
	equal(t, "sequences", sequences, []uint64{8, 7, 6, 5, 4, 3, 2, 1})
	entry := b.history(&api.ListHistoryRequest{Application: "cart", Environment: "staging"}).Entries[0]
	if d := entry.Details; len(d) != 1 || entry.DetailsTotal != 1 || d[0].What != "deployed" || d[0].Version != 1 || entry.OperationId == "" || entry.Action != "deploy" || !strings.Contains(entry.Message, "Signalbox-Action") {
		t.Error(entry)
	}

	for _, commit := range []string{entry.Commit, entry.Commit[:7], entry.Commit[:8]} {
		one := b.history(&api.ListHistoryRequest{Commit: commit}).Entries
		if len(one) != 1 || one[0].Commit != entry.Commit || len(one[0].Details) != 1 {
			t.Errorf("commit %s: %v", commit, one)
		}
	}
	if none := b.history(&api.ListHistoryRequest{Commit: strings.Repeat("0", 40)}).Entries; len(none) != 0 {
		t.Error(none)
	}

	client := api.NewHistoryServiceClient(b.conn)
	_, err := client.ListHistory(ctx, &api.ListHistoryRequest{Commit: "main"})
	refused(t, err, problem.Invalid, "commit")
	_, err = client.ListHistory(ctx, &api.ListHistoryRequest{PageToken: "aGlzdG9yeQotMQ"}) // history\n-1
	refused(t, err, problem.Invalid, "page_token")
	_, err = client.ListHistory(ctx, &api.ListHistoryRequest{PageSize: 5000})
	refused(t, err, problem.Invalid, "page_size")
	_, err = client.ListHistory(ctx, &api.ListHistoryRequest{Since: timestamppb.New(repotest.Start), Until: timestamppb.New(repotest.Start)})
	refused(t, err, problem.Invalid, "until")
}

// slowHistory is an index that is still being built.
type slowHistory struct{}

func (slowHistory) WaitFor(ctx context.Context, _ gitstore.Hash, _ uint64) error {
	<-ctx.Done()
	return ctx.Err()
}
func (slowHistory) Sequence() uint64 { return 41_000 }
func (slowHistory) History(context.Context, index.Query) (index.Page, error) {
	panic("asked before it was ready")
}
func (slowHistory) Deployments(context.Context, index.DeploymentQuery) ([]index.Deployment, bool, error) {
	panic("asked before it was ready")
}
func (slowHistory) Versions(context.Context, string, string, time.Time) (index.Runs, error) {
	panic("asked before it was ready")
}

func TestAHistoryThatIsStillBuiltSaysSo(t *testing.T) {
	b := newBox(t, func(o *reads.Options) { o.History, o.HistoryWait = slowHistory{}, time.Millisecond })
	client := api.NewHistoryServiceClient(b.conn)
	_, list := client.ListHistory(ctx, &api.ListHistoryRequest{})
	_, deployments := client.ListDeployments(ctx, &api.ListDeploymentsRequest{})
	_, versions := client.GetVersions(ctx, &api.GetVersionsRequest{Environment: "staging"})
	_, export := b.export(&api.ExportDeploymentsRequest{})
	for _, err := range []error{list, deployments, versions, export} {
		if p := refused(t, err, problem.Unavailable, ""); !strings.Contains(p.Message, "41000 commits so far") {
			t.Error(p.Message)
		}
	}
}

func TestTheStatusSaysHowTheServiceIs(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	b.Commit(repotest.Commit{Committer: "Hand", Text: "slip", Edits: []manifestrepo.Edit{{Path: manifestrepo.ConfigPath("staging"), Content: []byte("{")}}})
	b.engine.problems = []string{"the remote cannot be reached"}
	client := api.NewSystemServiceClient(b.conn)
	s, err := client.GetStatus(ctx, &api.GetStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Ready || s.Writable || len(s.Problems) != 1 || s.Commit != b.Main().String() || len(s.LogHead) != 40 || s.QueueLength != 3 || s.QueueCapacity != 500 ||
		s.LastPushAt == nil || s.LastFetchAt != nil || s.ManifestRepo != "embedded" || s.Branch != "main" || s.Instance != "box-1" || s.Version != "1.0" ||
		s.Applications != 1 || s.Environments != 3 || len(s.RepoProblems) != 1 || s.RepoProblems[0].Path != manifestrepo.ConfigPath("staging") {
		t.Error(s)
	}
	if _, err := client.NotifyPush(ctx, &api.NotifyPushRequest{}); err == nil {
		t.Error("a failure to fetch is not told")
	}
	b.engine.head = b.Main()
	n, err := client.NotifyPush(ctx, &api.NotifyPushRequest{})
	if err != nil || n.Commit != b.Main().String() {
		t.Error(n, err)
	}
}
