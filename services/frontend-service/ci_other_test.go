package frontend_test

import (
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestReleaseTrains(t *testing.T) {
	for _, c := range []struct {
		path, body string
		kind       api.TrainTarget
		want       string
	}{
		{"/environments/staging/releasetrain", "", api.TrainTarget_TRAIN_TARGET_UNSPECIFIED, `{"target":"staging"}`},
		{"/environments/staging/releasetrain?team=payments", "", api.TrainTarget_TRAIN_TARGET_UNSPECIFIED, `{"target":"staging","team":"payments"}`},
		{"/api/environments/staging/releasetrain", `{"ciLink":"https://ci.example.com"}`, api.TrainTarget_TRAIN_TARGET_ENVIRONMENT, `{"target":"staging"}`},
		{"/api/environment-groups/staging/releasetrain?team=payments", "", api.TrainTarget_TRAIN_TARGET_ENVIRONMENT_GROUP, `{"target":"staging","team":"payments"}`},
	} {
		t.Run(c.path, func(t *testing.T) {
			d := open(t)
			r := d.ask(t, "PUT", c.path, c.body)
			if r.StatusCode != 200 || r.body != c.want+"\n" {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			train := d.cd.last(t).GetRunTrain()
			if train.Target != "staging" || train.TargetType != c.kind || (train.Team != "") != strings.Contains(c.path, "team") || (train.CiLink != "") != (c.body != "") {
				t.Errorf("command: %v", train)
			}
		})
	}
}

func TestATrainTakesWhatRanAtATag(t *testing.T) {
	for _, path := range []string{"/api/environments/staging/releasetrain", "/api/environment-groups/staging/releasetrain", "/environments/staging/releasetrain"} {
		d := open(t)
		if r := d.ask(t, "PUT", path+"?sourceGitTag=sprint%2F12&team=shop", ""); r.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, r.StatusCode, r.body)
		}
		if train := d.cd.last(t).GetRunTrain(); train.Source.GetRevision() != "refs/tags/sprint/12" || train.Source.Environment != "" || train.Team != "shop" {
			t.Errorf("%s: %v", path, train)
		}
	}
	d := open(t)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		return nil, problem.New(problem.NotFound, "the manifest repo has no tag v9").At("run_train.source.revision")
	}
	if r := d.ask(t, "PUT", "/api/environments/staging/releasetrain?sourceGitTag=v9", ""); r.StatusCode != 404 || !strings.Contains(r.body, "no tag v9") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestThePrognosisOfATrainInTheWordsOfKuberpult(t *testing.T) {
	d := open(t)
	app := func(name string, version uint64, outcome api.DeployOutcome, cause api.SkipCause) *api.DeployResult {
		return &api.DeployResult{Application: name, Version: version, Outcome: outcome, SkipCause: cause}
	}
	d.cd.preview = func(req *api.GetPreviewRequest) (*api.Preview, error) {
		if req.RunTrain.Target == "qa" {
			return nil, problem.New(problem.NotFound, "no").At("run_train.target")
		}
		if !req.WithoutDiffs || req.RunTrain.Target != "production" || req.RunTrain.Team != "shop" {
			t.Errorf("asked %v", req)
		}
		return &api.Preview{Result: &api.ActionResult{Kind: &api.ActionResult_RunTrain{RunTrain: &api.TrainResult{Environments: []*api.TrainEnvironment{
			{Environment: "prod-de", Applications: []*api.DeployResult{
				app("checkout", 99, api.DeployOutcome_DEPLOY_OUTCOME_DEPLOYED, 0),
				app("cart", 3, api.DeployOutcome_DEPLOY_OUTCOME_QUEUED, api.SkipCause_SKIP_CAUSE_TEAM_IS_LOCKED),
				app("frozen", 3, api.DeployOutcome_DEPLOY_OUTCOME_QUEUED, api.SkipCause_SKIP_CAUSE_APP_IS_FROZEN),
				app("same", 3, api.DeployOutcome_DEPLOY_OUTCOME_SKIPPED, api.SkipCause_SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION),
			}},
			{Environment: "prod-fr", SkipCause: api.SkipCause_SKIP_CAUSE_ENV_IS_LOCKED, Applications: []*api.DeployResult{app("cart", 3, 0, 0)}},
			{Environment: "prod-it", SkipCause: api.SkipCause_SKIP_CAUSE_ENV_HAS_NO_UPSTREAM},
		}}}}}, nil
	}
	r := d.ask(t, "GET", "/api/environments/production/releasetrain/prognosis?team=shop", "")
	want := `{"prod-de":{"Outcome":{"AppsPrognoses":{"prognoses":{"cart":{"Outcome":{"SkipCause":5}},"checkout":{"Outcome":{"DeployedVersion":{"version":99}}},` +
		`"frozen":{"Outcome":{"SkipCause":2}},"same":{"Outcome":{"SkipCause":1}}}}}},"prod-fr":{"Outcome":{"SkipCause":4}},"prod-it":{"Outcome":{"SkipCause":0}}}`
	if r.StatusCode != 200 || r.body != want+"\n" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := d.ask(t, "GET", "/api/environments/qa/releasetrain/prognosis", ""); r.StatusCode != 400 || !strings.Contains(r.body, "environment configs for 'qa'") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := d.ask(t, "PUT", "/api/environments/production/releasetrain/prognosis", ""); r.StatusCode != 405 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestTrainsThatAreRefused(t *testing.T) {
	d := open(t)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) { return nil, problem.New(problem.NotFound, "no") }
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"PUT", "/environments/qa/releasetrain", "", 400, "error: could not find environment group or environment configs for 'qa'"},
		{"POST", "/environments/staging/releasetrain", "", 405, "unsupported method 'POST'"},
		{"PUT", "/environments/staging/releasetrain/x", "", 404, "not found"},
		{"PUT", "/api/environments/staging/releasetrain?gitTag=v1", "", 400, "gitTag is not supported"},
		{"PUT", "/api/environments/staging/releasetrain", "{", 400, "Invalid body"},
	} {
		if r := d.ask(t, c.method, c.path, c.body); r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.StatusCode, r.body)
		}
	}
}

