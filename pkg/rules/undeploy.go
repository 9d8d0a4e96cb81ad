package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// PrepareUndeploy: a release without content, which is rolled out like any other and leaves nothing running where it comes.
// Undeploy: an application ends.

// emptyManifest is what an undeploy release has for every environment; kuberpult's has the same.
const emptyManifest = " "

func checkPrepareUndeploy(m *api.PrepareUndeploy, _ *checking) error {
	return at("prepare_undeploy.application", manifestrepo.CheckApplication(m.Application))
}

func decidePrepareUndeploy(m *api.PrepareUndeploy, w *work) error {
	app, err := findApplication(w.s, "prepare_undeploy.application", m.Application)
	if err != nil {
		return err
	}
	envs := w.undeployEnvironments(app)
	if len(envs) == 0 {
		return problem.New(problem.Conflict, "%s has no manifest for any environment that is there", app.Name).At("prepare_undeploy.application").
			Because("an undeploy release is for the environments the application has manifests for or runs in").
			Fix("there is nothing to roll out: undeploy it at once")
	}
	newest := app.Newest()
	w.message.Application, w.message.Version = app.Name, newest.Version
	if newest.Undeploy && !slices.ContainsFunc(envs, func(env string) bool { return !newest.HasEnvironment(env) }) {
		w.message.Subject = fmt.Sprintf("Keep undeploy release %s %d", app.Name, newest.Version)
		w.result.Kind = prepareResult(&api.ReleaseResult{
			Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME, Application: app.Name, Version: newest.Version,
		})
		return nil
	}
	if newest.Version >= maxVersion {
		return noNumberLeft("prepare_undeploy.application", app)
	}
	version := newest.Version + 1
	blob, err := w.recordUndeploy(app, version, envs)
	if err != nil {
		return err
	}
	answer := &api.ReleaseResult{Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_CREATED, Application: app.Name, Version: version}
	w.result.Kind = prepareResult(answer)
	answer.Deployments, err = w.deployUndeploy(app, version, blob, envs)
	return err
}

func prepareResult(r *api.ReleaseResult) *api.ActionResult_PrepareUndeploy {
	return &api.ActionResult_PrepareUndeploy{PrepareUndeploy: r}
}

func noNumberLeft(field string, app *manifestrepo.Application) *problem.Error {
	return problem.New(problem.Conflict, "%s has no number left after %d", app.Name, app.Newest().Version).At(field).
		Because("a version is a number from 1 to 9223372036854775807").Fix("undeploy it at once")
}

// undeployEnvironments are those of the newest release that has manifests, and where the application runs or waits; sorted.
func (w *work) undeployEnvironments(app *manifestrepo.Application) []string {
	wanted := map[string]bool{}
	for _, r := range slices.Backward(app.Releases) {
		if !r.Prepublished {
			for _, env := range r.Environments {
				wanted[env] = true
			}
			break
		}
	}
	for env := range app.Deployments {
		wanted[env] = true
	}
	return slices.DeleteFunc(sortedKeys(wanted), func(env string) bool { return w.s.Environment(env) == nil })
}

// recordUndeploy appends the undeploy release to the log and gives the blob of its manifests.
func (w *work) recordUndeploy(app *manifestrepo.Application, version uint64, envs []string) (manifestrepo.Hash, error) {
	sum := sha256.Sum256([]byte(emptyManifest))
	manifest := manifestrepo.Manifest{
		Content: []byte(emptyManifest), Blob: plumbing.ComputeHash(plumbing.BlobObject, []byte(emptyManifest)), SHA256: hex.EncodeToString(sum[:]),
	}
	manifests := make(map[string]manifestrepo.Manifest, len(envs))
	for _, env := range envs {
		manifests[env] = manifest
	}
	record, err := manifestrepo.NewReleaseRecord(app.Name, &manifestrepo.Release{
		Version: version, Undeploy: true, Message: w.reason, Team: app.Team, CreatedAt: w.now, CreatedBy: w.ctx.Actor,
	}, manifests)
	if err != nil {
		return manifestrepo.Hash{}, fmt.Errorf("record undeploy release %d of %s: %w", version, app.Name, err)
	}
	w.records = append(w.records, record)
	w.happened(manifestrepo.Event{What: eventCreatedRelease, Application: app.Name, Version: version})
	w.message.Version = version
	w.message.Subject = fmt.Sprintf("Undeploy release %s %d", app.Name, version)
	return manifest.Blob, nil
}

