package gitstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

func TestBlobsComeInOrder(t *testing.T) {
	s := newStore(t)
	files := write{"empty": {}}
	var hashes []Hash
	for i := range 3000 {
		content := fmt.Appendf(nil, "content %d", i)
		files[fmt.Sprintf("f/%d", i)] = content
		hashes = append(hashes, PrepareBlob(content).Hash())
	}
	big := []byte(strings.Repeat("big", 200_000))
	files["big"] = big
	hashes = append(hashes, PrepareBlob(nil).Hash(), PrepareBlob(big).Hash(), hashes[0])
	pushMain(t, s, "fill\n", files)
	for _, s := range []*Store{s, openStore(t, Options{Dir: s.Dir(), ReadOnly: true})} { // what is in memory, what is not
		got := must(s.Blobs(t.Context(), hashes, 1000))(t)
		for i := range 3000 {
			if string(got[i]) != fmt.Sprintf("content %d", i) {
				t.Fatalf("blob %d is %q", i, got[i])
			}
		}
		if got[3000] == nil || len(got[3000]) != 0 || got[3001] != nil || string(got[3002]) != "content 0" {
			t.Errorf("the last three are %.20q", got[3000:])
		}
		whole := must(s.Blobs(t.Context(), hashes[3001:3002], 0))(t)
		if string(whole[0]) != string(big) {
			t.Error("the big blob came back different")
		}
	}
}

func TestMissingObjectsAreErrors(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a": text("a")})
	nobody := hashObject(plumbing.BlobObject, text("?"))
	there := PrepareBlob(text("a")).Hash()
	if _, err := s.Blobs(t.Context(), []Hash{there, nobody}, 0); !errors.Is(err, ErrMissing) {
		t.Errorf("a missing blob: %v", err)
	}
	if _, err := s.Commit(t.Context(), nobody); !errors.Is(err, ErrMissing) {
		t.Errorf("a missing commit: %v", err)
	}
	if _, err := s.Blobs(t.Context(), []Hash{h}, 0); err == nil {
		t.Error("a commit read as a blob")
	}
	if _, err := s.Commit(t.Context(), there); err == nil {
		t.Error("a blob read as a commit")
	}
	if err := s.Diff(t.Context(), nobody, h, nil); !errors.Is(err, ErrMissing) {
		t.Errorf("diff from a missing commit: %v", err)
	}
	// The children are none the worse for it.
	if got := must(s.Blobs(t.Context(), []Hash{there}, 0))(t); string(got[0]) != "a" {
		t.Errorf("got %q", got)
	}
}

func TestTreesAreListed(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a/b/c": text("1"), "a/b/d/e": text("2"), "a/f": text("3"), "g": text("4")})
	s = openStoreAgain(t, s)
	got := must(s.Trees(t.Context(), []TreePath{{h, ""}, {h, "a/b"}, {h, "a/f"}, {h, "no/such"}, {h, "a/b/d"}, {h, "a"}}))(t)
	var all []string
	for _, entries := range got {
		names := []string{}
		for _, e := range entries {
			names = append(names, fmt.Sprintf("%s:%s", e.Name, e.Mode))
		}
		if entries == nil {
			names = []string{"nil"}
		}
		all = append(all, strings.Join(names, " "))
	}
	want := "a:0040000 g:0100644|c:0100644 d:0040000|nil|nil|e:0100644|b:0040000 f:0100644"
	if strings.Join(all, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(all, "|"), want)
	}
	if _, err := s.Trees(t.Context(), []TreePath{{h, "../x"}}); err == nil {
		t.Error("left the tree")
	}
}

