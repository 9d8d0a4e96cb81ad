package gitstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

func TestCommitRefusesPathsThatGitRefuses(t *testing.T) {
	s := newStore(t)
	for _, path := range []string{
		"", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", ".git", "a/.git/b", ".GIT", "a/.Git", "GIT~1", "a\x00b",
		strings.Repeat("x/", 3000) + "x",
	} {
		b := s.Begin()
		h, err := b.Commit(t.Context(), specOf(b, Hash{}, "m\n", write{path: text("x")}))
		if err == nil {
			t.Errorf("%.40q was committed as %s", path, h)
		}
		if objects, _ := b.Size(); objects != 1 {
			t.Errorf("%.40q left %d objects beside its blob", path, objects-1)
		}
	}
}

func TestAFileAndAFolderCannotHaveTheSameName(t *testing.T) {
	s := newStore(t)
	base := pushMain(t, s, "base\n", write{"file": text("f"), "folder/a": text("a"), "folder/b": text("b")})
	clash := map[string]write{
		"a folder over a file":                   {"file/below": text("x")},
		"a file over a folder":                   {"folder": text("x")},
		"both at once":                           {"new": text("x"), "new/below": text("y")},
		"a file over a folder that keeps a part": {"folder": text("x"), "folder/a": nil},
		"a folder deleted as if it were a file":  {"folder": nil},
	}
	for name, files := range clash {
		b := s.Begin()
		_, err := b.Commit(t.Context(), specOf(b, base, "m\n", files))
		if !errors.Is(err, errClash) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fine := map[string]struct {
		files write
		want  string
	}{
		"a file becomes a folder":       {write{"file": nil, "file/below": text("x")}, "file/below folder/a folder/b"},
		"a folder becomes a file":       {write{"folder": text("x"), "folder/a": nil, "folder/b": nil}, "file folder"},
		"an emptied folder goes":        {write{"folder/a": nil, "folder/b": nil}, "file"},
		"deleting nothing is nothing":   {write{"gone": nil, "file/gone": nil, "folder/gone": nil, "no/such": nil}, "file folder/a folder/b"},
		"nothing is left":               {write{"file": nil, "folder/a": nil, "folder/b": nil}, ""},
		"names that sort beside a file": {write{"file.": text("1"), "file-": text("2"), "file0": text("3"), "folder.": text("4"), "folder0": text("5")}, "file file- file. file0 folder. folder/a folder/b folder0"},
	}
	for name, c := range fine {
		b := s.Begin()
		h := commitTo(t, b, base, "m\n", c.files)
		old := s.Heads()[mainRef]
		if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, h}}); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(git(t, s.Dir(), "ls-tree", "-r", "--name-only", h.String()), "\n", " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	fsck(t, s.Dir())
}

func TestABatchIsAsBeforeAfterARefusedCommit(t *testing.T) {
	s := newStore(t)
	b := s.Begin()
	first := commitTo(t, b, Hash{}, "first\n", write{"a/b": text("1")})
	blob := b.AddBlob(PrepareBlob(text("2")))
	objects, bytes := b.Size()
	spec := CommitSpec{Parent: first, Author: someone, Committer: someone, Message: "m\n"}
	for name, change := range map[string]func(*CommitSpec){
		"a bad path":      func(c *CommitSpec) { c.Changes = []Change{{Path: "x/y", New: blob}, {Path: "a/../c", New: blob}} },
		"a path twice":    func(c *CommitSpec) { c.Changes = []Change{{Path: "x/y", New: blob}, {Path: "x/y", New: blob}} },
		"a folder's mode": func(c *CommitSpec) { c.Changes = []Change{{Path: "x/y", New: blob, Mode: filemode.Dir}} },
		"a blob nobody has": func(c *CommitSpec) {
			c.Changes = []Change{{Path: "x/y", New: hashObject(plumbing.BlobObject, text("?"))}}
		},
		"a commit as a blob":    func(c *CommitSpec) { c.Changes = []Change{{Path: "x/y", New: first}} },
		"a clash":               func(c *CommitSpec) { c.Changes = []Change{{Path: "new/y", New: blob}, {Path: "a/b/c", New: blob}} },
		"a parent nobody has":   func(c *CommitSpec) { c.Parent = blob },
		"a message with a NUL":  func(c *CommitSpec) { c.Message = "a\x00b"; c.Changes = []Change{{Path: "n", New: blob}} },
		"a time before all git": func(c *CommitSpec) { c.Author.When = time.Unix(-1, 0); c.Changes = []Change{{Path: "n", New: blob}} },
	} {
		bad := spec
		change(&bad)
		if h, err := b.Commit(t.Context(), bad); err == nil {
			t.Errorf("%s: committed as %s", name, h)
		}
		if o, n := b.Size(); o != objects || n != bytes {
			t.Errorf("%s: the batch grew from %d to %d objects", name, objects, o)
		}
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, Hash{}, first}}); err != nil {
		t.Fatal(err)
	}
	fsck(t, s.Dir())
}

