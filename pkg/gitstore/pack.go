package gitstore

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Packs of our own making have names that every git reads (40 hex digits), the first eight of which say that they are ours
// and how they were written. The rest is the pack's checksum.
const (
	ownPack    = "pack-5167a1b0" // was fsynced before anything named it
	mirrorPack = "pack-5167a1b1" // was not fsynced: Open checks its sum
)

func isOwn(name string) bool {
	return strings.HasPrefix(name, ownPack) || strings.HasPrefix(name, mirrorPack)
}

// pack is a pack ready to be written or sent, and its index.
type pack struct {
	entries  []entry
	size     int64
	checksum Hash
	index    []byte
}

const packHeaderSize = 12

func packHeader(objects int) []byte {
	b := append(make([]byte, 0, packHeaderSize), "PACK\x00\x00\x00\x02"...)
	return binary.BigEndian.AppendUint32(b, uint32(objects))
}

// buildPack sums up the entries. Each object must stand in entries once.
func buildPack(entries []entry) (*pack, error) {
	p := &pack{entries: entries, size: packHeaderSize}
	sum := sha1.New()
	sum.Write(packHeader(len(entries)))
	places := make([]place, len(entries))
	for i, e := range entries {
		places[i] = place{e.hash, e.crc, p.size}
		sum.Write(e.data)
		p.size += int64(len(e.data))
	}
	sum.Sum(p.checksum[:0])
	p.size += 20
	var err error
	p.index, err = buildIndex(places, p.checksum)
	return p, err
}

// reader gives the pack as it travels.
func (p *pack) reader() io.Reader {
	parts := make([]io.Reader, 0, len(p.entries)+2)
	parts = append(parts, bytes.NewReader(packHeader(len(p.entries))))
	for _, e := range p.entries {
		parts = append(parts, bytes.NewReader(e.data))
	}
	return io.MultiReader(append(parts, bytes.NewReader(p.checksum[:]))...)
}

func (p *pack) writeTo(w io.Writer) error {
	buf := make([]byte, 0, min(p.size, 1<<20))
	buf = append(buf, packHeader(len(p.entries))...)
	for _, e := range p.entries {
		if len(buf)+len(e.data) > cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		buf = append(buf, e.data...)
	}
	_, err := w.Write(append(buf, p.checksum[:]...))
	return err
}

// place is where an object stands in a pack.
type place struct {
	hash   Hash
	crc    uint32
	offset int64
}

// buildIndex writes an index of version 2.
func buildIndex(places []place, packSum Hash) ([]byte, error) {
	slices.SortFunc(places, func(a, b place) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	n := len(places)
	b := make([]byte, 0, 8+256*4+n*28+40)
	b = append(b, 0xff, 't', 'O', 'c', 0, 0, 0, 2)
	at := 0
	for first := range 256 {
		for at < n && int(places[at].hash[0]) <= first {
			at++
		}
		b = binary.BigEndian.AppendUint32(b, uint32(at))
	}
	for _, p := range places {
		b = append(b, p.hash[:]...)
	}
	for _, p := range places {
		b = binary.BigEndian.AppendUint32(b, p.crc)
	}
	for _, p := range places {
		if p.offset >= 1<<31 {
			return nil, fmt.Errorf("a pack of %d bytes is too large: push in smaller batches", p.offset)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(p.offset))
	}
	b = append(b, packSum[:]...)
	sum := sha1.Sum(b)
	return append(b, sum[:]...), nil
}

// packFiles are temporary files that hold a pack and its index.
type packFiles struct{ dir, name, pack, index string }

func (s *Store) packDir() string { return filepath.Join(s.dir, "objects", "pack") }

// writeTempPack puts a pack and its index on disk, not yet where git looks. Extra runs beside the two fsyncs, which the
// disk then serves together.
func (s *Store) writeTempPack(p *pack, durable bool, extra func() error) (*packFiles, error) {
	prefix := ownPack
	if !durable {
		prefix = mirrorPack
	}
	files := &packFiles{dir: s.packDir(), name: prefix + p.checksum.String()[:32]}
	var indexErr, extraErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		files.index, indexErr = writeTemp(files.dir, durable, func(w io.Writer) error {
			_, err := w.Write(p.index)
			return err
		})
	})
	if extra != nil {
		wg.Go(func() { extraErr = extra() })
	}
	var packErr error
	files.pack, packErr = writeTemp(files.dir, durable, p.writeTo)
	wg.Wait()
	if err := errors.Join(packErr, indexErr, extraErr); err != nil {
		return nil, errors.Join(err, files.discard())
	}
	return files, nil
}

// publish gives the pack its name, the index last: git sees a pack by its index.
func (f *packFiles) publish(durable bool) error {
	if err := os.Rename(f.pack, filepath.Join(f.dir, f.name+".pack")); err != nil {
		return errors.Join(fmt.Errorf("publish a pack: %w", err), f.discard())
	}
	f.pack = ""
	if err := os.Rename(f.index, filepath.Join(f.dir, f.name+".idx")); err != nil {
		return errors.Join(fmt.Errorf("publish a pack's index: %w", err), f.discard())
	}
	f.index = ""
	if durable {
		return syncDir(f.dir)
	}
	return nil
}

func (f *packFiles) discard() error {
	var errs []error
	for _, name := range []string{f.pack, f.index} {
		if name != "" {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}