func TestLogIsFirstParentOldestFirst(t *testing.T) {
	s := newStore(t)
	line := []Hash{pushMain(t, s, "0\n", write{"a": text("0")})}
	for i := 1; i < 60; i++ {
		line = append(line, pushMain(t, s, fmt.Sprintf("%d\n", i), write{"a": fmt.Append(nil, i)}))
	}
	side := git(t, s.Dir(), "commit-tree", "-m", "side", "-p", line[10].String(), line[10].String()+"^{tree}")
	merge := git(t, s.Dir(), "commit-tree", "-m", "merge", "-p", line[59].String(), "-p", side, line[59].String()+"^{tree}")
	git(t, s.Dir(), "update-ref", mainRef, merge)
	must(s.Fetch(t.Context()))(t)
	line = append(line, plumbing.NewHash(merge))

	check := func(t *testing.T, s *Store, from, to Hash, want []Hash) {
		t.Helper()
		var got []Hash
		err := s.Log(t.Context(), from, to, func(c CommitInfo) error { got = append(got, c.Hash); return nil })
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d commits, %v; want %d", len(got), err, len(want))
		}
	}
	for name, s := range map[string]func() *Store{
		"from memory": func() *Store { return s }, "from disk": func() *Store { return openStore(t, Options{Dir: s.Dir(), ReadOnly: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := s()
			check(t, s, Hash{}, line[60], line)
			check(t, s, line[0], line[60], line[1:])
			check(t, s, line[57], line[60], line[58:])
			check(t, s, line[60], line[60], nil)
			nobody := hashObject(plumbing.CommitObject, nil)
			for name, c := range map[string][2]Hash{
				"another branch": {plumbing.NewHash(side), line[60]}, "the other way": {line[60], line[3]},
				"near, the other way": {line[4], line[3]}, "nobody's": {nobody, line[60]}, "no head": {line[3], {}},
			} {
				err := s.Log(t.Context(), c[0], c[1], func(CommitInfo) error { return nil })
				if !errors.Is(err, ErrNotAncestor) {
					t.Errorf("%s: %v", name, err)
				}
			}
			stop := errors.New("enough")
			if err := s.Log(t.Context(), Hash{}, line[60], func(CommitInfo) error { return stop }); !errors.Is(err, stop) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDiffSaysWhatGitSays(t *testing.T) {
	s := newStore(t)
	one := pushMain(t, s, "one\n", write{
		"a/b": text("1"), "a/c": text("2"), "a-b": text("3"), "a.b/x": text("4"), "d/e/f": text("5"), "same/x": text("6"), "file": text("7"),
	})
	two := pushMain(t, s, "two\n", write{
		"a/b": text("1 changed"), "a/c": nil, "a0": text("new"), "d/e/f": nil, "d/e": text("folder no more"), "file": nil, "file/now/folder": text("8"),
	})
	if err := s.Push(t.Context(), nil, []RefUpdate{{logRef, Hash{}, two}}); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Store{"from memory": s, "from disk": openStore(t, Options{Dir: s.Dir(), ReadOnly: true})} {
		for _, c := range [][2]Hash{{one, two}, {two, one}, {one, one}, {{}, two}, {one, {}}} {
			if got, want := diffText(t, s, c[0], c[1]), gitDiffText(t, s.Dir(), c[0], c[1]); got != want {
				t.Errorf("%s, %s..%s:\n%s\nwant\n%s", name, c[0], c[1], got, want)
			}
		}
	}
}

func diffText(t testing.TB, s *Store, from, to Hash) string {
	t.Helper()
	var lines []string
	err := s.Diff(context.Background(), from, to, func(c Change) error {
		lines = append(lines, fmt.Sprintf("%s %s %s", c.Old, c.New, c.Path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func gitDiffText(t testing.TB, dir string, from, to Hash) string {
	t.Helper()
	ends := []string{}
	for _, h := range []Hash{from, to} {
		if h.IsZero() {
			h = plumbing.NewHash(gitIn(t, dir, "", "hash-object", "-w", "-t", "tree", "--stdin"))
		}
		ends = append(ends, h.String())
	}
	var lines []string
	for _, line := range strings.Split(git(t, dir, "diff-tree", "-r", "--no-renames", ends[0], ends[1]), "\n") {
		fields := strings.Fields(strings.Replace(line, "\t", " ", 1))
		if len(fields) == 6 {
			lines = append(lines, fields[2]+" "+fields[3]+" "+fields[5])
		}
	}
	return strings.Join(lines, "\n")
}

func TestADiffOfEverythingNeedsManyPasses(t *testing.T) {
	s := newStore(t)
	files := write{}
	for i := range 9000 {
		files[fmt.Sprintf("e/%d/%04d/m/f", i%3, i)] = fmt.Append(nil, i%10)
	}
	h := pushMain(t, s, "fill\n", files)
	s = openStoreAgain(t, s)
	if got, want := diffText(t, s, Hash{}, h), gitDiffText(t, s.Dir(), Hash{}, h); got != want {
		t.Errorf("%d lines, want %d", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
}

func TestReadersRunSideBySideAndCanBeCancelled(t *testing.T) {
	s := newStore(t)
	files := write{}
	for i := range 2000 {
		files[fmt.Sprintf("f/%d", i)] = fmt.Appendf(nil, "%d", i)
	}
	h := pushMain(t, s, "fill\n", files)
	s = openStoreAgain(t, s)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if i%4 == 0 {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, err := s.Blobs(ctx, []Hash{PrepareBlob(text("1")).Hash()}, 0); !errors.Is(err, context.Canceled) {
					t.Errorf("a cancelled reader got %v", err)
				}
				return
			}
			paths := 0
			err := s.Diff(t.Context(), Hash{}, h, func(c Change) error {
				paths++
				if paths == 1000 { // reading from within a walk
					_, err := s.Blobs(t.Context(), []Hash{c.New}, 0)
					return err
				}
				return nil
			})
			if err != nil || paths != 2000 {
				t.Errorf("%d paths, %v", paths, err)
			}
		})
	}
	wg.Wait()
}

func TestADeadChildIsReplaced(t *testing.T) {
	s := newStore(t)
	pushMain(t, s, "one\n", write{"a": text("a")})
	s = openStoreAgain(t, s)
	blob := PrepareBlob(text("a")).Hash()
	for _, r := range s.pool.idle {
		r.kill()
		_ = r.cmd.Wait()
	}
	if got := must(s.Blobs(t.Context(), []Hash{blob}, 0))(t); string(got[0]) != "a" {
		t.Errorf("got %q", got)
	}
}

func TestAnOldGitWithoutBatchCommand(t *testing.T) {
	s := newStore(t)
	h := pushMain(t, s, "one\n", write{"a/b": text("a"), "c": text("ccc")})
	s = openStoreAgain(t, s)
	s.pool.retire()
	s.pool.command = false
	if got := diffText(t, s, Hash{}, h); strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
	lost := must(s.missing(t.Context(), []Hash{PrepareBlob(text("ccc")).Hash(), h}, plumbing.BlobObject))(t)
	if len(lost) != 1 || lost[0] != h {
		t.Errorf("missing: %v", lost)
	}
	for version, want := range map[string]bool{
		"git version 2.39.5": true, "git version 2.30.2": false, "git version 2.36.0.windows.1": true, "git version 3.0.0-rc1": true, "?": false,
	} {
		if knowsBatchCommand(version) != want {
			t.Errorf("%s: %v", version, !want)
		}
	}
}
