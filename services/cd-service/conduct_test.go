package cdservice_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

// stationClock is the clock that all services of a test look at. It stands still until the test moves it, but for pauses of up to a second: they
// are over at once, and the clock has moved.
type stationClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
}

func newStationClock() *stationClock {
	return &stationClock{now: time.Date(2026, 11, 20, 8, 45, 0, 0, time.UTC), timers: map[chan time.Time]time.Time{}}
}

func (c *stationClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stationClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	fire := make(chan time.Time, 1)
	c.timers[fire] = c.now.Add(d)
	if d <= time.Second {
		c.moveTo(c.now.Add(d))
	}
	return fire
}

// reach moves the clock to a time of day such as 09:00; it never goes back.
func (c *stationClock) reach(clock string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := time.Parse("2006-01-02 15:04", "2026-11-20 "+clock)
	if err != nil {
		panic(err)
	}
	c.moveTo(at)
}

func (c *stationClock) moveTo(at time.Time) {
	if at.After(c.now) {
		c.now = at
	}
	for fire, due := range c.timers {
		if !due.After(c.now) {
			fire <- c.now
			delete(c.timers, fire)
		}
	}
}

// station is a stock git server with a timetable in its repo, and the services that conduct there.
type station struct {
	t      *testing.T
	git    *gitservertest.Repo
	server *gitservertest.HTTP
	clock  *stationClock
}

func newStation(t *testing.T) *station {
	s := &station{t: t, git: gitservertest.NewRepo(t), clock: newStationClock()}
	s.server = gitservertest.ServeHTTP(t, s.git)
	return s
}

// open opens one more service on the repo.
func (s *station) open() *bed {
	return newBed(s.t, s.server.URL, func(o *cdservice.Options) { o.Clock, o.PollInterval = s.clock, 10*time.Second })
}

func settings(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	config := &structpb.Struct{}
	if err := config.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return config
}

// plan puts trains on the timetable: hourly into staging, every half hour into production, which makes up for what it missed.
func (s *station) plan(b *bed) {
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{Environment: "staging", Config: settings(s.t, `{
		"upstream": {"environment": "development"}, "releaseTrains": [{"name": "hourly", "schedule": "0 * * * *"}]}`)}}})
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironmentGroup{ApplyEnvironmentGroup: &api.ApplyEnvironmentGroup{
		EnvironmentGroup: "production", Config: settings(s.t, `{"releaseTrains": [{"name": "half", "schedule": "*/30 * * * *", "missed": "run-once"}]}`)}}})
}

// departures counts what main says departed or was missed, by train and scheduled time.
func (s *station) departures() map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for _, commit := range strings.Fields(s.git.Git(s.t, "rev-list", "--first-parent", "main")) {
		message := manifestrepo.ParseMessage(s.git.Git(s.t, "log", "-1", "--format=%B", commit))
		for _, e := range message.Events {
			if e.What != "departed" && e.What != "departure-missed" {
				continue
			}
			path := "environments/staging/departures/" + e.ID + ".json"
			if e.Environment == "" {
				path = "environment-groups/production/departures/" + e.ID + ".json"
			}
			var record struct{ Last time.Time }
			if err := json.Unmarshal([]byte(s.git.Git(s.t, "show", commit+":"+path)), &record); err != nil {
				s.t.Fatal(err)
			}
			seen[fmt.Sprintf("%s %s %s", e.ID, e.What, record.Last.Format("15:04"))]++
		}
	}
	return seen
}

// dealtWith waits until a service knows that a departure was dealt with.
func (s *station) dealtWith(b *bed, train, at string) {
	s.t.Helper()
	gitservertest.Eventually(s.t, train+" of "+at, func() bool {
		d := s.record(b, train)
		return d != nil && d.Last.Format("15:04") == at
	})
}

func (s *station) record(b *bed, train string) *manifestrepo.Departure {
	view := b.service.Repo().View().Snapshot
	if train == "half" {
		return view.Group("production").Departures[train]
	}
	return view.Environment("staging").Departures[train]
}

// expect demands that these departures happened, each once, and no others.
func (s *station) expect(want ...string) {
	s.t.Helper()
	got := s.departures()
	if slices.Sort(want); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
		s.t.Errorf("departures:\n%s\nwant:\n%s", strings.Join(slices.Sorted(maps.Keys(got)), "\n"), strings.Join(want, "\n"))
	}
	for departure, n := range got {
		if n != 1 {
			s.t.Errorf("%s happened %d times", departure, n)
		}
	}
}

