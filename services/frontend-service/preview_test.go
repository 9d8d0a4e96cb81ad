package frontend_test

import (
	"strings"
	"testing"
)

// TestATrainIsForetoldRunAndTakenBack goes through the door with the real rules and a real repo.
func TestATrainIsForetoldRunAndTakenBack(t *testing.T) {
	d, repo := openReal(t, chain)
	post := func(path string, parts ...part) {
		t.Helper()
		if r := d.post(t, path, parts...); r.StatusCode >= 300 {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	asked := func(method, path, body string, status int, says ...string) reply {
		t.Helper()
		r := d.ask(t, method, path, body, "Content-Type", "application/json")
		if r.StatusCode != status {
			t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, r.body)
		}
		for _, text := range says {
			if !strings.Contains(r.body, text) {
				t.Errorf("%s %s lacks %s: %s", method, path, text, r.body)
			}
		}
		return r
	}
	post("/release", checkout(value("version", "1"))...)
	before := git(t, "-C", repo, "rev-parse", "main")

	const prognosis = "/api/environments/staging/releasetrain/prognosis"
	asked("GET", prognosis, "", 200, `{"staging":{"Outcome":{"AppsPrognoses":{"prognoses":{"checkout":{"Outcome":{"DeployedVersion":{"version":1}}}}}}}}`)
	asked("GET", "/api/environments/development/releasetrain/prognosis", "", 200, `"checkout":{"Outcome":{"SkipCause":1}}`)
	asked("GET", "/api/environments/nowhere/releasetrain/prognosis", "", 400, "could not find environment group")
	asked("POST", "/api/v1/preview", `{"run_train":{"target":"staging"}}`, 200, `"toVersion":"1"`, `+  word: a`, `"outcome":"DEPLOY_OUTCOME_DEPLOYED"`)
	asked("POST", "/api/v1/preview", `{"deploy":{"application":"checkout","environment":"staging","version":"1"}}`, 200,
		"the next train to staging leaves 1 as it is; without this deployment it takes 1",
		"the next train to production takes 1; without this deployment it has nothing to move")
	if r := asked("POST", "/api/v1/preview", `{"deploy":{"application":"checkout","environment":"production","version":"1"}}`, 200); strings.Contains(r.body, "next train") {
		t.Errorf("no train goes to production with it: %s", r.body)
	}
	asked("POST", "/api/v1/preview", `{}`, 400, "run_train or deploy")
	asked("POST", "/api/v1/preview", `{"deploy":{"application":"checkout","environment":"production","version":"9"}}`, 404, "has no release 9")
	if now := git(t, "-C", repo, "rev-parse", "main"); now != before {
		t.Errorf("looking moved main from %s to %s", before, now)
	}

	asked("PUT", "/api/environments/staging/releasetrain", "", 200)
	git(t, "-C", repo, "tag", "sprint/12", "main")
	post("/release", app, value("version", "2"), manifest("development", renders("b")), manifest("staging", renders("b")), manifest("production", renders("b")))
	asked("PUT", "/api/environments/staging/releasetrain", "", 200)
	asked("PUT", "/api/environments/production/releasetrain?sourceGitTag=sprint%2F12", "", 200)
	asked("GET", "/api/v1/applications/checkout", "", 200, `"environment":"production","version":"1"`, `"environment":"staging","version":"2"`)
	asked("PUT", "/api/environments/production/releasetrain?sourceGitTag=sprint%2F13", "", 404, "no commit and no tag")
	asked("PUT", "/api/environments/production/releasetrain?gitTag=v1", "", 400, "gitTag is not supported")
}
