package gitstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

func TestStockGitReadsWhatWeWrite(t *testing.T) {
	s := newStore(t)
	for v := range 5 {
		release(t, s, "checkout", v+1)
	}
	fsck(t, s.Dir())
	heads := s.Heads()
	if got := git(t, s.Dir(), "rev-parse", "HEAD"); got != heads[mainRef].String() {
		t.Errorf("HEAD is %s, main is %s", got, heads[mainRef])
	}
	if got := git(t, s.Dir(), "log", "-1", "--format=%an <%ae> %ad|%s", "--date=iso", mainRef); got !=
		"Rosa Stein <rs@example.com> 2026-11-20 09:00:00 +0100|deploy checkout 5" {
		t.Errorf("git log prints %q", got)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, ".", "clone", "-q", s.Dir(), clone)
	got, err := os.ReadFile(filepath.Join(clone, "environments/dev/applications/checkout/manifests/manifests.yaml"))
	if err != nil || !strings.HasSuffix(string(got), "version: 5\n") {
		t.Errorf("the clone holds %q, %v", got, err)
	}
	if got := git(t, s.Dir(), "ls-tree", "-r", "--name-only", logRef); got != "checkout/5/dev.yaml\ncheckout/5/release.json" {
		t.Errorf("the log's last tree holds %q", got)
	}
}

func TestAReopenedStoreHasItsHeads(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	want := s.Heads()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := openStore(t, Options{Dir: s.Dir()})
	if got := again.Heads(); fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 2 {
		t.Errorf("heads are %v, were %v", got, want)
	}
}

func TestAStalePushMovesNothing(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	before := s.Heads()
	packs := len(must(s.listPacks())(t))
	b := s.Begin()
	record := commitFresh(t, b, before[logRef], "record\n", write{"a": text("a")})
	h := commitTo(t, b, before[mainRef], "deploy\n", write{"b": text("b")})
	err := s.Push(t.Context(), b, []RefUpdate{{logRef, before[logRef], record}, {mainRef, record, h}})
	var stale *remote.StaleError
	if !errors.As(err, &stale) || stale.Ref != mainRef || stale.Have != before[mainRef] {
		t.Fatalf("got %v", err)
	}
	if got := must(s.Fetch(t.Context()))(t); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("heads moved to %v", got)
	}
	if now := len(must(s.listPacks())(t)); now != packs {
		t.Errorf("a refused push left %d packs", now-packs)
	}
	// The same batch goes through when it is right.
	if err := s.Push(t.Context(), b, []RefUpdate{{logRef, before[logRef], record}, {mainRef, before[mainRef], h}}); err != nil {
		t.Fatal(err)
	}
	fsck(t, s.Dir())
}

func TestAMissingRefMustBeExpectedMissing(t *testing.T) {
	s := newStore(t)
	first := pushMain(t, s, "one\n", write{"a": text("a")})
	b := s.Begin()
	h := commitTo(t, b, Hash{}, "other\n", write{"a": text("b")})
	var stale *remote.StaleError
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, Hash{}, h}}); !errors.As(err, &stale) || stale.Have != first {
		t.Errorf("got %v", err)
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{logRef, first, h}}); !errors.As(err, &stale) || !stale.Have.IsZero() {
		t.Errorf("got %v", err)
	}
}

