package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/signalbox-dev/signalbox/infrastructure/bench/generate"
)

// repoInDataDir is where serve keeps the embedded manifest repo.
const repoInDataDir = "manifests.git"

// restAfterRun is how long the service rests before its memory is measured a second time.
const restAfterRun = 15 * time.Second

// measurement is one size on one kind of manifest repo.
type measurement struct {
	options
	size    generate.Size
	mode    string
	base    string
	scratch string
	next    atomic.Int64
	bodies  templates
}

func (m *measurement) run(ctx context.Context) (figures, error) {
	f := figures{size: m.size.Name, mode: m.mode, perSecond: map[int]float64{}, loaded: map[int][]time.Duration{}}
	defer os.RemoveAll(m.scratch)
	m.bodies = newTemplates(m.manifests())
	for round := range m.rounds {
		bed, err := m.prepare(ctx)
		if err != nil {
			return f, err
		}
		err = m.round(ctx, bed, round == 0, &f)
		bed.close()
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// bed is one fresh copy of the repo and how to serve it.
type bed struct {
	dataDir string
	args    []string
	repo    string
	floor   func(context.Context) (time.Duration, error)
	close   func()
}

// round starts the service, runs trains, and in the first round everything else.
func (m *measurement) round(ctx context.Context, b *bed, first bool, f *figures) error {
	s, _, err := startService(ctx, m.binary, b.dataDir, b.args...) // the first start clones a remote
	if err != nil {
		return err
	}
	if first {
		if s, err = m.restarts(ctx, s, b, f); err != nil {
			return err
		}
	}
	defer func() { _ = s.cmd.Process.Kill() }()
	if err := m.trains(ctx, s, f); err != nil {
		return err
	}
	if !first {
		return s.stop()
	}
	if f.floor, err = b.floor(ctx); err != nil {
		return err
	}
	if err := m.releases(ctx, s, b, f); err != nil {
		return err
	}
	if f.memoryMB, err = s.memoryMB(); err != nil {
		return err
	}
	time.Sleep(restAfterRun)
	if f.restMB, err = s.memoryMB(); err != nil {
		return err
	}
	return s.stop()
}

// restarts measures a start without the index and one with it.
func (m *measurement) restarts(ctx context.Context, s *service, b *bed, f *figures) (*service, error) {
	for _, took := range []*time.Duration{&f.cold, &f.warm} {
		if err := s.stop(); err != nil {
			return nil, err
		}
		if took == &f.cold {
			indexes, err := filepath.Glob(filepath.Join(b.dataDir, "index.db*"))
			if err != nil {
				return nil, fmt.Errorf("find the index: %w", err)
			}
			for _, file := range indexes {
				if err := os.Remove(file); err != nil {
					return nil, fmt.Errorf("delete the index: %w", err)
				}
			}
		}
		var err error
		if s, *took, err = startService(ctx, m.binary, b.dataDir, b.args...); err != nil {
			return nil, err
		}
		if err := s.historyComplete(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (m *measurement) trains(ctx context.Context, s *service, f *figures) error {
	took, err := s.train(ctx, "/environments/"+generate.EnvironmentName(1)+"/releasetrain")
	if err != nil {
		return err
	}
	f.train = append(f.train, took)
	took, err = s.train(ctx, "/environments/"+generate.Group+"/releasetrain")
	if err != nil {
		return err
	}
	f.groupTrain = append(f.groupTrain, took)
	return nil
}

// manifests is how many a measured release has: 5, and 30 at L.
func (m *measurement) manifests() int {
	if m.size.Environments < 30 {
		return 5
	}
	return m.size.Environments
}

func (m *measurement) nextBody() (body, error) {
	n := int(m.next.Add(1))
	app := generate.ApplicationName(n % m.size.Applications)
	return m.bodies.releaseBody(app, n)
}

func (m *measurement) releases(ctx context.Context, s *service, b *bed, f *figures) error {
	before := diskUsage(b.repo)
	for i := range m.options.releases + 5 {
		content, err := m.nextBody()
		if err != nil {
			return err
		}
		took, err := s.release(ctx, content)
		if err != nil {
			return err
		}
		if i >= 5 { // the first ones fill caches
			f.one = append(f.one, took)
		}
	}
	f.bytesPerRelease = (diskUsage(b.repo) - before) / int64(m.options.releases+5)
	for _, n := range clients {
		if err := m.load(ctx, s, n, f); err != nil {
			return err
		}
	}
	return nil
}

// load runs n clients, each posting its next release when the last one was acknowledged.
func (m *measurement) load(ctx context.Context, s *service, n int, f *figures) error {
	var mu sync.Mutex
	var all []time.Duration
	group, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for range n {
		group.Go(func() error {
			for time.Since(begin) < m.options.load {
				content, err := m.nextBody()
				if err != nil {
					return err
				}
				took, err := s.release(ctx, content)
				if err != nil {
					return err
				}
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	f.perSecond[n] = float64(len(all)) / time.Since(begin).Seconds()
	f.loaded[n] = all
	return nil
}

// prepare makes a fresh copy of the generated repo; packs are hard links.
func (m *measurement) prepare(ctx context.Context) (*bed, error) {
	if err := os.RemoveAll(m.scratch); err != nil {
		return nil, fmt.Errorf("clear %s: %w", m.scratch, err)
	}
	b := &bed{dataDir: filepath.Join(m.scratch, "data"), close: func() {}}
	if err := os.MkdirAll(b.dataDir, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w", b.dataDir, err)
	}
	b.repo = filepath.Join(b.dataDir, repoInDataDir)
	if m.mode != "embedded" {
		b.repo = filepath.Join(m.scratch, "remote.git")
	}
	if out, err := exec.CommandContext(ctx, "cp", "-al", m.base, b.repo).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the repo: %w: %s", err, out)
	}
	// Small files are rewritten in place by git: they must not be shared with the generated repo.
	for _, name := range []string{"config", "HEAD", "packed-refs"} {
		if err := unlink(filepath.Join(b.repo, name)); err != nil {
			return nil, err
		}
	}
	return b, m.connect(b)
}

func unlink(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("copy the repo: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("copy the repo: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("copy the repo: %w", err)
	}
	return nil
}

// connect says how the service reaches the repo, and what the floor is on that way.
func (m *measurement) connect(b *bed) error {
	switch m.mode {
	case "embedded":
		b.floor = func(ctx context.Context) (time.Duration, error) { return localFloor(ctx, m.scratch) }
	case "file":
		b.args = []string{"--git-url", b.repo}
		b.floor = func(ctx context.Context) (time.Duration, error) {
			return pushFloor(ctx, m.scratch, func(repo string) string { return repo })
		}
	case "http":
		server, err := serveGit(m.scratch)
		if err != nil {
			return err
		}
		b.close = server.Close
		url := func(repo string) string { return server.URL + "/" + filepath.Base(repo) }
		b.args = []string{"--git-url", url(b.repo)}
		b.floor = func(ctx context.Context) (time.Duration, error) { return pushFloor(ctx, m.scratch, url) }
	default:
		return fmt.Errorf("mode %q is not embedded, file or http", m.mode)
	}
	return nil
}

// diskUsage is the size of all files below dir.
func diskUsage(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if info, err := entry.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
