package reads_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/cd-service/reads"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// Whatever happens to the repo and on the clock, in any order: a watcher has what the server says, the server says what one that starts now
// would say, and both say of each deployment what enforcement says.
func TestStateAndClockInAnyOrder(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			walk := &walk{box: newBox(t), random: rand.New(rand.NewPCG(seed, 4))}
			for _, app := range walkApps {
				walk.ReleaseTo(app, 1, walkEnvironments...)
				walk.deploy(app, "staging", 1)
			}
			w := walk.watch(&api.WatchRequest{})
			w.until(walk.State.View().Position)
			for range 60 {
				walk.step(w)
				w.same(walk.box)
				walk.agrees(t)
			}
		})
	}
}

var (
	walkApps         = []string{"cart", "checkout", "search"}
	walkEnvironments = []string{"development", "staging", "production"}
)

// walk is a random walk through states and times.
type walk struct {
	*box
	random *rand.Rand
	made   int
}

func (k *walk) one(of ...string) string { return of[k.random.IntN(len(of))] }

// step does one thing and lets the watcher hear of it.
func (k *walk) step(w *watch) {
	k.t.Helper()
	asked := k.clock.timersAsked()
	switch what := k.random.IntN(10); {
	case what < 4:
		k.clock.awaitAsked(k.t, 1)
		k.clock.advance(time.Duration(1+k.random.IntN(8*60)) * time.Minute)
		w.next()
	case what < 5:
		// Time passes in which nobody is asked, and then something happens.
		k.clock.set(k.clock.Now().Add(time.Duration(k.random.IntN(8*60)) * time.Minute))
		k.change()
		w.until(k.State.View().Position)
	default:
		k.change()
		w.until(k.State.View().Position)
	}
	k.clock.awaitAsked(k.t, asked+1)
}

// change commits something.
func (k *walk) change() {
	k.t.Helper()
	k.made++
	env, app := k.one(walkEnvironments...), k.one(walkApps...)
	until := k.clock.Now().Add(time.Duration(1+k.random.IntN(12*60)) * time.Minute)
	switch k.random.IntN(7) {
	case 0:
		k.configure(env, fmt.Sprintf(`{"environmentGroup":%q,%s}`, k.one("one", "other"), k.settings()))
	case 1:
		content := "{" + k.settings() + "}"
		if k.random.IntN(6) == 0 {
			content = "{"
		}
		k.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Group"}, Edits: []manifestrepo.Edit{{Path: manifestrepo.GroupPath(k.one("one", "other", env)), Content: []byte(content)}}})
	case 2:
		k.ask(manifestrepo.Approval{ID: fmt.Sprintf("a-%d", k.made%3), Environment: env, Action: "deploy", ExpiresAt: until, Reason: fmt.Sprint(k.made), Changes: []manifestrepo.ApprovalChange{{Application: app, Version: 1}}})
	case 3:
		k.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: fmt.Sprintf("l-%d", k.made), Environment: env, Application: app, ExpiresAt: until})
	case 4:
		k.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeGroup, ID: fmt.Sprintf("g-%d", k.made), Group: k.one("one", "other"), ExpiresAt: until})
	case 5:
		k.record(manifestrepo.Departure{Train: "train", Environment: env, Schedule: "0 * * * *", TimeZone: "UTC", Since: k.Now, Last: k.Now, Outcome: manifestrepo.Departed})
	default:
		k.deploy(app, env, uint64(k.made))
	}
}

// settings are freeze windows and a train, for an environment or a group.
func (k *walk) settings() string {
	window := func() string {
		whom := k.one("", `,"teams":["payments"]`, `,"teams":["nobody"]`, `,"applications":["cart"]`, `,"applications":["cart","search"]`)
		return fmt.Sprintf(`{"kind":%q,"schedule":"%d */%d * * *","duration":"%dm"%s}`, k.one("deny", "deny", "allow"), k.random.IntN(60), 1+k.random.IntN(8), 10+k.random.IntN(200), whom)
	}
	windows := ""
	for i := range k.random.IntN(4) {
		if i > 0 {
			windows += ","
		}
		windows += window()
	}
	train := ""
	if k.random.IntN(2) == 0 {
		train = fmt.Sprintf(`{"name":"train","schedule":"%d * * * *"}`, k.random.IntN(60))
	}
	return fmt.Sprintf(`"freezeWindows":[%s],"releaseTrains":[%s]`, windows, train)
}

// agrees compares what the server says with one that starts now, and with enforcement.
func (k *walk) agrees(t *testing.T) {
	t.Helper()
	said := k.overview(&api.GetOverviewRequest{})
	service := &served{}
	reads.New(reads.Options{Views: k.State, Feed: reads.NewFeed(), Clock: k.clock}).Register(service)
	cold, err := service.overview.GetOverview(ctx, &api.GetOverviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(said, cold) {
		t.Fatalf("one that starts now says\n%v\nnot\n%v", cold, said)
	}
	s := k.State.View().Snapshot
	for _, app := range said.Applications {
		for _, d := range app.Deployments {
			f := rules.FreezeOf(s, s.Environment(d.Environment), app.Name, app.Team, k.clock.Now())
			if d.Frozen != f.Frozen() || d.FrozenBecause != f.Because || d.Frozen && !f.Until.IsZero() && !d.FrozenUntil.AsTime().Equal(f.Until) {
				t.Fatalf("%s in %s at %s: %v, enforcement says %+v", app.Name, d.Environment, k.clock.Now(), d, f)
			}
		}
	}
	for _, d := range k.timetable(&api.GetTimetableRequest{Days: 1}).Departures {
		goes := []string{d.Environment}
		if d.EnvironmentGroup != "" {
			goes = s.Group(d.EnvironmentGroup).Environments
		}
		for _, name := range goes {
			f := rules.FreezeOf(s, s.Environment(name), "", "", d.Time.AsTime())
			if f.Frozen() != slices.Contains(d.Frozen, name) {
				t.Fatalf("%v: enforcement says of %s %+v", d, name, f)
			}
		}
	}
}