func TestForeignCommitsAreSeenByFetch(t *testing.T) {
	s := newStore(t)
	pushMain(t, s, "ours\n", write{"a": text("a")})
	work := filepath.Join(t.TempDir(), "work")
	git(t, ".", "clone", "-q", s.Dir(), work)
	git(t, work, "commit", "-q", "--allow-empty", "-m", "theirs")
	git(t, work, "push", "-q", "origin", "HEAD:main")
	git(t, work, "tag", "-a", "-m", "tagged", "v1")
	git(t, work, "push", "-q", "origin", "v1")
	git(t, s.Dir(), "pack-refs", "--all")
	git(t, work, "commit", "-q", "--allow-empty", "-m", "theirs again")
	git(t, work, "push", "-q", "origin", "HEAD:main")

	head := must(s.Fetch(t.Context()))(t)[mainRef]
	if want := git(t, work, "rev-parse", "HEAD"); head.String() != want {
		t.Fatalf("main is %s, want %s", head, want)
	}
	// The loose ref they left is folded in; the packed tag stays as it was, with what it points at.
	pushMain(t, s, "ours again\n", write{"b": text("b")})
	fsck(t, s.Dir())
	if got := git(t, s.Dir(), "log", "--format=%s", "main"); got != "ours again\ntheirs again\ntheirs\nours" {
		t.Errorf("main's history is %q", got)
	}
	if got, want := git(t, s.Dir(), "rev-parse", "v1^{}"), git(t, work, "rev-parse", "v1^{}"); got != want {
		t.Errorf("the tag points at %s, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), mainRef)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("main still has a loose file: %v", err)
	}
	// And stock git goes on from there.
	git(t, work, "pull", "-q", "--rebase")
	git(t, work, "commit", "-q", "--allow-empty", "-m", "theirs at last")
	git(t, work, "push", "-q", "origin", "HEAD:main")
	fsck(t, s.Dir())
}

func TestPushRefusesUpdatesThatMakeNoSense(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a": text("a")})
	nobody := hashObject(1, text("nobody has this"))
	for name, updates := range map[string][]RefUpdate{
		"nothing to move": {},
		"a deletion":      {{mainRef, h, Hash{}}},
		"a ref twice":     {{mainRef, h, h}, {mainRef, h, h}},
		"a bad name":      {{"refs/heads/../../config", Hash{}, h}},
		"a lock's name":   {{"refs/heads/main.lock", Hash{}, h}},
		"not below refs":  {{"HEAD", Hash{}, h}},
		"a lost commit":   {{mainRef, h, nobody}},
		"below a ref":     {{mainRef + "/below", Hash{}, h}},
	} {
		if err := s.Push(t.Context(), nil, updates); err == nil {
			t.Errorf("%s: was pushed", name)
		}
	}
	if got := must(s.Fetch(t.Context()))(t)[mainRef]; got != h {
		t.Errorf("main moved to %s", got)
	}
	fsck(t, s.Dir())
}

func TestTheFirstHeadCanBeKeptUnderAnotherRef(t *testing.T) {
	s := newStore(t)
	old := pushMain(t, s, "old\n", write{"a": text("a")})
	b := s.Begin()
	root := commitTo(t, b, Hash{}, "fresh\n", write{"a": text("b")})
	if err := s.Push(t.Context(), b, []RefUpdate{{"refs/signalbox/before", Hash{}, old}, {mainRef, old, root}}); err != nil {
		t.Fatal(err)
	}
	if got := git(t, s.Dir(), "rev-parse", "refs/signalbox/before"); got != old.String() {
		t.Errorf("the old history is at %s", got)
	}
	fsck(t, s.Dir())
}

func TestOneWriterAtATime(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a": text("a")})
	if _, err := Open(t.Context(), Options{Dir: s.Dir(), Refs: []string{mainRef}}); !errors.Is(err, ErrInUse) {
		t.Fatalf("a second writer got %v", err)
	}
	reader := openStore(t, Options{Dir: s.Dir(), ReadOnly: true})
	if got := reader.Heads()[mainRef]; got != h {
		t.Errorf("the reader sees main at %s", got)
	}
	err := reader.Push(t.Context(), nil, []RefUpdate{{mainRef, h, h}})
	var unreachable *remote.UnreachableError
	if !errors.As(err, &unreachable) {
		t.Errorf("a reader's push got %v", err)
	}
	next := pushMain(t, s, "two\n", write{"a": text("b")})
	if got := must(reader.Fetch(t.Context()))(t)[mainRef]; got != next {
		t.Errorf("the reader sees main at %s, not at %s", got, next)
	}
}

func TestASymbolicRefIsNotWritten(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a": text("a")})
	git(t, s.Dir(), "symbolic-ref", "refs/heads/alias", mainRef)
	err := s.Push(t.Context(), nil, []RefUpdate{{"refs/heads/alias", h, h}})
	if err == nil {
		t.Error("wrote through a symbolic ref")
	}
}

func TestAnEmptyStore(t *testing.T) {
	s := newStore(t)
	if got := s.Heads(); len(got) != 0 {
		t.Errorf("heads of nothing: %v", got)
	}
	if err := s.Log(t.Context(), Hash{}, Hash{}, nil); err != nil {
		t.Error(err)
	}
	if err := s.Diff(t.Context(), Hash{}, Hash{}, nil); err != nil {
		t.Error(err)
	}
	if got := must(s.Blobs(t.Context(), nil, 0))(t); len(got) != 0 {
		t.Error("blobs of nothing")
	}
	if _, err := s.Maintain(t.Context()); err != nil {
		t.Error(err)
	}
	fsck(t, s.Dir())
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a": text("a")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), nil, []RefUpdate{{mainRef, h, h}}); err == nil {
		t.Error("pushed to a closed store")
	}
	if _, err := s.Maintain(t.Context()); err == nil {
		t.Error("maintained a closed store")
	}
	if _, err := s.Blobs(context.Background(), []Hash{h}, 0); err == nil {
		t.Error("read a commit as a blob of a closed store")
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}
