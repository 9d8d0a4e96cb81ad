package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// maxLine is the longest line of a stream: one event.
const maxLine = 64 << 20

// Watch calls fn for each event until ctx ends (nil), fn fails, or the server refuses. A broken line is taken up again where it broke;
// it gives up with *UnreachableError when the server stays away for Retries attempts in a row.
func (c *Client) Watch(ctx context.Context, in *api.WatchRequest, fn func(*api.WatchEvent) error) error {
	in = proto.CloneOf(in)
	for attempt := 1; ; attempt++ {
		err := c.watchOnce(ctx, in, func(e *api.WatchEvent) error {
			attempt = 0
			if err := fn(e); err != nil {
				return &stopError{err}
			}
			if e.GetSnapshot() == nil {
				// A position inside a snapshot cannot be resumed from.
				in.ResumePosition, in.Instance = e.Position, e.Instance
			}
			return nil
		})
		if ctx.Err() != nil {
			return nil
		}
		var stop *stopError
		if errors.As(err, &stop) {
			return stop.error
		}
		if attempt > c.o.Retries || !worthRetrying(err) {
			return err
		}
		wait := time.Duration(max(attempt, 1)) * c.o.Backoff
		if c.o.OnRetry != nil {
			c.o.OnRetry(attempt, wait, err)
		}
		if c.o.Sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// stopError marks an error of the caller's own function.
type stopError struct{ error }

func (c *Client) watchOnce(ctx context.Context, in *api.WatchRequest, fn func(*api.WatchEvent) error) error {
	res, err := c.open(ctx, request{method: http.MethodGet, path: address("watch"), query: queryOf(in)})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return c.errorOf(res)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		event, err := c.eventOf(lines.Bytes())
		if err != nil {
			return err
		}
		if event == nil {
			continue
		}
		if err := fn(event); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return &UnreachableError{Server: c.Server(), Err: fmt.Errorf("the watch broke: %w", err)}
	}
	return &UnreachableError{Server: c.Server(), Err: errors.New("the server ended the watch")}
}

// eventOf reads one line; nil for an empty one.
func (c *Client) eventOf(line []byte) (*api.WatchEvent, error) {
	if len(line) == 0 {
		return nil, nil
	}
	// A stream that fails ends with a problem document as its last line.
	if p := problemOf(0, line); p != nil {
		return nil, p
	}
	event := &api.WatchEvent{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(line, event); err != nil {
		return nil, &UnreachableError{Server: c.Server(), Err: fmt.Errorf("the watch sent something else: %w", err)}
	}
	return event, nil
}
