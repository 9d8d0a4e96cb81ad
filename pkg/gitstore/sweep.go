package gitstore

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sweep removes what an earlier process of ours left half done: temporary files, packs without an index, indexes without
// a pack, and packs of a mirror that a crash of the machine spoiled. Damaged says that of the last kind there was one.
func (s *Store) sweep() (damaged bool, err error) {
	if err := removeTemps(s.dir); err != nil {
		return false, err
	}
	if err := removeTemps(s.packDir()); err != nil {
		return false, err
	}
	files, err := os.ReadDir(s.packDir())
	if err != nil {
		return false, fmt.Errorf("list the packs: %w", err)
	}
	parts := map[string]map[string]bool{}
	for _, f := range files {
		stem, ext, _ := strings.Cut(f.Name(), ".")
		if !isOwn(stem) {
			continue
		}
		if parts[stem] == nil {
			parts[stem] = map[string]bool{}
		}
		parts[stem][ext] = true
	}
	for stem, has := range parts {
		whole := has["pack"] && has["idx"]
		if whole && strings.HasPrefix(stem, mirrorPack) && !s.soundPack(stem) {
			whole, damaged = false, true
		}
		if !whole {
			if err := s.removePack(stem); err != nil {
				return damaged, err
			}
		}
	}
	return damaged, nil
}

func removeTemps(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for temporary files: %w", err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), tempPrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return fmt.Errorf("remove a temporary file: %w", err)
		}
	}
	return nil
}

// removePack unlinks a pack of ours, the index first: without it git does not see the pack.
func (s *Store) removePack(stem string) error {
	for _, ext := range []string{".idx", ".rev", ".bitmap", ".pack"} {
		err := os.Remove(filepath.Join(s.packDir(), stem+ext))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a pack: %w", err)
		}
	}
	return nil
}

// soundPack checks the sums of a pack that was written without fsync. There are at most some hundred, all small: Maintain
// joins them into one that is durable.
func (s *Store) soundPack(stem string) bool {
	path := filepath.Join(s.packDir(), stem)
	packSum, err := checkedSum(path + ".pack")
	if err != nil {
		return false
	}
	index, err := readLimited(path+".idx", maxJoinIndex)
	if err != nil || len(index) < 40 {
		return false
	}
	sum := sha1.Sum(index[:len(index)-20])
	return bytes.Equal(sum[:], index[len(index)-20:]) && bytes.Equal(packSum, index[len(index)-40:len(index)-20])
}

// checkedSum reads a file that ends in the SHA-1 of all before, and gives that sum.
func checkedSum(path string) (sum []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < packHeaderSize+20 {
		return nil, fmt.Errorf("%s is cut off", path)
	}
	h := sha1.New()
	if _, err := io.CopyN(h, f, info.Size()-20); err != nil {
		return nil, err
	}
	end := make([]byte, 20)
	if _, err := io.ReadFull(f, end); err != nil {
		return nil, err
	}
	if !bytes.Equal(h.Sum(nil), end) {
		return nil, fmt.Errorf("%s has a wrong checksum", path)
	}
	return end, nil
}
