package frontend_test

import (
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestLocksOfEachKind(t *testing.T) {
	const body = `{"message":"incident 4711","ciLink":"https://ci.example.com","suggestedLifeTime":"4h","whatever":1}`
	for _, c := range []struct {
		path        string
		scope       api.LockScope
		ahead       bool
		putStatus   int
		put, delete string
		missing     string
	}{
		{"/environments/staging/locks/l1", api.LockScope_LOCK_SCOPE_ENVIRONMENT, false, 200, "", "", "error: directory environments/staging/locks/l1 for env lock does not exist"},
		{"/api/environments/staging/locks/l1", api.LockScope_LOCK_SCOPE_ENVIRONMENT, false, 200, "", "", "error: directory environments/staging/locks/l1 for env lock does not exist"},
		{"/environments/staging/applications/checkout/locks/l1", api.LockScope_LOCK_SCOPE_APPLICATION, true, 200, "", "", "error: directory environments/staging/applications/checkout/locks/l1 for app lock does not exist"},
		{"/environment-groups/production/locks/l1", api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP, false, 201, `{"Result":null}` + "\n", `{"Result":null}` + "\n", "error: lock l1 of environment group production does not exist"},
		{"/api/environments/staging/lock/team/payments/l1", api.LockScope_LOCK_SCOPE_TEAM, false, 200, "", "", "error: lock l1 of team payments in environment staging does not exist"},
	} {
		t.Run(c.path, func(t *testing.T) {
			d := open(t)
			r := d.ask(t, "PUT", c.path, body, "Content-Type", "application/json")
			if r.StatusCode != c.putStatus || r.body != c.put {
				t.Fatalf("PUT: %d %q", r.StatusCode, r.body)
			}
			l := d.cd.last(t).GetCreateLock()
			if l.GetScope() != c.scope || l.Id != "l1" || l.Message != "incident 4711" || l.CiLink == "" || l.SuggestedLifetime != "4h" || l.Ahead != c.ahead {
				t.Errorf("command: %v", l)
			}
			if named := l.Environment + l.EnvironmentGroup + l.Application + l.Team; !strings.Contains("staging production stagingcheckout stagingpayments", named) {
				t.Errorf("names: %v", l)
			}
			r = d.ask(t, "DELETE", c.path, "")
			if r.StatusCode != 200 || r.body != c.delete {
				t.Fatalf("DELETE: %d %q", r.StatusCode, r.body)
			}
			if u := d.cd.last(t).GetDeleteLock(); u.GetScope() != c.scope || u.Id != "l1" || u.Environment != l.Environment || u.EnvironmentGroup != l.EnvironmentGroup || u.Application != l.Application || u.Team != l.Team {
				t.Errorf("command: %v", u)
			}
			d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
				return nil, problem.New(problem.NotFound, "no such lock")
			}
			if r := d.ask(t, "DELETE", c.path, ""); r.StatusCode != 404 || r.body != c.missing+"\n" {
				t.Errorf("DELETE of a missing lock: %d %q", r.StatusCode, r.body)
			}
		})
	}
}

func TestLocksThatAreRefused(t *testing.T) {
	const js, env, group = "application/json", "/environments/staging/locks/l1", "/environment-groups/production/locks/l1"
	for _, c := range []struct {
		name, method, path, contentType, body string
		status                                int
		want                                  string
	}{
		{"form instead of JSON", "PUT", env, "application/x-www-form-urlencoded", "message=x", 415, "Content-Type must be application/json"},
		{"no content type", "PUT", env, "", `{"message":"x"}`, 415, "Content-Type must be application/json"},
		{"empty message", "PUT", env, js, `{"message":""}`, 400, "Please provide lock message in body"},
		{"no body", "PUT", env, js, "", 400, "Please provide lock message in body"},
		{"group lock without message", "PUT", group, js, "{}", 400, "Please provide lock message in body"},
		{"broken JSON", "PUT", env, js, `{"message":`, 400, "Invalid body"},
		{"number for a message", "PUT", env, js, `{"message":7}`, 400, "'message' must be a string, not a number"},
		{"id of one character", "PUT", "/environments/staging/locks/a", js, `{"message":"x"}`, 400, "cannot create environment lock: invalid lock id: 'a'"},
		{"id ..", "PUT", "/environments/staging/locks/..", js, `{"message":"x"}`, 400, "cannot create environment lock: invalid lock id: '..'"},
		{"id with a slash", "PUT", "/environments/staging/locks/a%2Fb", js, `{"message":"x"}`, 400, "invalid lock id: 'a/b'"},
		{"id with NUL", "PUT", "/environments/staging/locks/a%00b", js, `{"message":"x"}`, 400, "invalid lock id"},
		{"id of 300 characters", "DELETE", "/environments/staging/locks/" + strings.Repeat("x", 300), "", "", 400, "cannot delete environment lock: invalid lock id"},
		{"upper case environment", "PUT", "/environments/Staging/locks/l1", js, `{"message":"x"}`, 400, "cannot create environment lock: invalid environment: 'Staging'"},
		{"broken application", "PUT", "/environments/staging/applications/A_b/locks/l1", js, `{}`, 400, "cannot create application lock: invalid application: 'A_b'"},
		{"other method", "POST", env, js, `{"message":"x"}`, 405, "unsupported method 'POST'"},
		{"longer address", "PUT", env + "/more", js, `{"message":"x"}`, 404, "not found"},
		{"signature without a keyring", "PUT", group, js, `{"message":"x","signature":"y"}`, 404, "no PGP keyring"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			r := d.ask(t, c.method, c.path, c.body, "Content-Type", c.contentType)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
				t.Errorf("%d %s want %d %s", r.StatusCode, r.body, c.status, c.want)
			}
			if d.cd.asked() != 0 {
				t.Error("cd-service was asked")
			}
		})
	}
}

func TestLocksOnWhatDoesNotExistAreAClear400(t *testing.T) {
	d := open(t)
	d.cd.execute = func(*api.ExecuteRequest) (*api.Operation, error) {
		return nil, problem.New(problem.NotFound, "there is no environment qa").At("create_lock.environment").Fix("known: staging")
	}
	r := d.ask(t, "PUT", "/environments/qa/locks/l1", `{"message":"x"}`, "Content-Type", "application/json")
	if r.StatusCode != 400 || r.body != "environment: there is no environment qa (known: staging)\n" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	r = d.ask(t, "PUT", "/environment-groups/qa/locks/l1", `{"message":"x"}`, "Content-Type", "application/json")
	if r.StatusCode != 400 || r.body != "error: No environment found with given group 'qa'\n" {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestAnApplicationLockNeedsNoMessage(t *testing.T) {
	d := open(t)
	r := d.ask(t, "PUT", "/environments/staging/applications/checkout/locks/l1", `{}`, "Content-Type", "application/json; charset=utf-8")
	if r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}
