package manifestrepo

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// example is a ```json <name> block of docs/format.md.
type example struct{ name, text string }

func examples(t *testing.T) []example {
	t.Helper()
	doc, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for _, m := range regexp.MustCompile("(?s)```json ([a-z-]+)\n(.*?)```").FindAllStringSubmatch(string(doc), -1) {
		list = append(list, example{m[1], m[2]})
	}
	if len(list) < 10 {
		t.Fatalf("docs/format.md has only %d examples", len(list))
	}
	return list
}

func validator(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text := Schema(name)
	if text == nil {
		t.Fatalf("there is no schema for %s", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, name, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return validator(t, name).Validate(v)
}

func TestExamplesOfTheFormatPageAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range examples(t) {
		seen[e.name] = true
		if err := valid(t, e.name, e.text); err != nil {
			t.Errorf("the example of %s breaks its schema: %v", e.name, err)
		}
	}
	for _, name := range SchemaNames() {
		if !seen[name] {
			t.Errorf("docs/format.md has no example for the schema %s", name)
		}
	}
}

func TestSchemasRefuseWhatTheReaderRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"signalbox":   `{"layout": 2}`,
		"releases":    `{"log": {"ref": "refs/x", "head": "abc"}}`,
		"application": `{"team": "Payments"}`,
		"lock":        `{"createdAt": "yesterday"}`,
		"deployment":  `{"version": 12}`,
		"release":     `{"createdAt": "2026-11-20T09:00:00Z", "digests": {"staging": "9f86"}}`,
		"removed":     `{"reason": "x"}`,
		"config":      `{"upstream": {"latest": true, "environment": "staging"}}`,
		"event":       `{"what": "exploded"}`,

		"environment-group": `{"freezeWindows": [{"kind": "block", "schedule": "@daily", "duration": "1h"}]}`,
		"departure":         `{"schedule": "@daily"}`,
		"approval":          `{"changes": []}`,
		"release-set":       `{"versions": {"cart": 0}}`,
	} {
		if valid(t, name, text) == nil {
			t.Errorf("the schema of %s accepts %s", name, text)
		}
	}
}

// roundTrip decodes an example the way the reader does and encodes it the way writers do.
func roundTrip(t *testing.T, e example) string {
	t.Helper()
	var out []byte
	var err error
	f := newFieldReader()
	check := func(readErr error) {
		if readErr != nil {
			t.Fatalf("%s: %v", e.name, readErr)
		}
	}
	switch data := []byte(e.text); e.name {
	case "signalbox":
		root, readErr := f.signalbox(data)
		check(readErr)
		out, err = (&Snapshot{root: *root}).EncodeSignalbox(root.stop)
	case "releases":
		r, readErr := ParseReleases(data)
		check(readErr)
		out, err = EncodeReleases(r)
	case "application":
		a, readErr := f.application(data)
		check(readErr)
		out, err = EncodeApplication(&Application{Team: a.team, SourceRepoURL: a.sourceRepoURL, Project: a.project, Labels: a.labels, extra: a.extra})
	case "config":
		_, readErr := ParseConfig(data, nil)
		check(readErr)
		out, err = EncodeConfig(data)
	case "lock":
		l := Lock{Scope: ScopeEnvironment}
		check(f.lock(&l, data))
		out, err = EncodeLock(&l)
	case "environment-group":
		_, readErr := ParseGroupConfig(data, nil)
		check(readErr)
		out, err = EncodeConfig(data)
	case "departure":
		d := Departure{}
		check(f.departure(&d, data))
		out, err = EncodeDeparture(&d)
	case "approval":
		a := Approval{}
		check(f.approval(&a, data))
		out, err = EncodeApproval(&a)
	case "release-set":
		s := ReleaseSet{}
		check(f.releaseSet(&s, data))
		out, err = EncodeReleaseSet(&s)
	case "deployment":
		d, readErr := f.deployment("staging", data)
		check(readErr)
		out, err = EncodeDeployment(d)
	case "release":
		r, digests, readErr := ParseRelease(data)
		check(readErr)
		out, err = EncodeRelease(r, digests)
	case "release-line":
		r, _, readErr := ParseRelease(data)
		check(readErr)
		out = []byte(releaseLine(r) + "\n")
	case "event":
		m := ParseMessage("x\n\nSignalbox-Action: deploy\nSignalbox-Event: " + e.text)
		if len(m.Events) == 1 {
			out = []byte(m.Events[0].line() + "\n")
		}
	case "removed":
		var r struct {
			At     string
			By     Actor
			Reason string
		}
		check(json.Unmarshal(data, &r))
		rec := removal("checkout", 3, "", r.By, mustTime(t, r.At), r.Reason)
		out = rec.Files[0].Content
	default:
		t.Fatalf("nobody reads %s", e.name)
	}
	check(err)
	return string(out)
}

func TestExamplesOfTheFormatPageRoundTripByteForByte(t *testing.T) {
	for _, e := range examples(t) {
		if got := roundTrip(t, e); got != e.text {
			t.Errorf("%s comes back different:\n%s\nwant\n%s", e.name, got, e.text)
		}
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	for _, e := range examples(t) {
		switch e.name {
		case "release", "release-line", "removed", "event":
			continue // never written again
		}
		text := strings.Replace(e.text, "{\n", "{\n  \"aForeignField\": {\n    \"n\": 1.50,\n    \"z\": [\n      null\n    ]\n  },\n", 1)
		if e.name == "config" || e.name == "environment-group" { // its parser is strict for what comes in
			got, err := EncodeConfig([]byte(text))
			if err != nil || string(got) != text {
				t.Errorf("%s lost a foreign field: %v\n%s", e.name, err, got)
			}
			continue
		}
		if got := roundTrip(t, example{e.name, text}); got != text {
			t.Errorf("%s lost a foreign field:\n%s\nwant\n%s", e.name, got, text)
		}
	}
}

func TestUnknownFieldsOfAnActorGoWithTheActor(t *testing.T) {
	text := "{\n  \"createdBy\": {\n    \"chat\": \"@anna\",\n    \"email\": \"ak@example.com\",\n    \"name\": \"Anna Koch\"\n  }\n}\n"
	var l Lock
	if err := newFieldReader().lock(&l, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if got, _ := EncodeLock(&l); string(got) != text {
		t.Errorf("the actor's field is lost:\n%s", got)
	}
	l.CreatedBy = Actor{Name: "Rosa Stein"}
	if got, _ := EncodeLock(&l); strings.Contains(string(got), "@anna") {
		t.Errorf("Anna's field stands at Rosa:\n%s", got)
	}
}
