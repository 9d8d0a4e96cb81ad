package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v2"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// document is what the rules want to know of one Kubernetes object of a manifest.
type document struct {
	// Number of the YAML document, from 1, and of the item when it is a list's, else 0.
	Number, Item                      int
	APIVersion, Kind, Namespace, Name string
	// Generated: the object has a generateName in place of a name (jobs that Argo CD runs as hooks).
	Generated bool
	// Secret with data.
	Secret bool
	// Shape says what the document is when it is no object.
	Shape string
}

type identity struct{ group, kind, namespace, name string }

func (d document) identity() identity {
	group, _, found := strings.Cut(d.APIVersion, "/")
	if !found {
		group = ""
	}
	return identity{group, d.Kind, d.Namespace, d.Name}
}

func (d document) place() string {
	if d.Item > 0 {
		return fmt.Sprintf("document %d, item %d", d.Number, d.Item)
	}
	return fmt.Sprintf("document %d", d.Number)
}

// String names the document for a person.
func (d document) String() string {
	text := d.place()
	switch {
	case d.Kind != "" && d.Name != "":
		text += fmt.Sprintf(" (%s %s)", shorten(d.Kind), shorten(d.Name))
	case d.Kind != "":
		text += fmt.Sprintf(" (%s)", shorten(d.Kind))
	}
	return text
}

// readDocuments reads a manifest: all its documents, with the items of lists in place of the list. Documents that hold nothing (a
// comment, two separators) are passed over.
//
// Two readers give the same answer. The plain one understands the block style that renderers write and is some twenty times
// faster; where it is not certain the YAML library decides, the one that Argo CD and kubectl use. A fuzz test compares them.
func readDocuments(content []byte) ([]document, *problem.Error) {
	if documents, certain := readPlain(content); certain {
		return documents, nil
	}
	return readYAML(content)
}

// readYAML reads with the library. Duplicate keys are errors, aliases are bounded by the library.
func readYAML(content []byte) ([]document, *problem.Error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.SetStrict(true)
	var out []document
	for number := 1; ; number++ {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, notYAML(err)
		}
		if value == nil {
			continue
		}
		if out = objectsOf(value, document{Number: number}, out); len(out) > maxDocuments {
			return nil, tooManyDocuments()
		}
	}
}

func tooManyDocuments() *problem.Error {
	return problem.New(problem.TooLarge, "the manifest has more than %d documents", maxDocuments).
		Because(fmt.Sprintf("a manifest has at most %d documents", maxDocuments)).Fix("split the application")
}

// valueInError is a piece of the user's file in the library's message; it might be a secret.
var valueInError = regexp.MustCompile("`[^`]*`")

func notYAML(err error) *problem.Error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	text, _, _ = strings.Cut(text, "\n")
	text = valueInError.ReplaceAllString(text, "the value")
	return problem.New(problem.Invalid, "the manifest is not valid YAML: %s", text).
		Because("a manifest is valid YAML without duplicate keys").Fix("render it again and look at that line")
}

// objectsOf appends the object that value is, or the items when it is a list.
func objectsOf(value any, d document, out []document) []document {
	fields, ok := value.(map[any]any)
	if !ok {
		d.Shape = "a single value"
		if _, isList := value.([]any); isList {
			d.Shape = "a list"
		}
		return append(out, d)
	}
	d.APIVersion, d.Kind = textOf(fields["apiVersion"]), textOf(fields["kind"])
	if items, isList := fields["items"].([]any); isList && strings.HasSuffix(d.Kind, "List") && d.Item == 0 && d.APIVersion != "" {
		for i, item := range items {
			out = objectsOf(item, document{Number: d.Number, Item: i + 1}, out)
		}
		return out
	}
	if metadata, ok := fields["metadata"].(map[any]any); ok {
		d.Namespace, d.Name = textOf(metadata["namespace"]), textOf(metadata["name"])
		d.Generated = textOf(metadata["generateName"]) != ""
	}
	d.Secret = isSecret(d) && (holdsData(fields["data"]) || holdsData(fields["stringData"]))
	return append(out, d)
}

func isSecret(d document) bool { return d.Kind == "Secret" && d.identity().group == "" }

// holdsData reports whether a Secret's data or stringData is more than empty.
func holdsData(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case map[any]any:
		return len(v) > 0
	}
	return true
}

// textOf gives a string; a name must be a string in YAML too (`name: 12` is refused by Kubernetes).
func textOf(value any) string {
	text, _ := value.(string)
	return text
}
