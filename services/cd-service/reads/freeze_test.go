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

// frozenStaging freezes all of staging from 22:00 to 06:00 in Berlin (UTC+1 then), and the team "payments" also from 12:00 to 13:00 UTC.
const frozenStaging = `{"upstream":{"environment":"development"},"freezeWindows":[
  {"name":"night","kind":"deny","schedule":"0 22 * * *","duration":"8h","timeZone":"Europe/Berlin","reason":"nobody is awake"},
  {"name":"lunch","kind":"deny","schedule":"0 12 * * *","duration":"1h","reason":"till is closed","teams":["payments"]}]}`

// configure writes an environment's config.json.
func (b *box) configure(env, config string) {
	b.t.Helper()
	b.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Configure", Action: "apply-environment"}, Edits: []manifestrepo.Edit{repotest.Environment(env, config)},
	})
}

// at moves the clock to a time of the first day.
func (b *box) at(clock string) {
	b.t.Helper()
	when, err := time.Parse("2006-01-02 15:04", "2026-11-20 "+clock)
	if err != nil {
		b.t.Fatal(err)
	}
	b.clock.advance(when.Sub(b.clock.Now()))
}

// frozenShop is cart of the team "payments" and search of nobody, in all environments, with frozenStaging.
func frozenShop(t *testing.T) *box {
	b := newBox(t)
	for _, app := range []string{"cart", "search"} {
		b.ReleaseTo(app, 1, "development", "staging")
		b.deploy(app, "staging", 1)
	}
	b.Commit(repotest.Commit{Message: manifestrepo.Message{Subject: "Nobody's"}, Edits: []manifestrepo.Edit{
		{Path: manifestrepo.ApplicationPath("search"), Content: []byte("{}\n")},
	}})
	b.configure("staging", frozenStaging)
	return b
}

// frozen says of both applications of frozenShop until when staging is frozen for them.
func (b *box) frozen() (cart, search string) {
	b.t.Helper()
	words := func(d *api.Deployment) string {
		if !d.Frozen {
			return "open"
		}
		return d.FrozenUntil.AsTime().Format("15:04")
	}
	o := b.overview(&api.GetOverviewRequest{})
	return words(deployment(b.t, o.Applications[0], "staging")), words(deployment(b.t, o.Applications[1], "staging"))
}

func TestAFreezeStandsWithTheDeploymentsItHolds(t *testing.T) {
	b := frozenShop(t)
	for _, c := range []struct{ at, cart, search, windows string }{
		{"11:59", "open", "open", "[]"},
		{"12:00", "13:00", "open", "[lunch]"},
		{"13:00", "open", "open", "[]"},
		{"21:00", "05:00", "05:00", "[night]"},
	} {
		b.at(c.at)
		cart, search := b.frozen()
		if cart != c.cart || search != c.search {
			t.Errorf("at %s cart is %s and search %s; want %s and %s", c.at, cart, search, c.cart, c.search)
		}
		var windows []string
		for _, f := range b.environment("staging").Freezes {
			windows = append(windows, f.Window)
		}
		if got := fmt.Sprint(windows); got != c.windows {
			t.Errorf("at %s staging is held by %s, want %s", c.at, got, c.windows)
		}
	}
	app, err := b.applications().GetApplication(ctx, &api.GetApplicationRequest{Application: "cart"})
	if err != nil {
		t.Fatal(err)
	}
	if d := deployment(t, app, "staging"); d.FrozenBecause != "freeze window night (nobody is awake) until 2026-11-21T05:00:00Z" {
		t.Errorf("because %q", d.FrozenBecause)
	}
	if d := deployment(t, app, "development"); d.Frozen || d.FrozenUntil != nil || d.FrozenBecause != "" {
		t.Errorf("development is not frozen: %v", d)
	}
	night := b.environment("staging").Freezes[0]
	if night.Kind != "deny" || night.Reason != "nobody is awake" || night.Environment != "staging" || night.EnvironmentGroup != "" || night.Until.AsTime().Format("15:04") != "05:00" {
		t.Errorf("%v", night)
	}
}

