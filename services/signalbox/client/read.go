package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// Overview reads all pages of the matrix that match.
func (c *Client) Overview(ctx context.Context, in *api.GetOverviewRequest) (*api.Overview, error) {
	in = proto.CloneOf(in)
	out := &api.Overview{}
	for {
		page := &api.Overview{}
		if err := c.get(ctx, address("overview"), in, page); err != nil {
			return nil, err
		}
		if in.PageToken == "" {
			out = page
		} else {
			out.Applications = append(out.Applications, page.Applications...)
		}
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			out.NextPageToken = ""
			return out, nil
		}
	}
}

// Applications reads all pages of the list that match.
func (c *Client) Applications(ctx context.Context, in *api.ListApplicationsRequest) (*api.ListApplicationsResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListApplicationsResponse{}
	for {
		page := &api.ListApplicationsResponse{}
		if err := c.get(ctx, address("applications"), in, page); err != nil {
			return nil, err
		}
		out.Applications, out.Total = append(out.Applications, page.Applications...), page.Total
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			return out, nil
		}
	}
}

// Application reads one application.
func (c *Client) Application(ctx context.Context, name string) (*api.Application, error) {
	out := &api.Application{}
	return out, c.get(ctx, address("applications", name), nil, out)
}

// Releases reads the newest releases of an application, at most limit.
func (c *Client) Releases(ctx context.Context, application string, limit int32) (*api.ListReleasesResponse, error) {
	out := &api.ListReleasesResponse{}
	in := &api.ListReleasesRequest{PageSize: limit}
	return out, c.get(ctx, address("applications", application, "releases"), in, out)
}

// Release reads one release; version 0 is the newest.
func (c *Client) Release(ctx context.Context, application string, version uint64) (*api.Release, error) {
	out := &api.Release{}
	return out, c.get(ctx, releasePath(application, version), nil, out)
}

// Manifests reads the manifests of a release; environment "" means all.
func (c *Client) Manifests(ctx context.Context, application string, version uint64, environment string) (*api.Manifests, error) {
	out := &api.Manifests{}
	return out, c.get(ctx, releasePath(application, version)+"/manifests", &api.GetManifestsRequest{Environment: environment}, out)
}

func releasePath(application string, version uint64) string {
	return address("applications", application, "releases", strconv.FormatUint(version, 10))
}

// Diff compares manifests.
func (c *Client) Diff(ctx context.Context, in *api.DiffManifestsRequest) (*api.ManifestDiff, error) {
	path := address("applications", in.Application, "diff")
	in = proto.CloneOf(in)
	in.Application = ""
	out := &api.ManifestDiff{}
	return out, c.get(ctx, path, in, out)
}

// Environments reads environments and groups, in chain order.
func (c *Client) Environments(ctx context.Context) (*api.ListEnvironmentsResponse, error) {
	out := &api.ListEnvironmentsResponse{}
	return out, c.get(ctx, address("environments"), nil, out)
}

// Environment reads one environment.
func (c *Client) Environment(ctx context.Context, name string) (*api.Environment, error) {
	out := &api.Environment{}
	return out, c.get(ctx, address("environments", name), nil, out)
}

// Locks reads all pages of the locks that match, oldest first.
func (c *Client) Locks(ctx context.Context, in *api.ListLocksRequest) (*api.ListLocksResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListLocksResponse{}
	for {
		page := &api.ListLocksResponse{}
		if err := c.get(ctx, address("locks"), in, page); err != nil {
			return nil, err
		}
		out.Locks, out.Total = append(out.Locks, page.Locks...), page.Total
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			return out, nil
		}
	}
}

// History reads what happened, newest first: at most limit entries, over as many pages as that takes.
func (c *Client) History(ctx context.Context, in *api.ListHistoryRequest, limit int) (*api.ListHistoryResponse, error) {
	in = proto.CloneOf(in)
	out := &api.ListHistoryResponse{}
	for {
		in.PageSize = int32(min(limit-len(out.Entries), 1000))
		page := &api.ListHistoryResponse{}
		if err := c.get(ctx, address("history"), in, page); err != nil {
			return nil, err
		}
		out.Entries = append(out.Entries, page.Entries...)
		in.PageToken = page.NextPageToken
		if in.PageToken == "" || len(out.Entries) >= limit {
			out.NextPageToken = in.PageToken
			return out, nil
		}
	}
}

// Status reads how the service itself is.
func (c *Client) Status(ctx context.Context) (*api.Status, error) {
	out := &api.Status{}
	return out, c.get(ctx, address("status"), nil, out)
}

func (c *Client) get(ctx context.Context, path string, in, out proto.Message) error {
	return c.do(ctx, request{method: http.MethodGet, path: path, query: queryOf(in)}, out)
}

// queryOf writes the set fields of a flat request as query parameters, the way grpc-gateway reads them. in may be nil.
func queryOf(in proto.Message) url.Values {
	query := url.Values{}
	if in == nil {
		return query
	}
	in.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := field.JSONName()
		switch {
		case field.IsList():
			for i := range value.List().Len() {
				query.Add(name, value.List().Get(i).String())
			}
		case field.Kind() == protoreflect.EnumKind:
			query.Set(name, strconv.Itoa(int(value.Enum())))
		case field.Message() != nil:
			if t, ok := value.Message().Interface().(*timestamppb.Timestamp); ok {
				query.Set(name, t.AsTime().Format(time.RFC3339Nano))
			}
		default:
			query.Set(name, fmt.Sprint(value.Interface()))
		}
		return true
	})
	return query
}