func TestACommitMayPointAtABlobTheRepositoryHolds(t *testing.T) {
	s := newStore(t)
	blob := PrepareBlob(text("manifest"))
	pushMain(t, s, "log\n", write{"a": text("manifest")})
	again := openStoreAgain(t, s) // with an empty memory
	b := again.Begin()
	h, err := b.Commit(t.Context(), CommitSpec{
		Parent: again.Heads()[mainRef], Author: someone, Committer: someone, Message: "deploy\n",
		Changes: []Change{{Path: "env/manifest", New: blob.Hash()}, {Path: "env/run", New: blob.Hash(), Mode: filemode.Executable}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if objects, _ := b.Size(); objects != 3 {
		t.Errorf("the batch has %d objects, want two trees and a commit", objects)
	}
	if err := again.Push(t.Context(), b, []RefUpdate{{mainRef, again.Heads()[mainRef], h}}); err != nil {
		t.Fatal(err)
	}
	id := blob.Hash().String()
	if got, want := listing(t, again.Dir(), h), "100644 "+id+" a\n100644 "+id+" env/manifest\n100755 "+id+" env/run"; got != want {
		t.Errorf("the tree is\n%s\nwant\n%s", got, want)
	}
	fsck(t, again.Dir())
}

func openStoreAgain(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openStore(t, Options{Dir: s.Dir(), Remote: s.remote})
}

func TestModesOfFilesThatAreNotTouchedStay(t *testing.T) {
	s := newStore(t)
	blob := gitIn(t, s.Dir(), "x", "hash-object", "-w", "--stdin")
	tree := gitIn(t, s.Dir(), "100755 blob "+blob+"\trun\n120000 blob "+blob+"\tlink\n", "mktree")
	commit := git(t, s.Dir(), "commit-tree", "-m", "theirs", tree)
	git(t, s.Dir(), "update-ref", mainRef, commit)
	must(s.Fetch(t.Context()))(t)
	h := pushMain(t, s, "ours\n", write{"new": text("y"), "run": nil})
	if got := git(t, s.Dir(), "ls-tree", "--format=%(objectmode) %(path)", h.String()); got != "120000 link\n100644 new" {
		t.Errorf("got %q", got)
	}
	fsck(t, s.Dir())
}

func TestNamesThatWouldBreakACommit(t *testing.T) {
	s := newStore(t)
	b := s.Begin()
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", -(9*3600+1800)))
	h, err := b.Commit(t.Context(), CommitSpec{
		Author:    Signature{"Eve\nauthor Mallory <m@x> 1 +0000", "e<v>e@\nexample.com", when},
		Committer: Signature{"", "", when}, Message: "first line\n\nbody\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, Hash{}, h}}); err != nil {
		t.Fatal(err)
	}
	fsck(t, s.Dir())
	c := must(openStoreAgain(t, s).Commit(t.Context(), h))(t)
	if c.Author.Name != "Eveauthor Mallory m@x 1 +0000" || c.Author.Email != "eve@example.com" || c.Committer.Name != "unknown" {
		t.Errorf("got %+v", c)
	}
	if !c.Author.When.Equal(when) || c.Author.When.Format("-0700") != "-0930" || c.Message != "first line\n\nbody\n" {
		t.Errorf("got %+v", c)
	}
}

// A queue of commits in one batch rewrites the same large folder again and again.
func TestManyCommitsOfALargeFolderStaySmall(t *testing.T) {
	s := newStore(t)
	files := write{}
	for i := range 2000 {
		files[fmt.Sprintf("env/service-%05d/deployment.json", i)] = fmt.Appendf(nil, "{%d}\n", i)
	}
	head := pushMain(t, s, "fill\n", files)
	b := s.Begin()
	old := head
	for i := range 100 {
		head = commitTo(t, b, head, "deploy\n", write{fmt.Sprintf("env/service-%05d/deployment.json", i*7): fmt.Appendf(nil, "{%d, 2}\n", i)})
	}
	head = commitTo(t, b, head, "join and leave\n", write{
		"env/service-00000/deployment.json": nil, "env/a/deployment.json": text("first"), "env/z/deployment.json": text("last"),
	})
	if objects, bytes := b.Size(); bytes > 500_000 {
		t.Errorf("%d objects take %d bytes", objects, bytes)
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, old, head}}); err != nil {
		t.Fatal(err)
	}
	fsck(t, s.Dir())
	if got := git(t, s.Dir(), "rev-list", "--count", mainRef); got != "102" {
		t.Errorf("%s commits", got)
	}
	if got := git(t, s.Dir(), "ls-tree", "--name-only", mainRef+":env"); strings.Count(got, "\n") != 2000 || !strings.HasPrefix(got, "a\n") {
		t.Error("the last tree is wrong")
	}
}

func TestCommitCanBeCancelled(t *testing.T) {
	s := newStore(t)
	head := pushMain(t, s, "one\n", write{"a/b": text("1")})
	s = openStoreAgain(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := s.Begin()
	if _, err := b.Commit(ctx, specOf(b, hashObject(plumbing.CommitObject, nil), "two\n", write{"a/b": text("2")})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	h := commitTo(t, b, head, "two\n", write{"a/b": text("2")})
	if err := s.Push(ctx, b, []RefUpdate{{mainRef, head, h}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := must(s.Fetch(t.Context()))(t)[mainRef]; got != head {
		t.Error("a cancelled push moved main")
	}
}

func TestAFileIsFoundInACommitOfTheBatchAndOfTheRepository(t *testing.T) {
	s := newStore(t)
	base := pushMain(t, s, "base\n", write{"a/b/c": text("old"), "a/d": text("d")})
	b := s.Begin()
	next, err := b.Commit(t.Context(), specOf(b, base, "next\n", write{"a/b/c": text("new"), "a/d": nil}))
	if err != nil {
		t.Fatal(err)
	}
	blob := func(content string) Hash { return plumbing.ComputeHash(plumbing.BlobObject, []byte(content)) }
	for _, c := range []struct {
		commit Hash
		path   string
		want   Hash
	}{
		{base, "a/b/c", blob("old")}, {next, "a/b/c", blob("new")}, {base, "a/d", blob("d")}, {next, "a/d", Hash{}},
		{next, "a/b", Hash{}}, {next, "a/b/c/e", Hash{}}, {next, "none", Hash{}},
	} {
		if got, err := b.File(t.Context(), c.commit, c.path); err != nil || got != c.want {
			t.Errorf("%s in %s: %s, want %s (%v)", c.path, c.commit, got, c.want, err)
		}
	}
	if _, err := b.File(t.Context(), blob("no commit"), "a"); err == nil {
		t.Error("a commit that is not there was read")
	}
}
