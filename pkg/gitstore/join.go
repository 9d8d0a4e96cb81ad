package gitstore

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	// deltaWindow is how many trees, newest last, a tree is compared with; deltaDepth is how long a chain of deltas gets. Readers
	// pay a copy of the tree for each link.
	deltaWindow = 32
	deltaDepth  = 16
	// joinTrees bounds the bytes of large trees that are unpacked at a time.
	joinTrees = 64 << 20
)

// joiner gathers the entries of many packs. The earliest copy of an object wins: a delta's base is then always among the
// entries, and never made from the delta in turn, because both are chosen by the same order.
type joiner struct {
	dir     string
	files   []*os.File
	entries []joinEntry
	seen    map[Hash]bool
}

// joinEntry is where an entry stands in one of the old packs, or what replaces it.
type joinEntry struct {
	hash     Hash
	crc      uint32
	file     int
	offset   int64
	size     int64 // of the entry in its pack
	replaced []byte
}

func (j *joiner) close() {
	for _, f := range j.files {
		_ = f.Close() // read only
	}
}

// add takes the entries of a pack, in the order they stand there.
func (j *joiner) add(stem string) error {
	raw, err := readLimited(filepath.Join(j.dir, stem+".idx"), maxJoinIndex)
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	places, err := parseIndex(raw)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(j.dir, stem+".pack"))
	if err != nil {
		return fmt.Errorf("open the pack: %w", err)
	}
	j.files = append(j.files, f)
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at the pack: %w", err)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	end := info.Size() - 20
	for i, p := range places {
		next := end
		if i+1 < len(places) {
			next = places[i+1].offset
		}
		if p.offset < packHeaderSize || next <= p.offset || next > end {
			return fmt.Errorf("the index does not fit the pack")
		}
		if j.seen[p.hash] {
			continue
		}
		j.seen[p.hash] = true
		j.entries = append(j.entries, joinEntry{
			hash: p.hash, crc: p.crc, file: len(j.files) - 1, offset: p.offset, size: next - p.offset,
		})
	}
	return nil
}

// parseIndex reads an index of version 2.
func parseIndex(raw []byte) ([]place, error) {
	const tables = 8 + 256*4
	if len(raw) < tables+40 || !bytes.Equal(raw[:8], []byte{0xff, 't', 'O', 'c', 0, 0, 0, 2}) {
		return nil, fmt.Errorf("not an index of version 2")
	}
	n := int(binary.BigEndian.Uint32(raw[tables-4:]))
	if len(raw) != tables+n*28+40 {
		return nil, fmt.Errorf("the index has a wrong length")
	}
	hashes, sums, offsets := raw[tables:], raw[tables+n*20:], raw[tables+n*24:]
	places := make([]place, n)
	for i := range places {
		places[i] = place{
			hash:   Hash(hashes[i*20 : i*20+20]),
			crc:    binary.BigEndian.Uint32(sums[i*4:]),
			offset: int64(binary.BigEndian.Uint32(offsets[i*4:])),
		}
		if places[i].offset >= 1<<31 {
			return nil, fmt.Errorf("the pack is too large to join")
		}
	}
	return places, nil
}

// read gives the bytes of an entry and checks them against the index.
func (j *joiner) read(e joinEntry) ([]byte, error) {
	if e.replaced != nil {
		return e.replaced, nil
	}
	data := make([]byte, e.size)
	if _, err := j.files[e.file].ReadAt(data, e.offset); err != nil {
		return nil, fmt.Errorf("read object %s: %w", e.hash, err)
	}
	if crc32.ChecksumIEEE(data) != e.crc {
		return nil, fmt.Errorf("object %s is damaged on disk", e.hash)
	}
	return data, nil
}

// wholeTree is a large tree that stands whole in the packs.
type wholeTree struct {
	at    int // in entries
	raw   []byte
	depth int // how many deltas a reader goes through
}

