package fsck_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/fsck"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// plans are one file of each kind, with a second form that says something else.
var plans = map[string][2]string{
	"environment-groups/production.json":                   {`{"freezeWindows":[]}`, `{"freezeWindows":[{"kind":"deny","schedule":"@daily","duration":"1h"}]}`},
	"environment-groups/production/departures/weekly.json": {`{"schedule":"@weekly","since":"2026-11-20T09:00:00Z"}`, `{"schedule":"@weekly","since":"2026-11-20T09:00:00Z","last":"2026-11-22T00:00:00Z"}`},
	"environments/staging/departures/nightly.json":         {`{"paused":{"reason":"audit","by":{"name":"Anna"}}}`, `{"paused":{"by":{"name":"Anna"}}}`},
	"environments/staging/approvals/a-1.json": {
		`{"action":"deploy","changes":[{"application":"pay","version":2},{"application":"cart","version":1}]}`, `{"action":"deploy","changes":[{"application":"pay","version":3},{"application":"cart","version":1}]}`,
	},
	"environments/staging/approvals/a-2.json": {
		`{"action":"deploy","changes":[{"application":"pay","byHand":true,"noHold":true,"version":2}]}`, `{"action":"deploy","changes":[{"application":"pay","byHand":true,"version":2}]}`,
	},
	"release-sets/q4.json":                                   {`{"environment":"staging","versions":{"cart":12}}`, `{"environment":"staging","versions":{"cart":13}}`},
	"applications/cart/application.json":                     {`{"labels":{"tier":"critical"}}`, `{"labels":{"tier":"minor"}}`},
	"environments/staging/applications/cart/deployment.json": {`{"hold":{},"queued":{"version":1,"cause":"freeze","byHand":true}}`, `{"hold":{},"queued":{"version":1,"cause":"freeze"}}`},
}

func TestEveryKindOfFileIsHeldAgainstGit(t *testing.T) {
	repo := repotest.New(t)
	repo.Open(nil)
	repo.ReleaseTo("cart", 1, "development")
	var commit repotest.Commit
	for _, path := range slices.Sorted(maps.Keys(plans)) {
		commit.Edits = append(commit.Edits, manifestrepo.Edit{Path: path, Content: []byte(plans[path][0])})
	}
	repo.Commit(commit)
	truth := repo.State.View().Snapshot
	check := func(s *manifestrepo.Snapshot) []fsck.Finding {
		report, err := fsck.Check(t.Context(), fsck.Options{Dir: repo.Store.Dir(), Snapshot: s})
		if err != nil {
			t.Fatal(err)
		}
		return report.Findings
	}
	if findings := append(check(truth), check(nil)...); len(findings) > 0 {
		t.Fatalf("a whole repo: %v", findings)
	}
	for path, contents := range plans {
		for says, other := range map[string]*string{"git says": &contents[1], "the state does not": nil} {
			change := manifestrepo.PathChange{Path: path}
			if other != nil {
				change.New, change.Content = gitstore.PrepareBlob([]byte(*other)).Hash(), []byte(*other)
			}
			wrong, _, err := truth.Apply(t.Context(), manifestrepo.Update{Commit: truth.Commit(), Changes: []manifestrepo.PathChange{change}}, repo.Store)
			if err != nil {
				t.Fatal(err)
			}
			findings := check(wrong)
			if len(findings) != 1 || findings[0].Severity != fsck.Error || !strings.Contains(findings[0].What, says) {
				t.Errorf("a state with another %s: %v, want one that says %q", path, findings, says)
			}
		}
	}
}

func TestWhatOneSideCannotReadIsAWarning(t *testing.T) {
	repo := repotest.New(t)
	repo.Open(nil)
	commit := repotest.Commit{}
	for _, path := range slices.Sorted(maps.Keys(plans)) {
		commit.Edits = append(commit.Edits, manifestrepo.Edit{Path: path, Content: []byte(`{`)})
	}
	repo.Commit(commit)
	report, err := fsck.Check(t.Context(), fsck.Options{Dir: repo.Store.Dir(), Snapshot: repo.State.View().Snapshot})
	if err != nil || !report.Clean() || len(report.Findings) != 2*len(plans) {
		t.Errorf("%v %v", err, report.Findings)
	}
}
