package manifestrepo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

const deployment12 = `{"version":12,"manifestBlob":"257cc5642cb1a054f08cc83f2d943e56fd3ebe99","deployedAt":"2026-11-20T09:00:00Z","deployedBy":{"name":"Anna Koch","email":"ak@example.com"}}`

func TestARepoIsReadIntoWords(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{
		SignalboxPath:                                            ptr(`{"layout":1}`),
		ConfigPath("dev"):                                        ptr(`{"upstream":{"latest":true}}`),
		ConfigPath("staging"):                                    ptr(`{"upstream":{"environment":"dev"}}`),
		ConfigPath("prod-de"):                                    ptr(`{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
		ConfigPath("prod-fr"):                                    ptr(`{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
		ApplicationPath("cart"):                                  ptr(`{"team":"shop"}`),
		DeploymentPath("staging", "cart"):                        ptr(deployment12),
		"environments/staging/locks/incident%204711.json":        ptr(`{"message":"payment errors"}`),
		"environment-groups/production/locks/freeze.json":        ptr(`{}`),
		"environments/prod-de/teams/shop/locks/holiday.json":     ptr(`{}`),
		"environments/prod-de/applications/cart/locks/cart.json": ptr(`{}`),
		"README.md": ptr("unknown files are nobody's business"),
	})
	sc.release(releaseRecord(t, "cart", 12, "dev", "staging"), releaseRecord(t, "cart", 13, "dev"))
	s := sc.s

	if !s.Initialized() || s.Layout() != 1 || len(s.Problems()) != 0 {
		t.Errorf("initialized %v, problems %v", s.Initialized(), s.Problems())
	}
	cart := s.Application("cart")
	if cart == nil || cart.Team != "shop" || cart.Newest().Version != 13 || cart.Release(12) == nil || cart.Release(14) != nil {
		t.Fatalf("cart is %+v", cart)
	}
	if r := cart.Release(12); !slices.Equal(r.Environments, []string{"dev", "staging"}) || r.LogCommit != number(1000) || r.CreatedBy != anna || !r.CreatedAt.Equal(noon) {
		t.Errorf("release 12 is %+v", r)
	}
	if d := s.Deployment("staging", "cart"); d.Version != 12 || d.DeployedBy != anna || !d.EditedByHand() {
		t.Errorf("the deployment is %+v", d)
	}
	if l := s.Environment("staging").Locks["incident 4711"]; l == nil || l.Message != "payment errors" || LockPath(l) != "environments/staging/locks/incident%204711.json" {
		t.Errorf("the lock is %+v", l)
	}
	var ids []string
	for _, l := range s.LocksFor("prod-de", "cart") {
		ids = append(ids, l.ID)
	}
	if !slices.Equal(ids, []string{"freeze", "holiday", "cart"}) {
		t.Errorf("locks for cart in prod-de: %v", ids)
	}
	if g := s.Group("production"); g == nil || !slices.Equal(g.Environments, []string{"prod-de", "prod-fr"}) || g.Locks["freeze"] == nil || g.Distance != 2 {
		t.Errorf("the group is %+v", g)
	}
	if s.Upstream("staging").Name != "dev" || s.Upstream("dev") != nil {
		t.Error("upstreams are wrong")
	}
	if s.Application("cart").OldestDeployed() != 12 || !slices.Equal(s.DeployedTo("cart", 12), []string{"staging"}) {
		t.Error("deployed versions are wrong")
	}
}

func TestContentsAreReadInOneCallAndManifestsNever(t *testing.T) {
	sc := newScene(t)
	manifest := sc.blobs.put("kind: Deployment")
	delete(sc.blobs.contents, manifest)
	sc.apply([]PathChange{
		{Path: ManifestPath("dev", "cart"), New: manifest},
		{Path: "environments/dev/applications/cart/manifests/other.yaml", New: number(8)},
		{Path: ArgoCDPath("dev"), New: number(9)},
		{Path: ConfigPath("dev"), New: sc.blobs.put(`{}`)},
		{Path: DeploymentPath("dev", "cart"), New: sc.blobs.put(deployment12)},
		{Path: ApplicationPath("cart"), New: number(10), Content: []byte(`{"team":"shop"}`)},
	})
	if sc.blobs.calls != 1 || len(sc.blobs.asked) != 2 {
		t.Errorf("%d calls for %d blobs", sc.blobs.calls, len(sc.blobs.asked))
	}
	if sc.s.Deployment("dev", "cart").FileBlob != manifest || sc.s.Application("cart").Team != "shop" {
		t.Error("the state is not what the files say")
	}
}

func TestReadingFailsOnlyWhenContentsCannotBeHad(t *testing.T) {
	gone := errors.New("the disk is gone")
	_, _, err := Empty().Apply(context.Background(), Update{Changes: []PathChange{{Path: SignalboxPath, New: number(1)}}}, failing{gone})
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Blobs(context.Context, []Hash, int64) ([][]byte, error) { return nil, f.err }

func TestGarbageIsAProblemAtItsPathAndAFixClearsIt(t *testing.T) {
	huge := `{"message":"` + strings.Repeat("x", MaxFile) + `"}`
	for path, garbage := range map[string]string{
		SignalboxPath:                                       `{"layout":2}`,
		ReleasesPath:                                        `{"log":{"ref":"HEAD"}}`,
		ApplicationPath("cart"):                             `{"team":["shop"]}`,
		ConfigPath("dev"):                                   `{"upstream":{"latest":"yes"}}`,
		DeploymentPath("dev", "cart"):                       `{"version":-1}`,
		"environments/dev/locks/l1.json":                    huge,
		"environments/dev/teams/shop/locks/l1.json":         "",
		"environment-groups/prod/locks/l1.json":             `[]`,
		"environments/dev/applications/cart/locks/l.x.json": "{\"message\":\"\xff\"}",
		"environments/dev/locks/l2.json":                    `{"message":"a","message":"b"}`,
		"environments/DEV/config.json":                      `{}`,
		"applications/a_b/application.json":                 `{}`,
		"environments/dev/locks/%2e%2e.json":                `{}`,
		"environments/dev/locks/p%c3%a4y.json":              `{}`,
		"environments/dev/locks/x.json":                     `{}`,
		"environments/staging":                              `a file`,
		"applications":                                      `a file`,
		"applications/cart":                                 `a file`,
		"environments/dev/applications/cart/manifests":      `a file`,
		"environments/dev/config.json/x":                    `a file`,
		"signalbox.json/x":                                  `a file`,
		"argocd/v1alpha1":                                   `a file`,
		"environments/dev/applications/this-name-is-far-too-long-for-an-application/deployment.json": `{}`,
	} {
		sc := newScene(t)
		sc.step(map[string]*string{SignalboxPath: ptr(`{"layout":1}`), ConfigPath("ok"): ptr(`{}`), ApplicationPath("ok"): ptr(`{"team":"ok"}`)})
		clean := dump(t, sc.s)
		sc.write(path, garbage)
		if p := sc.s.Problems(); len(p) != 1 || p[0].Path != path || p[0].Reason == "" {
			t.Errorf("%s: problems are %v", path, p)
		}
		if sc.s.ProblemAt(path) == "" || sc.s.Application("ok").Team != "ok" || sc.s.Environment("ok").Problem != "" {
			t.Errorf("%s: the rest suffered", path)
		}
		if got := dump(t, sc.fromNothing()); got != dump(t, sc.s) {
			t.Errorf("%s: read from nothing differs:\n%s\n%s", path, got, dump(t, sc.s))
		}
		if path == SignalboxPath {
			sc.write(path, `{"layout":1}`)
		} else {
			sc.delete(path)
		}
		sc.commit = 1
		sc.apply(nil)
		sc.s = withCommit(sc.s, number(1))
		if got := dump(t, sc.s); got != clean {
			t.Errorf("%s: after the fix the state is\n%s\nwant\n%s", path, got, clean)
		}
	}
}

func withCommit(s *Snapshot, h Hash) *Snapshot {
	copied := *s
	copied.commit = h
	return &copied
}

func TestOddModesAreProblems(t *testing.T) {
	for _, mode := range []filemode.FileMode{filemode.Symlink, filemode.Submodule, filemode.Dir} {
		sc := newScene(t)
		for _, path := range []string{ConfigPath("dev"), ManifestPath("dev", "cart"), ArgoCDPath("dev"), "environments/dev/locks/l1.json"} {
			sc.apply([]PathChange{{Path: path, New: number(5), Mode: mode}})
			if sc.s.ProblemAt(path) == "" {
				t.Errorf("%s of mode %s is no problem", path, mode)
			}
		}
		if sc.blobs.calls != 0 {
			t.Error("a symbolic link was read")
		}
		for _, path := range []string{ConfigPath("dev"), ManifestPath("dev", "cart"), ArgoCDPath("dev"), "environments/dev/locks/l1.json"} {
			sc.apply([]PathChange{{Path: path, New: sc.blobs.put("{}"), Mode: filemode.Executable}})
		}
		if len(sc.s.Problems()) != 0 {
			t.Errorf("problems stay: %v", sc.s.Problems())
		}
	}
}

func TestWhatCannotBeReadHoldsRatherThanOpens(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{ConfigPath("dev"): ptr(`{}`), "environments/dev/locks/freeze.json": ptr(`oh no`), DeploymentPath("dev", "cart"): ptr("{")})
	locks := sc.s.LocksFor("dev", "cart")
	if len(locks) != 1 || locks[0].ID != "freeze" || locks[0].Broken == "" {
		t.Errorf("the broken lock does not hold: %+v", locks)
	}
	d := sc.s.Deployment("dev", "cart")
	if d == nil || d.Broken == "" || d.Version != 0 || d.EditedByHand() {
		t.Errorf("the broken deployment is %+v", d)
	}
	if sc.s.Stop() != nil {
		t.Error("there is a stop without a signalbox.json")
	}
	sc.write(SignalboxPath, `{"layout":1,"stop":{"message":"data centre is down"},"ours":3}`)
	if sc.s.Stop().Message != "data centre is down" || sc.s.LocksFor("dev", "cart")[1].Scope != ScopeGlobal {
		t.Errorf("the stop is %+v", sc.s.Stop())
	}
	if text, _ := sc.s.EncodeSignalbox(nil); string(text) != "{\n  \"layout\": 1,\n  \"ours\": 3\n}\n" {
		t.Errorf("lifting the stop writes %s", text)
	}
	sc.write(SignalboxPath, `{"layout":1,`)
	if sc.s.Stop() == nil || sc.s.Stop().Broken == "" || !sc.s.Initialized() || sc.s.Layout() != 0 {
		t.Errorf("a broken signalbox.json opens the line: %+v", sc.s.Stop())
	}
}

func TestAnOlderSnapshotNeverChanges(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{
		ConfigPath("dev"): ptr(`{}`), ApplicationPath("cart"): ptr(`{"team":"shop"}`), DeploymentPath("dev", "cart"): ptr(deployment12),
		"environments/dev/locks/l1.json": ptr(`{}`), "environments/dev/applications/cart/locks/l1.json": ptr(`{}`), "environment-groups/g/locks/l1.json": ptr(`{}`),
		GroupPath("g"): ptr(`{}`), ApprovalPath("dev", "a1"): ptr(`{"changes":[{"application":"cart","version":1}]}`), ReleaseSetPath("q3"): ptr(`{}`),
		"environments/dev/departures/t1.json": ptr(`{}`), "environment-groups/g/departures/t1.json": ptr(`{}`),
	})
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	old := sc.s
	before := dump(t, old)
	sc.step(map[string]*string{
		ConfigPath("dev"): ptr(`{"upstream":{"latest":true}}`), ApplicationPath("cart"): nil, DeploymentPath("dev", "cart"): nil, ManifestPath("dev", "cart"): ptr("x"),
		"environments/dev/locks/l1.json": nil, "environments/dev/locks/l2.json": ptr(`{}`), "environments/dev/applications/cart/locks/l2.json": ptr(`{}`),
		"environment-groups/g/locks/l2.json": ptr(`{}`), "environments/dev/locks/bad.json": ptr(`{`),
		GroupPath("g"): ptr(`{"releaseTrains":[]}`), ApprovalPath("dev", "a1"): nil, ApprovalPath("dev", "a2"): ptr(`{`), ReleaseSetPath("q3"): nil, ReleaseSetPath("q4"): ptr(`{}`),
		"environments/dev/departures/t1.json": nil, "environments/dev/departures/t2.json": ptr(`{}`), "environment-groups/g/departures/t2.json": ptr(`{}`),
	})
	rec, _ := NewRemovalRecord("cart", 1, anna, noon, "")
	sc.release(rec, releaseRecord(t, "cart", 2, "dev"), releaseRecord(t, "pay", 1, "dev"))
	if dump(t, old) != before {
		t.Error("the older snapshot changed")
	}
}

