package rules_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

var update = flag.Bool("update", false, "write the answers of testdata/*.txtar anew; read them before you commit")

// TestStories runs testdata/*.txtar. A story is read from top to bottom; its sections are
//
//	include          names of files in testdata/base whose sections come first
//	main/<path>      a file of main
//	releases         lines "<app> <version> <environment>...": releases with a small manifest for each; "!prepublished" and such are flags
//	runs             lines "<environment> <app> <version> [queued=<version>] [frozen=<version>] [hold=<reason>]": what a lock, what a freeze held back
//	past <revision> <environment>    lines "<app> <version>": what ran there at that commit or tag
//	log/<app>/<version>/release.json, log/<app>/<version>/<env>.yaml    a release with its own facts and manifests
//	policy           rules.Policy as JSON
//	manifest <env>   a manifest for the next command, which must be create_release
//	do [keyed] [at <time>] [by <name>]    a command as JSON, one minute after the last one, by anna unless another is named
//	answer           what it gives: the commit and its changes, or the refusal (written by -update)
//	remote <path>    a file that somebody pushed past Signalbox (empty: deleted)
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runStory(t, file) })
	}
}

type story struct {
	world     *world
	now       time.Time
	policy    rules.Policy
	manifests map[string]string
	logFiles  map[string]map[string]string // app/version -> file -> content
}

