package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// freezing gives qa a window for everybody, one for every hundredth application, and one of its group, all of them open at an hour of the day.
func freezing(t testing.TB, w *world, hour int) {
	window := `{"kind": "deny", "schedule": "0 %d * * *", "duration": "2h", "timeZone": "Europe/Berlin", "reason": "closed"%s}`
	windows := []string{fmt.Sprintf(window, hour, "")}
	for i := range 20 {
		windows = append(windows, fmt.Sprintf(window, hour, fmt.Sprintf(`, "applications": ["application-%04d"]`, i*100)))
	}
	w.advance(t, []manifestrepo.Edit{
		{Path: manifestrepo.ConfigPath("qa"), Content: []byte(`{"upstream": {"environment": "dev"}, "freezeWindows": [` + strings.Join(windows, ",") + `]}`)},
		{Path: manifestrepo.GroupPath("qa"), Content: []byte(`{"freezeWindows": [` + windows[0] + `]}`)},
	}, nil)
}

// A freeze holds back a train of thousands of applications, and all of it is caught up in one commit.
func TestAFreezeOfManyApplicationsIsCaughtUpInOneCommit(t *testing.T) {
	w := bigLine(t, 300)
	freezing(t, w, 10)
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	if d.Message.Subject != "Release train to qa: 0 moved, 300 queued" {
		t.Error(d.Message.Subject)
	}
	w.commit(t, d)
	d, err = w.decide(catchUp, rules.Context{Now: startOfStory.Add(2 * time.Hour), Actor: ci})
	if err != nil {
		t.Fatal(err)
	}
	if d.Message.Subject != "Catch up after a freeze: 300 deployed" || len(d.Edits) != 600 {
		t.Error(d.Message.Subject, len(d.Edits))
	}
	w.commit(t, d)
	if got := w.snapshot.Deployment("qa", "application-0100"); got.Version != 2 || got.Queued != nil || got.DeployedBy != anna {
		t.Errorf("%+v", got)
	}
}

// A release whose manifests cannot be read goes on waiting; the others are caught up.
func TestCatchingUpGoesOnWithoutWhatCannotBeRead(t *testing.T) {
	w := bigLine(t, 3)
	freezing(t, w, 10)
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	w.commit(t, d)
	checked, err := rules.Check(catchUp, rules.Policy{}, w.put)
	if err != nil {
		t.Fatal(err)
	}
	later := startOfStory.Add(2 * time.Hour)
	d, err = rules.Decide(checked, w.snapshot, rules.Context{Now: later, Actor: ci, Content: holed{w, "application-0001"}})
	if err != nil {
		t.Fatal(err)
	}
	w.commit(t, d)
	if d.Message.Subject != "Catch up after a freeze: 2 deployed, 1 still queued" {
		t.Error(d.Message.Subject)
	}
	if got := w.snapshot.Deployment("qa", "application-0001"); got.Queued == nil || got.Queued.Cause != manifestrepo.QueuedByFreeze {
		t.Errorf("%+v", got)
	}
	if d, err = w.decide(catchUp, rules.Context{Now: later, Actor: ci}); err != nil || d.Message.Subject != "Catch up after a freeze: 1 deployed" {
		t.Errorf("%v %+v", err, d)
	}
}

// BenchmarkFreeze2000 compares a train of 2,000 applications without windows, with windows that are closed, and with windows that hold it, and
// catching up.
func BenchmarkFreeze2000(b *testing.B) {
	run := func(name string, w *world, action *api.Action, now time.Time) {
		checked, err := rules.Check(action, rules.Policy{}, w.put)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := rules.Decide(checked, w.snapshot, rules.Context{Now: now, Actor: anna, Content: w}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	w := bigLine(b, 2000)
	run("train, no windows", w, trainTo("qa"), startOfStory)
	freezing(b, w, 20)
	run("train, closed windows", w, trainTo("qa"), startOfStory)
	freezing(b, w, 10)
	run("train, frozen", w, trainTo("qa"), startOfStory)
	d, err := w.decide(trainTo("qa"), rules.Context{Now: startOfStory, Actor: anna})
	if err != nil {
		b.Fatal(err)
	}
	w.commit(b, d)
	run("catch up", w, catchUp, startOfStory.Add(2*time.Hour))
}
