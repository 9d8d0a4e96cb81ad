package serve

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/test/bufconn"
)

// maxMessageBytes is the largest gRPC message; the frontend's body limit is what users meet first.
const maxMessageBytes = 512 << 20

// backend is a service behind gRPC.
type backend interface {
	Register(*grpc.Server)
	// Close refuses new work, finishes what was accepted until ctx ends, and lets go of everything.
	Close(ctx context.Context) error
}

// switchboard is the gRPC server of a process, with reflection and health. It listens in memory, and on the network too when asked.
type switchboard struct {
	server *grpc.Server
	health *health.Server
	memory *bufconn.Listener
	failed chan error
}

func newSwitchboard(b backend) *switchboard {
	s := &switchboard{
		server: grpc.NewServer(
			grpc.MaxRecvMsgSize(maxMessageBytes), grpc.MaxSendMsgSize(maxMessageBytes),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		),
		health: health.NewServer(),
		memory: bufconn.Listen(1 << 20),
		failed: make(chan error, 2),
	}
	b.Register(s.server)
	healthpb.RegisterHealthServer(s.server, s.health)
	reflection.Register(s.server)
	s.serve(s.memory)
	return s
}

// serve answers on a listener, in the background.
func (s *switchboard) serve(l net.Listener) {
	go func() {
		if err := s.server.Serve(l); err != nil {
			s.failed <- fmt.Errorf("serving grpc: %w", err)
		}
	}()
}

// connect is a connection to this server that never leaves the process.
func (s *switchboard) connect() (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///memory", clientOptions(
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.memory.DialContext(ctx) }),
	)...)
}

// connectTo is a connection to a cd-service elsewhere.
func connectTo(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, clientOptions(
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true}),
	)...)
}

func clientOptions(more ...grpc.DialOption) []grpc.DialOption {
	return append(more,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes), grpc.MaxCallSendMsgSize(maxMessageBytes)),
	)
}

// drain tells health checks to send nothing more.
func (s *switchboard) drain() { s.health.Shutdown() }

// close waits for calls until ctx ends, then cuts them off.
func (s *switchboard) close(ctx context.Context) {
	finished := make(chan struct{})
	go func() {
		s.server.GracefulStop()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		s.server.Stop()
		<-finished
	}
}
