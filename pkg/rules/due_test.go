package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/pkg/schedule"
)

var signalbox = manifestrepo.Actor{Name: "Signalbox", Email: "signalbox@localhost"}

// anyTimetable draws trains; some are disabled, one may have a schedule that nobody can read.
func anyTimetable(t *rapid.T) []manifestrepo.ReleaseTrain {
	var trains []manifestrepo.ReleaseTrain
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"fast", "slow"}), 0, 2, rapid.ID).Draw(t, "trains") {
		trains = append(trains, manifestrepo.ReleaseTrain{
			Name:     name,
			Schedule: rapid.SampledFrom([]string{"*/15 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * 1", "0 25 * * *"}).Draw(t, "schedule"),
			TimeZone: rapid.SampledFrom([]string{"", "Europe/Berlin", "America/New_York"}).Draw(t, "zone"),
			Disabled: rapid.IntRange(0, 4).Draw(t, "disabled") == 0,
			Missed:   rapid.SampledFrom([]string{"", manifestrepo.MissedSkip, manifestrepo.MissedRunOnce}).Draw(t, "missed"),
		})
	}
	return trains
}

func anyFreezeWindows(t *rapid.T) []manifestrepo.FreezeWindow {
	var windows []manifestrepo.FreezeWindow
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		w := manifestrepo.FreezeWindow{
			Kind: rapid.SampledFrom([]string{"deny", "deny", "allow"}).Draw(t, "kind"), Schedule: rapid.SampledFrom([]string{"0 8 * * *", "*/30 * * * *"}).Draw(t, "opens"),
			Duration: rapid.SampledFrom([]string{"10m", "2h"}).Draw(t, "for"),
		}
		if rapid.Bool().Draw(t, "named") {
			w.Applications = []string{"cart"}
		}
		windows = append(windows, w)
	}
	return windows
}

// editSettings writes other settings past Signalbox, sometimes ones that nobody can read.
func editSettings(t *rapid.T, tb testing.TB, w *world) {
	path, settings := "", any(nil)
	if rapid.IntRange(0, 2).Draw(t, "group") == 0 {
		path, settings = manifestrepo.GroupPath("prod"), manifestrepo.GroupConfig{ReleaseTrains: anyTimetable(t), FreezeWindows: anyFreezeWindows(t)}
	} else {
		env := rapid.SampledFrom(envNames).Draw(t, "of")
		config := manifestrepo.Config{
			EnvironmentGroup: groupOfEnv[env], ReleaseTrains: anyTimetable(t), FreezeWindows: anyFreezeWindows(t),
			Upstream: map[string]*manifestrepo.Upstream{"dev": {Latest: true}, "qa": {Environment: "dev"}}[env],
		}
		if config.Upstream == nil {
			config.Upstream = &manifestrepo.Upstream{Environment: "qa"}
		}
		if rapid.IntRange(0, 3).Draw(t, "approval") == 0 {
			config.Approval = &manifestrepo.ApprovalRule{ExpiresAfter: "90m"}
		}
		path, settings = manifestrepo.ConfigPath(env), config
	}
	content, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
		content = []byte(`{"freezeWindows": 7}`)
	}
	w.advance(tb, []manifestrepo.Edit{{Path: path, Content: content}}, nil)
}

