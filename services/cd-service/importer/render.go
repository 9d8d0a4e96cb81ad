package importer

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// render reads the converted tree the way Signalbox will, renders the Argo CD documents from it, and compares them with kuberpult's.
func (o Options) render(ctx context.Context, c *conversion) error {
	changes := make([]manifestrepo.PathChange, 0, len(c.kept)+len(c.written))
	for _, k := range c.kept {
		changes = append(changes, manifestrepo.PathChange{Path: k.Path, New: k.New, Mode: k.Mode})
	}
	for path, content := range c.written {
		changes = append(changes, manifestrepo.PathChange{Path: path, New: gitstore.PrepareBlob(content).Hash(), Content: content})
	}
	s, _, err := manifestrepo.Empty().Apply(ctx, manifestrepo.Update{Changes: changes}, o.Store)
	if err != nil {
		return fmt.Errorf("read the converted repo: %w", err)
	}
	for _, p := range s.Problems() {
		if !c.explained(p.Path) {
			c.note(p.Path, "Signalbox cannot read it: %s", p.Reason)
		}
	}
	c.report.Environments = len(s.Environments())
	for _, e := range s.Environments() {
		old := c.source.argocd[e.Name]
		if e.Problem != "" {
			continue // what runs there must stay: its file is kept below
		}
		content, err := o.Renderer.Environment(s, e.Name)
		if err != nil {
			return fmt.Errorf("render the Argo CD documents of %s: %w", e.Name, err)
		}
		if content == nil {
			continue
		}
		c.written[manifestrepo.ArgoCDPath(e.Name)] = content
		c.report.ArgoCD = append(c.report.ArgoCD, compareDocuments(e.Name, old, content)...)
	}
	c.keepArgoCD()
	return nil
}

// explained reports whether a note says already why a path cannot be read: its own, or one of its folder.
func (c *conversion) explained(path string) bool {
	for folder := range c.foreign {
		if app, ok := strings.CutPrefix(folder, "applications/"); ok && strings.Contains(path, "/applications/"+app+"/") || strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return slices.ContainsFunc(c.report.NotCarried, func(n Note) bool { return path == n.Path || strings.HasPrefix(path, n.Path+"/") })
}

// keepArgoCD leaves kuberpult's documents where Signalbox renders none: removing them would make Argo CD remove what runs.
func (c *conversion) keepArgoCD() {
	for _, env := range sorted(c.source.argocd) {
		if _, rendered := c.written[manifestrepo.ArgoCDPath(env)]; rendered {
			continue
		}
		c.keep(c.source.argocd[env])
		c.note(manifestrepo.ArgoCDPath(env), "it stays as kuberpult wrote it: Signalbox has no readable config with argocd settings for this environment")
	}
}

// compareDocuments says where the new Argo CD documents of an environment mean something else than the old ones.
func compareDocuments(env string, old *text, content []byte) []ArgoChange {
	if old == nil {
		return []ArgoChange{{Environment: env, What: "documents that were not there"}}
	}
	before, err := parseDocuments([]byte(old.value))
	if err != nil || !old.read {
		return []ArgoChange{{Environment: env, What: "kuberpult's documents cannot be read, and are replaced"}}
	}
	after, err := parseDocuments(content)
	if err != nil {
		return []ArgoChange{{Environment: env, What: "the new documents cannot be read: " + err.Error()}}
	}
	var changes []ArgoChange
	add := func(name, format string, args ...any) {
		changes = append(changes, ArgoChange{Environment: env, Document: name, What: fmt.Sprintf(format, args...)})
	}
	for _, name := range sorted(before) {
		if after[name] == nil {
			add(name, "goes away")
			continue
		}
		for _, d := range differences("", before[name], after[name]) {
			add(name, "%s", d)
		}
	}
	for _, name := range sorted(after) {
		if before[name] == nil {
			add(name, "is new")
		}
	}
	return changes
}

// parseDocuments reads YAML documents by "kind name".
func parseDocuments(data []byte) (map[string]any, error) {
	documents := map[string]any{}
	for part := range bytes.SplitSeq(append([]byte("\n"), data...), []byte("\n---\n")) {
		var d map[string]any
		if err := yaml.Unmarshal(part, &d); err != nil {
			return nil, fmt.Errorf("parse a document: %w", err)
		}
		if len(d) == 0 {
			continue
		}
		meta, _ := d["metadata"].(map[string]any)
		documents[fmt.Sprint(d["kind"], " ", meta["name"])] = d
	}
	return documents, nil
}

// differences lists the fields that differ, such as `spec.project: "a" becomes "b"`.
func differences(path string, a, b any) []string {
	x, isMap := a.(map[string]any)
	y, bothMaps := b.(map[string]any)
	if !isMap || !bothMaps {
		if shownValue(a) == shownValue(b) {
			return nil
		}
		return []string{fmt.Sprintf("%s: %s becomes %s", strings.TrimPrefix(path, "."), shownValue(a), shownValue(b))}
	}
	var list []string
	keys := map[string]bool{}
	for k := range x {
		keys[k] = true
	}
	for k := range y {
		keys[k] = true
	}
	for _, k := range sorted(keys) {
		list = append(list, differences(path+"."+k, x[k], y[k])...)
	}
	return list
}

func shownValue(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\n", " "))
}
