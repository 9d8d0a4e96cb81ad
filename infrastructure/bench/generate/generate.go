// Package generate makes manifest repos of a given size for benchmarks, with git fast-import and none of the write path under
// test: the log holds every release, main one commit for each release's deployment to the first environment and one train for
// each further environment.
package generate

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Size is how much a repo holds.
type Size struct {
	Name                                 string
	Applications, Environments, Releases int
}

// The sizes of the benchmark table; W is as wide as L with fewer releases, for what does not depend on how many there were.
var (
	S = Size{"S", 50, 5, 5}
	M = Size{"M", 500, 10, 20}
	L = Size{"L", 2000, 30, 50}
	W = Size{"W", 2000, 30, 4}
)

// LogRef is where generated repos keep their release log.
const LogRef = "refs/signalbox/log/0001"

const mainRef = "refs/heads/main"

var actor = manifestrepo.Actor{Name: "CI", Email: "ci@example.com"}

// ApplicationName is the i-th application.
func ApplicationName(i int) string { return fmt.Sprintf("app-%04d", i) }

// EnvironmentName is the i-th environment; 0 takes new releases, each further one follows it.
func EnvironmentName(i int) string { return fmt.Sprintf("env-%02d", i) }

// Group is the environment group of all environments but the first two.
const Group = "production"

// Manifest is about 3 KB of plausible YAML, different for each application, environment and version.
func Manifest(app, env string, version int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  labels:\n    version: \"%d\"\n    environment: %s\ndata:\n", app, version, env)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", app, env, version))
	for i := 0; b.Len() < 3000; i++ {
		fmt.Fprintf(&b, "  setting-%02d: \"%s value %d of a setting that rarely changes in %s\"\n", i, app, i*7, env)
		if i%8 == 0 {
			sum = sha256.Sum256(sum[:])
			fmt.Fprintf(&b, "  digest-%02d: %s\n", i, hex.EncodeToString(sum[:]))
		}
	}
	return b.String()
}

// Repo makes a bare repo of a size at dir, repacked; it does nothing when the repo is there already.
func Repo(ctx context.Context, dir string, size Size, progress io.Writer) error {
	done := filepath.Join(dir, "signalbox-bench-complete")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	if err := git(ctx, "", "init", "-q", "--bare", "--initial-branch=main", dir); err != nil {
		return err
	}
	if err := fill(ctx, dir, size, progress); err != nil {
		return err
	}
	fmt.Fprintf(progress, "%s: repacking\n", size.Name)
	if err := git(ctx, dir, "repack", "-a", "-d", "-q", "--window=4", "--depth=20"); err != nil {
		return err
	}
	if err := git(ctx, dir, "pack-refs", "--all"); err != nil {
		return err
	}
	if err := os.WriteFile(done, []byte(time.Now().UTC().Format(time.RFC3339)), 0o644); err != nil {
		return fmt.Errorf("mark %s complete: %w", dir, err)
	}
	return nil
}

