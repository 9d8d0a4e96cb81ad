package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// maxAnswer is the largest answer that is read.
const maxAnswer = 256 << 20

// request is everything needed to send the same request again.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	header       http.Header
}

// do sends until it succeeds, is refused, or the retries are used up; out takes the answer.
func (c *Client) do(ctx context.Context, r request, out proto.Message) error {
	return c.again(ctx, func() (time.Duration, error) { return c.once(ctx, r, out) })
}

// again tries until it succeeds, fails in a way that no retry mends, or the retries are used up. once says how long the server asks to wait.
func (c *Client) again(ctx context.Context, once func() (retryAfter time.Duration, err error)) error {
	for attempt := 1; ; attempt++ {
		retryAfter, err := once()
		if err == nil || attempt > c.o.Retries || !worthRetrying(err) || ctx.Err() != nil {
			return err
		}
		wait := time.Duration(attempt) * c.o.Backoff
		if retryAfter > 0 {
			wait = retryAfter
		}
		if c.o.OnRetry != nil {
			c.o.OnRetry(attempt, wait, err)
		}
		if sleepErr := c.o.Sleep(ctx, wait); sleepErr != nil {
			return err
		}
	}
}

// once sends one time. retryAfter is what the server asked for, 0 when it did not.
func (c *Client) once(ctx context.Context, r request, out proto.Message) (retryAfter time.Duration, err error) {
	res, err := c.open(ctx, r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		return parseRetryAfter(res.Header.Get("Retry-After")), c.errorOf(res)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, &UnreachableError{Server: c.Server(), Err: fmt.Errorf("the answer broke off: %w", err)}
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, out); err != nil {
		return 0, &UnreachableError{Server: c.Server(), Err: fmt.Errorf("the answer is not Signalbox's: %w", err)}
	}
	return 0, nil
}

func (c *Client) open(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.address(r.path, r.query), bytes.NewReader(r.body))
	if err != nil {
		return nil, &UsageError{Message: err.Error()}
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.header(req.Header)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, &UnreachableError{Server: c.Server(), Err: rootCause(err)}
	}
	return res, nil
}

// rootCause takes away the method and address that http puts in front: the message names the server already.
func rootCause(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// parseRetryAfter reads seconds; a date, or anything else, counts as "not said".
func parseRetryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 || seconds > 600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
