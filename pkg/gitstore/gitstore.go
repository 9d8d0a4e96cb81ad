// Package gitstore stores commits: objects, batches of commits, one push for many commits, and reading what is there.
// It knows refs, trees, blobs and commits; it knows no word of the domain.
//
// A Store is a bare repository on local disk. Without a remote that repository is the truth, and a push means: one pack
// with its index, fsynced with its directory, then the refs, each by compare-and-swap and fsynced: they are moved together by
// one rename of packed-refs, so none of them is ever seen moved without the others. With a remote the local repository is a
// mirror, and a push means one receive-pack session whose report names every ref; the mirror follows only when the remote
// has confirmed.
//
// Stock git may read the repository at any time, and may write refs and objects that it is told to write. It must not be
// told to repack or prune while a Store is open, other than through Maintain.
//
// One goroutine writes (Begin, Push, Fetch); any number read. Maintain may run beside all of them.
package gitstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// Hash is a git object id.
type Hash = plumbing.Hash

// Options say where a Store lives and what it follows.
type Options struct {
	// Dir is the bare repository; it is created when missing.
	Dir string
	// Refs are the refs the store reads and writes, in the order a push must update them.
	Refs []string
	// Remote is the truth when set; nil makes Dir the truth.
	Remote *remote.Remote
	// TolerateUnreachable lets Open succeed on what the mirror holds when the remote cannot be asked. Heads are then as old as
	// the mirror, and may be empty.
	TolerateUnreachable bool
	// ReadOnly opens an existing repository without taking it: another process may be writing it. Push and Maintain
	// fail, nothing is created, and a remote is not asked.
	ReadOnly bool
}

// Store is an open repository. Close it.
type Store struct {
	dir      string
	refs     []string
	remote   *remote.Remote
	readOnly bool
	owner    *owner // nil when read only
	pool     *pool
	memory   memory
	known    known

	write    sync.Mutex // held by Push and Fetch
	maintain sync.Mutex // held by Maintain
	writes   atomic.Int64

	mu    sync.RWMutex
	heads Heads
}

// Signature is who and when. The zone of When is kept.
type Signature struct {
	Name, Email string
	When        time.Time
}

// Change is one path of a commit: set to a blob, or deleted.
type Change struct {
	// Path from the root, slash-separated, never empty, never with "." or ".." parts.
	Path string
	// Old and New are blob ids; zero means absent. Batch.Commit ignores Old.
	Old, New Hash
	// Mode of New; zero means filemode.Regular.
	Mode filemode.FileMode
}

// CommitInfo is a commit as read.
type CommitInfo struct {
	Hash, Tree        Hash
	Parents           []Hash
	Author, Committer Signature
	Message           string
}

// Heads are refs and the commits they name; a missing ref is absent.
type Heads map[string]Hash

// RefUpdate moves one ref from Old (zero: must not exist) to New.
type RefUpdate struct {
	Name     string
	Old, New Hash
}

// TreePath names a folder of a commit; Path "" is the root.
type TreePath struct {
	Commit Hash
	Path   string
}

// TreeEntry is one entry of a tree.
type TreeEntry struct {
	Name string
	Mode filemode.FileMode
	Hash Hash
}

// Open opens or creates the repository, removes lock files and rubbish that an earlier process of ours left, and, with a
// remote, fetches what is new.
//
// It fails with ErrInUse when another process has the repository open, and with ErrMissing when a head names objects that are
// not there and no remote can give them.
func Open(ctx context.Context, o Options) (*Store, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	for _, name := range o.Refs {
		if err := checkRefName(name); err != nil {
			return nil, fmt.Errorf("open repository: %w", err)
		}
	}
	s := &Store{dir: dir, refs: slices.Clone(o.Refs), remote: o.Remote, readOnly: o.ReadOnly, memory: newMemory(), heads: Heads{}}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open repository %s: %w", dir, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	version, err := runGit(ctx, s.dir, "version")
	if err != nil {
		return err
	}
	s.pool = newPool(s.dir, knowsBatchCommand(string(version)))
	if s.readOnly {
		_, err := s.reread(ctx)
		return err
	}
	if err := createRepository(ctx, s.dir, s.refs); err != nil {
		return err
	}
	if s.owner, err = takeOwnership(s.dir); err != nil {
		return err
	}
	if err := checkRole(s.dir, s.remote != nil); err != nil {
		return err
	}
	if err := s.owner.removeStaleLocks(s.dir); err != nil {
		return err
	}
	damaged, err := s.sweep()
	if err != nil {
		return err
	}
	if s.remote == nil {
		_, err := s.reread(ctx)
		return err
	}
	return s.openMirror(ctx, damaged, o.TolerateUnreachable)
}

// knowsBatchCommand reads "git version 2.39.5": cat-file --batch-command came with 2.36.
func knowsBatchCommand(version string) bool {
	var major, minor int
	fields := strings.Fields(version)
	if len(fields) < 3 {
		return false
	}
	if _, err := fmt.Sscanf(fields[2], "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 2 || major == 2 && minor >= 36
}

// Close ends the children that read, and gives the repository free.
func (s *Store) Close() error {
	s.write.Lock()
	defer s.write.Unlock()
	s.maintain.Lock()
	defer s.maintain.Unlock()
	if s.pool != nil {
		s.pool.close()
	}
	owner := s.owner
	s.owner, s.readOnly = nil, true
	if owner != nil {
		return owner.release()
	}
	return nil
}

// Heads returns the refs as last confirmed: by a push, a fetch, or Open.
func (s *Store) Heads() Heads {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.heads)
}

// Dir is the bare repository on disk.
func (s *Store) Dir() string { return s.dir }

func (s *Store) setHeads(h Heads) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heads = h
}

// advance notes confirmed updates of the refs that the store follows.
func (s *Store) advance(updates []RefUpdate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heads := maps.Clone(s.heads)
	for _, u := range updates {
		if slices.Contains(s.refs, u.Name) {
			heads[u.Name] = u.New
		}
	}
	s.heads = heads
}

// reread takes the heads from disk and checks that they are whole at the top.
func (s *Store) reread(ctx context.Context) (Heads, error) {
	heads, err := s.readHeads(s.refs)
	if err != nil {
		return nil, err
	}
	if err := s.checkHeads(ctx, heads); err != nil {
		return nil, err
	}
	s.setHeads(heads)
	return maps.Clone(heads), nil
}

// checkHeads looks whether the heads and their root trees are there: cheap, and enough to see a repository that lost a pack
// of its last writes.
func (s *Store) checkHeads(ctx context.Context, heads Heads) error {
	for name, h := range heads {
		c, err := s.Commit(ctx, h)
		if err != nil {
			return fmt.Errorf("ref %s: %w", name, err)
		}
		if c.Tree == emptyTree {
			continue
		}
		lost, err := s.missing(ctx, []Hash{c.Tree}, plumbing.TreeObject)
		if err != nil {
			return fmt.Errorf("ref %s: %w", name, err)
		}
		if len(lost) > 0 {
			return fmt.Errorf("ref %s: tree %s: %w", name, c.Tree, ErrMissing)
		}
	}
	return nil
}
