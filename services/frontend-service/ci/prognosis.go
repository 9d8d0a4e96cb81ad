package ci

import (
	"net/http"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// envPrognosis is what a train would do in one environment, as kuberpult's Go structures look in JSON: the outcome is either a number of
// its skip causes or the applications.
type envPrognosis struct {
	Outcome any
}

type envSkipped struct {
	SkipCause int
}

type envRuns struct {
	AppsPrognoses struct {
		Prognoses map[string]appPrognosis `json:"prognoses"`
	}
}

// appPrognosis is what it would do with one application.
type appPrognosis struct {
	Outcome any
}

type appSkipped struct {
	SkipCause int
}

type appDeployed struct {
	DeployedVersion struct {
		Version  uint64 `json:"version,omitempty"`
		Revision uint64 `json:"revision,omitempty"`
	}
}

// prognosis says what a train to an environment (or a group of that name) would do now.
func (h *handler) prognosis(w http.ResponseWriter, r *http.Request) {
	target := r.PathValue("environment")
	p, err := h.commands.GetPreview(h.outgoing(r), &api.GetPreviewRequest{
		RunTrain: &api.RunTrain{Target: target, Team: r.URL.Query().Get("team")}, WithoutDiffs: true,
	})
	if err != nil {
		fail(w, r, unknownTarget(target, err), http.StatusNotFound)
		return
	}
	out := map[string]envPrognosis{}
	for _, env := range p.GetResult().GetRunTrain().GetEnvironments() {
		out[env.Environment] = prognosisOf(env)
	}
	answer.JSON(w, http.StatusOK, out)
}

func prognosisOf(env *api.TrainEnvironment) envPrognosis {
	if env.SkipCause != api.SkipCause_SKIP_CAUSE_UNSPECIFIED {
		return envPrognosis{envSkipped{envCause(env.SkipCause)}}
	}
	runs := envRuns{}
	runs.AppsPrognoses.Prognoses = make(map[string]appPrognosis, len(env.Applications))
	for _, a := range env.Applications {
		if a.Outcome == api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED {
			deployed := appDeployed{}
			deployed.DeployedVersion.Version = a.Version
			runs.AppsPrognoses.Prognoses[a.Application] = appPrognosis{deployed}
			continue
		}
		runs.AppsPrognoses.Prognoses[a.Application] = appPrognosis{appSkipped{appCause(a.SkipCause)}}
	}
	return envPrognosis{runs}
}

// envCause is kuberpult's number of why an environment is skipped. What kuberpult does not know keeps an environment closed: locked.
func envCause(c api.SkipCause) int {
	switch c {
	case api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_UPSTREAM:
		return 0
	case api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_UPSTREAM_LATEST_OR_UPSTREAM_ENV:
		return 1
	case api.SkipCause_SKIP_CAUSE_ENV_HAS_BOTH_UPSTREAM_LATEST_AND_UPSTREAM_ENV:
		return 2
	case api.SkipCause_SKIP_CAUSE_UPSTREAM_ENV_CONFIG_NOT_FOUND:
		return 3
	}
	return 4
}

// appCause is kuberpult's number of why an application stays. What kuberpult does not know (holds, freezes, approvals) is a lock to it.
func appCause(c api.SkipCause) int {
	switch c {
	case api.SkipCause_SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV, api.SkipCause_SKIP_CAUSE_APP_NOT_IN_SOURCE:
		return 0
	case api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION:
		return 1
	case api.SkipCause_SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV, api.SkipCause_SKIP_CAUSE_RELEASE_NOT_AVAILABLE:
		return 3
	case api.SkipCause_SKIP_CAUSE_APP_IS_LOCKED_BY_ENV:
		return 4
	case api.SkipCause_SKIP_CAUSE_TEAM_IS_LOCKED:
		return 5
	case api.SkipCause_SKIP_CAUSE_NO_TEAM_PERMISSION:
		return 6
	case api.SkipCause_SKIP_CAUSE_APP_WITHOUT_TEAM:
		return 7
	}
	return 2
}
