package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// bodyLimit is --max-body-bytes in these tests. inFlight is what the kernel's buffers on both sides may hold of a body that nobody reads.
const (
	bodyLimit = 64 << 10
	inFlight  = 16 << 20
)

const boundary = "the-boundary"

const formType = "multipart/form-data; boundary=" + boundary

// openEnded is the beginning of a form whose last part has no end.
func openEnded(name, filename string) string {
	if filename != "" {
		filename = `; filename="` + filename + `"`
	}
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"" + filename + "\r\n\r\n"
}

// largeBodies are bodies that start well and never end; body is how they start.
func largeBodies() []badInput {
	tooLarge := func(name, method, path, contentType, start string) badInput {
		return badInput{name: name, method: method, path: path, contentType: contentType, body: start, status: 413, kind: problem.TooLarge,
			says: "over the limit of"}
	}
	const json = "application/json"
	return []badInput{
		tooLarge("manifest of a release", "POST", "/release", formType, openEnded("manifests[development]", "a.yaml")),
		tooLarge("signature of a release", "POST", "/api/release", formType, openEnded("signatures[development]", "a.asc")),
		tooLarge("value of a release", "POST", "/api/release", formType, openEnded("source_message", "")),
		tooLarge("what stands behind a form", "POST", "/release", formType, "--"+boundary+"--\r\n"),
		tooLarge("config of an environment", "POST", "/environments/canary", formType, openEnded("config", "")),
		tooLarge("CI lock", "PUT", "/environments/staging/locks/l1", json, `{"message":"`),
		tooLarge("CI train", "PUT", "/api/environments/staging/releasetrain", json, `{"ciLink":"`),
		tooLarge("release", "POST", "/api/v1/applications/app/releases", json, `{"manifests":{"development":"`),
		tooLarge("lock", "POST", "/api/v1/locks", json, `{"message":"`),
		tooLarge("batch", "POST", "/api/v1/batch", json, `{"actions":[`),
		tooLarge("environment", "PUT", "/api/v1/environments/canary", json, `{"config":{"`),
		{name: "wrong content type", method: "POST", path: "/api/v1/batch", contentType: "text/xml", status: 415, kind: problem.Unsupported, field: "Content-Type"},
		{name: "wrong content type of a form", method: "POST", path: "/release", contentType: json, status: 400},
		{name: "wrong method", method: "PATCH", path: "/api/v1/batch", contentType: json, status: 405, kind: problem.Unsupported},
		{name: "wrong CI method", method: "PUT", path: "/release", contentType: formType, status: 405},
		{name: "no such address", method: "POST", path: "/api/v1/nothing", contentType: json, status: 404, kind: problem.NotFound},
		{name: "a wrong part of a form", method: "POST", path: "/release", contentType: formType, body: openEnded("colour", ""), status: 400, says: "colour"},
	}
}

// conversation is a request of our own making, written byte by byte.
type conversation struct {
	net.Conn
	answers *bufio.Reader
}

func (c badInput) begin(t *testing.T, url, header string) conversation {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// Far below the minute that a client may pause in the middle of its body.
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n\r\n", c.method, c.path, c.contentType, header)
	if err != nil {
		t.Fatal(err)
	}
	return conversation{conn, bufio.NewReader(conn)}
}

// chunk writes a part of a body of unknown length.
func (c conversation) chunk(text string) error {
	_, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text)
	return err
}

// answer reads the answer and checks it.
func (c conversation) answer(t *testing.T, want badInput) {
	t.Helper()
	res, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	want.compare(t, res, body)
}

// A body over the limit is refused while it streams: the answer comes although the body never ends, and the rest is not read.
func TestABodyThatNeverEndsGetsItsAnswer(t *testing.T) {
	running := startServer(t, func(st *serve.Settings) { st.Door.MaxBodyBytes = bodyLimit })
	before := heads(t, running.dataDir)
	for _, c := range largeBodies() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := c.begin(t, running.url, "Transfer-Encoding: chunked")
			var sent atomic.Int64
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				next := c.body + "x"
				for filler := strings.Repeat("x", 32<<10); conn.chunk(next) == nil; next = filler {
					sent.Add(int64(len(next)))
				}
			}()
			conn.answer(t, c)
			<-stopped
			if sent.Load() > bodyLimit+inFlight {
				t.Errorf("the server took %d bytes", sent.Load())
			}
		})
	}
	t.Cleanup(func() {
		if after := heads(t, running.dataDir); after != before {
			t.Errorf("the manifest repo changed:\n%s", after)
		}
	})
}

// What is refused already is answered at once, whatever the client still means to send.
func TestARefusalDoesNotWaitForTheRestOfTheBody(t *testing.T) {
	running := startServer(t, func(st *serve.Settings) { st.Door.MaxBodyBytes = bodyLimit })
	before := heads(t, running.dataDir)
	for _, c := range largeBodies() {
		t.Run("one byte too many and silence/"+c.name, func(t *testing.T) {
			t.Parallel()
			conn := c.begin(t, running.url, "Transfer-Encoding: chunked")
			if err := conn.chunk(c.body + strings.Repeat("x", bodyLimit+1)); err != nil {
				t.Fatal(err)
			}
			conn.answer(t, c)
		})
		if c.status != http.StatusRequestEntityTooLarge {
			continue
		}
		t.Run("announced and never sent/"+c.name, func(t *testing.T) {
			t.Parallel()
			c.begin(t, running.url, "Content-Length: 1099511627776").answer(t, c)
		})
	}
	t.Cleanup(func() {
		if after := heads(t, running.dataDir); after != before {
			t.Errorf("the manifest repo changed:\n%s", after)
		}
	})
}
