package cdservice_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

// The line of the month: four zones, in two of which the clocks go back while it is watched (Berlin on 25 October, New York on 1 November).
var monthEnvironments = map[string][]byte{
	"development": []byte(`{"upstream":{"latest":true}}`),
	"staging": []byte(`{"upstream":{"environment":"development"},
		"releaseTrains":[{"name":"morning","schedule":"0 9 * * 1-5","timeZone":"Europe/Berlin"}]}`),
	"prod-de": []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production",
		"releaseTrains":[{"name":"night","schedule":"30 2 * * *","timeZone":"Europe/Berlin","missed":"run-once"}],
		"freezeWindows":[{"name":"weekend","kind":"deny","schedule":"0 16 * * 5","duration":"64h","timeZone":"Europe/Berlin"}]}`),
	"prod-us": []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production",
		"releaseTrains":[{"name":"night","schedule":"30 1 * * *","timeZone":"America/New_York"}],
		"freezeWindows":[{"name":"closing","kind":"deny","schedule":"0 17 * * *","duration":"90m","timeZone":"America/New_York","teams":["payments"]}]}`),
	"prod-jp": []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production",
		"freezeWindows":[{"name":"office","kind":"allow","schedule":"0 9 * * 1-5","duration":"9h","timeZone":"Asia/Tokyo"}]}`),
	"prod-au": []byte(`{"upstream":{"environment":"staging"},"environmentGroup":"production",
		"freezeWindows":[{"name":"night","kind":"deny","schedule":"0 20 * * *","duration":"10h","timeZone":"Australia/Sydney"}]}`),
}

const monthGroup = `{"releaseTrains":[{"name":"noon","schedule":"0 12 * * 1-4","timeZone":"Asia/Tokyo"}],
	"freezeWindows":[{"name":"singles day","kind":"deny","schedule":"0 0 11 11 *","duration":"1d","timeZone":"Asia/Tokyo"}]}`

// monthTrains is the timetable once more, in the plainest form: the time of day and the days of the week on the clocks of a zone.
var monthTrains = []struct {
	owner, name, zone string
	hour, minute      int
	days              string // of time.Weekday
}{
	{"environments/staging", "morning", "Europe/Berlin", 9, 0, "12345"},
	{"environments/prod-de", "night", "Europe/Berlin", 2, 30, "0123456"},
	{"environments/prod-us", "night", "America/New_York", 1, 30, "0123456"},
	{"environment-groups/production", "noon", "Asia/Tokyo", 12, 0, "1234"},
}

const (
	monthApps = 50
	monthSeed = 11
)

var monthStart, monthEnd = time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// month is a month of a line under a clock that stands still until everything it asks for is done.
type month struct {
	t     *testing.T
	bed   *bed
	clock *stationClock
	dice  *rand.Rand
}

// TestAMonth lets a line of 50 applications run for a month with a restart every day, and then holds git against the plainest reading of the
// timetable and the freeze windows.
func TestAMonth(t *testing.T) {
	m := &month{t: t, clock: newStationClock(), dice: rand.New(rand.NewPCG(monthSeed, 2026))}
	m.clock.now = monthStart
	m.bed = newBed(t, "", func(o *cdservice.Options) {
		o.Clock, o.SeedEnvironments, o.CleanUpInterval = m.clock, monthEnvironments, 12*time.Hour
		o.Policy.KeepWindow = 2
	})
	m.bed.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ApplyEnvironmentGroup{ApplyEnvironmentGroup: &api.ApplyEnvironmentGroup{
		EnvironmentGroup: "production", Config: settings(t, monthGroup)}}})
	for i := range monthApps {
		m.release(i)
	}
	m.bed.do(train("staging"))
	for day := monthStart; day.Before(monthEnd); day = day.AddDate(0, 0, 1) {
		m.day(day)
	}
	m.until(monthEnd)
	m.everyDepartureHappenedOnce()
	m.nothingCameThroughAFreeze()
	m.nothingWaitsForAFreezeThatIsOver()
	m.bed.whole()
}

// day is what people do in a day, at random times, and one restart.
func (m *month) day(day time.Time) {
	minutes := make([]int, 24)
	for i := range minutes {
		minutes[i] = m.dice.IntN(24 * 60)
	}
	slices.Sort(minutes)
	restart := m.dice.IntN(len(minutes))
	for i, minute := range minutes {
		m.until(day.Add(time.Duration(minute) * time.Minute))
		if i == restart {
			m.restart()
		} else {
			m.somebodyActs()
		}
	}
}

// until lets the clock run from one thing to do to the next, each done before it goes on.
func (m *month) until(end time.Time) {
	m.t.Helper()
	for {
		var next time.Time
		gitservertest.Eventually(m.t, "what the clock asks for is done", func() bool {
			now := m.clock.Now()
			var due []*api.Action
			due, next = rules.Due(m.bed.service.Repo().View().Snapshot, now)
			return len(due) == 0
		})
		if next.IsZero() || next.After(end) {
			m.clock.set(end)
			return
		}
		m.clock.set(next)
	}
}

// set moves the clock; it never goes back.
func (c *stationClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moveTo(at)
}

// restart takes the service down for up to four minutes, in an orderly way or not. A train that is due meanwhile departs late.
func (m *month) restart() {
	if m.dice.IntN(2) == 0 {
		m.bed.stop()
	} else {
		m.bed.kill()
	}
	m.clock.set(m.clock.Now().Add(time.Duration(m.dice.IntN(240)) * time.Second))
	m.bed.must(m.bed.open())
}

func appName(i int) string { return fmt.Sprintf("app-%02d", i) }

func (m *month) release(i int) {
	req := release(appName(i), 0, fmt.Sprint(m.dice.IntN(1e9)))
	c := req.GetCreateRelease()
	c.Team, c.Manifests = []string{"payments", "shop", "search"}[i%3], map[string]string{}
	for env := range monthEnvironments {
		c.Manifests[env] = configMap(c.Application, fmt.Sprint(m.dice.IntN(1e9)))
	}
	m.bed.do(req)
}

// somebodyActs does one thing a person or CI might do. What the rules refuse is part of life.
func (m *month) somebodyActs() {
	app, envs := appName(m.dice.IntN(monthApps)), []string{"staging", "prod-de", "prod-us", "prod-jp", "prod-au"}
	env := envs[m.dice.IntN(len(envs))]
	ends := timestamppb.New(m.clock.Now().Add(time.Duration(1+m.dice.IntN(30*60)) * time.Minute))
	switch m.dice.IntN(12) {
	case 0, 1, 2, 3:
		m.release(m.dice.IntN(monthApps))
	case 4:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
			Scope: api.LockScope_LOCK_SCOPE_APPLICATION, Environment: env, Application: app, Id: "look", Message: "look at it", ExpiresAt: ends}}})
	case 5:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
			Scope: api.LockScope_LOCK_SCOPE_TEAM, Environment: env, Team: "payments", Id: "audit", Message: "audit", ExpiresAt: ends}}})
	case 6:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
			Scope: api.LockScope_LOCK_SCOPE_ENVIRONMENT, Environment: env, Id: "storm", Message: "a storm", ExpiresAt: ends}}})
	case 7:
		m.try(train([]string{"staging", "production"}[m.dice.IntN(2)]))
	case 8:
		m.try(deploy(app, env, uint64(1+m.dice.IntN(6))))
	case 9:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_Resume{Resume: &api.Resume{Application: app, Environment: env}}})
	case 10:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_ReleaseQueue{ReleaseQueue: &api.ReleaseQueue{Environment: env}}})
	case 11:
		m.try(&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateLock{CreateLock: &api.CreateLock{
			Scope: api.LockScope_LOCK_SCOPE_GLOBAL, Message: "stop the line", ExpiresAt: timestamppb.New(m.clock.Now().Add(time.Hour))}}})
	}
}

// try demands an answer: done, or refused by a rule.
func (m *month) try(req *api.ExecuteRequest) {
	m.t.Helper()
	if _, err := m.bed.execute(req); err != nil {
		switch p := problem.From(err); p.Kind {
		case problem.NotFound, problem.Conflict, problem.Invalid, problem.Locked:
		default:
			m.t.Fatalf("%v: %v", req, p)
		}
	}
}

// commit is one commit of main as git tells it.
type commit struct {
	id      string
	at      time.Time
	message manifestrepo.Message
}

func (m *month) commits() []commit {
	m.t.Helper()
	var list []commit
	for text := range strings.SplitSeq(strings.Trim(m.git("log", "--first-parent", "--reverse", "-z", "--format=%H %cI%n%B", "main"), "\x00\n"), "\x00") {
		head, message, _ := strings.Cut(text, "\n")
		id, when, _ := strings.Cut(head, " ")
		at, err := time.Parse(time.RFC3339, when)
		m.bed.must(err)
		list = append(list, commit{id, at, manifestrepo.ParseMessage(message)})
	}
	return list
}

func (m *month) git(args ...string) string {
	m.t.Helper()
	out, err := exec.CommandContext(context.Background(), "git", append([]string{"-C", m.bed.repo()}, args...)...).Output()
	m.bed.must(err)
	return string(out)
}

// everyDepartureHappenedOnce reads the timetable minute by minute. A time that comes twice counts once, the first time.
func (m *month) everyDepartureHappenedOnce() {
	want := map[string]int{}
	for _, train := range monthTrains {
		zone, err := time.LoadLocation(train.zone)
		m.bed.must(err)
		last := ""
		for at := monthStart.Add(time.Minute); !at.After(monthEnd); at = at.Add(time.Minute) {
			local := at.In(zone)
			wall := local.Format("2006-01-02 15:04")
			if local.Hour() == train.hour && local.Minute() == train.minute && strings.Contains(train.days, fmt.Sprint(int(local.Weekday()))) && wall != last {
				want[fmt.Sprintf("%s %s %s", train.owner, train.name, at.Format(time.RFC3339))] = 1
				last = wall
			}
		}
	}
	if len(want) < 90 {
		m.t.Fatalf("only %d departures are expected", len(want))
	}
	got := map[string]int{}
	for _, c := range m.commits() {
		for _, e := range c.message.Events {
			if e.What == "departure-missed" {
				m.t.Errorf("%s: %s was missed at %s", c.id, e.ID, c.at)
			}
			if e.What != "departed" {
				continue
			}
			owner := "environment-groups/production"
			if e.Environment != "" {
				owner = "environments/" + e.Environment
			}
			record := m.git("show", c.id+":"+owner+"/departures/"+e.ID+".json")
			_, rest, _ := strings.Cut(record, `"last": "`)
			last, _, _ := strings.Cut(rest, `"`)
			got[fmt.Sprintf("%s %s %s", owner, e.ID, last)]++
		}
	}
	for departure := range want {
		if got[departure] != 1 {
			m.t.Errorf("%s: happened %d times", departure, got[departure])
		}
		delete(got, departure)
	}
	for departure, n := range got {
		m.t.Errorf("%s: happened %d times, and is not on the timetable", departure, n)
	}
	m.t.Logf("%d departures, each once; %d commits", len(want), len(m.commits()))
}

