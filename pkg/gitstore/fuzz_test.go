package gitstore

import (
	"bytes"
	"context"
	"crypto"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/hash"
)

// Trees, commits, deltas and packs may come from anywhere. Whatever they hold, reading ends with a value or an error.

func FuzzTree(f *testing.F) {
	tree, err := editTree(nil, []treeEdit{{"a", 0o100644, Hash{1}}, {"b", 0o40000, Hash{2}}, {"c", 0o120000, Hash{3}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tree, []byte("100644 x\x00"), "b")
	f.Add([]byte("100644 x"), tree[:30], "")
	f.Add([]byte("9 \x00"), []byte{}, "/")
	f.Fuzz(func(t *testing.T, one, other []byte, name string) {
		entries, err := listTree(one)
		_, _ = compareTrees("p", one, other)
		if delta := deltaTree(one, other); delta != nil {
			got, err := applyDelta(one, delta, maxTreeSize)
			if err != nil || !bytes.Equal(got, other) {
				t.Errorf("a delta makes something else: %v", err)
			}
		}
		edited, editErr := editTree(one, []treeEdit{{name, 0o100644, Hash{9}}})
		if (err == nil) != (editErr == nil) {
			t.Errorf("listed with %v, edited with %v", err, editErr)
		}
		if err == nil && name != "" && !bytes.ContainsRune([]byte(name), 0) {
			after, err := listTree(edited)
			if err != nil || len(after) > len(entries)+1 {
				t.Errorf("%d entries became %d, %v", len(entries), len(after), err)
			}
		}
	})
}

func FuzzCommit(f *testing.F) {
	data, err := encodeCommit(Hash{1}, Hash{2}, CommitSpec{Author: someone, Committer: someone, Message: "m\n"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("tree \nauthor <> > < -99999999999999999999 +9999\n\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = decodeCommit(Hash{}, data)
	})
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("base"), []byte{4, 2, 0x91, 0, 2})
	f.Add([]byte("base"), []byte{4, 3, 3, 'a', 'b', 'c'})
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		out, err := applyDelta(base, delta, 1<<20)
		if size, sizeErr := deltaTarget(delta); err == nil && (sizeErr != nil || size != int64(len(out))) {
			t.Errorf("made %d bytes, announced %d, %v", len(out), size, sizeErr)
		}
	})
}

func FuzzPack(f *testing.F) {
	var entries []entry
	for _, text := range []string{"", "a", "something longer"} {
		entries = append(entries, PrepareBlob([]byte(text)).packed)
	}
	p, err := buildPack(entries)
	if err != nil {
		f.Fatal(err)
	}
	var raw bytes.Buffer
	if err := p.writeTo(&raw); err != nil {
		f.Fatal(err)
	}
	f.Add(raw.Bytes()[:raw.Len()-20])
	f.Add([]byte("PACK\x00\x00\x00\x02\xff\xff\xff\xff\x95\x01"))
	store := &Store{memory: newMemory(), pool: newPool("", false)}
	store.pool.closed = true
	f.Fuzz(func(_ *testing.T, body []byte) {
		// The sum is put right, or nothing behind it would ever be reached.
		sum := hashSum(body)
		_, _ = store.unpack(context.Background(), append(bytes.Clone(body), sum...))
		_, _ = parseIndex(body)
		_, _, _, _ = parseEntryHeader(body)
	})
}

func hashSum(body []byte) []byte {
	u := hash.New(crypto.SHA1)
	u.Write(body)
	return u.Sum(nil)
}

func TestHashesAreGits(t *testing.T) {
	if got := hashObject(plumbing.BlobObject, []byte("hello\n")); got.String() != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Errorf("got %s", got)
	}
	if hashForeign(plumbing.BlobObject, []byte("hello\n")) != hashObject(plumbing.BlobObject, []byte("hello\n")) {
		t.Error("two ways to hash differ")
	}
}
