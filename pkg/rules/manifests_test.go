package rules

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// rendered is a manifest of about 3 KB as Helm and kustomize write them.
func rendered(n int) string {
	var b strings.Builder
	b.WriteString(`---
# Source: checkout/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: checkout
  labels:
    app.kubernetes.io/name: checkout
    team: "payments"
spec:
  ports:
  - name: http
    port: 80 # the door
    targetPort: http
  - {}
  selector:
    app.kubernetes.io/name: checkout
---
# Source: checkout/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  annotations:
    checksum/config: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: checkout
  template:
    spec:
      containers:
        - name: main
          image: "registry.example.com/shop/checkout:2.15.0"
          args: ["--port=8080", "--log=json"]
          securityContext: {}
          env:
`)
	for i := range 28 {
		fmt.Fprintf(&b, "            - name: SETTING_%d\n              value: \"value of the setting %d\"\n", i, i+n)
	}
	b.WriteString(`          resources:
            limits:
              cpu: 500m
              memory: 256Mi
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: checkout
data:
  app.conf: |
    listen = 8080
    mode = "fast"

`)
	for i := range 15 {
		fmt.Fprintf(&b, "    key.%d = some value of it\n", i)
	}
	b.WriteString("  other: >-\n    folded\n    text\n")
	return b.String()
}

// yamls are seeds of all sorts: what the plain reader knows, what it must leave alone, and what is wrong.
var yamls = []string{
	rendered(0), "", " ", "\n", "---\n", "--- # c\n---\n\n", "# c\n---\na: 1\n",
	"apiVersion: v1\nkind: A\nmetadata:\n  name: a\n",
	"apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  name: b\n",
	"a:\n- b\n- c:\n    d: e\n    f:\n    - g\n  h: i\nj: k\n",
	"a:\n  - - b\n    - c\n  -\n    d\n  -\n  - e: f\n",
	"a: |\n  x\n\n   y\n\tz\nb: >+\n\n\n  c\n\n---\nd: |-\n",
	"a: |\n   \n  x\n", "a: |\nb: c\n", "a: |\n\n\n\nb: |\n  \t\n  x\n",
	"a: b\n  c: d\n", "a:\n    b: 1\n  c: 2\n", "a: b: c\n", "a: - b\n", "- a\n- b\n", "a\n", "a: \"b\" c\n", "a: 'b''c'\nd: ''\n", "a: \"\\\"\"\n",
	"a: &x 1\nb: *x\n", "<<: {a: 1}\n", "a: !!int x\n", "? a\n: b\n", "\"a\": b\n", "yes: 1\ntrue: 2\n", "a: [b, \"c\", --d=e]\nb: []\nc: [ ]\nd: [a, ]\n", "a: [b\n  c]\n",
	"a: {b: c, b: d}\n", "a: b #c\nd: #e\nf: g#h\n", "a:\tb\n", "a: b\r\nc: d\r\n", "\ufeffa: b\n", "a: \u00e4\n", "%YAML 1.1\n---\na: b\n...\n---\nb: c\n",
	"kind: 12\nmetadata:\n  name: true\n", "kind: \"12\"\nmetadata:\n  name: 'x'\n", "kind: ~\n", "kind:\n  a: b\n", "metadata: x\n", "metadata:\n- name: x\n", "metadata:\n  labels:\n    name: y\n  generateName: z-\n",
	"apiVersion: v1\nkind: List\nitems:\n- kind: A\n", "kind: Secret\ndata:\n  a: b\n", "a:\nb:\n", "a:\n\n  # c\n  b: c\n # d\n", "a: b\n---\n", "a: b\n--- c\n", "a: |\n  b\n c\n", "a: ---\n---b: c\n",
	"-a: b\n", "a:\n -b\n", "a:\n- - c: d\n    e: f\n  - g\n", "a:\n-\n- \n-  b: c\n   d: e\n", "a: \"b\n  c\"\n", "a:\n  b\n  c\n", "a: >2\n  b\n", "a: | # c\n  b\n", "a: 1:2\nb: c:d\n", "a: 2001-13-45\n", "a: |\n \tb\n", "a: 0x\nb: 0b2\nc: 1_0\n", "a: =\nb: <\nc: <<\n",
}

var randomLines = flag.Int("random-lines", 20000, "how many random texts the two YAML readers are compared on")

// The plain reader is a copy of what the library says, or it says nothing.
func comparePlain(t *testing.T, content []byte) {
	t.Helper()
	plain, certain := readPlain(content)
	if !certain {
		return
	}
	documents, fault := readYAML(content)
	if fault != nil {
		t.Fatalf("the plain reader takes what the library refuses: %v\n%s", fault, content)
	}
	if fmt.Sprint(plain) != fmt.Sprint(documents) {
		t.Fatalf("plain %+v\nlibrary %+v\n%s", plain, documents, content)
	}
}

