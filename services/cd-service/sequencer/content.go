package sequencer

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// readLimit is the most bytes of one blob that a rule may read.
const readLimit = 64 << 20

// content answers what rules ask of the release log. It belongs to one goroutine; the listings behind it are shared.
type content struct {
	ctx context.Context
	s   *Sequencer
	// fresh are blobs that are not pushed yet.
	fresh map[gitstore.Hash][]byte
	// revisions mean the same to all commands of one content.
	revisions map[string]gitstore.Hash
}

func (s *Sequencer) content(ctx context.Context) *content {
	return &content{ctx: ctx, s: s, fresh: map[gitstore.Hash][]byte{}, revisions: map[string]gitstore.Hash{}}
}

// add makes a command's own manifests readable.
func (c *content) add(checked *rules.Checked) {
	for _, m := range checked.Manifests {
		c.fresh[m.Blob] = m.Content
	}
	for _, part := range checked.Parts {
		c.add(part)
	}
}

// prefetch lists the manifests of the releases that commands will need, in one pass. What cannot be found stays out;
// Manifests says so when it is asked.
func (c *content) prefetch(snapshot *manifestrepo.Snapshot, commands ...*rules.Checked) error {
	var needs []rules.ReleaseKey
	for _, command := range commands {
		needs = append(needs, rules.Needs(command, snapshot)...)
	}
	if err := c.prefetchReleases(snapshot, needs); err != nil {
		return err
	}
	return c.prefetchContents(snapshot, commands)
}

func (c *content) prefetchReleases(snapshot *manifestrepo.Snapshot, needs []rules.ReleaseKey) error {
	var paths []gitstore.TreePath
	for _, key := range needs {
		app := snapshot.Application(key.Application)
		if app == nil {
			continue
		}
		r := app.Release(key.Version)
		if r == nil || r.LogCommit.IsZero() || c.s.listings.Contains(r.LogCommit) {
			continue
		}
		paths = append(paths, releaseFolder(app.Name, r))
	}
	_, err := c.list(paths)
	return err
}

// What is read ahead of manifests' contents: so many at most, none longer. The rest is read when a rule asks.
const (
	aheadCount = 1000
	aheadLimit = 64 << 10
)

// prefetchContents reads the manifests that commands will compare, in one pass.
func (c *content) prefetchContents(snapshot *manifestrepo.Snapshot, commands []*rules.Checked) error {
	var wanted []gitstore.Hash
	seen := map[gitstore.Hash]bool{}
	for _, command := range commands {
		for _, key := range rules.NeedsContents(command, snapshot) {
			r := snapshot.Application(key.Application).Release(key.Version)
			listed, _ := c.s.listings.Get(r.LogCommit)
			for _, h := range listed {
				if _, known := c.fresh[h]; !known && !seen[h] && len(wanted) < aheadCount {
					seen[h] = true
					wanted = append(wanted, h)
				}
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	blobs, err := c.s.store.Blobs(c.ctx, wanted, aheadLimit)
	if err != nil {
		return fmt.Errorf("read %d manifests to compare with: %w", len(wanted), err)
	}
	for i, content := range blobs {
		if content != nil {
			c.fresh[wanted[i]] = content
		}
	}
	return nil
}

func releaseFolder(app string, r *manifestrepo.Release) gitstore.TreePath {
	return gitstore.TreePath{Commit: r.LogCommit, Path: app + "/" + strconv.FormatUint(r.Version, 10)}
}

// list reads folders of the log and keeps what they hold.
func (c *content) list(paths []gitstore.TreePath) ([]map[string]gitstore.Hash, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	folders, err := c.s.store.Trees(c.ctx, paths)
	if err != nil {
		return nil, fmt.Errorf("list the manifests of %d releases: %w", len(paths), err)
	}
	found := make([]map[string]gitstore.Hash, len(paths))
	for i, entries := range folders {
		if entries == nil {
			continue
		}
		found[i] = make(map[string]gitstore.Hash, len(entries))
		for _, e := range entries {
			if env, ok := strings.CutSuffix(e.Name, ".yaml"); ok {
				found[i][env] = e.Hash
			}
		}
		c.s.listings.Add(paths[i].Commit, found[i])
	}
	return found, nil
}

// Manifests gives the blob of each environment's manifest of a release.
func (c *content) Manifests(app string, r *manifestrepo.Release) (map[string]manifestrepo.Hash, error) {
	if known, ok := c.s.listings.Get(r.LogCommit); ok {
		return known, nil
	}
	found, err := c.list([]gitstore.TreePath{releaseFolder(app, r)})
	if err != nil {
		return nil, err
	}
	if found[0] == nil {
		return nil, fmt.Errorf("the release log has no folder for version %d of %s in %s", r.Version, app, r.LogCommit)
	}
	return found[0], nil
}

// Blob gives a blob's bytes.
func (c *content) Blob(h manifestrepo.Hash) ([]byte, error) {
	if b, ok := c.fresh[h]; ok {
		return b, nil
	}
	blobs, err := c.s.store.Blobs(c.ctx, []gitstore.Hash{h}, readLimit)
	if err != nil {
		return nil, err
	}
	if blobs[0] == nil {
		return nil, fmt.Errorf("blob %s is over %d bytes", h, readLimit)
	}
	return blobs[0], nil
}
