package reads_test

import (
	"fmt"
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

func TestReleasesAreListedNewestFirst(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 12; v++ {
		b.ReleaseTo("checkout", v, "development", "staging")
	}
	b.deploy("checkout", "staging", 12)
	var versions []uint64
	token := ""
	for {
		page, err := b.applications().ListReleases(ctx, &api.ListReleasesRequest{Application: "checkout", PageSize: 5, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Releases {
			versions = append(versions, r.Version)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
		b.ReleaseTo("checkout", uint64(13+len(versions)), "development") // newer ones do not shift the pages
	}
	equal(t, "versions", versions, []uint64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1})

	release, err := b.applications().GetRelease(ctx, &api.GetReleaseRequest{Application: "checkout", Version: 12})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "deployed to", release.DeployedTo, []string{"staging"})
	equal(t, "environments", release.Environments, []string{"development", "staging"})
	if release.LogCommit == "" || release.CreatedBy.GetName() != "CI" {
		t.Error(release)
	}
}

func TestReleasesAreFoundAndReadFromTheMiddle(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 12; v++ {
		b.ReleaseTo("checkout", v, "development")
	}
	list := func(r *api.ListReleasesRequest) (versions []uint64, total int32) {
		t.Helper()
		r.Application = "checkout"
		page, err := b.applications().ListReleases(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Releases {
			versions = append(versions, r.Version)
		}
		return versions, page.Total
	}
	versions, total := list(&api.ListReleasesRequest{Offset: 4, PageSize: 3})
	equal(t, "in the middle", versions, []uint64{8, 7, 6})
	equal(t, "total", []int32{total}, []int32{12})
	versions, total = list(&api.ListReleasesRequest{Search: "1", Offset: 1})
	equal(t, "with a 1", versions, []uint64{11, 10, 1})
	equal(t, "total with a 1", []int32{total}, []int32{4})
	versions, _ = list(&api.ListReleasesRequest{Offset: 40})
	equal(t, "beyond the end", versions, nil)

	_, err := b.applications().ListReleases(ctx, &api.ListReleasesRequest{Application: "checkout", Offset: -1})
	refused(t, err, problem.Invalid, "offset")
	_, err = b.applications().ListReleases(ctx, &api.ListReleasesRequest{Application: "checkout", Offset: 2, PageToken: "x"})
	refused(t, err, problem.Invalid, "offset")
}

func TestUnknownNamesAreToldWithTheNearest(t *testing.T) {
	b := newBox(t)
	b.ReleaseTo("checkout", 3, "development")
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "early", Environment: "staging", Application: "unborn"})
	_, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "chekout"})
	if p := refused(t, err, problem.NotFound, "application"); p.Remedy != `did you mean "checkout"?` {
		t.Error(p.Remedy)
	}
	_, err = b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "unborn"}) // only locked ahead
	refused(t, err, problem.NotFound, "application")
	_, err = b.applications().ListReleases(ctx, &api.ListReleasesRequest{Application: ""})
	refused(t, err, problem.NotFound, "application")
	_, err = b.applications().GetRelease(ctx, &api.GetReleaseRequest{Application: "checkout", Version: 4})
	refused(t, err, problem.NotFound, "version")
	_, err = b.applications().GetManifests(ctx, &api.GetManifestsRequest{Application: "checkout", Environment: "staging"})
	if p := refused(t, err, problem.NotFound, "environment"); !strings.Contains(p.Remedy, "development") {
		t.Error(p.Remedy)
	}
}

func TestApplicationsAreListed(t *testing.T) {
	b := newBox(t)
	shop(b)
	list, err := b.applications().ListApplications(ctx, &api.ListApplicationsRequest{Search: "Ch", PageSize: 1})
	if err != nil || list.Total != 2 || len(list.Applications) != 1 || list.Applications[0].Name != "checkout" || list.NextPageToken == "" {
		t.Fatal(list, err)
	}
	list, err = b.applications().ListApplications(ctx, &api.ListApplicationsRequest{Team: "nobody"})
	if err != nil || list.Total != 0 {
		t.Fatal(list, err)
	}
}

// secret is a manifest with a Secret between two documents that must stay as they are.
func secret(password string) string {
	return "# rendered by CI\napiVersion: v1\nkind: ConfigMap   # odd spacing stays\nmetadata: {name: a}\n" +
		"--- # the secret\napiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":\"" + password + "\"}'\n    keep: me\n" +
		"data:\n  # was " + password + "\n  password: " + password + "\nstringData:\n  user: |\n    " + password + "\n" +
		"---\nkind: Deployment\nspec:   {x: Secret-ary}\n"
}

