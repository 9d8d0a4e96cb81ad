package main

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// running is a server in this process.
type running struct {
	url, dataDir string
	log          *lockedBuffer
	// stop asks it to drain, as SIGTERM does; ended tells how that went.
	stop  context.CancelFunc
	ended chan error
}

// settings are those of a server on free ports that hosts its repo itself.
func settings(t *testing.T) serve.Settings {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return serve.Settings{
		DataDir: t.TempDir(), HTTPAddr: "127.0.0.1:0", GRPCAddr: "127.0.0.1:0", QueueSize: 100, DrainTimeout: 20 * time.Second,
		Repo:  serve.Repo{Branch: "main", LogRef: "refs/signalbox/log/0001", PollInterval: time.Second},
		Rules: serve.Rules{KeepWindow: 20, Secrets: "refuse"},
		Door:  serve.Door{MaxBodyBytes: 1 << 20},
	}
}

// tryServer starts all services in this process and waits until they are ready; the error says why they did not start.
func tryServer(t *testing.T, st serve.Settings) (*running, error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{dataDir: st.DataDir, log: &lockedBuffer{}, stop: stop, ended: make(chan error, 1)}
	ready := make(chan serve.Addresses, 1)
	p := &serve.Process{Settings: st, Log: slog.New(slog.NewTextHandler(r.log, nil)), Ready: func(a serve.Addresses) { ready <- a }}
	go func() { r.ended <- p.All(ctx) }()
	select {
	case a := <-ready:
		r.url = a.HTTP
		return r, nil
	case err := <-r.ended:
		stop()
		return r, err
	case <-time.After(2 * time.Minute):
		stop()
		t.Fatalf("the server is not ready after two minutes:\n%s", r.log)
	}
	return nil, nil
}

// startServer starts all services in this process, until the test ends.
func startServer(t *testing.T, change func(*serve.Settings)) *running {
	t.Helper()
	st := settings(t)
	if change != nil {
		change(&st)
	}
	r, err := tryServer(t, st)
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		r.stop()
		if err := <-r.ended; err != nil {
			t.Errorf("the server did not end well: %v", err)
		}
	})
	return r
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
