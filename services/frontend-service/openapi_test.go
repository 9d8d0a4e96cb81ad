package frontend_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	sigsyaml "sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/services/frontend-service/githttp"
	"github.com/signalbox-dev/signalbox/services/frontend-service/openapi"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"

	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

var braces = regexp.MustCompile(`\{[^}]*\}`)

// gatewayRoutes reads the REST addresses from where the gateway gets them.
func gatewayRoutes(t *testing.T) []router.Route {
	t.Helper()
	content, err := os.ReadFile("../../proto/signalbox/v1/http.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type rule struct{ Get, Post, Put, Delete, Patch string }
	var file struct {
		HTTP struct {
			Rules []struct {
				rule
				Get, Post, Put, Delete, Patch string
				AdditionalBindings            []rule `json:"additional_bindings"`
			}
		}
	}
	if err := sigsyaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	var routes []router.Route
	add := func(r rule) {
		for method, path := range map[string]string{"GET": r.Get, "POST": r.Post, "PUT": r.Put, "DELETE": r.Delete, "PATCH": r.Patch} {
			if path != "" {
				routes = append(routes, router.Route{Method: method, Pattern: path})
			}
		}
	}
	for _, r := range file.HTTP.Rules {
		add(rule{r.Get, r.Post, r.Put, r.Delete, r.Patch})
		for _, additional := range r.AdditionalBindings {
			add(additional)
		}
	}
	return routes
}

func TestEveryAddressIsInTheDocumentAndTheOtherWayRound(t *testing.T) {
	doc, err := openapi.Parse()
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for path, operations := range doc.Paths {
		for method := range operations {
			documented[strings.ToUpper(method)+" "+braces.ReplaceAllString(path, "{}")] = true
		}
	}
	d := open(t)
	routes := append(d.front.Routes(), gatewayRoutes(t)...)
	routes = append(routes, githttp.Routes(frontend.GitPrefix, "")...)
	served := map[string]bool{}
	for _, r := range routes {
		method := r.Method
		if method == router.AnyMethod {
			method = "POST"
		}
		address := method + " " + braces.ReplaceAllString(r.Pattern, "{}")
		served[address] = true
		if !documented[address] {
			t.Errorf("%s is not in the document", address)
		}
	}
	for address := range documented {
		if !served[address] {
			t.Errorf("%s is documented and not served", address)
		}
	}
	if len(served) < 60 {
		t.Errorf("only %d addresses were found: the test looks in the wrong place", len(served))
	}
}
