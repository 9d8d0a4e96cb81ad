package gitstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// tagEverything makes tags of each sort.
func tagEverything(t *testing.T, dir string, old, head Hash) {
	t.Helper()
	git(t, dir, "tag", "light", old.String())
	git(t, dir, "tag", "-a", "-m", "annotated", "v1.0", old.String())
	git(t, dir, "tag", "-a", "-m", "a tag of a tag", "twice", "v1.0")
	git(t, dir, "tag", "team/x", head.String())
	git(t, dir, "tag", "folder", head.String()+"^{tree}")
}

func TestATagIsFoundWhereTheTruthIs(t *testing.T) {
	ctx := t.Context()
	for name, open := range map[string]func() (s *Store, truth string){
		"embedded": func() (*Store, string) { s := newStore(t); return s, s.Dir() },
		"file":     func() (*Store, string) { s, repo := newMirror(t); return s, repo.Dir },
		"http":     func() (*Store, string) { s, repo, _ := newHTTPMirror(t); return s, repo.Dir },
	} {
		t.Run(name, func(t *testing.T) {
			s, truth := open()
			old := pushMain(t, s, "first", write{"a": text("1")})
			head := pushMain(t, s, "second", write{"a": text("2")})
			tagEverything(t, truth, old, head)
			for name, want := range map[string]Hash{
				"light": old, "v1.0": old, "twice": old, "team/x": head, "none": {}, "v1": {}, "team": {},
				"": {}, "../heads/main": {}, "v1.0^{}": {}, "-x": {}, "a b": {}, "light\n": {}, strings.Repeat("x", 2000): {},
			} {
				if got, err := s.Tag(ctx, name); err != nil || got != want {
					t.Errorf("%.30q is %s, want %s: %v", name, got, want, err)
				}
			}
			folder := must(s.Tag(ctx, "folder"))(t)
			if in := must(s.InHistory(ctx, folder, head))(t); in || folder.IsZero() {
				t.Errorf("a folder is no commit of main: %s", folder)
			}
			git(t, truth, "tag", "-f", "light", head.String())
			if got := must(s.Tag(ctx, "light"))(t); got != head {
				t.Errorf("the tag was moved, and is still %s", got)
			}
			git(t, truth, "pack-refs", "--all")
			if got := must(s.Tag(ctx, "v1.0"))(t); got != old {
				t.Errorf("packed, the tag is %s", got)
			}
		})
	}
}

func TestATagThatCannotBeAskedForIsNoMissingTag(t *testing.T) {
	s, _, server := newHTTPMirror(t)
	server.Close()
	_, err := s.Tag(t.Context(), "v1")
	var unreachable *remote.UnreachableError
	if !errors.As(err, &unreachable) {
		t.Errorf("%v", err)
	}
}

func TestOnlyCommitsOfTheHistoryCount(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	release(t, s, "cart", 1)
	first := s.Heads()[mainRef]
	release(t, s, "cart", 2)
	head, log := s.Heads()[mainRef], s.Heads()[logRef]
	aside := git(t, s.Dir(), "commit-tree", "-p", first.String(), "-m", "aside", first.String()+"^{tree}")
	for id, want := range map[string]int{
		head.String(): 1, head.String()[:7]: 1, first.String()[:12]: 1, log.String(): 0, log.String()[:10]: 0, aside: 0, aside[:9]: 0,
		strings.Repeat("0", 40): 0, git(t, s.Dir(), "rev-parse", head.String()+"^{tree}"): 0,
	} {
		found, err := s.Abbreviated(ctx, head, id)
		if err != nil || len(found) != want || want == 1 && !strings.HasPrefix(found[0].String(), id) {
			t.Errorf("%s: %v %v", id, found, err)
		}
	}
	for _, bad := range []string{"", "abc", "ABCDEF1", "--all", "master", strings.Repeat("a", 41)} {
		if found, err := s.Abbreviated(ctx, head, bad); err == nil {
			t.Errorf("%q: %v", bad, found)
		}
	}
	for _, c := range []struct {
		h, tip Hash
		want   bool
	}{{first, head, true}, {head, head, true}, {head, first, false}, {log, head, false}, {Hash{1}, head, false}, {first, first, true}} {
		if in, err := s.InHistory(ctx, c.h, c.tip); err != nil || in != c.want {
			t.Errorf("%s in %s: %v %v", c.h, c.tip, in, err)
		}
	}
}

func TestABeginningThatTwoCommitsShareGivesBoth(t *testing.T) {
	s := newStore(t)
	byBeginning := map[string][]Hash{}
	b := s.Begin()
	at, shared := Hash{}, ""
	for n := 0; shared == ""; n++ { // four digits: some hundreds of commits do
		at = commitTo(t, b, at, fmt.Sprintf("commit %d", n), write{"n": fmt.Appendf(nil, "%d", n)})
		beginning := at.String()[:4]
		if byBeginning[beginning] = append(byBeginning[beginning], at); len(byBeginning[beginning]) == 2 {
			shared = beginning
		}
	}
	if err := s.Push(t.Context(), b, []RefUpdate{{mainRef, Hash{}, at}}); err != nil {
		t.Fatal(err)
	}
	found := must(s.Abbreviated(t.Context(), at, shared))(t)
	if len(found) != 2 || !slices.Contains(found, byBeginning[shared][0]) || !slices.Contains(found, byBeginning[shared][1]) {
		t.Errorf("%s: %v, want %v", shared, found, byBeginning[shared])
	}
}
