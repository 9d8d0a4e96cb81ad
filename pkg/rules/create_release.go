package rules

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// CreateRelease: CI hands in a new version of an application; "latest" environments get it at once.

func checkCreateRelease(m *api.CreateRelease, c *checking) error {
	if err := firstOf(
		at("create_release.application", manifestrepo.CheckApplication(m.Application)),
		checkVersionLimit("create_release.version", m.Version),
		teamIsAName("create_release.team", m.Team),
		checkCommitID("create_release.commit_id", m.CommitId),
		checkCommitID("create_release.previous_commit_id", m.PreviousCommitId),
		checkAuthor("create_release.author", m.Author),
		checkText("create_release.message", m.Message, maxCommitMessage),
		checkLine("create_release.display_version", m.DisplayVersion, maxDisplayVersion),
		checkURL("create_release.ci_link", m.CiLink, "http", "https"),
		checkLine("create_release.source_repo_url", m.SourceRepoUrl, maxURL),
		manifestsAreNamed(m),
		signaturesHaveManifests(m),
		deployToIsNamed(m.DeployTo),
	); err != nil {
		return err
	}
	c.out.minor = len(c.policy.Minor) > 0
	return checkManifests(m.Manifests, c)
}

func teamIsAName(field, team string) error {
	if team == "" {
		return nil
	}
	return at(field, manifestrepo.CheckTeam(team))
}

func manifestsAreNamed(m *api.CreateRelease) error {
	switch n := len(m.Manifests); {
	case n == 0 && !m.Prepublish:
		return invalid("create_release.manifests", "the manifests are missing").Because("a release has at least one manifest").
			Fix("upload one manifest for each environment it is for")
	case n > 0 && m.Prepublish:
		return invalid("create_release.manifests", "manifests are given for a prepublished release").
			Because("a prepublished release is announced without manifests").Fix("leave out prepublish, or the manifests")
	case n > maxManifests:
		return problem.New(problem.TooLarge, "the release has %d manifests", n).At("create_release.manifests").
			Because(fmt.Sprintf("a release has at most %d manifests", maxManifests)).Fix("split the application")
	}
	for _, env := range slices.Sorted(maps.Keys(m.Manifests)) {
		if err := manifestrepo.CheckEnvironment(env); err != nil {
			return at("create_release.manifests["+shorten(env)+"]", err)
		}
	}
	return nil
}

// signaturesHaveManifests finds a mistake in a name; whether signatures count is not for the rules to say.
func signaturesHaveManifests(m *api.CreateRelease) error {
	for _, env := range slices.Sorted(maps.Keys(m.Signatures)) {
		if _, found := m.Manifests[env]; !found {
			return invalid("create_release.signatures["+shorten(env)+"]", "the release has no manifest for %q", shorten(env)).
				Because("a signature belongs to a manifest").Fix("upload the manifest, or leave the signature out")
		}
	}
	return nil
}

func deployToIsNamed(envs []string) error {
	for i, env := range envs {
		field := fmt.Sprintf("create_release.deploy_to[%d]", i)
		if err := manifestrepo.CheckEnvironment(env); err != nil {
			return at(field, err)
		}
		if slices.Contains(envs[:i], env) {
			return invalid(field, "%q is named twice", env).Because("an environment is named once").Fix("remove one")
		}
	}
	return nil
}

func needsOfCreateRelease(m *api.CreateRelease, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	app := s.Application(m.Application)
	if app == nil {
		return nil
	}
	existing := app.Newest()
	if m.Version != 0 {
		existing = app.Release(m.Version)
	}
	var needs []ReleaseKey
	if existing != nil && (m.Version != 0 || m.CommitId == existing.CommitID) {
		needs = append(needs, ReleaseKey{m.Application, existing.Version})
	}
	return append(needs, NeedsContents(c, s)...)
}

func decideCreateRelease(m *api.CreateRelease, w *work) error {
	if err := manifestsAreForKnownEnvironments(w.s, m.Manifests); err != nil {
		return err
	}
	app := w.s.Application(m.Application)
	if app == nil {
		app = &manifestrepo.Application{Name: m.Application}
	}
	version, same, err := w.versionOf(m, app)
	if err != nil {
		return err
	}
	if same {
		w.result.Kind = releaseResult(api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME, m.Application, version)
		w.describeRelease(m, version, "Keep release")
		return nil
	}
	release, err := w.recordRelease(m, version, app)
	if err != nil {
		return err
	}
	app, err = w.applicationFacts(m, app, release)
	if err != nil {
		return err
	}
	answer := releaseResult(api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, m.Application, version)
	w.result.Kind = answer
	answer.CreateRelease.Deployments, err = w.deployRelease(m, app, release)
	return err
}

func releaseResult(outcome api.ReleaseOutcome, app string, version uint64) *api.ActionResult_CreateRelease {
	return &api.ActionResult_CreateRelease{CreateRelease: &api.ReleaseResult{Outcome: outcome, Application: app, Version: version}}
}

