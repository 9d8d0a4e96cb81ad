package ci

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// releaseJSON is a release in the words of kuberpult's API.
type releaseJSON struct {
	Version        uint64   `json:"version"`
	Revision       uint64   `json:"revision"`
	SourceCommitID string   `json:"source_commit_id"`
	SourceAuthor   string   `json:"source_author"`
	SourceMessage  string   `json:"source_message"`
	CreatedAt      string   `json:"created_at"`
	Undeploy       bool     `json:"undeploy_version"`
	DisplayVersion string   `json:"display_version"`
	Minor          bool     `json:"is_minor"`
	Prepublish     bool     `json:"is_prepublish"`
	Environments   []string `json:"environments"`
	CILink         string   `json:"ci_link"`
}

type manifestJSON struct {
	Environment string `json:"environment"`
	Content     string `json:"content"`
}

// manifests answers with a release and its manifests.
func (h *handler) manifests(w http.ResponseWriter, r *http.Request) {
	version, revision, err := versionOf(r.PathValue("version"))
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	application := r.PathValue("application")
	if !validName(application, maxApplicationName) {
		fail(w, r, said("invalid application name: '%s'", application), http.StatusNotFound)
		return
	}
	found, err := h.applications.GetManifests(h.outgoing(r), &api.GetManifestsRequest{Application: application, Version: version})
	if err == nil && revision != nil && found.Release.GetRevision() != *revision {
		err = problem.New(problem.NotFound, "version %d of %s has the revision %d", found.Release.GetVersion(), application, found.Release.GetRevision())
	}
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	manifests := make(map[string]manifestJSON, len(found.Manifests))
	for environment, m := range found.Manifests {
		manifests[environment] = manifestJSON{environment, m.Content}
	}
	answer.JSON(w, http.StatusOK, map[string]any{"release": inWordsOfKuberpult(found.Release), "manifests": manifests})
}

func inWordsOfKuberpult(r *api.Release) releaseJSON {
	out := releaseJSON{
		Version: r.GetVersion(), Revision: r.GetRevision(), SourceCommitID: r.GetCommitId(), SourceAuthor: r.GetAuthor(),
		SourceMessage: r.GetMessage(), Undeploy: r.GetUndeploy(), DisplayVersion: r.GetDisplayVersion(), Minor: r.GetMinor(),
		Prepublish: r.GetPrepublished(), Environments: r.GetEnvironments(), CILink: r.GetCiLink(),
	}
	if at := r.GetCreatedAt(); at != nil {
		out.CreatedAt = at.AsTime().UTC().Format(time.RFC3339)
	}
	return out
}

// versionOf reads "7", "7.2" (version and revision) or "latest" (0).
func versionOf(text string) (version uint64, revision *uint64, err error) {
	if text == "latest" {
		return 0, nil, nil
	}
	number, rest, hasRevision := strings.Cut(text, ".")
	version, err = strconv.ParseUint(number, 10, 63)
	if err != nil || version == 0 {
		return 0, nil, said("invalid version: '%s' - must be a number, a number and a revision (7.1), or latest", text)
	}
	if hasRevision {
		n, err := strconv.ParseUint(rest, 10, 63)
		if err != nil {
			return 0, nil, said("invalid revision: '%s'", text)
		}
		revision = &n
	}
	return version, revision, nil
}

type commitJSON struct {
	Author        string `json:"author"`
	CommitID      string `json:"commit_id"`
	CommitMessage string `json:"commit_message"`
}

// deployedCommit says which source commit runs in an environment.
func (h *handler) deployedCommit(w http.ResponseWriter, r *http.Request) {
	application, environment := r.PathValue("application"), r.PathValue("environment")
	ctx := h.outgoing(r)
	app, err := h.applications.GetApplication(ctx, &api.GetApplicationRequest{Application: application})
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	for _, d := range app.Deployments {
		if d.Environment != environment || d.Version == 0 {
			continue
		}
		release, err := h.applications.GetRelease(ctx, &api.GetReleaseRequest{Application: application, Version: d.Version})
		if err != nil {
			fail(w, r, err, http.StatusNotFound)
			return
		}
		answer.JSON(w, http.StatusOK, commitJSON{release.Author, release.CommitId, release.Message})
		return
	}
	fail(w, r, problem.New(problem.NotFound, "nothing of %s is deployed to %s", application, environment), http.StatusNotFound)
}

// commitDeployments says where a source commit runs.
func (h *handler) commitDeployments(w http.ResponseWriter, r *http.Request) {
	commit := r.PathValue("commit")
	if !commitForm.MatchString(commit) {
		fail(w, r, said("invalid commit id: '%s' - must be 7 to 40 lower-case hex digits", commit), http.StatusNotFound)
		return
	}
	found, err := h.applications.GetCommitDeployments(h.outgoing(r), &api.GetCommitDeploymentsRequest{CommitId: commit})
	if err != nil && problem.From(err).Kind == problem.NotFound {
		found, err = &api.CommitDeployments{}, nil // here a commit that nobody released has arrived nowhere
	}
	if err != nil {
		fail(w, r, err, http.StatusNotFound)
		return
	}
	out := make(map[string]map[string]string, len(found.Applications))
	for application, statuses := range found.Applications {
		out[application] = make(map[string]string, len(statuses.Environments))
		for environment, status := range statuses.Environments {
			out[application][environment] = status.String()
		}
	}
	answer.JSON(w, http.StatusOK, out)
}

// processDelay answers what kuberpult's clients poll until their release is in git. Ours is in git when it is answered.
func (h *handler) processDelay(w http.ResponseWriter, _ *http.Request) {
	answer.JSON(w, http.StatusOK, struct {
		UnprocessedEvents int `json:"unprocessed_events"`
		DelaySeconds      int `json:"delay_seconds"`
	}{})
}
