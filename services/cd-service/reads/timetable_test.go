package reads_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// planned is a repo whose staging has a daily train, a disabled one and one that cannot be read, and whose group production, with one
// environment of its own name and one beside it, has a train on Mondays; production is frozen as a whole on the first Monday.
func planned(t *testing.T) *box {
	b := newBox(t)
	b.ReleaseTo("cart", 1, "development", "staging")
	b.configure("staging", `{"upstream":{"environment":"development"},"releaseTrains":[
	  {"name":"daily","schedule":"0 9 * * *","timeZone":"Europe/Berlin","labels":{"tier":"web"},"missed":"run-once"},
	  {"name":"off","schedule":"0 9 * * *","disabled":true}]}`)
	b.configure("production", `{"upstream":{"environment":"staging"},"environmentGroup":"production","freezeWindows":[
	  {"name":"audit","kind":"deny","schedule":"0 0 23 11 *","duration":"1d"},
	  {"name":"web only","kind":"deny","schedule":"0 0 * * *","duration":"1d","teams":["web"]}]}`)
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Plan"}, Edits: []manifestrepo.Edit{
		repotest.Environment("production-fr", `{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
		{Path: manifestrepo.GroupPath("production"), Content: []byte(`{"releaseTrains":[{"name":"weekly","schedule":"30 8 * * 1","team":"payments"}]}`)},
	}})
	return b
}

// record writes the record of a train.
func (b *box) record(d manifestrepo.Departure) {
	b.t.Helper()
	content, err := manifestrepo.EncodeDeparture(&d)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Depart", Action: "depart"}, Edits: []manifestrepo.Edit{{Path: manifestrepo.DeparturePath(&d), Content: content}},
	})
}

func (b *box) timetable(r *api.GetTimetableRequest) *api.Timetable {
	b.t.Helper()
	out, err := api.NewTimetableServiceClient(b.conn).GetTimetable(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// trainNames are target and name of each train.
func trainNames(trains []*api.Train) []string {
	var all []string
	for _, t := range trains {
		all = append(all, t.Environment+t.EnvironmentGroup+" "+t.Name)
	}
	return all
}

func TestTheTimetableMergesDeparturesByTime(t *testing.T) {
	b := planned(t)
	out := b.timetable(&api.GetTimetableRequest{Days: 4})
	equal(t, "trains", trainNames(out.Trains), []string{"production weekly", "staging daily", "staging off"})
	var got []string
	for _, d := range out.Departures {
		got = append(got, fmt.Sprint(d.Time.AsTime().Format("02T15:04 "), d.LocalTime, " ", d.Environment, d.EnvironmentGroup, " ", d.Train, " ", d.Frozen))
	}
	equal(t, "departures", got, []string{
		"21T08:00 2026-11-21 09:00 CET staging daily []",
		"22T08:00 2026-11-22 09:00 CET staging daily []",
		"23T08:00 2026-11-23 09:00 CET staging daily []",
		"23T08:30 2026-11-23 08:30 UTC production weekly [production]",
		"24T08:00 2026-11-24 09:00 CET staging daily []",
	})
	weekly, daily, off := out.Trains[0], out.Trains[1], out.Trains[2]
	if weekly.Missed != "skip" || weekly.Team != "payments" || weekly.NextDeparture.AsTime().Format("02T15:04") != "23T08:30" {
		t.Errorf("%v", weekly)
	}
	if daily.Missed != "run-once" || daily.Labels["tier"] != "web" || daily.Schedule != "0 9 * * *" || daily.TimeZone != "Europe/Berlin" {
		t.Errorf("%v", daily)
	}
	if !off.Disabled || off.NextDeparture != nil {
		t.Errorf("%v", off)
	}
	later := b.timetable(&api.GetTimetableRequest{Days: 1, From: timestamppb.New(repotest.Start.Add(365 * 24 * time.Hour))})
	if len(later.Departures) != 1 || later.Departures[0].Time.AsTime().Format("2006-01-02") != "2027-11-21" {
		t.Errorf("a year later: %v", later.Departures)
	}
	if whole := b.timetable(&api.GetTimetableRequest{Days: 366}); whole.Cut || len(whole.Departures) != 366+52 {
		t.Errorf("%d departures in a year, cut %v", len(whole.Departures), whole.Cut)
	}
}

func TestATimetableOfATargetHasAllThatGoesThere(t *testing.T) {
	b := planned(t)
	b.configure("production-fr", `{"upstream":{"environment":"staging"},"environmentGroup":"production","releaseTrains":[{"name":"own","schedule":"@daily"}]}`)
	for _, c := range []struct {
		target string
		want   []string
	}{
		{"staging", []string{"staging daily", "staging off"}},
		{"production-fr", []string{"production weekly", "production-fr own"}},
		{"production", []string{"production weekly", "production-fr own"}},
		{"development", nil},
	} {
		equal(t, c.target, trainNames(b.timetable(&api.GetTimetableRequest{Target: c.target}).Trains), c.want)
	}
	_, err := api.NewTimetableServiceClient(b.conn).GetTimetable(ctx, &api.GetTimetableRequest{Target: "prodution"})
	if p := refused(t, err, problem.NotFound, "target"); p.Remedy != `did you mean "production"?` {
		t.Error(p.Remedy)
	}
}

func TestATrainSaysWhatBecameOfItsLastDeparture(t *testing.T) {
	b := planned(t)
	b.record(manifestrepo.Departure{Train: "daily", Environment: "staging", Schedule: "0 9 * * *", TimeZone: "Europe/Berlin", Since: repotest.Start, Last: repotest.Start.Add(time.Hour), Outcome: manifestrepo.Missed})
	b.record(manifestrepo.Departure{
		Train: "weekly", Group: "production", Schedule: "30 8 * * 1", TimeZone: "UTC", Since: repotest.Start,
		Paused: &manifestrepo.Pause{At: repotest.Start, By: repotest.CI, Reason: "incident"},
	})
	out := b.timetable(&api.GetTimetableRequest{Days: 4})
	weekly, daily := out.Trains[0], out.Trains[1]
	if daily.LastOutcome != "missed" || !daily.LastDeparture.AsTime().Equal(repotest.Start.Add(time.Hour)) {
		t.Errorf("%v", daily)
	}
	if !weekly.Paused || weekly.PausedBecause != "incident" || weekly.PausedBy.GetName() != "CI" || weekly.PausedAt == nil || weekly.NextDeparture != nil {
		t.Errorf("%v", weekly)
	}
	if d := out.Departures[3]; d.Train != "weekly" || !d.Paused {
		t.Errorf("a paused train shows when it would depart: %v", d)
	}
	if next := b.environment("production").NextDeparture; next != nil {
		t.Errorf("nothing departs into production, but %v", next.AsTime())
	}
}

func TestWhatCannotBeReadDoesNotDepart(t *testing.T) {
	b := planned(t)
	b.configure("staging", `{"upstream":{"environment":"development"},"releaseTrains":[{"name":"daily","schedule":"0 25 * * *"},{"name":"other","schedule":"0 12 * * *"}]}`)
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Slip"}, Edits: []manifestrepo.Edit{
		{Path: manifestrepo.DeparturePath(&manifestrepo.Departure{Train: "weekly", Group: "production"}), Content: []byte(`{"since":`)},
	}})
	out := b.timetable(&api.GetTimetableRequest{Days: 4})
	for i, bad := range []bool{true, true, false} {
		if train := out.Trains[i]; (train.Problem != "") != bad || (train.NextDeparture == nil) != bad {
			t.Errorf("%v", train)
		}
	}
	for _, d := range out.Departures {
		if d.Train != "other" {
			t.Errorf("%v", d)
		}
	}
}

func TestAnEnvironmentSaysWhenTheNextTrainComes(t *testing.T) {
	b := planned(t)
	next := func(env string) string {
		if at := b.environment(env).NextDeparture; at != nil {
			return at.AsTime().Format("02T15:04")
		}
		return ""
	}
	if next("staging") != "21T08:00" || next("production") != "23T08:30" || next("production-fr") != "23T08:30" || next("development") != "" {
		t.Errorf("staging %s, production %s, production-fr %s, development %s", next("staging"), next("production"), next("production-fr"), next("development"))
	}
	w := b.watch(&api.WatchRequest{ChangesOnly: true})
	w.next()
	b.clock.awaitTimer(t)
	b.clock.advance(23 * time.Hour) // 21T08:00
	e := w.next()
	if len(e.GetChanges().GetEnvironments()) != 4 || len(e.GetChanges().Applications) != 0 {
		t.Errorf("the next departure is another one: %v", e)
	}
	if next("staging") != "22T08:00" {
		t.Errorf("staging %s", next("staging"))
	}
}

func TestSettingsOfAGroupThatCannotBeReadFreezeItsEnvironments(t *testing.T) {
	b := planned(t)
	b.ReleaseTo("cart", 2, "production")
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeGroup, ID: "gl", Group: "production"})
	groups := func() *api.EnvironmentGroup {
		for _, g := range b.overview(&api.GetOverviewRequest{}).Groups {
			if g.Name == "production" {
				return g
			}
		}
		t.Fatal("no group production")
		return nil
	}
	g := groups()
	equal(t, "locks", lockIDs(g.Locks), []string{"gl"})
	if g.Problem != "" || g.Config.GetFields()["releaseTrains"] == nil || g.Priority != api.Priority_PRIORITY_PRODUCTION {
		t.Errorf("%v", g)
	}
	b.Commit(repotest.Commit{Committer: "Hand", Text: "slip", Edits: []manifestrepo.Edit{{Path: manifestrepo.GroupPath("production"), Content: []byte(`{"releaseTrains":`)}}})
	if g := groups(); g.Problem == "" || g.Config != nil {
		t.Errorf("%v", g)
	}
	app, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "cart"})
	if err != nil {
		t.Fatal(err)
	}
	if d := deployment(t, app, "production"); !d.Frozen || d.FrozenUntil != nil || d.FrozenBecause == "" {
		t.Errorf("%v", d)
	}
	if f := b.environment("production-fr").Freezes; len(f) != 1 || f[0].EnvironmentGroup != "production" || f[0].Reason == "" || f[0].Until != nil {
		t.Errorf("%v", f)
	}
}
