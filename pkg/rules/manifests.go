package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

const (
	// maxManifests is how many environments a release may hold manifests for.
	maxManifests = 1000
	// maxDocuments is how many documents (and items of lists) one manifest may hold.
	maxDocuments = 5000
)

// checkManifests reads all manifests of a release, at most as many at a time as there are processors; the same content is
// read once. What it returns does not depend on which of them was ready first.
func checkManifests(manifests map[string]string, c *checking) error {
	envs := slices.Sorted(maps.Keys(manifests))
	groups := make(map[string][]string, len(envs)) // content -> environments
	for _, env := range envs {
		groups[manifests[env]] = append(groups[manifests[env]], env)
	}
	var contents []string // in the order of their first environment
	for _, env := range envs {
		if groups[manifests[env]][0] == env {
			contents = append(contents, manifests[env])
		}
	}
	checked := make([]checkedManifest, len(contents))
	inParallel(len(contents), func(i int) { checked[i] = checkManifest([]byte(contents[i]), c) })

	c.out.Manifests = make(map[string]manifestrepo.Manifest, len(envs))
	for i, content := range contents {
		for _, env := range groups[content] {
			field := manifestField(env)
			if checked[i].fault != nil {
				return checked[i].fault.At(field)
			}
			if err := secretRule(field, checked[i].secrets, c); err != nil {
				return err
			}
			c.out.Manifests[env] = checked[i].manifest
		}
	}
	return nil
}

func manifestField(env string) string { return "create_release.manifests[" + env + "]" }

// inParallel calls do(0) to do(n-1) and waits.
func inParallel(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	wg.Wait()
}

type checkedManifest struct {
	manifest manifestrepo.Manifest
	// secrets names the documents that are Secrets with data.
	secrets []string
	fault   *problem.Error
}

func checkManifest(content []byte, c *checking) checkedManifest {
	if limit := c.policy.maxManifestBytes(); int64(len(content)) > limit {
		return checkedManifest{fault: problem.New(problem.TooLarge, "the manifest has %d bytes", len(content)).
			Because(fmt.Sprintf("a manifest has at most %d bytes", limit)).
			Fix("make it smaller, split the application, or let the operator set --max-manifest-bytes")}
	}
	if !utf8.Valid(content) {
		return checkedManifest{fault: problem.New(problem.Invalid, "the manifest is not UTF-8").
			Because("a manifest is UTF-8 YAML").Fix("save it as UTF-8")}
	}
	documents, fault := readDocuments(content)
	if fault != nil {
		return checkedManifest{fault: fault}
	}
	if len(documents) == 0 {
		return checkedManifest{fault: problem.New(problem.Invalid, "the manifest is empty").
			Because("a manifest holds at least one document; only an undeploy release has empty ones").
			Fix("upload the rendered manifests, or leave the environment out")}
	}
	secrets, fault := documentRules(documents)
	if fault != nil {
		return checkedManifest{fault: fault}
	}
	sum := sha256.Sum256(content)
	return checkedManifest{secrets: secrets, manifest: manifestrepo.Manifest{
		Content: content, Blob: c.prepare(content), SHA256: hex.EncodeToString(sum[:]),
	}}
}

// documentRules demands what Kubernetes demands of every object, and that no two documents are the same object.
func documentRules(documents []document) (secrets []string, fault *problem.Error) {
	const complete = "every document has apiVersion, kind and metadata.name"
	seen := make(map[identity]document, len(documents))
	for _, d := range documents {
		if d.Shape != "" {
			return nil, problem.New(problem.Invalid, "%s is %s, not a Kubernetes object", d, d.Shape).Because(complete).
				Fix("is it a values file or a template that was not rendered?")
		}
		var missing string
		switch {
		case d.APIVersion == "":
			missing = "apiVersion"
		case d.Kind == "":
			missing = "kind"
		case d.Name == "" && !d.Generated:
			missing = "metadata.name"
		}
		if missing != "" {
			return nil, problem.New(problem.Invalid, "%s has no %s", d, missing).Because(complete).
				Fix("is it a values file or a template that was not rendered?")
		}
		if d.Secret {
			secrets = append(secrets, d.String())
		}
		if d.Name == "" {
			continue
		}
		if first, twice := seen[d.identity()]; twice {
			return nil, problem.New(problem.Invalid, "%s is the same object as %s", d, first.place()).
				Because("no two documents of a manifest have the same group, kind, namespace and name").
				Fix("remove one of them")
		}
		seen[d.identity()] = d
	}
	return secrets, nil
}

// secretRule keeps plain Secrets out of git unless the operator wants them there.
func secretRule(field string, secrets []string, c *checking) error {
	if len(secrets) == 0 || c.policy.Secrets == SecretsAllow {
		return nil
	}
	if c.policy.Secrets == SecretsWarn {
		c.out.Warnings = append(c.out.Warnings,
			fmt.Sprintf("%s: %s holds data in plain text and stays in the manifest repo's history", field, strings.Join(secrets, ", ")))
		return nil
	}
	return invalid(field, "%s holds data", secrets[0]).Because("a Secret's data does not go into the manifest repo").
		Fix("use a SealedSecret or an ExternalSecret, or let the operator set --secrets=allow|warn")
}
