package gitstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The policy of joining, from measurements at 100,000 commits: readers feel a thousand packs (0.5 s at a first read), writers
// never do, and a full repack takes minutes and gigabytes. So small packs become middle ones, middle ones become large ones,
// and large ones stay.
const (
	// maintainEvery is how many writes make joining worth while.
	maintainEvery = 256
	smallPack     = 2 << 20
	middlePack    = 32 << 20
	// middleJoin is how many middle packs become one.
	middleJoin = 8
	// joinFiles and joinBytes bound one join.
	joinFiles = 512
	joinBytes = 1 << 30
	// maxJoinIndex bounds an index that is read whole.
	maxJoinIndex = 64 << 20
)

// Maintenance says what Maintain did.
type Maintenance struct {
	PacksBefore, PacksAfter int
	BytesBefore, BytesAfter int64
}

// MaintenanceDue reports whether enough was written since the last Maintain for it to be worth while. Call Maintain also
// once after Open.
func (s *Store) MaintenanceDue() bool { return s.writes.Load() >= maintainEvery }

// Maintain joins small packs of our own making. It never runs a full repack, and it never touches a pack that git made or
// one that somebody marked to be kept. It may run beside pushes, fetches and reads.
func (s *Store) Maintain(ctx context.Context) (Maintenance, error) {
	s.maintain.Lock()
	defer s.maintain.Unlock()
	var done Maintenance
	if s.readOnly {
		return done, errReadOnly
	}
	s.writes.Store(0)
	before, err := s.listPacks()
	if err != nil {
		return done, err
	}
	done.PacksBefore, done.BytesBefore = len(before), totalSize(before)
	for _, group := range joinGroups(ownPacks(before, 0, smallPack), 2) {
		if err := s.join(ctx, group); err != nil {
			return done, fmt.Errorf("join %d small packs: %w", len(group), err)
		}
	}
	now, err := s.listPacks()
	if err != nil {
		return done, err
	}
	for _, group := range joinGroups(ownPacks(now, smallPack, middlePack), middleJoin) {
		if err := s.join(ctx, group); err != nil {
			return done, fmt.Errorf("join %d packs: %w", len(group), err)
		}
	}
	if now, err = s.listPacks(); err != nil {
		return done, err
	}
	done.PacksAfter, done.BytesAfter = len(now), totalSize(now)
	return done, nil
}

// packFile is a pack on disk.
type packFile struct {
	stem    string
	size    int64
	written time.Time
	kept    bool
}

// listPacks lists packs that have an index, oldest first.
func (s *Store) listPacks() ([]packFile, error) {
	files, err := os.ReadDir(s.packDir())
	if err != nil {
		return nil, fmt.Errorf("list the packs: %w", err)
	}
	indexed, kept := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		stem, ext, _ := strings.Cut(f.Name(), ".")
		switch ext {
		case "idx":
			indexed[stem] = true
		case "keep", "promisor", "mtimes":
			kept[stem] = true
		}
	}
	var packs []packFile
	for _, f := range files {
		stem, ext, _ := strings.Cut(f.Name(), ".")
		if ext != "pack" || !indexed[stem] {
			continue
		}
		info, err := f.Info()
		if err != nil {
			continue // gone since it was listed
		}
		packs = append(packs, packFile{stem, info.Size(), info.ModTime(), kept[stem]})
	}
	slices.SortFunc(packs, func(a, b packFile) int {
		if order := a.written.Compare(b.written); order != 0 {
			return order
		}
		return strings.Compare(a.stem, b.stem)
	})
	return packs, nil
}

func totalSize(packs []packFile) (sum int64) {
	for _, p := range packs {
		sum += p.size
	}
	return sum
}

func ownPacks(packs []packFile, atLeast, below int64) []packFile {
	var own []packFile
	for _, p := range packs {
		if isOwn(p.stem) && !p.kept && p.size >= atLeast && p.size < below {
			own = append(own, p)
		}
	}
	return own
}

// joinGroups cuts a list into what one join takes: every pack is an open file, and a pack has a largest size. Groups of fewer
// than least packs are left alone.
func joinGroups(packs []packFile, least int) [][]packFile {
	var groups [][]packFile
	for len(packs) > 0 {
		n, bytes := 0, int64(0)
		for n < len(packs) && n < joinFiles && bytes+packs[n].size <= joinBytes {
			bytes += packs[n].size
			n++
		}
		if n >= least {
			groups = append(groups, packs[:n])
		}
		packs = packs[n:]
	}
	return groups
}

// join writes one pack with everything that the given ones hold, makes it durable, and removes them.
func (s *Store) join(ctx context.Context, packs []packFile) error {
	j := joiner{dir: s.packDir(), seen: map[Hash]bool{}}
	defer j.close()
	for _, p := range packs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.add(p.stem); err != nil {
			return fmt.Errorf("%s: %w", p.stem, err)
		}
	}
	if err := j.shrink(ctx); err != nil {
		return err
	}
	stem, err := s.writeJoined(&j)
	if err != nil {
		return err
	}
	// From here on nothing is lost whatever happens: if a crash brings a removed name back, its objects are there twice.
	var errs []error
	for _, p := range packs {
		if p.stem != stem {
			errs = append(errs, s.removePack(p.stem))
		}
	}
	s.pool.retire()
	return errors.Join(errs...)
}

// writeJoined puts the joined pack in its place and gives its name.
func (s *Store) writeJoined(j *joiner) (stem string, err error) {
	out := joinWriter{}
	files := &packFiles{dir: j.dir}
	if files.pack, err = writeTemp(j.dir, true, func(w io.Writer) error { return out.write(w, j) }); err != nil {
		return "", err
	}
	index, err := buildIndex(out.places, out.sum)
	if err != nil {
		return "", errors.Join(err, files.discard())
	}
	files.name = ownPack + out.sum.String()[:32]
	files.index, err = writeTemp(j.dir, true, func(w io.Writer) error {
		_, err := w.Write(index)
		return err
	})
	if err != nil {
		return "", errors.Join(err, files.discard())
	}
	if _, err := os.Stat(filepath.Join(j.dir, files.name+".idx")); err == nil {
		return files.name, files.discard() // joined to exactly one of its parts
	}
	return files.name, files.publish(true)
}