func TestManifestsAreReadAsUploadedWithoutSecrets(t *testing.T) {
	b := newBox(t)
	c := b.Releasing("checkout", 1, "development")
	plain := "# comment\r\nkind: ConfigMap\n\n\nmetadata:   {name: x}"
	c.Releases[0].Manifests = map[string]string{"development": plain, "staging": secret("hunter2")}
	b.Commit(c)

	m, err := b.applications().GetManifests(ctx, &api.GetManifestsRequest{Application: "checkout"})
	if err != nil {
		t.Fatal(err)
	}
	if m.Release.Version != 1 || m.Manifests["development"].Content != plain || m.Manifests["development"].Environment != "development" {
		t.Errorf("%q", m.Manifests["development"])
	}
	got := m.Manifests["staging"].Content
	if strings.Contains(got, "hunter2") {
		t.Fatalf("a secret is shown:\n%s", got)
	}
	before, after, _ := strings.Cut(secret("hunter2"), "--- # the secret")
	_, last, _ := strings.Cut(after, "---\n")
	if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, "---\n"+last) {
		t.Errorf("the other documents changed:\n%s", got)
	}
	for _, kept := range []string{"name: db", "keep: me", "password: (not shown)", "user: (not shown)"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is missing:\n%s", kept, got)
		}
	}
	one, err := b.applications().GetManifests(ctx, &api.GetManifestsRequest{Application: "checkout", Version: 1, Environment: "development"})
	if err != nil || len(one.Manifests) != 1 {
		t.Fatal(one, err)
	}
}

