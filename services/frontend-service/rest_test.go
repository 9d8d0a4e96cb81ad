package frontend_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// problemOf reads the problem document of a reply and checks what all of them have.
func problemOf(t *testing.T, r reply) answer.Document {
	t.Helper()
	var d answer.Document
	if err := json.Unmarshal([]byte(r.body), &d); err != nil {
		t.Fatalf("not a problem document: %d %s", r.StatusCode, r.body)
	}
	if r.Header.Get("Content-Type") != "application/problem+json" || d.Status != r.StatusCode || d.Title == "" || d.Detail == "" || d.Type != "urn:signalbox:problem:"+d.Kind {
		t.Errorf("%d %s: %+v", r.StatusCode, r.Header.Get("Content-Type"), d)
	}
	if d.Instance != "urn:signalbox:request:"+r.Header.Get("X-Request-Id") {
		t.Errorf("instance %q does not name the request %q", d.Instance, r.Header.Get("X-Request-Id"))
	}
	return d
}

func (d *door) json(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	return d.ask(t, method, path, body, append(headers, "Content-Type", "application/json")...)
}

func TestEachCommandHasAnAddressOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		location           string
		check              func(*api.ExecuteRequest) bool
	}{
		{"POST", "/api/v1/applications/checkout/releases", `{"version":7,"manifests":{"staging":"a: b\n"}}`, 201, "/api/v1/applications/checkout/releases/7", func(r *api.ExecuteRequest) bool {
			c := r.GetCreateRelease()
			return c.GetApplication() == "checkout" && c.Version == 7 && c.Manifests["staging"] == "a: b\n"
		}},
		{"POST", "/api/v1/applications/checkout/environments/staging/deploy", `{"version":"7"}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetDeploy().GetApplication() == "checkout" && r.GetDeploy().Environment == "staging" && r.GetDeploy().Version == 7
		}},
		{"POST", "/api/v1/trains/production", "", 200, "", func(r *api.ExecuteRequest) bool { return r.GetRunTrain().GetTarget() == "production" }},
		{"POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","id":"l1","environment":"staging"}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetCreateLock().GetId() == "l1" && r.GetCreateLock().Environment == "staging"
		}},
		{"POST", "/api/v1/locks/50%25%20off%3F/delete", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging"}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetDeleteLock().GetId() == "50% off?"
		}},
		{"PUT", "/api/v1/environments/staging", `{"config":{"upstream":{"latest":true}}}`, 201, "/api/v1/environments/staging", func(r *api.ExecuteRequest) bool {
			return r.GetApplyEnvironment().GetEnvironment() == "staging" && r.GetApplyEnvironment().Config.Fields["upstream"] != nil
		}},
		{"POST", "/api/v1/applications/checkout/environments/staging/hold", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetHold().GetApplication() == "checkout" && r.GetHold().Environment == "staging"
		}},
		{"POST", "/api/v1/applications/checkout/environments/staging/resume", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetResume().GetApplication() == "checkout" && r.GetResume().Environment == "staging"
		}},
		{"POST", "/api/v1/queue/release", "", 200, "", func(r *api.ExecuteRequest) bool { return r.GetReleaseQueue() != nil }},
		{"POST", "/api/v1/queue/release", `{"team":"payments"}`, 200, "", func(r *api.ExecuteRequest) bool { return r.GetReleaseQueue().GetTeam() == "payments" }},
		{"POST", "/api/v1/release-sets", `{"name":"friday","environment":"staging"}`, 201, "/api/v1/release-sets/friday", func(r *api.ExecuteRequest) bool {
			return r.GetCreateReleaseSet().GetName() == "friday" && r.GetCreateReleaseSet().Environment == "staging"
		}},
		{"POST", "/api/v1/release-sets/friday/delete", "", 200, "", func(r *api.ExecuteRequest) bool { return r.GetDeleteReleaseSet().GetName() == "friday" }},
		{"POST", "/api/v1/timetable/staging/morning/pause", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetPauseTrain().GetTarget() == "staging" && r.GetPauseTrain().Train == "morning"
		}},
		{"POST", "/api/v1/timetable/staging/morning/resume", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetResumeTrain().GetTarget() == "staging" && r.GetResumeTrain().Train == "morning"
		}},
		{"POST", "/api/v1/approvals/staging/20261120-090312/approve", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetApprove().GetEnvironment() == "staging" && r.GetApprove().Id == "20261120-090312"
		}},
		{"POST", "/api/v1/approvals/staging/20261120-090312/reject", `{"comment":"no"}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetReject().GetId() == "20261120-090312" && r.GetReject().Comment == "no"
		}},
		{"POST", "/api/v1/applications/checkout/prepare-undeploy", "", 201, "/api/v1/applications/checkout/releases/8", func(r *api.ExecuteRequest) bool {
			return r.GetPrepareUndeploy().GetApplication() == "checkout"
		}},
		{"POST", "/api/v1/applications/checkout/undeploy", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetUndeploy().GetApplication() == "checkout" && !r.GetUndeploy().AtOnce
		}},
		{"POST", "/api/v1/applications/checkout/environments/staging/remove", "", 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetRemoveFromEnvironment().GetApplication() == "checkout" && r.GetRemoveFromEnvironment().Environment == "staging"
		}},
		{"POST", "/api/v1/environments/staging/delete", `{"force":true}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetDeleteEnvironment().GetEnvironment() == "staging" && r.GetDeleteEnvironment().Force
		}},
		{"POST", "/api/v1/environments/staging/render", "", 200, "", func(r *api.ExecuteRequest) bool { return r.GetRenderEnvironment().GetEnvironment() == "staging" }},
		{"POST", "/api/v1/clean-up", "", 200, "", func(r *api.ExecuteRequest) bool { return r.GetCleanUp() != nil }},
		{"PUT", "/api/v1/environment-groups/production", `{"config":{"freezeWindows":[]}}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetApplyEnvironmentGroup().GetEnvironmentGroup() == "production" && r.GetApplyEnvironmentGroup().Config.Fields["freezeWindows"] != nil
		}},
		{"PUT", "/api/v1/applications/checkout", `{"labels":{"tier":"backend"}}`, 200, "", func(r *api.ExecuteRequest) bool {
			return r.GetApplyApplication().GetApplication() == "checkout" && r.GetApplyApplication().Labels["tier"] == "backend" && r.GetApplyApplication().Team == nil
		}},
		{"POST", "/api/v1/batch", `{"actions":[{"runTrain":{"target":"staging"}}]}`, 200, "", func(r *api.ExecuteRequest) bool { return len(r.GetBatch().GetActions()) == 1 }},
	} {
		t.Run(c.path, func(t *testing.T) {
			d := open(t)
			r := d.json(t, c.method, c.path+"?reason=because", c.body, "Idempotency-Key", "k1")
			if r.StatusCode != c.status || r.Header.Get("Location") != c.location {
				t.Fatalf("%d %q %s", r.StatusCode, r.Header.Get("Location"), r.body)
			}
			if req := d.cd.last(t); !c.check(req) || req.Reason != "because" || req.IdempotencyKey != "k1" {
				t.Errorf("cd-service was asked %v", req)
			}
			if dry := d.json(t, c.method, c.path+"?dryRun=true", c.body); dry.StatusCode != 200 || !d.cd.last(t).DryRun {
				t.Errorf("dry run: %d %s", dry.StatusCode, dry.body)
			}
		})
	}
}

