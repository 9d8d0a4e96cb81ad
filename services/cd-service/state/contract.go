// Package state holds the one present state of the manifest repo: the Snapshot that readers see and the heads it was read
// from. It joins gitstore and manifestrepo, which do not know each other.
package state

import (
	"context"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// View is a state as readers get it. It never changes.
type View struct {
	Snapshot *manifestrepo.Snapshot
	// Position counts the advances since the process started, from 1; watchers resume from it.
	Position uint64
	// Confirmed is when the truth last confirmed this state (push or fetch).
	Confirmed time.Time
}

// Step is one advance of main: from Before to After by Commits (first-parent, oldest first). At the first step of a process Before is
// what the index had (Empty without index).
type Step struct {
	Before, After *manifestrepo.Snapshot
	Delta         manifestrepo.Delta
	Position      uint64
	Commits       []gitstore.CommitInfo
}

// Follower hears each step, in order, on the writer's goroutine; it must not block.
type Follower func(Step)

// Saved is what a projection kept of an earlier state.
type Saved struct {
	Commit gitstore.Hash
	Parts  []manifestrepo.Part
}

// Repo owns the present state. One goroutine advances it, any number call View.
type Repo struct{ contractOnly }

// Open reads the state: from saved (may be nil) up to the store's heads, or from nothing. A saved state whose commit is not on main's
// first-parent line any more is thrown away.
func Open(ctx context.Context, store *gitstore.Store, branch string, saved *Saved, followers ...Follower) (*Repo, error) {
	panic("contract")
}

// View is the present state.
func (r *Repo) View() View { panic("contract") }

// Store gives the git store, for reading.
func (r *Repo) Store() *gitstore.Store { panic("contract") }

// Trusted reports whether writing is safe: not when the log was rewound, deleted, or is behind what main names; the error says so.
func (r *Repo) Trusted() error { panic("contract") }

type contractOnly struct{}