func TestAllowWindowsHoldTogetherWhileNoneIsOpen(t *testing.T) {
	b := frozenShop(t)
	b.configure("staging", `{"upstream":{"environment":"development"},"freezeWindows":[
	  {"name":"morning","kind":"allow","schedule":"0 8 * * *","duration":"2h"},
	  {"name":"payments only","kind":"allow","schedule":"0 15 * * *","duration":"1h","teams":["payments"]}]}`)
	for _, c := range []struct{ at, cart, search, windows string }{
		{"09:30", "open", "open", "[]"},
		{"10:00", "15:00", "08:00", "[morning payments only]"},
		{"15:00", "open", "08:00", "[morning]"},
	} {
		b.at(c.at)
		cart, search := b.frozen()
		var windows []string
		for _, f := range b.environment("staging").Freezes {
			windows = append(windows, f.Window)
		}
		if got := fmt.Sprint(windows); cart != c.cart || search != c.search || got != c.windows {
			t.Errorf("at %s cart is %s, search %s, by %s; want %s, %s, %s", c.at, cart, search, got, c.cart, c.search, c.windows)
		}
	}
}

func TestAFreezeThatBeginsOrEndsIsAChange(t *testing.T) {
	b := frozenShop(t)
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	w.same(b)
	for _, c := range []struct {
		at   string
		want []string
	}{
		{"12:00", []string{"cart"}},
		{"13:00", []string{"cart"}},
		{"21:00", []string{"cart", "search"}},
	} {
		b.clock.awaitTimer(t)
		b.at(c.at)
		e := w.next()
		equal(t, "changed at "+c.at, names(e.GetChanges().GetApplications()), c.want)
		if len(e.GetChanges().GetEnvironments()) != 3 {
			t.Errorf("at %s the environments were not sent: %v", c.at, e)
		}
		w.same(b)
	}
	b.clock.awaitTimer(t)
	b.clock.advance(time.Minute)
	if e := w.next(); e.GetHeartbeat() == nil {
		t.Errorf("nothing changed: %v", e)
	}
}

// A repo that is busy leaves no silence in which the clock would be looked at.
func TestAChangeBringsWhatTheClockChangedMeanwhile(t *testing.T) {
	b := frozenShop(t)
	b.lock(manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "own", Environment: "development", Application: "search", ExpiresAt: repotest.Start.Add(time.Hour)})
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	b.clock.awaitTimer(t)
	b.clock.set(repotest.Start.Add(3*time.Hour + time.Minute)) // lunch, and no heartbeat yet
	b.ReleaseTo("other", 1, "development")
	equal(t, "changed", names(w.next().GetChanges().GetApplications()), []string{"cart", "other", "search"})
	w.same(b)
}

func TestAWatchThatResumesHearsOfFreezesMeanwhile(t *testing.T) {
	b := frozenShop(t)
	w := b.watch(&api.WatchRequest{})
	w.until(b.State.View().Position)
	b.clock.awaitTimer(t)
	b.at("12:00")
	w.next() // cart is frozen now
	w.cancel()
	b.at("14:00")

	again := b.watch(&api.WatchRequest{ResumePosition: w.position, Instance: w.instance})
	again.apps, again.envs = w.apps, w.envs
	equal(t, "missed", names(again.next().GetChanges().GetApplications()), []string{"cart"})
	again.same(b)
}

