package reads_test

import (
	"fmt"
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// withSets is a repo with two release sets, of which the second is newer, and one that cannot be read.
func withSets(t *testing.T) *box {
	b := newBox(t)
	var edits []manifestrepo.Edit
	for _, set := range []manifestrepo.ReleaseSet{
		{Name: "week-46", Environment: "staging", CreatedAt: repotest.Start.Add(-168 * time.Hour), Versions: map[string]uint64{"cart": 1, "gone": 4, "search": 1}},
		{Name: "week-47", Environment: "staging", Message: "before the sale", CreatedAt: repotest.Start, CreatedBy: repotest.CI, Versions: map[string]uint64{"cart": 2, "checkout": 1, "search": 1}},
	} {
		content, err := manifestrepo.EncodeReleaseSet(&set)
		if err != nil {
			t.Fatal(err)
		}
		edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ReleaseSetPath(set.Name), Content: content})
	}
	edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ReleaseSetPath("broken"), Content: []byte(`{"versions":`)})
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Name what runs", Action: "create-release-set"}, Edits: edits})
	b.ReleaseTo("cart", 1, "development", "staging")
	b.ReleaseTo("checkout", 1, "development", "staging")
	b.deploy("cart", "staging", 1)
	b.deploy("checkout", "staging", 1)
	return b
}

func (b *box) sets() api.ReleaseSetServiceClient { return api.NewReleaseSetServiceClient(b.conn) }

func TestReleaseSetsAreListedNewestFirst(t *testing.T) {
	b := withSets(t)
	list, err := b.sets().ListReleaseSets(ctx, &api.ListReleaseSetsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, set := range list.ReleaseSets {
		got = append(got, fmt.Sprint(set.Name, " ", set.Applications, len(set.Versions), set.Problem != ""))
	}
	equal(t, "sets", got, []string{"week-47 3 0 false", "week-46 3 0 false", "broken 0 0 true"})

	one, err := b.sets().GetReleaseSet(ctx, &api.GetReleaseSetRequest{Name: "week-47"})
	if err != nil || one.Versions["cart"] != 2 || one.Environment != "staging" || one.Message != "before the sale" || one.CreatedBy.GetName() != "CI" {
		t.Error(one, err)
	}
	_, err = b.sets().GetReleaseSet(ctx, &api.GetReleaseSetRequest{Name: "week-48"})
	if p := refused(t, err, problem.NotFound, "name"); p.Remedy != `did you mean "week-46"?` && p.Remedy != `did you mean "week-47"?` {
		t.Error(p.Remedy)
	}
}

func TestReleaseSetsAreCompared(t *testing.T) {
	b := withSets(t)
	for _, c := range []struct {
		from, to, want string
		same           int32
	}{
		{"week-46", "week-47", "cart 1-2, checkout 0-1, gone 4-0, ", 1},
		{"environment:staging", "week-47", "cart 1-2, search 0-1, ", 1},
		{"week-46", "environment:development", "checkout 0-1, gone 4-0, search 1-0, ", 1},
		{"week-46", "week-46", "", 3},
		{"environment:staging", "environment:development", "", 2},
	} {
		out, err := b.sets().CompareReleaseSets(ctx, &api.CompareReleaseSetsRequest{From: c.from, To: c.to})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range out.Differences {
			got += fmt.Sprintf("%s %d-%d, ", d.Application, d.FromVersion, d.ToVersion)
		}
		if got != c.want || out.Same != c.same {
			t.Errorf("%s to %s: %s and %d the same; want %s and %d", c.from, c.to, got, out.Same, c.want, c.same)
		}
	}
	b.Commit(repotest.Commit{Committer: "Hand", Text: "slip", Edits: []manifestrepo.Edit{{Path: manifestrepo.DeploymentPath("staging", "cart"), Content: []byte(`{`)}}})
	for _, c := range []struct {
		from, to, field string
		kind            problem.Kind
	}{
		{"weak-46", "week-47", "from", problem.NotFound},
		{"week-46", "environment:stagin", "to", problem.NotFound},
		{"week-46", "broken", "to", problem.Conflict},
		{"environment:staging", "week-47", "from", problem.Conflict},
	} {
		_, err := b.sets().CompareReleaseSets(ctx, &api.CompareReleaseSetsRequest{From: c.from, To: c.to})
		refused(t, err, c.kind, c.field)
	}
}

func TestAnApplicationHasItsLabels(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("cart", 1, "development")
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Label"}, Edits: []manifestrepo.Edit{
		{Path: manifestrepo.ApplicationPath("cart"), Content: []byte(`{"team":"payments","labels":{"tier":"web"}}`)},
	}})
	app, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "cart"})
	if err != nil || app.Labels["tier"] != "web" || app.Team != "payments" {
		t.Error(app, err)
	}
}
