package manifestrepo

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestNamesThatAreRefused(t *testing.T) {
	bad := []string{"", "Cart", "a/b", "..", "a b", "-a", "a-", "a--b", "a_b", "a\x00", "ä", strings.Repeat("a", 300), strings.Repeat("a", 40)}
	for _, name := range bad {
		for what, check := range map[string]func(string) error{"application": CheckApplication, "environment": CheckEnvironment, "team": CheckTeam} {
			err := check(name)
			p := problem.From(err)
			if err == nil || p.Kind != problem.Invalid || p.Rule == "" || p.Remedy == "" || p.Field != "" || len(p.Message) > 250 {
				t.Errorf("%s %q: %+v", what, name, err)
			}
		}
	}
	for _, id := range []string{"", "a", "..", "a/b", "a\x00b", "a\nb", "\xff\xff", strings.Repeat("x", 100)} {
		if p := problem.From(CheckLockID(id)); p.Kind != problem.Invalid || p.Rule == "" || p.Remedy == "" {
			t.Errorf("lock id %q: %+v", id, p)
		}
	}
}

func TestNamesThatAreAllowed(t *testing.T) {
	for _, err := range []error{
		CheckApplication("a"), CheckApplication(strings.Repeat("a", 39)), CheckApplication("a-1-b"), CheckEnvironment("staging"),
		CheckEnvironment(strings.Repeat("a", 20)), CheckTeam("shop"), CheckLockID("a b%c"), CheckLockID("päy"), CheckLockID("..."), CheckLockID(strings.Repeat("x", 99)),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if CheckEnvironment(strings.Repeat("a", 21)) == nil || CheckTeam(strings.Repeat("a", 21)) == nil {
		t.Error("a name of 21 characters is allowed")
	}
}

func TestEveryLockHasOnePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.StringN(2, 30, 99), rapid.StringMatching(`[ -~]{2,20}`)).Draw(t, "id")
		if CheckLockID(id) != nil {
			t.Skip()
		}
		for _, l := range []*Lock{
			{Scope: ScopeEnvironment, ID: id, Environment: "dev"}, {Scope: ScopeTeam, ID: id, Environment: "dev", Team: "shop"},
			{Scope: ScopeApplication, ID: id, Environment: "dev", Application: "cart"}, {Scope: ScopeGroup, ID: id, Group: "prod"},
		} {
			path := LockPath(l)
			p, err := ParsePath(path)
			if err != nil || p.LockID != id || p.Environment != l.Environment || p.Team != l.Team || p.Group != l.Group || p.Application != l.Application {
				t.Fatalf("%s is read as %+v (%v)", path, p, err)
			}
			if strings.ContainsAny(path[strings.LastIndex(path, "/")+1:], "/ \\:*?\"<>|") {
				t.Fatalf("%s does not suit a file system", path)
			}
		}
	})
}

func TestPathsThatAreNotOurs(t *testing.T) {
	for _, path := range []string{
		"README.md", "applications/cart/releases/1/source_author", "applications/cart/team", "environments/dev/applications/cart/version",
		"environments/dev/locks/l1/message", "environments/dev/applications/cart/locks/l1/created_at",
		"environments/README.md", "applications/.gitkeep", "commits/aa/bb/.empty", "argocd/v1/dev.yaml", "argocd/v1alpha1/NOTES",
		"environments/dev/applications/cart/manifests/extra.yaml", "environment-groups/.gitkeep", "environments/dev/locks/.gitkeep",
		"environments/NEW/other", "xenvironments/dev/config.json", "environments/dev/teams/README.md", "environment-groups/prod/settings.json", "release-sets/README.md", "release-sets/q4/x.json",
		"environments/dev/departures/.gitkeep", "environments/dev/approvals/x/y.json", "environment-groups/prod/departures/README.md",
	} {
		if p, err := ParsePath(path); err != nil || p.Kind != PathUnknown {
			t.Errorf("%s: %+v %v", path, p, err)
		}
	}
}

func TestPathsAreBuiltAndParsed(t *testing.T) {
	for path, want := range map[string]Path{
		SignalboxPath: {Kind: PathSignalbox}, ReleasesPath: {Kind: PathReleases}, ApplicationPath("cart"): {Kind: PathApplication, Application: "cart"},
		ConfigPath("dev"): {Kind: PathConfig, Environment: "dev"}, DeploymentPath("dev", "cart"): {Kind: PathDeployment, Environment: "dev", Application: "cart"},
		ManifestPath("dev", "cart"): {Kind: PathManifest, Environment: "dev", Application: "cart"}, ArgoCDPath("dev"): {Kind: PathArgoCD, Environment: "dev"},
		GroupPath("prod"): {Kind: PathGroup, Group: "prod"}, ApprovalPath("dev", "20261120-090312"): {Kind: PathApproval, Environment: "dev", Name: "20261120-090312"},
		DeparturePath(&Departure{Environment: "dev", Train: "nightly"}): {Kind: PathEnvironmentDeparture, Environment: "dev", Name: "nightly"},
		DeparturePath(&Departure{Group: "prod", Train: "nightly"}):      {Kind: PathGroupDeparture, Group: "prod", Name: "nightly"},
		ReleaseSetPath("q4"): {Kind: PathReleaseSet, Name: "q4"},
	} {
		if p, err := ParsePath(path); err != nil || p != want {
			t.Errorf("%s: %+v %v", path, p, err)
		}
	}
}

func TestPathsThatAreInTheWay(t *testing.T) {
	for path, says := range map[string]string{
		"release-sets": "folder belongs", "release-sets/q4.json/x": "file belongs", "release-sets/Q4.json": "release set", "environments/dev/departures": "folder belongs",
		"environments/dev/departures/a.json/b": "file belongs", "environments/dev/departures/A.json": "release train", "environments/DEV/departures/a.json": "environment",
		"environments/dev/approvals": "folder belongs", "environments/dev/approvals/_.json": "request for approval", "environment-groups/prod.json/x": "file belongs",
		"environment-groups/Prod.json": "environment group", "environment-groups/prod/departures": "folder belongs", "environment-groups/p_/departures/a.json": "environment group",
		"environment-groups/prod": "folder belongs",
	} {
		if p, err := ParsePath(path); err == nil || !strings.Contains(err.Error(), says) || p != (Path{}) {
			t.Errorf("%s: %+v %v, want a problem about %s", path, p, err, says)
		}
	}
}

func TestLabels(t *testing.T) {
	for key, value := range map[string]string{"tier": "critical", "example.com/cost-centre": "4711 & more", "a": "ä", "1": strings.Repeat("x", 63)} {
		if err := CheckLabel(key, value); err != nil {
			t.Error(err)
		}
	}
	for key, value := range map[string]string{
		"": "x", "-a": "x", "a-": "x", "a/": "x", "Tier": "x", "ti er": "x", strings.Repeat("k", 64): "x", "empty": "", "two-lines": "a\nb", "long": strings.Repeat("x", 64), "bytes": "\xff",
	} {
		if err := CheckLabel(key, value); err == nil || problem.From(err).Kind != problem.Invalid || problem.From(err).Remedy == "" {
			t.Errorf("the label %q=%q: %v", key, value, err)
		}
	}
}