func TestEnvironmentsAreCreatedFromAForm(t *testing.T) {
	for _, path := range []string{"/environments/staging", "/environments/staging/", "/api/environments/staging"} {
		d := open(t)
		r := d.post(t, path, value("config", `{"upstream":{"latest":true},"environment_group":"g","argocd":{"sync_windows":[{"kind":"deny"}],"application_annotations":{"a_b":"c"}}}`))
		if r.StatusCode != 200 || r.body != "" {
			t.Fatalf("%s: %d %s", path, r.StatusCode, r.body)
		}
		c := d.cd.last(t).GetApplyEnvironment()
		f := c.GetConfig().GetFields()
		if c.Environment != "staging" || f["environmentGroup"].GetStringValue() != "g" || !f["upstream"].GetStructValue().Fields["latest"].GetBoolValue() {
			t.Errorf("command: %v", c)
		}
		argo := f["argocd"].GetStructValue().GetFields()
		if argo["syncWindows"].GetListValue() == nil || argo["applicationAnnotations"] == nil && argo["application_annotations"] == nil {
			t.Errorf("argocd: %v", argo)
		}
		if argo["applicationAnnotations"].GetStructValue().GetFields()["a_b"] == nil {
			t.Errorf("the key of an annotation was changed: %v", argo)
		}
	}
}

func TestEnvironmentsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, path string
		parts      []part
		status     int
		want       string
	}{
		{"broken name", "/environments/NEW_env3", []part{value("config", "{}")}, 400, "cannot create environment: invalid environment: 'NEW_env3'"},
		{"no config", "/environments/staging", nil, 400, "form field 'config'"},
		{"config twice", "/environments/staging", []part{value("config", "{}"), value("config", "{}")}, 400, "Exactly one 'config'"},
		{"config that is no JSON", "/environments/staging", []part{value("config", "{")}, 400, "Invalid config"},
		{"unknown part", "/environments/staging", []part{value("config", "{}"), value("x", "y")}, 400, "'x' is not known"},
		{"manifest", "/environments/staging", []part{value("config", "{}"), manifest("staging", "a")}, 400, "'manifests[staging]' is not known"},
		{"signature without a keyring", "/environments/staging", []part{value("config", "{}"), value("signature", "y")}, 404, "no PGP keyring"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			r := d.post(t, c.path, c.parts...)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.want) || d.cd.asked() != 0 {
				t.Errorf("%d %s, cd-service asked %d times", r.StatusCode, r.body, d.cd.asked())
			}
		})
	}
}

