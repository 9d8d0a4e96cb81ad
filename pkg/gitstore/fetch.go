package gitstore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// Fetch asks the truth for its refs and downloads what is new. Without a remote it reads the refs from disk again. Errors of
// the remote keep their types.
func (s *Store) Fetch(ctx context.Context) (Heads, error) {
	s.write.Lock()
	defer s.write.Unlock()
	if s.remote == nil || s.readOnly {
		if s.pool == nil {
			return nil, errReadOnly
		}
		return s.reread(ctx)
	}
	return s.fetch(ctx, false)
}

// openMirror brings the mirror up to date. A damaged mirror is filled again from the remote.
func (s *Store) openMirror(ctx context.Context, damaged bool, tolerate bool) error {
	heads, err := s.readHeads(s.refs)
	if err != nil || damaged {
		damaged = true
	} else if err := s.checkHeads(ctx, heads); err != nil {
		if ctx.Err() != nil {
			return err
		}
		damaged = true
	}
	if damaged {
		// Refs may name what is lost. Without them nobody reads it, and the next Open knows to fetch everything.
		if err := s.dropRefs(); err != nil {
			return err
		}
	} else {
		s.setHeads(heads)
	}
	_, err = s.fetch(ctx, damaged)
	var unreachable *remote.UnreachableError
	if tolerate && errors.As(err, &unreachable) {
		return nil
	}
	return err
}

// dropRefs forgets all refs of a mirror.
func (s *Store) dropRefs() error {
	for _, name := range s.refs {
		if err := os.Remove(s.refPath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("drop a ref of the mirror: %w", err)
		}
	}
	s.setHeads(Heads{})
	return replaceFile(filepath.Join(s.dir, "packed-refs"), (&packedRefs{}).encode())
}

// fetch brings the mirror to where the remote is. All tells it not to rely on anything the mirror seems to hold.
func (s *Store) fetch(ctx context.Context, all bool) (Heads, error) {
	for again := false; ; again = true {
		heads, err := s.fetchOnce(ctx, all)
		// Between the list of refs and the download a ref may be rewound or deleted: then the new list is the answer.
		var gone *remote.MissingError
		if errors.As(err, &gone) && !again {
			continue
		}
		return heads, err
	}
}

func (s *Store) fetchOnce(ctx context.Context, all bool) (Heads, error) {
	theirs, err := s.remote.Refs(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the remote for its refs: %w", err)
	}
	ours := s.Heads()
	// Nothing is known of a mirror without heads: it may be one that was damaged and not yet filled again.
	all = all || len(ours) == 0
	next, updates := Heads{}, []RefUpdate{}
	var moved []Hash
	for _, name := range s.refs {
		hash, exists := theirs[name]
		if exists {
			next[name] = hash
		}
		if hash != ours[name] {
			updates = append(updates, RefUpdate{Name: name, Old: ours[name], New: hash})
			if exists {
				moved = append(moved, hash)
			}
		}
	}
	if len(updates) == 0 {
		return next, nil
	}
	wants := moved
	if !all {
		if wants, err = s.missing(ctx, moved, plumbing.CommitObject); err != nil {
			return nil, err
		}
	}
	if len(wants) > 0 {
		if err := s.download(ctx, wants, ours, all); err != nil {
			return nil, err
		}
	}
	if err := s.checkHeads(ctx, next); err != nil {
		return nil, fmt.Errorf("the remote did not send what it promised: %w", err)
	}
	if err := s.follow(ctx, nil, updates); err != nil {
		return nil, fmt.Errorf("move the refs of the mirror: %w", err)
	}
	s.setHeads(next)
	return maps.Clone(next), nil
}

// smallFetch is the largest pack that is read in this process; a larger one goes through git index-pack.
const smallFetch = 4 << 20

func (s *Store) download(ctx context.Context, wants []Hash, ours Heads, all bool) error {
	var haves []Hash
	if !all {
		for _, h := range ours {
			haves = append(haves, h)
		}
	}
	body, err := s.remote.Fetch(ctx, wants, haves)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if body == nil {
		return nil
	}
	stream := bufio.NewReaderSize(body, 64<<10)
	head := new(bytes.Buffer)
	_, err = io.CopyN(head, stream, smallFetch)
	switch err {
	case io.EOF: // and not one that wraps it: only the bare one says that the pack is whole
		err = s.storeSmall(ctx, head.Bytes())
	case nil:
		err = s.indexPack(ctx, io.MultiReader(head, stream))
	}
	if err := errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("store what was fetched: %w", err)
	}
	s.writes.Add(1)
	return nil
}

// storeSmall writes a fetched pack as one of ours. What this reader cannot do (a delta on a base in no reach, a huge
// object) index-pack can, or explains better.
func (s *Store) storeSmall(ctx context.Context, raw []byte) error {
	objects, err := s.unpack(ctx, raw)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.indexPack(ctx, bytes.NewReader(raw))
	}
	if len(objects) == 0 {
		return nil
	}
	entries := make([]entry, 0, len(objects))
	for h, o := range objects {
		entries = append(entries, packEntry(h, o))
	}
	p, err := buildPack(entries)
	if err != nil {
		return err
	}
	files, err := s.writeTempPack(p, false, nil)
	if err != nil {
		return err
	}
	if err := files.publish(false); err != nil {
		return err
	}
	for h, o := range objects {
		s.memory.add(h, o)
		s.known.add(h)
	}
	return nil
}

// indexPack lets git store a pack. It checks every object's bytes and fsyncs the result.
func (s *Store) indexPack(ctx context.Context, pack io.Reader) error {
	cmd := gitCommand(ctx, s.dir, "-c", "core.fsync=committed", "index-pack", "--stdin", "--fix-thin")
	cmd.Stdin = pack
	var stderr tail
	cmd.Stderr = &stderr
	if out, err := cmd.Output(); err != nil {
		return childError("index-pack", err, &stderr)
	} else if !strings.HasPrefix(string(out), "pack\t") && !strings.HasPrefix(string(out), "keep\t") {
		return fmt.Errorf("git index-pack said %.80q", out)
	}
	return nil
}
