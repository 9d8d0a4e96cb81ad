package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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

type badInput struct {
	name, method, path, contentType, body string
	status                                int
	// says is a part of the answer.
	says string
}

// release is a form to /release with the right application and manifest, and more.
func release(name string, status int, says string, more ...part) badInput {
	contentType, body := form(append([]part{{"application", "app"}, {"manifests[development]", manifest}}, more...)...)
	return badInput{name, "POST", "/release", contentType, body, status, says}
}

func releaseOf(name string, status int, says string, parts ...part) badInput {
	contentType, body := form(parts...)
	return badInput{name, "POST", "/release", contentType, body, status, says}
}

// rest is a request with a JSON body.
func rest(name, method, path, body string, status int, says string) badInput {
	return badInput{name, method, path, "application/json", body, status, says}
}

func badInputs() []badInput {
	table := []badInput{
		{"wrong content type", "POST", "/release", "text/plain", "x", 400, ""},
		{"wrong content type, REST", "POST", "/api/v1/batch", "text/xml", "<x/>", 415, "content type"},
		{"wrong method", "PATCH", "/api/v1/locks", "application/json", "{}", 405, ""},
		{"wrong method, CI", "PATCH", "/environments/staging/locks/l1", "application/json", "{}", 405, ""},
		{"body over the limit", "POST", "/api/v1/batch", "application/json", strings.Repeat(" ", 2<<20), 413, "limit"},
		rest("JSON that is none", "POST", "/api/v1/batch", `{"actions": [`, 400, ""),
		rest("unknown JSON field", "POST", "/api/v1/batch", `{"akshons": []}`, 400, "akshons"),
		rest("empty batch", "POST", "/api/v1/batch", `{}`, 400, "actions"),
		rest("unknown address", "GET", "/api/v1/nothing", ``, 404, ""),
		rest("lock id ..", "POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":"..","message":"x"}`, 400, "id"),
		rest("lock id with a slash", "POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":"a/b","message":"x"}`, 400, "id"),
		rest("lock nowhere", "POST", "/api/v1/locks", `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"nowhere","id":"l1","message":"x"}`, 404, "nowhere"),
		rest("both latest and environment", "PUT", "/api/v1/environments/canary", `{"config":{"upstream":{"latest":true,"environment":"staging"}}}`, 400, "upstream"),
		rest("cycle", "PUT", "/api/v1/environments/development", `{"config":{"upstream":{"environment":"production-de"}}}`, 400, "comes back"),
		rest("unknown config field", "PUT", "/api/v1/environments/canary", `{"config":{"upstraem":{"latest":true}}}`, 400, "upstream"),
		rest("train nowhere", "POST", "/api/v1/trains/nowhere", `{}`, 404, "nowhere"),
		rest("deploy what is not there", "POST", "/api/v1/applications/app/environments/staging/deploy", `{"version":"1"}`, 404, "app"),
		rest("unknown wait", "POST", "/api/v1/trains/staging?wait=forever", `{}`, 400, "wait"),
		rest("unknown query parameter", "POST", "/api/v1/trains/staging?dry=true", `{}`, 400, "dry"),
		{"lock, CI, lock id ..", "PUT", "/environments/staging/locks/%2e%2e", "application/json", `{"message":"x"}`, 400, ""},
		{"lock, CI, unknown environment", "PUT", "/environments/nowhere/locks/l1", "application/json", `{"message":"x"}`, 400, ""},

		releaseOf("no application", 400, "application", part{"manifests[development]", manifest}),
		releaseOf("no manifest", 400, "manifest", part{"application", "app"}),
		releaseOf("unknown environment", 400, "nowhere", part{"application", "app"}, part{"manifests[nowhere]", manifest}),
		release("two applications", 400, "application", part{"application", "other"}),
		release("two manifests for one environment", 400, "development", part{"manifests[development]", manifest}),
		release("unknown field", 400, "colour", part{"colour", "blue"}),
		release("unknown file", 400, "pictures", part{"pictures[x]", "y"}),
		release("version -1", 400, "version", part{"version", "-1"}),
		release("version 2^64", 400, "version", part{"version", "18446744073709551616"}),
		release("version 2^63", 400, "version", part{"version", "9223372036854775808"}),
		release("upper-case commit id", 400, "commit", part{"source_commit_id", "ABCDEF1234"}),
		release("display version too long", 400, "isplay", part{"display_version", "0123456789abcdef"}),
	}
	for _, m := range []struct{ name, manifest string }{
		{"not YAML", "a: b: c:\n\t- ]"},
		{"no kind", "apiVersion: v1\nmetadata:\n  name: app\n"},
		{"no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"},
		{"two with one identity", manifest + "---\n" + manifest},
		{"a list", "- 1\n- 2\n"},
		{"not UTF-8", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \xff\xfe\n"},
		{"a secret", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  password: c2VjcmV0\n"},
	} {
		says := "development"
		if m.name == "a secret" {
			says = "ecret"
		}
		table = append(table, releaseOf("manifest: "+m.name, 400, says, part{"application", "app"}, part{"manifests[development]", m.manifest}))
	}
	for _, name := range []string{"a/b", "..", "a\x00b", "Upper", strings.Repeat("a", 300), "-a", "a_b", "ä"} {
		table = append(table, releaseOf(fmt.Sprintf("application %.10q", name), 400, "", part{"application", name}, part{"manifests[development]", manifest}))
		table = append(table, releaseOf(fmt.Sprintf("environment %.10q", name), 400, "", part{"application", "app"}, part{"manifests[" + name + "]", manifest}))
	}
	return table
}

// Bad input gets a clear error, and nothing is lost or written.
func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	running := startServer(t, nil)
	url, dataDir := running.url, running.dataDir
	before := heads(t, dataDir)
	for _, c := range badInputs() {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.contentType)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || !strings.Contains(string(answer), c.says) {
				t.Errorf("%d %s\nexpected %d with %q", res.StatusCode, answer, c.status, c.says)
			}
			if len(answer) == 0 {
				t.Error("the answer is empty")
			}
			if strings.HasPrefix(c.path, "/api/v1/") && res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("the answer is %s, expected a problem document", res.Header.Get("Content-Type"))
			}
			if after := heads(t, dataDir); after != before {
				t.Errorf("the manifest repo changed:\n%s", after)
			}
		})
	}
}
