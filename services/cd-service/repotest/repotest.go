// Package repotest makes real manifest repos for the tests of cd-service: a git store in a temporary folder, commits on
// main and in the release log, and the state that follows them. It knows no rules: a test says what stands in each commit.
package repotest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// Committer is the name on the commits that count as our own.
const Committer = "Signalbox"

// Branch and Log are the refs of a test's repo.
const (
	Branch = "refs/heads/main"
	Log    = "refs/signalbox/log/0001"
)

// Start is when the first commit of a repo is made; each one after it is a minute later.
var Start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// CI is who makes commits when a test names nobody.
var CI = manifestrepo.Actor{Name: "CI", Email: "ci@example.com"}

// Repo is a manifest repo under test. Its methods fail the test on error.
type Repo struct {
	t     testing.TB
	Store *gitstore.Store
	// State follows main; nil until Open.
	State *state.Repo
	// Now is when the next commit is made.
	Now time.Time

	batch    *gitstore.Batch
	main     gitstore.Hash
	log      gitstore.Hash
	recorded gitstore.Hash
	files    manifestrepo.ReleasesFile
}

// New makes a repo that holds the layout file, and the environments development (latest), staging and production, the last
// in the group "production".
func New(t testing.TB) *Repo {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	store, err := gitstore.Open(context.Background(), gitstore.Options{Dir: filepath.Join(t.TempDir(), "manifests.git"), Refs: []string{Log, Branch}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &Repo{t: t, Store: store, Now: Start}
	r.files.Log.Ref = Log
	edits := []manifestrepo.Edit{
		{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")},
		Environment("development", `{"upstream":{"latest":true}}`),
		Environment("staging", `{"upstream":{"environment":"development"}}`),
		Environment("production", `{"upstream":{"environment":"staging"},"environmentGroup":"production"}`),
	}
	r.Commit(Commit{Message: manifestrepo.Message{Subject: "Prepare the manifest repo", Action: "init"}, Edits: edits})
	return r
}

// Open starts the state with its followers.
func (r *Repo) Open(saved *state.Saved, followers ...state.Follower) *state.Repo {
	r.t.Helper()
	var err error
	if r.State, err = state.Open(context.Background(), r.Store, Branch, saved, followers...); err != nil {
		r.t.Fatal(err)
	}
	return r.State
}

// Commit is one commit of main, with the releases it records in the log first.
type Commit struct {
	// Author and Committer default to CI and Committer.
	Author    manifestrepo.Actor
	Committer string
	// Text is the message when it is not empty, else Message.
	Text     string
	Message  manifestrepo.Message
	Edits    []manifestrepo.Edit
	Releases []Release
	// At is when; zero means the repo's Now.
	At time.Time
}

// Release is a release to record. Manifests are by environment.
type Release struct {
	Application string
	manifestrepo.Release
	Manifests map[string]string
}

// Commit pushes one commit and, when the state is open, brings it there.
func (r *Repo) Commit(c Commit) gitstore.Hash {
	r.t.Helper()
	h := r.Add(c)
	r.Push()
	return h
}

// Add makes a commit that the next Push takes along.
func (r *Repo) Add(c Commit) gitstore.Hash {
	r.t.Helper()
	if r.batch == nil {
		r.batch = r.Store.Begin()
	}
	at := c.At
	if at.IsZero() {
		at = r.Now
		r.Now = r.Now.Add(time.Minute)
	}
	if c.Author == (manifestrepo.Actor{}) {
		c.Author = CI
	}
	if c.Committer == "" {
		c.Committer = Committer
	}
	author := gitstore.Signature{Name: c.Author.Name, Email: c.Author.Email, When: at}
	committer := gitstore.Signature{Name: c.Committer, Email: "signalbox@example.com", When: at}
	for _, release := range c.Releases {
		r.record(release, author, committer)
	}
	if r.log != r.recorded || r.main.IsZero() {
		r.files.Log.Head, r.recorded = r.log, r.log
		content, err := manifestrepo.EncodeReleases(r.files)
		r.must(err)
		c.Edits = append(c.Edits, manifestrepo.Edit{Path: "releases.json", Content: content})
	}
	if c.Text == "" {
		c.Text = c.Message.String()
	}
	h, err := r.batch.Commit(context.Background(), gitstore.CommitSpec{
		Parent: r.main, Changes: r.changes(c.Edits), Author: author, Committer: committer, Message: c.Text,
	})
	r.must(err)
	r.main = h
	return h
}

// Push stores what was added and brings the state there.
func (r *Repo) Push() {
	r.t.Helper()
	heads := r.Store.Heads()
	var updates []gitstore.RefUpdate
	if r.log != heads[Log] {
		updates = append(updates, gitstore.RefUpdate{Name: Log, Old: heads[Log], New: r.log})
	}
	updates = append(updates, gitstore.RefUpdate{Name: Branch, Old: heads[Branch], New: r.main})
	r.must(r.Store.Push(context.Background(), r.batch, updates))
	r.batch = nil
	r.Follow()
}

// Follow brings an open state to main.
func (r *Repo) Follow() {
	r.t.Helper()
	if r.State != nil {
		r.must(r.State.Advance(context.Background()))
	}
}

// Rewrite replaces all of main by one new root commit.
func (r *Repo) Rewrite(c Commit) gitstore.Hash {
	r.t.Helper()
	r.main, r.log, r.recorded = gitstore.Hash{}, r.Store.Heads()[Log], gitstore.Hash{}
	return r.Commit(c)
}

// Main is main's head.
func (r *Repo) Main() gitstore.Hash { return r.main }

func (r *Repo) record(release Release, author, committer gitstore.Signature) {
	r.t.Helper()
	manifests := map[string]manifestrepo.Manifest{}
	for env, text := range release.Manifests {
		sum := sha256.Sum256([]byte(text))
		manifests[env] = manifestrepo.Manifest{Content: []byte(text), SHA256: hex.EncodeToString(sum[:])}
	}
	if release.CreatedAt.IsZero() {
		release.CreatedAt = author.When
	}
	record, err := manifestrepo.NewReleaseRecord(release.Application, &release.Release, manifests)
	r.must(err)
	r.log, err = r.batch.Commit(context.Background(), gitstore.CommitSpec{
		Parent: r.log, Fresh: true, Changes: r.changes(record.Files), Author: author, Committer: committer, Message: record.Message,
	})
	r.must(err)
}

func (r *Repo) changes(edits []manifestrepo.Edit) []gitstore.Change {
	changes := make([]gitstore.Change, 0, len(edits))
	for _, e := range edits {
		change := gitstore.Change{Path: e.Path, New: e.Blob}
		if !e.Delete && e.Blob.IsZero() {
			change.New = r.batch.AddBlob(gitstore.PrepareBlob(e.Content))
		}
		changes = append(changes, change)
	}
	return changes
}

func (r *Repo) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// Environment is the edit that writes an environment's config.json.
func Environment(name, config string) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.ConfigPath(name), Content: []byte(config)}
}

// Deployment writes deployment.json, and the manifest when one is given.
func Deployment(app string, d manifestrepo.Deployment, manifest string) []manifestrepo.Edit {
	var edits []manifestrepo.Edit
	if d.Version != 0 {
		d.ManifestBlob = gitstore.PrepareBlob([]byte(manifest)).Hash()
		edits = append(edits, manifestrepo.Edit{Path: manifestrepo.ManifestPath(d.Environment, app), Content: []byte(manifest)})
	}
	return append(edits, manifestrepo.Edit{Path: manifestrepo.DeploymentPath(d.Environment, app), Content: encoded(manifestrepo.EncodeDeployment(&d))})
}

// Lock writes a lock.
func Lock(l manifestrepo.Lock) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.LockPath(&l), Content: encoded(manifestrepo.EncodeLock(&l))}
}

