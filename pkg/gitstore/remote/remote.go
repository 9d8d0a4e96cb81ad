// Package remote talks to a git server: lists refs, pushes a ready-made pack, fetches packs. It holds no repository.
//
// A push demands the server's report and reads the status of every ref. What a caller may conclude from each error is
// written at the error's type; they are the whole contract of a push that went wrong.
package remote

import (
	"context"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// Options say where the server is and how to prove who we are. Secrets are read from files or given as values; they never
// stand in an error.
type Options struct {
	// URL is a path, file://, ssh:// (also user@host:path), http:// or https://.
	URL string
	// SSHKeyFile, SSHKnownHostsFile, SSHPassphrase are for ssh. Known hosts are always enforced.
	SSHKeyFile, SSHKnownHostsFile, SSHPassphrase string
	// Username and Password, or Token, are for http(s).
	Username, Password, Token string
	// CAFile holds PEM certificates to trust beside the system's.
	CAFile string
}

// Remote is a git server, ready to be asked.
type Remote struct{ contractOnly }

// Open checks the options and reads the key files; it does not connect.
func Open(o Options) (*Remote, error) { panic("contract") }

// URL is the address without credentials.
func (r *Remote) URL() string { panic("contract") }

// Refs lists the refs as the server advertises them for fetching, peeled tags left out.
func (r *Remote) Refs(ctx context.Context) (map[string]plumbing.Hash, error) { panic("contract") }

// RefUpdate moves one ref from Old (zero: must not exist) to New.
type RefUpdate struct {
	Name     string
	Old, New plumbing.Hash
}

// Push sends one pack and the ref updates in one session, with atomic where the server has it. It compares the advertised
// refs first and sends nothing when one is not at Old.
func (r *Remote) Push(ctx context.Context, updates []RefUpdate, pack io.Reader, packSize int64) error {
	panic("contract")
}

// Fetch returns a pack with everything wants need and haves lack; nil when nothing is missing.
func (r *Remote) Fetch(ctx context.Context, wants, haves []plumbing.Hash) (io.ReadCloser, error) {
	panic("contract")
}

// StaleError: a ref was not where we thought. Nothing of ours moved on that ref; refs named before it may have moved.
type StaleError struct {
	Ref        string
	Want, Have plumbing.Hash // Have is zero when the server did not say
	Message    string
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("ref %s moved: expected %s, found %s %s", e.Ref, e.Want, e.Have, e.Message)
}

// RefusedError: the server said no (a hook, branch protection, no permission, no space). Read the refs before going on:
// others may have moved.
type RefusedError struct {
	Ref     string // empty when the whole push was refused
	Message string // the server's words
}

func (e *RefusedError) Error() string {
	return "the git server refused the push of " + e.Ref + ": " + e.Message
}

// UnreachableError: the server could not be asked, or broke off before it had the whole request. Nothing happened.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return "cannot reach the git server: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// UnknownError: the request was sent and no complete report came back. The push may land, even seconds later.
type UnknownError struct{ Err error }

func (e *UnknownError) Error() string {
	return "the git server did not say whether it took the push: " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

type contractOnly struct{}