func TestReadsInTheWordsOfKuberpult(t *testing.T) {
	d := open(t)
	d.cd.apps["checkout"] = &api.Application{Name: "checkout", Deployments: []*api.Deployment{{Environment: "staging", Version: 9}, {Environment: "production"}}}
	for _, c := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"POST", "/api/application/checkout/release/manifests/latest", 200, `"manifests":{"staging":{"environment":"staging","content":"kind: A\n"}}`},
		{"POST", "/api/application/checkout/release/manifests/9.2", 200, `"release":{"version":9,"revision":2,"source_commit_id":"0123abcd"`},
		{"POST", "/api/application/checkout/release/manifests/9.1", 404, "revision"},
		{"POST", "/api/application/checkout/release/manifests/0", 400, "invalid version: '0'"},
		{"POST", "/api/application/checkout/release/manifests/x", 400, "invalid version: 'x'"},
		{"POST", "/api/application/none/release/manifests/9", 404, "there is no application none"},
		{"GET", "/api/environments/staging/applications/checkout/commit", 200, `{"author":"Rosa <r@example.com>","commit_id":"0123abcd","commit_message":"Retry"}`},
		{"GET", "/api/environments/production/applications/checkout/commit", 404, "nothing of checkout is deployed to production"},
		{"GET", "/api/commit-deployments/0123abcd", 200, `{"checkout":{"production":"PENDING","staging":"DEPLOYED"}}`},
		{"GET", "/api/commit-deployments/ccccccc", 200, "{}"},
		{"GET", "/api/commit-deployments/0123ABCD", 400, "invalid commit id"},
		{"GET", "/api/process-delay", 200, `{"unprocessed_events":0,"delay_seconds":0}`},
		{"POST", "/environment-groups/production/rollout-status", 501, "rollout service"},
		{"GET", "/api/nothing", 404, "not found"},
	} {
		if r := d.ask(t, c.method, c.path, ""); r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.StatusCode, r.body)
		}
	}
}

func TestEnvironmentsAreDeleted(t *testing.T) {
	for _, c := range []struct {
		query, reason string
		force, dryRun bool
	}{
		{"", "", false, false},
		{"?dryrun=true", "", false, true},
		{"?force=true&reason=it+is+over", "it is over", true, false},
	} {
		d := open(t)
		if r := d.ask(t, "DELETE", "/api/environments/staging"+c.query, ""); r.StatusCode != 200 || r.body != "" {
			t.Fatalf("%s: %d %s", c.query, r.StatusCode, r.body)
		}
		req := d.cd.last(t)
		if m := req.GetDeleteEnvironment(); m.GetEnvironment() != "staging" || m.GetForce() != c.force || req.Reason != c.reason || req.DryRun != c.dryRun {
			t.Errorf("%s: %v", c.query, req)
		}
	}
	d := open(t)
	for query, want := range map[string]string{
		"STAGING":           "cannot delete environment: invalid environment: 'STAGING'",
		"staging?dryrun=no": "Invalid dryrun: 'no' - must be true or false",
		"staging?force=x":   "Invalid force: 'x' - must be true or false",
	} {
		if r := d.ask(t, "DELETE", "/api/environments/"+query, ""); r.StatusCode != 400 || !strings.HasPrefix(r.body, want) {
			t.Errorf("%s: %d %s", query, r.StatusCode, r.body)
		}
	}
	for kind, status := range map[problem.Kind]int{problem.NotFound: 404, problem.Conflict: problem.Conflict.HTTPStatus(), problem.Locked: problem.Locked.HTTPStatus()} {
		d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
			return nil, problem.New(kind, "staging runs 1 application: checkout").At("delete_environment.environment").Fix("remove it")
		}
		if r := d.ask(t, "DELETE", "/api/environments/staging", ""); r.StatusCode != status || !strings.Contains(r.body, "staging runs 1 application: checkout (remove it)") {
			t.Errorf("%s: %d %s", kind, r.StatusCode, r.body)
		}
	}
}
