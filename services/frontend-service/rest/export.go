package rest

import (
	"errors"
	"io"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/metadata"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// exportPath is the one address whose answer is no JSON: grpc-gateway would wrap the chunks.
const exportPath = Prefix + "deployments/export"

// export answers with what the chunks of an export hold, as a file. What fails before the first of them is a problem document; what
// fails later breaks the connection, for half a file must not look like a whole one.
func (g *gateway) export(w http.ResponseWriter, r *http.Request) {
	answer.RecordOf(r.Context()).Pattern = exportPath
	req, err := g.exportRequest(w, r)
	if err != nil {
		answer.Problem(w, r, inWordsOfREST(namingTheField(problem.From(err)), false))
		return
	}
	ctx := metadata.NewOutgoingContext(r.Context(), g.Metadata(r.Context()))
	stream, err := api.NewHistoryServiceClient(g.Conn).ExportDeployments(ctx, req)
	var chunk *api.ExportChunk
	if err == nil {
		chunk, err = stream.Recv()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		answer.Problem(w, r, inWordsOfREST(problem.From(err), false))
		return
	}
	contentType, name := "text/csv; charset=utf-8; header=present", "deployments.csv"
	if req.Format == "jsonl" {
		contentType, name = "application/x-ndjson", "deployments.jsonl"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.WriteHeader(http.StatusOK)
	for err == nil {
		if _, err := w.Write(chunk.Data); err != nil {
			return // the client is gone; leaving ends the stream
		}
		chunk, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		answer.Note(r.Context(), err)
		panic(http.ErrAbortHandler) // net/http's way to break a connection without a word
	}
}

// exportRequest reads the query as the gateway reads those of other addresses.
func (g *gateway) exportRequest(w http.ResponseWriter, r *http.Request) (*api.ExportDeploymentsRequest, error) {
	if err := g.readRequest(w, r, exportPath, &call{}); err != nil {
		return nil, err
	}
	req := &api.ExportDeploymentsRequest{}
	if err := runtime.PopulateQueryParameters(req, r.URL.Query(), utilities.NewDoubleArray(nil)); err != nil {
		return nil, problem.New(problem.Invalid, "%v", err)
	}
	return req, nil
}
