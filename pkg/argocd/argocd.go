// Package argocd renders the documents Argo CD reads: for each environment one AppProject and one Application for each deployed
// application. Paths and meaning are those of kuberpult 1.24, so that a team that moves over redeploys nothing.
//
// An environment's file depends on its config, on which applications run there, and on their teams; a new version changes nothing
// in it. All Applications of an environment are alike but for two names, so the Renderer keeps one rendered pattern for each
// environment and fills in the names: a file of 2,000 applications costs about what copying it costs.
//
// The types are small ones of our own, because Argo CD's pull in more than a thousand packages; a test of rollout-service reads what
// is rendered here with the real ones.
package argocd

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Settings are the same for all environments.
type Settings struct {
	// RepoURL is where Argo CD finds the manifest repo; Branch the branch it follows.
	RepoURL, Branch string
}

// Renderer renders environments and keeps their patterns. It is not safe for concurrent use.
type Renderer struct {
	settings Settings
	patterns map[string]*pattern
}

// NewRenderer makes one.
func NewRenderer(s Settings) *Renderer {
	return &Renderer{settings: s, patterns: map[string]*pattern{}}
}

// Update gives the edits of argocd/v1alpha1/ that the step from before to after needs: an application joined or left an
// environment, changed its team, or a config changed. Only the applications and environments of delta are looked at.
//
// An environment whose config.json cannot be read keeps its file: removing it would make Argo CD remove what runs.
func (r *Renderer) Update(before, after *manifestrepo.Snapshot, delta manifestrepo.Delta) ([]manifestrepo.Edit, error) {
	stale := map[string]bool{}
	if delta.Environments {
		r.changedConfigs(before, after, stale)
	}
	for _, name := range delta.Applications {
		changedMembers(before.Application(name), after.Application(name), stale)
	}
	var edits []manifestrepo.Edit
	for _, env := range sortedNames(stale) {
		edit, ok, err := r.edit(before, after, env)
		if err != nil {
			return nil, err
		}
		if ok {
			edits = append(edits, edit)
		}
	}
	return edits, nil
}

// edit writes an environment's file, or removes the one that before had; ok is false when there is nothing to do.
func (r *Renderer) edit(before, after *manifestrepo.Snapshot, env string) (edit manifestrepo.Edit, ok bool, err error) {
	edit.Path = manifestrepo.ArgoCDPath(env)
	if e := after.Environment(env); e != nil && e.Problem != "" {
		return edit, false, nil
	}
	edit.Content, err = r.Environment(after, env)
	if err != nil {
		return edit, false, err
	}
	if edit.Content == nil {
		edit.Delete = true
		return edit, hasSettings(before.Environment(env)), nil
	}
	return edit, true, nil
}

// changedConfigs marks environments that came, went, or changed their argocd settings.
func (r *Renderer) changedConfigs(before, after *manifestrepo.Snapshot, stale map[string]bool) {
	for _, e := range after.Environments() {
		if old := before.Environment(e.Name); old == nil || old != e && !sameSettings(old, e) {
			stale[e.Name] = true
		}
	}
	for _, old := range before.Environments() {
		if after.Environment(old.Name) == nil {
			stale[old.Name] = true
			delete(r.patterns, old.Name)
		}
	}
}

// sameSettings: an environment that was not readable a moment ago is not the same.
func sameSettings(a, b *manifestrepo.Environment) bool {
	return a.Problem == b.Problem && reflect.DeepEqual(a.Config.ArgoCD, b.Config.ArgoCD)
}

func hasSettings(e *manifestrepo.Environment) bool {
	return e != nil && (e.Config.ArgoCD != nil || e.Problem != "")
}

// changedMembers marks the environments that an application joined or left, or where its team is written.
func changedMembers(before, after *manifestrepo.Application, stale map[string]bool) {
	sameTeam := teamOf(before) == teamOf(after)
	for env := range deployments(before) {
		if !runsIn(after, env) && runsIn(before, env) {
			stale[env] = true
		}
	}
	for env := range deployments(after) {
		if runsIn(after, env) && (!sameTeam || !runsIn(before, env)) {
			stale[env] = true
		}
	}
}

func teamOf(a *manifestrepo.Application) string {
	if a == nil {
		return ""
	}
	return a.Team
}

func deployments(a *manifestrepo.Application) map[string]*manifestrepo.Deployment {
	if a == nil {
		return nil
	}
	return a.Deployments
}

// runsIn reports whether an environment runs an application. Where deployment.json cannot be read the manifest that is there counts:
// an Application must not vanish because a hand slipped.
func runsIn(a *manifestrepo.Application, env string) bool {
	d := deployments(a)[env]
	return d != nil && (d.Version != 0 || d.Broken != "" && !d.FileBlob.IsZero())
}

// Environment renders one environment's file; nil when the environment has no argocd settings.
func (r *Renderer) Environment(s *manifestrepo.Snapshot, env string) ([]byte, error) {
	e := s.Environment(env)
	if e == nil || e.Config.ArgoCD == nil {
		delete(r.patterns, env)
		return nil, nil
	}
	p := r.patterns[env]
	if p == nil || !reflect.DeepEqual(p.config, e.Config.ArgoCD) {
		next, err := newPattern(r.settings, env, e.Config.ArgoCD)
		if err != nil {
			return nil, fmt.Errorf("render the Argo CD documents of %s: %w", env, err)
		}
		p = next
		r.patterns[env] = p
	}
	var out bytes.Buffer
	out.Grow(p.lastSize + p.lastSize/64 + len(p.project) + 1024)
	out.Write(p.project)
	for _, app := range s.Applications() {
		if !runsIn(app, env) {
			continue
		}
		out.WriteString("---\n")
		if err := p.application(&out, app.Name, app.Team); err != nil {
			return nil, fmt.Errorf("render %s in %s for Argo CD: %w", app.Name, env, err)
		}
	}
	p.lastSize = out.Len()
	return out.Bytes(), nil
}

func sortedNames(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
