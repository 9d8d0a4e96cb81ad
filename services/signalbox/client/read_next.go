package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// Preview asks what a train or a deployment would do now. Nothing is written.
func (c *Client) Preview(ctx context.Context, in *api.GetPreviewRequest) (*api.Preview, error) {
	body, err := protojson.Marshal(in)
	if err != nil {
		return nil, &UsageError{Message: err.Error()}
	}
	out := &api.Preview{}
	return out, c.do(ctx, request{method: http.MethodPost, path: address("preview"), body: body}, out)
}

// Queue reads all pages of the queued versions that match, by environment and application.
func (c *Client) Queue(ctx context.Context, in *api.ListQueueRequest) (*api.ListQueueResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListQueueResponse{}
	for {
		page := &api.ListQueueResponse{}
		if err := c.get(ctx, address("queue"), in, page); err != nil {
			return nil, err
		}
		out.Queued, out.Total = append(out.Queued, page.Queued...), page.Total
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			return out, nil
		}
	}
}

// Timetable reads the trains of the timetable and their departures.
func (c *Client) Timetable(ctx context.Context, in *api.GetTimetableRequest) (*api.Timetable, error) {
	out := &api.Timetable{}
	return out, c.get(ctx, address("timetable"), in, out)
}

// Freezes reads the freeze windows and when they are open.
func (c *Client) Freezes(ctx context.Context, in *api.ListFreezesRequest) (*api.Freezes, error) {
	out := &api.Freezes{}
	return out, c.get(ctx, address("freezes"), in, out)
}

// Approvals reads all pages of the requests for approval that match, oldest first.
func (c *Client) Approvals(ctx context.Context, in *api.ListApprovalsRequest) (*api.ListApprovalsResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListApprovalsResponse{}
	for {
		page := &api.ListApprovalsResponse{}
		if err := c.get(ctx, address("approvals"), in, page); err != nil {
			return nil, err
		}
		out.Approvals, out.Total = append(out.Approvals, page.Approvals...), page.Total
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			return out, nil
		}
	}
}

// ReleaseSets reads all release sets, newest first, without their versions.
func (c *Client) ReleaseSets(ctx context.Context) (*api.ListReleaseSetsResponse, error) {
	out := &api.ListReleaseSetsResponse{}
	return out, c.get(ctx, address("release-sets"), nil, out)
}

// ReleaseSet reads one release set with its versions.
func (c *Client) ReleaseSet(ctx context.Context, name string) (*api.ReleaseSet, error) {
	out := &api.ReleaseSet{}
	return out, c.get(ctx, address("release-sets", name), nil, out)
}

// CompareReleaseSets says where two sides differ; a side is a release set, or "environment:<name>".
func (c *Client) CompareReleaseSets(ctx context.Context, from, to string) (*api.ReleaseSetComparison, error) {
	out := &api.ReleaseSetComparison{}
	return out, c.get(ctx, address("release-sets", from, "compare", to), nil, out)
}

// CommitDeployments says where a source commit runs; commit is its whole id or at least 7 digits of it.
func (c *Client) CommitDeployments(ctx context.Context, commit string) (*api.CommitDeployments, error) {
	out := &api.CommitDeployments{}
	return out, c.get(ctx, address("commits", commit, "deployments"), nil, out)
}

// Deployments reads the deployments that match, newest first: at most limit, over as many pages as that takes.
func (c *Client) Deployments(ctx context.Context, in *api.ListDeploymentsRequest, limit int) (*api.ListDeploymentsResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListDeploymentsResponse{}
	for {
		in.PageSize = int32(min(limit-len(out.Deployments), 1000))
		page := &api.ListDeploymentsResponse{}
		if err := c.get(ctx, address("deployments"), in, page); err != nil {
			return nil, err
		}
		out.Deployments = append(out.Deployments, page.Deployments...)
		in.PageToken = page.NextPageToken
		if in.PageToken == "" || len(out.Deployments) >= limit {
			out.NextPageToken = in.PageToken
			return out, nil
		}
	}
}

// Versions reads what an environment ran at a time.
func (c *Client) Versions(ctx context.Context, in *api.GetVersionsRequest) (*api.Versions, error) {
	path := address("environments", in.Environment, "versions")
	in = proto.CloneOf(in)
	in.Environment = ""
	out := &api.Versions{}
	return out, c.get(ctx, path, in, out)
}

// Export writes all deployments that match to w, as they come, in the form that in.Format says. An error after the first byte means that
// what w has is not all.
func (c *Client) Export(ctx context.Context, in *api.ExportDeploymentsRequest, w io.Writer) error {
	r := request{method: http.MethodGet, path: address("deployments", "export"), query: queryOf(in), header: http.Header{"Accept": {"*/*"}}}
	var res *http.Response
	err := c.again(ctx, func() (retryAfter time.Duration, err error) {
		if res, err = c.open(ctx, r); err != nil || res.StatusCode/100 == 2 {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		return parseRetryAfter(res.Header.Get("Retry-After")), c.errorOf(res)
	})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(w, &exportBody{res.Body, c.Server()})
	return err
}

// exportBody says of its errors that the server broke off, to tell them from those of the writer.
type exportBody struct {
	io.Reader
	server string
}

// Read reads the answer.
func (b *exportBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &UnreachableError{Server: b.server, Err: fmt.Errorf("the export broke off: %w", err)}
	}
	return n, err
}