func (b *box) freezes(r *api.ListFreezesRequest) *api.Freezes {
	b.t.Helper()
	out, err := api.NewTimetableServiceClient(b.conn).ListFreezes(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *box) environment(name string) *api.Environment {
	b.t.Helper()
	env, err := api.NewEnvironmentServiceClient(b.conn).GetEnvironment(ctx, &api.GetEnvironmentRequest{Environment: name})
	if err != nil {
		b.t.Fatal(err)
	}
	return env
}

func TestFreezesAreListedWithWhenTheyAreOpen(t *testing.T) {
	b := frozenShop(t)
	b.at("12:30")
	f := b.freezes(&api.ListFreezesRequest{Days: 2})
	if len(f.Windows) != 2 || f.Windows[0].Name != "night" || f.Windows[0].TimeZone != "Europe/Berlin" || f.Windows[1].TimeZone != "UTC" || f.Windows[1].Environment != "staging" {
		t.Fatal(f.Windows)
	}
	var got []string
	for _, o := range f.Occurrences {
		got = append(got, fmt.Sprint(f.Windows[o.Window].Name, o.Start.AsTime().Format(" 02T15:04"), o.End.AsTime().Format("-02T15:04")))
	}
	equal(t, "occurrences", got, []string{
		"lunch 20T12:00-20T13:00", "night 20T21:00-21T05:00", "lunch 21T12:00-21T13:00", "night 21T21:00-22T05:00", "lunch 22T12:00-22T13:00",
	})
	if len(f.Now) != 1 || f.Now[0].Window != "lunch" || f.Until.AsTime() != f.From.AsTime().Add(48*time.Hour) || f.Cut {
		t.Errorf("%v", f)
	}
	if none := b.freezes(&api.ListFreezesRequest{Environment: "production"}); len(none.Windows)+len(none.Occurrences)+len(none.Now) != 0 {
		t.Errorf("%v", none)
	}
	b.configure("production", `{"freezeWindows":[{"kind":"deny","schedule":"*/30 * * * *","duration":"1m"}]}`)
	if many := b.freezes(&api.ListFreezesRequest{Days: 366}); !many.Cut || len(many.Occurrences) != 2000 {
		t.Errorf("%d occurrences, cut %v", len(many.Occurrences), many.Cut)
	}
}

func TestAStretchOfTimeIsChecked(t *testing.T) {
	b := frozenShop(t)
	client := api.NewTimetableServiceClient(b.conn)
	for _, days := range []int32{-1, 367} {
		_, err := client.ListFreezes(ctx, &api.ListFreezesRequest{Days: days})
		refused(t, err, problem.Invalid, "days")
		_, err = client.GetTimetable(ctx, &api.GetTimetableRequest{Days: days})
		refused(t, err, problem.Invalid, "days")
	}
	for _, from := range []*timestamppb.Timestamp{{Seconds: 1 << 50}, timestamppb.New(time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC))} {
		_, err := client.GetTimetable(ctx, &api.GetTimetableRequest{From: from})
		refused(t, err, problem.Invalid, "from")
	}
	_, err := client.ListFreezes(ctx, &api.ListFreezesRequest{Environment: "stagin"})
	if p := refused(t, err, problem.NotFound, "environment"); p.Remedy != `did you mean "staging"?` {
		t.Error(p.Remedy)
	}
}

func TestFiltersOfWhatIsFrozenHeldOrWaitsForApproval(t *testing.T) {
	b := frozenShop(t)
	b.ReleaseTo("kept", 1, "development", "staging")
	b.freezeQueue("kept", "development", 1, 2, &manifestrepo.Hold{At: b.Now, By: repotest.CI, Reason: "known good"})
	b.ask(manifestrepo.Approval{ID: "one", Environment: "production", Action: "deploy", Changes: []manifestrepo.ApprovalChange{{Application: "search", Version: 1}}})
	b.at("12:00")
	for _, c := range []struct {
		name    string
		request *api.GetOverviewRequest
		want    []string
	}{
		{"frozen", &api.GetOverviewRequest{Frozen: true}, []string{"cart"}},
		{"held", &api.GetOverviewRequest{Held: true}, []string{"kept"}},
		{"waits for approval", &api.GetOverviewRequest{PendingApproval: true}, []string{"search"}},
		{"waits in staging", &api.GetOverviewRequest{PendingApproval: true, Environments: []string{"staging"}}, nil},
		{"held and frozen", &api.GetOverviewRequest{Held: true, Frozen: true}, nil},
	} {
		o := b.overview(c.request)
		equal(t, c.name, names(o.Applications), c.want)
		if n := o.Counts; len(c.request.Environments) == 0 && (n.Frozen != 1 || n.Held != 1 || n.PendingApproval != 1) {
			t.Errorf("%s: %v", c.name, n)
		}
	}
	b.at("21:00")
	equal(t, "frozen at night", names(b.overview(&api.GetOverviewRequest{Frozen: true}).Applications), []string{"cart", "search"})
}
