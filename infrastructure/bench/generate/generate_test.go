package generate

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A generated repo is one that stock git finds whole, with a release in the log for each application and version.
func TestGeneratedRepoIsWhole(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir := filepath.Join(t.TempDir(), "tiny.git")
	size := Size{Name: "tiny", Applications: 3, Environments: 3, Releases: 4}
	var progress bytes.Buffer
	if err := Repo(t.Context(), dir, size, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	if out := run(t, dir, "fsck", "--strict"); strings.Contains(out, "error") {
		t.Fatal(out)
	}
	if got := strings.TrimSpace(run(t, dir, "rev-list", "--count", LogRef)); got != "12" {
		t.Errorf("%s log commits, want 12", got)
	}
	tree := run(t, dir, "ls-tree", "-r", "--name-only", "main")
	for _, want := range []string{"signalbox.json", "releases.json", "applications/app-0002/application.json",
		"environments/env-02/applications/app-0001/deployment.json", "environments/env-00/config.json"} {
		if !strings.Contains(tree, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, tree)
		}
	}
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
