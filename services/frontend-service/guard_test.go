package frontend_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/", "/api", "/api/v1/status", "/release", "/nothing.png"} {
		h := d.ask(t, "GET", path, "").Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "http") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if h := d.ask(t, "GET", "/", "", "X-Forwarded-Proto", "https").Header; h.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security behind TLS")
	}
}

func TestPagesOfOtherSitesMayNotWrite(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.AllowedOrigins = []string{"https://ui.example.com"} })
	form, contentType := formOf(t, app, manifest("staging", yaml))
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a program", nil, 201},
		{"our own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", d.URL}, 201},
		{"an allowed page", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://ui.example.com"}, 201},
		{"a page of another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.com"}, 403},
		{"an old browser", []string{"Origin", "https://evil.example.com"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := d.cd.asked()
			r := d.ask(t, "POST", "/release", form, append(c.headers, "Content-Type", contentType)...)
			if r.StatusCode != c.status || (d.cd.asked() > before) != (c.status == 201) {
				t.Errorf("%d %s", r.StatusCode, r.body)
			}
		})
	}
}

func TestABrowserAsksBeforeItWritesFromAnAllowedOrigin(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.AllowedOrigins = []string{"https://ui.example.com"} })
	ask := func(origin string) reply {
		return d.ask(t, "OPTIONS", "/api/v1/locks", "", "Origin", origin, "Access-Control-Request-Method", "POST")
	}
	if r := ask("https://ui.example.com"); r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "https://ui.example.com" || !strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := ask("https://evil.example.com"); r.StatusCode == 204 || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
}

