package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// heads lists every ref of the manifest repo: when they stay, nothing happened.
func heads(t *testing.T, dataDir string) string {
	t.Helper()
	out, err := exec.Command("git", "-C", filepath.Join(dataDir, "manifests.git"), "for-each-ref").Output()
	if err != nil {
		t.Fatalf("git for-each-ref: %v", err)
	}
	return string(out)
}

const manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n"

// part is a part of a form: a file when its name has brackets, else a value.
type part struct{ name, value string }

func form(parts ...part) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		var into io.Writer
		var err error
		if strings.Contains(p.name, "[") {
			into, err = w.CreateFormFile(p.name, "f.yaml")
		} else {
			into, err = w.CreateFormField(p.name)
		}
		if err == nil {
			_, err = io.WriteString(into, p.value)
		}
		if err != nil {
			panic(err) // a buffer cannot fail
		}
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

// badInput is a request and the refusal that it must get. docs/reliability.md lists the cases.
type badInput struct {
	name, method, path, contentType, body string
	status                                int
	// kind and field are those of the problem document under /api/v1; the other addresses answer in kuberpult's form.
	kind  problem.Kind
	field string
	// says is a part of the answer.
	says string
}

// release is a form to /release with the right application and manifest, and more.
func release(name string, says string, more ...part) badInput {
	return releaseOf(name, says, append([]part{{"application", "app"}, {"manifests[development]", manifest}}, more...)...)
}

func releaseOf(name string, says string, parts ...part) badInput {
	return formTo(name, "/release", says, parts...)
}

func formTo(name, path, says string, parts ...part) badInput {
	contentType, body := form(parts...)
	return badInput{name: name, method: "POST", path: path, contentType: contentType, body: body, status: 400, says: says}
}

// ci is a request with a JSON body in kuberpult's form.
func ci(name, method, path, body string, status int, says string) badInput {
	return badInput{name: name, method: method, path: path, contentType: "application/json", body: body, status: status, says: says}
}

// rest is a request under /api/v1 with a JSON body.
func rest(name, method, path, body string, kind problem.Kind, field, says string) badInput {
	return badInput{name, method, path, "application/json", body, kind.HTTPStatus(), kind, field, says}
}

// restOf is rest with a value that is written as JSON.
func restOf(name, method, path string, body any, kind problem.Kind, field, says string) badInput {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a test's own value
	}
	return rest(name, method, path, string(text), kind, field, says)
}

