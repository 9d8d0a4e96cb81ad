package gitstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Any sequence of commits makes the trees that git makes of the same changes, and packs that git finds whole, whether they
// are pushed one by one or together, joined or not.
func TestAnyHistoryIsTheOneGitMakes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		s, err := Open(context.Background(), Options{Dir: filepath.Join(dir, "ours.git"), Refs: []string{mainRef}})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		m := model{files: map[string]string{}}
		b := s.Begin()
		var head, pushed Hash
		var heads []Hash
		for range rapid.IntRange(1, 12).Draw(rt, "commits") {
			files := m.change(rt)
			head = commitTo(t, b, head, "m\n", files)
			heads = append(heads, head)
			m.record(files)
			if rapid.Bool().Draw(rt, "push") {
				if err := s.Push(context.Background(), b, []RefUpdate{{mainRef, pushed, head}}); err != nil {
					rt.Fatal(err)
				}
				pushed, b = head, s.Begin()
			}
			if rapid.IntRange(0, 5).Draw(rt, "maintain") == 0 {
				if _, err := s.Maintain(context.Background()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if pushed != head {
			if err := s.Push(context.Background(), b, []RefUpdate{{mainRef, pushed, head}}); err != nil {
				rt.Fatal(err)
			}
		}
		fsck(t, s.Dir())
		theirs := filepath.Join(dir, "theirs.git")
		git(t, ".", "init", "-q", "--bare", theirs)
		gitIn(t, theirs, m.stream.String(), "fast-import", "--quiet")
		ours := git(t, s.Dir(), "log", "--reverse", "--format=%T", mainRef)
		if want := git(t, theirs, "log", "--reverse", "--format=%T", mainRef); ours != want {
			rt.Fatalf("our trees\n%s\ngit's trees\n%s", ours, want)
		}
		from := rapid.SampledFrom(append(heads, Hash{})).Draw(rt, "from")
		to := rapid.SampledFrom(heads).Draw(rt, "to")
		if got, want := diffText(t, s, from, to), gitDiffText(t, s.Dir(), from, to); got != want {
			rt.Fatalf("our diff\n%s\ngit's diff\n%s", got, want)
		}
	})
}

// model is what the files should be, and the same history for git fast-import.
type model struct {
	files  map[string]string
	stream strings.Builder
	n      int
}

// change draws changes that fit the present files: no file is put where a folder stays, nor the other way round.
func (m *model) change(rt *rapid.T) write {
	name := rapid.SampledFrom([]string{"a", "b", "a-b", "a.b", "a0", "ab"})
	files := write{}
	next := map[string]bool{}
	for path := range m.files {
		next[path] = true
	}
	for range rapid.IntRange(0, 6).Draw(rt, "changes") {
		if have := m.names(); len(have) > 0 && rapid.IntRange(0, 2).Draw(rt, "kind") == 0 {
			gone := rapid.SampledFrom(have).Draw(rt, "delete")
			files[gone] = nil
			delete(next, gone)
			continue
		}
		path := strings.Join(rapid.SliceOfN(name, 1, 4).Draw(rt, "path"), "/")
		if files[path] != nil || clashes(path, next) {
			continue
		}
		files[path] = []byte(rapid.SampledFrom([]string{"1", "2", "", "a longer content"}).Draw(rt, "content"))
		next[path] = true
	}
	for path, content := range files {
		// A deletion that came first may have been followed by a new file there.
		if content == nil && next[path] {
			delete(files, path)
		}
	}
	return files
}

func clashes(path string, others map[string]bool) bool {
	for other := range others {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			return true
		}
	}
	return false
}

func (m *model) names() []string {
	names := []string{}
	for path := range m.files {
		names = append(names, path)
	}
	slices.Sort(names)
	return names
}

func (m *model) record(files write) {
	m.n++
	fmt.Fprintf(&m.stream, "commit %s\nmark :%d\ncommitter g <g@example.com> 1 +0000\ndata 2\nm\n", mainRef, m.n)
	paths := []string{}
	for path := range files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths { // deletions first: a file may become a folder
		if files[path] == nil {
			delete(m.files, path)
			fmt.Fprintf(&m.stream, "D %s\n", path)
		}
	}
	for _, path := range paths {
		if content := files[path]; content != nil {
			m.files[path] = string(content)
			fmt.Fprintf(&m.stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
		}
	}
	m.stream.WriteString("\n")
}
