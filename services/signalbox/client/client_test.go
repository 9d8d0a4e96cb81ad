package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/infrastructure/freeport"
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
)

// seen is one request as the server saw it.
type seen struct{ method, path, query, key, body, author string }

// server answers with each of the answers in turn, the last one for ever, and remembers what it was asked.
func server(t *testing.T, answers ...http.HandlerFunc) (url string, requests *[]seen) {
	t.Helper()
	requests = &[]seen{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		answer := answers[min(len(*requests), len(answers)-1)]
		*requests = append(*requests, seen{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Idempotency-Key"), string(body), r.Header.Get("author-name"),
		})
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, requests
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// breaks closes the connection without an answer.
func breaks(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// patient makes a client that records its waits instead of sleeping.
func patient(t *testing.T, url string, retries int) (*client.Client, *[]time.Duration) {
	t.Helper()
	waits := &[]time.Duration{}
	c, err := client.New(client.Options{Server: url, Retries: retries, Backoff: time.Second, Sleep: func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, waits
}

func deploy() *api.ExecuteRequest {
	return &api.ExecuteRequest{
		Kind:   &api.ExecuteRequest_Deploy{Deploy: &api.Deploy{Application: "checkout", Environment: "staging", Version: 12}},
		Reason: "demo day", Wait: api.Wait_WAIT_PUSHED,
	}
}

const done = `{"id":"op1","state":"OPERATION_STATE_DONE","commit":"0123456789"}`

func TestARetrySendsTheSameBodyUnderTheSameKey(t *testing.T) {
	url, requests := server(t, breaks, says(502, "bad gateway"), says(200, done))
	c, waits := patient(t, url, 3)
	op, err := c.Execute(t.Context(), deploy())
	if err != nil || op.Commit != "0123456789" {
		t.Fatalf("got %v, %v", op, err)
	}
	if len(*requests) != 3 {
		t.Fatalf("expected three requests, got %d", len(*requests))
	}
	for _, r := range *requests {
		if r != (*requests)[0] {
			t.Errorf("a retry differs: %+v", r)
		}
	}
	first := (*requests)[0]
	if first.key == "" || !strings.Contains(first.body, "checkout") || first.query != "reason=demo+day&wait=pushed" ||
		first.path != "/api/v1/applications/checkout/environments/staging/deploy" {
		t.Errorf("the request is not right: %+v", first)
	}
	if want := []time.Duration{time.Second, 2 * time.Second}; !slices.Equal(*waits, want) {
		t.Errorf("waited %v, expected %v", *waits, want)
	}
}

func TestTwoCommandsHaveTwoKeys(t *testing.T) {
	url, requests := server(t, says(200, done))
	c, _ := patient(t, url, 0)
	for range 2 {
		if _, err := c.Execute(t.Context(), deploy()); err != nil {
			t.Fatal(err)
		}
	}
	if (*requests)[0].key == (*requests)[1].key {
		t.Error("two commands went under one key")
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	busy := says(503, `{"kind":"exhausted","detail":"the queue is full"}`, "Retry-After", "7")
	url, _ := server(t, busy, says(200, done))
	c, waits := patient(t, url, 1)
	if _, err := c.Execute(t.Context(), deploy()); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{7 * time.Second}; !slices.Equal(*waits, want) {
		t.Errorf("waited %v, expected %v", *waits, want)
	}
}

func TestARefusalIsNotRetriedAndKeepsItsWords(t *testing.T) {
	refusal := `{"type":"urn:x","title":"t","status":409,"kind":"locked","detail":"staging is locked","field":"environment","rule":"r","remedy":"unlock",
		"locks":[{"id":"pay-4711","scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging"}]}`
	url, requests := server(t, says(409, refusal, "Content-Type", "application/problem+json"))
	c, _ := patient(t, url, 3)
	_, err := c.Execute(t.Context(), deploy())
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Locked || p.Message != "staging is locked" || p.Field != "environment" ||
		p.Remedy != "unlock" || p.Rule != "r" || len(p.Detail.Locks) != 1 {
		t.Errorf("got %#v", err)
	}
	if len(*requests) != 1 {
		t.Errorf("asked %d times", len(*requests))
	}
}

func TestAnUnknownOutcomeIsSettledByReadingTheOperation(t *testing.T) {
	url, requests := server(t,
		says(504, `{"kind":"unknown","detail":"no answer yet","operationId":"op1"}`),
		says(200, `{"id":"op1","state":"OPERATION_STATE_UNKNOWN"}`),
		says(200, done))
	c, _ := patient(t, url, 3)
	op, err := c.Execute(t.Context(), deploy())
	if err != nil || op.State != api.OperationState_OPERATION_STATE_DONE {
		t.Fatalf("got %v, %v", op, err)
	}
	if last := (*requests)[2]; last.method != "GET" || last.path != "/api/v1/operations/op1" {
		t.Errorf("asked for %+v", last)
	}
}

func TestAnUnknownOutcomeThatTurnsOutRefusedIsARefusal(t *testing.T) {
	url, _ := server(t,
		says(504, `{"kind":"unknown","detail":"no answer yet","operationId":"op1"}`),
		says(200, `{"id":"op1","state":"OPERATION_STATE_REFUSED","error":{"kind":"locked","message":"staging is locked"}}`))
	c, _ := patient(t, url, 0)
	_, err := c.Execute(t.Context(), deploy())
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Locked {
		t.Fatalf("got %v", err)
	}
}

func TestAServerThatIsNotThereIsUnreachable(t *testing.T) {
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	c, waits := patient(t, "http://"+address, 2)
	_, err = c.Status(t.Context())
	var unreachable *client.UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), address) {
		t.Fatalf("got %v", err)
	}
	if len(*waits) != 2 {
		t.Errorf("waited %d times", len(*waits))
	}
}

func TestARedirectIsExplainedInsteadOfFollowed(t *testing.T) {
	url, requests := server(t, says(301, "", "Location", "https://elsewhere.example/"))
	c, _ := patient(t, url, 3)
	_, err := c.Execute(t.Context(), deploy())
	var usage *client.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "https://elsewhere.example/") {
		t.Fatalf("got %v", err)
	}
	if len(*requests) != 1 {
		t.Errorf("asked %d times", len(*requests))
	}
}

func TestNamesAreEscapedInAddresses(t *testing.T) {
	url, requests := server(t, says(200, done))
	c, _ := patient(t, url+"/prefix", 0)
	lock := &api.DeleteLock{Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: "staging", Id: "50% off?"}
	if _, err := c.Execute(t.Context(), &api.ExecuteRequest{Kind: &api.ExecuteRequest_DeleteLock{DeleteLock: lock}}); err != nil {
		t.Fatal(err)
	}
	if got := (*requests)[0].path; got != "/prefix/api/v1/locks/50%25%20off%3F/delete" {
		t.Errorf("asked for %s", got)
	}
}

func TestAllPagesAreRead(t *testing.T) {
	url, requests := server(t,
		says(200, `{"applications":[{"name":"a"}],"nextPageToken":"p2","total":2}`),
		says(200, `{"applications":[{"name":"b"}],"total":2}`))
	c, _ := patient(t, url, 0)
	list, err := c.Applications(t.Context(), &api.ListApplicationsRequest{Team: "payments"})
	if err != nil || len(list.Applications) != 2 {
		t.Fatalf("got %v, %v", list, err)
	}
	if got := (*requests)[1].query; got != "pageToken=p2&team=payments" {
		t.Errorf("second page asked with %s", got)
	}
}

func TestAWatchTakesUpWhereItBroke(t *testing.T) {
	first := `{"position":"4","instance":"i1","snapshotEnd":{}}` + "\n" + `{"position":"5","instance":"i1","changes":{}}` + "\n"
	second := `{"position":"6","instance":"i1","changes":{}}` + "\n"
	url, requests := server(t, says(200, first), breaks, says(200, second), says(403, `{"kind":"denied","detail":"no"}`))
	c, _ := patient(t, url, 3)
	var positions []uint64
	err := c.Watch(t.Context(), &api.WatchRequest{}, func(e *api.WatchEvent) error {
		positions = append(positions, e.Position)
		return nil
	})
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Denied {
		t.Fatalf("expected the refusal at the end, got %v", err)
	}
	if !slices.Equal(positions, []uint64{4, 5, 6}) {
		t.Errorf("saw %v", positions)
	}
	if got := (*requests)[2].query; got != "instance=i1&resumePosition=5" {
		t.Errorf("resumed with %s", got)
	}
}

func TestABrokenSnapshotStartsAnew(t *testing.T) {
	url, requests := server(t, says(200, `{"position":"4","instance":"i1","snapshot":{}}`+"\n"), says(403, `{"kind":"denied","detail":"no"}`))
	c, _ := patient(t, url, 3)
	_ = c.Watch(t.Context(), &api.WatchRequest{}, func(*api.WatchEvent) error { return nil })
	if got := (*requests)[1].query; got != "" {
		t.Errorf("resumed inside a snapshot with %s", got)
	}
}

func TestTheAuthorTravelsInBase64(t *testing.T) {
	url, requests := server(t, says(200, done))
	c, _ := patient(t, url, 0)
	if _, err := c.As("Anna Koch", "ak@example.com").Execute(t.Context(), deploy()); err != nil {
		t.Fatal(err)
	}
	if got := (*requests)[0].author; got != "QW5uYSBLb2No" {
		t.Errorf("author-name was %q", got)
	}
}

func TestAnAddressThatIsNoneIsAWrongCall(t *testing.T) {
	for _, address := range []string{"", "localhost:8080", "ftp://x", "http://", "::"} {
		_, err := client.New(client.Options{Server: address})
		var usage *client.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

// The example shows what a program that posts a lock needs.
func ExampleClient_Execute() {
	srv := httptest.NewServer(says(200, done))
	defer srv.Close()
	c, err := client.New(client.Options{Server: srv.URL, Retries: 3})
	if err != nil {
		panic(err)
	}
	op, err := c.Execute(context.Background(), &api.ExecuteRequest{
		Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
			Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: "staging", Id: "demo-day", Message: "the board is watching",
		}},
	})
	fmt.Println(op.GetCommit(), err)
	// Output: 0123456789 <nil>
}

func TestAKeyThatTheClientMadeDoesNotAskForASecondRelease(t *testing.T) {
	for _, c := range []struct {
		req  *api.ExecuteRequest
		want string
	}{
		{&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: &api.CreateRelease{Application: "checkout"}}}, "sameIsRetry=true"},
		{&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: &api.CreateRelease{Application: "checkout"}}, IdempotencyKey: "build-1"}, ""},
		{&api.ExecuteRequest{Kind: &api.ExecuteRequest_RunTrain{RunTrain: &api.RunTrain{Target: "staging"}}}, ""},
	} {
		var query string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.RawQuery
			_, _ = w.Write([]byte(`{"id":"op-1","state":"OPERATION_STATE_DONE"}`))
		}))
		cl, err := client.New(client.Options{Server: s.URL})
		if err == nil {
			_, err = cl.Execute(t.Context(), c.req)
		}
		s.Close()
		if err != nil || query != c.want {
			t.Errorf("%v: query %q, want %q (%v)", c.req, query, c.want, err)
		}
	}
}
