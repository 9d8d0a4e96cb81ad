package reads

import (
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/convert"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
)

type historyService struct {
	api.UnimplementedHistoryServiceServer
	*Server
}

// ListHistory lists main's commits, newest first, up to and including what was acknowledged when it was called.
//
// Where an application or an environment is asked for, entries carry only the details that concern it; an entry carries at
// most 1,000. A page may hold fewer entries than asked for though there are more.
func (s historyService) ListHistory(ctx context.Context, r *api.ListHistoryRequest) (*api.ListHistoryResponse, error) {
	size, err := pageSize(r.PageSize)
	if err != nil {
		return nil, err
	}
	key, err := afterKey("history", r.PageToken)
	if err != nil {
		return nil, err
	}
	q := index.Query{Application: r.Application, Environment: r.Environment, Author: r.Author, Action: r.Action, Commit: r.Commit, Limit: size}
	if r.Commit != "" && !commitForm.MatchString(r.Commit) {
		return nil, notACommit("commit", r.Commit)
	}
	if key != "" {
		if q.Before, err = strconv.ParseUint(key, 10, 63); err != nil || q.Before == 0 {
			return nil, badToken()
		}
	}
	if q.Since, q.Until, err = span(r.Since, r.Until); err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	page, err := s.History.History(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &api.ListHistoryResponse{Entries: make([]*api.HistoryEntry, 0, len(page.Entries))}
	for _, e := range page.Entries {
		out.Entries = append(out.Entries, convert.HistoryEntry(e))
	}
	if n := len(page.Entries); page.More && n > 0 {
		out.NextPageToken = pageToken("history", strconv.FormatUint(page.Entries[n-1].Sequence, 10))
	}
	return out, nil
}

// span reads a span of time; either end may be open, and is zero then.
func span(since, until *timestamppb.Timestamp) (from, to time.Time, err error) {
	if since != nil {
		from = since.AsTime()
	}
	if until != nil {
		to = until.AsTime()
	}
	if since != nil && until != nil && !from.Before(to) {
		return from, to, problem.New(problem.Invalid, "until %s is not after since %s", to.Format(time.RFC3339), from.Format(time.RFC3339)).
			At("until").Because("a span of time ends after it starts").Fix("swap them, or leave one out")
	}
	return from, to, nil
}

// catchUp waits until the history holds the present state; not for ever: the first build of a long one takes a while.
func (s *Server) catchUp(ctx context.Context) error {
	view := s.Views.View()
	waiting, cancel := context.WithTimeoutCause(ctx, s.HistoryWait, errStillReading)
	defer cancel()
	err := s.History.WaitFor(waiting, view.Snapshot.Commit(), view.Position)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	if errors.Is(context.Cause(waiting), errStillReading) {
		return problem.New(problem.Unavailable, "the history is still being read from git, %d commits so far", s.History.Sequence()).
			Because("a page of history holds everything that was acknowledged before").Fix("try again in a few seconds").Wrap(err)
	}
	return problem.New(problem.Unavailable, "the history cannot be read now").
		Because("a page of history holds everything that was acknowledged before").Fix("see the service's log; is its disk full?").Wrap(err)
}

var errStillReading = errors.New("the history is still being read")
