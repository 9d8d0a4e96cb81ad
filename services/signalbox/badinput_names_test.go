package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// badNames can name nothing; badLockIDs no lock.
var (
	badNames = map[string]string{
		"a slash": "a/b", "the parent folder": "..", "a NUL": "a\x00b", "upper case": "Upper", "300 characters": strings.Repeat("a", 300),
		"the folder itself": ".", "a way out": "../../main", "a dash in front": "-a", "an underscore": "a_b", "a line break": "a\nb", "not ASCII": "ä",
	}
	badLockIDs = map[string]string{
		"a slash": "a/b", "the parent folder": "..", "a NUL": "a\x00b", "300 characters": strings.Repeat("a", 300),
		"the folder itself": ".", "a way out": "../../../main", "one character": "a", "a line break": "a\nb",
	}
)

// place is where a name can stand in a request. %s in path and the text NAME in body are the name.
type place struct {
	method, path, body string
	// field is what a problem document calls it; lockID: it is a lock's id, not a name.
	field  string
	lockID bool
}

var namePlaces = []place{
	// kuberpult's addresses
	{method: "PUT", path: "/environments/%s/locks/l1", body: `{"message":"x"}`},
	{method: "DELETE", path: "/environments/%s/locks/l1"},
	{method: "PUT", path: "/environments/staging/locks/%s", body: `{"message":"x"}`, lockID: true},
	{method: "DELETE", path: "/environments/staging/locks/%s", lockID: true},
	{method: "PUT", path: "/environments/%s/applications/app/locks/l1", body: `{}`},
	{method: "PUT", path: "/environments/staging/applications/%s/locks/l1", body: `{}`},
	{method: "DELETE", path: "/environments/staging/applications/%s/locks/l1"},
	{method: "PUT", path: "/environments/staging/applications/app/locks/%s", body: `{}`, lockID: true},
	{method: "PUT", path: "/environment-groups/%s/locks/l1", body: `{"message":"x"}`},
	{method: "DELETE", path: "/environment-groups/%s/locks/l1", body: `{}`},
	{method: "PUT", path: "/environment-groups/production/locks/%s", body: `{"message":"x"}`, lockID: true},
	{method: "PUT", path: "/api/environments/%s/lock/team/shop/l1", body: `{"message":"x"}`},
	{method: "PUT", path: "/api/environments/staging/lock/team/%s/l1", body: `{"message":"x"}`},
	{method: "PUT", path: "/api/environments/staging/lock/team/shop/%s", body: `{"message":"x"}`, lockID: true},
	{method: "PUT", path: "/environments/%s/releasetrain"},
	{method: "PUT", path: "/environments/staging/releasetrain?team=%s"},
	{method: "PUT", path: "/api/environments/%s/releasetrain"},
	{method: "PUT", path: "/api/environment-groups/%s/releasetrain"},
	{method: "POST", path: "/api/application/%s/release/manifests/latest"},

	// our own, in the path
	{method: "POST", path: "/api/v1/applications/%s/releases", body: `{"manifests":{"development":MANIFEST}}`, field: "application"},
	{method: "POST", path: "/api/v1/applications/%s/environments/staging/deploy", body: `{"version":"1"}`, field: "application"},
	{method: "POST", path: "/api/v1/applications/app/environments/%s/deploy", body: `{"version":"1"}`, field: "environment"},
	{method: "POST", path: "/api/v1/trains/%s", body: `{}`, field: "target"},
	{method: "POST", path: "/api/v1/locks/%s/delete", body: `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging"}`, field: "id", lockID: true},
	{method: "PUT", path: "/api/v1/environments/%s", body: `{"config":{}}`, field: "environment"},
	{method: "POST", path: "/api/v1/applications/%s/environments/staging/hold?reason=x", field: "application"},
	{method: "POST", path: "/api/v1/applications/app/environments/%s/hold?reason=x", field: "environment"},
	{method: "POST", path: "/api/v1/applications/%s/environments/staging/resume", field: "application"},
	{method: "POST", path: "/api/v1/applications/app/environments/%s/remove", field: "environment"},
	{method: "POST", path: "/api/v1/applications/%s/prepare-undeploy", field: "application"},
	{method: "POST", path: "/api/v1/applications/%s/undeploy", field: "application"},
	{method: "PUT", path: "/api/v1/applications/%s", body: `{"team":"shop"}`, field: "application"},
	{method: "POST", path: "/api/v1/environments/%s/delete", field: "environment"},
	{method: "POST", path: "/api/v1/environments/%s/render", field: "environment"},
	{method: "PUT", path: "/api/v1/environment-groups/%s", body: `{"config":{}}`, field: "environmentGroup"},
	{method: "POST", path: "/api/v1/timetable/%s/morning/pause?reason=x", field: "target"},
	{method: "POST", path: "/api/v1/timetable/staging/%s/resume", field: "train"},
	{method: "POST", path: "/api/v1/approvals/%s/20261120-090312/approve", field: "environment"},
	{method: "POST", path: "/api/v1/approvals/staging/%s/approve", field: "id"},
	{method: "POST", path: "/api/v1/release-sets/%s/delete", field: "name"},

	// our own, in the JSON
	{method: "POST", path: "/api/v1/queue/release", body: `{"environment":NAME}`, field: "environment"},
	{method: "POST", path: "/api/v1/queue/release", body: `{"application":NAME}`, field: "application"},
	{method: "POST", path: "/api/v1/queue/release", body: `{"team":NAME}`, field: "team"},
	{method: "POST", path: "/api/v1/clean-up", body: `{"application":NAME}`, field: "application"},
	{method: "POST", path: "/api/v1/release-sets", body: `{"name":NAME,"environment":"staging"}`, field: "name"},
	{method: "POST", path: "/api/v1/release-sets", body: `{"name":"friday","environment":NAME}`, field: "environment"},
	{method: "POST", path: "/api/v1/trains/staging", body: `{"applications":["app",NAME]}`, field: "applications[1]"},
	{method: "POST", path: "/api/v1/trains/staging", body: `{"train":NAME}`, field: "train"},
	{method: "POST", path: "/api/v1/trains/staging", body: `{"source":{"releaseSet":NAME}}`, field: "source.releaseSet"},
	{method: "POST", path: "/api/v1/trains/staging", body: `{"source":{"revision":"0123abc","environment":NAME}}`, field: "source.environment"},
	{method: "POST", path: "/api/v1/preview", body: `{"runTrain":{"target":NAME}}`, field: "runTrain.target"},
	{method: "POST", path: "/api/v1/preview", body: `{"deploy":{"application":NAME,"environment":"staging","version":"1"}}`, field: "deploy.application"},
	{method: "PUT", path: "/api/v1/applications/app", body: `{"team":NAME}`, field: "team"},
	{method: "POST", path: "/api/v1/applications/app/releases", body: `{"manifests":{NAME:MANIFEST}}`, field: "manifests[]"},
	{method: "POST", path: "/api/v1/applications/app/releases", body: `{"manifests":{"development":MANIFEST},"team":NAME}`, field: "team"},
	{method: "POST", path: "/api/v1/applications/app/releases", body: `{"manifests":{"development":MANIFEST},"deployTo":[NAME]}`, field: "deployTo[0]"},
	{method: "POST", path: "/api/v1/trains/staging", body: `{"team":NAME}`, field: "team"},
	{method: "POST", path: "/api/v1/locks", body: `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":NAME,"id":"l1"}`, field: "environment"},
	{method: "POST", path: "/api/v1/locks", body: `{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":NAME}`, field: "id", lockID: true},
	{method: "POST", path: "/api/v1/locks", body: `{"scope":"LOCK_SCOPE_APPLICATION","environment":"staging","application":NAME,"id":"l1","ahead":true}`, field: "application"},
	{method: "POST", path: "/api/v1/locks", body: `{"scope":"LOCK_SCOPE_TEAM","environment":"staging","team":NAME,"id":"l1"}`, field: "team"},
	{method: "POST", path: "/api/v1/locks", body: `{"scope":"LOCK_SCOPE_ENVIRONMENT_GROUP","environmentGroup":NAME,"id":"l1"}`, field: "environmentGroup"},
	{method: "POST", path: "/api/v1/locks/l1/delete", body: `{"scope":"LOCK_SCOPE_APPLICATION","environment":"staging","application":NAME}`, field: "application"},
	{method: "PUT", path: "/api/v1/environments/canary", body: `{"config":{"upstream":{"environment":NAME}}}`, field: "config.upstream.environment"},
	{method: "PUT", path: "/api/v1/environments/canary", body: `{"config":{"environmentGroup":NAME}}`, field: "config.environmentGroup"},
	{method: "POST", path: "/api/v1/batch", body: `{"actions":[{"deploy":{"application":NAME,"environment":"staging","version":"1"}}]}`, field: "actions[0].deploy.application"},
	{method: "POST", path: "/api/v1/batch", body: `{"actions":[{"createLock":{"scope":"LOCK_SCOPE_ENVIRONMENT","environment":"staging","id":NAME}}]}`, field: "actions[0].createLock.id", lockID: true},
}

