package manifestrepo

import (
	"reflect"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

const nightly = `{"schedule":"0 2 * * *","timeZone":"Europe/Berlin","since":"2026-11-20T09:00:00Z","last":"2026-11-21T01:00:00Z","outcome":"departed"}`

func TestTheFilesOfPlanningAreReadIntoWords(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{
		ConfigPath("de"):            ptr(`{"environmentGroup":"prod"}`),
		ApplicationPath("cart"):     ptr(`{"labels":{"tier":"critical"}}`),
		GroupPath("prod"):           ptr(`{"freezeWindows":[{"kind":"deny","schedule":"0 18 * * 5","duration":"62h","applications":["cart"]}],"releaseTrains":[{"name":"nightly","schedule":"0 2 * * *"}]}`),
		ApprovalPath("de", "a-1"):   ptr(`{"action":"deploy","changes":[{"application":"pay","version":3,"byHand":true},{"application":"cart","version":2,"from":1}]}`),
		ReleaseSetPath("q4"):        ptr(`{"environment":"de","versions":{"cart":2,"pay":3}}`),
		ReleaseSetPath("a-first"):   ptr(`{}`),
		DeploymentPath("de", "pay"): ptr(`{"queued":{"version":3,"because":"freeze","cause":"freeze"}}`),
		DeparturePath(&Departure{Group: "prod", Train: "nightly"}):     ptr(nightly),
		DeparturePath(&Departure{Environment: "de", Train: "nightly"}): ptr(`{"paused":{"reason":"audit"}}`),
	})
	if len(sc.s.Problems()) > 0 {
		t.Fatal(sc.s.Problems())
	}
	g, de := sc.s.Group("prod"), sc.s.Environment("de")
	if !g.Config.FreezeWindows[0].Concerns("cart", "") || g.Config.ReleaseTrains[0].Name != "nightly" || g.Raw == nil || g.Problem != "" {
		t.Errorf("the group's settings are %+v", g)
	}
	if d := g.Departures["nightly"]; d.Group != "prod" || d.Environment != "" || d.Base() != d.Last || d.Outcome != Departed {
		t.Errorf("the group's departure is %+v", d)
	}
	if d := de.Departures["nightly"]; d.Environment != "de" || d.Group != "" || d.Paused.Reason != "audit" {
		t.Errorf("the environment's departure is %+v", d)
	}
	a := de.Approvals["a-1"]
	if a.ID != "a-1" || a.Environment != "de" || len(a.Changes) != 2 || *a.Change("cart") != (ApprovalChange{Application: "cart", Version: 2, From: 1}) || a.Change("shop") != nil {
		t.Errorf("the request is %+v", a)
	}
	if set := sc.s.ReleaseSet("q4"); set.Versions["pay"] != 3 || set.Environment != "de" || sc.s.ReleaseSet("q5") != nil || sc.s.ReleaseSets()[0].Name != "a-first" {
		t.Errorf("the release sets are %+v", sc.s.ReleaseSets())
	}
	if sc.s.Application("cart").Labels["tier"] != "critical" || sc.s.Deployment("de", "pay").Queued.Cause != QueuedByFreeze {
		t.Error("the label or the cause is lost")
	}
}

func TestAGroupIsThereForItsSettingsAndItsDeparturesAlone(t *testing.T) {
	sc := newScene(t)
	departure := DeparturePath(&Departure{Group: "prod", Train: "nightly"})
	for _, path := range []string{GroupPath("prod"), departure} {
		sc.write(path, `{}`)
		if g := sc.s.Group("prod"); g == nil || len(g.Environments) != 0 || !sc.delta.Environments {
			t.Errorf("with %s alone the group is %+v", path, g)
		}
		sc.delete(path)
		if sc.s.Group("prod") != nil || !sc.delta.Environments {
			t.Errorf("the group stays without %s", path)
		}
	}
	if sc.s.Target("prod") != nil {
		t.Error("a group without environments is a target")
	}
}

