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

func TestTheMatrixShowsWhatRunsAndWhatIsBehind(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 4; v++ {
		b.ReleaseTo("checkout", v, "development", "staging", "production")
	}
	b.deploy("checkout", "staging", 3)
	b.deploy("checkout", "production", 1)
	b.ReleaseTo("cart", 1, "development")

	o := b.overview(&api.GetOverviewRequest{})
	equal(t, "applications", names(o.Applications), []string{"cart", "checkout"})
	if o.Commit != b.Main().String() || o.Position == 0 || o.AsOf == nil || o.Total != 2 {
		t.Errorf("commit %s, position %d, as of %v, total %d", o.Commit, o.Position, o.AsOf, o.Total)
	}
	checkout := o.Applications[1]
	if checkout.NewestVersion != 4 || checkout.Releases != 4 || checkout.Team != "payments" || checkout.NewestRelease.CommitId != "0000004" {
		t.Errorf("%v", checkout)
	}
	for _, want := range []struct {
		env              string
		version, up      uint64
		behind           int32
		commit, releases string
	}{
		{env: "development", version: 4, up: 4, behind: 0, commit: "0000004"},
		{env: "staging", version: 3, up: 4, behind: 1, commit: "0000003"},
		{env: "production", version: 1, up: 3, behind: 3, commit: "0000001"},
	} {
		d := deployment(t, checkout, want.env)
		if d.Version != want.version || d.UpstreamVersion != want.up || d.Behind != want.behind || d.CommitId != want.commit || d.EditedByHand || d.DeployedBy.GetName() != "CI" {
			t.Errorf("%s: %v", want.env, d)
		}
	}
	if len(o.Applications[0].Deployments) != 1 {
		t.Errorf("cart is only in development: %v", o.Applications[0].Deployments)
	}
}

