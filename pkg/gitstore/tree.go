package gitstore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// Trees stay in git's own form, "<octal mode> <name>\0<20 bytes>" in a row: a tree of 2,000 entries is then 80 KB in memory,
// and changing one entry copies two stretches of bytes.

// treeItem is an entry of a raw tree. Its slices point into the tree.
type treeItem struct {
	mode filemode.FileMode
	name []byte
	hash []byte
	raw  []byte
}

func (t treeItem) isDir() bool { return t.mode == filemode.Dir }

func (t treeItem) id() Hash { return Hash(t.hash) }

// nextItem reads the entry at the start of raw. It checks what it needs, for trees may come from anywhere.
func nextItem(raw []byte) (item treeItem, rest []byte, err error) {
	space := bytes.IndexByte(raw, ' ')
	if space < 1 || space > 7 {
		return item, nil, fmt.Errorf("malformed tree: no mode")
	}
	for _, digit := range raw[:space] {
		if digit < '0' || digit > '7' {
			return item, nil, fmt.Errorf("malformed tree: mode %q", raw[:space])
		}
		item.mode = item.mode<<3 | filemode.FileMode(digit-'0')
	}
	length := bytes.IndexByte(raw[space+1:], 0)
	if length < 1 || len(raw) < space+length+22 {
		return item, nil, fmt.Errorf("malformed tree: cut off")
	}
	end := space + length + 22
	item.name, item.hash, item.raw = raw[space+1:space+1+length], raw[end-20:end], raw[:end]
	return item, raw[end:], nil
}

// compareNames is git's order within a tree: a folder sorts as if its name ended in "/".
func compareNames[A, B string | []byte](a A, aDir bool, b B, bDir bool) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(nameEnd(a, aDir, n), nameEnd(b, bDir, n))
}

func nameEnd[T string | []byte](name T, dir bool, at int) int {
	if at < len(name) {
		return int(name[at])
	}
	if dir {
		return '/'
	}
	return 0
}

// treeEdit sets one entry of a tree; a zero hash removes it.
type treeEdit struct {
	name string
	mode filemode.FileMode
	hash Hash
}

func (e treeEdit) isDir() bool { return e.mode == filemode.Dir }

func (e treeEdit) append(out []byte) []byte {
	out = fmt.Appendf(out, "%o %s", uint32(e.mode), e.name)
	out = append(out, 0)
	return append(out, e.hash[:]...)
}

// editTree makes a new tree from raw (nil: empty). Each name stands at most once in edits.
func editTree(raw []byte, edits []treeEdit) ([]byte, error) {
	names := make(map[string]struct{}, len(edits))
	sets := make([]treeEdit, 0, len(edits))
	extra := 0
	for _, e := range edits {
		names[e.name] = struct{}{}
		if !e.hash.IsZero() {
			sets = append(sets, e)
			extra += len(e.name) + 28
		}
	}
	slices.SortFunc(sets, func(a, b treeEdit) int { return compareNames(a.name, a.isDir(), b.name, b.isDir()) })
	out := make([]byte, 0, len(raw)+extra)
	kept := raw // what is to be copied before the next change
	for rest := raw; len(rest) > 0; {
		item, next, err := nextItem(rest)
		if err != nil {
			return nil, err
		}
		for len(sets) > 0 && compareNames(sets[0].name, sets[0].isDir(), item.name, item.isDir()) < 0 {
			out = append(out, kept[:len(kept)-len(rest)]...)
			kept = rest
			out = sets[0].append(out)
			sets = sets[1:]
		}
		if _, gone := names[string(item.name)]; gone {
			out = append(out, kept[:len(kept)-len(rest)]...)
			kept = next
		}
		rest = next
	}
	out = append(out, kept...)
	for _, e := range sets {
		out = e.append(out)
	}
	return out, nil
}

// findItems looks names up in a raw tree in one pass. What is not there is absent from the answer.
func findItems(raw []byte, wanted func(name []byte) bool, found func(treeItem)) error {
	for len(raw) > 0 {
		item, rest, err := nextItem(raw)
		if err != nil {
			return err
		}
		if wanted(item.name) {
			found(item)
		}
		raw = rest
	}
	return nil
}

func listTree(raw []byte) ([]TreeEntry, error) {
	entries := make([]TreeEntry, 0, len(raw)/36)
	for len(raw) > 0 {
		item, rest, err := nextItem(raw)
		if err != nil {
			return nil, err
		}
		entries = append(entries, TreeEntry{Name: string(item.name), Mode: item.mode, Hash: item.id()})
		raw = rest
	}
	return entries, nil
}

// checkPath refuses paths that git refuses, or that could leave the folder they belong to when checked out.
func checkPath(path string) error {
	if path == "" {
		return fmt.Errorf("a path must not be empty")
	}
	if len(path) > 4096 {
		return fmt.Errorf("the path %.40q... is longer than 4096 bytes", path)
	}
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "":
			return fmt.Errorf("the path %q has an empty part", path)
		case part == ".", part == "..", strings.EqualFold(part, ".git"), strings.EqualFold(part, "git~1"):
			return fmt.Errorf("the path %q must not have %q as a part", path, part)
		case strings.IndexByte(part, 0) >= 0:
			return fmt.Errorf("the path %q holds a NUL byte", path)
		}
	}
	return nil
}

// checkMode gives the mode to store: a file's only. Folders come from paths; links to other repositories are not made here.
func checkMode(mode filemode.FileMode) (filemode.FileMode, error) {
	switch mode {
	case filemode.Empty:
		return filemode.Regular, nil
	case filemode.Regular, filemode.Executable, filemode.Symlink:
		return mode, nil
	}
	return 0, fmt.Errorf("a file cannot have the mode %s", mode)
}
