package commands

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/diffs"
)

const (
	// maxDiffBytes is what all diffs of one preview take.
	maxDiffBytes = 3 << 20
	// maxCompared is the size of a manifest that is compared; few of that size have less than diffs.MaxLines.
	maxCompared = 2 << 20
	// comparedAtOnce is how many changes are read in one pass. The manifests of three passes are in memory.
	comparedAtOnce = 32
)

// Contents reads manifests; *gitstore.Store does.
type Contents interface {
	Blobs(ctx context.Context, hashes []gitstore.Hash, limit int64) ([][]byte, error)
}

// addDiffs compares what main holds with what would be there. Answers have a limit: what is over it is cut, the counts stay.
func (s *Server) addDiffs(ctx context.Context, changes []change) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := maxDiffBytes
	for part := range s.readAhead(ctx, changes) {
		read := <-part
		if read.err != nil {
			return read.err
		}
		compareAll(read.changes, read.contents)
		for _, c := range read.changes {
			left -= c.keep(left)
		}
	}
	return ctx.Err()
}

// manifests are some changes and the contents of their blobs; a content is nil where there is none, or none that is compared.
type manifests struct {
	changes  []change
	contents map[gitstore.Hash][]byte
	err      error
}

// readAhead reads the manifests of changes in order, the next part while somebody waits for the one before or compares it, until ctx ends.
func (s *Server) readAhead(ctx context.Context, changes []change) <-chan <-chan manifests {
	parts := make(chan (<-chan manifests))
	go func() {
		defer close(parts)
		for part := range slices.Chunk(changes, comparedAtOnce) {
			read := make(chan manifests, 1)
			go func() {
				contents, err := s.contents(ctx, part)
				read <- manifests{changes: part, contents: contents, err: err}
			}()
			select {
			case parts <- read:
			case <-ctx.Done():
				return
			}
		}
	}()
	return parts
}

func (s *Server) contents(ctx context.Context, changes []change) (map[gitstore.Hash][]byte, error) {
	contents := make(map[gitstore.Hash][]byte, 2*len(changes))
	var hashes []gitstore.Hash
	for _, c := range changes {
		if c.from == c.to {
			continue
		}
		for _, h := range []gitstore.Hash{c.from, c.to} {
			if _, seen := contents[h]; !seen && !h.IsZero() {
				contents[h] = nil
				hashes = append(hashes, h)
			}
		}
	}
	blobs, err := s.o.Contents.Blobs(ctx, hashes, maxCompared)
	if err != nil {
		return nil, fmt.Errorf("read %d manifests: %w", len(hashes), err)
	}
	for i, h := range hashes {
		contents[h] = blobs[i]
	}
	return contents, nil
}

// compareAll compares on all processors.
func compareAll(changes []change, contents map[gitstore.Hash][]byte) {
	var wg sync.WaitGroup
	next := make(chan change)
	for range min(runtime.GOMAXPROCS(0), len(changes)) {
		wg.Go(func() {
			for c := range next {
				c.compare(contents)
			}
		})
	}
	for _, c := range changes {
		next <- c
	}
	close(next)
	wg.Wait()
}

// compare fills in diff and counts. A manifest that is too large to be compared leaves a diff that is cut to nothing.
func (c change) compare(contents map[gitstore.Hash][]byte) {
	from, to := diffs.Side{}, diffs.Side{}
	if c.from == c.to {
		return
	}
	if !c.from.IsZero() {
		from = diffs.Side{Name: manifestrepo.ManifestPath(c.Environment, c.Application), Content: contents[c.from]}
		c.DiffCut = from.Content == nil
	}
	if !c.to.IsZero() {
		to = diffs.Side{Name: manifestrepo.ReleaseManifestPath(c.Application, c.ToVersion, c.Environment), Content: contents[c.to]}
		c.DiffCut = c.DiffCut || to.Content == nil
	}
	if c.DiffCut {
		return
	}
	d, err := diffs.Compare(from, to)
	if err != nil {
		c.DiffCut = true // too many lines
		return
	}
	c.Diff, c.Added, c.Removed = d.Text, d.Added, d.Removed
}

// keep cuts the diff at the end of a line when it has more than limit bytes, and gives what it has then.
func (c change) keep(limit int) int {
	if len(c.Diff) > limit {
		c.DiffCut = true
		c.Diff = c.Diff[:strings.LastIndexByte(c.Diff[:limit], '\n')+1]
	}
	return len(c.Diff)
}
