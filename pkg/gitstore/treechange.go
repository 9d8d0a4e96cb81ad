package gitstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// treeChange applies changes of paths to a tree. It reads the folders on their way level by level, each level in one pass,
// and makes new trees from the leaves up.
type treeChange struct {
	batch *Batch
	made  []madeTree
}

// changeNode is a name on the way of a change.
type changeNode struct {
	kids map[string]*changeNode
	leaf *Change // what the changes say of this very path
	// path is the whole path, for messages.
	path string
	// what the tree holds under this name before the changes
	exists bool
	mode   filemode.FileMode
	hash   Hash
	raw    []byte // of the folder, when there are kids and it is one
}

func (t *treeChange) apply(ctx context.Context, base Hash, changes []Change) (Hash, error) {
	root := &changeNode{}
	for i := range changes {
		if err := root.insert(&changes[i]); err != nil {
			return Hash{}, err
		}
	}
	if !base.IsZero() {
		root.exists, root.mode, root.hash = true, filemode.Dir, base
	}
	if err := t.read(ctx, root); err != nil {
		return Hash{}, err
	}
	tree, err := t.build(root)
	if err != nil {
		return Hash{}, err
	}
	if tree.IsZero() {
		// The empty tree is stored although git knows it: not every other reader does.
		tree = emptyTree
		t.made = append(t.made, madeTree{hash: tree})
	}
	return tree, nil
}

func (n *changeNode) insert(c *Change) error {
	if err := checkPath(c.Path); err != nil {
		return err
	}
	if !c.New.IsZero() {
		if _, err := checkMode(c.Mode); err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	at := n
	for end := 0; end < len(c.Path); end++ {
		start := end
		if length := strings.IndexByte(c.Path[start:], '/'); length >= 0 {
			end = start + length
		} else {
			end = len(c.Path)
		}
		name := c.Path[start:end]
		kid := at.kids[name]
		if kid == nil {
			kid = &changeNode{path: c.Path[:end]}
			if at.kids == nil {
				at.kids = map[string]*changeNode{}
			}
			at.kids[name] = kid
		}
		at = kid
	}
	if at.leaf != nil {
		return fmt.Errorf("the path %s is changed twice", c.Path)
	}
	at.leaf = c
	return nil
}

// read looks up what is there now under every name of the changes.
func (t *treeChange) read(ctx context.Context, root *changeNode) error {
	level := []*changeNode{root}
	for len(level) > 0 {
		var open []*changeNode
		var wanted []Hash
		for _, n := range level {
			if len(n.kids) > 0 && n.exists && n.mode == filemode.Dir {
				open, wanted = append(open, n), append(wanted, n.hash)
			}
		}
		if len(open) == 0 {
			return nil
		}
		err := t.batch.loadTrees(ctx, wanted, func(i int, raw []byte) error { return open[i].look(raw) })
		if err != nil {
			return fmt.Errorf("read the folders to change: %w", err)
		}
		level = level[:0]
		for _, n := range open {
			for _, kid := range n.kids {
				level = append(level, kid)
			}
		}
	}
	return nil
}

func (n *changeNode) look(raw []byte) error {
	n.raw = raw
	wanted := func(name []byte) bool { return n.kids[string(name)] != nil }
	if len(n.kids) == 1 {
		// The common case; comparing is cheaper than hashing 2,000 names.
		var only string
		for name := range n.kids {
			only = name
		}
		wanted = func(name []byte) bool { return string(name) == only }
	}
	return findItems(raw, wanted, func(item treeItem) {
		kid := n.kids[string(item.name)]
		kid.exists, kid.mode, kid.hash = true, item.mode, item.id()
	})
}

// build makes the folder anew and gives its id; zero when it is empty.
func (t *treeChange) build(n *changeNode) (Hash, error) {
	edits := make([]treeEdit, 0, len(n.kids))
	for name, kid := range n.kids {
		edit := treeEdit{name: name}
		var err error
		if edit.hash, edit.mode, err = t.decide(kid); err != nil {
			return Hash{}, err
		}
		if kid.exists && edit.hash == kid.hash && edit.mode == kid.mode || !kid.exists && edit.hash.IsZero() {
			continue
		}
		edits = append(edits, edit)
	}
	was := Hash{}
	if n.exists && n.mode == filemode.Dir {
		was = n.hash
	}
	if len(edits) == 0 {
		return was, nil
	}
	raw, err := editTree(n.raw, edits)
	if err != nil {
		return Hash{}, fmt.Errorf("change the folder %q: %w", n.path, err)
	}
	if len(raw) == 0 {
		return Hash{}, nil
	}
	if len(raw) > maxTreeSize {
		return Hash{}, fmt.Errorf("the folder %q has too many entries", n.path)
	}
	made := madeTree{hash: hashObject(plumbing.TreeObject, raw), from: was, raw: raw}
	t.made = append(t.made, made)
	return made.hash, nil
}

// errClash is the reason of all refusals of two things under one name.
var errClash = errors.New("a file and a folder cannot have the same name")

// decide says what stands under a name after the changes; a zero hash means nothing.
func (t *treeChange) decide(n *changeNode) (Hash, filemode.FileMode, error) {
	sets := n.leaf != nil && !n.leaf.New.IsZero()
	isDir := n.exists && n.mode == filemode.Dir
	if len(n.kids) == 0 {
		if isDir {
			return Hash{}, 0, fmt.Errorf("%s is a folder: %w", n.path, errClash)
		}
		return n.leafEntry()
	}
	// With something below, what is there now is a folder, or nothing, or a file that the changes delete.
	if n.exists && !isDir && n.leaf == nil && n.addsBelow() {
		return Hash{}, 0, fmt.Errorf("%s is a file: %w", n.path, errClash)
	}
	if n.exists && !isDir && n.leaf == nil {
		return n.hash, n.mode, nil // only deletions of what is not there
	}
	folder, err := t.build(n)
	if err != nil {
		return Hash{}, 0, err
	}
	if folder.IsZero() {
		return n.leafEntry()
	}
	if sets {
		return Hash{}, 0, fmt.Errorf("%s is set, and so are files below it: %w", n.path, errClash)
	}
	return folder, filemode.Dir, nil
}

func (n *changeNode) leafEntry() (Hash, filemode.FileMode, error) {
	if n.leaf == nil || n.leaf.New.IsZero() {
		return Hash{}, 0, nil
	}
	mode, err := checkMode(n.leaf.Mode)
	return n.leaf.New, mode, err
}

// addsBelow reports whether any change below sets a file.
func (n *changeNode) addsBelow() bool {
	for _, kid := range n.kids {
		if kid.leaf != nil && !kid.leaf.New.IsZero() || kid.addsBelow() {
			return true
		}
	}
	return false
}