func TestTheDeltaNamesWhatChanged(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{ApplicationPath("pay"): ptr(`{}`), DeploymentPath("dev", "cart"): ptr(deployment12)})
	if !slices.Equal(sc.delta.Applications, []string{"cart", "pay"}) || sc.delta.Environments {
		t.Errorf("%+v", sc.delta)
	}
	sc.write("environment-groups/g/locks/l1.json", `{}`)
	if len(sc.delta.Applications) != 0 || !sc.delta.Environments {
		t.Errorf("%+v", sc.delta)
	}
	sc.release(releaseRecord(t, "cart", 1, "dev"))
	if !slices.Equal(sc.delta.Applications, []string{"cart"}) || sc.delta.Environments {
		t.Errorf("%+v", sc.delta)
	}
	sc.write("docs/x.md", "x")
	if len(sc.delta.Applications) != 0 || sc.delta.Environments {
		t.Errorf("%+v", sc.delta)
	}
}

func TestDistancesAndPriorities(t *testing.T) {
	sc := newScene(t)
	configs := map[string]string{
		"dev": `{"upstream":{"latest":true}}`, "test": `{"upstream":{"environment":"dev"}}`, "load": `{"upstream":{"environment":"dev"}}`,
		"pre": `{"upstream":{"environment":"test"}}`, "prod": `{"upstream":{"environment":"pre"}}`,
		"lab": `{"upstream":{"latest":true}}`, "lab-prod": `{"upstream":{"environment":"lab"}}`,
		"island": `{}`, "behind-island": `{"upstream":{"environment":"island"}}`, "lost": `{"upstream":{"environment":"nowhere"}}`,
		"ring-a": `{"upstream":{"environment":"ring-b"}}`, "ring-b": `{"upstream":{"environment":"ring-a"}}`, "on-ring": `{"upstream":{"environment":"ring-a"}}`,
		"broken": `{"upstream":`,
	}
	want := map[string]struct {
		distance int
		priority Priority
	}{
		"dev": {0, PriorityUpstream}, "test": {1, PriorityPreProduction}, "load": {1, PriorityPreProduction}, "pre": {2, PriorityCanary}, "prod": {3, PriorityProduction},
		"lab": {0, PriorityUpstream}, "lab-prod": {1, PriorityProduction},
		"island": {100, PriorityOther}, "behind-island": {101, PriorityOther}, "lost": {667, PriorityOther},
		"ring-a": {667, PriorityOther}, "ring-b": {667, PriorityOther}, "on-ring": {667, PriorityOther}, "broken": {100, PriorityOther},
	}
	for name, config := range configs {
		sc.write(ConfigPath(name), config)
	}
	for name, w := range want {
		if e := sc.s.Environment(name); e == nil || e.Distance != w.distance || e.Priority != w.priority {
			t.Errorf("%s is %d hops away with priority %s, want %d %s", name, e.Distance, e.Priority, w.distance, w.priority)
		}
	}
}

func TestPrioritiesAlongTheLine(t *testing.T) {
	for longest, want := range []string{
		"upstream", "upstream production", "upstream pre-production production", "upstream pre-production canary production",
		"upstream other pre-production canary production", "upstream other other pre-production canary production",
	} {
		var got []string
		for d := range longest + 1 {
			got = append(got, priorityOf(d, longest).String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d stops: %v, want %s", longest+1, got, want)
		}
	}
}
