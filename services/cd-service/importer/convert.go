package importer

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// conversion is what an import makes of a source: the files of the new main, and the releases of the log in order.
type conversion struct {
	source *source
	report *Report
	now    time.Time
	// kept are files of the source that stay as they are; written the ones that are new or rendered again.
	kept     []gitstore.Change
	written  map[string][]byte
	releases []plannedRelease
	// blobs of the releases' manifests.
	manifests map[releaseKey]map[string]gitstore.Change
	// foreign are folders that stay as they are because their name is not allowed; each is noted once.
	foreign map[string]bool
}

type plannedRelease struct {
	app       string
	release   manifestrepo.Release
	manifests map[string]gitstore.Change
}

func (c *conversion) convert() {
	c.kept = slices.Clone(c.source.kept)
	c.written = map[string][]byte{manifestrepo.SignalboxPath: []byte("{\n  \"layout\": 1\n}\n")}
	c.manifests, c.foreign = map[releaseKey]map[string]gitstore.Change{}, map[string]bool{}
	for _, name := range sorted(c.source.apps) {
		c.application(c.source.apps[name])
	}
	c.orderReleases()
	for _, key := range slices.SortedFunc(maps.Keys(c.source.deployments), func(a, b envApp) int {
		return cmp.Or(cmp.Compare(a.env, b.env), cmp.Compare(a.app, b.app))
	}) {
		c.deployment(key, c.source.deployments[key])
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.source.locks), func(a, b sourceLockKey) int {
		return cmp.Or(cmp.Compare(a.env, b.env), cmp.Compare(a.app, b.app), cmp.Compare(a.id, b.id))
	}) {
		c.lock(key, c.source.locks[key])
	}
	for _, env := range sorted(c.source.envs) {
		c.allowed("environments/"+env, manifestrepo.CheckEnvironment(env))
	}
}

