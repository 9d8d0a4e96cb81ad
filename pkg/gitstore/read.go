package gitstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// ErrMissing means that an object is not in the repository, though something named it.
var ErrMissing = errors.New("object is missing in the repository")

// emptyTree is git's id of a tree without entries. Every git knows it without storing it.
var emptyTree = hashObject(plumbing.TreeObject, nil)

// load reads objects of one kind and calls fn with each, in any order, from the cache or from git in one pass. Remember says
// what of the rest goes into the cache. fn must not load in turn.
func (s *Store) load(
	ctx context.Context, hashes []Hash, kind plumbing.ObjectType, remember func(size int) bool, fn func(i int, data []byte) error,
) error {
	var misses []Hash
	var places []int
	for i, h := range hashes {
		o, ok := s.memory.get(h)
		if !ok && h == emptyTree {
			o, ok = object{kind: plumbing.TreeObject}, true
		}
		if !ok {
			misses, places = append(misses, h), append(places, i)
			continue
		}
		if o.kind != kind {
			return fmt.Errorf("object %s is a %s, not a %s", h, o.kind, kind)
		}
		if err := fn(i, o.data); err != nil {
			return err
		}
	}
	if len(misses) == 0 {
		return ctx.Err()
	}
	limit := int64(maxTreeSize)
	if kind == plumbing.CommitObject {
		limit = maxCommitSize
	}
	return s.pool.ask(ctx, misses, question{limit: limit}, func(i int, a answer) error {
		switch {
		case a.missing:
			return fmt.Errorf("%s %s: %w", kind, misses[i], ErrMissing)
		case a.kind != kind:
			return fmt.Errorf("object %s is a %s, not a %s", misses[i], a.kind, kind)
		case a.data == nil:
			return fmt.Errorf("%s %s has %d bytes; the limit is %d", kind, misses[i], a.size, limit)
		}
		if remember(len(a.data)) {
			s.memory.add(misses[i], object{kind, a.data})
		}
		return fn(places[i], a.data)
	})
}

func always(int) bool { return true }

// Commit reads one commit.
func (s *Store) Commit(ctx context.Context, h Hash) (CommitInfo, error) {
	infos, err := s.commits(ctx, []Hash{h})
	if err != nil {
		return CommitInfo{}, err
	}
	return infos[0], nil
}

func (s *Store) commits(ctx context.Context, hashes []Hash) ([]CommitInfo, error) {
	infos := make([]CommitInfo, len(hashes))
	few := func(int) bool { return len(hashes) <= 64 } // a long log would push out everything else
	err := s.load(ctx, hashes, plumbing.CommitObject, few, func(i int, data []byte) (err error) {
		infos[i], err = decodeCommit(hashes[i], data)
		return err
	})
	return infos, err
}

// Blobs reads many blobs in one pipelined pass, in order. A missing blob is an error. A blob over limit bytes (0: no
// limit) comes back nil; an empty one does not. The bytes must not be changed.
func (s *Store) Blobs(ctx context.Context, hashes []Hash, limit int64) ([][]byte, error) {
	out := make([][]byte, len(hashes))
	var misses []Hash
	var places []int
	for i, h := range hashes {
		o, ok := s.memory.get(h)
		switch {
		case !ok:
			misses, places = append(misses, h), append(places, i)
		case o.kind != plumbing.BlobObject:
			return nil, fmt.Errorf("object %s is a %s, not a blob", h, o.kind)
		case limit <= 0 || int64(len(o.data)) <= limit:
			out[i] = notNil(o.data)
		}
	}
	err := s.pool.ask(ctx, misses, question{limit: limit}, func(i int, a answer) error {
		if a.missing {
			return fmt.Errorf("blob %s: %w", misses[i], ErrMissing)
		}
		if a.kind != plumbing.BlobObject {
			return fmt.Errorf("object %s is a %s, not a blob", misses[i], a.kind)
		}
		out[places[i]] = a.data
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Trees lists many folders in pipelined passes, in order; a missing folder comes back nil, an empty one does not.
func (s *Store) Trees(ctx context.Context, paths []TreePath) ([][]TreeEntry, error) {
	commits := make([]Hash, len(paths))
	parts := make([][]string, len(paths))
	for i, p := range paths {
		commits[i] = p.Commit
		if p.Path == "" {
			continue
		}
		if err := checkPath(p.Path); err != nil {
			return nil, err
		}
		parts[i] = strings.Split(p.Path, "/")
	}
	infos, err := s.commitsOnce(ctx, commits)
	if err != nil {
		return nil, err
	}
	out := make([][]TreeEntry, len(paths))
	at := make([]Hash, len(paths)) // the folder reached so far; zero when there is none
	for i := range paths {
		at[i] = infos[commits[i]].Tree
	}
	for depth := 0; ; depth++ {
		// Folders of one commit share their first parts: read each tree once.
		waiting := map[Hash][]int{}
		var wanted []Hash
		for i, h := range at {
			if h.IsZero() || depth > len(parts[i]) {
				continue
			}
			if waiting[h] == nil {
				wanted = append(wanted, h)
			}
			waiting[h] = append(waiting[h], i)
		}
		if len(wanted) == 0 {
			return out, nil
		}
		err := s.load(ctx, wanted, plumbing.TreeObject, always, func(n int, raw []byte) error {
			for _, i := range waiting[wanted[n]] {
				var err error
				if depth == len(parts[i]) {
					out[i], err = listTree(raw)
				} else {
					at[i], err = childFolder(raw, parts[i][depth])
				}
				if err != nil {
					return fmt.Errorf("tree %s: %w", wanted[n], err)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
}

func (s *Store) commitsOnce(ctx context.Context, hashes []Hash) (map[Hash]CommitInfo, error) {
	byHash := make(map[Hash]CommitInfo, 1)
	var once []Hash
	for _, h := range hashes {
		if _, seen := byHash[h]; !seen {
			byHash[h] = CommitInfo{}
			once = append(once, h)
		}
	}
	infos, err := s.commits(ctx, once)
	if err != nil {
		return nil, err
	}
	for _, c := range infos {
		byHash[c.Hash] = c
	}
	return byHash, nil
}

// childFolder finds a folder in a tree; zero when there is none of that name.
func childFolder(raw []byte, name string) (Hash, error) {
	var h Hash
	err := findItems(raw, func(n []byte) bool { return string(n) == name }, func(item treeItem) {
		if item.mode == filemode.Dir {
			h = item.id()
		}
	})
	return h, err
}

// missing gives those of hashes that the repository does not hold.
func (s *Store) missing(ctx context.Context, hashes []Hash, kind plumbing.ObjectType) ([]Hash, error) {
	var ask, lost []Hash
	for _, h := range hashes {
		if !s.known.has(h) {
			ask = append(ask, h)
		}
	}
	err := s.pool.ask(ctx, ask, question{infoOnly: true}, func(i int, a answer) error {
		if a.missing || a.kind != kind {
			lost = append(lost, ask[i])
			return nil
		}
		s.known.add(ask[i])
		return nil
	})
	return lost, err
}
