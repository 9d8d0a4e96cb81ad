package reads

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
)

const (
	// exportPage is how many deployments are read in one go: a slow reader must not keep the index waiting.
	exportPage = 2000
	// exportChunk is the size in bytes from which on a chunk is sent.
	exportChunk = 64 << 10
)

// ExportDeployments writes all deployments that match, oldest first, up to what was acknowledged when it was called.
//
// CSV is RFC 4180 with a header row, and safe to open in a spreadsheet: a cell that begins with = + - @ or a control character gets an
// apostrophe in front. JSON lines are DeploymentEvents as ListDeployments gives them. An export ends whole or with an error.
func (s historyService) ExportDeployments(r *api.ExportDeploymentsRequest, stream grpc.ServerStreamingServer[api.ExportChunk]) error {
	ctx := stream.Context()
	write, err := newLines(r.Format)
	if err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	_, p := s.look()
	q, err := deploymentQuery(p.snapshot, r)
	if err != nil {
		return err
	}
	q.OldestFirst, q.Limit, q.Last = true, exportPage, s.History.Sequence()
	for more := true; more; {
		var found []index.Deployment
		if found, more, err = s.History.Deployments(ctx, q); err != nil {
			return exportFailed(err)
		}
		for _, d := range found {
			if err := write.add(deploymentEvent(p.snapshot, d)); err != nil {
				return err
			}
			if write.out.Len() < exportChunk {
				continue
			}
			if err := stream.Send(write.take()); err != nil {
				return fmt.Errorf("send an export: %w", err)
			}
		}
		if n := len(found); n > 0 {
			q.After, q.AfterCommit = found[n-1].Place, found[n-1].Commit
		}
	}
	if write.out.Len() == 0 {
		return nil
	}
	if err := stream.Send(write.take()); err != nil {
		return fmt.Errorf("send an export: %w", err)
	}
	return nil
}

func exportFailed(err error) error {
	if !errors.Is(err, index.ErrRebuilt) {
		return err
	}
	return problem.New(problem.Unavailable, "the history was read anew from git while it was exported").
		Because("an export is of one history").Fix("export again").Wrap(err)
}

// lines writes an export.
type lines struct {
	out *bytes.Buffer
	// table is nil for JSON lines.
	table *csv.Writer
}

// newLines begins an export: for CSV with the header row.
func newLines(format string) (*lines, error) {
	l := &lines{out: &bytes.Buffer{}}
	switch format {
	case "", "csv":
		l.table = csv.NewWriter(l.out)
		l.table.UseCRLF = true
		return l, l.row(exportHeader)
	case "jsonl":
		return l, nil
	}
	return nil, problem.New(problem.Invalid, "there is no format %q", format).At("format").
		Because("an export is CSV or JSON lines").Fix("use csv or jsonl")
}

var exportHeader = []string{
	"time", "application", "environment", "version", "previous_version", "author_name", "author_email", "action", "reason", "commit",
	"source_commit_id", "source_author", "display_version", "team", "subject", "broke_glass",
}

func (l *lines) add(e *api.DeploymentEvent) error {
	if l.table != nil {
		return l.row([]string{
			e.Time.AsTime().Format(time.RFC3339), e.Application, e.Environment, number(e.Version), number(e.PreviousVersion), e.Author.GetName(), e.Author.GetEmail(),
			e.Action, e.Reason, e.Commit, e.SourceCommitId, e.SourceAuthor, e.DisplayVersion, e.Team, e.Subject, strconv.FormatBool(e.BrokeGlass),
		})
	}
	line, err := protojson.Marshal(e)
	if err != nil {
		return fmt.Errorf("write a line of an export: %w", err)
	}
	// protojson varies its spaces from build to build.
	if err := json.Compact(l.out, line); err != nil {
		return fmt.Errorf("write a line of an export: %w", err)
	}
	l.out.WriteByte('\n')
	return nil
}

func number(v uint64) string { return strconv.FormatUint(v, 10) }

func (l *lines) row(cells []string) error {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = harmless(c)
	}
	if err := l.table.Write(safe); err != nil {
		return fmt.Errorf("write a row of an export: %w", err)
	}
	l.table.Flush()
	if err := l.table.Error(); err != nil {
		return fmt.Errorf("write a row of an export: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from taking a cell for a formula. Some drop white space in front.
func harmless(cell string) string {
	if cell != "" && (strings.ContainsRune("=+-@", rune(cell[0])) || cell[0] < ' ') {
		return "'" + cell
	}
	return cell
}

// take gives what is written so far as a chunk.
func (l *lines) take() *api.ExportChunk {
	data := bytes.Clone(l.out.Bytes())
	l.out.Reset()
	return &api.ExportChunk{Data: data}
}