// with is the request with a bad name at the place.
func (p place) with(name string) badInput {
	quoted, text := asJSON(name), asJSON(manifest)
	body := strings.ReplaceAll(strings.ReplaceAll(p.body, "NAME", quoted), "MANIFEST", text)
	escape := url.PathEscape
	if query := strings.Index(p.path, "?"); query >= 0 && query < strings.Index(p.path, "%s") {
		escape = url.QueryEscape
	}
	path := strings.ReplaceAll(p.path, "%s", escape(name))
	field := strings.ReplaceAll(p.field, "[]", "["+name+"]")
	if len(name) > 100 {
		field = strings.ReplaceAll(p.field, "[]", "["+name[:57]+"...]") // a field is named, not repeated
	}
	c := badInput{name: p.method + " " + p.path + " " + p.body, method: p.method, path: path, contentType: "application/json", body: body,
		status: http.StatusBadRequest, kind: problem.Invalid, field: field}
	if strings.HasPrefix(p.path, "/api/v1/") && p.path != path && (name == "." || strings.HasPrefix(name, "..")) {
		// A path with "." or ".." in it is nobody's address.
		c.status, c.kind, c.field = http.StatusNotFound, problem.NotFound, ""
	}
	return c
}

func asJSON(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text
	}
	return string(out)
}

