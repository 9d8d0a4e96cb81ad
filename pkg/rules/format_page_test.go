package rules

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// eventWords are the values of the constants that say what an event is.
func eventWords(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "deliver.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "event") || len(spec.Values) != 1 {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok {
			word, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			words = append(words, word)
		}
		return true
	})
	slices.Sort(words)
	return words
}

func TestTheFormatKnowsEveryEventAndEveryCommand(t *testing.T) {
	data, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	var schema struct {
		Properties struct{ What struct{ Enum []string } }
	}
	if err := json.Unmarshal(manifestrepo.Schema("event"), &schema); err != nil {
		t.Fatal(err)
	}
	words := eventWords(t)
	if known := slices.Sorted(slices.Values(schema.Properties.What.Enum)); !slices.Equal(known, words) {
		t.Errorf("the schema's events are\n%v\nthe rules' are\n%v", known, words)
	}
	kinds := (&api.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("kind").Fields()
	for i := range kinds.Len() {
		r, ok := ruleOf(kinds.Get(i).Name())
		if !ok {
			t.Fatalf("%s has no rule", kinds.Get(i).Name())
		}
		words = append(words, r.name)
	}
	for _, word := range words {
		if !strings.Contains(page, "`"+word+"`") {
			t.Errorf("docs/format.md does not list %s", word)
		}
	}
}