func TestEnvironmentsStandInTheOrderOfTheWayToProduction(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	b.queue("checkout", "staging", 0, 1, "environment lock l-1")
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "More", Action: "apply-environment"}, Edits: []manifestrepo.Edit{
		repotest.Environment("alone", `{"argocd":{"destination":{"server":"https://k8s"}}}`),
		repotest.Environment("broken", `{"upstream":`),
		repotest.Environment("production-fr", `{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
	}})
	list, err := api.NewEnvironmentServiceClient(b.conn).ListEnvironments(ctx, &api.ListEnvironmentsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, e := range list.Environments {
		order = append(order, e.Name)
	}
	equal(t, "order", order, []string{"development", "staging", "production", "production-fr", "alone", "broken"})
	dev, staging, production, alone, broken := list.Environments[0], list.Environments[1], list.Environments[2], list.Environments[4], list.Environments[5]
	if !dev.Latest || dev.Priority != api.Priority_PRIORITY_UPSTREAM || dev.Applications != 1 || dev.DistanceToUpstream != 0 {
		t.Errorf("%v", dev)
	}
	if staging.UpstreamEnvironment != "development" || staging.Priority != api.Priority_PRIORITY_PRE_PRODUCTION || staging.Queued != 1 || staging.Applications != 0 {
		t.Errorf("%v", staging)
	}
	if production.EnvironmentGroup != "production" || production.Priority != api.Priority_PRIORITY_PRODUCTION {
		t.Errorf("%v", production)
	}
	if alone.Priority != api.Priority_PRIORITY_OTHER || alone.Config.Fields["argocd"].GetStructValue().Fields["destination"] == nil {
		t.Errorf("%v", alone)
	}
	if broken.Problem == "" {
		t.Errorf("%v", broken)
	}
	var groups []string
	for _, g := range list.Groups {
		groups = append(groups, fmt.Sprint(g.Name, g.Environments))
	}
	equal(t, "groups", groups, []string{"development[development]", "staging[staging]", "production[production production-fr]", "alone[alone]", "broken[broken]"})

	one, err := api.NewEnvironmentServiceClient(b.conn).GetEnvironment(ctx, &api.GetEnvironmentRequest{Environment: "staging"})
	if err != nil || one.Name != "staging" {
		t.Fatal(one, err)
	}
	_, err = api.NewEnvironmentServiceClient(b.conn).GetEnvironment(ctx, &api.GetEnvironmentRequest{Environment: "stagin"})
	if p := refused(t, err, problem.NotFound, "environment"); p.Remedy != `did you mean "staging"?` {
		t.Error(p.Remedy)
	}
}

// shop is three applications: cart runs everywhere, checkout waits in staging, search was never promoted.
func shop(b *box) {
	for _, app := range []string{"cart", "checkout", "search"} {
		b.ReleaseTo(app, 1, "development", "staging")
	}
	b.deploy("cart", "staging", 1)
	b.queue("checkout", "staging", 0, 1, "application lock l-1")
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "l-1", Environment: "staging", Application: "checkout"})
}

func TestFiltersAndTheirCounts(t *testing.T) {
	b := newBox(t)
	shop(b)
	for _, c := range []struct {
		name    string
		request *api.GetOverviewRequest
		want    []string
	}{
		{"all", &api.GetOverviewRequest{}, []string{"cart", "checkout", "search"}},
		{"search", &api.GetOverviewRequest{Search: "CH"}, []string{"checkout", "search"}},
		{"team", &api.GetOverviewRequest{Teams: []string{"payments", "other"}}, []string{"cart", "checkout", "search"}},
		{"no such team", &api.GetOverviewRequest{Teams: []string{"other"}}, nil},
		{"differs", &api.GetOverviewRequest{DiffersFromUpstream: true}, []string{"checkout", "search"}},
		{"locked", &api.GetOverviewRequest{Locked: true}, []string{"checkout"}},
		{"queued", &api.GetOverviewRequest{Queued: true}, []string{"checkout"}},
		{"differs and queued", &api.GetOverviewRequest{Queued: true, DiffersFromUpstream: true}, []string{"checkout"}},
		{"differs in development", &api.GetOverviewRequest{DiffersFromUpstream: true, Environments: []string{"development"}}, nil},
		{"locked in staging", &api.GetOverviewRequest{Locked: true, Environments: []string{"staging"}}, []string{"checkout"}},
	} {
		o := b.overview(c.request)
		equal(t, c.name, names(o.Applications), c.want)
		if o.Total != int32(len(c.want)) {
			t.Errorf("%s: total %d", c.name, o.Total)
		}
	}
	counts := b.overview(&api.GetOverviewRequest{Queued: true, Search: "c"}).Counts
	if counts.All != 3 || counts.DiffersFromUpstream != 2 || counts.Locked != 1 || counts.Queued != 1 {
		t.Errorf("counts do not depend on the filters they count: %v", counts)
	}
}

func TestWhatHasWaitedForMoreThanADayIsStuck(t *testing.T) {
	b := asking(t)
	b.queue("search", "staging", 0, 1, "application lock l-1")
	for _, c := range []struct {
		after time.Duration
		in    []string
		want  []string
	}{
		{24 * time.Hour, nil, nil},
		{25 * time.Hour, nil, []string{"cart", "search"}}, // the request for checkout ended by itself
		{25 * time.Hour, []string{"production"}, []string{"cart"}},
		{25 * time.Hour, []string{"development"}, nil},
	} {
		b.clock.set(repotest.Start.Add(c.after))
		o := b.overview(&api.GetOverviewRequest{Stuck: true, Environments: c.in})
		equal(t, fmt.Sprint("stuck after ", c.after, " in ", c.in), names(o.Applications), c.want)
		if o.Counts.Stuck != int32(len(c.want)) {
			t.Errorf("counted %d", o.Counts.Stuck)
		}
	}
}

func TestWhatIsNewerThanItsUpstreamIsFound(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 2; v++ {
		b.ReleaseTo("cart", v, "development", "staging", "production")
		b.ReleaseTo("checkout", v, "development", "staging", "production")
	}
	b.deploy("cart", "staging", 1)
	b.deploy("cart", "production", 2)
	b.deploy("checkout", "staging", 1)
	o := b.overview(&api.GetOverviewRequest{NewerThanUpstream: true})
	equal(t, "newer", names(o.Applications), []string{"cart"})
	if o.Counts.NewerThanUpstream != 1 || o.Counts.DiffersFromUpstream != 2 {
		t.Errorf("%v", o.Counts)
	}
}

func TestWhatComesNextIsCalledAsPeopleCallIt(t *testing.T) {
	b := newBox(t)
	c := b.Releasing("cart", 1, "development", "staging")
	c.Releases[0].DisplayVersion = "v1.0"
	b.Commit(c)
	b.queue("cart", "staging", 0, 1, "application lock l-1")
	b.ask(manifestrepo.Approval{ID: "first", Environment: "staging", Action: "deploy", Changes: []manifestrepo.ApprovalChange{{Application: "cart", Version: 1}}})
	d := deployment(t, b.overview(&api.GetOverviewRequest{}).Applications[0], "staging")
	if d.UpstreamDisplayVersion != "v1.0" || d.PendingDisplayVersion != "v1.0" || d.QueuedDisplayVersion != "v1.0" {
		t.Errorf("%v", d)
	}
}

func TestAWindowInTheMiddle(t *testing.T) {
	b := newBox(t)
	for _, app := range []string{"a", "b", "c", "d", "e"} {
		b.ReleaseTo(app, 1, "development")
	}
	o := b.overview(&api.GetOverviewRequest{Offset: 2, PageSize: 2})
	equal(t, "window", names(o.Applications), []string{"c", "d"})
	if o.Total != 5 || o.Counts.All != 5 {
		t.Errorf("total %d, counts %v", o.Total, o.Counts)
	}
	equal(t, "what follows", names(b.overview(&api.GetOverviewRequest{PageToken: o.NextPageToken}).Applications), []string{"e"})
	equal(t, "beyond the end", names(b.overview(&api.GetOverviewRequest{Offset: 9}).Applications), nil)
	client := api.NewOverviewServiceClient(b.conn)
	_, err := client.GetOverview(ctx, &api.GetOverviewRequest{Offset: -1})
	refused(t, err, problem.Invalid, "offset")
	_, err = client.GetOverview(ctx, &api.GetOverviewRequest{Offset: 1, PageToken: o.NextPageToken})
	refused(t, err, problem.Invalid, "offset")
}

func TestABriefMatrixSaysEachLockOnce(t *testing.T) {
	b := newBox(t)
	shop(b)
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "wide", Environment: "staging"})
	locks := func(o *api.Overview) (ids []string) {
		for _, l := range deployment(t, o.Applications[1], "staging").Locks {
			ids = append(ids, l.Id)
		}
		return ids
	}
	brief := b.overview(&api.GetOverviewRequest{Brief: true})
	equal(t, "locks of checkout", locks(brief), []string{"l-1"})
	if brief.Applications[1].NewestRelease != nil || brief.Applications[1].NewestVersion != 1 || len(brief.Environments[1].Locks) != 1 {
		t.Errorf("%v %v", brief.Applications[1], brief.Environments[1])
	}
	equal(t, "locks of checkout in full, afterwards", locks(b.overview(&api.GetOverviewRequest{})), []string{"wide", "l-1"})
	equal(t, "teams", brief.Teams, []string{"payments"})
}

func TestColumnsCanBeChosen(t *testing.T) {
	b := newBox(t)
	shop(b)
	o := b.overview(&api.GetOverviewRequest{Environments: []string{"staging"}})
	if len(o.Environments) != 1 || o.Environments[0].Name != "staging" || len(o.Groups) != 1 {
		t.Errorf("%v %v", o.Environments, o.Groups)
	}
	for _, app := range o.Applications {
		for _, d := range app.Deployments {
			if d.Environment != "staging" {
				t.Errorf("%s shows %s", app.Name, d.Environment)
			}
		}
	}
	_, err := api.NewOverviewServiceClient(b.conn).GetOverview(ctx, &api.GetOverviewRequest{Environments: []string{"prodution"}})
	if p := refused(t, err, problem.NotFound, "environments"); p.Remedy != `did you mean "production"?` {
		t.Error(p.Remedy)
	}
}

func TestPagesStayRightWhenApplicationsComeAndGo(t *testing.T) {
	b := newBox(t)
	for _, app := range []string{"a", "c", "e", "g"} {
		b.ReleaseTo(app, 1, "development")
	}
	first := b.overview(&api.GetOverviewRequest{PageSize: 2})
	equal(t, "first page", names(first.Applications), []string{"a", "c"})
	b.ReleaseTo("b", 1, "development") // before the mark: not seen, and nothing is seen twice
	b.ReleaseTo("d", 1, "development")
	second := b.overview(&api.GetOverviewRequest{PageSize: 2, PageToken: first.NextPageToken})
	equal(t, "second page", names(second.Applications), []string{"d", "e"})
	third := b.overview(&api.GetOverviewRequest{PageSize: 2, PageToken: second.NextPageToken})
	equal(t, "third page", names(third.Applications), []string{"g"})
	if third.NextPageToken != "" || third.Total != 6 {
		t.Errorf("token %q, total %d", third.NextPageToken, third.Total)
	}
}

func TestPageSizeAndTokenAreChecked(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("cart", 1, "development")
	b.ReleaseTo("checkout", 1, "development")
	client := api.NewOverviewServiceClient(b.conn)
	for _, size := range []int32{-1, 1001} {
		_, err := client.GetOverview(ctx, &api.GetOverviewRequest{PageSize: size})
		refused(t, err, problem.Invalid, "page_size")
	}
	other, err := b.applications().ListApplications(ctx, &api.ListApplicationsRequest{PageSize: 1})
	if err != nil || other.NextPageToken == "" {
		t.Fatal(other, err)
	}
	for _, token := range []string{"x", "%%%", other.NextPageToken, "b3ZlcnZpZXcK"} {
		_, err := client.GetOverview(ctx, &api.GetOverviewRequest{PageToken: token})
		refused(t, err, problem.Invalid, "page_token")
	}
	if got := b.overview(&api.GetOverviewRequest{PageSize: 1000}); len(got.Applications) != 2 {
		t.Error(got)
	}
}

func TestAManifestEditedByHandShows(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development")
	b.Commit(repotest.Commit{Committer: "Hand", Text: "hot fix", Edits: []manifestrepo.Edit{
		{Path: manifestrepo.ManifestPath("development", "checkout"), Content: []byte("kind: ConfigMap\n")},
	}})
	app, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "checkout"})
	if err != nil || !deployment(t, app, "development").EditedByHand {
		t.Fatal(app, err)
	}
}

func TestLocksThatHoldADeploymentStandWithIt(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 1, "development", "staging")
	b.ReleaseTo("other", 1, "development", "staging")
	b.deploy("checkout", "staging", 1)
	b.deploy("other", "staging", 1)
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "staging", Application: "checkout"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "env", Environment: "staging"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeTeam, ID: "team", Environment: "staging", Team: "payments"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeGroup, ID: "group", Group: "staging"})
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeEnvironment, ID: "short", Environment: "staging", ExpiresAt: repotest.Start.Add(time.Hour)})

	read := func() (checkout, other *api.Deployment, env *api.Environment) {
		o := b.overview(&api.GetOverviewRequest{})
		return deployment(t, o.Applications[0], "staging"), deployment(t, o.Applications[1], "staging"), o.Environments[1]
	}
	checkout, other, env := read()
	equal(t, "checkout", lockIDs(checkout.Locks), []string{"group", "env", "short", "team", "own"})
	equal(t, "other", lockIDs(other.Locks), []string{"group", "env", "short", "team"})
	equal(t, "environment", lockIDs(env.Locks), []string{"group", "env", "short"})
	b.clock.advance(time.Hour)
	checkout, _, env = read()
	equal(t, "checkout an hour later", lockIDs(checkout.Locks), []string{"group", "env", "team", "own"})
	equal(t, "environment an hour later", lockIDs(env.Locks), []string{"group", "env"})
}