func TestWaysToSayHowToWait(t *testing.T) {
	for _, c := range []struct {
		query   string
		headers []string
		wait    api.Wait
		timeout *durationpb.Duration
	}{
		{"", nil, api.Wait_WAIT_UNSPECIFIED, nil},
		{"wait=accepted", nil, api.Wait_WAIT_ACCEPTED, nil},
		{"wait=pushed&timeout=30s", nil, api.Wait_WAIT_PUSHED, &durationpb.Duration{Seconds: 30}},
		{"wait=WAIT_ACCEPTED&timeout=2m", nil, api.Wait_WAIT_ACCEPTED, &durationpb.Duration{Seconds: 120}},
		{"timeout=1500ms", nil, api.Wait_WAIT_UNSPECIFIED, &durationpb.Duration{Seconds: 1, Nanos: 5e8}},
		{"", []string{"Prefer", "respond-async, wait=10"}, api.Wait_WAIT_ACCEPTED, &durationpb.Duration{Seconds: 10}},
		{"wait=pushed", []string{"Prefer", "respond-async"}, api.Wait_WAIT_PUSHED, nil},
	} {
		t.Run(c.query+strings.Join(c.headers, " "), func(t *testing.T) {
			d := open(t)
			if r := d.json(t, "POST", "/api/v1/trains/staging?"+c.query, "{}", c.headers...); r.StatusCode != 200 {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			req := d.cd.last(t)
			if req.Wait != c.wait || req.Timeout.AsDuration() != c.timeout.AsDuration() {
				t.Errorf("wait %v, timeout %v", req.Wait, req.Timeout.AsDuration())
			}
		})
	}
}

func TestAcceptedMeans202AndWhereTheOutcomeIs(t *testing.T) {
	d := open(t)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		return &api.Operation{Id: "op1", State: api.OperationState_OPERATION_STATE_PENDING}, nil
	}
	r := d.json(t, "POST", "/api/v1/trains/staging?wait=accepted", "")
	if r.StatusCode != http.StatusAccepted || r.Header.Get("Location") != "/api/v1/operations/op1" {
		t.Errorf("%d %s %s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	if r := d.ask(t, "GET", r.Header.Get("Location"), ""); r.StatusCode != 200 || !strings.Contains(r.body, "OPERATION_STATE_PENDING") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestARefusalIsAProblemDocument(t *testing.T) {
	d := open(t)
	index := int32(3)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		p := problem.New(problem.Locked, "staging is locked").At("create_release.manifests[a_b].commit_id").Because("a lock holds deployments back").Fix("delete lock %s", "l1")
		p.Detail = &api.ErrorDetail{OperationId: "op1", ActionIndex: &index, Locks: []*api.Lock{{Id: "l1", Environment: "staging"}}}
		return nil, p
	}
	p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", ""))
	if p.Status != 409 || p.Kind != "locked" || p.Detail != "staging is locked" || p.Field != "manifests[a_b].commitId" || p.Rule == "" || p.Remedy != "delete lock l1" ||
		p.OperationID != "op1" || *p.ActionIndex != 3 || len(p.Locks) != 1 || !strings.Contains(string(p.Locks[0]), "l1") {
		t.Errorf("%+v", p)
	}

	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		p := problem.New(problem.Different, "it differs")
		p.Detail = &api.ErrorDetail{Diff: "--- a\n", DifferingField: api.DifferingField_DIFFERING_FIELD_SOURCE_COMMIT_ID}
		return nil, p
	}
	if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", "")); p.Diff != "--- a\n" || p.DifferingField != "DIFFERING_FIELD_SOURCE_COMMIT_ID" {
		t.Errorf("%+v", p)
	}
}