func TestTheLogHoldsTheRequestAndNoSecret(t *testing.T) {
	d := open(t)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		return nil, problem.New(problem.Unavailable, "the remote cannot be reached").Wrap(context.DeadlineExceeded)
	}
	d.json(t, "POST", "/api/v1/trains/staging?reason=hush-query", `{"team":"hush-body"}`, "Authorization", "Bearer hush-token", "Cookie", "session=hush-cookie")
	log := d.log.String()
	for _, want := range []string{`"path":"/api/v1/trains/staging"`, `"route":"/api/v1/trains/{}"`, `"status":503`, "the remote cannot be reached", `"level":"ERROR"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "hush") {
		t.Errorf("the log holds a secret:\n%s", log)
	}
}

// panicConn breaks in the middle of a request.
type panicConn struct{}

func (panicConn) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { panic("boom") }
func (panicConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unavailable, "no stream")
}

func TestAPanicIsA500AndTheServiceLives(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.Conn = panicConn{} })
	if r := d.ask(t, "GET", "/api/v1/status", ""); r.StatusCode != 500 || strings.Contains(r.body, "boom") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := d.ask(t, "GET", "/livez", ""); r.StatusCode != 200 {
		t.Errorf("livez: %d", r.StatusCode)
	}
	if !strings.Contains(d.log.String(), "boom") {
		t.Error("the log does not say why")
	}
}

func TestHealth(t *testing.T) {
	d := open(t)
	for _, c := range []struct {
		name                  string
		status                func() (*api.Status, error)
		livez, readyz, health int
		says                  string
	}{
		{"well", nil, 200, 200, 200, "ok"},
		{"the remote is away", func() (*api.Status, error) {
			return &api.Status{Ready: true, Problems: []string{"the remote cannot be reached"}}, nil
		}, 200, 200, 503, "the remote cannot be reached"},
		{"starting", func() (*api.Status, error) { return &api.Status{}, nil }, 200, 503, 503, "writes cannot work"},
		{"cd-service is dead", func() (*api.Status, error) { return nil, status.Error(codes.Unavailable, "connection refused") }, 200, 503, 503, "cd-service does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.cd.status = c.status
			for path, want := range map[string]int{"/livez": c.livez, "/readyz": c.readyz, "/healthz": c.health} {
				if r := d.ask(t, "GET", path, ""); r.StatusCode != want {
					t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
				}
			}
			if r := d.ask(t, "GET", "/healthz", ""); !strings.Contains(r.body, c.says) {
				t.Errorf("healthz: %s", r.body)
			}
			r := d.ask(t, "GET", "/healthz", "", "Accept", "application/json")
			if r.StatusCode != c.health || r.Header.Get("Content-Type") != "application/json" || !strings.Contains(r.body, c.says) {
				t.Errorf("healthz as JSON: %d %s", r.StatusCode, r.body)
			}
		})
	}
}

func TestMetricsCountRequestsByRoute(t *testing.T) {
	d := open(t)
	d.json(t, "POST", "/api/v1/trains/staging", "")
	d.ask(t, "PUT", "/environments/staging/locks/l1", `{"message":"x"}`, "Content-Type", "application/json")
	d.ask(t, "BREW", "/teapot", "")
	r := d.ask(t, "GET", "/metrics", "")
	for _, want := range []string{
		`signalbox_http_requests_total{code="200",method="POST",route="/api/v1/trains/{}"} 1`,
		`signalbox_http_requests_total{code="200",method="PUT",route="/environments/{environment}/locks/{id}"} 1`,
		`signalbox_http_requests_total{code="405",method="other",route="ui"} 1`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("no %s in\n%s", want, r.body)
		}
	}
}

func TestTheUIFindsItsOwnWay(t *testing.T) {
	d := open(t)
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct {
		method, path, accept string
		status               int
		says, cache          string
	}{
		{"GET", "/", "", 200, "<title>Signalbox", "no-store"},
		{"GET", "/index.html", browser, 200, "<title>Signalbox", "no-store"},
		{"GET", "/overview/checkout", browser, 200, "<title>Signalbox", "no-store"},
		{"GET", "/environments", browser, 200, "<title>Signalbox", "no-store"},
		{"GET", "/release", browser, 200, "<title>Signalbox", "no-store"},
		{"GET", "/assets/main-123.js", "*/*", 200, "console.log", "immutable"},
		{"GET", "/favicon.svg", "*/*", 200, "<svg", "no-cache"},
		{"GET", "/assets/gone.js", "*/*", 404, "not found", ""},
		{"GET", "/.gitkeep", "*/*", 404, "not found", ""},
		{"GET", "/../../etc/passwd", "*/*", 200, "<title>Signalbox", "no-store"},
		{"GET", "/api/nothing", browser, 404, "not found", ""},
		{"POST", "/overview", browser, 405, "unsupported method", ""},
	} {
		r := d.ask(t, c.method, c.path, "", "Accept", c.accept)
		if r.StatusCode != c.status || !strings.Contains(r.body, c.says) || !strings.Contains(r.Header.Get("Cache-Control"), c.cache) {
			t.Errorf("%s %s: %d %s, Cache-Control %q", c.method, c.path, r.StatusCode, r.body, r.Header.Get("Cache-Control"))
		}
	}
	if r := open(t, func(o *frontend.Options) { o.UI = fstest.MapFS{} }).ask(t, "GET", "/", ""); r.StatusCode != 404 || !strings.Contains(r.body, "make build") {
		t.Errorf("without a build: %d %s", r.StatusCode, r.body)
	}
}

func TestTheManifestRepoIsServedOnlyWhenItIsHere(t *testing.T) {
	if r := open(t).ask(t, "GET", "/git/manifests.git/info/refs?service=git-upload-pack", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

// raw opens a connection that a test speaks HTTP on by hand.
func (d *door) raw(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func TestAClientThatStopsInTheMiddleOfItsBodyIsNotWaitedFor(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.ClientPause = 50 * time.Millisecond })
	conn, answers := d.raw(t)
	if _, err := conn.Write([]byte("POST /api/v1/trains/staging HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(answers, nil)
	if err != nil || res.StatusCode != 400 || d.cd.asked() != 0 {
		t.Errorf("%v %v", res, err)
	}
}

func TestAConnectionThatRestedServesTheNextRequest(t *testing.T) {
	const pause = 50 * time.Millisecond
	d := open(t, func(o *frontend.Options) { o.ClientPause = pause })
	conn, answers := d.raw(t)
	const body = `{"message":"m"}`
	for _, request := range []string{
		"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
		"PUT /environments/staging/locks/l1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + body,
		"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%.20s: %v %v", request, res, err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * pause) // the deadline of what was answered is over
	}
}

func TestACompressedBodyIsRefused(t *testing.T) {
	d := open(t)
	if p := problemOf(t, d.json(t, "POST", "/api/v1/trains/staging", "{}", "Content-Encoding", "gzip")); p.Status != 415 {
		t.Errorf("%+v", p)
	}
	form, contentType := formOf(t, app, manifest("staging", yaml))
	if r := d.ask(t, "POST", "/release", form, "Content-Type", contentType, "Content-Encoding", "gzip"); r.StatusCode != 415 || d.cd.asked() != 0 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}