// formsWith are the forms with a bad name in them.
func formsWith(name string) []badInput {
	environment := badInput{name: "POST /environments/%s", method: "POST", path: "/environments/" + url.PathEscape(name), status: 400}
	environment.contentType, environment.body = form(part{"config", "{}"})
	upstream := badInput{name: "POST /environments/canary, upstream", method: "POST", path: "/environments/canary", status: 400}
	upstream.contentType, upstream.body = form(part{"config", `{"upstream":{"environment":` + asJSON(name) + `}}`})
	return []badInput{
		releaseOf("application of a form", "", part{"application", name}, part{"manifests[development]", manifest}),
		releaseOf("environment of a form", "", part{"application", "app"}, part{"manifests[" + name + "]", manifest}),
		release("team of a form", "", part{"team", name}),
		release("downstream environment of a form", "", part{"deploy_to_downstream_environments", name}),
		environment, upstream,
	}
}

// Wherever a name can stand, one that could leave its folder, or that no file can have, is refused and nothing is written.
func TestBadNamesAreRefusedWhereverTheyStand(t *testing.T) {
	running := startServer(t, nil)
	if _, err := clientOf(t, running.url).Execute(t.Context(), releaseRequest("app")); err != nil {
		t.Fatal(err)
	}
	before := heads(t, running.dataDir)
	try := func(what string, cases ...badInput) {
		for _, c := range cases {
			t.Run(what+"/"+c.name, func(t *testing.T) {
				c.check(t, running.url)
				if after := heads(t, running.dataDir); after != before {
					t.Fatalf("the manifest repo changed:\n%s", after)
				}
			})
		}
	}
	for what, name := range badNames {
		try(what, formsWith(name)...)
		for _, p := range namePlaces {
			if !p.lockID {
				try(what, p.with(name))
			}
		}
	}
	for what, id := range badLockIDs {
		for _, p := range namePlaces {
			if p.lockID {
				try("lock id: "+what, p.with(id))
			}
		}
	}
}
