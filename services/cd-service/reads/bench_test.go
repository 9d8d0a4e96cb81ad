package reads_test

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// still gives states one after the other.
type still struct{ view state.View }

func (s *still) View() state.View { return s.view }

func BenchmarkOverview(b *testing.B) {
	large := repotest.Large(b, 2000, 30, 50)
	next := large
	views := &still{view: state.View{Snapshot: large, Position: 1}}
	service := &served{}
	reads.New(reads.Options{Views: views, Feed: reads.NewFeed()}).Register(service)
	for _, c := range []struct {
		name    string
		request *api.GetOverviewRequest
		moves   bool
	}{
		{"page", &api.GetOverviewRequest{}, false},
		{"page of a new state", &api.GetOverviewRequest{}, true},
		{"filters", &api.GetOverviewRequest{Search: "99", Queued: true, Locked: true}, false},
		{"one environment", &api.GetOverviewRequest{Environments: []string{"env-07"}}, false},
		{"page of 1,000", &api.GetOverviewRequest{PageSize: 1000}, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			size := 0
			defer cpu(b)()
			for i := 0; b.Loop(); i++ {
				if c.moves {
					b.StopTimer()
					next = repotest.OneDeployment(b, next, "application-0777", "env-03", uint64(1+i%50))
					views.view = state.View{Snapshot: next, Position: views.view.Position + 1}
					b.StartTimer()
				}
				o, err := service.overview.GetOverview(ctx, c.request)
				if err != nil {
					b.Fatal(err)
				}
				raw, err := proto.Marshal(o)
				if err != nil {
					b.Fatal(err)
				}
				size = len(raw)
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
	b.Run("first picture", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			cold := &served{}
			reads.New(reads.Options{Views: views, Feed: reads.NewFeed()}).Register(cold)
			if _, err := cold.overview.GetOverview(ctx, &api.GetOverviewRequest{PageSize: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("where a commit is", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			if _, err := service.applications.GetCommitDeployments(ctx, &api.GetCommitDeploymentsRequest{CommitId: "fffffff"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFreezes is BenchmarkOverview where each environment has three freeze windows and its group three more, some for teams or applications,
// and both have trains; a request for approval of 500 deployments waits.
func BenchmarkFreezes(b *testing.B) {
	large := plannedLarge(b, repotest.Large(b, 2000, 30, 50))
	next := large
	views := &still{view: state.View{Snapshot: large, Position: 1}}
	service := &served{}
	reads.New(reads.Options{Views: views, Feed: reads.NewFeed(), Clock: &clock{now: repotest.Start}}).Register(service)
	for _, c := range []struct {
		name  string
		moves bool
		call  func() (proto.Message, error)
	}{
		{"page", false, func() (proto.Message, error) { return service.overview.GetOverview(ctx, &api.GetOverviewRequest{}) }},
		{"page of a new state", true, func() (proto.Message, error) { return service.overview.GetOverview(ctx, &api.GetOverviewRequest{}) }},
		{"page of 1,000", false, func() (proto.Message, error) {
			return service.overview.GetOverview(ctx, &api.GetOverviewRequest{PageSize: 1000})
		}},
		{"first picture", false, func() (proto.Message, error) {
			cold := &served{}
			reads.New(reads.Options{Views: views, Feed: reads.NewFeed(), Clock: &clock{now: repotest.Start}}).Register(cold)
			return cold.overview.GetOverview(ctx, &api.GetOverviewRequest{PageSize: 1})
		}},
		{"timetable of 14 days", false, func() (proto.Message, error) {
			return service.timetable.GetTimetable(ctx, &api.GetTimetableRequest{})
		}},
		{"timetable of a year", false, func() (proto.Message, error) {
			return service.timetable.GetTimetable(ctx, &api.GetTimetableRequest{Days: 366})
		}},
		{"freezes of 14 days", false, func() (proto.Message, error) { return service.timetable.ListFreezes(ctx, &api.ListFreezesRequest{}) }},
		{"freezes of a year", false, func() (proto.Message, error) {
			return service.timetable.ListFreezes(ctx, &api.ListFreezesRequest{Days: 366})
		}},
		{"queue", false, func() (proto.Message, error) { return service.queue.ListQueue(ctx, &api.ListQueueRequest{}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer cpu(b)()
			for i := 0; b.Loop(); i++ {
				if c.moves {
					b.StopTimer()
					next = repotest.OneDeployment(b, next, "application-0777", "env-03", uint64(1+i%50))
					views.view = state.View{Snapshot: next, Position: views.view.Position + 1}
					b.StartTimer()
				}
				o, err := c.call()
				if err != nil {
					b.Fatal(err)
				}
				if _, err := proto.Marshal(o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// plannedLarge gives a large state freeze windows, trains and a request for approval.
func plannedLarge(b *testing.B, s *manifestrepo.Snapshot) *manifestrepo.Snapshot {
	u := manifestrepo.Update{Commit: gitstore.Hash{9}}
	add := func(path string, content []byte) {
		u.Changes = append(u.Changes, manifestrepo.PathChange{Path: path, New: gitstore.Hash{8, byte(len(u.Changes))}, Content: content})
	}
	windows := `"freezeWindows":[{"kind":"deny","schedule":"0 18 * * *","duration":"14h","timeZone":"Europe/Berlin","reason":"night"},
	  {"kind":"deny","schedule":"0 8 * * *","duration":"2h","teams":["team-3","team-4"]},
	  {"kind":"deny","schedule":"*/30 * * * *","duration":"5m","applications":["application-0007","application-0008"]}],
	  "releaseTrains":[{"name":"hourly","schedule":"0 * * * *"},{"name":"daily","schedule":"30 9 * * 1-5","timeZone":"America/New_York"}]`
	for i, env := range s.Environments() {
		group := fmt.Sprintf("group-%d", i%10)
		up := `{"latest":true}`
		if name := env.UpstreamName(); name != "" {
			up = fmt.Sprintf(`{"environment":%q}`, name)
		}
		add(manifestrepo.ConfigPath(env.Name), fmt.Appendf(nil, `{"upstream":%s,"environmentGroup":%q,%s}`, up, group, windows))
		if i < 10 {
			add(manifestrepo.GroupPath(group), []byte("{"+windows+"}"))
		}
	}
	request := manifestrepo.Approval{ID: "one", Environment: "env-29", Action: "run-train", CreatedAt: repotest.Start}
	for i := range 500 {
		request.Changes = append(request.Changes, manifestrepo.ApprovalChange{Application: fmt.Sprintf("application-%04d", i), Version: 50, From: 41})
	}
	content, err := manifestrepo.EncodeApproval(&request)
	if err != nil {
		b.Fatal(err)
	}
	add(manifestrepo.ApprovalPath(request.Environment, request.ID), content)
	next, _, err := s.Apply(context.Background(), u, nil)
	if err != nil || len(next.Problems()) > 0 || len(next.Environment("env-29").Approvals) != 1 || len(next.Group("group-9").Config.FreezeWindows) != 3 {
		b.Fatal(err, next.Problems())
	}
	return next
}

// cpu reports processor time beside wall time, which says little on a machine that others use.
func cpu(b *testing.B) func() {
	read := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := read()
	return func() { b.ReportMetric(float64((read()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

// BenchmarkIndex measures what the index does for a state at size.
func BenchmarkIndex(b *testing.B) {
	large := repotest.Large(b, 2000, 30, 50)
	path := filepath.Join(b.TempDir(), "index.db")
	open := func() *index.Index {
		x, err := index.Open(path, index.Options{
			Committer: repotest.Committer, Log: func(context.Context, gitstore.Hash, gitstore.Hash, func(gitstore.CommitInfo) error) error { return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		return x
	}
	x := open()
	start := time.Now()
	x.Follow(state.Step{Before: manifestrepo.Empty(), After: large, Position: 1})
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	b.Logf("all parts written after %v", time.Since(start).Round(time.Millisecond))
	b.Run("restore", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			x := open()
			saved, err := x.Saved()
			if err != nil || saved == nil {
				b.Fatal(saved, err)
			}
			if _, err := manifestrepo.Restore(saved.Parts); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			_ = x.Close()
			b.StartTimer()
		}
	})
	b.Run("read", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			x := open()
			if saved, err := x.Saved(); err != nil || saved == nil {
				b.Fatal(saved, err)
			}
			b.StopTimer()
			_ = x.Close()
			b.StartTimer()
		}
	})
}