// edit changes a file of main as somebody with a clone would.
func (s *station) edit(path, text string, readers ...*bed) {
	s.t.Helper()
	files := map[string]string{}
	for name := range strings.Lines(s.git.Git(s.t, "ls-tree", "-r", "--name-only", "main")) {
		name = strings.TrimSpace(name)
		files[name] = s.git.Git(s.t, "show", "main:"+name) + "\n"
	}
	files[path] = text
	s.git.Commit(s.t, "refs/heads/main", "by hand", files)
	for _, b := range readers {
		_, err := b.service.Sequencer().NotifyPush(s.t.Context())
		b.must(err)
	}
}

func TestTwoServicesConductAndEveryTrainDepartsOnce(t *testing.T) {
	s := newStation(t)
	first := s.open()
	second := s.open()
	s.plan(first)
	var want []string
	for hour := 9; hour < 13; hour++ {
		for _, minute := range []string{"00", "30"} {
			at := fmt.Sprintf("%02d:%s", hour, minute)
			writer := []*bed{first, second}[hour%2]
			writer.do(release("checkout", 0, at))
			s.clock.reach(at)
			if minute == "00" {
				s.dealtWith(first, "hourly", at)
				s.dealtWith(second, "hourly", at)
				want = append(want, "hourly departed "+at)
			}
			s.dealtWith(first, "half", at)
			s.dealtWith(second, "half", at)
			want = append(want, "half departed "+at)
		}
	}
	s.expect(want...)
	// One hop a departure: the last release went into staging at noon and on at half past twelve; production was never ahead.
	if got := first.deployed("checkout", "staging"); got != 7 {
		t.Errorf("staging runs %d", got)
	}
	if got := first.deployed("checkout", "prod-de"); got != 7 {
		t.Errorf("production runs %d", got)
	}
	gitservertest.Eventually(t, "both read the same", func() bool {
		return first.service.Repo().View().Snapshot.Commit() == second.service.Repo().View().Snapshot.Commit()
	})
	s.git.Fsck(t)
}

func TestADepartureWhoseAnswerGotLostIsNotRepeated(t *testing.T) {
	s := newStation(t)
	b := s.open()
	s.plan(b)
	b.do(release("checkout", 0, "one"))
	s.server.OnPush(gitservertest.Once(gitservertest.DropAnswer()))
	s.clock.reach("09:00")
	gitservertest.Eventually(t, "a train departed", func() bool { return len(s.departures()) > 0 })
	b.kill()
	b.must(b.open())
	s.dealtWith(b, "hourly", "09:00")
	s.dealtWith(b, "half", "09:00")
	s.expect("hourly departed 09:00", "half departed 09:00")
	b.whole()
}

func TestADepartureThatWasDecidedAndNotWrittenHappensAfterTheRestart(t *testing.T) {
	s := newStation(t)
	b := s.open()
	s.plan(b)
	b.do(release("checkout", 0, "one"))
	asked := make(chan struct{}, 100)
	s.server.OnPush(func(next httpHandler) httpHandler {
		dropped := gitservertest.DropRequest(100)(next)
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			asked <- struct{}{}
			dropped.ServeHTTP(w, q)
		})
	})
	s.clock.reach("09:00")
	<-asked
	b.kill()
	if got := s.departures(); len(got) != 0 {
		t.Fatalf("departures: %v", got)
	}
	s.server.OnPush(nil)
	b.must(b.open())
	s.dealtWith(b, "hourly", "09:00")
	s.dealtWith(b, "half", "09:00")
	s.expect("hourly departed 09:00", "half departed 09:00")
	if b.deployed("checkout", "staging") != 1 {
		t.Error("the train moved nothing")
	}
	b.whole()
}

// TestEveryTrainDepartsOnceWhateverHappensToPushes: two services conduct, every third push loses its answer, every fifth never arrives, and one of
// the two is dropped and opened again at each departure.
func TestEveryTrainDepartsOnceWhateverHappensToPushes(t *testing.T) {
	s := newStation(t)
	beds := []*bed{s.open(), s.open()}
	s.plan(beds[0])
	pushes := 0
	var mu sync.Mutex
	s.server.OnPush(func(next httpHandler) httpHandler {
		unanswered, dropped := gitservertest.DropAnswer()(next), gitservertest.DropRequest(50)(next)
		return handlerFunc(func(w responseWriter, q *httpRequest) {
			mu.Lock()
			pushes++
			n := pushes
			mu.Unlock()
			switch {
			case n%5 == 0:
				dropped.ServeHTTP(w, q)
			case n%3 == 0:
				unanswered.ServeHTTP(w, q)
			default:
				next.ServeHTTP(w, q)
			}
		})
	})
	var want []string
	for half := range 16 {
		at := time.Date(2026, 11, 20, 9, 30*half, 0, 0, time.UTC).Format("15:04")
		want = append(want, "half departed "+at)
		if strings.HasSuffix(at, ":00") {
			want = append(want, "hourly departed "+at)
		}
		s.clock.reach(at)
		dropped := beds[half%2]
		dropped.kill()
		gitservertest.Eventually(t, "the service opens again", func() bool { return dropped.open() == nil })
		gitservertest.Eventually(t, "departures of "+at, func() bool { return len(s.departures()) == len(want) })
	}
	s.expect(want...)
	for _, b := range beds {
		_, err := b.service.Sequencer().NotifyPush(t.Context())
		b.must(err)
		b.whole()
	}
	s.git.Fsck(t)
}