// nothingCameThroughAFreeze: nobody broke the glass in this month.
func (m *month) nothingCameThroughAFreeze() {
	s := m.bed.service.Repo().View().Snapshot
	deployed, caughtUp := 0, 0
	for _, c := range m.commits() {
		for _, e := range c.message.Events {
			env := s.Environment(e.Environment)
			if e.What != "deployed" || env == nil || c.at.Before(monthStart.Add(time.Minute)) {
				continue
			}
			deployed++
			if c.message.Action == "catch-up" {
				caughtUp++
			}
			team := s.Application(e.Application).Team
			if freeze := rules.FreezeOf(s, env, e.Application, team, c.at); freeze.Frozen() {
				m.t.Errorf("%s %s deployed %s %d to %s at %s: %s", c.id, c.message.Action, e.Application, e.Version, env.Name, c.at, freeze.Because)
			}
		}
	}
	if caughtUp == 0 {
		m.t.Error("nothing was ever caught up after a freeze")
	}
	m.t.Logf("%d deployments, %d of them caught up after a freeze", deployed, caughtUp)
}

func (m *month) nothingWaitsForAFreezeThatIsOver() {
	s, now := m.bed.service.Repo().View().Snapshot, m.clock.Now()
	for _, app := range s.Applications() {
		for name, d := range app.Deployments {
			if d.Queued == nil || d.Queued.Cause != manifestrepo.QueuedByFreeze {
				continue
			}
			if !rules.FreezeOf(s, s.Environment(name), app.Name, app.Team, now).Frozen() {
				m.t.Errorf("%s %d waits for a freeze of %s that is over", app.Name, d.Queued.Version, name)
			}
		}
	}
	for _, l := range s.Locks() {
		if l.Expired(now) {
			m.t.Errorf("lock %s of %s has expired and is still there", l.ID, l.Environment)
		}
	}
}