// allowed reports whether a folder's name is allowed (err is nil), and notes once when it is not.
func (c *conversion) allowed(folder string, err error) bool {
	if err != nil && !c.foreign[folder] {
		c.foreign[folder] = true
		c.note(folder, "it stays in the repo and is not known to Signalbox: %v", err)
	}
	return err == nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// write adds a file; encoders fail for nothing that comes from files of text.
func (c *conversion) write(path string, content []byte, err error) {
	if err != nil {
		c.note(path, "it cannot be written: %v", err)
		return
	}
	c.written[path] = content
}

func (c *conversion) writtenPaths() []string { return sorted(c.written) }

func (c *conversion) note(path, format string, args ...any) {
	c.report.NotCarried = append(c.report.NotCarried, Note{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// keep leaves files where they are.
func (c *conversion) keep(texts ...*text) {
	for _, t := range texts {
		if t != nil {
			c.kept = append(c.kept, t.change)
		}
	}
}

func (c *conversion) application(a *sourceApp) {
	folder := "applications/" + a.name
	if !c.allowed(folder, manifestrepo.CheckApplication(a.name)) {
		c.keep(a.team, a.sourceRepoURL)
		for _, r := range a.releases {
			c.keep(slices.Collect(maps.Values(r.files))...)
			c.kept = slices.AppendSeq(c.kept, maps.Values(r.manifests))
		}
		return
	}
	app := manifestrepo.Application{Name: a.name, Team: c.line(a.team), SourceRepoURL: c.line(a.sourceRepoURL)}
	if app.Team != "" {
		if err := manifestrepo.CheckTeam(app.Team); err != nil {
			c.note(folder+"/team", "the application has no team: %v", err)
			app.Team = ""
		}
	}
	if app.Team != "" || app.SourceRepoURL != "" {
		content, err := manifestrepo.EncodeApplication(&app)
		c.write(manifestrepo.ApplicationPath(a.name), content, err)
	}
	c.report.Applications++
	last := time.Time{}
	for _, version := range slices.Sorted(maps.Keys(a.releases)) {
		r := c.release(a.name, version, a.releases[version], last)
		last = r.release.CreatedAt
		c.releases = append(c.releases, r)
		c.manifests[releaseKey{a.name, version}] = r.manifests
	}
}

// line is the value of a text of one line; empty when it is not there.
func (c *conversion) line(t *text) string { return strings.TrimSpace(c.text(t)) }

func (c *conversion) text(t *text) string {
	if t == nil {
		return ""
	}
	if !t.read {
		c.note(t.change.Path, "it is larger than %d bytes and was left out", maxSmallFile)
	}
	return t.value
}

var commitID = regexp.MustCompile(`^[0-9a-f]{7,40}$`)

// release converts one release. When it does not say when it was made, it counts as made with the one before it.
func (c *conversion) release(app string, version uint64, r *sourceRelease, before time.Time) plannedRelease {
	folder := fmt.Sprintf("applications/%s/releases/%d", app, version)
	p := plannedRelease{app: app, manifests: map[string]gitstore.Change{}}
	p.release = manifestrepo.Release{
		Version: version, Author: c.line(r.files["source_author"]), Message: c.text(r.files["source_message"]),
		DisplayVersion: c.line(r.files["display_version"]), CommitID: c.line(r.files["source_commit_id"]),
		Undeploy: r.files["undeploy"] != nil, CreatedBy: c.source.creators[releaseKey{app, version}],
	}
	if id := p.release.CommitID; id != "" && !commitID.MatchString(id) {
		c.note(folder+"/source_commit_id", "%q is not a commit id of 7 to 40 lower-case hex digits", id)
		p.release.CommitID = ""
	}
	created, err := time.Parse(time.RFC3339, c.line(r.files["created_at"]))
	if err != nil || created.Unix() < 0 || created.Year() > 9999 {
		if created = before; created.IsZero() {
			created = c.source.head.Committer.When
		}
		c.note(folder+"/created_at", "it is no time; the release counts as created at %s", created.UTC().Format(time.RFC3339))
	}
	p.release.CreatedAt = created.UTC().Truncate(time.Second)
	for _, env := range sorted(r.manifests) {
		if err := manifestrepo.CheckEnvironment(env); err != nil {
			c.note(r.manifests[env].Path, "the manifest is left out of the release: %v", err)
			continue
		}
		p.manifests[env] = r.manifests[env]
	}
	return p
}

// orderReleases puts the releases in the order they were made, and marks those that were made after a higher version.
func (c *conversion) orderReleases() {
	slices.SortFunc(c.releases, func(a, b plannedRelease) int {
		return cmp.Or(a.release.CreatedAt.Compare(b.release.CreatedAt), cmp.Compare(a.release.Version, b.release.Version), cmp.Compare(a.app, b.app))
	})
	highest := map[string]uint64{}
	for i := range c.releases {
		r := &c.releases[i]
		r.release.Backfilled = r.release.Version < highest[r.app]
		highest[r.app] = max(highest[r.app], r.release.Version)
	}
	c.report.Releases = len(c.releases)
}

// deployedAtLayout is how kuberpult writes deployed_at_utc.
const deployedAtLayout = "2006-01-02 15:04:05.999999999 -0700 MST"

func (c *conversion) deployment(key envApp, s *sourceDeployment) {
	folder := "environments/" + key.env + "/applications/" + key.app
	goodEnv := c.allowed("environments/"+key.env, manifestrepo.CheckEnvironment(key.env))
	goodApp := c.allowed("applications/"+key.app, manifestrepo.CheckApplication(key.app))
	if !goodEnv || !goodApp {
		c.keep(slices.Collect(maps.Values(s.by))...)
		if !goodApp {
			c.keep(s.version, s.queued) // what they point at stays, too
		} else if s.version != nil {
			c.note(folder+"/version", "the manifest stays, the link to version %d goes with the releases: the environment is not known to Signalbox", parseTarget(s.version.value, key.app))
		}
		return
	}
	d := manifestrepo.Deployment{Environment: key.env, Version: c.deployed(key, folder, s)}
	if d.Version != 0 {
		d.ManifestBlob = c.manifestBlob(key, d.Version, s)
		d.DeployedBy = manifestrepo.Actor{Name: c.line(s.by["deployed_by"]), Email: c.line(s.by["deployed_by_email"])}
		if at, err := time.Parse(deployedAtLayout, c.line(s.by["deployed_at_utc"])); err == nil && at.Year() <= 9999 {
			d.DeployedAt = at
		}
		c.report.Deployments++
	} else if !s.file.New.IsZero() {
		c.note(s.file.Path, "nothing says which version this manifest is; it stays, and nothing counts as deployed")
	}
	if d.Queued = c.queued(key, folder, s, d.Version); d.Queued != nil {
		c.report.Queued++
	}
	if d.Version == 0 && d.Queued == nil {
		return
	}
	content, err := manifestrepo.EncodeDeployment(&d)
	c.write(manifestrepo.DeploymentPath(key.env, key.app), content, err)
}

// deployed is the version an environment runs; 0 when none, or none that can be told.
func (c *conversion) deployed(key envApp, folder string, s *sourceDeployment) uint64 {
	if s.version == nil {
		return 0
	}
	version := parseTarget(s.version.value, key.app)
	if version == 0 {
		c.note(folder+"/version", "the link points to %q, which is no release of %s", s.version.value, key.app)
		return 0
	}
	release := c.manifests[releaseKey{key.app, version}]
	if release == nil {
		c.note(folder+"/version", "release %d is not in the repo any more: it stays deployed, without what is known of the release", version)
	}
	if _, ok := release[key.env]; !ok && s.file.New.IsZero() {
		c.note(folder+"/version", "version %d is linked, but there is no manifest: nothing counts as deployed", version)
		return 0
	}
	return version
}

// manifestBlob is the manifest that was deployed: the release's, or without one what Argo CD sees.
func (c *conversion) manifestBlob(key envApp, version uint64, s *sourceDeployment) gitstore.Hash {
	if m, ok := c.manifests[releaseKey{key.app, version}][key.env]; ok {
		return m.New
	}
	return s.file.New
}

func (c *conversion) queued(key envApp, folder string, s *sourceDeployment, deployed uint64) *manifestrepo.Queued {
	if s.queued == nil {
		return nil
	}
	version := parseTarget(s.queued.value, key.app)
	switch {
	case version == 0:
		c.note(folder+"/queued_version", "the link points to %q, which is no release of %s", s.queued.value, key.app)
		return nil
	case c.manifests[releaseKey{key.app, version}] == nil:
		c.note(folder+"/queued_version", "release %d is not in the repo any more: it cannot wait", version)
		return nil
	case version == deployed:
		return nil // kuberpult drops such a one at its next step
	}
	// Kuberpult does not write down when a version began to wait, nor for which lock.
	return &manifestrepo.Queued{Version: version, Because: "queued by kuberpult"}
}

func (c *conversion) lock(key sourceLockKey, s *sourceLock) {
	l := manifestrepo.Lock{
		Scope: manifestrepo.ScopeEnvironment, ID: key.id, Environment: key.env, Message: c.text(s.files["message"]),
		CreatedBy: manifestrepo.Actor{Name: c.line(s.files["created_by_name"]), Email: c.line(s.files["created_by_email"])},
	}
	folder := "environments/" + key.env + "/locks/" + key.id
	errs := []error{manifestrepo.CheckLockID(key.id), manifestrepo.CheckEnvironment(key.env)}
	if key.app != "" {
		l.Scope, l.Application = manifestrepo.ScopeApplication, key.app
		folder = "environments/" + key.env + "/applications/" + key.app + "/locks/" + key.id
		errs = append(errs, manifestrepo.CheckApplication(key.app))
	}
	for _, err := range errs {
		if err != nil {
			c.note(folder, "the lock does not hold any more, its files stay: %v", err)
			c.keep(slices.Collect(maps.Values(s.files))...)
			return
		}
	}
	if at, err := time.Parse(time.RFC3339, c.line(s.files["created_at"])); err == nil && at.Year() <= 9999 {
		l.CreatedAt = at
	}
	content, err := manifestrepo.EncodeLock(&l)
	c.write(manifestrepo.LockPath(&l), content, err)
	c.report.Locks++
}
