package remote

import (
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// meaning is what a ref's status in a report tells.
type meaning int

const (
	meansRefused   meaning = iota // the server does not want it; trying again does not help
	meansStale                    // the ref was not at Old
	meansNeighbour                // another ref of the push is at fault
	meansUpdate                   // updating the ref failed; why stands beside the report, or nowhere
	meansUnclear                  // a fault inside the server, of which nobody can say what it left behind
)

// wording is a status that a host is known to send.
type wording struct {
	contains string // in lower case
	means    meaning
	source   string
}

// wordings is read from the top; the first that fits counts. What is not here is a refusal: hooks, branch protection and
// quotas speak in words of their own.
var wordings = []wording{
	{"but expected", meansStale, "git refs/files-backend.c through hosts that pass the reason on: \"cannot lock ref 'x': is at A but expected B\" (GitHub)"},
	{"incorrect old value provided", meansStale, "git 2.50 and later, refs.c ref_transaction_error_msg; GitLab"},
	{"reference already exists", meansStale, "git refs.c, creating a ref that is there"},
	{"reference does not exist", meansStale, "git 2.50 and later, refs.c, updating a ref that is gone"},
	{"reference is missing but expected", meansStale, "git refs/files-backend.c, the same before 2.50"},
	{"unable to resolve reference", meansStale, "git refs/files-backend.c, the same for loose refs"},
	{"remote ref has changed", meansStale, "servers written in Go on top of go-git's storage"},
	{"already exists", meansStale, "JGit and others, creating a ref that is there"},
	{"invalid old id sent", meansStale, "JGit (Gerrit, Bitbucket Server plug-ins), the advertised id changed"},
	{"already been updated by another client", meansStale, "Azure DevOps TF401028"},
	{"fetch first", meansStale, "git's own words for a ref that moved on"},
	{"non-fast-forward", meansStale, "git receive.denyNonFastForwards"},
	{"non-fast forward", meansStale, "JGit"},
	{"stale info", meansStale, "git's own words for a lost lease"},
	{"atomic push failure", meansNeighbour, "git receive-pack.c execute_commands_atomic: another command failed"},
	{"transaction aborted", meansNeighbour, "JGit, atomic: another command failed"},
	{"atomic transaction failed", meansUpdate, "git receive-pack.c execute_commands_atomic: said of every ref; the reason is on standard error"},
	{"failed to update ref", meansUpdate, "git receive-pack.c: the reason is on standard error; \"refs\" in 2.50 and later"},
	{"cannot lock ref", meansUpdate, "git refs.c, when the reason after the colon is none of the above"},
	{"failed to lock", meansUpdate, "JGit LOCK_FAILURE: a lost race, or a lock file in the way"},
	{"transaction failed to start", meansRefused, "git receive-pack.c: the ref store cannot be written"},
	{"internal server error", meansUnclear, "GitHub during outages"},
	{"internal error", meansUnclear, "JGit and others"},
}

// meaningOf reads one ref's status, with the help of what was said beside the report.
func meaningOf(ref, status, notes string) meaning {
	m := lookUp(status)
	if m != meansUpdate {
		return m
	}
	if strings.Contains(status, lockPrefix) {
		return reasonMeans(status)
	}
	if reason, found := reasonFor(ref, notes); found {
		return reasonMeans(reason)
	}
	// The reason names another ref: that one is at fault.
	if strings.Contains(notes, lockPrefix) {
		return meansNeighbour
	}
	return meansStale
}

func lookUp(status string) meaning {
	lower := strings.ToLower(status)
	for _, w := range wordings {
		if strings.Contains(lower, w.contains) {
			return w.means
		}
	}
	return meansRefused
}

// lockPrefix starts git's sentence about a ref that could not be updated; the ref follows in quotes, then the reason.
const lockPrefix = "cannot lock ref '"

// reasonFor finds the sentence about one ref.
func reasonFor(ref, notes string) (string, bool) {
	_, after, found := strings.Cut(notes, lockPrefix+ref+"'")
	if !found {
		return "", false
	}
	line, _, _ := strings.Cut(after, "\n")
	return line, true
}

// reasonMeans reads the reason why a ref could not be locked. A lock file in the way, a full disk, a folder where a ref
// should be: trying again at once does not help, so these are refusals.
func reasonMeans(reason string) meaning {
	lower := strings.ToLower(reason)
	if strings.Contains(lower, "unable to create") || strings.Contains(lower, ".lock") {
		return meansRefused
	}
	if lookUp(reason) == meansStale {
		return meansStale
	}
	return meansRefused
}

var atButExpected = regexp.MustCompile(`is at ([0-9a-f]{40}) but expected`)

// foundAt is where the server says the ref is, or zero.
func foundAt(ref, said string) plumbing.Hash {
	reason, found := reasonFor(ref, said)
	if !found {
		return plumbing.ZeroHash
	}
	if m := atButExpected.FindStringSubmatch(reason); m != nil {
		return plumbing.NewHash(m[1])
	}
	return plumbing.ZeroHash
}
