package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The commands in the pages for operators, and in the examples of the help, are ones that this program takes: they go as far as to a server,
// and there is none.
func TestTheCommandsOfTheDocsAreTaken(t *testing.T) {
	var lines, mentioned []string
	for _, page := range []string{"what-runs-next.md", "concepts.md", "cli.md", "operations.md", "reliability.md", "format.md"} {
		content, err := os.ReadFile("../../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if command, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "signalbox "); ok {
				lines = append(lines, strings.TrimSpace(command))
			}
		}
		for _, m := range regexp.MustCompile("`signalbox ([^`]+)`").FindAllStringSubmatch(string(content), -1) {
			mentioned = append(mentioned, m[1])
		}
	}
	if len(lines) < 80 {
		t.Fatalf("only %d commands were found", len(lines))
	}
	t.Chdir(t.TempDir())
	for _, line := range lines {
		command, needsFile := withoutShell(line)
		args := shellWords(command)
		if needsFile || slices.Contains(notOfAClient, args[0]) {
			continue
		}
		_, stderr, code := runLine(t, append(args, "--server", "http://127.0.0.1:1", "--retries", "0")...)
		if code != exitUnreachable {
			t.Errorf("signalbox %s: exit code %d, %s", line, code, stderr)
		}
	}
	// What stands in a sentence may leave something out, but names commands and flags that there are.
	for _, line := range mentioned {
		args := shellWords(line)
		if slices.Contains(notOfAClient, args[0]) {
			continue
		}
		_, stderr, _ := runLine(t, append(args, "--server", "http://127.0.0.1:1", "--retries", "0")...)
		if strings.Contains(stderr, "unknown") || strings.Contains(stderr, "needs one of") {
			t.Errorf("signalbox %s: %s", line, stderr)
		}
	}
}

// notOfAClient are the commands that ask no server.
var notOfAClient = []string{"serve", "cd-service", "frontend-service", "repo", "demo", "version"}

var (
	substitution = regexp.MustCompile(`"\$\([^)]*\)"`)
	fileFlags    = regexp.MustCompile(`--(config|manifest|manifests-dir|signature|file)\b|^batch `)
)

// withoutShell takes away what the shell does with a line, and says whether it reads or writes files that are not here.
func withoutShell(line string) (command string, needsFile bool) {
	command = substitution.ReplaceAllString(line, "0123abc")
	command, _, _ = strings.Cut(command, " | ")
	command, _, _ = strings.Cut(command, " > ")
	command, _, _ = strings.Cut(command, "  #")
	return command, fileFlags.MatchString(command)
}

// shellWords splits a line as the shell does, as far as the docs use it.
func shellWords(line string) (all []string) {
	word := regexp.MustCompile(`(?:"[^"]*"|'[^']*'|[^\s"'])+`)
	for _, w := range word.FindAllString(line, -1) {
		all = append(all, strings.NewReplacer(`"`, "", `'`, "").Replace(w))
	}
	return all
}
