package frontend_test

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	environments "github.com/signalbox-dev/signalbox/environments-example"
)

var update = flag.Bool("update", false, "write the output in docs/api.md anew")

const (
	docsFile = "../../docs/api.md"
	docsURL  = "http://127.0.0.1:8080"
)

// exampleEnvironments are those of a new manifest repo.
func exampleEnvironments(t *testing.T) map[string][]byte {
	t.Helper()
	seed := map[string][]byte{}
	entries, err := environments.Example.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if seed[e.Name()], err = environments.Example.ReadFile(e.Name() + "/config.json"); err != nil {
			t.Fatal(err)
		}
	}
	return seed
}

// docs/api.md is what a client's author tries. Its console blocks are run here, in order, and must print what stands there.
func TestTheDocumentationOfTheAPIIsTrue(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("docs/api.md uses %s, which is not here", program)
		}
	}
	content, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := openReal(t, exampleEnvironments(t))
	dir := t.TempDir()
	var fresh strings.Builder
	inBlock := false
	for line := range strings.Lines(string(content)) {
		text := strings.TrimRight(line, "\n")
		switch {
		case text == "```console":
			inBlock = true
		case text == "```":
			inBlock = false
		case inBlock && strings.HasPrefix(text, "$ "):
			cmd := exec.Command("bash", "-c", strings.ReplaceAll(text[2:], docsURL, d.URL))
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", text, err, out)
			}
			fresh.WriteString(line)
			fresh.Write(out)
			continue
		case inBlock:
			continue // the old output
		}
		fresh.WriteString(line)
	}
	if steady(fresh.String()) == steady(string(content)) {
		return
	}
	if !*update {
		t.Fatalf("docs/api.md is not true any more; run: go test ./services/frontend-service -run Documentation -update. It would be:\n%s", fresh.String())
	}
	if err := os.WriteFile(docsFile, []byte(fresh.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var varies = regexp.MustCompile(`\b(op-[0-9a-f-]+|[0-9a-f]{40}|\d{4}-\d\d-\d\dT[0-9:.]+Z)`)

// steady takes out what differs from run to run.
func steady(text string) string { return varies.ReplaceAllString(text, "<varies>") }