// anyPlanning draws what people do about the timetable and with locks that end.
func anyPlanning(t *rapid.T, now time.Time) *api.Action {
	target := rapid.SampledFrom([]string{"dev", "qa", "prod", "prod-a"}).Draw(t, "timetable")
	train := rapid.SampledFrom([]string{"fast", "slow"}).Draw(t, "train")
	switch rapid.IntRange(0, 4).Draw(t, "plan") {
	case 0:
		return &api.Action{Reason: "quiet", Kind: &api.Action_PauseTrain{PauseTrain: &api.PauseTrain{Target: target, Train: train}}}
	case 1:
		return &api.Action{Kind: &api.Action_ResumeTrain{ResumeTrain: &api.ResumeTrain{Target: target, Train: train}}}
	case 2:
		return &api.Action{Kind: &api.Action_RunTrain{RunTrain: &api.RunTrain{Target: target, Train: train}}}
	}
	l := anyLock(t, rapid.SampledFrom(appNames).Draw(t, "locked"), rapid.SampledFrom(envNames).Draw(t, "in"))
	l.Ahead = l.Scope == api.LockScope_LOCK_SCOPE_APPLICATION
	l.ExpiresAt = timestamppb.New(now.Add(time.Duration(rapid.IntRange(1, 10_000).Draw(t, "lasts")) * time.Second))
	return &api.Action{Kind: &api.Action_CreateLock{CreateLock: l}}
}

// carryOut does what the clock asks for, once.
func carryOut(t *rapid.T, tb testing.TB, w *world, now time.Time, actions []*api.Action) (departed []string) {
	for _, action := range actions {
		d, err := w.decide(action, rules.Context{Now: now, Actor: signalbox})
		if err != nil {
			t.Fatalf("%v is refused: %v", action, err)
		}
		if !d.Changes() {
			t.Fatalf("%v is due and does nothing", action)
		}
		w.commit(tb, d)
		for _, e := range d.Message.Events {
			if e.What == "departed" || e.What == "departure-missed" {
				departed = append(departed, fmt.Sprintf("%s/%s %s", action.GetDepart().GetEnvironment()+action.GetDepart().GetEnvironmentGroup(), e.ID,
					d.Result.GetDepart().ScheduledAt.AsTime().Format(time.RFC3339)))
			}
		}
	}
	return departed
}

// TestWhatIsDueIsDoneOnce: each command that is due changes something; once all are carried out nothing is due; next is not in the past and not
// too late; no departure happens twice.
func TestWhatIsDueIsDoneOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, now, agenda := start(t), startOfStory.Add(350*time.Millisecond), rules.NewAgenda()
		seen := map[string]bool{}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				editSettings(rt, t, w)
			case 1:
				if d, err := w.decide(anyPlanning(rt, now), rules.Context{Now: now, Actor: anna}); err == nil {
					w.commit(t, d)
				}
			default:
				if d, err := w.decide(anyAction(rt), rules.Context{Now: now, Actor: anna}); err == nil {
					w.commit(t, d)
				}
			}
			actions, _ := agenda.Due(w.snapshot, now)
			for _, departure := range carryOut(rt, t, w, now, actions) {
				if seen[departure] {
					rt.Fatalf("%s happened twice", departure)
				}
				seen[departure] = true
			}
			actions, next := agenda.Due(w.snapshot, now)
			if fresh, at := rules.Due(w.snapshot, now); len(fresh) != len(actions) || !at.Equal(next) {
				rt.Fatalf("who looks for the first time finds %v, %s; who looked before %v, %s", fresh, at, actions, next)
			}
			if len(actions) > 0 {
				rt.Fatalf("still due: %v", actions)
			}
			if !next.IsZero() && !next.After(now) {
				rt.Fatalf("next is %s, now is %s", next, now)
			}
			later := now.Add(time.Duration(rapid.IntRange(1, 20_000).Draw(rt, "seconds")) * time.Second)
			if next.IsZero() || later.Before(next) {
				if early, _ := rules.Due(w.snapshot, later); len(early) > 0 {
					rt.Fatalf("%v is due at %s, and next was %s", early, later, next)
				}
			}
			if now = later; !next.IsZero() && rapid.Bool().Draw(rt, "in time") {
				now = next
			}
			if t.Failed() {
				rt.FailNow()
			}
		}
	})
}

