package gitstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// Batch gathers objects for one push. It is not safe for concurrent use.
type Batch struct {
	s       *Store
	entries []entry
	bytes   int64
	// objects are all of the batch, for reading and for keeping in memory once they are pushed.
	objects map[Hash]object
	// bases are trees that stand whole in the batch, by the ids of those made from them: the next in line is a delta of it.
	bases map[Hash]Hash
	// replaced are trees that trees of the batch were made from: once it is pushed nobody changes them again.
	replaced map[Hash]struct{}
}

// Begin starts a batch. A batch that is not pushed costs nothing.
func (s *Store) Begin() *Batch {
	return &Batch{s: s, objects: map[Hash]object{}, bases: map[Hash]Hash{}, replaced: map[Hash]struct{}{}}
}

// AddBlob adds a file's content.
func (b *Batch) AddBlob(blob Blob) Hash {
	h := blob.packed.hash
	if _, have := b.objects[h]; !have && !h.IsZero() {
		b.put(blob.packed, object{plumbing.BlobObject, blob.content})
	}
	return h
}

func (b *Batch) put(e entry, o object) {
	b.entries = append(b.entries, e)
	b.bytes += int64(len(e.data))
	b.objects[e.hash] = o
}

// Size is the number of objects and of compressed bytes gathered.
func (b *Batch) Size() (objects int, bytes int64) { return len(b.entries), b.bytes }

// CommitSpec is a commit to make.
type CommitSpec struct {
	// Parent is zero for a root commit. It may be a commit of the same batch.
	Parent Hash
	// Changes are applied to the parent's tree, or to the empty tree when Fresh is set. A path stands at most once. A file may
	// take the place of a folder, or the other way round, when the same changes delete what was there. Deleting what is not
	// there changes nothing.
	Changes           []Change
	Fresh             bool
	Author, Committer Signature
	Message           string
}

// Commit adds a commit and the trees it needs. On error nothing was added. A blob of a change is in the batch or in the
// repository; its content is not needed.
func (b *Batch) Commit(ctx context.Context, c CommitSpec) (Hash, error) {
	if err := b.checkBlobs(ctx, c.Changes); err != nil {
		return Hash{}, err
	}
	var base Hash
	if !c.Parent.IsZero() {
		tree, err := b.treeOf(ctx, c.Parent)
		if err != nil {
			return Hash{}, fmt.Errorf("read the parent commit: %w", err)
		}
		if !c.Fresh {
			base = tree
		}
	}
	edit := treeChange{batch: b}
	tree, err := edit.apply(ctx, base, c.Changes)
	if err != nil {
		return Hash{}, err
	}
	data, err := encodeCommit(tree, c.Parent, c)
	if err != nil {
		return Hash{}, err
	}
	if len(data) > maxCommitSize {
		return Hash{}, fmt.Errorf("the commit message of %d bytes is too long", len(c.Message))
	}
	for _, t := range edit.made {
		b.putTree(t)
	}
	o := object{plumbing.CommitObject, data}
	h := hashObject(o.kind, data)
	if _, have := b.objects[h]; !have {
		b.put(packEntry(h, o), o)
	}
	return h, nil
}

// checkBlobs refuses changes that point at blobs nobody has: such a commit would break every clone.
func (b *Batch) checkBlobs(ctx context.Context, changes []Change) error {
	var ask []Hash
	for _, c := range changes {
		if c.New.IsZero() {
			continue
		}
		if o, have := b.objects[c.New]; !have {
			ask = append(ask, c.New)
		} else if o.kind != plumbing.BlobObject {
			return fmt.Errorf("%s cannot be set to %s: it is a %s", c.Path, c.New, o.kind)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	lost, err := b.s.missing(ctx, ask, plumbing.BlobObject)
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		return fmt.Errorf("blob %s of a change: %w", lost[0], ErrMissing)
	}
	return nil
}

// treeOf gives the tree of a commit of the batch or of the store.
func (b *Batch) treeOf(ctx context.Context, commit Hash) (Hash, error) {
	if o, have := b.objects[commit]; have && o.kind == plumbing.CommitObject {
		c, err := decodeCommit(commit, o.data)
		return c.Tree, err
	}
	c, err := b.s.Commit(ctx, commit)
	return c.Tree, err
}

// File gives the blob that a commit, which may be one of the batch, has at a path; zero when there is no file.
func (b *Batch) File(ctx context.Context, commit Hash, path string) (Hash, error) {
	at, err := b.treeOf(ctx, commit)
	if err != nil {
		return Hash{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	names := strings.Split(path, "/")
	for i, name := range names {
		var next Hash
		look := func(_ int, raw []byte) error {
			return findItems(raw, func(n []byte) bool { return string(n) == name }, func(item treeItem) {
				if (item.mode == filemode.Dir) == (i < len(names)-1) {
					next = item.id()
				}
			})
		}
		if err := b.loadTrees(ctx, []Hash{at}, look); err != nil {
			return Hash{}, fmt.Errorf("look for %s: %w", path, err)
		}
		if next.IsZero() {
			return Hash{}, nil
		}
		at = next
	}
	return at, nil
}

// loadTrees reads trees of the batch or of the store in one pass.
func (b *Batch) loadTrees(ctx context.Context, hashes []Hash, fn func(i int, raw []byte) error) error {
	var rest []Hash
	var places []int
	for i, h := range hashes {
		o, have := b.objects[h]
		if !have {
			rest, places = append(rest, h), append(places, i)
			continue
		}
		if err := fn(i, o.data); err != nil {
			return err
		}
	}
	return b.s.load(ctx, rest, plumbing.TreeObject, always, func(i int, raw []byte) error { return fn(places[i], raw) })
}

// madeTree is a new tree and the one it was made from.
type madeTree struct {
	hash, from Hash
	raw        []byte
}

// putTree adds a tree. In a batch of many commits the same large tree comes back with one entry changed; it is stored once
// whole and then as deltas of that one. That saves the compression, most of a commit's cost at size, and never makes chains.
func (b *Batch) putTree(t madeTree) {
	if t.from != t.hash {
		b.replaced[t.from] = struct{}{}
	}
	if _, have := b.objects[t.hash]; have {
		return
	}
	o := object{plumbing.TreeObject, t.raw}
	base, ok := b.bases[t.from]
	if ok {
		if delta := deltaTree(b.objects[base].data, t.raw); delta != nil {
			b.put(packDelta(t.hash, base, delta), o)
			b.bases[t.hash] = base
			return
		}
	}
	b.put(packEntry(t.hash, o), o)
	if len(t.raw) >= minDelta {
		b.bases[t.hash] = t.hash
	}
}
