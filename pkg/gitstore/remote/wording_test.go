package remote

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

const (
	oldMain = "1111111111111111111111111111111111111111"
	newMain = "2222222222222222222222222222222222222222"
)

// Each line is what some host says of refs/heads/main, and what we make of it.
func TestWhatHostsSay(t *testing.T) {
	t.Parallel()
	lock := "cannot lock ref 'refs/heads/main': "
	for _, test := range []struct {
		status, notes string
		want          meaning
	}{
		{"failed to update ref", "", meansStale},
		{"failed to update refs", "", meansStale},
		{"failed to update ref", "error: " + lock + "is at " + newMain + " but expected " + oldMain, meansStale},
		{"failed to update ref", "error: " + lock + "Unable to create '/srv/r/refs/heads/main.lock': File exists.", meansRefused},
		{"failed to update ref", "error: " + lock + "unable to create directory for refs/heads/main", meansRefused},
		{lock + "is at " + newMain + " but expected " + oldMain, "", meansStale},
		{lock + "reference already exists", "", meansStale},
		{lock + "unable to resolve reference 'refs/heads/main'", "", meansStale},
		{lock + "Unable to create '/srv/r/refs/heads/main.lock': No space left on device", "", meansRefused},
		{"atomic transaction failed", "error: " + lock + "is at " + newMain + " but expected " + oldMain, meansStale},
		{"atomic transaction failed", "error: cannot lock ref 'refs/other': is at " + newMain + " but expected " + oldMain, meansNeighbour},
		{"atomic transaction failed", "", meansStale},
		{"atomic push failure", "", meansNeighbour},
		{"transaction aborted", "", meansNeighbour},
		{"incorrect old value provided", "", meansStale},
		{"reference already exists", "", meansStale},
		{"reference does not exist", "", meansStale},
		{"remote ref has changed", "", meansStale},
		{"already exists", "", meansStale},
		{"invalid old id sent", "", meansStale},
		{"failed to lock", "", meansStale},
		{"TF401028: The reference 'refs/heads/main' has already been updated by another client", "", meansStale},
		{"fetch first", "", meansStale},
		{"non-fast-forward", "", meansStale},
		{"stale info", "", meansStale},
		{"pre-receive hook declined", "", meansRefused},
		{"hook declined", "", meansRefused},
		{"protected branch hook declined", "", meansRefused},
		{"push declined due to repository rule violations", "", meansRefused},
		{"deny updating a hidden ref", "", meansRefused},
		{"prohibited by Gerrit: not permitted: create", "", meansRefused},
		{"TF402455: Pushes to this branch are not permitted; you must use a pull request", "", meansRefused},
		{"missing necessary objects", "", meansRefused},
		{"unable to migrate objects to permanent storage", "", meansRefused},
		{"branch is currently checked out", "", meansRefused},
		{"funny refname", "", meansRefused},
		{"something nobody has heard of", "", meansRefused},
		{"Internal Server Error", "", meansUnclear},
	} {
		if got := meaningOf("refs/heads/main", test.status, test.notes); got != test.want {
			t.Errorf("%q with %q means %d, want %d", test.status, test.notes, got, test.want)
		}
	}
	for _, w := range wordings {
		if w.contains != strings.ToLower(w.contains) || w.source == "" {
			t.Errorf("%q must be lower case and have a source", w.contains)
		}
	}
}

