package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// pollEvery is how often a pending operation is read.
const pollEvery = 500 * time.Millisecond

// Execute sends a command and returns how it ended. Without an idempotency key in the request it makes one.
//
// Errors: *problem.Error when the server refused (kind unknown when the outcome could not be learnt in time; the detail holds the
// operation's id), *UnreachableError, *UsageError.
func (c *Client) Execute(ctx context.Context, req *api.ExecuteRequest) (*api.Operation, error) {
	r, err := commandRequest(req)
	if err != nil {
		return nil, err
	}
	op := &api.Operation{}
	if err := c.do(ctx, r, op); err != nil {
		return c.settleUnknown(ctx, err)
	}
	if settled(op.State) || req.Wait == api.Wait_WAIT_ACCEPTED {
		return op, nil
	}
	return c.Settle(ctx, op.Id)
}

// settled says that the state will not change any more; a dry run's answer has none.
func settled(s api.OperationState) bool {
	return s != api.OperationState_OPERATION_STATE_PENDING && s != api.OperationState_OPERATION_STATE_UNKNOWN
}

// settleUnknown reads the operation of a command whose outcome the server did not know when it answered.
func (c *Client) settleUnknown(ctx context.Context, cause error) (*api.Operation, error) {
	var p *problem.Error
	if !errors.As(cause, &p) || p.Kind != problem.Unknown || p.Detail.GetOperationId() == "" {
		return nil, cause
	}
	op, err := c.Settle(ctx, p.Detail.OperationId)
	if op == nil {
		// Still not known: the first answer says so best, and names the operation.
		return nil, cause
	}
	return op, err
}

// Settle reads an operation until it is done or refused; a refusal comes back as its *problem.Error, with the operation.
func (c *Client) Settle(ctx context.Context, id string) (*api.Operation, error) {
	for {
		op, err := c.Operation(ctx, id)
		if err != nil {
			return nil, err
		}
		if op.State == api.OperationState_OPERATION_STATE_REFUSED {
			return op, problem.FromProto(op.GetError())
		}
		if settled(op.State) {
			return op, nil
		}
		if err := c.o.Sleep(ctx, pollEvery); err != nil {
			return nil, fmt.Errorf("waiting for operation %s: %w", id, err)
		}
	}
}

// Operation reads how a command stands.
func (c *Client) Operation(ctx context.Context, id string) (*api.Operation, error) {
	op := &api.Operation{}
	return op, c.do(ctx, request{method: http.MethodGet, path: address("operations", id)}, op)
}

// commandRequest is a command as it is sent: how to carry it out stands in the query.
func commandRequest(req *api.ExecuteRequest) (request, error) {
	method, path, body := commandAddress(req)
	if body == nil {
		return request{}, &UsageError{Message: "no command given"}
	}
	content, err := protojson.Marshal(body)
	if err != nil {
		return request{}, &UsageError{Message: err.Error()}
	}
	return request{method: method, path: path, query: commandQuery(req), body: content, header: commandHeader(req)}, nil
}

func commandHeader(req *api.ExecuteRequest) http.Header {
	key := req.IdempotencyKey
	if key == "" {
		key = uuid.NewString()
	}
	h := http.Header{}
	h.Set("Idempotency-Key", key)
	return h
}

func commandQuery(req *api.ExecuteRequest) url.Values {
	query := url.Values{}
	if req.Reason != "" {
		query.Set("reason", req.Reason)
	}
	switch req.Wait {
	case api.Wait_WAIT_ACCEPTED:
		query.Set("wait", "accepted")
	case api.Wait_WAIT_PUSHED:
		query.Set("wait", "pushed")
	}
	if req.DryRun {
		query.Set("dryRun", "true")
	}
	mayRelease := req.GetCreateRelease() != nil || req.GetBatch() != nil
	if req.IdempotencyKey == "" && mayRelease || req.SameIsRetry {
		// The key that we make is for sending again; it does not say that a second release like the newest one is wanted.
		query.Set("sameIsRetry", "true")
	}
	if req.Timeout != nil {
		query.Set("timeout", fmt.Sprintf("%.3fs", req.Timeout.AsDuration().Seconds()))
	}
	return query
}