func TestFilesOfPlanningThatCannotBeReadHold(t *testing.T) {
	sc := newScene(t)
	departure := DeparturePath(&Departure{Environment: "dev", Train: "nightly"})
	sc.step(map[string]*string{
		ConfigPath("dev"): ptr(`{}`), departure: ptr(`{`), ApprovalPath("dev", "a1"): ptr(`{"changes":[]}`), ReleaseSetPath("q4"): ptr(`[]`), GroupPath("dev"): ptr(`oh no`),
	})
	dev := sc.s.Environment("dev")
	if d := dev.Departures["nightly"]; d == nil || d.Broken == "" || d.Train != "nightly" || d.Environment != "dev" {
		t.Errorf("the departure is %+v", d)
	}
	if a := dev.Approvals["a1"]; a == nil || a.Broken == "" || a.ID != "a1" || a.Environment != "dev" {
		t.Errorf("the request is %+v", a)
	}
	if set := sc.s.ReleaseSet("q4"); set == nil || set.Broken == "" || set.Name != "q4" {
		t.Errorf("the set is %+v", set)
	}
	if g := sc.s.Group("dev"); g.Problem == "" || string(g.Raw) != "oh no" || !reflect.DeepEqual(g.Config, GroupConfig{}) {
		t.Errorf("the group is %+v", g)
	}
	if len(sc.s.Problems()) != 4 {
		t.Errorf("the problems are %v", sc.s.Problems())
	}
	sc.step(map[string]*string{departure: nil, ApprovalPath("dev", "a1"): nil, ReleaseSetPath("q4"): nil, GroupPath("dev"): ptr(`{}`)})
	dev = sc.s.Environment("dev")
	if len(sc.s.Problems()) != 0 || dev.Departures != nil || dev.Approvals != nil || sc.s.ReleaseSet("q4") != nil || sc.s.Group("dev").Problem != "" {
		t.Errorf("corrected, there is still %v", sc.s.Problems())
	}
}

func TestWhatMakesAFileOfPlanningUnreadable(t *testing.T) {
	departure, approval, set := DeparturePath(&Departure{Environment: "dev", Train: "t"}), ApprovalPath("dev", "a1"), ReleaseSetPath("q4")
	for _, c := range []struct{ path, content, says string }{
		{departure, `{"schedule":"0 2 * * *"}`, "since is missing"},
		{departure, `{"paused":true}`, "paused"},
		{departure, `{"paused":{"at":1}}`, "paused.at"},
		{departure, `{"last":"soon"}`, "last"},
		{approval, `{}`, "changes is missing"},
		{approval, `{"changes":{}}`, "a list"},
		{approval, `{"changes":[1]}`, "objects"},
		{approval, `{"changes":[{"version":1}]}`, "application"},
		{approval, `{"changes":[{"application":"cart"}]}`, "changes.version is missing"},
		{approval, `{"changes":[{"application":"cart","version":1},{"application":"cart","version":1}]}`, "twice"},
		{approval, `{"changes":[{"application":"../x","version":1}]}`, "../x"},
		{set, `{"versions":[]}`, "an object"},
		{set, `{"versions":{"cart":0}}`, "1 or more"},
		{set, `{"versions":{"cart":"12"}}`, "versions.cart"},
		{set, `{"versions":{"a b":1}}`, "a b"},
		{set, `{"versions":{"cart":1,"cart":2}}`, "twice"},
		{ApplicationPath("cart"), `{"labels":{"Tier":"x"}}`, "Tier"},
		{ApplicationPath("cart"), `{"labels":{"tier":1}}`, "labels.tier"},
		{ApplicationPath("cart"), `{"labels":["x"]}`, "an object"},
	} {
		sc := newScene(t)
		sc.write(c.path, c.content)
		if got := sc.s.ProblemAt(c.path); !strings.Contains(got, c.says) {
			t.Errorf("%s in %s: %q does not speak of %s", c.content, c.path, got, c.says)
		}
	}
}