// Two refs, what the report says of them, and the one error that comes of it.
func TestVerdictOverTwoRefs(t *testing.T) {
	t.Parallel()
	log := RefUpdate{Name: "refs/signalbox/log/0001", New: plumbing.NewHash(newMain)}
	main := RefUpdate{Name: "refs/heads/main", Old: plumbing.NewHash(oldMain), New: plumbing.NewHash(newMain)}
	ok := []string{log.Name}
	for name, test := range map[string]struct {
		unpack, log, main string
		want              error // the type; nil for none
		ref               string
		moved             []string
	}{
		"all is well":                       {"ok", "ok", "ok", nil, "", nil},
		"main is stale":                     {"ok", "ok", "incorrect old value provided", &StaleError{}, main.Name, ok},
		"main is stale, atomic":             {"ok", "atomic push failure", "non-fast-forward", &StaleError{}, main.Name, nil},
		"the log is stale, atomic":          {"ok", "fetch first", "atomic push failure", &StaleError{}, log.Name, nil},
		"nobody says why":                   {"ok", "atomic push failure", "atomic push failure", &StaleError{}, log.Name, nil},
		"main is protected":                 {"ok", "ok", "protected branch hook declined", &RefusedError{}, main.Name, ok},
		"main is protected, atomic":         {"ok", "atomic push failure", "hook declined", &RefusedError{}, main.Name, nil},
		"a refusal goes before a lost race": {"ok", "hook declined", "fetch first", &RefusedError{}, log.Name, nil},
		"a fault goes before a refusal":     {"ok", "hook declined", "internal server error", &UnknownError{}, "", nil},
		"the pack was not unpacked":         {"index-pack abnormal exit", "unpacker error", "unpacker error", &RefusedError{}, "", nil},
		"not unpacked, and nothing else":    {"no space", "", "", &RefusedError{}, "", nil},
		"not unpacked, and a ref moved":     {"no space", "ok", "unpacker error", &UnknownError{}, "", nil},
		"main is not in the report":         {"ok", "ok", "", &UnknownError{}, "", nil},
	} {
		report := &packp.ReportStatus{UnpackStatus: test.unpack}
		for _, s := range []struct{ ref, status string }{{log.Name, test.log}, {main.Name, test.main}} {
			if s.status != "" {
				report.CommandStatuses = append(report.CommandStatuses,
					&packp.CommandStatus{ReferenceName: plumbing.ReferenceName(s.ref), Status: s.status})
			}
		}
		r := &Remote{secrets: newRedactor(Options{}, address{})}
		err := r.verdict(context.Background(), []RefUpdate{log, main}, report, "")
		if reflect.TypeOf(err) != reflect.TypeOf(test.want) {
			t.Errorf("%s: got %T (%v), want %T", name, err, err, test.want)
			continue
		}
		var stale *StaleError
		var refused *RefusedError
		switch {
		case errors.As(err, &stale):
			if stale.Ref != test.ref || !reflect.DeepEqual(stale.Moved, test.moved) {
				t.Errorf("%s: %+v", name, stale)
			}
		case errors.As(err, &refused):
			if refused.Ref != test.ref || !reflect.DeepEqual(refused.Moved, test.moved) {
				t.Errorf("%s: %+v", name, refused)
			}
		}
	}
}

func TestAReportThatNamesARefTwice(t *testing.T) {
	t.Parallel()
	main := RefUpdate{Name: "refs/heads/main", New: plumbing.NewHash(newMain)}
	status := &packp.CommandStatus{ReferenceName: "refs/heads/main", Status: "ok"}
	report := &packp.ReportStatus{UnpackStatus: "ok", CommandStatuses: []*packp.CommandStatus{status, status}}
	r := &Remote{secrets: newRedactor(Options{}, address{})}
	err := r.verdict(context.Background(), []RefUpdate{main}, report, "")
	if _, unknown := errors.AsType[*UnknownError](err); !unknown {
		t.Errorf("got %v, want an UnknownError", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/srv/git/repo.git":                          "/srv/git/repo.git",
		"file:///srv/git/repo.git":                   "/srv/git/repo.git",
		"https://git.example.com/a/b.git":            "https://git.example.com/a/b.git",
		"https://ada:secret@git.example.com:8443/a/": "https://git.example.com:8443/a",
		"https://token@git.example.com/a%20b":        "https://git.example.com/a%20b",
		"HTTP://git.example.com/a":                   "http://git.example.com/a",
		"git@git.example.com:a/b.git":                "git@git.example.com:a/b.git",
		"git.example.com:a/b.git":                    "git@git.example.com:a/b.git",
		"git@git.example.com:/a/b.git":               "ssh://git@git.example.com/a/b.git",
		"ssh://git.example.com/a/b.git":              "ssh://git@git.example.com/a/b.git",
		"ssh://ada@git.example.com:2222/~/b.git":     "ssh://ada@git.example.com:2222/~/b.git",
		"ada@[::1]:b.git":                            "ada@[::1]:b.git",
	} {
		at, err := parseAddress(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		} else if at.String() != want {
			t.Errorf("%s: got %s, want %s", raw, at, want)
		}
	}
	for _, raw := range []string{
		"", "ftp://example.com/x", "https:///x", "ssh://host", "ssh://host/", "git@host:-oProxyCommand=x", "https://host/x?y", "a\nb",
	} {
		if at, err := parseAddress(raw); err == nil {
			t.Errorf("%q was taken as %s", raw, at)
		}
	}
	for raw, want := range map[string]string{
		"git@host:x": "host:22", "ssh://host:2222/x": "host:2222", "git@[::1]:x": "[::1]:22", "ssh://[::1]:2222/x": "[::1]:2222",
	} {
		if at, err := parseAddress(raw); err != nil || at.hostPort() != want {
			t.Errorf("%s is dialled at %s (%v), want %s", raw, at.hostPort(), err, want)
		}
	}
}

func TestServerWordsAreMadePrintable(t *testing.T) {
	t.Parallel()
	if got := printable("\x1b[31mno\x1b[0m\r\n  way\x00 \xff "); got != "[31mno[0m way ?" {
		t.Errorf("%q", got)
	}
	if got := printable(strings.Repeat("x", 10*maxMessage)); len(got) > maxMessage+10 {
		t.Errorf("%d bytes", len(got))
	}
}
