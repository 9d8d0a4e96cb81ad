package gitstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// maxPackedRefs bounds what is read of packed-refs: about half a million refs.
const maxPackedRefs = 64 << 20

// packedRefs is the packed-refs file: all refs that are not loose.
type packedRefs struct {
	traits string // of the header, such as "peeled fully-peeled"
	refs   map[string]packedRef
}

// packedRef is a ref and, for an annotated tag, the line that says what the tag points at.
type packedRef struct {
	hash   Hash
	peeled string
}

func (s *Store) readPackedRefs() (*packedRefs, error) {
	p := &packedRefs{traits: "peeled fully-peeled", refs: map[string]packedRef{}}
	text, err := readLimited(filepath.Join(s.dir, "packed-refs"), maxPackedRefs)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read packed-refs: %w", err)
	}
	// A file without a header claims nothing about peeled tags, and neither may we.
	p.traits = ""
	last := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "# pack-refs with:"):
			p.traits = peeledTraits(line)
		case strings.HasPrefix(line, "#"), line == "":
		case strings.HasPrefix(line, "^") && last != "":
			ref := p.refs[last]
			ref.peeled = line
			p.refs[last] = ref
		default:
			id, name, found := strings.Cut(line, " ")
			hash, ok := parseHash(id)
			if !found || !ok {
				return nil, fmt.Errorf("packed-refs is damaged: line %.80q", line)
			}
			p.refs[name], last = packedRef{hash: hash}, name
		}
	}
	return p, nil
}

func peeledTraits(header string) string {
	var traits []string
	for _, t := range []string{"peeled", "fully-peeled"} {
		if slices.Contains(strings.Fields(header), t) {
			traits = append(traits, t)
		}
	}
	return strings.Join(traits, " ")
}

func (p *packedRefs) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# pack-refs with: %s \n", strings.TrimSpace(p.traits+" sorted"))
	names := make([]string, 0, len(p.refs))
	for name := range p.refs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s %s\n", p.refs[name].hash, name)
		if peeled := p.refs[name].peeled; peeled != "" {
			b.WriteString(peeled + "\n")
		}
	}
	return b.Bytes()
}

// readLoose reads a ref's own file; a zero hash means there is none.
func (s *Store) readLoose(name string) (Hash, error) {
	text, err := readLimited(s.refPath(name), 1<<10)
	// A folder in the way, above or in place of the file, is no ref either.
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) {
		return Hash{}, nil
	}
	if err != nil {
		return Hash{}, fmt.Errorf("read ref %s: %w", name, err)
	}
	hash, ok := parseHash(strings.TrimSpace(string(text)))
	if !ok {
		return Hash{}, fmt.Errorf("ref %s holds %.60q and not an object id", name, text)
	}
	return hash, nil
}

func (s *Store) refPath(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// readHeads reads refs from disk. Loose files win, and are read first: packing a ref writes packed-refs before it removes
// the loose file.
func (s *Store) readHeads(names []string) (Heads, error) {
	heads := Heads{}
	for _, name := range names {
		hash, err := s.readLoose(name)
		if err != nil {
			return nil, err
		}
		if !hash.IsZero() {
			heads[name] = hash
		}
	}
	packed, err := s.readPackedRefs()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, loose := heads[name]; loose {
			continue
		}
		if ref, ok := packed.refs[name]; ok {
			heads[name] = ref.hash
		}
	}
	return heads, nil
}

// refChange is one transaction on refs: all of its updates become visible by one rename of packed-refs. While it is open,
// every ref in it and packed-refs itself are locked the way git locks them.
type refChange struct {
	s       *Store
	updates []RefUpdate
	packed  *packedRefs
	locked  []string
	temp    string
}

// beginRefs takes the locks and folds loose files of the refs into packed-refs. Always close what it returns.
func (s *Store) beginRefs(ctx context.Context, updates []RefUpdate) (*refChange, error) {
	c := &refChange{s: s, updates: updates}
	if err := c.begin(ctx); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *refChange) begin(ctx context.Context) (err error) {
	for _, u := range c.updates {
		if err := checkRefName(u.Name); err != nil {
			return err
		}
		if err := c.lock(ctx, c.s.refPath(u.Name)); err != nil {
			return fmt.Errorf("lock ref %s: %w", u.Name, err)
		}
	}
	if err := c.lock(ctx, filepath.Join(c.s.dir, "packed-refs")); err != nil {
		return err
	}
	if c.packed, err = c.s.readPackedRefs(); err != nil {
		return err
	}
	return c.fold()
}