// shrink makes large trees deltas of newer ones: of 2,000 entries one or two change from commit to commit. The newest stays
// whole, because it is what is read.
func (j *joiner) shrink(ctx context.Context) error {
	bases, err := j.deltaBases()
	if err != nil {
		return err
	}
	var window []*wholeTree
	unpacked := 0
	for at := len(j.entries) - 1; at >= 0; at-- {
		e := &j.entries[at]
		if e.size < minDelta/4 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := j.largeTree(*e)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		t := &wholeTree{at: at, raw: raw}
		// Who is already a base of a delta stays whole: otherwise two could be made of each other.
		if !bases[e.hash] {
			j.makeDelta(t, window)
		}
		window = append(window, t)
		unpacked += len(raw)
		for len(window) > deltaWindow || unpacked > joinTrees {
			unpacked -= len(window[0].raw)
			window = window[1:]
		}
	}
	return nil
}

// makeDelta replaces a tree's entry by a delta of the nearest tree in the window that is like it. Trees of other folders
// are told apart after a few entries.
func (j *joiner) makeDelta(t *wholeTree, window []*wholeTree) {
	e := &j.entries[t.at]
	var delta []byte
	var base *wholeTree
	for _, base = range slices.Backward(window) {
		if base.depth >= deltaDepth {
			continue
		}
		if delta = deltaTree(base.raw, t.raw); delta != nil {
			break
		}
	}
	if delta == nil {
		return
	}
	packed := packDelta(e.hash, j.entries[base.at].hash, delta)
	if int64(len(packed.data)) >= e.size {
		return
	}
	e.replaced, e.crc, e.size = packed.data, packed.crc, int64(len(packed.data))
	t.depth = base.depth + 1
}

// deltaBases gives the ids that deltas in the packs are made of.
func (j *joiner) deltaBases() (map[Hash]bool, error) {
	bases := map[Hash]bool{}
	head := make([]byte, 32)
	for _, e := range j.entries {
		n, err := j.files[e.file].ReadAt(head[:min(e.size, 32)], e.offset)
		if err != nil {
			return nil, fmt.Errorf("read object %s: %w", e.hash, err)
		}
		kind, _, length, err := parseEntryHeader(head[:n])
		if err != nil {
			return nil, fmt.Errorf("object %s: %w", e.hash, err)
		}
		switch kind {
		case plumbing.REFDeltaObject:
			if n < length+20 {
				return nil, fmt.Errorf("object %s is cut off", e.hash)
			}
			base := Hash(head[length : length+20])
			if !j.seen[base] {
				return nil, fmt.Errorf("object %s is a delta of %s, which no pack to join holds", e.hash, base)
			}
			bases[base] = true
		case plumbing.OFSDeltaObject:
			return nil, fmt.Errorf("object %s is a delta by offset, which no pack of ours has", e.hash)
		}
	}
	return bases, nil
}

// largeTree gives the content of an entry when it is a tree that stands whole and is worth a delta; nil when not.
func (j *joiner) largeTree(e joinEntry) ([]byte, error) {
	head := make([]byte, min(e.size, 16))
	if _, err := j.files[e.file].ReadAt(head, e.offset); err != nil {
		return nil, fmt.Errorf("read object %s: %w", e.hash, err)
	}
	kind, size, n, err := parseEntryHeader(head)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", e.hash, err)
	}
	if kind != plumbing.TreeObject || size < minDelta || size > maxTreeSize {
		return nil, nil
	}
	data, err := j.read(e)
	if err != nil {
		return nil, err
	}
	raw, _, err := inflate(data[n:], size)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", e.hash, err)
	}
	return raw, nil
}

// joinWriter writes the joined pack and notes where everything stands.
type joinWriter struct {
	places []place
	sum    Hash
}

func (o *joinWriter) write(w io.Writer, j *joiner) error {
	h := sha1.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(w, h), 256<<10)
	if _, err := buffered.Write(packHeader(len(j.entries))); err != nil {
		return err
	}
	at := int64(packHeaderSize)
	for _, e := range j.entries {
		data, err := j.read(e)
		if err != nil {
			return err
		}
		if _, err := buffered.Write(data); err != nil {
			return err
		}
		o.places = append(o.places, place{e.hash, e.crc, at})
		at += e.size
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	h.Sum(o.sum[:0])
	_, err := w.Write(o.sum[:])
	return err
}
