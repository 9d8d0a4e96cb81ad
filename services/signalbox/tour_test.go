package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the output in docs/tour.md and README.md anew")

// README.md and docs/tour.md are what a new user does, the first on demo data. Their console blocks are run here, in order, and
// must print what stands there.
func TestTheTourIsTrue(t *testing.T) {
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the tour uses %s, which is not here", program)
		}
	}
	t.Run("docs", func(t *testing.T) { tourIsTrue(t, "../../docs/tour.md", startServer(t, nil).url) })
	t.Run("README", func(t *testing.T) {
		url := startServer(t, nil).url
		runTourCommand(t, t.TempDir(), "signalbox demo", url)
		tourIsTrue(t, "../../README.md", url)
	})
}

func tourIsTrue(t *testing.T, tourFile, url string) {
	content, err := os.ReadFile(tourFile)
	if err != nil {
		t.Fatal(err)
	}
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
			fresh.WriteString(line)
			fresh.WriteString(strings.ReplaceAll(runTourCommand(t, dir, strings.TrimPrefix(text, "$ "), url), url, tourURL))
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
		t.Errorf("%s is not true any more; run: go test ./services/signalbox -run Tour -update. It would be:\n%s", tourFile, fresh.String())
		return
	}
	if err := os.WriteFile(tourFile, []byte(fresh.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

const tourURL = "http://127.0.0.1:8080"

// runTourCommand runs one command as a person's shell would and returns all it printed. A refusal is part of the tour.
func runTourCommand(t *testing.T, dir, command, url string) string {
	t.Helper()
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(command, tourURL, url))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SIGNALBOX_SERVER="+url, "TZ=UTC")
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatalf("%s: %v", command, err)
	}
	text := string(out)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

var (
	hexID  = regexp.MustCompile(`\b[0-9a-f]{10}([0-9a-f]{30})?\b`)
	moment = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?`)
)

// steady takes out what differs from run to run.
func steady(text string) string {
	return moment.ReplaceAllString(hexID.ReplaceAllString(text, "<id>"), "<time>")
}

// The binary of this test stands first in PATH as `signalbox` (see TestMain); without it the tour would run another one.
func TestTheTourRunsThisProgram(t *testing.T) {
	path, err := exec.LookPath("signalbox")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(filepath.Clean(path), filepath.Clean(os.TempDir())) {
		t.Errorf("signalbox is %s", path)
	}
}