func TestUnknownFieldsOfARequestStayWithWhatIsLeft(t *testing.T) {
	sc := newScene(t)
	sc.step(map[string]*string{
		ConfigPath("dev"):         ptr(`{}`),
		ApprovalPath("dev", "a1"): ptr(`{"ticket":1,"changes":[{"application":"cart","version":1,"risk":"low"},{"application":"pay","version":2,"risk":"high"}]}`),
	})
	left := *sc.s.Environment("dev").Approvals["a1"]
	left.Changes = left.Changes[1:]
	got, err := EncodeApproval(&left)
	want := "{\n  \"changes\": [\n    {\n      \"application\": \"pay\",\n      \"risk\": \"high\",\n      \"version\": 2\n    }\n  ],\n  \"ticket\": 1\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestUnreadableFreezesAndApprovalsCloseTheEnvironment(t *testing.T) {
	for config, says := range map[string]string{
		`{"freezeWindows":[{"kind":"deny","schedule":"at noon","duration":"1h"}]}`:                         "freezeWindows[0].schedule",
		`{"freezeWindows":[{"kind":"deny","schedule":"0 1 * * *","duration":"1h","teams":["Pay ments"]}]}`: "freezeWindows[0].teams[0]",
		`{"freezeWindows":{}}`:                  "freezeWindows",
		`{"approval":{"by":["nobody"]}}`:        "approval.by[0]",
		`{"approval":{"expiresAfter":"later"}}`: "approval.expiresAfter",
		`{"releaseTrains":[1]}`:                 "releaseTrains[0]",
	} {
		sc := newScene(t)
		sc.write(ConfigPath("dev"), config)
		if e := sc.s.Environment("dev"); !strings.Contains(e.Problem, says) || !reflect.DeepEqual(e.Config, Config{}) {
			t.Errorf("%s: the problem is %q, want one of %s", config, e.Problem, says)
		}
	}
}

func TestATrainWithoutAScheduleStaysAndDoesNotDepart(t *testing.T) {
	trains := `{"foreign":1,"releaseTrains":[{"name":"good","schedule":"0 2 * * *","when":1},{"name":"bad","schedule":"never"},{"name":"lost","schedule":"0 2 * * *","timeZone":"Mars/Olympus"},
		{"name":"../up","schedule":"0 2 * * *"},{"name":"twin","schedule":"0 2 * * *"},{"name":"twin","schedule":"0 3 * * *"}]}`
	sc := newScene(t)
	sc.step(map[string]*string{ConfigPath("dev"): ptr(trains), GroupPath("all"): ptr(trains)})
	for _, list := range [][]ReleaseTrain{sc.s.Environment("dev").Config.ReleaseTrains, sc.s.Group("all").Config.ReleaseTrains} {
		var fields []string
		for _, train := range list {
			_, err := train.Timetable()
			if err == nil {
				fields = append(fields, "departs")
			} else {
				fields = append(fields, problem.From(err).Field)
			}
		}
		if got := strings.Join(fields, " "); got != "departs schedule timeZone name name name" {
			t.Errorf("the trains are %s", got)
		}
	}
	if len(sc.s.Problems()) != 0 {
		t.Errorf("a train closes the environment: %v", sc.s.Problems())
	}
}

