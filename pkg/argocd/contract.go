// Package argocd renders the documents Argo CD reads: for each environment one AppProject and one Application for each deployed
// application. Paths and meaning are those of kuberpult 1.24, so that a team that moves over redeploys nothing.
package argocd

import "github.com/signalbox-dev/signalbox/pkg/manifestrepo"

// Settings are the same for all environments.
type Settings struct {
	// RepoURL is where Argo CD finds the manifest repo; Branch the branch it follows.
	RepoURL, Branch string
}

// Renderer renders environments and keeps rendered pieces to reuse them. It is not safe for concurrent use.
type Renderer struct{ contractOnly }

// NewRenderer makes one.
func NewRenderer(s Settings) *Renderer { panic("contract") }

// Update gives the edits of argocd/v1alpha1/ that the step from before to after needs: an application joined or left an
// environment, changed its team, or a config changed. Only the applications and environments of delta are looked at.
func (r *Renderer) Update(before, after *manifestrepo.Snapshot, delta manifestrepo.Delta) ([]manifestrepo.Edit, error) {
	panic("contract")
}

// Environment renders one environment's file; nil when the environment has no argocd settings.
func (r *Renderer) Environment(s *manifestrepo.Snapshot, env string) ([]byte, error) {
	panic("contract")
}

type contractOnly struct{}
