package importer

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// What ran before the import is kuberpult's; the import itself counts as the deployment of everything it found.
func TestTheHistoryBeginsWithTheImport(t *testing.T) {
	for name, fresh := range map[string]bool{"main goes on": false, "fresh main": true} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, shop())
			o := b.options()
			o.FreshMain = fresh
			b.mustImport(o)
			store := b.open()
			x, err := index.Open(filepath.Join(t.TempDir(), "index.db"), index.Options{Committer: state.CommitterName, Log: store.Log, Files: store})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = x.Close() })
			repo, err := state.Open(t.Context(), store, branch, nil, x.Follow)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			view := repo.View()
			if err := x.WaitFor(ctx, view.Snapshot.Commit(), view.Position); err != nil {
				t.Fatal(err)
			}
			all, _, err := x.Deployments(ctx, index.DeploymentQuery{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if runs := view.Snapshot.Deployment(d.Environment, d.Application); runs.Version != d.Version || d.Previous != 0 || d.Action != "import" || d.Author.Name != "Operator" {
					t.Errorf("%+v, and %d runs", d, runs.Version)
				}
			}
			then, err := x.Versions(ctx, "staging", "", time.Time{})
			if err != nil || len(all) != 4 || then.Beginning.Commit != view.Snapshot.Commit() || (then.Beginning.Sequence == 1) != fresh {
				t.Errorf("%d deployments since %+v, %v", len(all), then.Beginning, err)
			}
		})
	}
}
