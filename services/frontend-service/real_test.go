package frontend_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

// chain is development -> staging -> production, the last in the group "live".
var chain = map[string][]byte{
	"development": []byte(`{"upstream":{"latest":true}}`),
	"staging":     []byte(`{"upstream":{"environment":"development"}}`),
	"production":  []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"live"}`),
}

// openReal is the door over a real cd-service with an embedded manifest repo that starts with these environments.
func openReal(t *testing.T, environments map[string][]byte, change ...func(*cdservice.Options)) (d *door, repo string) {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir := t.TempDir()
	o := cdservice.Options{
		DataDir: dir, DefaultActor: manifestrepo.Actor{Name: "Signalbox", Email: "signalbox@localhost"}, QueueLength: 100,
		Logger: slog.New(slog.DiscardHandler), SeedEnvironments: environments,
	}
	for _, c := range change {
		c(&o)
	}
	cd := cdservice.New(o)
	if err := cd.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := cd.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	cd.Register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:cd", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	repo = filepath.Join(dir, cdservice.RepoDir)
	d = &door{log: &syncBuffer{}}
	d.front, err = frontend.New(frontend.Options{
		Conn: conn, UI: testUI, GitRepoDir: repo, DefaultActor: auth.Actor{Name: "CI", Email: "ci@example.com"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Server = httptest.NewServer(d.front)
	t.Cleanup(d.Close)
	return d, repo
}

func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func renders(word string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: checkout\ndata:\n  word: " + word + "\n"
}

func checkout(parts ...part) []part {
	return append([]part{app, manifest("development", renders("a")), manifest("staging", renders("a")), manifest("production", renders("a"))}, parts...)
}

// TestADayOfAKuberpultClient goes through sections 1.1 to 1.7 of kuberpult's API with the real rules and a real repo.
func TestADayOfAKuberpultClient(t *testing.T) {
	d, repo := openReal(t, chain)
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	author := []string{"author-name", encode("Rosa Müller"), "author-email", encode("rosa@example.com")}
	form := func(parts ...part) func(string) reply {
		return func(path string) reply {
			body, contentType := formOf(t, parts...)
			return d.ask(t, "POST", path, body, append([]string{"Content-Type", contentType}, author...)...)
		}
	}
	call := func(method, body string) func(string) reply {
		return func(path string) reply {
			return d.ask(t, method, path, body, append([]string{"Content-Type", "application/json"}, author...)...)
		}
	}
	for _, c := range []struct {
		name, path string
		do         func(string) reply
		status     int
		says       string
		// writes: a commit on main is expected; without it the refs must stay.
		writes bool
	}{
		{"a first release", "/release", form(checkout(value("team", "payments"), value("source_commit_id", "0123abcd"), value("source_message", "Retry\nSignalbox-Action: forged"))...), 201, `{"Success":{}}`, true},
		{"the same again", "/release", form(checkout(value("version", "1"))...), 200, `{"AlreadyExistsSame":{}}`, false},
		{"a retry without a version", "/release", form(checkout(value("team", "payments"), value("source_commit_id", "0123abcd"), value("source_message", "Retry\nSignalbox-Action: forged"))...), 200, `{"AlreadyExistsSame":{}}`, false},
		{"other manifests", "/release", form(app, value("version", "1"), manifest("development", renders("b"))), 409, `{"AlreadyExistsDifferent":{"first_differing_field":6,"diff":"--- `, false},
		{"another commit id", "/release", form(checkout(value("version", "1"), value("source_commit_id", "9999aaaa"))...), 409, `"first_differing_field":0`, false},
		{"unknown environment", "/release", form(checkout(manifest("qa", renders("a")))...), 400, "manifests[qa]", false},
		{"not YAML", "/release", form(app, manifest("development", "a: b: c")), 400, "manifests[development]", false},
		{"two documents of one name", "/release", form(app, manifest("development", renders("a")+"---\n"+renders("b"))), 400, "manifests[development]", false},
		{"a Secret", "/release", form(app, manifest("development", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  a: aGk=\n")), 400, "manifests[development]", false},
		{"upper case commit id", "/release", form(checkout(value("source_commit_id", "0123ABCD"))...), 400, "source_commit_id", false},
		{"not downstream", "/api/release", form(checkout(value("version", "2"), value("deploy_to_downstream_environments", "development"))...), 400, `{"IsNoDownstream":{"no_downstream":["development"]}}`, false},
		{"nothing for downstream", "/api/release", form(app, manifest("development", renders("c")), value("deploy_to_downstream_environments", "staging")), 400, `{"MissingManifest":{"missing_manifest":["staging"]}}`, false},

		{"environment lock", "/environments/staging/locks/incident", call("PUT", `{"message":"incident 4711"}`), 200, "", true},
		{"application lock ahead of its application", "/environments/staging/applications/later/locks/wait", call("PUT", `{}`), 200, "", true},
		{"group lock", "/environment-groups/live/locks/freeze", call("PUT", `{"message":"freeze"}`), 201, `{"Result":null}`, true},
		{"team lock", "/api/environments/production/lock/team/payments/audit", call("PUT", `{"message":"audit","suggestedLifeTime":"2d"}`), 200, "", true},
		{"lock on an unknown environment", "/environments/qa/locks/incident", call("PUT", `{"message":"x"}`), 400, "qa", false},
		{"lock on an unknown group", "/environment-groups/none/locks/incident", call("PUT", `{"message":"x"}`), 400, "error: No environment found with given group 'none'", false},

		{"a train to a locked environment", "/environments/staging/releasetrain", call("PUT", ""), 200, `{"target":"staging"}`, false},
		{"unlock", "/environments/staging/locks/incident", call("DELETE", ""), 200, "", true},
		{"unlock again", "/environments/staging/locks/incident", call("DELETE", ""), 404, "error: directory environments/staging/locks/incident for env lock does not exist", false},
		{"unlock the application", "/environments/staging/applications/later/locks/wait", call("DELETE", ""), 200, "", true},
		{"unlock the team", "/api/environments/production/lock/team/payments/audit", call("DELETE", ""), 200, "", true},
		{"unlock the group", "/environment-groups/live/locks/freeze", call("DELETE", ""), 200, `{"Result":null}`, true},
		{"unlock the group again", "/environment-groups/live/locks/freeze", call("DELETE", ""), 404, "freeze", false},
		{"a train of a team", "/environments/staging/releasetrain?team=payments", call("PUT", ""), 200, `{"target":"staging","team":"payments"}`, true},
		{"a train with nothing to do", "/environments/staging/releasetrain", call("PUT", ""), 200, `{"target":"staging"}`, false},
		{"a train to a group in the environment's place", "/environments/live/releasetrain", call("PUT", ""), 200, `{"target":"live"}`, true},
		{"a train to nowhere", "/environments/nowhere/releasetrain", call("PUT", ""), 400, "error: could not find environment group or environment configs for 'nowhere'", false},
		{"a group where an environment is wanted", "/api/environments/live/releasetrain", call("PUT", ""), 400, "error: could not find environment", false},

		{"a new environment", "/environments/canary", form(value("config", `{"upstream":{"environment":"staging"}}`)), 200, "", true},
		{"an unknown field of a config", "/environments/canary", form(value("config", `{"upstraem":{"latest":true}}`)), 400, "upstream", false},
		{"both latest and environment", "/environments/canary", form(value("config", `{"upstream":{"latest":true,"environment":"staging"}}`)), 400, "upstream", false},
		{"only tried", "/api/environments/canary", form(value("config", `{"upstream":{"environment":"development"}}`), value("dryrun", "true")), 200, "", false},

		{"manifests", "/api/application/checkout/release/manifests/latest", call("POST", ""), 200, `"source_commit_id":"0123abcd"`, false},
		{"which commit runs", "/api/environments/production/applications/checkout/commit", call("GET", ""), 200, `"commit_id":"0123abcd"`, false},
		{"where a commit runs", "/api/commit-deployments/0123abcd", call("GET", ""), 200, `"production":"DEPLOYED"`, false},
	} {
		before := git(t, "-C", repo, "for-each-ref")
		r := c.do(c.path)
		if r.StatusCode != c.status || !strings.Contains(r.body, c.says) || (c.says == "" && r.body != "") {
			t.Errorf("%s: %d %s want %d %s", c.name, r.StatusCode, r.body, c.status, c.says)
		}
		if wrote := git(t, "-C", repo, "for-each-ref") != before; wrote != c.writes {
			t.Errorf("%s: refs changed: %v, want %v", c.name, wrote, c.writes)
		}
		if !c.writes || t.Failed() {
			continue
		}
		if got := git(t, "-C", repo, "log", "-1", "--format=%an <%ae> %cn", "main"); got != "Rosa Müller <rosa@example.com> Signalbox" {
			t.Errorf("%s: the commit is by %s", c.name, got)
		}
		if action := git(t, "-C", repo, "log", "-1", "--format=%(trailers:key=Signalbox-Action,valueonly)", "main"); action == "" || strings.Contains(action, "forged") {
			t.Errorf("%s: action %q", c.name, action)
		}
	}
	git(t, "-C", repo, "fsck", "--strict")
}

func TestARealReleaseOutsideTheKeepWindow(t *testing.T) {
	d, _ := openReal(t, chain)
	for v := 10; v < 40; v++ {
		r := d.post(t, "/release", app, value("version", fmt.Sprint(v)), manifest("development", renders(fmt.Sprint(v))))
		if r.StatusCode != 201 {
			t.Fatalf("version %d: %d %s", v, r.StatusCode, r.body)
		}
	}
	if r := d.post(t, "/release", app, value("version", "2"), manifest("development", renders("old"))); r.StatusCode != 400 || r.body != `{"TooOld":{}}`+"\n" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestTheRealWayOfARelease(t *testing.T) {
	d, repo := openReal(t, chain)
	res, err := http.Get(d.URL + "/api/v1/watch?changesOnly=true")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	// The line stands at once, and says where it starts.
	if !lines.Scan() || !strings.Contains(lines.Text(), `"heartbeat":{}`) || !strings.Contains(lines.Text(), `"instance":"`) {
		t.Errorf("the watch begins with %q", lines.Text())
	}

	body, _ := json.Marshal(map[string]any{"manifests": map[string]string{"development": renders("a"), "staging": renders("a")}, "commitId": "0123abcd"})
	r := d.json(t, "POST", "/api/v1/applications/checkout/releases?reason=first", string(body), "Idempotency-Key", "build-1")
	if r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/applications/checkout/releases/1" {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	for lines.Scan() && !strings.Contains(lines.Text(), `"checkout"`) {
	}
	if !strings.Contains(lines.Text(), `"changes"`) {
		t.Errorf("the watch says %q", lines.Text())
	}
	again := d.json(t, "POST", "/api/v1/applications/checkout/releases?reason=first", string(body), "Idempotency-Key", "build-1")
	if again.StatusCode != r.StatusCode || again.body != r.body {
		t.Errorf("the same key: %d %s", again.StatusCode, again.body)
	}
	if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", "", "Idempotency-Key", "build-1")); p.Status != 409 {
		t.Errorf("the same key for something else: %+v", p)
	}

	accepted := d.json(t, "POST", "/api/v1/trains/staging?wait=accepted", "")
	if accepted.StatusCode != 202 {
		t.Fatalf("%d %s", accepted.StatusCode, accepted.body)
	}
	var op struct{ State, Commit string }
	for deadline := time.Now().Add(30 * time.Second); op.State != "OPERATION_STATE_DONE" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err := json.Unmarshal([]byte(d.ask(t, "GET", accepted.Header.Get("Location"), "").body), &op); err != nil {
			t.Fatal(err)
		}
	}
	if head := git(t, "-C", repo, "rev-parse", "main"); op.Commit != head {
		t.Errorf("operation %+v, main is %s", op, head)
	}

	clone := filepath.Join(t.TempDir(), "clone")
	git(t, "clone", "-q", d.URL+frontend.GitPrefix, clone)
	if got := git(t, "-C", clone, "show", "HEAD:environments/staging/applications/checkout/manifests/manifests.yaml"); got != strings.TrimSpace(renders("a")) {
		t.Errorf("staging runs %q", got)
	}
	if r := d.ask(t, "GET", "/healthz", ""); r.StatusCode != 200 {
		t.Errorf("healthz: %d %s", r.StatusCode, r.body)
	}
	if p := problemOf(t, d.ask(t, "GET", "/api/v1/applications/nothing", "")); p.Status != 404 || p.Kind != "not_found" {
		t.Errorf("%+v", p)
	}
}
