package gitstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

const (
	// diffPass is how many pairs of trees one pass reads at most, and diffSpan how far it looks for them.
	diffPass = 2048
	diffSpan = 4 * diffPass
)

// diffItem is a path that differs: a file, or a folder that is still to be read.
type diffItem struct {
	path     string
	old, new Hash
	mode     filemode.FileMode
	folder   bool
}

// Diff calls fn for every path that differs between two commits, in path order; from zero is the empty tree, and so is to.
// It reads only folders that differ, many in one pass, and keeps a few thousand of them in memory, not all.
func (s *Store) Diff(ctx context.Context, from, to Hash, fn func(Change) error) error {
	root := diffItem{folder: true}
	var err error
	if root.old, err = s.rootTree(ctx, from); err != nil {
		return err
	}
	if root.new, err = s.rootTree(ctx, to); err != nil {
		return err
	}
	if root.old == root.new {
		return nil
	}
	// From nothing, everything is read once and small trees are not worth keeping; large ones are on every writer's path.
	remember := always
	if from.IsZero() {
		remember = func(size int) bool { return size >= minDelta }
	}
	stack := []diffItem{root} // the next path is last
	for len(stack) > 0 {
		for len(stack) > 0 && !stack[len(stack)-1].folder {
			item := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if err := fn(Change{Path: item.path, Old: item.old, New: item.new, Mode: item.mode}); err != nil {
				return err
			}
		}
		if stack, err = s.expand(ctx, stack, remember); err != nil {
			return fmt.Errorf("compare %s with %s: %w", from, to, err)
		}
	}
	return nil
}

func (s *Store) rootTree(ctx context.Context, commit Hash) (Hash, error) {
	if commit.IsZero() {
		return Hash{}, nil
	}
	c, err := s.Commit(ctx, commit)
	return c.Tree, err
}

// expand reads the folders nearest to the top of the stack in one pass and puts what differs in them in their place.
func (s *Store) expand(ctx context.Context, stack []diffItem, remember func(int) bool) ([]diffItem, error) {
	var wanted []Hash
	var owners []int // for each wanted tree, its item's place in the stack
	low, picked := len(stack), 0
	for low > 0 && picked < diffPass && len(stack)-low < diffSpan {
		low--
		item := stack[low]
		if !item.folder {
			continue
		}
		picked++
		for _, h := range []Hash{item.old, item.new} {
			if !h.IsZero() {
				wanted, owners = append(wanted, h), append(owners, low)
			}
		}
	}
	type pair struct {
		old, new []byte
		waits    int
	}
	pairs := make(map[int]*pair, picked)
	for _, at := range owners {
		if pairs[at] == nil {
			pairs[at] = &pair{}
		}
		pairs[at].waits++
	}
	inside := make(map[int][]diffItem, picked)
	err := s.load(ctx, wanted, plumbing.TreeObject, remember, func(i int, raw []byte) error {
		at := owners[i]
		p, item := pairs[at], stack[at]
		// Old and new never have the same id here.
		if wanted[i] == item.old {
			p.old = raw
		} else {
			p.new = raw
		}
		if p.waits--; p.waits > 0 {
			return nil
		}
		delete(pairs, at)
		var err error
		inside[at], err = compareTrees(item.path, p.old, p.new)
		return err
	})
	if err != nil {
		return nil, err
	}
	top := slices.Clone(stack[low:])
	out := stack[:low]
	for i, item := range top {
		if !item.folder {
			out = append(out, item)
			continue
		}
		for _, sub := range slices.Backward(inside[low+i]) {
			out = append(out, sub)
		}
	}
	return out, nil
}

// compareTrees gives what differs between two trees, in path order.
func compareTrees(path string, oldRaw, newRaw []byte) ([]diffItem, error) {
	var out []diffItem
	prefix := ""
	if path != "" {
		prefix = path + "/"
	}
	add := func(item treeItem, oldHash, newHash Hash, mode filemode.FileMode) {
		out = append(out, diffItem{
			path: prefix + string(item.name), old: oldHash, new: newHash, mode: mode, folder: item.isDir(),
		})
	}
	for len(oldRaw) > 0 || len(newRaw) > 0 {
		var a, b treeItem
		var aRest, bRest []byte
		var err error
		order := 0
		if len(oldRaw) > 0 {
			if a, aRest, err = nextItem(oldRaw); err != nil {
				return nil, err
			}
		} else {
			order = 1
		}
		if len(newRaw) > 0 {
			if b, bRest, err = nextItem(newRaw); err != nil {
				return nil, err
			}
		} else {
			order = -1
		}
		if order == 0 {
			order = compareNames(a.name, a.isDir(), b.name, b.isDir())
		}
		switch {
		case order < 0:
			add(a, a.id(), Hash{}, 0)
			oldRaw = aRest
		case order > 0:
			add(b, Hash{}, b.id(), b.mode)
			newRaw = bRest
		default:
			if a.id() != b.id() || a.mode != b.mode {
				add(b, a.id(), b.id(), b.mode)
			}
			oldRaw, newRaw = aRest, bRest
		}
	}
	return out, nil
}