func TestDiffOfWhatRunsAndWhatIsNew(t *testing.T) {
	b := newBox(t)
	for v := uint64(1); v <= 3; v++ {
		b.ReleaseTo("checkout", v, "development", "staging", "production")
	}
	b.deploy("checkout", "staging", 2)
	diff := func(r *api.DiffManifestsRequest) *api.ManifestDiff {
		t.Helper()
		r.Application = "checkout"
		d, err := b.applications().DiffManifests(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := diff(&api.DiffManifestsRequest{Environment: "staging"})
	want := "--- checkout/2/staging.yaml\n+++ checkout/3/staging.yaml\n@@ -4,4 +4,4 @@\n   name: checkout\n   namespace: staging\n data:\n-  version: \"2\"\n+  version: \"3\"\n"
	if d.Diff != want || d.FromVersion != 2 || d.ToVersion != 3 || d.Added != 1 || d.Removed != 1 || len(d.Releases) != 1 || d.Releases[0].Version != 3 {
		t.Errorf("%v\n%s", d, d.Diff)
	}
	if d := diff(&api.DiffManifestsRequest{Environment: "production"}); d.FromVersion != 0 || d.Added != 7 || d.Removed != 0 || len(d.Releases) != 3 {
		t.Errorf("nothing runs there: %v", d)
	}
	if d := diff(&api.DiffManifestsRequest{Environment: "staging", FromVersion: 1, ToVersion: 1}); d.Diff != "" || d.Added != 0 {
		t.Errorf("the same: %v", d)
	}
	if d := diff(&api.DiffManifestsRequest{Environment: "development", ToEnvironment: "staging"}); d.FromVersion != 3 || d.ToVersion != 2 || d.Added != 2 || len(d.Releases) != 0 {
		t.Errorf("two environments: %v", d)
	}
	for _, c := range []struct {
		request *api.DiffManifestsRequest
		kind    problem.Kind
		field   string
	}{
		{&api.DiffManifestsRequest{}, problem.Invalid, "environment"},
		{&api.DiffManifestsRequest{Environment: "nowhere"}, problem.NotFound, "environment"},
		{&api.DiffManifestsRequest{Environment: "staging", ToEnvironment: "nowhere"}, problem.NotFound, "to_environment"},
		{&api.DiffManifestsRequest{Environment: "staging", FromVersion: 9}, problem.NotFound, "from_version"},
		{&api.DiffManifestsRequest{Environment: "staging", ToVersion: 9}, problem.NotFound, "to_version"},
	} {
		c.request.Application = "checkout"
		_, err := b.applications().DiffManifests(ctx, c.request)
		refused(t, err, c.kind, c.field)
	}
}

func TestADiffSaysThatASecretChangedWithoutShowingIt(t *testing.T) {
	b := newBox(t)
	for v, password := range []string{"hunter1", "hunter2"} {
		c := b.Releasing("checkout", uint64(v+1), "development")
		c.Releases[0].Manifests = map[string]string{"development": secret(password)}
		b.Commit(c)
	}
	d, err := b.applications().DiffManifests(ctx, &api.DiffManifestsRequest{Application: "checkout", Environment: "development", FromVersion: 1, ToVersion: 2})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(d.Diff, "hunter") || !strings.Contains(d.Diff, "+  password: (not shown, changed)") || d.Added != 2 {
		t.Error(d.Diff)
	}
}

func TestWhereACommitHasArrived(t *testing.T) {
	b := newBox(t)
	long := "0123456789abcdef0123456789abcdef01234567"
	for v := uint64(1); v <= 3; v++ {
		c := b.Releasing("checkout", v, "development", "staging")
		c.Releases[0].CommitID = []string{"aaaaaaa1", long, "bbbbbbb2"}[v-1]
		b.Commit(c)
	}
	b.deploy("checkout", "staging", 1)
	b.ReleaseTo("cart", 1, "development")
	status := func(commit string) string {
		t.Helper()
		d, err := b.applications().GetCommitDeployments(ctx, &api.GetCommitDeploymentsRequest{CommitId: commit})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for app, statuses := range d.Applications {
			for _, env := range []string{"development", "staging", "production"} {
				all = append(all, fmt.Sprintf("%s/%s=%v", app, env, statuses.Environments[env]))
			}
		}
		return strings.Join(all, " ")
	}
	for commit, want := range map[string]string{
		long:         "checkout/development=DEPLOYED checkout/staging=PENDING checkout/production=UNKNOWN",
		long[:7]:     "checkout/development=DEPLOYED checkout/staging=PENDING checkout/production=UNKNOWN",
		"aaaaaaa1":   "checkout/development=DEPLOYED checkout/staging=DEPLOYED checkout/production=UNKNOWN",
		"aaaaaaa1ff": "checkout/development=DEPLOYED checkout/staging=DEPLOYED checkout/production=UNKNOWN",
	} {
		if got := status(commit); got != want {
			t.Errorf("%s: %s", commit, got)
		}
	}
	for _, bad := range []string{"", "abc", "ABCDEF1", long + "0", "xyzxyzxyz"} {
		_, err := b.applications().GetCommitDeployments(ctx, &api.GetCommitDeploymentsRequest{CommitId: bad})
		refused(t, err, problem.Invalid, "commit_id")
	}
	for _, strange := range []string{"ccccccc", "0123456789abd"} {
		_, err := b.applications().GetCommitDeployments(ctx, &api.GetCommitDeploymentsRequest{CommitId: strange})
		refused(t, err, problem.NotFound, "commit_id")
	}

	// Neither release has a manifest for production; one that builds on the commit is on its way there all the same.
	b.queue("checkout", "production", 0, 3, "the freeze")
	if got := status(long); !strings.Contains(got, "checkout/production=PENDING") {
		t.Errorf("queued: %s", got)
	}
	b.queue("checkout", "production", 0, 1, "the freeze")
	if got := status(long); !strings.Contains(got, "checkout/production=UNKNOWN") {
		t.Errorf("an older one is queued: %s", got)
	}
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Ask", Action: "deploy"}, Edits: []manifestrepo.Edit{
		repotest.Approval(manifestrepo.Approval{ID: "20261120-090000", Environment: "production", Action: "deploy", CreatedAt: b.Now, CreatedBy: repotest.CI,
			Changes: []manifestrepo.ApprovalChange{{Application: "checkout", Version: 3}}}),
	}})
	if got := status(long); !strings.Contains(got, "checkout/production=PENDING") {
		t.Errorf("awaiting approval: %s", got)
	}
}

func TestARepoThatHoldsNothing(t *testing.T) {
	b := newBox(t)
	o := b.overview(&api.GetOverviewRequest{})
	if len(o.Applications) != 0 || len(o.Environments) != 3 || o.NextPageToken != "" {
		t.Error(o)
	}
	_, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "checkout"})
	refused(t, err, problem.NotFound, "application")
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Nothing"}, Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("x")}}})
	if again := b.overview(&api.GetOverviewRequest{}); again.Commit == o.Commit || again.Position != o.Position+1 {
		t.Error(again)
	}
}