func git(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// fill streams the whole history into git fast-import.
func fill(ctx context.Context, dir string, size Size, progress io.Writer) error {
	cmd := exec.CommandContext(ctx, "git", "-c", "core.compression=1", "fast-import", "--quiet", "--done")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stderr = progress
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("pipe to fast-import: %w", err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("pipe from fast-import: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start fast-import: %w", err)
	}
	w := &writer{out: bufio.NewWriterSize(in, 1<<20), answers: bufio.NewReader(answers), size: size, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.history(progress)
	w.printf("done\n")
	if w.err == nil {
		w.err = w.out.Flush()
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("fast-import: %w", err)
	}
	return w.err
}

// writer keeps the first error; after it nothing is written.
type writer struct {
	out     *bufio.Writer
	answers *bufio.Reader
	size    Size
	now     time.Time
	err     error
}

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}

func (w *writer) data(content []byte) {
	w.printf("data %d\n", len(content))
	if w.err == nil {
		_, w.err = w.out.Write(content)
	}
	w.printf("\n")
}

func (w *writer) commit(ref, message string) {
	w.now = w.now.Add(time.Second)
	w.printf("commit %s\nauthor %s <%s> %d +0000\ncommitter Signalbox <signalbox@localhost> %d +0000\n", ref, actor.Name, actor.Email, w.now.Unix(), w.now.Unix())
	w.data([]byte(message))
}

func (w *writer) commitMarked(ref, message string) {
	w.now = w.now.Add(time.Second)
	w.printf("commit %s\nmark :1\nauthor %s <%s> %d +0000\ncommitter Signalbox <signalbox@localhost> %d +0000\n", ref, actor.Name, actor.Email, w.now.Unix(), w.now.Unix())
	w.data([]byte(message))
}

func (w *writer) file(path string, content []byte) {
	w.printf("M 100644 inline %s\n", path)
	w.data(content)
}

// logHead asks fast-import for the newest commit of the log.
func (w *writer) logHead() plumbing.Hash {
	w.printf("get-mark :1\n")
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if w.err != nil {
		return plumbing.ZeroHash
	}
	line, err := w.answers.ReadString('\n')
	if err != nil {
		w.err = fmt.Errorf("read mark: %w", err)
	}
	return plumbing.NewHash(strings.TrimSpace(line))
}

func (w *writer) history(progress io.Writer) {
	w.configure()
	for version := 1; version <= w.size.Releases; version++ {
		for app := range w.size.Applications {
			w.release(ApplicationName(app), version)
		}
		fmt.Fprintf(progress, "%s: release %d of %d of every application\n", w.size.Name, version, w.size.Releases)
	}
	for env := 1; env < w.size.Environments; env++ {
		w.train(env)
	}
	w.finish()
}

// configure writes what an operator prepares: layout and environments.
func (w *writer) configure() {
	w.commit(mainRef, "Set up the manifest repo\n")
	w.file("signalbox.json", []byte("{\n  \"layout\": 1\n}\n"))
	for i := range w.size.Environments {
		w.file(manifestrepo.ConfigPath(EnvironmentName(i)), configOf(i))
	}
}

func configOf(i int) []byte {
	upstream, group := `"latest": true`, EnvironmentName(i)
	if i > 0 {
		upstream = fmt.Sprintf("%q: %q", "environment", EnvironmentName(min(i-1, 1)))
	}
	if i > 1 {
		group = Group
	}
	return fmt.Appendf(nil, `{
  "argocd": {
    "destination": {
      "namespace": "*",
      "server": "https://%s.example.com"
    }
  },
  "environmentGroup": "%s",
  "upstream": {
    %s
  }
}
`, EnvironmentName(i), group, upstream)
}

// release appends to the log and deploys to the first environment.
func (w *writer) release(app string, version int) {
	manifests := map[string]manifestrepo.Manifest{}
	environments := make([]string, w.size.Environments)
	for i := range environments {
		environments[i] = EnvironmentName(i)
		content := []byte(Manifest(app, environments[i], version))
		sum := sha256.Sum256(content)
		manifests[environments[i]] = manifestrepo.Manifest{Content: content, Blob: blobID(content), SHA256: hex.EncodeToString(sum[:])}
	}
	record, err := manifestrepo.NewReleaseRecord(app, &manifestrepo.Release{
		Version: uint64(version), CommitID: blobID(fmt.Append(nil, app, version)).String(), Author: "Rosa Stein <rs@example.com>",
		Message: fmt.Sprintf("Change %d of %s", version, app), Team: TeamOf(app), CreatedAt: w.now, CreatedBy: actor, Environments: environments,
	}, manifests)
	if err != nil {
		w.err = fmt.Errorf("record of %s %d: %w", app, version, err)
		return
	}
	w.commitMarked(LogRef, record.Message)
	w.printf("deleteall\n")
	for _, f := range record.Files {
		content := f.Content
		if content == nil {
			content = manifests[strings.TrimSuffix(filepath.Base(f.Path), ".yaml")].Content
		}
		w.file(f.Path, content)
	}
	first := environments[0]
	message := manifestrepo.Message{
		Subject: fmt.Sprintf("Release %s %d", app, version), Action: "create-release", Application: app, Version: uint64(version),
		RequestID: "op-" + blobID(fmt.Append(nil, "request", app, version)).String()[:32],
		Events: []manifestrepo.Event{
			{What: "created-release", Application: app, Version: uint64(version)},
			{What: "deployed", Application: app, Environment: first, Version: uint64(version), PreviousVersion: uint64(version - 1)},
		},
	}
	w.commit(mainRef, message.String())
	if version == 1 {
		content, err := manifestrepo.EncodeApplication(&manifestrepo.Application{Name: app, Team: TeamOf(app)})
		w.keep(err)
		w.file(manifestrepo.ApplicationPath(app), content)
	}
	w.deployment(app, first, version, manifests[first].Blob, "new release")
}

// train deploys everything to one more environment, a version or two behind, so that a measured train has something to move.
func (w *writer) train(env int) {
	name := EnvironmentName(env)
	version := w.size.Releases - min(env, 2)
	message := manifestrepo.Message{Subject: "Release train to " + name, Action: "run-train", Environment: name}
	for app := range w.size.Applications {
		message.Events = append(message.Events, manifestrepo.Event{What: "deployed", Application: ApplicationName(app), Environment: name, Version: uint64(version)})
	}
	w.commit(mainRef, message.String())
	for app := range w.size.Applications {
		blob := blobID([]byte(Manifest(ApplicationName(app), name, version)))
		w.deployment(ApplicationName(app), name, version, blob, "release train")
	}
}

func (w *writer) deployment(app, env string, version int, blob plumbing.Hash, reason string) {
	content, err := manifestrepo.EncodeDeployment(&manifestrepo.Deployment{
		Environment: env, Version: uint64(version), ManifestBlob: blob, DeployedAt: w.now, DeployedBy: actor, Reason: reason,
	})
	w.keep(err)
	w.file(manifestrepo.DeploymentPath(env, app), content)
	w.printf("M 100644 %s %s\n", blob, manifestrepo.ManifestPath(env, app))
}

// finish names the log and writes Argo CD's documents, as they stand when everything is deployed.
func (w *writer) finish() {
	releases := manifestrepo.ReleasesFile{Log: manifestrepo.LogRef{Ref: LogRef, Head: w.logHead()}}
	content, err := manifestrepo.EncodeReleases(releases)
	w.keep(err)
	w.commit(mainRef, "Name the release log\n")
	w.file("releases.json", content)
}

// TeamOf spreads applications over ten teams.
func TeamOf(app string) string { return "team-" + app[len(app)-1:] }

func blobID(content []byte) plumbing.Hash { return plumbing.ComputeHash(plumbing.BlobObject, content) }

func (w *writer) keep(err error) {
	if w.err == nil && err != nil {
		w.err = err
	}
}
