// Package gitstore stores commits: objects, batches of commits, one push for many commits, and reading what is there.
// It knows refs, trees, blobs and commits; it knows no word of the domain.
//
// A Store is a bare repository on local disk. Without a remote that repository is the truth, and a push means: one pack
// with its index, fsynced with its directory, then the refs in the order given, each by compare-and-swap and fsynced.
// With a remote the local repository is a mirror, and a push means one receive-pack session whose report names every
// ref; the mirror follows only when the remote has confirmed.
//
// One goroutine writes (Begin, Push, Fetch, Maintain); any number read.
package gitstore

import (
	"context"
	"errors"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// Hash is a git object id.
type Hash = plumbing.Hash

// ErrNotAncestor says that a commit is not on the first-parent line of another.
var ErrNotAncestor = errors.New("not an ancestor on the first-parent line")

// Options say where a Store lives and what it follows.
type Options struct {
	// Dir is the bare repository; it is created when missing.
	Dir string
	// Refs are the refs the store reads and writes, in the order a push must update them.
	Refs []string
	// Remote is the truth when set; nil makes Dir the truth.
	Remote *remote.Remote
}

// Store is an open repository. Close it.
type Store struct{ contractOnly }

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

// Open opens or creates the repository, removes lock files that an earlier process of ours left, and, with a remote,
// fetches what is new.
func Open(ctx context.Context, o Options) (*Store, error) { panic("contract") }

// Close ends the children that read.
func (s *Store) Close() error { panic("contract") }

// Heads returns the refs as last confirmed: by a push, a fetch, or Open.
func (s *Store) Heads() Heads { panic("contract") }

// Fetch asks the truth for its refs and downloads what is new.
func (s *Store) Fetch(ctx context.Context) (Heads, error) { panic("contract") }

// Blob is content that has been hashed and compressed, ready for a batch.
type Blob struct{ contractOnly }

// PrepareBlob does the costly part of storing a file; call it in the request's own goroutine.
func PrepareBlob(content []byte) Blob { panic("contract") }

// Hash is the blob's id.
func (b Blob) Hash() Hash { panic("contract") }

// Batch gathers objects for one push. It is not safe for concurrent use.
type Batch struct{ contractOnly }

// Begin starts a batch. A batch that is not pushed costs nothing.
func (s *Store) Begin() *Batch { panic("contract") }

// AddBlob adds a file's content.
func (b *Batch) AddBlob(blob Blob) Hash { panic("contract") }

// CommitSpec is a commit to make.
type CommitSpec struct {
	// Parent is zero for a root commit. It may be a commit of the same batch.
	Parent Hash
	// Changes are applied to the parent's tree, or to the empty tree when Fresh is set.
	Changes           []Change
	Fresh             bool
	Author, Committer Signature
	Message           string
}

// Commit adds a commit and the trees it needs. On error nothing was added.
func (b *Batch) Commit(ctx context.Context, c CommitSpec) (Hash, error) { panic("contract") }

// Size is the number of objects and of compressed bytes gathered.
func (b *Batch) Size() (objects int, bytes int64) { panic("contract") }

// Push stores the batch and moves the refs, first to last.
//
// Errors: *remote.StaleError when a ref was not at Old (others before it may have moved); *remote.RefusedError when the
// remote said no; *remote.UnreachableError when nothing can have happened; *remote.UnknownError when the remote may or may
// not have taken it. After any error call Fetch to learn where the refs are.
func (s *Store) Push(ctx context.Context, b *Batch, updates []RefUpdate) error { panic("contract") }

// Diff calls fn for every path that differs between two commits, in path order; from zero is the empty tree.
func (s *Store) Diff(ctx context.Context, from, to Hash, fn func(Change) error) error {
	panic("contract")
}

// Log calls fn for each first-parent commit after from up to to, oldest first. From zero means from the root.
// It fails with ErrNotAncestor when from is not on the first-parent line of to.
func (s *Store) Log(ctx context.Context, from, to Hash, fn func(CommitInfo) error) error {
	panic("contract")
}

// Commit reads one commit.
func (s *Store) Commit(ctx context.Context, h Hash) (CommitInfo, error) { panic("contract") }

// Blobs reads many blobs in one pipelined pass, in order. A missing blob is an error. A blob over limit bytes (0: no
// limit) comes back nil.
func (s *Store) Blobs(ctx context.Context, hashes []Hash, limit int64) ([][]byte, error) {
	panic("contract")
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

// Trees lists many folders in pipelined passes, in order; a missing folder comes back nil.
func (s *Store) Trees(ctx context.Context, paths []TreePath) ([][]TreeEntry, error) {
	panic("contract")
}

// Maintenance says what Maintain did.
type Maintenance struct {
	PacksBefore, PacksAfter int
	BytesBefore, BytesAfter int64
}

// Maintain joins small packs of our own making. It never runs a full repack.
func (s *Store) Maintain(ctx context.Context) (Maintenance, error) { panic("contract") }

// Dir is the bare repository on disk.
func (s *Store) Dir() string { panic("contract") }

type contractOnly struct{}