func (w *work) describeRelease(m *api.CreateRelease, version uint64, verb string) {
	w.message.Application, w.message.Version = m.Application, version
	w.message.Subject = fmt.Sprintf("%s %s %d", verb, m.Application, version)
	if m.DisplayVersion != "" {
		w.message.Subject += " (" + m.DisplayVersion + ")"
	}
}

// recordRelease appends the release to the log. The announcement of it, if there was one, is removed first: a number is recorded once.
func (w *work) recordRelease(m *api.CreateRelease, version uint64, app *manifestrepo.Application) (*manifestrepo.Release, error) {
	if app.Release(version) != nil {
		removal, err := manifestrepo.NewRemovalRecord(app.Name, version, w.ctx.Actor, w.now, "announced; its manifests have arrived")
		if err != nil {
			return nil, fmt.Errorf("remove the announcement of %s %d: %w", app.Name, version, err)
		}
		w.records = append(w.records, removal)
	}
	release := w.newRelease(m, version)
	newest := app.Newest()
	release.Backfilled = newest != nil && newest.Version > version
	var err error
	if release.Minor, err = w.isMinor(app, version, w.checked.Manifests); err != nil {
		return nil, err
	}
	record, err := manifestrepo.NewReleaseRecord(m.Application, release, w.checked.Manifests)
	if err != nil {
		return nil, fmt.Errorf("record release %d of %s: %w", version, m.Application, err)
	}
	w.records = append(w.records, record)
	w.happened(manifestrepo.Event{What: eventCreatedRelease, Application: m.Application, Version: version})
	w.describeRelease(m, version, "Release")
	return release, nil
}

func (w *work) newRelease(m *api.CreateRelease, version uint64) *manifestrepo.Release {
	return &manifestrepo.Release{
		Version: version, Revision: m.Revision, DisplayVersion: m.DisplayVersion,
		CommitID: m.CommitId, PreviousCommitID: m.PreviousCommitId, Author: m.Author, Message: m.Message,
		Team: m.Team, CILink: m.CiLink, SourceRepoURL: m.SourceRepoUrl,
		CreatedAt: w.now, CreatedBy: w.ctx.Actor,
		Environments: slices.Sorted(maps.Keys(m.Manifests)), Prepublished: m.Prepublish,
	}
}

