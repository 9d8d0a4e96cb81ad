package sequencer

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// derive gives the edits of Argo CD's documents that a change needs: those that follow from the step, and those that are to be as they
// should be whatever main has.
func (s *Sequencer) derive(ctx context.Context, b *built, c change, before, after *manifestrepo.Snapshot, delta manifestrepo.Delta) ([]manifestrepo.Edit, error) {
	s.rendering.Lock()
	defer s.rendering.Unlock()
	derived, err := s.o.Renderer.Update(before, after, delta)
	if err != nil {
		return nil, fmt.Errorf("render Argo CD documents: %w", err)
	}
	for _, env := range c.render {
		edit, differs, err := s.documents(ctx, b.batch, before.Commit(), after, env)
		if err != nil {
			return nil, err
		}
		if !differs {
			continue
		}
		c.rendered(env)
		if !slices.ContainsFunc(derived, func(e manifestrepo.Edit) bool { return e.Path == edit.Path }) {
			derived = append(derived, edit)
		}
	}
	return derived, nil
}

// documents compares an environment's documents as they should be with what a commit, which may be one of the batch, has, and gives the edit
// that mends them. s.rendering is held.
func (s *Sequencer) documents(
	ctx context.Context, batch *gitstore.Batch, commit gitstore.Hash, state *manifestrepo.Snapshot, env string,
) (edit manifestrepo.Edit, differs bool, err error) {
	edit.Path = manifestrepo.ArgoCDPath(env)
	if e := state.Environment(env); e == nil || e.Problem != "" {
		return edit, false, nil // nobody knows what they should be; what is there stays
	}
	have, err := batch.File(ctx, commit, edit.Path)
	if err != nil {
		return edit, false, err
	}
	if edit.Content, err = s.o.Renderer.Environment(state, env); err != nil {
		return edit, false, fmt.Errorf("render the Argo CD documents of %s: %w", env, err)
	}
	if edit.Content == nil {
		edit.Delete = true
		return edit, !have.IsZero(), nil
	}
	return edit, have != plumbing.ComputeHash(plumbing.BlobObject, edit.Content), nil
}

// dryRender fills in what rendering environments would write on the present state.
func (s *Sequencer) dryRender(ctx context.Context, result *api.ActionResult, state *manifestrepo.Snapshot, envs []string) error {
	s.rendering.Lock()
	defer s.rendering.Unlock()
	for _, env := range envs {
		_, differs, err := s.documents(ctx, s.store.Begin(), state.Commit(), state, env)
		if err != nil {
			return err
		}
		if differs {
			noteDocuments(result, env)
		}
	}
	return nil
}

// noteDocuments says in a result that an environment's documents were not what they should be. It reports whether the result, or one of a
// batch's, is about that.
func noteDocuments(result *api.ActionResult, env string) bool {
	noted := false
	if render := result.GetRenderEnvironment(); render != nil && render.Environment == env {
		render.Documents, noted = true, true
	}
	for _, part := range result.GetBatch().GetResults() {
		noted = noteDocuments(part, env) || noted
	}
	if noted {
		result.Unchanged = false
	}
	return noted
}