// The body of a command's address is the command; in a preview the command is a field of the body.
func TestFieldsAreNamedAsTheyStandInTheBody(t *testing.T) {
	d := open(t)
	refuse := func(field string) *problem.Error { return problem.New(problem.Invalid, "no").At(field) }
	for field, want := range map[string]string{
		"run_train.source.release_set": "source.releaseSet", "apply_application": "", "reason": "reason", "actions[1].run_train.ci_link": "actions[1].runTrain.ciLink",
	} {
		d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) { return nil, refuse(field) }
		if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", "")); p.Field != want {
			t.Errorf("%s is %q, expected %q", field, p.Field, want)
		}
	}
	d.cd.preview = func(*api.GetPreviewRequest) (*api.Preview, error) { return nil, refuse("run_train.source.release_set") }
	if p := problemOf(t, d.json(t, "POST", "/api/v1/preview", `{"runTrain":{"target":"staging"}}`)); p.Field != "runTrain.source.releaseSet" {
		t.Errorf("a preview's field is %q", p.Field)
	}
}

func TestKindsOfErrorsAndTheirStatus(t *testing.T) {
	d := open(t)
	for kind, status := range map[problem.Kind]int{
		problem.Invalid: 400, problem.NotFound: 404, problem.Conflict: 409, problem.TooOld: 409, problem.Unauthorized: 401, problem.Denied: 403,
		problem.Exhausted: 503, problem.Unavailable: 503, problem.Unknown: 504, problem.Internal: 500, problem.Unimplemented: 501,
	} {
		d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) { return nil, problem.New(kind, "no") }
		r := d.json(t, "POST", "/api/v1/trains/staging", "")
		if p := problemOf(t, r); r.StatusCode != status || p.Kind != string(kind) {
			t.Errorf("%s: %d %s", kind, r.StatusCode, r.body)
		}
		if (r.Header.Get("Retry-After") != "") != (status == 503) {
			t.Errorf("%s: Retry-After is %q", kind, r.Header.Get("Retry-After"))
		}
	}
}

