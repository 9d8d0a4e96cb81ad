package diffs

import (
	"strings"
	"testing"
)

func TestEveryWayToWriteASecretIsRedacted(t *testing.T) {
	for name, manifest := range map[string]string{
		"plain":                "kind: Secret\ndata:\n  p: TOPSECRET\n",
		"string data":          "kind: Secret\nstringData: {p: TOPSECRET}\n",
		"json":                 `{"apiVersion":"v1","kind":"Secret","data":{"p":"TOPSECRET"}}`,
		"list":                 "kind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  data:\n    p: TOPSECRET\n",
		"escaped kind":         "kind: \"S\\x65cret\"\ndata:\n  p: TOPSECRET\n",
		"anchor":               "x: &v\n  p: TOPSECRET\nkind: Secret\ndata: *v\n",
		"merge":                "x: &v\n  data:\n    p: TOPSECRET\nkind: Secret\n<<: *v\n",
		"merge list":           "x: &v\n  data:\n    p: TOPSECRET\nkind: Secret\n<<: [*v]\n",
		"alias kind":           "x: &k Secret\nkind: *k\ndata:\n  p: TOPSECRET\n",
		"binary":               "kind: Secret\ndata:\n  p: !!binary TOPSECRET\n",
		"annotation only":      "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: TOPSECRET\n",
		"list value":           "kind: Secret\ndata:\n- TOPSECRET\n",
		"not yaml":             "kind: Secret\ndata: {p: TOPSECRET\n  x\n",
		"after a separator":    "kind: ConfigMap\n---\nkind: Secret\ndata:\n  p: TOPSECRET\n",
		"windows lines":        "kind: ConfigMap\r\n---\r\nkind: Secret\r\ndata:\r\n  p: TOPSECRET\r\n",
		"document end":         "kind: ConfigMap\n...\nkind: Secret\ndata:\n  p: TOPSECRET\n",
		"separator with a tag": "--- !x\nkind: Secret\ndata:\n  p: TOPSECRET\n",
		"nested merge":         "y: &w\n  data:\n    p: TOPSECRET\nx: &v\n  <<: *w\nkind: Secret\n<<: *v\n",
	} {
		if got := (&redactor{}).redact([]byte(manifest)); strings.Contains(got, "TOPSECRET") {
			t.Errorf("%s is shown:\n%s", name, got)
		}
	}
}

func TestWhatIsNoSecretStaysAsItIs(t *testing.T) {
	for _, manifest := range []string{
		"", "\n", "---\n", "kind: ConfigMap\ndata:\n  kind: Secret\n  # yes\n", "kind: SecretStore\ndata:   {a: b}\n",
		"kind: Deployment\nspec:\n  text: |\n    kind: Secret\n    data: x\n", "a: \"\\n\"\n--- \nb: 1", "kind: Secret\nmetadata: {name: empty}\n", "\xff\xfe",
		"# Secrets are elsewhere\n---\nkind: A\n", "kind: Deployment\nimagePullSecrets:   [{name: a}]\n", "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: a\n",
	} {
		if got := (&redactor{}).redact([]byte(manifest)); got != manifest {
			t.Errorf("%q became %q", manifest, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte("kind: Secret\ndata:\n  p: v\n---\nkind: A\n"))
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("kind: Secret\ndata: &a {x: *a}\n"))
	f.Fuzz(func(t *testing.T, manifest []byte) {
		once := (&redactor{}).redact(manifest)
		if !strings.Contains(string(manifest), "Secret") && !strings.Contains(string(manifest), `\`) && once != string(manifest) {
			t.Fatalf("changed %q to %q", manifest, once)
		}
	})
}
