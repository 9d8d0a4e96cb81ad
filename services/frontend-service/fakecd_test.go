package frontend_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// fakeCD is a cd-service that answers from a script and remembers what it was asked.
type fakeCD struct {
	api.UnimplementedCommandServiceServer
	api.UnimplementedOverviewServiceServer
	api.UnimplementedApplicationServiceServer
	api.UnimplementedEnvironmentServiceServer
	api.UnimplementedLockServiceServer
	api.UnimplementedHistoryServiceServer
	api.UnimplementedSystemServiceServer

	mu       sync.Mutex
	requests []*api.ExecuteRequest
	actors   []auth.Actor
	ids      []string

	execute  func(*api.ExecuteRequest) (*api.Operation, error)
	preview  func(*api.GetPreviewRequest) (*api.Preview, error)
	status   func() (*api.Status, error)
	watch    func(*api.WatchRequest, grpc.ServerStreamingServer[api.WatchEvent]) error
	export   func(*api.ExportDeploymentsRequest, grpc.ServerStreamingServer[api.ExportChunk]) error
	notified int
	apps     map[string]*api.Application
}

func (f *fakeCD) Execute(ctx context.Context, req *api.ExecuteRequest) (*api.Operation, error) {
	actor, err := auth.FromIncoming(ctx)
	if err != nil {
		return nil, err
	}
	md, _ := metadata.FromIncomingContext(ctx)
	f.mu.Lock()
	f.requests, f.actors, f.ids = append(f.requests, req), append(f.actors, actor), append(f.ids, md.Get(auth.MetadataRequestID)...)
	f.mu.Unlock()
	if f.execute != nil {
		return f.execute(req)
	}
	return done(req), nil
}

// done is the operation of a command that worked.
func done(req *api.ExecuteRequest) *api.Operation {
	op := &api.Operation{Id: "op1", State: api.OperationState_OPERATION_STATE_DONE, Result: &api.ActionResult{}}
	switch k := req.Kind.(type) {
	case *api.ExecuteRequest_CreateRelease:
		op.Result.Kind = &api.ActionResult_CreateRelease{CreateRelease: &api.ReleaseResult{
			Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, Application: k.CreateRelease.Application, Version: max(k.CreateRelease.Version, 1),
		}}
	case *api.ExecuteRequest_PrepareUndeploy:
		op.Result.Kind = &api.ActionResult_PrepareUndeploy{PrepareUndeploy: &api.ReleaseResult{
			Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, Application: k.PrepareUndeploy.Application, Version: 8,
		}}
	case *api.ExecuteRequest_CreateReleaseSet:
		op.Result.Kind = &api.ActionResult_CreateReleaseSet{CreateReleaseSet: &api.ReleaseSet{Name: k.CreateReleaseSet.Name}}
	case *api.ExecuteRequest_ApplyEnvironment:
		op.Result.Kind = &api.ActionResult_ApplyEnvironment{ApplyEnvironment: &api.EnvironmentResult{
			Environment: k.ApplyEnvironment.Environment, Created: true,
		}}
	}
	return op
}

func (f *fakeCD) last(t *testing.T) *api.ExecuteRequest {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.requests) == 0 {
		t.Fatal("cd-service was not asked")
	}
	return f.requests[len(f.requests)-1]
}

func (f *fakeCD) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

func (f *fakeCD) GetPreview(_ context.Context, req *api.GetPreviewRequest) (*api.Preview, error) {
	if f.preview == nil {
		return nil, problem.New(problem.NotFound, "no")
	}
	return f.preview(req)
}

func (f *fakeCD) GetOperation(_ context.Context, req *api.GetOperationRequest) (*api.Operation, error) {
	if req.Id != "op1" {
		return nil, problem.New(problem.NotFound, "there is no operation %s", req.Id).At("id")
	}
	return &api.Operation{Id: "op1", State: api.OperationState_OPERATION_STATE_PENDING}, nil
}

func (f *fakeCD) GetStatus(context.Context, *api.GetStatusRequest) (*api.Status, error) {
	if f.status != nil {
		return f.status()
	}
	return &api.Status{Ready: true, Writable: true}, nil
}

func (f *fakeCD) NotifyPush(context.Context, *api.NotifyPushRequest) (*api.NotifyPushResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notified++
	return &api.NotifyPushResponse{Commit: "abc"}, nil
}

func (f *fakeCD) Watch(req *api.WatchRequest, stream grpc.ServerStreamingServer[api.WatchEvent]) error {
	return f.watch(req, stream)
}

func (f *fakeCD) ExportDeployments(req *api.ExportDeploymentsRequest, stream grpc.ServerStreamingServer[api.ExportChunk]) error {
	actor, err := auth.FromIncoming(stream.Context())
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.actors = append(f.actors, actor)
	f.mu.Unlock()
	return f.export(req, stream)
}

