package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the generated parts of docs/ anew")

// docs/cli.md and the tables of docs/settings.md are made from the program itself, so they cannot be wrong.
func TestTheDocsAreThoseOfThisProgram(t *testing.T) {
	root := newRoot(&session{})
	sections := map[string]string{}
	for _, name := range []string{"serve", "cd-service", "frontend-service"} {
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		sections[name] = flagTable(cmd.LocalNonPersistentFlags())
	}
	compare(t, "../../../docs/settings.md", func(text string) string {
		for name, table := range sections {
			text = replaceSection(t, text, name, table)
		}
		return text
	})
	compare(t, "../../../docs/cli.md", func(text string) string {
		return replaceSection(t, text, "commands", reference(root))
	})
}

// compare checks that a file is as make says, or makes it so.
func compare(t *testing.T, path string, make func(string) string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := make(string(content))
	if want == string(content) {
		return
	}
	if !*update {
		t.Fatalf("%s does not fit the program; run: go test ./services/signalbox/cli -run Docs -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaceSection(t *testing.T, text, name, section string) string {
	t.Helper()
	begin, end := "<!-- generated: "+name+" -->\n", "<!-- end: "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the section %q is missing", name)
	}
	return before + begin + section + end + after
}

func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	b.WriteString("| flag | environment variable | default | meaning |\n|---|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		usage, _, _ := strings.Cut(f.Usage, " [$")
		def := f.DefValue
		if def != "" && def != "[]" {
			def = "`" + def + "`"
		} else {
			def = ""
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s |\n", f.Name, envOf(f.Name), def, strings.ReplaceAll(usage, "|", "\\|"))
	})
	return b.String()
}

// reference describes every client command.
func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("## Flags of every command\n\n" + flagTable(root.PersistentFlags()) + "\n")
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, child := range c.Commands() {
			switch child.Name() {
			case "serve", "cd-service", "frontend-service", "help", "completion":
				continue
			}
			if child.LocalNonPersistentFlags().HasAvailableFlags() || len(child.Commands()) == 0 {
				describe(&b, child)
			}
			walk(child)
		}
	}
	walk(root)
	return b.String()
}

func describe(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "## `%s`\n\n%s.\n\n", strings.TrimSuffix(c.UseLine(), " [flags]"), c.Short)
	if c.Long != "" {
		text := strings.Split(c.Long, "\n\n")
		for _, paragraph := range text {
			if strings.HasPrefix(paragraph, "  ") {
				fmt.Fprintf(b, "```\n%s\n```\n\n", paragraph)
			} else {
				fmt.Fprintf(b, "%s\n\n", paragraph)
			}
		}
	}
	if c.Example != "" {
		fmt.Fprintf(b, "```sh\n%s\n```\n\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	var own bytes.Buffer
	if c.LocalNonPersistentFlags().HasFlags() {
		own.WriteString(flagTable(c.LocalNonPersistentFlags()))
	}
	if own.Len() > 0 {
		fmt.Fprintf(b, "%s\n", own.String())
	}
}
