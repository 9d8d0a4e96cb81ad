package frontend_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

const yaml = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\n"

var app = value("application", "checkout")

func TestAReleaseFromCIBecomesACommand(t *testing.T) {
	for _, path := range []string{"/release", "/api/release"} {
		t.Run(path, func(t *testing.T) {
			d := open(t)
			r := d.post(t, path, app, manifest("development", yaml), manifest("staging", yaml+"#s\n"), value("team", "payments"),
				value("source_commit_id", "0123abcd"), value("previous_commit_id", strings.Repeat("a", 40)),
				value("source_author", "Rosa <rosa@example.com>"), value("source_message", "Retry\n\nonce"), value("version", "7"),
				value("display_version", "1.7.0"), value("ci_link", "https://ci.example.com/1"), value("revision", "2"),
				value("is_prepublish", "true"), value("deploy_to_downstream_environments", "staging"), value("deploy_to_downstream_environments", "production"))
			if r.StatusCode != http.StatusCreated || r.body != `{"Success":{}}`+"\n" {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			req := d.cd.last(t)
			c := req.GetCreateRelease()
			if req.Wait != api.Wait_WAIT_PUSHED {
				t.Errorf("kuberpult's clients expect the release in git, but wait is %v", req.Wait)
			}
			got := []any{c.Application, c.Team, c.CommitId, c.PreviousCommitId, c.Author, c.Message, c.Version, c.DisplayVersion, c.CiLink, c.Revision, c.Prepublish,
				strings.Join(c.DeployTo, " "), len(c.Manifests), c.Manifests["development"], c.Manifests["staging"]}
			want := []any{"checkout", "payments", "0123abcd", strings.Repeat("a", 40), "Rosa <rosa@example.com>", "Retry\n\nonce", uint64(7), "1.7.0", "https://ci.example.com/1", uint64(2), true,
				"staging production", 2, yaml, yaml + "#s\n"}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("field %d: %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

func TestWhatBecameOfARelease(t *testing.T) {
	refuse := func(p *problem.Error) func(*api.ExecuteRequest) (*api.Operation, error) {
		return func(*api.ExecuteRequest) (*api.Operation, error) { return nil, p }
	}
	different := problem.New(problem.Different, "it differs")
	different.Detail = &api.ErrorDetail{DifferingField: api.DifferingField_DIFFERING_FIELD_MANIFESTS, Diff: "--- a\n+++ b\n"}
	unknown := problem.New(problem.Unknown, "the push was sent")
	unknown.Detail = &api.ErrorDetail{OperationId: "op9"}
	for _, c := range []struct {
		name    string
		execute func(*api.ExecuteRequest) (*api.Operation, error)
		status  int
		body    string
	}{
		{"created", nil, 201, `{"Success":{}}`},
		{"there already", func(*api.ExecuteRequest) (*api.Operation, error) {
			return &api.Operation{State: api.OperationState_OPERATION_STATE_DONE, Result: &api.ActionResult{Kind: &api.ActionResult_CreateRelease{
				CreateRelease: &api.ReleaseResult{Outcome: api.ReleaseOutcome_RELEASE_OUTCOME_ALREADY_EXISTS_SAME},
			}}}, nil
		}, 200, `{"AlreadyExistsSame":{}}`},
		{"different", refuse(different), 409, `{"AlreadyExistsDifferent":{"first_differing_field":6,"diff":"--- a\n+++ b\n"}}`},
		{"too old", refuse(problem.New(problem.TooOld, "too old")), 400, `{"TooOld":{}}`},
		{"a fault of ours", refuse(problem.New(problem.Internal, "disk full")), 500, `{"GeneralFailure":{"message":"disk full"}}`},
		{"unknown environment", refuse(problem.New(problem.NotFound, "there is no environment qa").At("create_release.manifests[qa]").Fix("known: staging")), 400,
			"manifests[qa]: there is no environment qa (known: staging)"},
		{"not YAML", refuse(problem.New(problem.Invalid, "it is not YAML").At("create_release.manifests[staging]")), 400, "manifests[staging]: it is not YAML"},
		{"a field by its name in the form", refuse(problem.New(problem.Invalid, "too long").At("create_release.message")), 400, "source_message: too long"},
		{"not downstream", refuse(problem.New(problem.Invalid, "not downstream").At("create_release.deploy_to[0]")), 400, `{"IsNoDownstream":{"no_downstream":["staging"]}}`},
		{"nothing to deploy there", refuse(problem.New(problem.Invalid, "no manifest").At("create_release.deploy_to[1]")), 400, `{"MissingManifest":{"missing_manifest":["qa"]}}`},
		{"named twice", refuse(problem.New(problem.Invalid, "named twice").At("create_release.deploy_to[2]")), 400, "deploy_to_downstream_environments[2]: named twice"},
		{"denied", refuse(problem.New(problem.Denied, "not you")), 403, "not you"},
		{"queue full", refuse(problem.New(problem.Exhausted, "too much")), 503, "too much"},
		{"remote away", refuse(problem.New(problem.Unavailable, "no remote")), 503, "no remote"},
		{"outcome unknown", refuse(unknown), 504, "the push was sent (operation op9)"},
		{"not decided in time", func(*api.ExecuteRequest) (*api.Operation, error) {
			return &api.Operation{Id: "op9", State: api.OperationState_OPERATION_STATE_PENDING}, nil
		}, 504, "the outcome is not known yet (read it at /api/v1/operations/op9)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			d.cd.execute = c.execute
			to := func(environment string) part { return value("deploy_to_downstream_environments", environment) }
			r := d.post(t, "/release", app, manifest("staging", yaml), to("staging"), to("qa"), to("qa"))
			if r.StatusCode != c.status || r.body != c.body+"\n" {
				t.Errorf("%d %s want %d %s", r.StatusCode, r.body, c.status, c.body)
			}
			if (r.Header.Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("Retry-After is %q", r.Header.Get("Retry-After"))
			}
		})
	}
}

func TestAWrongReleaseFormIsRefusedAndNothingIsAsked(t *testing.T) {
	m := manifest("staging", yaml)
	for _, c := range []struct {
		name  string
		parts []part
		want  string
	}{
		{"no application", []part{m}, "Must provide application name"},
		{"two applications", []part{app, app, m}, "Please provide single application name"},
		{"empty application", []part{value("application", ""), m}, "Invalid application name: '' - must not be empty"},
		{"upper case application", []part{value("application", "Checkout"), m}, `{"TooLong":{"app_name":"Checkout","reg_exp":"\\A[a-z0-9]+(?:-[a-z0-9]+)*\\z","max_len":39}}`},
		{"application of 40 characters", []part{value("application", strings.Repeat("a", 40)), m}, `{"TooLong":{"app_name":"` + strings.Repeat("a", 40) + `","reg_exp":"\\A[a-z0-9]+(?:-[a-z0-9]+)*\\z","max_len":39}}`},
		{"application with a way out", []part{value("application", "../x"), m}, `{"TooLong":{"app_name":"../x"`},
		{"no manifests", []part{app}, "No manifest files provided"},
		{"one environment twice", []part{app, m, m}, `multiple manifests submitted for "staging"`},
		{"wrong file part", []part{app, m, {"manifest", "x.yaml", yaml}}, `Invalid manifest form file: 'manifest'. Must match '\Amanifests\[([^]]+)\]\z'`},
		{"empty environment", []part{app, {"manifests[]", "x.yaml", yaml}}, `Invalid manifest form file: 'manifests[]'`},
		{"upper case environment", []part{app, manifest("NEW_env3", yaml)}, "Invalid environment name: 'NEW_env3'"},
		{"environment with a way out", []part{app, manifest("..", yaml)}, "Invalid environment name: '..'"},
		{"manifest as a value", []part{app, value("manifests[staging]", yaml)}, "must be sent as a file"},
		{"manifest that is not UTF-8", []part{app, manifest("staging", "a: \xff")}, "'manifests[staging]' is not UTF-8"},
		{"version that is no number", []part{app, m, value("version", "1.0")}, `Invalid version: strconv.ParseUint: parsing "1.0": invalid syntax`},
		{"version -1", []part{app, m, value("version", "-1")}, "Invalid version: strconv"},
		{"version 0", []part{app, m, value("version", "0")}, "Invalid version: '0'"},
		{"version 2^64", []part{app, m, value("version", "18446744073709551616")}, "value out of range"},
		{"version 2^63", []part{app, m, value("version", "9223372036854775808")}, "must be below 2^63"},
		{"display version of 16 characters", []part{app, m, value("display_version", strings.Repeat("é", 16))}, "DisplayVersion given should be <= 15 characters"},
		{"upper case commit id", []part{app, m, value("source_commit_id", "0123ABCD")}, "Invalid source_commit_id: '0123ABCD'"},
		{"short previous commit id", []part{app, m, value("previous_commit_id", "0123abc")}, "Invalid previous_commit_id"},
		{"revision that is no number", []part{app, m, value("revision", "x")}, "Invalid revision"},
		{"prepublish that is no bool", []part{app, m, value("is_prepublish", "maybe")}, "Invalid is_prepublish"},
		{"two teams", []part{app, m, value("team", "a"), value("team", "b")}, "Exactly one 'team' parameter should be provided"},
		{"unknown field", []part{app, m, value("sorce_author", "x")}, "Invalid form field: 'sorce_author' is not known"},
		{"a bracket", []part{app, m, value("experimentalArgoBracket", "x")}, "experimentalArgoBracket is not supported"},
		{"signature of nothing", []part{app, m, signature("qa", "x")}, "signatures[qa] has no manifests[qa]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			r := d.post(t, "/release", c.parts...)
			if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, c.want) {
				t.Errorf("%d %s want 400 %s", r.StatusCode, r.body, c.want)
			}
			if d.cd.asked() != 0 {
				t.Error("cd-service was asked")
			}
		})
	}
}

func TestWhatIsNoReleaseFormAtAll(t *testing.T) {
	d := open(t)
	form, contentType := formOf(t, app, manifest("staging", yaml))
	for _, c := range []struct {
		name, method, path, contentType, body string
		status                                int
		want                                  string
	}{
		{"JSON", "POST", "/release", "application/json", "{}", 400, "Invalid body: request Content-Type isn't multipart/form-data"},
		{"no content type", "POST", "/release", "", "x", 400, "Invalid body"},
		{"cut off", "POST", "/release", contentType, form[:len(form)-30], 400, "Invalid body: the multipart form is broken or was cut off"},
		{"GET", "GET", "/release", "", "", 405, "unsupported method 'GET'"},
		{"PUT", "PUT", "/api/release", contentType, form, 405, "unsupported method 'PUT'"},
		{"longer address", "POST", "/release/xx", contentType, form, 404, "not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := d.ask(t, c.method, c.path, c.body, "Content-Type", c.contentType)
			if r.StatusCode != c.status || !strings.Contains(r.body, c.want) {
				t.Errorf("%d %s", r.StatusCode, r.body)
			}
			if c.status == 405 && r.Header.Get("Allow") != "POST" {
				t.Errorf("Allow is %q", r.Header.Get("Allow"))
			}
		})
	}
	if d.cd.asked() != 0 {
		t.Error("cd-service was asked")
	}
}

func TestAReleaseOverTheLimitIsRefused(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.MaxBodyBytes = 10_000 })
	if r := d.post(t, "/release", app, manifest("staging", strings.Repeat("#", 20_000))); r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	// Without an announced length the limit shows only while reading.
	form, contentType := formOf(t, app, manifest("staging", strings.Repeat("#", 20_000)))
	req, err := http.NewRequest(http.MethodPost, d.URL+"/release", struct{ *strings.Reader }{strings.NewReader(form)})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = -1
	req.Header.Set("Content-Type", contentType)
	if r := d.do(t, req); r.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(r.body, "10000") {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if d.cd.asked() != 0 {
		t.Error("cd-service was asked")
	}
}

func TestTheAuthorOfTheCommitComesFromTheHeaders(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	d := open(t)
	put := func(headers ...string) reply {
		return d.ask(t, "PUT", "/environments/staging/locks/l1", `{"message":"m"}`, append(headers, "Content-Type", "application/json")...)
	}
	if r := put("author-name", encode("Rosa Müller"), "author-email", encode("rosa@example.com")); r.StatusCode != 200 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	if r := put(); r.StatusCode != 200 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	want := []auth.Actor{{Name: "Rosa Müller", Email: "rosa@example.com"}, {Name: "CI", Email: "ci@example.com"}}
	for i, w := range want {
		if d.cd.actors[i] != w {
			t.Errorf("actor %d is %v, want %v", i, d.cd.actors[i], w)
		}
	}
	if r := put("author-name", "Rosa", "author-email", encode("x@example.com")); r.StatusCode != 400 || !strings.Contains(r.body, "author-name") {
		t.Errorf("a name that is not base64: %d %s", r.StatusCode, r.body)
	}
	if r := put("author-name", encode("Rosa\ncommitter"), "author-email", encode("x@example.com")); r.StatusCode != 400 {
		t.Errorf("a name of two lines: %d %s", r.StatusCode, r.body)
	}
	if d.cd.asked() != 2 {
		t.Error("cd-service was asked for a broken author")
	}
}

func TestTheIdempotencyKeyTravels(t *testing.T) {
	d := open(t)
	form, contentType := formOf(t, app, manifest("staging", yaml))
	d.ask(t, "POST", "/release", form, "Content-Type", contentType, "Idempotency-Key", "build-7")
	if got := d.cd.last(t).IdempotencyKey; got != "build-7" {
		t.Errorf("key is %q", got)
	}
}

func TestAnAuthorThatCannotBeReadIsLeftOutAndTheClientIsTold(t *testing.T) {
	d := open(t)
	for author, want := range map[string]string{"Rosa <rosa@example.com>": "Rosa <rosa@example.com>", "Rosa": "", "a <b> <c>": "", "R\n <x@y>": ""} {
		r := d.post(t, "/release", app, manifest("staging", yaml), value("source_author", author))
		if got := d.cd.last(t).GetCreateRelease().Author; r.StatusCode != 201 || got != want || (r.Header.Get("Signalbox-Notice") == "") != (want != "") {
			t.Errorf("%q: %d, author %q, notice %q", author, r.StatusCode, got, r.Header.Get("Signalbox-Notice"))
		}
	}
}
