package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestTheCommittedDocumentIsUpToDate(t *testing.T) {
	want, err := convert(read(t, "../../../../pkg/api/signalbox.swagger.yaml"), read(t, "../addresses.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, "../openapi.yaml"), want) {
		t.Error("openapi.yaml is stale: run go generate ./services/frontend-service/openapi and commit")
	}
}

const swagger = `
swagger: "2.0"
paths:
  /api/v1/things/{createThing.name}:
    post:
      operationId: CommandService_Execute2
      summary: Execute decides.
      parameters:
        - {name: createThing.name, in: path, required: true, type: string}
        - {name: createThing, in: body, schema: {$ref: '#/definitions/v1CreateThing'}}
        - {name: wait, in: query, type: string, enum: [WAIT_UNSPECIFIED]}
      responses: {"200": {schema: {$ref: '#/definitions/v1Operation'}}}
  /api/v1/things/{name}:
    get:
      operationId: ApplicationService_GetThing
      summary: GetThing returns a thing.
      responses: {"200": {schema: {$ref: '#/definitions/v1Operation'}}}
definitions:
  v1CreateThing: {type: object, description: "CreateThing makes a thing.", properties: {parts: {type: array, items: {type: object, $ref: '#/definitions/v1Operation'}}}}
  v1Operation: {type: object}
  v1Unused: {type: object}
`

const written = "openapi: 3.0.3\npaths: {/livez: {get: {}}}\ncomponents: {schemas: {}}\n"

func TestConversion(t *testing.T) {
	out, err := convert([]byte(swagger), []byte(written))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(out)
	for _, want := range []string{
		"/api/v1/things/{name}:", "operationId: createThing", "summary: Makes a thing.", "operationId: getThing", "summary: Returns a thing.",
		"#/components/schemas/CreateThing", "- accepted", `"202"`, "/livez:",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	for _, unwanted := range []string{"createThing.name", "v1", "Unused", "WAIT_", "definitions"} {
		if strings.Contains(strings.ReplaceAll(doc, "/api/v1/", ""), unwanted) {
			t.Errorf("the document holds %q:\n%s", unwanted, doc)
		}
	}
}

func TestWhatCannotBeConvertedIsAnError(t *testing.T) {
	for name, pair := range map[string][2]string{
		"not Swagger 2":          {"openapi: 3.0.0", written},
		"no YAML":                {"\t", written},
		"an address twice":       {swagger, "openapi: 3.0.3\npaths: {'/api/v1/things/{name}': {get: {}}}\n"},
		"a schema twice":         {swagger, "openapi: 3.0.3\npaths: {}\ncomponents: {schemas: {Operation: {type: object}}}\n"},
		"a read without comment": {strings.Replace(swagger, "summary: GetThing returns a thing.", "summary: ''", 1), written},
		"a service without tag":  {strings.ReplaceAll(swagger, "ApplicationService", "NewService"), written},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := convert([]byte(pair[0]), []byte(pair[1])); err == nil {
				t.Error("it was converted")
			}
		})
	}
}