func runStory(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{world: newWorld(), now: startOfStory, manifests: map[string]string{}}
	var out []txtar.File
	for i, section := range archive.Files {
		out = append(out, section)
		if !strings.HasPrefix(section.Name, "do") {
			if section.Name == "answer" {
				out = out[:len(out)-1]
			} else {
				s.tell(t, section)
			}
			continue
		}
		got := s.do(t, section)
		out = append(out, txtar.File{Name: "answer", Data: []byte(got)})
		if *update {
			continue
		}
		if i+1 == len(archive.Files) || archive.Files[i+1].Name != "answer" {
			t.Errorf("command %d has no answer; got:\n%s", i, got)
		} else if want := string(archive.Files[i+1].Data); want != got {
			t.Errorf("%s\nwant:\n%s\ngot:\n%s", section.Data, want, got)
		}
	}
	if *update {
		archive.Files = out
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tell sets the scene.
func (s *story) tell(t *testing.T, section txtar.File) {
	t.Helper()
	name, text := section.Name, string(section.Data)
	switch {
	case name == "include":
		for _, base := range strings.Fields(text) {
			archive, err := txtar.ParseFile(filepath.Join("testdata/base", base))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range archive.Files {
				s.tell(t, f)
			}
		}
	case name == "policy":
		s.policy = rules.Policy{}
		if err := json.Unmarshal(section.Data, &s.policy); err != nil {
			t.Fatal(err)
		}
	case name == "releases":
		eachLine(text, func(words []string) { s.release(t, words) })
	case name == "runs":
		eachLine(text, func(words []string) { s.runs(t, words) })
	case strings.HasPrefix(name, "past "):
		s.past(t, name[len("past "):], text)
	case strings.HasPrefix(name, "main/"):
		s.world.advance(t, []manifestrepo.Edit{{Path: name[len("main/"):], Content: section.Data}}, nil)
	case strings.HasPrefix(name, "remote "):
		edit := manifestrepo.Edit{Path: name[len("remote "):], Content: section.Data, Delete: len(section.Data) == 0}
		s.world.advance(t, []manifestrepo.Edit{edit}, nil)
	case strings.HasPrefix(name, "manifest "):
		s.manifests[name[len("manifest "):]] = text
	case strings.HasPrefix(name, "log/"):
		s.logFile(t, strings.Split(name, "/"), text)
	default:
		t.Fatalf("a story has no section %q", name)
	}
}

func eachLine(text string, fn func(words []string)) {
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		if words := strings.Fields(scanner.Text()); len(words) > 0 {
			fn(words)
		}
	}
}

func (s *story) past(t *testing.T, key, text string) {
	t.Helper()
	if s.world.past == nil {
		s.world.past = map[string]map[string]uint64{}
	}
	s.world.past[key] = map[string]uint64{}
	eachLine(text, func(words []string) { s.world.past[key][words[0]] = number(t, words[1]) })
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *story) release(t *testing.T, words []string) {
	t.Helper()
	r := &manifestrepo.Release{Version: number(t, words[1]), CreatedAt: startOfStory.Add(-2 * time.Hour), CreatedBy: ci}
	manifests := map[string]string{}
	for _, word := range words[2:] {
		switch word {
		case "!prepublished":
			r.Prepublished = true
		case "!backfilled":
			r.Backfilled = true
		case "!minor":
			r.Minor = true
		default:
			manifests[word] = manifestText(words[0], r.Version, word)
		}
	}
	s.world.addRelease(t, words[0], r, manifests)
}

// logFile gathers the files of a release; release.json comes last and completes it.
func (s *story) logFile(t *testing.T, parts []string, text string) {
	t.Helper()
	key := parts[1] + "/" + parts[2]
	if s.logFiles == nil {
		s.logFiles = map[string]map[string]string{}
	}
	if s.logFiles[key] == nil {
		s.logFiles[key] = map[string]string{}
	}
	if env, ok := strings.CutSuffix(parts[3], ".yaml"); ok {
		s.logFiles[key][env] = text
		return
	}
	r, _, err := manifestrepo.ParseRelease([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Version = number(t, parts[2])
	s.world.addRelease(t, parts[1], r, s.logFiles[key])
}

func (s *story) runs(t *testing.T, words []string) {
	t.Helper()
	d := &manifestrepo.Deployment{Environment: words[0], Version: number(t, words[2]), Reason: "new release"}
	if d.Version == 0 {
		d.Reason = ""
	}
	for _, word := range words[3:] {
		if version, ok := strings.CutPrefix(word, "queued="); ok {
			d.Queued = &manifestrepo.Queued{Version: number(t, version), At: startOfStory.Add(-time.Hour), By: ci, Because: "environment lock old"}
		}
		if version, ok := strings.CutPrefix(word, "frozen="); ok {
			d.Queued = &manifestrepo.Queued{
				Version: number(t, version), At: startOfStory.Add(-time.Hour), By: ci, Because: "freeze window old", Cause: manifestrepo.QueuedByFreeze,
			}
		}
		if reason, ok := strings.CutPrefix(word, "hold="); ok {
			d.Hold = &manifestrepo.Hold{At: startOfStory.Add(-time.Hour), By: anna, Reason: reason}
		}
	}
	s.world.addDeployment(t, words[1], d)
}

// do carries out one command and writes down what came of it.
func (s *story) do(t *testing.T, section txtar.File) string {
	t.Helper()
	s.now = s.now.Add(time.Minute)
	ctx := rules.Context{Actor: anna, Policy: s.policy, Now: s.now}
	words := strings.Fields(section.Name)[1:]
	ctx.Keyed = slices.Contains(words, "keyed")
	if i := slices.Index(words, "at"); i >= 0 {
		at, err := time.Parse(time.RFC3339, words[i+1])
		if err != nil {
			t.Fatal(err)
		}
		s.now, ctx.Now = at, at
	}
	if i := slices.Index(words, "by"); i >= 0 {
		name := words[i+1]
		ctx.Actor = manifestrepo.Actor{Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@example.com"}
	}
	action := &api.Action{}
	if err := protojson.Unmarshal(section.Data, action); err != nil {
		t.Fatalf("%v in\n%s", err, section.Data)
	}
	for env, text := range s.manifests {
		release := action.GetCreateRelease()
		if release.Manifests == nil {
			release.Manifests = map[string]string{}
		}
		release.Manifests[env] = text
	}
	s.manifests = map[string]string{}
	var out strings.Builder
	if checked, err := rules.Check(action, s.policy, s.world.put); err == nil {
		for _, warning := range checked.Warnings {
			fmt.Fprintf(&out, "warning: %s\n", warning)
		}
	}
	d, err := s.world.decide(action, ctx)
	if err != nil {
		s.writeRefusal(&out, err)
		return out.String()
	}
	s.writeDecision(t, &out, d)
	s.world.commit(t, d)
	return out.String()
}

func (s *story) writeRefusal(out *strings.Builder, err error) {
	refused := problem.From(err)
	fmt.Fprintf(out, "refused: %s\n", refused.Kind)
	for _, line := range [][2]string{{"field", refused.Field}, {"message", refused.Message}, {"rule", refused.Rule}, {"remedy", refused.Remedy}} {
		if line[1] != "" {
			fmt.Fprintf(out, "%s: %s\n", line[0], line[1])
		}
	}
	if refused.Err != nil && refused.Kind == problem.Internal {
		fmt.Fprintf(out, "cause: %v\n", refused.Err)
	}
	if refused.Detail == nil {
		return
	}
	if refused.Kind == problem.Different {
		fmt.Fprintf(out, "differing field: %s\n%s", refused.Detail.DifferingField, refused.Detail.Diff)
	}
	if refused.Detail.ActionIndex != nil {
		fmt.Fprintf(out, "action: %d\n", *refused.Detail.ActionIndex)
	}
	for _, l := range refused.Detail.Locks {
		fmt.Fprintf(out, "lock: %s (%s)\n", l.Id, l.Message)
	}
}

func (s *story) writeDecision(t *testing.T, out *strings.Builder, d *rules.Decision) {
	t.Helper()
	if d.Changes() {
		fmt.Fprintf(out, "%s", d.Message.String())
	} else {
		fmt.Fprintf(out, "no commit: %s\n", d.Message.Subject)
	}
	for _, r := range d.Records {
		fmt.Fprintf(out, "\nlog: %s\n", strings.SplitN(r.Message, "\n", 2)[0])
		for _, f := range r.Files {
			s.writeFile(out, f)
		}
	}
	for i, e := range d.Edits {
		if i == 0 {
			fmt.Fprint(out, "\nmain:\n")
		}
		s.writeFile(out, e)
	}
	fmt.Fprintf(out, "\nresult: %s\n", resultJSON(t, d.Result))
}

func (s *story) writeFile(out *strings.Builder, e manifestrepo.Edit) {
	switch {
	case e.Delete:
		fmt.Fprintf(out, "  - %s\n", e.Path)
	case strings.HasSuffix(e.Path, ".yaml"):
		content, err := s.world.Blob(s.world.hashOf(e))
		if err != nil {
			fmt.Fprintf(out, "  ! %s: %v\n", e.Path, err)
			return
		}
		lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
		fmt.Fprintf(out, "  + %s: %d lines, the last is %q\n", e.Path, len(lines), strings.TrimSpace(lines[len(lines)-1]))
	default:
		fmt.Fprintf(out, "  + %s\n", e.Path)
		for line := range strings.SplitSeq(strings.TrimRight(string(e.Content), "\n"), "\n") {
			fmt.Fprintf(out, "      %s\n", line)
		}
	}
}

// resultJSON writes stable JSON: protojson varies its spaces on purpose.
func resultJSON(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), "\"  :", "\":")
}
