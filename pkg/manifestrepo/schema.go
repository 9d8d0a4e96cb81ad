package manifestrepo

import (
	"embed"
	"strings"
)

//go:embed schema/*.schema.json
var schemas embed.FS

// Schema is the JSON Schema (draft 2020-12) of a file of the manifest repo: signalbox, releases, application, config, environment-group,
// lock, deployment, departure, approval, release-set, release, release-line, removed or event. Nil when there is none of that name.
func Schema(name string) []byte {
	data, err := schemas.ReadFile("schema/" + name + ".schema.json")
	if err != nil {
		return nil
	}
	return data
}

// SchemaNames lists what Schema knows, sorted.
func SchemaNames() []string {
	entries, err := schemas.ReadDir("schema")
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".schema.json")
	}
	return names
}