func (c *refChange) lock(ctx context.Context, path string) error {
	if err := c.s.owner.lock(ctx, path); err != nil {
		return err
	}
	c.locked = append(c.locked, path)
	return nil
}

// fold moves loose refs, with the values they have, into packed-refs. It is a step of its own, durable before the loose files
// go: otherwise a crash between two removals would show one ref moved and the other not.
func (c *refChange) fold() error {
	var loose []string
	for _, u := range c.updates {
		hash, err := c.s.readLoose(u.Name)
		if err != nil {
			return err
		}
		if !hash.IsZero() {
			c.packed.refs[u.Name] = packedRef{hash: hash}
			loose = append(loose, u.Name)
		}
	}
	if len(loose) == 0 {
		return nil
	}
	if err := replaceFile(filepath.Join(c.s.dir, "packed-refs"), c.packed.encode()); err != nil {
		return err
	}
	for _, name := range loose {
		if err := os.Remove(c.s.refPath(name)); err != nil {
			return fmt.Errorf("remove the loose file of %s: %w", name, err)
		}
		if err := syncDir(filepath.Dir(c.s.refPath(name))); err != nil {
			return err
		}
	}
	return nil
}

// compare checks that every ref is where its update expects it.
func (c *refChange) compare() error {
	for _, u := range c.updates {
		if have := c.packed.refs[u.Name].hash; have != u.Old {
			return &remote.StaleError{Ref: u.Name, Want: u.Old, Have: have}
		}
	}
	return nil
}

// stage writes the new packed-refs beside the old one.
func (c *refChange) stage(durable bool) error {
	for _, u := range c.updates {
		if u.New.IsZero() {
			delete(c.packed.refs, u.Name)
			continue
		}
		if err := c.free(u.Name); err != nil {
			return err
		}
		c.packed.refs[u.Name] = packedRef{hash: u.New}
	}
	var err error
	c.temp, err = writeTemp(c.s.dir, durable, func(w io.Writer) error {
		_, err := w.Write(c.packed.encode())
		return err
	})
	return err
}

// free refuses a name that is a folder of another ref, or the other way round: git could not read both.
func (c *refChange) free(name string) error {
	if _, exists := c.packed.refs[name]; exists {
		return nil
	}
	for other := range c.packed.refs {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return fmt.Errorf("ref %s cannot be made beside ref %s", name, other)
		}
	}
	return nil
}

// commit makes the staged values the refs' values. An error of type UnknownError means that they may have become so.
func (c *refChange) commit(durable bool) error {
	if err := os.Rename(c.temp, filepath.Join(c.s.dir, "packed-refs")); err != nil {
		return fmt.Errorf("move the refs: %w", err)
	}
	c.temp = ""
	if durable {
		if err := syncDir(c.s.dir); err != nil {
			return &remote.UnknownError{Err: err}
		}
	}
	return nil
}

// close gives the locks back.
func (c *refChange) close() error {
	var errs []error
	if c.temp != "" {
		errs = append(errs, os.Remove(c.temp))
		c.temp = ""
	}
	for _, path := range slices.Backward(c.locked) {
		errs = append(errs, c.s.owner.unlock(path))
	}
	c.locked = nil
	return errors.Join(errs...)
}

// checkRefName holds the rules of `git check-ref-format` that matter for names that become paths.
func checkRefName(name string) error {
	bad := !strings.HasPrefix(name, "refs/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") ||
		strings.ContainsAny(name, " ~^:?*[\\") || strings.Contains(name, "..") || strings.Contains(name, "@{") ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(name) > 1024
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	if bad || strings.Count(name, "/") < 2 {
		return fmt.Errorf("%q is not a name for a ref: want refs/heads/... or refs/<kind>/... in git's rules", name)
	}
	return nil
}
