package cdservice_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
	"github.com/signalbox-dev/signalbox/services/cd-service/fsck"
)

var environments = map[string][]byte{
	"development": []byte(`{"upstream":{"latest":true},"argocd":{"destination":{"server":"https://dev.example.com"}}}`),
	"staging":     []byte(`{"upstream":{"environment":"development"},"argocd":{"destination":{"server":"https://staging.example.com"}}}`),
	"prod-de":     []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
	"prod-fr":     []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
}

type (
	httpHandler    = http.Handler
	handlerFunc    = http.HandlerFunc
	responseWriter = http.ResponseWriter
	httpRequest    = http.Request
)

// bed is a whole cd-service behind gRPC, on its own repo or on a real git server.
type bed struct {
	t       testing.TB
	dir     string
	url     string // empty: embedded
	change  func(*cdservice.Options)
	service *cdservice.Service
	server  *grpc.Server
	conn    *grpc.ClientConn

	commands api.CommandServiceClient
}

func newBed(t testing.TB, url string, change func(*cdservice.Options)) *bed {
	t.Helper()
	b := &bed{t: t, dir: t.TempDir(), url: url, change: change}
	t.Cleanup(func() {
		if b.service != nil {
			b.kill()
		}
	})
	b.must(b.open())
	return b
}

func (b *bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) open() error {
	b.t.Helper()
	o := cdservice.Options{
		DataDir: b.dir, SeedEnvironments: environments, ArgoCD: argocd.Settings{RepoURL: "https://git.example.com/manifests.git"},
		Policy: rules.Policy{KeepWindow: 20, Secrets: "refuse"}, Version: "test", RetryFor: time.Second,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if os.Getenv("CDSERVICE_LOG") != "" {
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if b.url != "" {
		var err error
		o.Remote, err = remote.Open(remote.Options{URL: b.url})
		b.must(err)
	}
	if b.change != nil {
		b.change(&o)
	}
	service := cdservice.New(o)
	if err := service.Open(context.Background()); err != nil {
		return err
	}
	b.service, b.server = service, grpc.NewServer()
	service.Register(b.server)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = b.server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	b.must(err)
	b.conn, b.commands = conn, api.NewCommandServiceClient(conn)
	return nil
}

// kill ends the service without letting it finish anything.
func (b *bed) kill() {
	b.t.Helper()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	b.server.Stop()
	_ = b.service.Close(over)
	_ = b.conn.Close()
	b.service = nil
}

// stop ends the service in the ordinary way.
func (b *bed) stop() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), gitservertest.Patience)
	defer cancel()
	b.must(b.service.Close(ctx))
	b.server.Stop()
	_ = b.conn.Close()
	b.service = nil
}

func (b *bed) execute(req *api.ExecuteRequest) (*api.Operation, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitservertest.Patience)
	defer cancel()
	return b.commands.Execute(ctx, req)
}

func (b *bed) do(req *api.ExecuteRequest) *api.Operation {
	b.t.Helper()
	op, err := b.execute(req)
	if err != nil {
		b.t.Fatalf("%v: %v", req, problem.From(err))
	}
	return op
}

func (b *bed) refuse(req *api.ExecuteRequest, kind problem.Kind) *problem.Error {
	b.t.Helper()
	op, err := b.execute(req)
	if err == nil {
		b.t.Fatalf("%v was carried out: %v", req, op)
	}
	p := problem.From(err)
	if p.Kind != kind {
		b.t.Fatalf("%v: refused with kind %s, want %s: %v", req, p.Kind, kind, p)
	}
	return p
}

// repo is the truth on disk: the embedded repository or the server's.
func (b *bed) repo() string { return filepath.Join(b.dir, cdservice.RepoDir) }

// whole demands that the state is what git holds, by another code path, that a start without index finds the same, and that the history leads
// there.
func (b *bed) whole() *fsck.Report {
	b.t.Helper()
	b.service.WaitTidied()
	report, err := fsck.Check(b.t.Context(), fsck.Options{Dir: b.repo(), Snapshot: b.service.Repo().View().Snapshot, Objects: true})
	b.must(err)
	for _, f := range report.Findings {
		b.t.Errorf("fsck: %s %s: %s", f.Severity, f.Where, f.What)
	}
	rebuilt, err := fsck.Check(b.t.Context(), fsck.Options{Dir: b.repo()})
	b.must(err)
	if !rebuilt.Clean() {
		b.t.Errorf("a state built from nothing differs: %v", rebuilt.Findings)
	}
	b.historyIsWhole()
	return report
}

func configMap(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  key: " + value + "\n"
}

func release(app string, version uint64, value string) *api.ExecuteRequest {
	manifests := map[string]string{}
	for env := range environments {
		manifests[env] = configMap(app, strings.Join([]string{value, env}, "-"))
	}
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: &api.CreateRelease{
		Application: app, Version: version, Manifests: manifests, Team: "shop", Message: fmt.Sprintf("change %s", value),
	}}}
}

func train(target string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_RunTrain{RunTrain: &api.RunTrain{Target: target}}}
}

func deploy(app, env string, version uint64) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_Deploy{Deploy: &api.Deploy{Application: app, Environment: env, Version: version}}}
}

func lock(env, id string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
		Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: env, Id: id, Message: "look at " + id,
	}}}
}

func unlock(env, id string) *api.ExecuteRequest {
	return &api.ExecuteRequest{Kind: &api.ExecuteRequest_DeleteLock{DeleteLock: &api.DeleteLock{
		Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: env, Id: id,
	}}}
}

// deployed is what should run.
func (b *bed) deployed(app, env string) uint64 {
	a := b.service.Repo().View().Snapshot.Application(app)
	if a == nil || a.Deployments[env] == nil {
		return 0
	}
	return a.Deployments[env].Version
}

func actionOf(req *api.ExecuteRequest) *api.Action { return rules.ActionOf(req) }