// manifestsAreForKnownEnvironments names every environment that does not exist.
func manifestsAreForKnownEnvironments(s *manifestrepo.Snapshot, manifests map[string]string) error {
	var unknown []string
	for env := range manifests {
		if s.Environment(env) == nil {
			unknown = append(unknown, env)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	words := "is no environment"
	if len(unknown) > 1 {
		words = "are no environments"
	}
	return invalid(manifestField(unknown[0]), "there %s %s", words, listed(unknown)).
		Because("a manifest is for an environment that exists").
		Fix("%s", didYouMean(unknown[0], environmentNames(s), "create the environment first"))
}

// versionOf is the release's number: the given one, or one more than the highest. same reports that the release is there already.
func (w *work) versionOf(m *api.CreateRelease, app *manifestrepo.Application) (version uint64, same bool, err error) {
	if m.Version == 0 {
		return w.automaticVersion(m, app)
	}
	existing := app.Release(m.Version)
	switch {
	case existing == nil:
		return m.Version, false, w.versionIsInKeepWindow(m.Version, app)
	case existing.Prepublished && !m.Prepublish:
		return m.Version, false, nil // it was announced, and here it is
	}
	return m.Version, true, w.releaseIsTheSame(m, existing)
}

func (w *work) automaticVersion(m *api.CreateRelease, app *manifestrepo.Application) (version uint64, same bool, err error) {
	newest := app.Newest()
	if newest == nil {
		return 1, false, nil
	}
	if !w.ctx.Keyed {
		if retry, err := w.isRetryOf(m, newest); retry || err != nil {
			return newest.Version, retry, err
		}
	}
	if newest.Version >= maxVersion {
		return 0, false, problem.New(problem.Conflict, "%s has no number left after %d", app.Name, newest.Version).
			At("create_release.version").Because("a version is a number from 1 to 9223372036854775807").Fix("name a version")
	}
	return newest.Version + 1, false, nil
}

// isRetryOf: without a version and a key, the same facts and the same bytes as the newest release mean that CI asks again because
// it did not hear the answer; a second release would be wrong. A retry sends the same bytes, so their ids tell: reading YAML here
// would cost the one writer more than all the rest of the release.
func (w *work) isRetryOf(m *api.CreateRelease, newest *manifestrepo.Release) (bool, error) {
	if m.CommitId != newest.CommitID || m.Prepublish != newest.Prepublished || len(m.Manifests) != len(newest.Environments) ||
		firstDifferentFact(m, newest) != nil {
		return false, nil
	}
	blobs, err := w.manifestsOf(m.Application, newest)
	if err != nil {
		return false, err
	}
	for env := range m.Manifests {
		if blobs[env] != w.checked.Manifests[env].Blob {
			return false, nil
		}
	}
	return true, nil
}

// versionIsInKeepWindow refuses a number that clean-up would remove at once: KeepWindow releases lie between it and the oldest
// deployed one.
func (w *work) versionIsInKeepWindow(version uint64, app *manifestrepo.Application) error {
	oldest := app.OldestDeployed()
	between := 0
	for _, r := range app.Releases {
		if r.Version > version && r.Version < oldest && countsAgainstWindow(r) {
			between++
		}
	}
	window := w.ctx.Policy.keepWindow()
	if between < window {
		return nil
	}
	return problem.New(problem.TooOld, "version %d of %s is too old: %d releases lie between it and the oldest deployed version %d",
		version, app.Name, between, oldest).At("create_release.version").
		Because(fmt.Sprintf("%d releases behind the oldest deployed one are kept", window)).
		Fix("use a higher version, or leave it out; the newest is %d", app.Newest().Version)
}

// applicationFacts keeps team and source repo of the application as the newest release says. A back-filled release is older
// than what is known and changes nothing; neither is a file rewritten that cannot be read.
func (w *work) applicationFacts(m *api.CreateRelease, app *manifestrepo.Application, r *manifestrepo.Release) (*manifestrepo.Application, error) {
	next := *app
	if m.Team != "" {
		next.Team = m.Team
	}
	if m.SourceRepoUrl != "" {
		next.SourceRepoURL = m.SourceRepoUrl
	}
	path := manifestrepo.ApplicationPath(app.Name)
	if r.Backfilled || w.s.ProblemAt(path) != "" || next.Team == app.Team && next.SourceRepoURL == app.SourceRepoURL {
		return app, nil
	}
	content, err := manifestrepo.EncodeApplication(&next)
	if err != nil {
		return nil, fmt.Errorf("write application %s: %w", app.Name, err)
	}
	if app.HasFile() {
		w.write(path, content)
	} else {
		w.create(path, content)
	}
	if app.Team != next.Team && app.Team != "" {
		w.say("The application moves from team %s to %s.", app.Team, next.Team)
	}
	return &next, nil
}

// deployRelease brings a new release to the "latest" environments it has a manifest for, and to those that CI asked for. It also
// names the environments whose config cannot be read: nobody knows whether they are "latest".
func (w *work) deployRelease(m *api.CreateRelease, app *manifestrepo.Application, r *manifestrepo.Release) ([]*api.DeployResult, error) {
	wanted, err := w.deployToIsDownstream(m)
	if err != nil {
		return nil, err
	}
	for _, env := range r.Environments {
		if e := w.s.Environment(env); (e.Latest() || e.Problem != "") && !slices.Contains(wanted, env) {
			wanted = append(wanted, env)
		}
	}
	sort.Strings(wanted)
	var results []*api.DeployResult
	for _, env := range wanted {
		result, err := w.deployAutomatically(app, w.s.Environment(env), r)
		if err != nil {
			return nil, err
		}
		if result.Outcome != api.DeployOutcome_DEPLOY_OUTCOME_UNSPECIFIED {
			results = append(results, result)
			w.tell(result)
		}
	}
	return results, nil
}

func (w *work) deployAutomatically(app *manifestrepo.Application, env *manifestrepo.Environment, r *manifestrepo.Release) (*api.DeployResult, error) {
	d := deliveryTo(env, app.Name, app)
	if r.Backfilled {
		result := &api.DeployResult{Application: app.Name, Environment: env.Name, Version: r.Version}
		if d.old != nil {
			result.PreviousVersion = d.old.Version
		}
		return skipped(result, api.SkipCause_SKIP_CAUSE_UNSPECIFIED,
			fmt.Sprintf("%d is a back-filled version: there is a newer one, so it is never deployed automatically", r.Version)), nil
	}
	d.version, d.manifest = r.Version, w.checked.Manifests[env.Name].Blob
	d.behavior, d.automatic = api.LockBehavior_LOCK_BEHAVIOR_RECORD, true
	d.reason = w.because("new release")
	return w.deliver(d)
}

// deployToIsDownstream: an environment that CI asks for has a manifest in the release, and lies behind another one that has.
func (w *work) deployToIsDownstream(m *api.CreateRelease) ([]string, error) {
	for i, name := range m.DeployTo {
		field := fmt.Sprintf("create_release.deploy_to[%d]", i)
		env, err := findEnvironment(w.s, field, name)
		if err != nil {
			return nil, err
		}
		if _, found := m.Manifests[name]; !found {
			return nil, invalid(field, "the release has no manifest for %s", name).
				Because("a release is deployed with its manifest for that environment").Fix("upload a manifest for it, or remove it")
		}
		if !w.hasManifestUpstream(env, m.Manifests) {
			return nil, invalid(field, "%s is not downstream of an environment the release has a manifest for", name).
				Because("deploy_to follows the chain of environments").Fix("name environments whose upstream is in the release, or deploy by hand")
		}
	}
	return slices.Clone(m.DeployTo), nil
}

func (w *work) hasManifestUpstream(env *manifestrepo.Environment, manifests map[string]string) bool {
	seen := map[string]bool{env.Name: true}
	for env != nil && env.UpstreamName() != "" {
		up := env.UpstreamName()
		if seen[up] {
			return false
		}
		if _, found := manifests[up]; found {
			return true
		}
		seen[up] = true
		env = w.s.Environment(up)
	}
	return false
}