func TestConfigsOfPlanningThatAreRefused(t *testing.T) {
	window := func(rest string) string {
		return `{"freezeWindows":[{"kind":"allow","schedule":"0 8 * * 1-5","duration":"9h"},` + rest + `]}`
	}
	train := func(rest string) string {
		return `{"releaseTrains":[{"name":"nightly","schedule":"0 2 * * *"` + rest + `}]}`
	}
	for name, c := range map[string]struct{ raw, field, says string }{
		"kind of a window":     {window(`{"kind":"block","schedule":"* * * * *","duration":"1h"}`), "freezeWindows[1].kind", "block"},
		"schedule of a window": {window(`{"kind":"deny","schedule":"61 * * * *","duration":"1h"}`), "freezeWindows[1].schedule", "61"},
		"duration of a window": {window(`{"kind":"deny","schedule":"1 * * * *","duration":"-1h"}`), "freezeWindows[1].duration", "-1h"},
		"zone of a window":     {window(`{"kind":"deny","schedule":"1 * * * *","duration":"1h","timeZone":"Berlin"}`), "freezeWindows[1].timeZone", "Berlin"},
		"team of a window":     {window(`{"kind":"deny","schedule":"1 * * * *","duration":"1h","teams":["a","B"]}`), "freezeWindows[1].teams[1]", "B"},
		"app of a window":      {window(`{"kind":"deny","schedule":"1 * * * *","duration":"1h","applications":["*"]}`), "freezeWindows[1].applications[0]", "*"},
		"long reason":          {window(`{"kind":"deny","schedule":"1 * * * *","duration":"1h","reason":"` + strings.Repeat("ä", 201) + `"}`), "freezeWindows[1].reason", "201"},
		"name of two lines":    {window(`{"kind":"deny","schedule":"1 * * * *","duration":"1h","name":"a\nb"}`), "freezeWindows[1].name", "one line"},
		"field of a window":    {window(`{"kind":"deny","shedule":"1 * * * *","duration":"1h"}`), "freezeWindows[1].shedule", "schedule"},
		"train without a name": {`{"releaseTrains":[{"schedule":"0 2 * * *"}]}`, "releaseTrains[0].name", "missing"},
		"name of a train":      {`{"releaseTrains":[{"name":"../x","schedule":"0 2 * * *"}]}`, "releaseTrains[0].name", "../x"},
		"trains of one name":   {`{"releaseTrains":[{"name":"x","schedule":"0 2 * * *"},{"name":"y","schedule":"0 2 * * *"},{"name":"y","schedule":"0 3 * * *"}]}`, "releaseTrains[1].name", "two release trains"},
		"schedule of a train":  {`{"releaseTrains":[{"name":"x","schedule":"0 2 31 2 *"}]}`, "releaseTrains[0].schedule", "31"},
		"zone of a train":      {train(`,"timeZone":"Local"`), "releaseTrains[0].timeZone", "Local"},
		"team of a train":      {train(`,"team":"Shop"`), "releaseTrains[0].team", "Shop"},
		"app of a train":       {train(`,"applications":["cart","a b"]`), "releaseTrains[0].applications[1]", "a b"},
		"missed":               {train(`,"missed":"later"`), "releaseTrains[0].missed", "run-once"},
		"key of a label":       {train(`,"labels":{"Tier":"x"}`), "releaseTrains[0].labels.Tier", "Tier"},
		"value of a label":     {train(`,"labels":{"tier":""}`), "releaseTrains[0].labels.tier", "no value"},
		"type of a label":      {train(`,"labels":{"tier":1}`), "releaseTrains[0].labels.tier", "text"},
		"our own field":        {train(`,"twin":true`), "releaseTrains[0].twin", "no field"},
		"role":                 {`{"approval":{"by":["role:Lead"]}}`, "approval.by[0]", "Lead"},
		"approver":             {`{"approval":{"by":["role:lead","Anna <a@example.com>"]}}`, "approval.by[1]", "Anna"},
		"expiry":               {`{"approval":{"expiresAfter":"soon"}}`, "approval.expiresAfter", "soon"},
	} {
		documents := map[string]func() error{"config.json": func() error { _, err := ParseConfig([]byte(c.raw), nil); return err }}
		if !strings.Contains(c.raw, "approval") {
			documents["the group's file"] = func() error { _, err := ParseGroupConfig([]byte(c.raw), nil); return err }
		}
		for document, parse := range documents {
			err := parse()
			if err == nil {
				t.Errorf("%s of %s is accepted", name, document)
				continue
			}
			p := problem.From(err)
			if p.Kind != problem.Invalid || p.Field != c.field || !strings.Contains(p.Message+p.Remedy, c.says) || p.Remedy == "" {
				t.Errorf("%s of %s: got %v (field %q), want field %q and a text with %s", name, document, err, p.Field, c.field, c.says)
			}
		}
	}
}

