// Package openapi holds the document that describes every address of the frontend, and the page to browse it. The document is
// also what the REST door knows about query parameters, so what is documented is what is taken.
package openapi

import (
	"embed"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

//go:generate go run ./generate

//go:embed openapi.yaml
var document []byte

//go:embed page
var page embed.FS

// YAML is the document.
func YAML() []byte { return document }

// Parameter is one parameter of an operation.
type Parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
	Ref  string `json:"$ref"`
}

// Operation is one method of one path, as far as programs need it.
type Operation struct {
	OperationID string      `json:"operationId"`
	Tags        []string    `json:"tags"`
	Parameters  []Parameter `json:"parameters"`
}

// Document is the document, as far as programs need it: path -> method in lower case -> operation.
type Document struct {
	Paths map[string]map[string]Operation `json:"paths"`
}

// Parse reads the embedded document.
func Parse() (*Document, error) {
	d := &Document{}
	if err := yaml.Unmarshal(document, d); err != nil {
		return nil, fmt.Errorf("parse the embedded OpenAPI document: %w", err)
	}
	return d, nil
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// QueryParameters tells which query parameters a method of a path takes. In pattern every parameter is written "{}".
func (d *Document) QueryParameters() func(method, pattern string) (names []string, known bool) {
	table := map[string][]string{}
	for path, operations := range d.Paths {
		for method, operation := range operations {
			names := []string{}
			for _, p := range operation.Parameters {
				if p.In == "query" {
					names = append(names, p.Name)
				}
			}
			table[strings.ToUpper(method)+" "+parameter.ReplaceAllString(path, "{}")] = names
		}
	}
	return func(method, pattern string) ([]string, bool) {
		names, known := table[method+" "+pattern]
		return names, known
	}
}

// Routes serves the document and the page that shows it.
func Routes() []router.Route {
	file := func(name, contentType string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			content, err := page.ReadFile("page/" + name)
			if err != nil {
				http.Error(w, "not found", http.StatusNotFound)
				return
			}
			serve(w, contentType, content)
		})
	}
	return []router.Route{
		{Method: http.MethodGet, Pattern: "/openapi.yaml", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			serve(w, "application/yaml", document)
		})},
		{Method: http.MethodGet, Pattern: "/openapi.json", Handler: http.HandlerFunc(serveJSON)},
		{Method: http.MethodGet, Pattern: "/api", Handler: file("index.html", "text/html; charset=utf-8")},
		{Method: http.MethodGet, Pattern: "/api/page.js", Handler: file("page.js", "text/javascript; charset=utf-8")},
		{Method: http.MethodGet, Pattern: "/api/page.css", Handler: file("page.css", "text/css; charset=utf-8")},
	}
}

var documentJSON = sync.OnceValues(func() ([]byte, error) { return yaml.YAMLToJSON(document) })

// serveJSON is the same document for programs that read no YAML; the page is one.
func serveJSON(w http.ResponseWriter, _ *http.Request) {
	content, err := documentJSON()
	if err != nil {
		http.Error(w, "the document cannot be read", http.StatusInternalServerError)
		return
	}
	serve(w, "application/json", content)
}

func serve(w http.ResponseWriter, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(content) // the client may be gone
}
