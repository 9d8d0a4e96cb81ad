package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc"
)

// Process is one running process. Ready is called once when it can answer, with the addresses it listens on.
type Process struct {
	Settings
	Log   *slog.Logger
	Ready func(Addresses)

	registry *prometheus.Registry
}

// metrics is the registry of this process.
func (p *Process) metrics() *prometheus.Registry {
	if p.registry == nil {
		p.registry = prometheus.NewRegistry()
		p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	return p.registry
}

// Addresses are where a process listens; empty where it does not.
type Addresses struct{ HTTP, GRPC string }

// All runs every service in this process until ctx ends, then drains.
func (p *Process) All(ctx context.Context) (err error) {
	if err := p.Check(); err != nil {
		return err
	}
	dir, err := openDataDir(p.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.close()) }()
	door, err := openDoor(p.HTTPAddr, p.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.closeDoor(door)) }()
	p.HTTPAddr = door.listener.Addr().String()
	network, err := net.Listen("tcp", p.GRPCAddr)
	if err != nil {
		return fmt.Errorf("--grpc-addr: %w", err)
	}
	service, err := p.openService(ctx)
	if err != nil {
		return errors.Join(err, network.Close())
	}
	board := newSwitchboard(service)
	board.serve(network)
	conn, err := board.connect()
	if err != nil {
		return errors.Join(fmt.Errorf("connecting to the cd-service: %w", err), p.closeService(board, service))
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := p.letFrontend(door, conn, EmbeddedRepo(p.DataDir)); err != nil {
		return errors.Join(err, p.closeService(board, service))
	}
	p.tell(Addresses{HTTP: door.url(), GRPC: network.Addr().String()})
	demo := p.startDemo(ctx, door.url())
	err = p.wait(ctx, door.failed, board.failed)
	<-demo
	door.drain()
	err = errors.Join(err, p.closeService(board, service))
	door.shut()
	return err
}

// CDService runs the cd-service alone, for a cluster.
func (p *Process) CDServiceAlone(ctx context.Context) (err error) {
	if err := p.Check(); err != nil {
		return err
	}
	dir, err := openDataDir(p.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.close()) }()
	network, err := net.Listen("tcp", p.GRPCAddr)
	if err != nil {
		return fmt.Errorf("--grpc-addr: %w", err)
	}
	service, err := p.openService(ctx)
	if err != nil {
		return errors.Join(err, network.Close())
	}
	board := newSwitchboard(service)
	board.serve(network)
	p.tell(Addresses{GRPC: network.Addr().String()})
	err = p.wait(ctx, board.failed)
	return errors.Join(err, p.closeService(board, service))
}

// FrontendAlone runs the frontend alone, in front of a cd-service elsewhere.
func (p *Process) FrontendAlone(ctx context.Context) (err error) {
	if err := p.Check(); err != nil {
		return err
	}
	door, err := openDoor(p.HTTPAddr, p.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.closeDoor(door)) }()
	conn, err := connectTo(p.CDService)
	if err != nil {
		return fmt.Errorf("--cd-service: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := p.letFrontend(door, conn, ""); err != nil {
		return err
	}
	p.tell(Addresses{HTTP: door.url()})
	err = p.wait(ctx, door.failed)
	door.drain()
	return err
}

func (p *Process) letFrontend(door *door, conn *grpc.ClientConn, repoDir string) error {
	handler, err := newFrontend(p.Settings, conn, repoDir, p.metrics(), p.Log)
	if err != nil {
		return fmt.Errorf("starting the frontend: %w", err)
	}
	door.let(handler, handler.Drain)
	return nil
}

func (p *Process) openService(ctx context.Context) (backend, error) {
	start := time.Now()
	service, err := openService(ctx, p.Settings, p.metrics(), p.Log)
	if err != nil {
		return nil, err
	}
	p.Log.Info("the manifest repo is read", "took", time.Since(start).Round(time.Millisecond))
	return service, nil
}

// wait returns when ctx ends (nil) or a listener failed.
func (p *Process) wait(ctx context.Context, failures ...chan error) error {
	failed := make(chan error, len(failures))
	for _, f := range failures {
		go func() {
			select {
			case err := <-f:
				failed <- err
			case <-ctx.Done():
			}
		}()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		p.Log.Info("stopping: finishing accepted work", "at most", p.DrainTimeout)
		return nil
	}
}

// closeService finishes accepted work, then ends the calls that wait for it.
func (p *Process) closeService(board *switchboard, service backend) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.DrainTimeout)
	defer cancel()
	board.drain()
	err := service.Close(ctx)
	brief, cancelBrief := context.WithTimeout(context.Background(), time.Second)
	defer cancelBrief()
	board.close(brief)
	if err != nil {
		return fmt.Errorf("closing the cd-service: %w", err)
	}
	p.Log.Info("stopped")
	return nil
}

func (p *Process) closeDoor(d *door) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return d.close(ctx)
}

func (p *Process) tell(a Addresses) {
	p.Log.Info("ready", "http", a.HTTP, "grpc", a.GRPC)
	if p.Ready != nil {
		p.Ready(a)
	}
}