func TestTheGroupsFileHasFieldsOfItsOwn(t *testing.T) {
	_, err := ParseGroupConfig([]byte(`{"upstream":{"latest":true}}`), nil)
	if err == nil || problem.From(err).Field != "upstream" || !strings.Contains(err.Error(), "the group's file has no field") {
		t.Errorf("an upstream: %v", err)
	}
	if _, err := ParseGroupConfig([]byte(`{"upstream":{"latest":true}}`), []byte(`{"upstream":1}`)); err != nil {
		t.Errorf("a field that the repo has already: %v", err)
	}
	if _, err := ParseGroupConfig([]byte(`[]`), nil); err == nil || !strings.Contains(err.Error(), "the group's file cannot be read") {
		t.Errorf("a list: %v", err)
	}
}

func TestEveryFieldOfPlanningSurvivesWritingReadingAndRestoring(t *testing.T) {
	n := 0
	d := Departure{Group: "prod", Train: "nightly", Outcome: Missed}
	fill(reflect.ValueOf(&d).Elem(), &n, "Train", "Environment", "Group", "Outcome", "Broken")
	a := Approval{ID: "a1", Environment: "dev", Changes: []ApprovalChange{{Application: "cart"}}}
	fill(reflect.ValueOf(&a).Elem(), &n, "ID", "Environment", "Changes", "Broken")
	fill(reflect.ValueOf(&a.Changes[0]).Elem(), &n, "Application")
	set := ReleaseSet{Name: "q4", Versions: map[string]uint64{"cart": 1, "pay": MaxVersion}}
	fill(reflect.ValueOf(&set).Elem(), &n, "Name", "Versions", "Broken")
	labels := map[string]string{"tier": "critical", "owner": "Anna"}

	sc := newScene(t)
	write := func(path string, content []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		sc.write(path, string(content))
	}
	sc.write(ConfigPath("dev"), `{"releaseTrains":[{"name":"x","schedule":"@daily"}]}`)
	sc.write(GroupPath("prod"), `{"freezeWindows":[{"kind":"deny","schedule":"@daily","duration":"1h"}]}`)
	content, err := EncodeDeparture(&d)
	write(DeparturePath(&d), content, err)
	content, err = EncodeApproval(&a)
	write(ApprovalPath("dev", "a1"), content, err)
	content, err = EncodeReleaseSet(&set)
	write(ReleaseSetPath("q4"), content, err)
	if sc.delta.Environments || len(sc.delta.Applications) > 0 {
		t.Errorf("the delta of a release set is %+v", sc.delta)
	}
	content, err = EncodeApplication(&Application{Labels: labels})
	write(ApplicationPath("cart"), content, err)
	parts, err := Parts(nil, sc.s)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := Restore(parts)
	if err != nil {
		t.Fatal(err)
	}
	for how, s := range map[string]*Snapshot{"read": sc.s, "restored": restored} {
		for what, pair := range map[string][2]any{
			"departure": {s.Group("prod").Departures["nightly"], &d}, "request": {s.Environment("dev").Approvals["a1"], &a}, "release set": {s.ReleaseSet("q4"), &set},
			"labels": {s.Application("cart").Labels, labels}, "config": {len(s.Environment("dev").Config.ReleaseTrains), 1}, "settings": {len(s.Group("prod").Config.FreezeWindows), 1},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("%s %s is\n%+v\nwant\n%+v", how, what, pair[0], pair[1])
			}
		}
	}
}

func TestManyFieldsAreReadInReasonableTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"versions":{"a":1`)
	for i := range 20_000 {
		b.WriteString(`,"application-` + strings.ToLower(number(i).String()[34:]) + `":1`)
	}
	sc := newScene(t)
	sc.write(ReleaseSetPath("all"), b.String()+`}}`)
	if got := len(sc.s.ReleaseSet("all").Versions); got != 20_001 {
		t.Errorf("%d versions are read: %v", got, sc.s.Problems())
	}
	sc.write(ReleaseSetPath("all"), b.String()+`,"application-000007":1}}`)
	if !strings.Contains(sc.s.ProblemAt(ReleaseSetPath("all")), "twice") {
		t.Error("a field may come twice in a large object")
	}
}
