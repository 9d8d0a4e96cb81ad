package client_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"sigs.k8s.io/yaml"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// Each kind of command goes to the address that the server has for it, whatever its names hold.
func TestEveryCommandGoesToItsAddress(t *testing.T) {
	type binding struct{ Post, Put, Body string }
	var file struct {
		HTTP struct {
			Rules []struct {
				Selector string
				binding
				Post, Body         string
				AdditionalBindings []binding `json:"additional_bindings"`
			}
		}
	}
	content, err := os.ReadFile("../../../proto/signalbox/v1/http.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	bindings := map[string]binding{}
	for _, rule := range file.HTTP.Rules {
		if rule.Selector == "signalbox.v1.CommandService.Execute" {
			for _, b := range append(rule.AdditionalBindings, binding{Post: rule.Post, Body: rule.Body}) {
				bindings[b.Body] = b
			}
		}
	}

	const name = "a b/c?"
	inPath := regexp.MustCompile(`\{[^.}]*\.([^}]*)\}`)
	kinds := (&api.ExecuteRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	for i := range kinds.Len() {
		kind := kinds.Get(i)
		b, ok := bindings[string(kind.Name())]
		if !ok {
			t.Errorf("%s has no address", kind.Name())
			continue
		}
		method, path := http.MethodPost, b.Post
		if b.Put != "" {
			method, path = http.MethodPut, b.Put
		}
		req := &api.ExecuteRequest{}
		command := req.ProtoReflect().Mutable(kind).Message()
		want := inPath.ReplaceAllStringFunc(path, func(parameter string) string {
			field := inPath.FindStringSubmatch(parameter)[1]
			command.Set(command.Descriptor().Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOfString(name))
			return url.PathEscape(name)
		})
		server, requests := server(t, says(200, done))
		c, _ := patient(t, server, 0)
		if _, err := c.Execute(t.Context(), req); err != nil {
			t.Errorf("%s: %v", kind.Name(), err)
			continue
		}
		if r := (*requests)[0]; r.method != method || r.path != want || !strings.HasPrefix(r.body, "{") {
			t.Errorf("%s went as %s %s %s, expected %s %s", kind.Name(), r.method, r.path, r.body, method, want)
		}
	}
}

// An export that breaks off is no export: whoever asked hears of it. A server that is busy at first is asked again.
func TestAnExportIsWholeOrAnError(t *testing.T) {
	breaksOff := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("time,application\n"))
	}
	var got strings.Builder
	server1, _ := server(t, breaksOff)
	c, _ := patient(t, server1, 3)
	if err := c.Export(t.Context(), &api.ExportDeploymentsRequest{}, &got); err == nil || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("got %v", err)
	}

	got.Reset()
	server2, requests := server(t, says(503, `{"kind":"unavailable","detail":"in a moment"}`), says(200, "time,application\n"))
	c, _ = patient(t, server2, 1)
	if err := c.Export(t.Context(), &api.ExportDeploymentsRequest{Team: "payments", Format: "csv"}, &got); err != nil || got.String() != "time,application\n" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	if r := (*requests)[1]; r.path != "/api/v1/deployments/export" || r.query != "format=csv&team=payments" {
		t.Errorf("asked %+v", r)
	}
}
