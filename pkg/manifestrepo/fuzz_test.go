package manifestrepo

import (
	"context"
	"strings"
	"testing"
)

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"upstream":{"latest":true}}`), []byte(nil))
	f.Add([]byte(`{"argocd":{"syncWindows":[{"schedule":"0 22 * * *","duration":"2h","kind":"deny","timeZone":"UTC"}],"x":[{}]}}`), []byte(`{"argocd":{"x":1}}`))
	f.Add([]byte(` {"a" : "\u00e4\n" , "argocd":{"destination":{}}} `), []byte(`{}`))
	f.Add([]byte(`{"argocd":{"syncWindows":[{"schedule":"CRON_TZ=","kind":"allow"}]}}`), []byte(`[`))
	f.Add([]byte(`{"freezeWindows":[{"kind":"allow","schedule":"0 8 * * 1-5","duration":"9h","teams":["a"]}],"approval":{"by":["role:x","a@b.c"],"expiresAfter":"3d"}}`), []byte(nil))
	f.Add([]byte(`{"releaseTrains":[{"name":"a","schedule":"@daily","missed":"skip","labels":{"a":"b"}},{"name":"b","schedule":"0 0 29 2 *"}]}`), []byte(nil))
	f.Fuzz(func(t *testing.T, raw, known []byte) {
		c, err := ParseConfig(raw, known)
		if err != nil {
			return
		}
		for _, w := range c.FreezeWindows {
			if _, err := w.Window(); err != nil {
				t.Fatalf("a window that cannot be read is accepted: %v", err)
			}
		}
		for _, train := range c.ReleaseTrains {
			if _, err := train.Timetable(); err != nil {
				t.Fatalf("a train that cannot depart is accepted: %v", err)
			}
		}
		if _, err := readConfig(raw); err != nil {
			t.Fatalf("a config that is accepted cannot be read again: %v", err)
		}
		if c.Upstream != nil && c.Upstream.Latest && c.Upstream.Environment != "" {
			t.Fatal("both upstreams are accepted")
		}
		text, err := EncodeConfig(raw)
		if err != nil {
			t.Fatalf("a config that is accepted cannot be written: %v", err)
		}
		if _, err := ParseConfig(text, known); err != nil {
			t.Fatalf("a config that was written is refused: %v\n%s", err, text)
		}
		if again, err := EncodeConfig(text); err != nil || string(again) != string(text) {
			t.Fatalf("the canonical form is not stable:\n%s\n%s", text, again)
		}
		if _, err := ParseConfig(text, text); err != nil {
			t.Fatalf("a config is refused beside itself: %v", err)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add("x\n\nSignalbox-Action: deploy\nSignalbox-Version: 1\nSignalbox-Event: {\"what\":\"deployed\"}\n")
	f.Add("Signalbox-Action: x\n\nSignalbox-Record: release\nSignalbox-Application: a\nSignalbox-Version: 2\nSignalbox-Release: {\"message\":\"\\\\n\"}")
	f.Add("a\n\n\n\nSignalbox-Reason: \\")
	f.Fuzz(func(t *testing.T, text string) {
		m := ParseMessage(text)
		written := m.String()
		again := ParseMessage(written)
		if again.Action != strings.ToValidUTF8(again.Action, "?") || strings.Count(written, "\nSignalbox-Action: ") == 0 {
			t.Fatalf("%q", written)
		}
		if stable := again.String(); stable != written {
			t.Fatalf("writing what was read is not stable:\n%q\n%q", written, stable)
		}
		if p, err := ParseRecord(LogRecord{Message: text}); err == nil && CheckApplication(p.Application) != nil {
			t.Fatalf("a record of application %q is accepted", p.Application)
		}
	})
}

// FuzzApply feeds files at any paths: two lines a file, path and content. Nothing may panic, and the order must not matter.
func FuzzApply(f *testing.F) {
	f.Add("signalbox.json\n{\"layout\":1}\nenvironments/dev/config.json\n{\"upstream\":{\"latest\":true}}\nenvironments/dev/locks/%41b.json\n{}")
	f.Add("environments/dev/applications/cart/deployment.json\n" + deployment12 + "\nenvironments/dev/applications/cart/manifests/manifests.yaml\nkind: x")
	f.Add("releases.json\n{\"log\":{\"ref\":\"refs/x\",\"head\":\"3f786850e387550fdab836ed7e6dc881de23001b\"},\"void\":[]}\napplications/a/application.json\n{\"team\":\"t\"}")
	f.Add("environments//locks/x.json\n{}\nenvironment-groups/g/locks/ab.json\n{\"expiresAt\":\"9999-12-31T23:59:59-23:00\"}\nargocd/v1alpha1/dev.yaml\nx\n/\n{\"\\ud800\":1}")
	f.Add("environment-groups/g.json\n{\"freezeWindows\":[],\"releaseTrains\":[{\"name\":\"a\",\"schedule\":\"@daily\"}]}\nenvironment-groups/g/departures/a.json\n{\"paused\":{\"by\":{\"x\":1}}}")
	f.Add("environments/dev/approvals/1.json\n{\"changes\":[{\"application\":\"b\",\"version\":1,\"x\":0},{\"application\":\"a\",\"version\":2,\"from\":1}]}\nenvironments/dev/departures/a.json\n{\"since\":\"2026-11-20T09:00:00Z\",\"schedule\":\"@daily\"}")
	f.Add("release-sets/q4.json\n{\"versions\":{\"a\":1},\"createdBy\":{\"name\":\"A\",\"chat\":\"a\"}}\napplications/a/application.json\n{\"labels\":{\"tier\":\"x\"}}")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		if len(lines) > 40 {
			return
		}
		blobs := newBlobs()
		var changes []PathChange
		tree := map[string]PathChange{}
		s := Empty()
		for i := 0; i+1 < len(lines); i += 2 {
			c := PathChange{Path: lines[i], New: blobs.put(lines[i+1])}
			changes = append(changes, c)
			tree[c.Path] = c
			var err error
			if s, _, err = s.Apply(context.Background(), Update{Changes: []PathChange{c}}, blobs); err != nil {
				t.Fatal(err)
			}
		}
		want := dump(t, s)
		atOnce, _, err := Empty().Apply(context.Background(), Update{Changes: changes}, blobs)
		if err != nil {
			t.Fatal(err)
		}
		if got := dump(t, atOnce); got != want {
			t.Fatalf("at once:\n%s\nstep by step:\n%s", got, want)
		}
		parts, err := Parts(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		restored, err := Restore(parts)
		if err != nil || dump(t, restored) != want {
			t.Fatalf("restoring: %v", err)
		}
		rewrite(t, s)
		for path := range tree {
			var err error
			if s, _, err = s.Apply(context.Background(), Update{Changes: []PathChange{{Path: path}}}, blobs); err != nil {
				t.Fatal(err)
			}
		}
		if got := dump(t, s); got != dump(t, Empty()) {
			t.Fatalf("after deleting all files there is still\n%s", got)
		}
	})
}

// rewrite writes all that was read and reads it again: it must mean the same.
func rewrite(t *testing.T, s *Snapshot) {
	t.Helper()
	check := func(path string, content []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		next, _, err := s.Apply(context.Background(), Update{Changes: []PathChange{{Path: path, New: number(1), Content: content}}}, newBlobs())
		if err != nil || dump(t, next) != dump(t, s) {
			t.Fatalf("%s written again as %s means something else:\n%s\n%s", path, content, dump(t, s), dump(t, next))
		}
	}
	for _, a := range s.Applications() {
		if a.file && s.ProblemAt(ApplicationPath(a.Name)) == "" {
			content, err := EncodeApplication(a)
			check(ApplicationPath(a.Name), content, err)
		}
		for env, d := range a.Deployments {
			if d.file && d.Broken == "" {
				content, err := EncodeDeployment(d)
				check(DeploymentPath(env, a.Name), content, err)
			}
		}
	}
	for _, l := range s.Locks() {
		if l.Broken == "" && l.Scope != ScopeGlobal {
			content, err := EncodeLock(l)
			check(LockPath(l), content, err)
		}
	}
	for _, e := range s.Environments() {
		rewriteDepartures(t, e.Departures, check)
		for _, a := range e.Approvals {
			if a.Broken == "" {
				content, err := EncodeApproval(a)
				check(ApprovalPath(a.Environment, a.ID), content, err)
			}
		}
	}
	for _, g := range s.Groups() {
		rewriteDepartures(t, g.Departures, check)
	}
	for _, set := range s.ReleaseSets() {
		if set.Broken == "" {
			content, err := EncodeReleaseSet(set)
			check(ReleaseSetPath(set.Name), content, err)
		}
	}
	if s.Layout() == 1 {
		content, err := s.EncodeSignalbox(s.Stop())
		check(SignalboxPath, content, err)
	}
}

func rewriteDepartures(t *testing.T, all map[string]*Departure, check func(path string, content []byte, err error)) {
	t.Helper()
	for _, d := range all {
		if d.Broken == "" {
			content, err := EncodeDeparture(d)
			check(DeparturePath(d), content, err)
		}
	}
}
