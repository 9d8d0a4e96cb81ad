package manifestrepo

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// big is 2,000 applications, 30 environments, 50 releases of each application, all deployed.
type big struct {
	blobs  *memoryBlobs
	update Update
}

func bigRepo(t testing.TB, apps, envs, releases int) big {
	b := big{blobs: newBlobs()}
	add := func(path string, content []byte) {
		b.update.Changes = append(b.update.Changes, PathChange{Path: path, New: b.blobs.put(string(content))})
	}
	names := make([]string, envs)
	for i := range names {
		names[i] = fmt.Sprintf("env-%02d", i)
		config := `{"upstream":{"latest":true}}`
		if i > 0 {
			config = fmt.Sprintf(`{"upstream":{"environment":"env-%02d"},"environmentGroup":"group-%d"}`, (i-1)/8, i/8)
		}
		add(ConfigPath(names[i]), []byte(config))
	}
	manifests := map[string]Manifest{}
	for _, env := range names {
		manifests[env] = Manifest{SHA256: strings.Repeat("0", 64)}
	}
	for i := range apps {
		app := fmt.Sprintf("application-%04d", i)
		content, _ := EncodeApplication(&Application{Team: fmt.Sprintf("team-%d", i%40)})
		add(ApplicationPath(app), content)
		for v := 1; v <= releases; v++ {
			r := Release{
				Version: uint64(v), CommitID: fmt.Sprintf("%040x", i*100+v), Author: fmt.Sprintf("Author %d <a%d@example.com>", i%300, i%300),
				Message: fmt.Sprintf("Change number %d of application %d (#%d)", v, i, v*7), Team: fmt.Sprintf("team-%d", i%40),
				DisplayVersion: fmt.Sprintf("1.%d.0", v), CreatedAt: noon, CreatedBy: Actor{"CI", "ci@example.com"},
			}
			rec, err := NewReleaseRecord(app, &r, manifests)
			if err != nil {
				t.Fatal(err)
			}
			b.update.Log = append(b.update.Log, logCommit(1_000_000+i*100+v, rec))
		}
		for _, env := range names {
			d := Deployment{Version: uint64(releases), ManifestBlob: number(i), DeployedAt: noon, DeployedBy: anna, Reason: "release train from env-00"}
			content, _ := EncodeDeployment(&d)
			add(DeploymentPath(env, app), content)
			b.update.Changes = append(b.update.Changes, PathChange{Path: ManifestPath(env, app), New: number(i)})
		}
	}
	releasesFile, _ := EncodeReleases(ReleasesFile{Log: LogRef{"refs/signalbox/log/0001", b.update.Log[len(b.update.Log)-1].Commit}})
	add(ReleasesPath, releasesFile)
	b.update.Commit = number(1)
	return b
}

func (b big) read(t testing.TB) *Snapshot {
	s, _, err := Empty().Apply(context.Background(), b.update, b.blobs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cpu reports the processor time of the loop beside the wall time: on a busy machine that is the number to compare.
func cpu(b *testing.B) {
	used := func() time.Duration {
		var u syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := used()
	b.Cleanup(func() { b.ReportMetric(float64((used()-start).Microseconds())/float64(b.N), "cpu-us/op") })
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkLarge(b *testing.B) {
	repo := bigRepo(b, 2000, 30, 50)
	before := heap()
	s := repo.read(b)
	b.Logf("heap of the snapshot: %.1f MB", float64(heap()-before)/1e6)

	b.Run("FromEmpty", func(b *testing.B) {
		cpu(b)
		for b.Loop() {
			repo.read(b)
		}
	})
	b.Run("FromEmptyCompacted", func(b *testing.B) {
		u := repo.update
		u.Log = nil
		for _, r := range repo.update.Log {
			u.Log = append(u.Log, r.Compact())
		}
		cpu(b)
		for b.Loop() {
			if _, _, err := Empty().Apply(context.Background(), u, repo.blobs); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("OneRelease", func(b *testing.B) { benchmarkOneRelease(b, s) })
	b.Run("Train", func(b *testing.B) { benchmarkTrain(b, s) })
	b.Run("Parts", func(b *testing.B) {
		cpu(b)
		for b.Loop() {
			if _, err := Parts(nil, s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Restore", func(b *testing.B) {
		parts, err := Parts(nil, s)
		if err != nil {
			b.Fatal(err)
		}
		size := 0
		for _, p := range parts {
			size += len(p.Data)
		}
		b.Logf("%d parts, %.1f MB", len(parts), float64(size)/1e6)
		cpu(b)
		for b.Loop() {
			if _, err := Restore(parts); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		before := heap()
		restored, _ := Restore(parts)
		b.Logf("heap of the restored snapshot: %.1f MB", float64(heap()-before)/1e6)
		runtime.KeepAlive(restored)
		runtime.KeepAlive(parts)
	})
	runtime.KeepAlive(s)
}

func benchmarkOneRelease(b *testing.B, s *Snapshot) {
	blobs := newBlobs()
	rec := releaseRecord(b, "application-1000", 51, s.Application("application-1000").Newest().Environments...)
	deployment, _ := EncodeDeployment(&Deployment{Version: 51, ManifestBlob: number(7), DeployedAt: noon, DeployedBy: anna})
	releases, _ := EncodeReleases(ReleasesFile{Log: LogRef{"refs/signalbox/log/0001", number(5)}})
	u := Update{Commit: number(2), Log: []LogRecord{logCommit(5, rec)}, Changes: []PathChange{
		{Path: DeploymentPath("env-00", "application-1000"), New: number(3), Content: deployment},
		{Path: ManifestPath("env-00", "application-1000"), New: number(7)},
		{Path: ReleasesPath, New: number(4), Content: releases},
	}}
	b.ReportAllocs()
	var after *Snapshot
	cpu(b)
	for b.Loop() {
		var err error
		if after, _, err = s.Apply(context.Background(), u, blobs); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if after.Application("application-1000").Newest().Version != 51 || blobs.calls != 0 {
		b.Fatal("the release is missing")
	}
	parts, err := Parts(s, after)
	if err != nil || len(parts) != 4 {
		b.Fatalf("%d parts, %v", len(parts), err)
	}
}

func benchmarkTrain(b *testing.B, s *Snapshot) {
	u := Update{Commit: number(2)}
	for i := range 2000 {
		app := fmt.Sprintf("application-%04d", i)
		d, _ := EncodeDeployment(&Deployment{Version: 50, ManifestBlob: number(9), DeployedAt: noon, DeployedBy: anna, Reason: "release train"})
		u.Changes = append(u.Changes, PathChange{Path: DeploymentPath("env-05", app), New: number(i + 1), Content: d},
			PathChange{Path: ManifestPath("env-05", app), New: number(9)})
	}
	b.ReportAllocs()
	var after *Snapshot
	cpu(b)
	for b.Loop() {
		after, _, _ = s.Apply(context.Background(), u, newBlobs())
	}
	b.StopTimer()
	if after.Deployment("env-05", "application-0007").ManifestBlob != number(9) {
		b.Fatal("the train did not arrive")
	}
}
