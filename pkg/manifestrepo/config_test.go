package manifestrepo

import (
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestConfigsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ raw, field, says string }{
		"unknown field":          {`{"upstraem":{"latest":true}}`, "upstraem", `"upstream"`},
		"unknown nested field":   {`{"argocd":{"syncWindow":[]}}`, "argocd.syncWindow", `"argocd.syncWindows"`},
		"unknown field in list":  {`{"argocd":{"syncWindows":[{"kind":"deny","schedul":"x"}]}}`, "argocd.syncWindows[0].schedul", `schedule"`},
		"unlike anything":        {`{"upstream":{"q":1}}`, "upstream.q", "environment, latest"},
		"case differs":           {`{"argoCD":{}}`, "argoCD", `"argocd"`},
		"not an object":          {`[]`, "", "a list"},
		"not JSON":               {`{"a"`, "", "not JSON"},
		"not UTF-8":              {"{\"environmentGroup\":\"\xff\"}", "", "UTF-8"},
		"wrong type":             {`{"upstream":"staging"}`, "upstream", "an object"},
		"wrong nested type":      {`{"upstream":{"latest":"true"}}`, "upstream.latest", "true or false"},
		"wrong type in a list":   {`{"argocd":{"syncOptions":["a",1]}}`, "argocd.syncOptions[1]", "text"},
		"wrong type in a map":    {`{"argocd":{"applicationAnnotations":{"x":true}}}`, "argocd.applicationAnnotations.x", "text"},
		"twice":                  {`{"upstream":{},"upstream":{}}`, "", "twice"},
		"latest and environment": {`{"upstream":{"latest":true,"environment":"dev"}}`, "upstream", "both"},
		"bad upstream name":      {`{"upstream":{"environment":"Dev"}}`, "upstream.environment", "Dev"},
		"bad group name":         {`{"environmentGroup":"a b"}`, "environmentGroup", "a b"},
		"bad kind":               {`{"argocd":{"syncWindows":[{"kind":"block","schedule":"* * * * *","duration":"1h"}]}}`, "argocd.syncWindows[0].kind", "block"},
		"bad schedule":           {`{"argocd":{"syncWindows":[{"kind":"deny","schedule":"at noon","duration":"1h"}]}}`, "argocd.syncWindows[0].schedule", "at noon"},
		"zone in the schedule":   {`{"argocd":{"syncWindows":[{"kind":"deny","schedule":"TZ=","duration":"1h"}]}}`, "argocd.syncWindows[0].schedule", "timeZone"},
		"bad duration":           {`{"argocd":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"-1h"}]}}`, "argocd.syncWindows[0].duration", "-1h"},
		"bad zone":               {`{"argocd":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"1h","timeZone":"Mars/Olympus"}]}}`, "argocd.syncWindows[0].timeZone", "Mars"},
		"zone of the server":     {`{"argocd":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"1h","timeZone":"Local"}]}}`, "argocd.syncWindows[0].timeZone", "Local"},
	} {
		_, err := ParseConfig([]byte(c.raw), nil)
		p := problem.From(err)
		if err == nil || p.Kind != problem.Invalid || p.Field != c.field || !strings.Contains(p.Message+p.Remedy, c.says) || p.Remedy == "" {
			t.Errorf("%s: got %v (field %q), want field %q and a text with %s", name, err, p.Field, c.field, c.says)
		}
	}
}

func TestFieldsThatTheRepoHasAlreadyMayStay(t *testing.T) {
	known := []byte(`{"team":"x","argocd":{"syncWindows":[{"kind":"deny","schedule":"* * * * *","duration":"1h","note":"old"}]}}`)
	raw := []byte(`{"team":{"any":"thing"},"argocd":{"syncWindows":[{"kind":"allow","schedule":"* * * * *","duration":"1h"},{"note":1,"kind":"deny","schedule":"* * * * *","duration":"1h"}]}}`)
	c, err := ParseConfig(raw, known)
	if err != nil || len(c.ArgoCD.SyncWindows) != 2 {
		t.Errorf("%v %+v", err, c)
	}
	if _, err := ParseConfig([]byte(`{"argocd":{"team":"x"}}`), known); err == nil {
		t.Error("a field that the repo knows at another place is accepted")
	}
	if _, err := ParseConfig([]byte(`{"team":1}`), []byte("broken")); err == nil {
		t.Error("a broken file in the repo allows anything")
	}
}

func TestAConfigIsReadCompletely(t *testing.T) {
	c, err := ParseConfig([]byte(`{"upstream":{"environment":"dev"},"environmentGroup":null,"argocd":{"destination":{"name":"c","server":"s","namespace":"n"},
		"syncWindows":[{"schedule":"0 22 * * *","duration":"2h","kind":"deny","manualSync":false,"timeZone":"Europe/Berlin"}]}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := c.ArgoCD.SyncWindows[0]
	if c.Upstream.Environment != "dev" || c.ArgoCD.Destination.Namespace != "n" || w.ManualSync == nil || *w.ManualSync {
		t.Errorf("%+v", c)
	}
}

func TestAConfigIsNormalizedAndNothingIsLost(t *testing.T) {
	got, err := EncodeConfig([]byte(`{ "z":[],"argocd" : {"destination":{"server":"<a&b>"}}, "n": 1.0e3,"upstream":{"latest":false} }`))
	want := "{\n  \"argocd\": {\n    \"destination\": {\n      \"server\": \"<a&b>\"\n    }\n  },\n  \"n\": 1.0e3,\n  \"upstream\": {\n    \"latest\": false\n  },\n  \"z\": []\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if again, _ := EncodeConfig(got); string(again) != want {
		t.Errorf("normalizing twice differs: %s", again)
	}
}