func TestPlainReaderAgreesWithTheLibrary(t *testing.T) {
	for _, content := range yamls {
		comparePlain(t, []byte(content))
		// Every line left out, and every line moved by a space.
		lines := strings.SplitAfter(content, "\n")
		for i := range lines {
			before, after := strings.Join(lines[:i], ""), strings.Join(lines[i+1:], "")
			comparePlain(t, []byte(before+after))
			comparePlain(t, []byte(before+" "+lines[i]+after))
			comparePlain(t, []byte(before+strings.TrimPrefix(lines[i], " ")+after))
			comparePlain(t, []byte(before+lines[i]+lines[i]+after))
		}
	}
}

func TestPlainReaderReadsWhatRenderersWrite(t *testing.T) {
	documents, certain := readPlain([]byte(rendered(0)))
	if !certain || len(documents) != 3 || documents[1].Kind != "Deployment" || documents[2].Name != "checkout" {
		t.Fatalf("%v %+v", certain, documents)
	}
}

// Random lines of YAML's own signs find more than random bytes.
func TestPlainReaderAgreesOnRandomLines(t *testing.T) {
	tokens := strings.Split("a b kind metadata name data items 0 ~ yes : : : - - - | > |- >+ ' \" # [ ] { } , & * ! ? = . / \\ -- --- ... %", " ")
	tokens = append(tokens, " ", " ", "  ", "\t", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", ": ", ": ", ":\n", " #", "\r", "\u0085", "\ufeff", "a: b\n", "  a: b\n", "- a: |\n", "kind: A\n", "metadata:\n  name: ")
	lines := []string{
		"a: b", "c: d", "e: f", "a:", "g:", "h:", "i: |", "j: >-", "k: |+", `l: "m"`, "n: 'o'", "p: []", `q: [r, "s"]`, "t: {}", "u: v # w", "x", "-", "- y", "",
		"# z", "---", "kind: A", "metadata:", "name: b", "namespace: c", "items:", "generateName: d-", "apiVersion: v1", "\te", "  ", `"f"`, "data: g", "true: h", "1: i",
	}
	certain := 0
	for seed := range *randomLines {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		var b strings.Builder
		for range 1 + random.IntN(12) {
			if seed%4 == 0 {
				b.WriteString(tokens[random.IntN(len(tokens))])
				continue
			}
			b.WriteString(strings.Repeat(" ", random.IntN(5)) + strings.Repeat("- ", max(0, random.IntN(5)-3)))
			b.WriteString(lines[random.IntN(len(lines))] + "\n")
		}
		if _, ok := readPlain([]byte(b.String())); ok {
			certain++
			comparePlain(t, []byte(b.String()))
		}
	}
	t.Logf("certain of %d", certain)
	if certain == 0 {
		t.Error("the plain reader was never certain")
	}
}

func FuzzCheckManifest(f *testing.F) {
	for _, content := range yamls {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		comparePlain(t, content)
		action := &api.Action{Kind: &api.Action_CreateRelease{CreateRelease: &api.CreateRelease{
			Application: "checkout", Manifests: map[string]string{"staging": string(content)},
		}}}
		checked, err := Check(action, Policy{}, hashOf)
		if err != nil {
			if refused := problem.From(err); refused.Kind == problem.Internal || refused.Message == "" || refused.Remedy == "" {
				t.Fatalf("%+v", refused)
			}
			return
		}
		if m := checked.Manifests["staging"]; string(m.Content) != string(content) || m.Blob.IsZero() || len(m.SHA256) != 64 {
			t.Fatalf("%+v", m)
		}
	})
}

func hashOf(content []byte) manifestrepo.Hash {
	return plumbing.ComputeHash(plumbing.BlobObject, content)
}

func TestManyDocumentsAreRefused(t *testing.T) {
	content := strings.Repeat("---\napiVersion: v1\nkind: A\nmetadata:\n  generateName: a\n", maxDocuments+1)
	_, fault := readDocuments([]byte(content))
	if fault == nil || fault.Kind != problem.TooLarge {
		t.Fatal(fault)
	}
}

// What a release of 30 manifests of 3 KB costs.
func BenchmarkCheckRelease(b *testing.B) {
	manifests := map[string]string{}
	for i := range 30 {
		manifests[fmt.Sprintf("environment-%d", i)] = rendered(i)
	}
	action := &api.Action{Kind: &api.Action_CreateRelease{CreateRelease: &api.CreateRelease{Application: "checkout", Manifests: manifests}}}
	zero := func([]byte) manifestrepo.Hash { return manifestrepo.Hash{1} }
	b.SetBytes(int64(30 * len(rendered(0))))
	for b.Loop() {
		if _, err := Check(action, Policy{}, zero); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadPlain(b *testing.B) {
	content := []byte(rendered(0))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, certain := readPlain(content); !certain {
			b.Fatal("not certain")
		}
	}
}

func BenchmarkReadYAML(b *testing.B) {
	content := []byte(rendered(0))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, fault := readYAML(content); fault != nil {
			b.Fatal(fault)
		}
	}
}
