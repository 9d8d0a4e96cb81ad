package gitstore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestJoiningKeepsEveryObject(t *testing.T) {
	s := newStore(t)
	for v := range 30 {
		release(t, s, "cart", v+1)
	}
	before := objectIDs(t, s.Dir())
	done := must(s.Maintain(t.Context()))(t)
	if done.PacksBefore != 30 || done.PacksAfter != 1 || done.BytesAfter >= done.BytesBefore {
		t.Errorf("got %+v", done)
	}
	if got := objectIDs(t, s.Dir()); got != before {
		t.Error("other objects than before")
	}
	fsck(t, s.Dir())
	release(t, s, "cart", 31)
	again := must(s.Maintain(t.Context()))(t)
	if again.PacksBefore != 2 || again.PacksAfter != 1 {
		t.Errorf("got %+v", again)
	}
	opensClean(t, crashed(t, s), s.Heads()[mainRef])
}

// objectIDs lists all objects of a repository, once each.
func objectIDs(t *testing.T, dir string) string {
	t.Helper()
	return git(t, dir, "cat-file", "--batch-all-objects", "--batch-check")
}

func TestJoiningMakesLargeTreesDeltas(t *testing.T) {
	s := newStore(t)
	files := write{}
	for i := range 1000 {
		for _, env := range []string{"dev", "staging"} {
			files[fmt.Sprintf("%s/service-%05d/deployment.json", env, i)] = fmt.Appendf(nil, "{%d,%s}\n", i, env)
		}
	}
	head := pushMain(t, s, "fill\n", files)
	for round := range 3 {
		for i := range 40 {
			env := []string{"dev", "staging"}[i%2]
			head = pushMain(t, s, "deploy\n", write{fmt.Sprintf("%s/service-%05d/deployment.json", env, i*17): fmt.Appendf(nil, "{%d,%d}\n", i, round)})
		}
		before := objectIDs(t, s.Dir())
		done := must(s.Maintain(t.Context()))(t)
		if done.PacksAfter != 1 || done.BytesAfter*4 > done.BytesBefore+400_000 {
			t.Errorf("round %d: %+v", round, done)
		}
		if objectIDs(t, s.Dir()) != before {
			t.Errorf("round %d: other objects than before", round)
		}
		fsck(t, s.Dir())
		packs := must(s.listPacks())(t)
		report := git(t, s.Dir(), "verify-pack", "-v", filepath.Join(s.packDir(), packs[0].stem+".idx"))
		if !strings.Contains(report, "chain length = 2:") || strings.Contains(report, fmt.Sprintf("chain length = %d:", deltaDepth+1)) {
			t.Errorf("round %d: chains are too long or too short:\n%s", round, report[strings.Index(report, "non delta"):])
		}
	}
	s = openStoreAgain(t, s)
	if got, want := diffText(t, s, Hash{}, head), gitDiffText(t, s.Dir(), Hash{}, head); got != want {
		t.Error("the last tree reads differently")
	}
}

func TestMiddlePacksAreJoinedLater(t *testing.T) {
	s := newStore(t)
	noise := func(i byte) []byte { // does not compress
		out := make([]byte, smallPack+smallPack/8)
		_, _ = rand.NewChaCha8([32]byte{i}).Read(out)
		return out
	}
	for i := range middleJoin - 1 {
		pushMain(t, s, "large\n", write{"large": noise(byte(i))})
	}
	if done := must(s.Maintain(t.Context()))(t); done.PacksAfter != middleJoin-1 {
		t.Errorf("joined too early: %+v", done)
	}
	pushMain(t, s, "large\n", write{"large": noise(255)})
	if done := must(s.Maintain(t.Context()))(t); done.PacksAfter != 1 {
		t.Errorf("not joined: %+v", done)
	}
	fsck(t, s.Dir())
}

func TestPacksOfOthersAreLeftAlone(t *testing.T) {
	s := newStore(t)
	for v := range 3 {
		release(t, s, "cart", v+1)
	}
	git(t, s.Dir(), "repack", "-q", "-a", "-d")
	release(t, s, "cart", 4)
	release(t, s, "cart", 5)
	kept := must(s.listPacks())(t)
	put(t, filepath.Join(s.packDir(), kept[len(kept)-1].stem+".keep"), "")
	done := must(s.Maintain(t.Context()))(t)
	if done.PacksAfter != done.PacksBefore {
		t.Errorf("got %+v", done)
	}
	if err := os.Remove(filepath.Join(s.packDir(), kept[len(kept)-1].stem+".keep")); err != nil {
		t.Fatal(err)
	}
	before := objectIDs(t, s.Dir())
	must(s.Maintain(t.Context()))(t)
	if objectIDs(t, s.Dir()) != before {
		t.Error("other objects than before")
	}
	fsck(t, s.Dir())
}

func TestADamagedPackIsNotJoined(t *testing.T) {
	s := newStore(t)
	release(t, s, "cart", 1)
	release(t, s, "cart", 2)
	packs := must(s.listPacks())(t)
	path := filepath.Join(s.packDir(), packs[0].stem+".pack")
	raw := must(os.ReadFile(path))(t)
	raw[40] ^= 0xff
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	before := packNames(t, s)
	if _, err := s.Maintain(t.Context()); err == nil {
		t.Error("joined a damaged pack")
	}
	if after := packNames(t, s); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the folder changed from %v to %v", before, after)
	}
}

func TestReadersAndWritersGoOnWhilePacksAreJoined(t *testing.T) {
	s := newStore(t)
	var heads sync.Map
	var last atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	reader := openStore(t, Options{Dir: s.Dir(), ReadOnly: true}) // no memory of what was written
	for range 2 {
		wg.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				at := n % (last.Load() + 1)
				v, ok := heads.Load(at)
				if !ok {
					continue
				}
				paths := 0
				if err := reader.Diff(t.Context(), Hash{}, v.(Hash), func(Change) error { paths++; return nil }); err != nil || paths != int(at)+1 {
					t.Errorf("read commit %d: %d paths, %v", at, paths, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := s.Maintain(t.Context()); err != nil {
				t.Errorf("maintain: %v", err)
				return
			}
		}
	})
	for i := range 150 {
		heads.Store(int64(i), pushMain(t, s, "deploy\n", write{fmt.Sprintf("d/%d/f", i): fmt.Append(nil, i)}))
		last.Store(int64(i))
	}
	close(stop)
	wg.Wait()
	fsck(t, s.Dir())
}