func TestWrongRequestsAreRefusedAndNothingIsAsked(t *testing.T) {
	const js = "application/json"
	for _, c := range []struct {
		name, method, path, contentType, body string
		status                                int
		field, says                           string
	}{
		{"unknown field", "POST", "/api/v1/trains/staging", js, `{"taem":"x"}`, 400, "taem", "known here: applications, ciLink, labels, source, target, targetType, team, train, whole"},
		{"unknown field inside", "POST", "/api/v1/batch", js, `{"actions":[{"runTrian":{}}]}`, 400, "runTrian", "unknown field"},
		{"wrong type", "POST", "/api/v1/applications/a/environments/b/deploy", js, `{"version":"seven"}`, 400, "version", "invalid value"},
		{"version -1", "POST", "/api/v1/applications/a/environments/b/deploy", js, `{"version":-1}`, 400, "version", "invalid value"},
		{"version 2^64", "POST", "/api/v1/applications/a/environments/b/deploy", js, `{"version":18446744073709551616}`, 400, "version", "invalid value"},
		{"field twice", "POST", "/api/v1/trains/staging", js, `{"team":"a","team":"b"}`, 400, "team", "duplicate"},
		{"no JSON", "POST", "/api/v1/trains/staging", js, `{"team":`, 400, "", "the body is not the JSON"},
		{"two values", "POST", "/api/v1/trains/staging", js, `{} {}`, 400, "", "the body is not the JSON"},
		{"null", "POST", "/api/v1/trains/staging", js, `null`, 400, "", "the body is not the JSON"},
		{"a list", "POST", "/api/v1/trains/staging", js, `[]`, 400, "", "the body is not the JSON"},
		{"form", "POST", "/api/v1/trains/staging", "application/x-www-form-urlencoded", "a=b", 415, "Content-Type", "send Content-Type: application/json"},
		{"no content type", "POST", "/api/v1/trains/staging", "", "{}", 415, "Content-Type", "no content type"},
		{"unknown query parameter", "POST", "/api/v1/trains/staging?wiat=accepted", js, "", 400, "wiat", "wait"},
		{"the other kind by query", "POST", "/api/v1/trains/staging?deploy.version=1", js, "", 400, "deploy.version", "there is no query parameter"},
		{"unknown wait", "POST", "/api/v1/trains/staging?wait=synced", js, "", 400, "wait", "accepted or pushed"},
		{"wait twice", "POST", "/api/v1/trains/staging?wait=pushed&wait=accepted", js, "", 400, "wait", "the parameter wait"},
		{"timeout of nothing", "POST", "/api/v1/trains/staging?timeout=0s", js, "", 400, "timeout", "30s"},
		{"timeout without a unit", "POST", "/api/v1/trains/staging?timeout=30", js, "", 400, "timeout", "30s"},
		{"broken query", "POST", "/api/v1/trains/staging?a=%zz", js, "", 400, "", "query"},
		{"page size that is no number", "GET", "/api/v1/applications?pageSize=x", "", "", 400, "pageSize", "pageSize"},
		{"no such address", "GET", "/api/v1/nothing", "", "", 404, "", "there is nothing at /api/v1/nothing"},
		{"empty name", "GET", "/api/v1/applications/", "", "", 404, "", "there is nothing"},
		{"way out", "GET", "/api/v1/applications/../status", "", "", 404, "", "there is nothing"},
		{"the door itself", "GET", "/api/v1", "", "", 404, "", "there is nothing"},
		{"version that is no number", "GET", "/api/v1/applications/a/releases/x", "", "", 400, "version", "version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			r := d.ask(t, c.method, c.path, c.body, "Content-Type", c.contentType)
			p := problemOf(t, r)
			if r.StatusCode != c.status || p.Field != c.field || !strings.Contains(r.body, c.says) {
				t.Errorf("%d %s", r.StatusCode, r.body)
			}
			if d.cd.asked() != 0 {
				t.Error("cd-service was asked")
			}
		})
	}
}

func TestAMethodThatAnAddressDoesNotTake(t *testing.T) {
	d := open(t)
	for path, allow := range map[string]string{
		"/api/v1/status": "GET", "/api/v1/locks": "GET, POST", "/api/v1/environments/staging": "GET, PUT", "/api/v1/batch": "POST",
	} {
		r := d.json(t, "DELETE", path, "")
		p := problemOf(t, r)
		if r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != allow || p.Kind != "unsupported" {
			t.Errorf("%s: %d, Allow %q, %s", path, r.StatusCode, r.Header.Get("Allow"), r.body)
		}
	}
}

func TestABodyOverTheLimitIsRefusedWithoutReadingOn(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.MaxBodyBytes = 1000 })
	if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", strings.Repeat(" ", 1001))); p.Status != 413 || !strings.Contains(p.Detail, "1000 bytes") {
		t.Errorf("%+v", p)
	}
	endless := &endlessBody{}
	req, err := http.NewRequest("POST", d.URL+"/api/v1/trains/staging", endless)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p := problemOf(t, d.do(t, req)); p.Status != 413 {
		t.Errorf("%+v", p)
	}
	if d.cd.asked() != 0 {
		t.Error("cd-service was asked")
	}
}

