package gitstore

import (
	"bytes"
	"context"
	"crypto"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/hash"
)

// unpackLimit bounds all objects of a pack that is unpacked in memory.
const unpackLimit = 64 << 20

// hashForeign is the id of content that others made, with the check for crafted collisions.
func hashForeign(kind plumbing.ObjectType, data []byte) Hash {
	h := hash.New(crypto.SHA1)
	h.Write(kind.Bytes())
	h.Write([]byte(" " + strconv.Itoa(len(data)) + "\x00"))
	h.Write(data)
	var sum Hash
	copy(sum[:], h.Sum(nil))
	return sum
}

// rawEntry is an entry of a pack before deltas are resolved.
type rawEntry struct {
	offset     int64
	kind       plumbing.ObjectType
	baseOffset int64
	baseHash   Hash
	data       []byte
}

// unpack reads a small pack from a remote. Bases that the pack lacks (it may be thin) come from the store.
func (s *Store) unpack(ctx context.Context, raw []byte) (map[Hash]object, error) {
	entries, err := parsePack(raw)
	if err != nil {
		return nil, err
	}
	u := unpacker{byOffset: map[int64]object{}, byHash: map[Hash]object{}, left: unpackLimit}
	waiting := entries
	for len(waiting) > 0 {
		var later []rawEntry
		for _, e := range waiting {
			done, err := u.resolve(e)
			if err != nil {
				return nil, err
			}
			if !done {
				later = append(later, e)
			}
		}
		if len(later) == len(waiting) {
			if err := u.borrow(ctx, s, later); err != nil {
				return nil, err
			}
		}
		waiting = later
	}
	return u.byHash, nil
}

// parsePack checks a pack's sum and reads its entries.
func parsePack(raw []byte) ([]rawEntry, error) {
	if len(raw) < packHeaderSize+20 || string(raw[:4]) != "PACK" {
		return nil, fmt.Errorf("not a pack")
	}
	body, sum := raw[:len(raw)-20], raw[len(raw)-20:]
	h := hash.New(crypto.SHA1)
	h.Write(body)
	if !bytes.Equal(h.Sum(nil), sum) {
		return nil, fmt.Errorf("the pack's checksum is wrong")
	}
	count := int(binary.BigEndian.Uint32(raw[8:]))
	var entries []rawEntry
	left := int64(unpackLimit)
	at := packHeaderSize
	for range count {
		e := rawEntry{offset: int64(at)}
		kind, size, n, err := parseEntryHeader(body[at:])
		if err != nil {
			return nil, err
		}
		e.kind = kind
		at += n
		switch kind {
		case plumbing.OFSDeltaObject:
			back, n, err := parseOffset(body[at:])
			if err != nil {
				return nil, err
			}
			e.baseOffset = e.offset - back
			at += n
		case plumbing.REFDeltaObject:
			if len(body)-at < 20 {
				return nil, fmt.Errorf("pack is cut off")
			}
			e.baseHash = Hash(body[at : at+20])
			at += 20
		case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
		default:
			return nil, fmt.Errorf("pack entry of unknown kind %d", kind)
		}
		if left -= size; left < 0 {
			return nil, fmt.Errorf("pack is too large to unpack in memory")
		}
		var used int
		if e.data, used, err = inflate(body[at:], size); err != nil {
			return nil, err
		}
		at += used
		entries = append(entries, e)
	}
	if at != len(body) {
		return nil, fmt.Errorf("pack holds more than it says")
	}
	return entries, nil
}

// parseOffset reads how far back the base of a delta stands.
func parseOffset(b []byte) (back int64, n int, err error) {
	for n < len(b) && n < 9 {
		c := b[n]
		n++
		back = back<<7 | int64(c&0x7f)
		if c&0x80 == 0 {
			return back, n, nil
		}
		back++
	}
	return 0, 0, fmt.Errorf("pack entry with a broken offset")
}

type unpacker struct {
	byOffset map[int64]object
	byHash   map[Hash]object
	borrowed map[Hash]object
	left     int64
}

// resolve makes an entry an object, unless its base is not there yet.
func (u *unpacker) resolve(e rawEntry) (bool, error) {
	o := object{e.kind, e.data}
	if e.kind == plumbing.OFSDeltaObject || e.kind == plumbing.REFDeltaObject {
		base, ok := u.base(e)
		if !ok {
			return false, nil
		}
		size, err := deltaTarget(e.data)
		if err != nil {
			return false, err
		}
		if u.left -= size; u.left < 0 {
			return false, fmt.Errorf("pack is too large to unpack in memory")
		}
		o.kind = base.kind
		if o.data, err = applyDelta(base.data, e.data, size); err != nil {
			return false, err
		}
	}
	u.byOffset[e.offset] = o
	u.byHash[hashForeign(o.kind, o.data)] = o
	return true, nil
}

func (u *unpacker) base(e rawEntry) (object, bool) {
	if e.kind == plumbing.OFSDeltaObject {
		o, ok := u.byOffset[e.baseOffset]
		return o, ok
	}
	if o, ok := u.byHash[e.baseHash]; ok {
		return o, true
	}
	o, ok := u.borrowed[e.baseHash]
	return o, ok
}

// borrow reads bases that no entry of the pack makes.
func (u *unpacker) borrow(ctx context.Context, s *Store, waiting []rawEntry) error {
	if u.borrowed != nil {
		return fmt.Errorf("pack with a delta that has no base")
	}
	u.borrowed = map[Hash]object{}
	var asked []Hash
	for _, e := range waiting {
		if e.kind != plumbing.REFDeltaObject {
			continue
		}
		if o, ok := s.memory.get(e.baseHash); ok {
			u.borrowed[e.baseHash] = o
		} else {
			asked = append(asked, e.baseHash)
		}
	}
	return s.pool.ask(ctx, asked, question{limit: maxTreeSize}, func(i int, a answer) error {
		if u.left -= a.size; !a.missing && a.data != nil && u.left >= 0 {
			u.borrowed[asked[i]] = object{a.kind, a.data}
		}
		return nil
	})
}
