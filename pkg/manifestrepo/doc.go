// Package manifestrepo says what a manifest repo's tree means: its paths, its file formats, and the Snapshot, an immutable,
// typed picture of one state. docs/format.md is its specification.
//
// One reader, Snapshot.Apply, turns path changes into a new Snapshot: for our own commits, for commits somebody else
// pushed, and at start-up (a diff from the empty tree). Files it does not know are ignored; files it knows and cannot read
// become Problems and never stop the rest. The package knows no git store: contents come through Blobs.
//
// It promises that the order and the grouping of steps do not matter: a state reached change by change equals the state read
// at once. It never reads the clock, never writes, and never changes a Snapshot that it has handed out.
package manifestrepo

import "github.com/go-git/go-git/v5/plumbing"

// Hash is a git object id.
type Hash = plumbing.Hash

// emptyBlob is git's id of a file without content.
var emptyBlob = plumbing.NewHash("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