// endlessBody never ends; only a server that stops reading answers.
type endlessBody struct{}

func (*endlessBody) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestKeysThatContradictEachOther(t *testing.T) {
	d := open(t)
	if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging?idempotencyKey=a", "", "Idempotency-Key", "b")); p.Status != 400 || p.Field != "Idempotency-Key" {
		t.Errorf("%+v", p)
	}
	if r := d.json(t, "POST", "/api/v1/trains/staging?idempotency_key=a&dry_run=true", "", "Idempotency-Key", "a"); r.StatusCode != 200 || d.cd.last(t).IdempotencyKey != "a" || !d.cd.last(t).DryRun {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestListsAreFilteredAndPagedByTheServer(t *testing.T) {
	d := open(t)
	r := d.ask(t, "GET", "/api/v1/applications?search=check&pageSize=7", "")
	if r.StatusCode != 200 || r.body != `{"nextPageToken":"check","total":7}`+"\n" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestAWatchIsOneEventALine(t *testing.T) {
	d := open(t)
	more := make(chan struct{})
	d.cd.watch = func(req *api.WatchRequest, stream grpc.ServerStreamingServer[api.WatchEvent]) error {
		if req.ResumePosition != 7 || req.Instance != "i" || !req.ChangesOnly {
			return problem.New(problem.Invalid, "asked %v", req)
		}
		if err := stream.Send(&api.WatchEvent{Position: 8, Kind: &api.WatchEvent_Heartbeat{Heartbeat: &api.Heartbeat{}}}); err != nil {
			return err
		}
		<-more
		return problem.New(problem.Unavailable, "the watcher was too slow").Fix("connect again")
	}
	res, err := http.Get(d.URL + "/api/v1/watch?resumePosition=7&instance=i&changesOnly=true")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if ct := res.Header.Get("Content-Type"); ct != "application/x-ndjson" {
		t.Errorf("content type %s", ct)
	}
	lines := bufio.NewScanner(res.Body)
	// The first line arrives while the stream is open: it was flushed.
	if !lines.Scan() || lines.Text() != `{"position":"8","heartbeat":{}}` {
		t.Fatalf("first line %q", lines.Text())
	}
	close(more)
	var last answer.Document
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &last) != nil || last.Kind != "unavailable" || last.Remedy != "connect again" {
		t.Errorf("last line %q", lines.Text())
	}
	if lines.Scan() {
		t.Errorf("a line behind the last: %q", lines.Text())
	}
}

func TestAWatchThatNeverStartsIsAProblem(t *testing.T) {
	d := open(t)
	for kind, status := range map[problem.Kind]int{problem.Exhausted: 503, problem.Conflict: 409} {
		d.cd.watch = func(*api.WatchRequest, grpc.ServerStreamingServer[api.WatchEvent]) error {
			return problem.New(kind, "no")
		}
		r := d.ask(t, "GET", "/api/v1/watch", "")
		if r.StatusCode != status || r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(r.body, string(kind)) {
			t.Errorf("%s: %d %s %s", kind, r.StatusCode, r.Header.Get("Content-Type"), r.body)
		}
	}
}

func TestDrainingEndsTheStreams(t *testing.T) {
	d := open(t)
	d.cd.watch = func(_ *api.WatchRequest, stream grpc.ServerStreamingServer[api.WatchEvent]) error {
		if err := stream.Send(&api.WatchEvent{Position: 1}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	res, err := http.Get(d.URL + "/api/v1/watch")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	lines.Scan()
	d.front.Drain()
	if !lines.Scan() || !strings.Contains(lines.Text(), "the service is stopping") {
		t.Errorf("last line %q", lines.Text())
	}
	if r := d.ask(t, "GET", "/readyz", ""); r.StatusCode != 503 {
		t.Errorf("readyz: %d", r.StatusCode)
	}
}

func TestTheRequestIDTravels(t *testing.T) {
	d := open(t)
	r := d.json(t, "POST", "/api/v1/trains/staging", "", "X-Request-Id", "build-7.1")
	if r.Header.Get("X-Request-Id") != "build-7.1" || !slices.Contains(d.cd.ids, "build-7.1") || !strings.Contains(d.log.String(), "build-7.1") {
		t.Errorf("%q %v", r.Header.Get("X-Request-Id"), d.cd.ids)
	}
	if r := d.ask(t, "GET", "/livez", "", "X-Request-Id", "a b\tc"); r.Header.Get("X-Request-Id") == "a b\tc" || r.Header.Get("X-Request-Id") == "" {
		t.Errorf("%q", r.Header.Get("X-Request-Id"))
	}
}