// Departure writes the record of a train of the timetable.
func Departure(d manifestrepo.Departure) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.DeparturePath(&d), Content: encoded(manifestrepo.EncodeDeparture(&d))}
}

// Approval writes a request for approval.
func Approval(a manifestrepo.Approval) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.ApprovalPath(a.Environment, a.ID), Content: encoded(manifestrepo.EncodeApproval(&a))}
}

// ReleaseSet writes a release set.
func ReleaseSet(s manifestrepo.ReleaseSet) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.ReleaseSetPath(s.Name), Content: encoded(manifestrepo.EncodeReleaseSet(&s))}
}

// GroupSettings writes the settings of an environment group.
func GroupSettings(group, config string) manifestrepo.Edit {
	return manifestrepo.Edit{Path: manifestrepo.GroupPath(group), Content: []byte(config)}
}

// encoded is a file's content; one that cannot be encoded says so and shows as a problem of the repo.
func encoded(content []byte, err error) []byte {
	if err != nil {
		return []byte(err.Error())
	}
	return content
}

// Manifest is a small valid manifest that differs from version to version.
func Manifest(app, env string, version uint64) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  namespace: %s\ndata:\n  version: \"%d\"\n", app, env, version)
}

// ReleaseTo records a release with a manifest for each environment and deploys it to the first.
func (r *Repo) ReleaseTo(app string, version uint64, envs ...string) gitstore.Hash {
	r.t.Helper()
	return r.Commit(r.Releasing(app, version, envs...))
}

// Releasing is the commit that ReleaseTo makes.
func (r *Repo) Releasing(app string, version uint64, envs ...string) Commit {
	release := Release{Application: app, Release: manifestrepo.Release{Version: version, CommitID: fmt.Sprintf("%07x", version), Team: "payments", CreatedBy: CI}, Manifests: map[string]string{}}
	for _, env := range envs {
		release.Manifests[env] = Manifest(app, env, version)
	}
	c := Deploying(app, envs[0], version, version-1, r.Now)
	c.Message.Subject = fmt.Sprintf("Release %s %d", app, version)
	c.Message.Action, c.Message.RequestID = "create-release", fmt.Sprintf("release-%s-%d", app, version)
	c.Message.Events = append([]manifestrepo.Event{{What: "created-release", Application: app, Version: version}}, c.Message.Events...)
	c.Releases = []Release{release}
	content, err := manifestrepo.EncodeApplication(&manifestrepo.Application{Name: app, Team: "payments"})
	r.must(err)
	c.Edits = append(c.Edits, manifestrepo.Edit{Path: manifestrepo.ApplicationPath(app), Content: content})
	return c
}

// Deploying is a commit that deploys a version.
func Deploying(app, env string, version, before uint64, at time.Time) Commit {
	return Commit{
		Message: manifestrepo.Message{
			Subject: fmt.Sprintf("Deploy %s %d to %s", app, version, env), Action: "deploy", RequestID: fmt.Sprintf("deploy-%s-%s-%d", app, env, version),
			RequestDigest: "0123456789abcdef", Application: app, Environment: env, Version: version,
			Events: []manifestrepo.Event{{What: "deployed", Application: app, Environment: env, Version: version, PreviousVersion: before}},
		},
		Edits: Deployment(app, manifestrepo.Deployment{Environment: env, Version: version, DeployedAt: at, DeployedBy: CI}, Manifest(app, env, version)),
	}
}