func (f *fakeCD) ListApplications(_ context.Context, req *api.ListApplicationsRequest) (*api.ListApplicationsResponse, error) {
	return &api.ListApplicationsResponse{NextPageToken: req.Search, Total: req.PageSize}, nil
}

func (f *fakeCD) GetApplication(_ context.Context, req *api.GetApplicationRequest) (*api.Application, error) {
	if app := f.apps[req.Application]; app != nil {
		return app, nil
	}
	return nil, problem.New(problem.NotFound, "there is no application %s", req.Application).At("application")
}

func (f *fakeCD) GetRelease(_ context.Context, req *api.GetReleaseRequest) (*api.Release, error) {
	return &api.Release{Application: req.Application, Version: req.Version, CommitId: "0123abcd", Author: "Rosa <r@example.com>", Message: "Retry"}, nil
}

func (f *fakeCD) GetManifests(_ context.Context, req *api.GetManifestsRequest) (*api.Manifests, error) {
	if f.apps[req.Application] == nil {
		return nil, problem.New(problem.NotFound, "there is no application %s", req.Application)
	}
	return &api.Manifests{
		Release:   &api.Release{Version: max(req.Version, 9), CommitId: "0123abcd", Revision: 2, Environments: []string{"staging"}},
		Manifests: map[string]*api.Manifest{"staging": {Environment: "staging", Content: "kind: A\n"}},
	}, nil
}

func (f *fakeCD) GetCommitDeployments(_ context.Context, req *api.GetCommitDeploymentsRequest) (*api.CommitDeployments, error) {
	if req.CommitId == "ccccccc" {
		return nil, problem.New(problem.NotFound, "no release was built from commit %s", req.CommitId).At("commit_id")
	}
	return &api.CommitDeployments{Applications: map[string]*api.CommitDeploymentStatuses{
		"checkout": {Environments: map[string]api.CommitDeploymentStatus{"staging": api.CommitDeploymentStatus_DEPLOYED, "production": api.CommitDeploymentStatus_PENDING}},
	}}, nil
}

// door is a frontend over a fake cd-service, behind a real HTTP server.
type door struct {
	*httptest.Server
	cd    *fakeCD
	front *frontend.Frontend
	log   *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var testUI = fstest.MapFS{
	"index.html":         {Data: []byte("<title>Signalbox</title>")},
	"assets/main-123.js": {Data: []byte("console.log(1)")},
	"favicon.svg":        {Data: []byte("<svg/>")},
	".gitkeep":           {},
}

func open(t *testing.T, change ...func(*frontend.Options)) *door {
	t.Helper()
	d := &door{cd: &fakeCD{apps: map[string]*api.Application{}}, log: &syncBuffer{}}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	api.RegisterCommandServiceServer(server, d.cd)
	api.RegisterOverviewServiceServer(server, d.cd)
	api.RegisterApplicationServiceServer(server, d.cd)
	api.RegisterEnvironmentServiceServer(server, d.cd)
	api.RegisterLockServiceServer(server, d.cd)
	api.RegisterHistoryServiceServer(server, d.cd)
	api.RegisterSystemServiceServer(server, d.cd)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:cd", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })

	o := frontend.Options{
		Conn: conn, UI: testUI, Now: func() time.Time { return now }, DefaultActor: auth.Actor{Name: "CI", Email: "ci@example.com"},
		Log: slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	if d.front, err = frontend.New(o); err != nil {
		t.Fatal(err)
	}
	d.Server = httptest.NewServer(d.front)
	t.Cleanup(d.Close)
	return d
}

// reply is an answer, read.
type reply struct {
	*http.Response
	body string
}

// ask sends a request. headers alternate name and value.
func (d *door) ask(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequest(method, d.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return d.do(t, req)
}

func (d *door) do(t *testing.T, req *http.Request) reply {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res, string(content)}
}

// part is a part of a form; a file when it has a file name.
type part struct{ name, file, content string }

func value(name, content string) part { return part{name: name, content: content} }

func manifest(environment, content string) part {
	return part{"manifests[" + environment + "]", "manifest.yaml", content}
}

func signature(environment, content string) part {
	return part{"signatures[" + environment + "]", "manifest.sig", content}
}

func (d *door) post(t *testing.T, path string, parts ...part) reply {
	t.Helper()
	body, contentType := formOf(t, parts...)
	return d.ask(t, http.MethodPost, path, body, "Content-Type", contentType)
}

func formOf(t *testing.T, parts ...part) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		var into io.Writer
		var err error
		if p.file != "" {
			into, err = w.CreateFormFile(p.name, p.file)
		} else {
			into, err = w.CreateFormField(p.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := into.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}