// deployUndeploy brings the undeploy release to the "latest" environments, as any new release.
func (w *work) deployUndeploy(app *manifestrepo.Application, version uint64, blob manifestrepo.Hash, envs []string) ([]*api.DeployResult, error) {
	var results []*api.DeployResult
	for _, name := range envs {
		env := w.s.Environment(name)
		if !env.Latest() && env.Problem == "" {
			continue
		}
		d := deliveryTo(env, app.Name, app)
		d.version, d.manifest, d.behavior, d.automatic = version, blob, api.LockBehavior_LOCK_BEHAVIOR_RECORD, true
		d.reason = w.because("undeploy release")
		result, err := w.deliver(d)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
		w.tell(result)
	}
	return results, nil
}

func checkUndeploy(m *api.Undeploy, c *checking) error {
	if err := at("undeploy.application", manifestrepo.CheckApplication(m.Application)); err != nil {
		return err
	}
	if m.AtOnce && c.reason == "" {
		return invalid("reason", "the reason is missing").Because("undeploying at once, whatever runs, says why").
			Fix("give a reason; it stands in the history")
	}
	return nil
}

func decideUndeploy(m *api.Undeploy, w *work) error {
	app, err := findRemovable(w.s, "undeploy.application", m.Application)
	if err != nil {
		return err
	}
	if m.AtOnce {
		err = w.nothingHolds(app)
	} else {
		err = w.nothingRuns(app)
	}
	if err != nil {
		return err
	}
	w.message.Application = app.Name
	w.message.Subject = "Undeploy " + app.Name
	answer := &api.RemovalResult{Application: app.Name, Releases: int32(len(app.Releases))}
	w.result.Kind = &api.ActionResult_Undeploy{Undeploy: answer}
	return removing{w, answer}.everything(app)
}

// everything ends an application: in all environments, its settings, and all its releases.
func (r removing) everything(app *manifestrepo.Application) error {
	envs := map[string]bool{}
	for env := range app.Deployments {
		envs[env] = true
	}
	for env := range app.Locks {
		envs[env] = true
	}
	for _, e := range r.s.Environments() {
		envs[e.Name] = true // a request for approval may wait there
	}
	for _, env := range sortedKeys(envs) {
		if err := r.application(app, env); err != nil {
			return err
		}
	}
	if app.HasFile() {
		r.delete(manifestrepo.ApplicationPath(app.Name))
	}
	event := manifestrepo.Event{What: eventRemoved, Application: app.Name}
	if newest := app.Newest(); newest != nil {
		event.PreviousVersion = newest.Version
		record, err := manifestrepo.NewApplicationRemovalRecord(app.Name, r.ctx.Actor, r.now, r.because("undeployed"))
		if err != nil {
			return fmt.Errorf("record the removal of %s: %w", app.Name, err)
		}
		r.records = append(r.records, record)
	}
	r.happened(event)
	return nil
}

// nothingHolds: undeploying at once changes what runs, so locks and freezes hold it wherever something runs or waits.
func (w *work) nothingHolds(app *manifestrepo.Application) error {
	var held []heldIn
	for _, env := range sortedKeys(app.Deployments) {
		if h := w.heldIn(app, env, true); h.any() {
			held = append(held, h)
		}
	}
	if len(held) == 0 {
		return nil
	}
	return removalRefused("undeploy.application", app.Name+" cannot be undeployed", held)
}

// nothingRuns: the newest release is an undeploy release, and an undeploy release is all that runs.
func (w *work) nothingRuns(app *manifestrepo.Application) error {
	const rule = "an application is undeployed once an undeploy release runs wherever it is deployed"
	if newest := app.Newest(); newest == nil || !newest.Undeploy {
		what := "it has no release"
		if newest != nil {
			what = fmt.Sprintf("its newest release %d is not an undeploy release", newest.Version)
		}
		return problem.New(problem.Conflict, "%s cannot be undeployed: %s", app.Name, what).At("undeploy.application").Because(rule).
			Fix("prepare the undeploy and roll it out first, or undeploy it at once with a reason")
	}
	var left []string
	for _, env := range sortedKeys(app.Deployments) {
		d := app.Deployments[env]
		switch r := app.Release(d.Version); {
		case d.Broken != "":
			left = append(left, fmt.Sprintf("%s cannot be read", manifestrepo.DeploymentPath(env, app.Name)))
		case d.Version != 0 && (r == nil || !r.Undeploy):
			left = append(left, fmt.Sprintf("%s runs %d", env, d.Version))
		}
	}
	if len(left) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "%s cannot be undeployed: %s", app.Name, listed(left)).At("undeploy.application").Because(rule).
		Fix("roll release %d out there first, or undeploy it at once with a reason", app.Newest().Version)
}
