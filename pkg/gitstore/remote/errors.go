package remote

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// StaleError: a ref was not where we thought. Nothing of ours moved on that ref; refs named before it may have moved.
type StaleError struct {
	Ref        string
	Want, Have plumbing.Hash // Have is zero when the server did not say, or when the ref does not exist there
	Message    string        // the server's words, or ours when the advertised ref already differed
	// Moved names the refs of the push that the server confirmed all the same, in the order they were asked for.
	Moved []string
}

// Error names the ref, where it was expected and found, and what moved all the same.
func (e *StaleError) Error() string {
	text := fmt.Sprintf("ref %s moved: expected %s", e.Ref, e.Want)
	if !e.Have.IsZero() {
		text += ", found " + e.Have.String()
	}
	return text + tail(e.Message) + moved(e.Moved)
}

// RefusedError: the server said no (a hook, branch protection, no permission, no space). Read the refs before going on:
// others may have moved.
type RefusedError struct {
	Ref     string // empty when the whole push was refused
	Message string // the server's words
	// Moved names the refs of the push that the server confirmed all the same, in the order they were asked for.
	Moved []string
}

// Error quotes the server.
func (e *RefusedError) Error() string {
	text := "the git server refused the push"
	if e.Ref != "" {
		text += " of " + e.Ref
	}
	return text + tail(e.Message) + moved(e.Moved)
}

// UnreachableError: the server could not be asked, or broke off before it had the whole request. Nothing happened.
type UnreachableError struct{ Err error }

// Error says why.
func (e *UnreachableError) Error() string { return "cannot reach the git server: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// UnknownError: the request was sent and no complete report came back. The push may land, even seconds later.
type UnknownError struct{ Err error }

// Error says what broke.
func (e *UnknownError) Error() string {
	return "the git server did not say whether it took the push: " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

// MissingError: Fetch asked for a commit that the server will not give. The commit is gone, or no ref that the server
// shows leads to it (transfer.hideRefs, uploadpack.hideRefs).
type MissingError struct {
	Want    plumbing.Hash // zero when the server did not say which
	Message string        // the server's words
}

// Error names the commit and the likely reason.
func (e *MissingError) Error() string {
	what := "a commit"
	if !e.Want.IsZero() {
		what = "commit " + e.Want.String()
	}
	return "the git server does not give " + what + tail(e.Message) +
		"; the ref that holds it is deleted or hidden: stop hiding it (transfer.hideRefs), or use a ref that the server shows"
}

func tail(message string) string {
	if message == "" {
		return ""
	}
	return ": " + message
}

func moved(refs []string) string {
	if len(refs) == 0 {
		return ""
	}
	return " (but it moved " + strings.Join(refs, ", ") + ")"
}
