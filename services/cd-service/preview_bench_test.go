package cdservice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// renderedManifest is what a chart of a small service renders: about 3 KB, and a Deployment that pulls with secrets.
func renderedManifest(app, env string, version int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  namespace: %s\ndata:\n", app, env)
	for i := range 25 {
		fmt.Fprintf(&out, "  SETTING_%d: value-%d-of-%s\n", i, i, app)
	}
	fmt.Fprintf(&out, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  labels:\n    version: \"%d\"\nspec:\n  template:\n    spec:\n      imagePullSecrets:\n      - name: registry\n      containers:\n", app, version)
	for i := range 4 {
		fmt.Fprintf(&out, "      - name: container-%d\n        image: registry.example.com/%s/container-%d:%d\n        resources:\n          limits:\n            memory: 256Mi\n          requests:\n            cpu: 100m\n            memory: 128Mi\n        env:\n", i, app, i, version)
		for j := range 8 {
			fmt.Fprintf(&out, "        - name: VARIABLE_%d\n          value: something-%d\n", j, j)
		}
	}
	return out.String()
}

// largeLine is a service with many applications: development runs 2, staging 1.
func largeLine(b *testing.B, applications int) *bed {
	bed := newBed(b, "", nil)
	for version := 1; version <= 2; version++ {
		var batch api.Batch
		for i := range applications {
			app := fmt.Sprintf("app-%04d", i)
			batch.Actions = append(batch.Actions, &api.Action{Kind: &api.Action_CreateRelease{CreateRelease: &api.CreateRelease{
				Application: app, Version: uint64(version), Team: "shop", Message: "change",
				Manifests: map[string]string{"development": renderedManifest(app, "development", version), "staging": renderedManifest(app, "staging", version)},
			}}})
			if len(batch.Actions) == 200 || i == applications-1 {
				bed.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: &batch}})
				batch = api.Batch{}
			}
		}
	}
	bed.back(applications)
	return bed
}

// back brings staging to 1 again.
func (b *bed) back(applications int) {
	var batch api.Batch
	for i := range applications {
		batch.Actions = append(batch.Actions, &api.Action{Kind: &api.Action_Deploy{Deploy: &api.Deploy{
			Application: fmt.Sprintf("app-%04d", i), Environment: "staging", Version: 1, NoHold: true,
		}}})
		if len(batch.Actions) == 1000 || i == applications-1 {
			b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: &batch}})
			batch = api.Batch{}
		}
	}
}

// BenchmarkPreview2000 looks at a train of 2,000 applications, with all diffs and without, and then runs it, through gRPC, wait=pushed,
// embedded: side by side, since other work on the machine weighs on all three. It reports the medians.
func BenchmarkPreview2000(b *testing.B) {
	const applications = 2000
	bed := largeLine(b, applications)
	var previews, bare, trains []time.Duration
	look := func(withoutDiffs bool) time.Duration {
		start := time.Now()
		p, err := bed.commands.GetPreview(b.Context(), &api.GetPreviewRequest{
			RunTrain: &api.RunTrain{Target: "staging"}, WithoutDiffs: withoutDiffs,
		}, grpc.MaxCallRecvMsgSize(64<<20))
		took := time.Since(start)
		if err != nil {
			b.Fatal(err)
		}
		if last := p.Changes[len(p.Changes)-1]; len(p.Changes) != applications || last.DiffCut || (last.Added == 5) == withoutDiffs {
			b.Fatalf("%d changes: %v", len(p.Changes), last)
		}
		return took
	}
	for b.Loop() {
		previews, bare = append(previews, look(false)), append(bare, look(true))
		start := time.Now()
		op := bed.do(train("staging"))
		trains = append(trains, time.Since(start))
		if n := len(op.Result.GetRunTrain().Environments[0].Applications); n != applications || op.Commit == "" {
			b.Fatalf("%d applications", n)
		}
		bed.back(applications)
	}
	b.ReportMetric(median(previews), "preview-ms")
	b.ReportMetric(median(bare), "without-diffs-ms")
	b.ReportMetric(median(trains), "train-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkTrainFromThePast2000 looks, without diffs, at what a train of 2,000 applications back to a past commit would do: the first time
// reads what ran there.
func BenchmarkTrainFromThePast2000(b *testing.B) {
	const applications = 2000
	bed := largeLine(b, applications)
	past := bed.service.Repo().View().Snapshot.Commit().String()
	bed.do(train("staging"))
	var first, again []time.Duration
	for b.Loop() {
		b.StopTimer()
		bed.kill() // what was read is forgotten
		bed.must(bed.open())
		b.StartTimer()
		for _, took := range []*[]time.Duration{&first, &again} {
			start := time.Now()
			p, err := bed.commands.GetPreview(b.Context(), &api.GetPreviewRequest{WithoutDiffs: true, RunTrain: trainFrom("staging", past, "staging").GetRunTrain()},
				grpc.MaxCallRecvMsgSize(64<<20))
			*took = append(*took, time.Since(start))
			if err != nil || len(p.Changes) != applications || !p.Changes[0].Backwards {
				b.Fatal(len(p.GetChanges()), err)
			}
		}
	}
	b.ReportMetric(median(first), "first-ms")
	b.ReportMetric(median(again), "again-ms")
	b.ReportMetric(0, "ns/op")
}

// median is in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
