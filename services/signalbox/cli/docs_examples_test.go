package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Every command line that a page of docs/ or a --help shows is one this program takes: its command, flags and number of arguments exist.
// What the tour and README print is compared by another test.
func TestCommandLinesInTheDocsAreTaken(t *testing.T) {
	pages, err := filepath.Glob("../../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	lines := 0
	for _, page := range append(pages, "../../../README.md") {
		for line := range strings.Lines(read(t, page)) {
			if command := shownCommand(line); command != "" {
				lines++
				takes(t, page, command)
			}
		}
	}
	eachCommand(newRoot(&session{}), func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			if command := shownCommand("    " + strings.TrimSpace(line)); command != "" {
				lines++
				takes(t, cmd.CommandPath()+" --help", command)
			}
		}
	})
	if lines < 50 {
		t.Errorf("only %d command lines were found", lines)
	}
}

// The configs on the page for operators are read as strictly as through the API.
func TestConfigsInTheDocsAreRead(t *testing.T) {
	configs := 0
	for _, part := range strings.Split(read(t, "../../../docs/what-runs-next.md"), "```json\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		if _, err := manifestrepo.ParseConfig([]byte(text), nil); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		configs++
	}
	if configs < 3 {
		t.Errorf("only %d configs were found", configs)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func eachCommand(cmd *cobra.Command, fn func(*cobra.Command)) {
	fn(cmd)
	for _, c := range cmd.Commands() {
		eachCommand(c, fn)
	}
}

// shownCommand is the command line of an indented line, a prompt, or the first cell of a table row that begins with one; empty when the line
// has none. What a shell would do with the output is cut off.
func shownCommand(line string) string {
	line = strings.TrimSuffix(line, "\n")
	if cell, ok := strings.CutPrefix(line, "| `signalbox "); ok {
		command, _, _ := strings.Cut(cell, "`")
		return command
	}
	for _, prefix := range []string{"    bin/signalbox ", "    signalbox ", "$ signalbox "} {
		if command, ok := strings.CutPrefix(line, prefix); ok && !strings.Contains(command, "...") {
			for _, end := range []string{" > ", " | ", " && ", "  #"} {
				command, _, _ = strings.Cut(command, end)
			}
			return strings.TrimSuffix(command, " &")
		}
	}
	return ""
}

// takes runs a command line up to where it would do something.
func takes(t *testing.T, where, line string) {
	t.Helper()
	line = strings.ReplaceAll(line, "'...'", "text")
	cmd, args, err := newRoot(&session{}).Find(words(line))
	if err == nil && !cmd.Runnable() {
		t.Errorf("%s: signalbox %s: %s is no command by itself", where, line, cmd.CommandPath())
		return
	}
	if err == nil {
		err = cmd.ParseFlags(args)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: signalbox %s: %v", where, line, err)
	}
}

// words takes a command line apart as a shell does, with single and double quotes.
func words(line string) []string {
	var list []string
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, true
		case quote == 0 && r == ' ':
			if open {
				list = append(list, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		list = append(list, word.String())
	}
	return list
}
