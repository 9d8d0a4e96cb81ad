package frontend_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

// fetch gets an address as a client that takes gzip, and unpacks what was packed.
func (d *door) fetch(t *testing.T, path string) (encoding, body string, sent int) {
	t.Helper()
	r := d.ask(t, "GET", path, "", "Accept-Encoding", "gzip")
	if r.StatusCode != 200 {
		t.Fatalf("%s: %d %s", path, r.StatusCode, r.body)
	}
	encoding = r.Header.Get("Content-Encoding")
	if encoding == "" {
		return "", r.body, len(r.body)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return encoding, string(content), len(r.body)
}

func TestPagesDocumentsAndReadsAreCompressedForThoseWhoTakeIt(t *testing.T) {
	script := strings.Repeat("console.log('signal'); ", 1000)
	d := open(t, func(o *frontend.Options) {
		o.UI = fstest.MapFS{"index.html": {Data: []byte("<title>Signalbox</title>")}, "assets/main-1.js": {Data: []byte(script)}}
	})
	big := &api.Application{Name: "checkout"}
	for i := range 200 {
		big.Deployments = append(big.Deployments, &api.Deployment{Application: "checkout", Environment: fmt.Sprintf("env-%d", i), Version: 7})
	}
	d.cd.apps["checkout"] = big
	for _, path := range []string{"/assets/main-1.js", "/api/v1/applications/checkout", "/openapi.yaml", "/openapi.json"} {
		whole := d.ask(t, "GET", path, "", "Accept-Encoding", "identity")
		encoding, body, sent := d.fetch(t, path)
		if encoding != "gzip" || body != whole.body || sent*2 > len(whole.body) {
			t.Errorf("%s: encoding %q, %d of %d bytes were sent, same content: %t", path, encoding, sent, len(whole.body), body == whole.body)
		}
		if whole.Header.Get("Content-Encoding") != "" || !strings.Contains(whole.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s to those who do not take it: %v", path, whole.Header)
		}
	}
	if encoding, body, _ := d.fetch(t, "/"); encoding != "" || body != "<title>Signalbox</title>" {
		t.Errorf("a page of a few bytes: encoding %q, %q", encoding, body)
	}
}

func TestAWatchIsNeverHeldBackByCompression(t *testing.T) {
	d := open(t)
	next := make(chan struct{})
	d.cd.watch = func(_ *api.WatchRequest, stream grpc.ServerStreamingServer[api.WatchEvent]) error {
		for position := uint64(1); ; position++ {
			if err := stream.Send(&api.WatchEvent{Position: position, Instance: strings.Repeat("i", 2000)}); err != nil {
				return err
			}
			select {
			case <-next:
			case <-stream.Context().Done():
				return nil
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", d.URL+"/api/v1/watch", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" {
		t.Errorf("the stream is encoded: %s", encoding)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	// The next line is made only when the one before has arrived.
	for position := range 3 {
		select {
		case line := <-lines:
			if want := fmt.Sprintf(`"position":"%d"`, position+1); !strings.Contains(strings.ReplaceAll(line, " ", ""), want) {
				t.Fatalf("line %d: %.200s", position+1, line)
			}
		case <-ctx.Done():
			t.Fatalf("line %d was held back", position+1)
		}
		select {
		case next <- struct{}{}:
		case <-ctx.Done():
		}
	}
}

func TestGitIsLeftAlone(t *testing.T) {
	d, _ := openReal(t, chain)
	r := d.ask(t, "GET", "/git/manifests.git/info/refs?service=git-upload-pack", "", "Accept-Encoding", "gzip")
	if r.StatusCode != 200 || r.Header.Get("Content-Encoding") != "" || !strings.Contains(r.body, "refs/heads/main") {
		t.Errorf("%d %v %.100q", r.StatusCode, r.Header, r.body)
	}
}