func TestDeparturesMissedWhileTheServiceWasDown(t *testing.T) {
	s := newStation(t)
	b := s.open()
	s.plan(b)
	s.clock.reach("09:00")
	s.dealtWith(b, "hourly", "09:00")
	s.dealtWith(b, "half", "09:00")
	b.do(release("checkout", 0, "one"))
	b.stop()
	s.clock.reach("12:50")
	b.must(b.open())
	s.dealtWith(b, "hourly", "12:00")
	s.dealtWith(b, "half", "12:30")
	if got := s.record(b, "hourly").Outcome; got != manifestrepo.Missed {
		t.Errorf("hourly: %s", got)
	}
	s.clock.reach("13:00")
	s.dealtWith(b, "hourly", "13:00")
	s.dealtWith(b, "half", "13:00")
	s.expect("hourly departed 09:00", "half departed 09:00", "hourly departure-missed 12:00", "half departed 12:30", "hourly departed 13:00", "half departed 13:00")
	if b.deployed("checkout", "staging") != 1 {
		t.Error("the train of 13:00 moved nothing")
	}
	b.whole()
}

func TestAScheduleEditedByHandBeginsAnew(t *testing.T) {
	s := newStation(t)
	b := s.open()
	s.plan(b)
	s.clock.reach("09:00")
	s.dealtWith(b, "hourly", "09:00")
	s.clock.reach("09:20")
	s.edit("environments/staging/config.json",
		`{"upstream": {"environment": "development"}, "releaseTrains": [{"name": "hourly", "schedule": "10 * * * *"}, {"name": "new", "schedule": "40 * * * *"}]}`, b)
	gitservertest.Eventually(t, "the records are begun", func() bool {
		d := s.record(b, "hourly")
		return d.Schedule == "10 * * * *" && s.record(b, "new") != nil
	})
	s.clock.reach("09:40")
	s.dealtWith(b, "new", "09:40")
	s.clock.reach("10:10")
	s.dealtWith(b, "hourly", "10:10")
	if d := s.record(b, "hourly"); d.Outcome != manifestrepo.Departed {
		t.Errorf("%+v", d)
	}
	s.edit("environments/staging/config.json", `{"upstream": {"environment": "development"}}`, b)
	gitservertest.Eventually(t, "the records are gone", func() bool { return s.record(b, "hourly") == nil && s.record(b, "new") == nil })
	b.whole()
}

func TestTheClockEndsLocksAndCatchesUpAfterAFreeze(t *testing.T) {
	s := newStation(t)
	b := s.open()
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: &api.ApplyEnvironment{Environment: "staging", Config: settings(t, `{
		"upstream": {"environment": "development"}, "freezeWindows": [{"name": "morning", "kind": "deny", "schedule": "0 8 * * *", "duration": "2h", "reason": "quiet"}]}`)}}})
	b.do(release("checkout", 0, "one"))
	b.do(train("staging"))
	req := lock("prod-de", "short")
	req.GetCreateLock().ExpiresAt = timestamppb.New(time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC))
	b.do(req)
	if got := b.deployed("checkout", "staging"); got != 0 {
		t.Fatalf("staging runs %d in spite of the freeze", got)
	}
	s.clock.reach("09:30")
	gitservertest.Eventually(t, "the lock ended", func() bool { return len(b.service.Repo().View().Snapshot.Environment("prod-de").Locks) == 0 })
	if got := b.deployed("checkout", "staging"); got != 0 {
		t.Fatalf("staging runs %d before the freeze is over", got)
	}
	s.clock.reach("10:00")
	gitservertest.Eventually(t, "the version caught up", func() bool { return b.deployed("checkout", "staging") == 1 })
	if got := s.git.Git(t, "log", "-1", "--format=%an <%ae>", "main"); got != "Signalbox <signalbox@localhost>" {
		t.Errorf("the clock's commits are by %s", got)
	}
	b.whole()
}
