package manifestrepo

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMessageReadsLikeACommit(t *testing.T) {
	m := Message{
		Subject: "Deploy checkout 12 to staging", Body: "release train from development", Action: "deploy", RequestID: "01J",
		RequestDigest: "00ff", Application: "checkout", Environment: "staging", Version: 12, Reason: "first line\nSignalbox-Action: create-lock",
		Events: []Event{{What: "deployed", Application: "checkout", Environment: "staging", Version: 12, PreviousVersion: 11}},
	}
	want := `Deploy checkout 12 to staging

release train from development

Signalbox-Action: deploy
Signalbox-Request-Id: 01J
Signalbox-Request-Digest: 00ff
Signalbox-Application: checkout
Signalbox-Environment: staging
Signalbox-Version: 12
Signalbox-Reason: first line\nSignalbox-Action: create-lock
Signalbox-Event: {"app":"checkout","env":"staging","prev":11,"version":12,"what":"deployed"}
`
	if got := m.String(); got != want {
		t.Errorf("the message is\n%s\nwant\n%s", got, want)
	}
	if got := ParseMessage(want); !reflect.DeepEqual(got, m) {
		t.Errorf("it is read as %+v", got)
	}
}

func TestForeignAndBrokenMessagesAreReadAsFarAsTheyGo(t *testing.T) {
	for text, want := range map[string]Message{
		"":                         {},
		"fix":                      {Subject: "fix"},
		"Signalbox-Action: deploy": {Subject: "Signalbox-Action: deploy"},
		"fix\n\nbody\n\nmore body": {Subject: "fix", Body: "body\n\nmore body"},
		"x\n\nSignalbox-Action: a\nSignalbox-Version: many\nSignalbox-Event: {oops\nnonsense\nSignalbox-Reason: r": {Subject: "x", Action: "a", Reason: "r"},
	} {
		if got := ParseMessage(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, want %+v", text, got, want)
		}
	}
}

// nasty draws text that tries to break out of its place.
func nasty() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"\n", "\n\n", "\r", "\r\n", "\\", "\\n", "\x00", "\u2028", "\u0085", "\xff", " ", ": ", "Signalbox-Action: forged", "Signalbox-Event: {\"what\":\"deployed\"}",
		"Signalbox-Request-Id: stolen", "Signalbox-Version: 9", "Signalbox-Reason: none", "x", "\t", "\v", "\x1b[2J",
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "any text") {
			return rapid.String().Draw(t, "text")
		}
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

func TestUserTextCannotForgeATrailer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Message{
			Subject: nasty().Draw(t, "subject"), Body: nasty().Draw(t, "body"), Reason: rapid.OneOf(rapid.Just(""), nasty()).Draw(t, "reason"),
			Action: rapid.SampledFrom([]string{"", "deploy"}).Draw(t, "action"), RequestID: rapid.SampledFrom([]string{"", "01J"}).Draw(t, "id"),
			Version: rapid.Uint64Range(0, 3).Draw(t, "version"),
		}
		if rapid.Bool().Draw(t, "event") {
			m.Events = []Event{{What: "locked", LockID: nasty().Draw(t, "lock")}}
		}
		text := m.String()
		got := ParseMessage(text)
		if got.Action != m.Action || got.RequestID != m.RequestID || got.Version != m.Version || got.Application != "" || len(got.Events) != len(m.Events) {
			t.Fatalf("a trailer was forged or lost:\n%s\nread as %+v", text, got)
		}
		if strings.ContainsAny(text, "\x00\r\x1b") {
			t.Fatalf("a control character is left in %q", text)
		}
		// What was written once is stable.
		if again := got.String(); ParseMessage(again).Reason != got.Reason || again != text && m.Action == got.Action && strings.TrimSpace(got.Body) == got.Body && !strings.Contains(m.Body, "\r") {
			t.Fatalf("written again it differs:\n%q\n%q", text, again)
		}
	})
}

func TestAMessageWithoutTrailersOfItsOwnCannotBeForged(t *testing.T) {
	for _, m := range []Message{
		{Subject: "x", Body: "Signalbox-Action: deploy"}, {Subject: "x\n\nSignalbox-Action: deploy"}, {Body: "y\n\nSignalbox-Action: deploy\n\n\n"},
		{Subject: "x", Body: "y\n\nSignalbox-Request-Id: stolen\r\n"},
	} {
		if got := ParseMessage(m.String()); got.Action != "" || got.RequestID != "" {
			t.Errorf("%q is read as %+v", m.String(), got)
		}
	}
}

func TestAReleasesTextCannotForgeARecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Release{
			Version: 7, CreatedAt: noon, CreatedBy: Actor{Name: nasty().Draw(t, "name"), Email: nasty().Draw(t, "mail")}, Message: nasty().Draw(t, "message"),
			DisplayVersion: nasty().Draw(t, "display"), Author: nasty().Draw(t, "author"), CILink: nasty().Draw(t, "link"),
		}
		rec, err := NewReleaseRecord("checkout", &r, map[string]Manifest{"staging": {}, "dev": {}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseRecord(logCommit(1, rec))
		if err != nil {
			t.Fatalf("%v\n%s", err, rec.Message)
		}
		if p.Kind != RecordRelease || p.Application != "checkout" || p.Version != 7 {
			t.Fatalf("read as %+v", p)
		}
		want := *rec.Release
		want.LogCommit = number(1)
		for _, s := range []*string{&want.CreatedBy.Name, &want.CreatedBy.Email, &want.Message, &want.DisplayVersion, &want.Author, &want.CILink} {
			*s = strings.ToValidUTF8(*s, "�")
		}
		// A run of broken bytes may become one or several replacement characters.
		if got := *p.Release; !strings.Contains(r.Message+r.Author+r.CILink+r.DisplayVersion+r.CreatedBy.Name+r.CreatedBy.Email, "\xff") && !reflect.DeepEqual(got, want) {
			t.Fatalf("read as\n%+v\nwant\n%+v", got, want)
		}
		removed, err := NewRemovalRecord("checkout", 7, anna, noon, nasty().Draw(t, "reason"))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := ParseRecord(logCommit(2, removed)); err != nil || p.Kind != RecordRemoved || p.Version != 7 {
			t.Fatalf("%v %+v", err, p)
		}
	})
}
