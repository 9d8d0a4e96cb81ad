package openapi_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/services/frontend-service/openapi"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	if _, err := openapiv3.ParseDocument(openapi.YAML()); err != nil {
		t.Errorf("not OpenAPI 3.0: %v", err)
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	var doc map[string]any
	if err := yaml.Unmarshal(openapi.YAML(), &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				var at any = doc
				for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[key]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(doc)
}

func TestOperationsHaveNamesOfTheirOwnAndTheParametersOfTheirPath(t *testing.T) {
	doc, err := openapi.Parse()
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		Components struct {
			Parameters map[string]openapi.Parameter `json:"parameters"`
		} `json:"components"`
	}
	if err := yaml.Unmarshal(openapi.YAML(), &shared); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	inPath := regexp.MustCompile(`\{([^}]*)\}`)
	for path, operations := range doc.Paths {
		var want []string
		for _, m := range inPath.FindAllStringSubmatch(path, -1) {
			want = append(want, m[1])
		}
		slices.Sort(want)
		for method, operation := range operations {
			where := method + " " + path
			if other := seen[operation.OperationID]; other != "" || operation.OperationID == "" {
				t.Errorf("%s and %s are both %q", where, other, operation.OperationID)
			}
			seen[operation.OperationID] = where
			var got []string
			for _, p := range operation.Parameters {
				if p.Ref != "" {
					p = shared.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
				}
				if p.In == "path" {
					got = append(got, p.Name)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: parameters %v, want %v", where, got, want)
			}
		}
	}
}

func TestTheDocumentAndItsPageAreServedWithoutAnythingFromElsewhere(t *testing.T) {
	routes := router.New(openapi.Routes()...)
	for path, contentType := range map[string]string{
		"/openapi.yaml": "application/yaml", "/openapi.json": "application/json", "/api": "text/html; charset=utf-8",
		"/api/page.js": "text/javascript; charset=utf-8", "/api/page.css": "text/css; charset=utf-8",
	} {
		r := httptest.NewRequest("GET", path, nil)
		w := httptest.NewRecorder()
		h, _ := routes.Find(r)
		h.ServeHTTP(w, r)
		if w.Code != 200 || w.Header().Get("Content-Type") != contentType || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if strings.HasPrefix(path, "/api") && strings.Contains(w.Body.String(), "https://") {
			t.Errorf("%s loads something from elsewhere", path)
		}
	}
}