// check sends the request and demands the whole refusal: status, kind, field, rule, remedy.
func (c badInput) check(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequest(c.method, url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	c.compare(t, res, answer)
}

func (c badInput) compare(t *testing.T, res *http.Response, answer []byte) {
	t.Helper()
	if res.StatusCode != c.status || !strings.Contains(string(answer), c.says) {
		t.Errorf("%d %s\nexpected %d with %q", res.StatusCode, answer, c.status, c.says)
	}
	if len(answer) == 0 || len(answer) > 2000 {
		t.Errorf("an answer of %d bytes", len(answer))
	}
	if !strings.HasPrefix(c.path, "/api/v1/") {
		return
	}
	var p struct {
		Status                             int
		Title, Detail, Field, Rule, Remedy string
		Kind                               problem.Kind
	}
	if err := json.Unmarshal(answer, &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s is no problem document: %v", res.Header.Get("Content-Type"), err)
	}
	if p.Status != c.status || p.Kind != c.kind || p.Field != c.field || p.Title == "" || p.Detail == "" || p.Rule == "" || p.Remedy == "" {
		t.Errorf("%s\nexpected kind %s, field %q, a rule and a remedy", answer, c.kind, c.field)
	}
}

func badInputs() []badInput {
	lock := func(of map[string]any) map[string]any {
		out := map[string]any{"scope": "LOCK_SCOPE_ENVIRONMENT", "environment": "staging", "id": "l1", "message": "x"}
		for key, value := range of {
			out[key] = value
		}
		return out
	}
	config := func(name, text, says string) badInput {
		return formTo(name, "/environments/canary", says, part{"config", text})
	}
	big := strings.Repeat(" ", 2<<20)
	table := []badInput{
		{name: "content type: text", method: "POST", path: "/release", contentType: "text/plain", body: "x", status: 400, says: "multipart/form-data"},
		{name: "content type: none", method: "POST", path: "/release", body: "x", status: 400, says: "multipart/form-data"},
		{name: "content type: a lock as a form", method: "PUT", path: "/environments/staging/locks/l1", contentType: "application/x-www-form-urlencoded", body: "a=b", status: 415, says: "application/json"},
		{"content type: REST, XML", "POST", "/api/v1/batch", "text/xml", "<x/>", 415, problem.Unsupported, "Content-Type", "content type"},
		{"content type: REST, none", "POST", "/api/v1/batch", "", "{}", 415, problem.Unsupported, "Content-Type", "content type"},
		{"method: REST", "PATCH", "/api/v1/locks", "application/json", "{}", 405, problem.Unsupported, "", "GET or POST"},
		ci("method: CI lock", "PATCH", "/environments/staging/locks/l1", "{}", 405, "unsupported method 'PATCH'"),
		ci("method: CI release", "GET", "/release", "", 405, "unsupported method 'GET'"),
		ci("method: CI train", "POST", "/environments/staging/releasetrain", "", 405, "unsupported method 'POST'"),
		ci("method: CI environment", "DELETE", "/environments/staging", "", 405, "unsupported method 'DELETE'"),

		{"body over the limit: REST", "POST", "/api/v1/batch", "application/json", big, 413, problem.TooLarge, "", "limit of 1048576 bytes"},
		ci("body over the limit: CI lock", "PUT", "/environments/staging/locks/l1", big, 413, "limit"),
		ci("body over the limit: CI train", "PUT", "/api/environments/staging/releasetrain", big, 413, "limit"),

		rest("JSON that is none", "POST", "/api/v1/batch", `{"actions": [`, problem.Invalid, "", ""),
		rest("JSON with a field that is not known", "POST", "/api/v1/batch", `{"akshons": []}`, problem.Invalid, "akshons", "known here: actions"),
		rest("JSON with a field twice", "POST", "/api/v1/locks", `{"id":"l1","id":"l2"}`, problem.Invalid, "id", "id"),
		rest("JSON with a value of a wrong type", "POST", "/api/v1/locks", `{"id":7}`, problem.Invalid, "id", "id"),
		rest("JSON: an empty batch", "POST", "/api/v1/batch", `{}`, problem.Invalid, "actions", "actions"),
		ci("JSON of a CI lock that is none", "PUT", "/environments/staging/locks/l1", `{"message":`, 400, "Invalid body"),
		ci("JSON of a CI lock of a wrong type", "PUT", "/environments/staging/locks/l1", `{"message":7}`, 400, "'message' must be a string"),
		ci("a CI lock without a message", "PUT", "/environments/staging/locks/l1", `{}`, 400, "Please provide lock message in body"),

		rest("address: unknown", "GET", "/api/v1/nothing", ``, problem.NotFound, "", ""),
		rest("query: unknown wait", "POST", "/api/v1/trains/staging?wait=forever", `{}`, problem.Invalid, "wait", "wait"),
		rest("query: unknown parameter", "POST", "/api/v1/trains/staging?dry=true", `{}`, problem.Invalid, "dry", "dry"),

		restOf("lock: scope without a place", "POST", "/api/v1/locks", lock(map[string]any{"environment": ""}), problem.Invalid, "environment", "environment"),
		restOf("lock: unknown environment", "POST", "/api/v1/locks", lock(map[string]any{"environment": "nowhere"}), problem.NotFound, "environment", "nowhere"),
		restOf("lock: unknown application", "POST", "/api/v1/locks", lock(map[string]any{"scope": "LOCK_SCOPE_APPLICATION", "application": "none"}), problem.NotFound, "application", "none"),
		restOf("unlock: not there", "POST", "/api/v1/locks/none/delete", map[string]any{"scope": "LOCK_SCOPE_ENVIRONMENT", "environment": "staging"}, problem.NotFound, "id", "none"),
		ci("lock: CI, unknown environment", "PUT", "/environments/nowhere/locks/l1", `{"message":"x"}`, 400, "nowhere"),
		ci("lock: CI, unknown group", "PUT", "/environment-groups/nowhere/locks/l1", `{"message":"x"}`, 400, "No environment found with given group 'nowhere'"),
		ci("unlock: CI, not there", "DELETE", "/environments/staging/locks/none", "", 404, "does not exist"),

		restOf("config: both latest and environment", "PUT", "/api/v1/environments/canary", map[string]any{"config": map[string]any{"upstream": map[string]any{"latest": true, "environment": "staging"}}}, problem.Invalid, "config.upstream", "upstream"),
		restOf("config: a cycle", "PUT", "/api/v1/environments/development", map[string]any{"config": map[string]any{"upstream": map[string]any{"environment": "production-de"}}}, problem.Invalid, "config.upstream.environment", "comes back"),
		restOf("config: a cycle of one", "PUT", "/api/v1/environments/development", map[string]any{"config": map[string]any{"upstream": map[string]any{"environment": "development"}}}, problem.Invalid, "config.upstream.environment", ""),
		restOf("config: an upstream that is not there", "PUT", "/api/v1/environments/canary", map[string]any{"config": map[string]any{"upstream": map[string]any{"environment": "nowhere"}}}, problem.Invalid, "config.upstream.environment", "nowhere"),
		restOf("config: a field that is not known", "PUT", "/api/v1/environments/canary", map[string]any{"config": map[string]any{"upstraem": map[string]any{}}}, problem.Invalid, "config.upstraem", "upstream"),
		config("config: CI, both latest and environment", `{"upstream":{"latest":true,"environment":"staging"}}`, "upstream"),
		config("config: CI, a cycle of one", `{"upstream":{"environment":"canary"}}`, "canary"),
		config("config: CI, a field that is not known", `{"upstraem":{}}`, "upstream"),
		config("config: CI, not JSON", `upstream: {}`, "not a JSON object"),

		rest("train: nowhere", "POST", "/api/v1/trains/nowhere", `{}`, problem.NotFound, "target", "nowhere"),
		ci("train: CI, nowhere", "PUT", "/environments/nowhere/releasetrain", "", 400, "nowhere"),
		rest("deploy: an application that is not there", "POST", "/api/v1/applications/none/environments/staging/deploy", `{"version":"1"}`, problem.NotFound, "application", "none"),
		rest("deploy: a version that is not there", "POST", "/api/v1/applications/app/environments/staging/deploy", `{"version":"7"}`, problem.NotFound, "version", "7"),
		rest("deploy: an environment the release has no manifest for", "POST", "/api/v1/applications/app/environments/staging/deploy", `{"version":"1"}`, problem.NotFound, "environment", "it has manifests for: development"),

		formTo("form: a config twice", "/environments/canary", "Exactly one 'config'", part{"config", "{}"}, part{"config", "{}"}),
		formTo("form: an unknown part of an environment", "/environments/canary", "colour", part{"config", "{}"}, part{"colour", "blue"}),
		formTo("form: a file of an environment", "/environments/canary", "manifests[development]", part{"config", "{}"}, part{"manifests[development]", manifest}),
		formTo("form: an environment without a config", "/environments/canary", "config", part{"signature", "x"}),
		releaseOf("form: no application", "application", part{"manifests[development]", manifest}),
		releaseOf("form: no manifest", "manifest", part{"application", "app"}),
		releaseOf("form: unknown environment", "nowhere", part{"application", "app"}, part{"manifests[nowhere]", manifest}),
		release("form: two applications", "single application", part{"application", "other"}),
		release("form: two manifests for one environment", `multiple manifests submitted for "development"`, part{"manifests[development]", manifest}),
		release("form: two teams", "Exactly one 'team'", part{"team", "a"}, part{"team", "b"}),
		release("form: unknown field", "colour", part{"colour", "blue"}),
		release("form: unknown file", "pictures", part{"pictures[x]", "y"}),
		release("form: signature of nothing", "signatures[qa]", part{"signatures[qa]", "y"}),
		release("commit id in upper case", "source_commit_id", part{"source_commit_id", "ABCDEF1234"}),
		release("display version too long", "DisplayVersion", part{"display_version", "0123456789abcdef"}),
	}
	return append(append(table, badManifests()...), badVersions()...)
}

func badManifests() []badInput {
	var table []badInput
	for _, m := range []struct{ name, manifest, says string }{
		{"not YAML", "a: b: c:\n\t- ]", "not valid YAML"},
		{"no apiVersion", "kind: ConfigMap\nmetadata:\n  name: app\n", "apiVersion"},
		{"no kind", "apiVersion: v1\nmetadata:\n  name: app\n", "kind"},
		{"no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "name"},
		{"no name in the second document", manifest + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "name"},
		{"two documents of one identity", manifest + "---\n" + manifest, "app"},
		{"a list", "- 1\n- 2\n", ""},
		{"a text", "hello\n", ""},
		{"a name that is no text", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 7\n", "name"},
		{"a Secret with data", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  password: c2VjcmV0\n", "--secrets"},
	} {
		table = append(table,
			releaseOf("manifest: "+m.name, m.says, part{"application", "app"}, part{"manifests[development]", m.manifest}),
			restOf("manifest: REST, "+m.name, "POST", "/api/v1/applications/app/releases", map[string]any{"manifests": map[string]string{"development": m.manifest}},
				problem.Invalid, "manifests[development]", m.says))
	}
	return append(table, releaseOf("manifest: not UTF-8", "UTF-8", part{"application", "app"},
		part{"manifests[development]", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \xff\xfe\n"}))
}

func badVersions() []badInput {
	var table []badInput
	for _, version := range []string{"0", "-1", "18446744073709551616", "9223372036854775808", "1.5", "x"} {
		table = append(table, release("version "+version+" in a form", "ersion", part{"version", version}))
		if kind := problem.Invalid; version != "0" { // reads the newest
			if version == "9223372036854775808" {
				kind = problem.NotFound
			}
			table = append(table, rest("version "+version+" in a path", "GET", "/api/v1/applications/app/releases/"+version, "", kind, "version", "version"))
		}
		if version != "1.5" { // version 1, revision 5
			table = append(table, ci("version "+version+" in a CI path", "POST", "/api/application/app/release/manifests/"+version, "", 400, "ersion"))
		}
		table = append(table, rest("version "+version+" to deploy", "POST", "/api/v1/applications/app/environments/staging/deploy", `{"version":"`+version+`"}`, problem.Invalid, "version", "version"))
		if version != "0" { // leaves the number to us
			table = append(table, restOf("version "+version+" in JSON", "POST", "/api/v1/applications/app/releases",
				map[string]any{"version": version, "manifests": map[string]string{"development": manifest}}, problem.Invalid, "version", "version"))
		}
	}
	return table
}

// Bad input gets a clear error, and nothing is lost or written.
func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	running := startServer(t, nil)
	if _, err := clientOf(t, running.url).Execute(t.Context(), releaseRequest("app")); err != nil {
		t.Fatal(err)
	}
	before := heads(t, running.dataDir)
	for _, c := range badInputs() {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, running.url)
			if after := heads(t, running.dataDir); after != before {
				t.Errorf("the manifest repo changed:\n%s", after)
			}
		})
	}
}