// TestEveryDepartureComes: who looks whenever Due says departs every train at every time of its schedule, through both changes of the clocks.
func TestEveryDepartureComes(t *testing.T) {
	schedules := map[string][2]string{"fast": {"15,45 * * * *", "UTC"}, "slow": {"30 2 * * *", "Europe/Berlin"}, "west": {"0 1 * * 0", "America/New_York"}}
	for _, from := range []time.Time{time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 12, 0, 0, 0, time.UTC)} {
		w, until := start(t), from.Add(26*24*time.Hour)
		var trains []manifestrepo.ReleaseTrain
		for name, s := range schedules {
			trains = append(trains, manifestrepo.ReleaseTrain{Name: name, Schedule: s[0], TimeZone: s[1]})
		}
		content, err := json.Marshal(manifestrepo.GroupConfig{ReleaseTrains: trains})
		if err != nil {
			t.Fatal(err)
		}
		w.advance(t, []manifestrepo.Edit{{Path: manifestrepo.GroupPath("prod"), Content: content}}, nil)
		came := map[string][]time.Time{}
		rounds := 0
		for now := from; now.Before(until); {
			actions, next := rules.Due(w.snapshot, now)
			if rounds++; rounds > 5 {
				t.Fatalf("%v is due at %s again and again", actions, now)
			}
			for _, action := range actions {
				d, err := w.decide(action, rules.Context{Now: now, Actor: signalbox})
				if err != nil {
					t.Fatal(err)
				}
				if !d.Changes() {
					t.Fatalf("%v is due at %s and does nothing", action, now)
				}
				w.commit(t, d)
				if at := d.Result.GetDepart().GetScheduledAt(); at != nil {
					if before := came[action.GetDepart().Train]; slices.Contains(before, at.AsTime()) {
						t.Fatalf("%v departs for %s again", action, at.AsTime())
					}
					came[action.GetDepart().Train] = append(came[action.GetDepart().Train], at.AsTime())
				}
			}
			if len(actions) == 0 {
				now, rounds = next, 0
			}
		}
		for name, s := range schedules {
			timetable, err := schedule.Parse(s[0], s[1])
			if err != nil {
				t.Fatal(err)
			}
			want := timetable.Between(from.Add(time.Second), until, 10_000)
			if len(want) != len(came[name]) || len(want) == 0 {
				t.Fatalf("%s departed %d times, want %d", name, len(came[name]), len(want))
			}
			for i := range want {
				if !want[i].Equal(came[name][i]) {
					t.Errorf("%s departed for %s, want %s", name, came[name][i], want[i])
				}
			}
		}
	}
}

// TestDueAsksInOrder: what expired goes first, then what thawed, then trains by their time, the farthest down the line first.
func TestDueAsksInOrder(t *testing.T) {
	w := start(t)
	for path, text := range map[string]string{
		"environments/qa/config.json": `{"upstream": {"environment": "dev"}, "freezeWindows": [{"kind": "deny", "schedule": "0 8 * * *", "duration": "30m"}],
			"releaseTrains": [{"name": "b", "schedule": "0 10 * * *"}, {"name": "a", "schedule": "0 10 * * *"}]}`,
		"environment-groups/prod.json":                       `{"releaseTrains": [{"name": "late", "schedule": "0 10 * * *"}, {"name": "early", "schedule": "58 9 * * *"}]}`,
		"environments/qa/departures/a.json":                  `{"schedule": "0 10 * * *", "since": "2026-11-20T09:00:00Z"}`,
		"environments/qa/departures/b.json":                  `{"schedule": "0 10 * * *", "since": "2026-11-20T09:00:00Z"}`,
		"environments/qa/locks/over.json":                    `{"message": "m", "expiresAt": "2026-11-20T09:30:00Z"}`,
		"environments/dev/locks/not-over.json":               `{"message": "m", "expiresAt": "2026-11-20T11:30:00Z"}`,
		"environment-groups/prod/departures/late.json":       `{"schedule": "0 10 * * *", "since": "2026-11-20T09:00:00Z"}`,
		"environment-groups/prod/departures/early.json":      `{"schedule": "58 9 * * *", "since": "2026-11-20T09:00:00Z"}`,
		"environments/qa/applications/cart/deployment.json":  `{"queued": {"version": 1, "at": "2026-11-20T08:10:00Z", "cause": "freeze"}}`,
		"environments/dev/applications/cart/deployment.json": `{"queued": {"version": 1, "at": "2026-11-20T08:10:00Z"}}`,
	} {
		w.advance(t, []manifestrepo.Edit{{Path: path, Content: []byte(text)}}, nil)
	}
	actions, next := rules.Due(w.snapshot, time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))
	var got []string
	for _, a := range actions {
		switch k := a.Kind.(type) {
		case *api.Action_Depart:
			got = append(got, k.Depart.Environment+k.Depart.EnvironmentGroup+"/"+k.Depart.Train)
		default:
			got = append(got, fmt.Sprintf("%T", k))
		}
	}
	if want := "[*signalboxv1.Action_EndExpired *signalboxv1.Action_CatchUp prod/early prod/late qa/a qa/b]"; fmt.Sprint(got) != want {
		t.Errorf("due: %v, want %s", got, want)
	}
	if want := time.Date(2026, 11, 20, 11, 30, 0, 0, time.UTC); !next.Equal(want) {
		t.Errorf("next: %s, want %s", next, want)
	}
}

