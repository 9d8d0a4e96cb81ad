package frontend_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

type exportStream = grpc.ServerStreamingServer[api.ExportChunk]

func sending(chunks ...string) func(*api.ExportDeploymentsRequest, exportStream) error {
	return func(_ *api.ExportDeploymentsRequest, stream exportStream) error {
		for _, c := range chunks {
			if err := stream.Send(&api.ExportChunk{Data: []byte(c)}); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestAnExportIsAFile(t *testing.T) {
	d := open(t)
	var asked *api.ExportDeploymentsRequest
	d.cd.export = func(req *api.ExportDeploymentsRequest, stream exportStream) error {
		asked = req
		return sending("time,application\r\n", "09:00,checkout\r\n")(req, stream)
	}
	r := d.ask(t, "GET", "/api/v1/deployments/export?application=checkout&environment=staging&team=t&author=anna&commit_id=0123abcd&since=2026-11-20T09:00:00Z&until=2026-11-21T09:00:00Z", "",
		"author-name", base64.StdEncoding.EncodeToString([]byte("Rosa")), "author-email", base64.StdEncoding.EncodeToString([]byte("rosa@example.com")))
	if r.StatusCode != 200 || r.body != "time,application\r\n09:00,checkout\r\n" || r.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" ||
		r.Header.Get("Content-Disposition") != `attachment; filename="deployments.csv"` {
		t.Errorf("%d %v %q", r.StatusCode, r.Header, r.body)
	}
	if asked.Application != "checkout" || asked.Environment != "staging" || asked.Team != "t" || asked.Author != "anna" || asked.CommitId != "0123abcd" ||
		!asked.Since.AsTime().Equal(now) || !asked.Until.AsTime().Equal(now.Add(24*time.Hour)) || asked.Format != "" {
		t.Errorf("asked %v", asked)
	}
	if who := d.cd.actors[0]; who != (auth.Actor{Name: "Rosa", Email: "rosa@example.com"}) {
		t.Errorf("%v asked", who)
	}

	d.cd.export = sending("{}\n")
	r = d.ask(t, "GET", "/api/v1/deployments/export?format=jsonl", "")
	if r.body != "{}\n" || r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Content-Disposition") != `attachment; filename="deployments.jsonl"` {
		t.Errorf("%v %q", r.Header, r.body)
	}
	d.cd.export = sending()
	if r = d.ask(t, "GET", "/api/v1/deployments/export?format=jsonl", ""); r.StatusCode != 200 || r.body != "" {
		t.Errorf("nothing: %d %q", r.StatusCode, r.body)
	}
}

func TestAnExportThatCannotBeginIsAProblem(t *testing.T) {
	d := open(t)
	d.cd.export = func(*api.ExportDeploymentsRequest, exportStream) error {
		return problem.New(problem.Invalid, "%q is no commit id", "x").At("commit_id").Because("a rule").Fix("a remedy")
	}
	for _, c := range []struct {
		method, query string
		status        int
		field         string
	}{
		{"GET", "?commitId=x", 400, "commitId"},
		{"GET", "?fromat=csv", 400, "fromat"},
		{"GET", "?since=yesterday", 400, "since"},
		{"GET", "?application=a&application=b", 400, "application"},
		{"POST", "", 405, ""},
	} {
		r := d.ask(t, c.method, "/api/v1/deployments/export"+c.query, "")
		if p := problemOf(t, r); r.StatusCode != c.status || p.Field != c.field || r.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s %s: %d %s", c.method, c.query, r.StatusCode, r.body)
		}
	}
}

func TestAnExportThatBreaksDoesNotLookWhole(t *testing.T) {
	for name, encoding := range map[string]string{"plain": "identity", "compressed": "gzip"} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.cd.export = func(req *api.ExportDeploymentsRequest, stream exportStream) error {
				if err := sending(strings.Repeat("line\r\n", 20_000))(req, stream); err != nil {
					return err
				}
				return problem.New(problem.Unavailable, "the history was read anew")
			}
			req, err := http.NewRequestWithContext(t.Context(), "GET", d.URL+"/api/v1/deployments/export", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Encoding", encoding)
			res, err := http.DefaultClient.Do(req)
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Errorf("half an export was read to its end: %v", err)
			}
			if log := d.log.String(); !strings.Contains(log, "the history was read anew") || strings.Contains(log, "panic") {
				t.Errorf("the log: %s", log)
			}
		})
	}
}

// TestTheRealExport goes through all services.
func TestTheRealExport(t *testing.T) {
	d, _ := openReal(t, chain)
	body, contentType := formOf(t, checkout(part{name: "version", content: "7"})...)
	if r := d.ask(t, "POST", "/release", body, "Content-Type", contentType); r.StatusCode != 201 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	r := d.ask(t, "GET", "/api/v1/deployments/export", "")
	if lines := strings.Split(r.body, "\r\n"); len(lines) != 3 || !strings.Contains(lines[1], ",checkout,development,7,0,") {
		t.Errorf("%q", r.body)
	}
	if r := d.ask(t, "GET", "/api/v1/deployments?environment=development", ""); r.StatusCode != 200 || !strings.Contains(r.body, `"version":"7"`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := d.ask(t, "GET", "/api/v1/environments/development/versions?application=checkout", ""); r.StatusCode != 200 || !strings.Contains(r.body, `"version":"7"`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}
