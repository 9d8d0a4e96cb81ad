package gitstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// The sizes of docs/performance.md: applications x environments.
var benchSizes = []struct {
	name               string
	apps, environments int
}{{"S", 50, 5}, {"M", 500, 10}, {"L", 2000, 30}}

// benchStore is a store whose main has a deployment of every application in every environment.
func benchStore(b *testing.B, apps, environments int) *Store {
	b.Helper()
	s := openStore(b, Options{Dir: filepath.Join(b.TempDir(), "repo.git")})
	var main Hash
	for e := range environments {
		batch := s.Begin()
		spec := CommitSpec{Parent: main, Author: someone, Committer: someone, Message: "fill\n"}
		for a := range apps {
			dir := fmt.Sprintf("environments/env-%02d/applications/service-%05d/", e, a)
			spec.Changes = append(spec.Changes,
				Change{Path: dir + "deployment.json", New: batch.AddBlob(PrepareBlob(fmt.Appendf(nil, "{%d,%d}\n", e, a)))},
				Change{Path: dir + "manifests/manifests.yaml", New: batch.AddBlob(PrepareBlob(fmt.Appendf(nil, "m: %d.%d\n", e, a)))})
		}
		next, err := batch.Commit(context.Background(), spec)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Push(context.Background(), batch, []RefUpdate{{mainRef, main, next}}); err != nil {
			b.Fatal(err)
		}
		main = next
	}
	return s
}

// manifests makes n files of 3 KB that look like manifests and differ from each other and from run to run.
func manifests(r *rand.Rand, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		text := fmt.Appendf(nil, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: service-%d\n", r.Uint64())
		for len(text) < 3000 {
			text = fmt.Appendf(text, "        - name: SETTING_%d\n          value: \"%x\"\n", len(text), r.Uint32())
		}
		out[i] = text
	}
	return out
}

// BenchmarkRelease is the storage's part of one release with a deployment: 60 files of 3 KB to the log, one deployment on
// main, one push of both refs, everything fsynced.
func BenchmarkRelease(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := benchStore(b, size.apps, size.environments)
			r := rand.New(rand.NewPCG(1, 2))
			var pushed int64
			var took []time.Duration
			version := 0
			for b.Loop() {
				b.StopTimer()
				version++
				files := manifests(r, 60)
				app := fmt.Sprintf("service-%05d", r.IntN(size.apps))
				b.StartTimer()
				start := time.Now()
				pushed += benchRelease(b, s, app, version, files)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "ms/p50")
			b.ReportMetric(took[0].Seconds()*1000, "ms/min")
			b.ReportMetric(float64(pushed)/float64(b.N), "bytes/push")
		})
	}
}

