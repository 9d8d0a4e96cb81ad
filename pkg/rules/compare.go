package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	yaml "go.yaml.in/yaml/v2"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// maxDiff is the length of a diff in an answer, in bytes; people read the first lines.
const maxDiff = 64 << 10

// difference is the first field in which a request and an existing release differ.
type difference struct {
	field       api.DifferingField
	name, where string
	diff        string
	// absent: the existing release has none.
	absent bool
}

// releaseIsTheSame: a number that is taken is the same release when every field the request gives is equal. What the request
// leaves out is not compared, a manifest included.
func (w *work) releaseIsTheSame(m *api.CreateRelease, existing *manifestrepo.Release) error {
	if m.Revision != 0 && m.Revision != existing.Revision {
		return problem.New(problem.Conflict, "release %d of %s exists as revision %d", existing.Version, m.Application, existing.Revision).
			At("create_release.revision").Because("a version is released once").Fix("use another version")
	}
	found, err := w.firstDifference(m, existing)
	if err != nil || found == nil {
		return err
	}
	with := "with another "
	if found.absent {
		with = "without a "
	}
	refused := problem.New(problem.Different, "release %d of %s exists %s%s", existing.Version, m.Application, with, found.name).
		At(found.where).Because("a release never changes").Fix("use another version, or leave the version out")
	refused.Detail = &api.ErrorDetail{Diff: found.diff, DifferingField: found.field}
	return refused
}

// firstDifference compares in the order of DifferingField; nil when nothing differs.
func (w *work) firstDifference(m *api.CreateRelease, existing *manifestrepo.Release) (*difference, error) {
	if found := firstDifferentFact(m, existing); found != nil {
		return found, nil
	}
	return w.firstDifferentManifest(m, existing)
}

// firstDifferentFact compares everything but the manifests.
func firstDifferentFact(m *api.CreateRelease, existing *manifestrepo.Release) *difference {
	for _, f := range []struct {
		field             api.DifferingField
		name, where       string
		request, existing string
	}{
		{api.DifferingField_DIFFERING_FIELD_SOURCE_COMMIT_ID, "commit id", "commit_id", m.CommitId, existing.CommitID},
		{api.DifferingField_DIFFERING_FIELD_SOURCE_AUTHOR, "author", "author", m.Author, existing.Author},
		{api.DifferingField_DIFFERING_FIELD_SOURCE_MESSAGE, "message", "message", m.Message, existing.Message},
		{api.DifferingField_DIFFERING_FIELD_SOURCE_REPO_URL, "source repo", "source_repo_url", m.SourceRepoUrl, existing.SourceRepoURL},
		{api.DifferingField_DIFFERING_FIELD_DISPLAY_VERSION, "display version", "display_version", m.DisplayVersion, existing.DisplayVersion},
		{api.DifferingField_DIFFERING_FIELD_TEAM, "team", "team", m.Team, existing.Team},
	} {
		if f.request != "" && f.request != f.existing {
			return &difference{
				field: f.field, name: f.name, where: "create_release." + f.where, diff: unifiedDiff("", f.existing, f.request), absent: f.existing == "",
			}
		}
	}
	return nil
}

// manifestsOf gives the blobs of a release's manifests, by environment.
func (w *work) manifestsOf(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error) {
	blobs, err := w.ctx.Content.Manifests(app, r)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "the manifests of %s %d cannot be read now", app, r.Version).Fix("try again").Wrap(err)
	}
	return blobs, nil
}

func (w *work) firstDifferentManifest(m *api.CreateRelease, existing *manifestrepo.Release) (*difference, error) {
	if len(m.Manifests) == 0 {
		return nil, nil
	}
	blobs, err := w.manifestsOf(m.Application, existing)
	if err != nil {
		return nil, err
	}
	for _, env := range slices.Sorted(maps.Keys(m.Manifests)) {
		found := &difference{field: api.DifferingField_DIFFERING_FIELD_MANIFESTS, name: "manifest for " + env, where: manifestField(env)}
		request := w.checked.Manifests[env]
		blob, exists := blobs[env]
		if !exists {
			found.absent, found.diff = true, unifiedDiff(env+"-", "", canonicalText(request.Content))
			return found, nil
		}
		if blob == request.Blob {
			continue
		}
		content, err := w.ctx.Content.Blob(blob)
		if err != nil {
			return nil, problem.New(problem.Unavailable, "the manifest of %s %d for %s cannot be read now", m.Application, existing.Version, env).
				Fix("try again").Wrap(err)
		}
		var same bool
		if found.diff, same = compareManifests(env, content, request.Content); !same {
			return found, nil
		}
	}
	return nil, nil
}

// compareManifests compares meaning: order of keys, quotes and comments do not count, the order of documents does.
func compareManifests(env string, existing, request []byte) (diff string, same bool) {
	a, errA := canonical(existing, false)
	b, errB := canonical(request, false)
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return "", true
	}
	diff = unifiedDiff(env+"-", canonicalText(existing), canonicalText(request))
	if diff == "" {
		diff = "(only the data of Secrets differs, which is not shown)\n"
	}
	return diff, false
}

// canonicalText is a manifest as a diff shows it: canonical, without the data of Secrets. What cannot be read is not shown.
func canonicalText(content []byte) string {
	text, err := canonical(content, true)
	if err != nil {
		return "(not readable as YAML)\n"
	}
	return string(text)
}

// canonical writes a manifest with sorted keys and without comments.
func canonical(content []byte, redact bool) ([]byte, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var out bytes.Buffer
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		if value == nil {
			continue
		}
		if redact {
			redactSecrets(value)
		}
		text, err := yaml.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write manifest: %w", err)
		}
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
}

func redactSecrets(value any) {
	fields, ok := value.(map[any]any)
	if !ok {
		return
	}
	if items, isList := fields["items"].([]any); isList {
		for _, item := range items {
			redactSecrets(item)
		}
	}
	if fields["kind"] != "Secret" {
		return
	}
	for _, field := range []string{"data", "stringData"} {
		if data, ok := fields[field].(map[any]any); ok {
			hidden := make(map[any]any, len(data))
			for key := range data {
				hidden[key] = "(not shown)"
			}
			fields[field] = hidden
		}
	}
	if metadata, ok := fields["metadata"].(map[any]any); ok {
		if annotations, ok := metadata["annotations"].(map[any]any); ok {
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
}

// unifiedDiff names the sides as kuberpult does, which clients print.
func unifiedDiff(prefix, existing, request string) string {
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(existing), B: lines(request), FromFile: prefix + "existing", ToFile: prefix + "request", Context: 3,
	})
	if err != nil { // a strings.Builder cannot fail
		return ""
	}
	if len(diff) > maxDiff {
		diff = strings.ToValidUTF8(diff[:maxDiff], "") + "\n... (shortened)\n"
	}
	return diff
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	split := strings.SplitAfter(text, "\n")
	return split[:len(split)-1]
}
