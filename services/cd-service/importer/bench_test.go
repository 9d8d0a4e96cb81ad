package importer

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkImport converts 300 applications in 6 environments with 20 releases each: 6,000 releases, 36,000 manifests.
func BenchmarkImport(b *testing.B) {
	files := tree{}
	envs := []string{"development", "staging", "production", "qa", "load", "demo"}
	for _, env := range envs {
		files["environments/"+env+"/config.json"] = stagingConfig
	}
	for i := range 300 {
		app := fmt.Sprintf("application-%03d", i)
		files["applications/"+app+"/team"] = "shop"
		for v := 1; v <= 20; v++ {
			at := time.Date(2024, 1, 1, v, i%60, i/60, 0, time.UTC).Format(time.RFC3339)
			files.release(app, v, at, "change", manifestsOf(app, v, envs...))
		}
		for _, env := range envs {
			files.deploy(env, app, 20, manifest(app, env, 20))
		}
	}
	for b.Loop() {
		b.StopTimer()
		bed := newBed(b, files)
		o := bed.options()
		b.StartTimer()
		report, err := Import(context.Background(), o)
		if err != nil || report.Releases != 6000 {
			b.Fatal(report.Releases, err)
		}
	}
}
