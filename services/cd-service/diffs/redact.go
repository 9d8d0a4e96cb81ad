package diffs

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// What stands in place of a secret's value, and of a document that may hold one and cannot be read.
const (
	hidden        = "(not shown)"
	hiddenChanged = "(not shown, changed)"
	unreadable    = "# (not shown: this document is not valid YAML and may hold a Secret)\n"
)

// redactor takes the data out of Secrets, items of lists included. All else stays as it is, byte for byte.
type redactor struct {
	// values holds a hash of each value taken out, by where it was; against, those of a text to compare with (may be nil).
	values, against map[string][sha256.Size]byte
	// hidden and merged are the nodes of a document that were visited: an alias may lead back to where it stands.
	hidden, merged map[*yaml.Node]bool
}

// redact gives a manifest without the data of its Secrets.
func (r *redactor) redact(content []byte) string {
	if r.values == nil {
		r.values = map[string][sha256.Size]byte{}
	}
	text := string(content)
	if isPlain(text) {
		return text
	}
	var out strings.Builder
	for _, document := range documents(text) {
		out.WriteString(r.document(document))
	}
	return out.String()
}

// documents cuts a YAML stream at its separators: lines that start with "---" end whatever came before, block text included.
func documents(text string) []string {
	var all []string
	start, at := 0, 0
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "---"); ok && at > start && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n")) {
			all = append(all, text[start:at])
			start = at
		}
		at += len(line)
	}
	return append(all, text[start:])
}

func (r *redactor) document(text string) string {
	if isPlain(text) {
		return text
	}
	var node yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	err := decoder.Decode(&node)
	if errors.Is(err, io.EOF) {
		return text // comments only
	}
	if err != nil || !errors.Is(decoder.Decode(&yaml.Node{}), io.EOF) {
		return separator(text) + unreadable
	}
	r.hidden, r.merged = map[*yaml.Node]bool{}, map[*yaml.Node]bool{}
	if !r.walk(&node) {
		return text
	}
	stripComments(&node)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return separator(text) + unreadable
	}
	return separator(text) + out.String()
}

// isPlain reports whether a text certainly holds no Secret: a kind can be spelled in another way only with escapes.
func isPlain(text string) bool { return !strings.Contains(text, `\`) && !namesSecret(text) }

// namesSecret reports whether the kind stands in a text as a word of its own, unlike in imagePullSecrets, which nearly every manifest has.
func namesSecret(text string) bool {
	const kind = "Secret"
	for {
		i := strings.Index(text, kind)
		if i < 0 {
			return false
		}
		before, after := i > 0 && isWord(text[i-1]), len(text) > i+len(kind) && isWord(text[i+len(kind)])
		if !before && !after {
			return true
		}
		text = text[i+len(kind):]
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func separator(document string) string {
	if strings.HasPrefix(document, "---") {
		return "---\n"
	}
	return ""
}

// walk redacts all Secrets at and under a node, and reports whether there were any.
func (r *redactor) walk(n *yaml.Node) bool {
	found := false
	if n.Kind == yaml.MappingNode && value(n, "kind") == "Secret" {
		metadata := child(n, "metadata")
		where := value(metadata, "namespace") + "/" + value(metadata, "name") + "/"
		found = r.secret(n, where)
		if annotations := child(metadata, "annotations"); annotations != nil {
			found = drop(annotations, "kubectl.kubernetes.io/last-applied-configuration") || found
		}
	}
	for _, c := range n.Content {
		found = r.walk(c) || found
	}
	return found
}

// secret redacts the fields of a Secret, also those that it merges in.
func (r *redactor) secret(n *yaml.Node, where string) bool {
	found := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		field := n.Content[i+1]
		switch n.Content[i].Value {
		case "data", "stringData":
			r.hide(field, where+n.Content[i].Value)
			found = true
		case "<<":
			for _, merged := range append([]*yaml.Node{field}, field.Content...) {
				if merged = resolve(merged); merged.Kind == yaml.MappingNode && !r.merged[merged] {
					r.merged[merged] = true
					found = r.secret(merged, where) || found
				}
			}
		}
	}
	return found
}

// hide replaces every value under a node, keys of mappings stay.
func (r *redactor) hide(n *yaml.Node, where string) {
	n = resolve(n)
	if r.hidden[n] {
		return
	}
	r.hidden[n] = true
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			r.hide(n.Content[i+1], where+"/"+n.Content[i].Value)
		}
		return
	}
	text, _ := yaml.Marshal(n) // a node that was read can be written; else all such values count as the same
	sum := sha256.Sum256(text)
	r.values[where] = sum
	shown := hidden
	if before, ok := r.against[where]; ok && before != sum {
		shown = hiddenChanged
	}
	*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: shown, Anchor: n.Anchor}
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Kind == yaml.MappingNode && n.Content[i].Value == key {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

func value(n *yaml.Node, key string) string {
	if c := child(n, key); c != nil {
		return c.Value
	}
	return ""
}

func drop(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return true
		}
	}
	return false
}

// stripComments removes comments: they may repeat what is hidden.
func stripComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		stripComments(c)
	}
}