// BenchmarkDue is a look at 2,000 applications in 30 environments with 60 trains, without and with a freeze that holds them all.
func BenchmarkDue(b *testing.B) {
	for _, frozen := range []bool{false, true} {
		b.Run(fmt.Sprintf("frozen=%v", frozen), func(b *testing.B) {
			w := wideLine(b, 2000, 30, frozen)
			now, agenda := startOfStory, rules.NewAgenda()
			for b.Loop() {
				if actions, next := agenda.Due(w.snapshot, now); len(actions) != 0 || next.IsZero() {
					b.Fatal(len(actions), next)
				}
			}
		})
	}
}

// wideLine is a line of many environments with two trains each, all applications deployed everywhere or waiting behind a freeze there.
func wideLine(t testing.TB, applications, environments int, frozen bool) *world {
	w := newWorld()
	edits := []manifestrepo.Edit{{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")}}
	add := func(path, text string) { edits = append(edits, manifestrepo.Edit{Path: path, Content: []byte(text)}) }
	deployment := `{"version": 1, "manifestBlob": "0123456789abcdef0123456789abcdef01234567", "deployedAt": "2026-11-20T08:00:00Z"}`
	if frozen {
		deployment = `{"queued": {"version": 1, "at": "2026-11-20T08:10:00Z", "cause": "freeze"}}`
	}
	for e := range environments {
		env := fmt.Sprintf("env-%02d", e)
		add(manifestrepo.ConfigPath(env), `{"upstream": {"latest": true}, "freezeWindows": [{"kind": "deny", "schedule": "0 8 * * *", "duration": "4h"},
			{"kind": "deny", "schedule": "0 22 * * *", "duration": "4h", "timeZone": "Europe/Berlin", "teams": ["blue"]}],
			"releaseTrains": [{"name": "hourly", "schedule": "0 * * * *"}, {"name": "daily", "schedule": "0 2 * * 1-5", "timeZone": "Europe/Berlin"}]}`)
		for train, schedule := range map[string][2]string{"hourly": {"0 * * * *", ""}, "daily": {"0 2 * * 1-5", "Europe/Berlin"}} {
			record := &manifestrepo.Departure{Train: train, Environment: env, Schedule: schedule[0], TimeZone: schedule[1], Since: startOfStory}
			content, err := manifestrepo.EncodeDeparture(record)
			if err != nil {
				t.Fatal(err)
			}
			add(manifestrepo.DeparturePath(record), string(content))
		}
		for a := range applications {
			add(manifestrepo.DeploymentPath(env, fmt.Sprintf("application-%04d", a)), deployment)
		}
	}
	w.advance(t, edits, nil)
	return w
}
