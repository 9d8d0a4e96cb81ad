package rules

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Clean-up and the too-old rule are one rule: what goes would be refused if it came again, and what stays would not.
func TestCleanUpIsTheTooOldRule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		app := &manifestrepo.Application{Name: "cart", Deployments: map[string]*manifestrepo.Deployment{}}
		for _, v := range rapid.SliceOfNDistinct(rapid.Uint64Range(1, 40), 1, 30, rapid.ID).Draw(rt, "versions") {
			app.Releases = append(app.Releases, &manifestrepo.Release{
				Version: v, Minor: rapid.IntRange(0, 4).Draw(rt, "minor") == 0, Prepublished: rapid.IntRange(0, 6).Draw(rt, "announced") == 0,
			})
		}
		slices.SortFunc(app.Releases, func(a, b *manifestrepo.Release) int { return int(a.Version) - int(b.Version) })
		version := func(what string) uint64 { return rapid.SampledFrom(app.Releases).Draw(rt, what).Version }
		app.Deployments["dev"] = &manifestrepo.Deployment{Environment: "dev", Version: version("dev")}
		app.Deployments["qa"] = &manifestrepo.Deployment{Environment: "qa", Version: version("qa"), Queued: &manifestrepo.Queued{Version: version("queued")}}
		w := &work{ctx: Context{Policy: Policy{KeepWindow: rapid.IntRange(1, 6).Draw(rt, "window")}}}

		old := w.oldReleases(app, map[ReleaseKey]bool{})
		for _, r := range app.Releases {
			waits := app.Deployments["qa"].Queued.Version == r.Version
			tooOld := w.versionIsInKeepWindow(r.Version, app) != nil
			if goes := slices.Contains(old, r.Version); goes != (tooOld && !waits) {
				rt.Fatalf("%d goes: %v, is too old: %v, waits: %v", r.Version, goes, tooOld, waits)
			}
		}
		app.Releases = slices.DeleteFunc(app.Releases, func(r *manifestrepo.Release) bool { return slices.Contains(old, r.Version) })
		if again := w.oldReleases(app, map[ReleaseKey]bool{}); len(again) > 0 {
			rt.Fatalf("a second time it removes %v", again)
		}
		for _, v := range old {
			if w.versionIsInKeepWindow(v, app) == nil {
				rt.Fatalf("%d may come again", v)
			}
		}
	})
}

func TestVersionsInWords(t *testing.T) {
	for want, versions := range map[string][]uint64{"": nil, "4": {4}, "1-3": {1, 2, 3}, "1, 3-4, 9": {1, 3, 4, 9}} {
		if got := versionList(versions); got != want {
			t.Errorf("%v: %s", versions, got)
		}
	}
}