func benchRelease(b *testing.B, s *Store, app string, version int, files [][]byte) int64 {
	b.Helper()
	ctx := context.Background()
	heads := s.Heads()
	batch := s.Begin()
	record := CommitSpec{Parent: heads[logRef], Fresh: true, Author: someone, Committer: someone, Message: "release\n"}
	for i, f := range files {
		record.Changes = append(record.Changes, Change{
			Path: fmt.Sprintf("%s/%d/env-%02d.yaml", app, version, i), New: batch.AddBlob(PrepareBlob(f)),
		})
	}
	logHead, err := batch.Commit(ctx, record)
	if err != nil {
		b.Fatal(err)
	}
	dir := "environments/env-00/applications/" + app + "/"
	mainHead, err := batch.Commit(ctx, CommitSpec{Parent: heads[mainRef], Author: someone, Committer: someone, Message: "deploy\n", Changes: []Change{
		{Path: "releases.json", New: batch.AddBlob(PrepareBlob([]byte(logHead.String())))},
		{Path: dir + "deployment.json", New: batch.AddBlob(PrepareBlob(fmt.Appendf(nil, "{%d}\n", version)))},
		{Path: dir + "manifests/manifests.yaml", New: record.Changes[0].New},
	}})
	if err != nil {
		b.Fatal(err)
	}
	_, bytes := batch.Size()
	err = s.Push(ctx, batch, []RefUpdate{{logRef, heads[logRef], logHead}, {mainRef, heads[mainRef], mainHead}})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// BenchmarkGroup is one push of 32 releases of 5 files each, as group commit makes them.
func BenchmarkGroup(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := benchStore(b, size.apps, size.environments)
			r := rand.New(rand.NewPCG(1, 2))
			ctx := context.Background()
			for b.Loop() {
				b.StopTimer()
				blobs := make([]Blob, 0, 160)
				for _, f := range manifests(r, 160) {
					blobs = append(blobs, PrepareBlob(f))
				}
				b.StartTimer()
				heads := s.Heads()
				batch := s.Begin()
				logHead, mainHead := heads[logRef], heads[mainRef]
				for i := range 32 {
					app := fmt.Sprintf("service-%05d", r.IntN(size.apps))
					record := CommitSpec{Parent: logHead, Fresh: true, Author: someone, Committer: someone, Message: "release\n"}
					for n, blob := range blobs[i*5 : i*5+5] {
						record.Changes = append(record.Changes, Change{Path: fmt.Sprintf("%s/%d/env-%02d.yaml", app, i, n), New: batch.AddBlob(blob)})
					}
					logHead = must(batch.Commit(ctx, record))(b)
					mainHead = must(batch.Commit(ctx, CommitSpec{Parent: mainHead, Author: someone, Committer: someone, Message: "deploy\n", Changes: []Change{
						{Path: "releases.json", New: batch.AddBlob(PrepareBlob([]byte(logHead.String())))},
						{Path: "environments/env-00/applications/" + app + "/manifests/manifests.yaml", New: record.Changes[0].New},
					}}))(b)
				}
				err := s.Push(ctx, batch, []RefUpdate{{logRef, heads[logRef], logHead}, {mainRef, heads[mainRef], mainHead}})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTrain deploys one blob to every application of one environment.
func BenchmarkTrain(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := benchStore(b, size.apps, size.environments)
			n := 0
			for b.Loop() {
				n++
				old := s.Heads()[mainRef]
				batch := s.Begin()
				spec := CommitSpec{Parent: old, Author: someone, Committer: someone, Message: "train\n"}
				for a := range size.apps {
					dir := fmt.Sprintf("environments/env-01/applications/service-%05d/", a)
					spec.Changes = append(spec.Changes, Change{
						Path: dir + "deployment.json", New: batch.AddBlob(PrepareBlob(fmt.Appendf(nil, "{%d,%d}\n", n, a))),
					})
				}
				next := must(batch.Commit(context.Background(), spec))(b)
				if err := s.Push(context.Background(), batch, []RefUpdate{{mainRef, old, next}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefs is a push that moves two refs and brings no objects.
func BenchmarkRefs(b *testing.B) {
	s := openStore(b, Options{Dir: filepath.Join(b.TempDir(), "repo.git")})
	first := pushMain(b, s, "one\n", write{"a": text("a")})
	second := pushMain(b, s, "two\n", write{"a": text("b")})
	if err := s.Push(context.Background(), nil, []RefUpdate{{logRef, Hash{}, first}}); err != nil {
		b.Fatal(err)
	}
	at, to := first, second
	if err := s.Push(context.Background(), nil, []RefUpdate{{mainRef, second, first}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Push(context.Background(), nil, []RefUpdate{{logRef, at, to}, {mainRef, at, to}}); err != nil {
			b.Fatal(err)
		}
		at, to = to, at
	}
}

// BenchmarkStart opens a store and reads main from the empty tree, as a start without an index does.
func BenchmarkStart(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := benchStore(b, size.apps, size.environments)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				again := must(Open(context.Background(), Options{Dir: s.Dir(), Refs: []string{logRef, mainRef}}))(b)
				paths := 0
				err := again.Diff(context.Background(), Hash{}, again.Heads()[mainRef], func(Change) error { paths++; return nil })
				if err != nil || paths != 2*size.apps*size.environments {
					b.Fatal(paths, err)
				}
				if err := again.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDiff reads what one push changed: all of it is in memory.
func BenchmarkDiff(b *testing.B) {
	s := benchStore(b, 2000, 30)
	before := s.Heads()[mainRef]
	benchRelease(b, s, "service-00042", 1, manifests(rand.New(rand.NewPCG(1, 2)), 5))
	after := s.Heads()[mainRef]
	for b.Loop() {
		if err := s.Diff(context.Background(), before, after, func(Change) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLog reads a release log of 20,000 commits from the root.
func BenchmarkLog(b *testing.B) {
	s := openStore(b, Options{Dir: filepath.Join(b.TempDir(), "repo.git")})
	const commits = 20_000
	var head, pushed Hash
	batch := s.Begin()
	for i := range commits {
		head = must(batch.Commit(context.Background(), CommitSpec{
			Parent: head, Fresh: true, Author: someone, Committer: someone,
			Message: fmt.Sprintf("release %d\n\nSignalbox-Record: release\nSignalbox-Version: %d\n", i, i),
			Changes: []Change{{Path: fmt.Sprintf("app/%d/release.json", i), New: batch.AddBlob(PrepareBlob(fmt.Append(nil, i)))}},
		}))(b)
		if i%2000 == 1999 {
			if err := s.Push(context.Background(), batch, []RefUpdate{{logRef, pushed, head}}); err != nil {
				b.Fatal(err)
			}
			pushed, batch = head, s.Begin()
		}
	}
	reader := openStore(b, Options{Dir: s.Dir(), ReadOnly: true})
	for b.Loop() {
		n := 0
		err := reader.Log(context.Background(), Hash{}, head, func(CommitInfo) error { n++; return nil })
		if err != nil || n != commits {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkMaintain joins 256 packs of one release each, at the large size.
func BenchmarkMaintain(b *testing.B) {
	s := benchStore(b, 2000, 30)
	r := rand.New(rand.NewPCG(1, 2))
	version := 0
	var done Maintenance
	for b.Loop() {
		b.StopTimer()
		for range maintainEvery {
			version++
			benchRelease(b, s, fmt.Sprintf("service-%05d", r.IntN(2000)), version, manifests(r, 5))
		}
		b.StartTimer()
		done = must(s.Maintain(context.Background()))(b)
	}
	b.ReportMetric(float64(done.BytesBefore-done.BytesAfter)/1e6, "MB/saved")
}
