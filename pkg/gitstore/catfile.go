package gitstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	maxReaders = 4 // children at work
	idleChilds = 2 // children kept for the next question
	// askChunk is how many questions a pipe surely holds: 52 bytes each, 64 KB.
	askChunk = 1000
)

// pool keeps `git cat-file` children that answer questions about objects. A question is a pass: many ids written, many
// answers read, none waited for singly.
//
// git looks for new packs when it misses an object, so children see what is added. What is removed they may hold open; retire
// replaces them.
type pool struct {
	dir     string
	command bool // git knows --batch-command, which need not flush after each answer
	slots   chan struct{}

	mu         sync.Mutex
	idle       []*reader
	generation int
	closed     bool
}

func newPool(dir string, batchCommand bool) *pool {
	return &pool{dir: dir, command: batchCommand, slots: make(chan struct{}, maxReaders)}
}

// question says what is asked about each object.
type question struct {
	// infoOnly leaves the content out.
	infoOnly bool
	// limit leaves out the content of what is larger; zero is no limit.
	limit int64
}

// answer is what git says about one object.
type answer struct {
	missing bool
	kind    plumbing.ObjectType
	size    int64
	data    []byte // nil when not asked for or over the limit
}

var errStaleReader = errors.New("the child may have an old view of the packs")

// ask asks about all hashes in one pass and calls fn with each answer, in order. fn must not ask in turn.
func (p *pool) ask(ctx context.Context, hashes []Hash, q question, fn func(i int, a answer) error) error {
	if len(hashes) == 0 {
		return ctx.Err()
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	done := 0
	for fresh := false; ; fresh = true {
		r, err := p.take(fresh)
		if err != nil {
			return err
		}
		isNew := r.passes == 0
		var fnErr error
		err = r.pass(ctx, hashes[done:], q, func(a answer) error {
			// A child that is not new may look for a pack that was joined into another one: ask a new one.
			if a.missing && !isNew {
				return errStaleReader
			}
			fnErr = fn(done, a)
			done++
			return fnErr
		})
		p.give(r, err)
		switch {
		case err == nil:
			return nil
		case fnErr != nil:
			return fnErr
		case ctx.Err() != nil:
			return ctx.Err()
		case isNew:
			return err
		}
	}
}

func (p *pool) take(fresh bool) (*reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the repository is closed")
	}
	if n := len(p.idle); n > 0 && !fresh {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return r, nil
	}
	return p.start()
}

func (p *pool) give(r *reader, err error) {
	p.mu.Lock()
	keep := err == nil && !p.closed && r.generation == p.generation && len(p.idle) < idleChilds
	if keep {
		p.idle = append(p.idle, r)
	}
	p.mu.Unlock()
	if err != nil {
		r.kill()
	}
	if !keep {
		r.end()
	}
}

// retire lets no child that runs now answer a later question.
func (p *pool) retire() {
	p.mu.Lock()
	old := p.idle
	p.idle = nil
	p.generation++
	p.mu.Unlock()
	for _, r := range old {
		r.end()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.retire()
}

// reader is one child.
type reader struct {
	cmd        *exec.Cmd
	in         io.WriteCloser
	out        *bufio.Reader
	stderr     tail
	command    bool
	generation int
	passes     int
}

func (p *pool) start() (*reader, error) {
	mode := []string{"cat-file", "--batch"}
	if p.command {
		mode = []string{"cat-file", "--batch-command", "--buffer"}
	}
	r := &reader{cmd: gitCommand(context.Background(), p.dir, mode...), command: p.command, generation: p.generation}
	r.cmd.Stderr = &r.stderr
	r.cmd.WaitDelay = time.Second
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start git cat-file: %w", err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start git cat-file: %w", err)
	}
	if err := r.cmd.Start(); err != nil {
		return nil, childError("cat-file", err, &r.stderr)
	}
	r.out = bufio.NewReaderSize(out, 64<<10)
	return r, nil
}

func (r *reader) kill() { _ = r.cmd.Process.Kill() }

// end lets the child go. It ends by itself when its input closes; how it ended is of no interest any more.
func (r *reader) end() {
	_ = r.in.Close()
	go func() { _ = r.cmd.Wait() }()
}

// pass writes all questions and reads all answers.
func (r *reader) pass(ctx context.Context, hashes []Hash, q question, fn func(answer) error) error {
	r.passes++
	stop := context.AfterFunc(ctx, r.kill)
	defer stop()
	written := make(chan error, 1)
	if len(hashes) <= askChunk {
		written <- r.write(hashes, q)
	} else {
		go func() { written <- r.write(hashes, q) }()
	}
	for _, h := range hashes {
		a, err := r.answer(h, q)
		if err != nil {
			return r.explain(err)
		}
		if err := fn(a); err != nil {
			return err
		}
	}
	if err := <-written; err != nil {
		return r.explain(err)
	}
	if !stop() {
		return ctx.Err()
	}
	return nil
}

func (r *reader) explain(err error) error {
	return fmt.Errorf("read objects: git cat-file: %w", err)
}

func (r *reader) write(hashes []Hash, q question) error {
	verb := ""
	if r.command {
		verb = "contents "
		if q.infoOnly {
			verb = "info "
		}
	}
	buf := make([]byte, 0, min(len(hashes), askChunk)*52+8)
	for len(hashes) > 0 {
		n := min(len(hashes), askChunk)
		buf = buf[:0]
		for _, h := range hashes[:n] {
			buf = append(buf, verb...)
			buf = append(buf, h.String()...)
			buf = append(buf, '\n')
		}
		if r.command {
			buf = append(buf, "flush\n"...)
		}
		if _, err := r.in.Write(buf); err != nil {
			return err
		}
		hashes = hashes[n:]
	}
	return nil
}

func (r *reader) answer(h Hash, q question) (answer, error) {
	raw, err := r.out.ReadSlice('\n')
	if err != nil {
		return answer{}, err
	}
	var want [40]byte
	hex.Encode(want[:], h[:])
	rest, ok := bytes.CutPrefix(raw[:len(raw)-1], want[:])
	if !ok || len(rest) == 0 {
		return answer{}, fmt.Errorf("asked for %s, got %.100q", h, raw)
	}
	word, digits, _ := bytes.Cut(rest[1:], []byte{' '})
	var a answer
	switch string(word) {
	case "missing":
		return answer{missing: true}, nil
	case "tree":
		a.kind = plumbing.TreeObject
	case "blob":
		a.kind = plumbing.BlobObject
	case "commit":
		a.kind = plumbing.CommitObject
	case "tag":
		a.kind = plumbing.TagObject
	}
	if a.size, err = strconv.ParseInt(string(digits), 10, 64); err != nil || a.size < 0 || a.kind == 0 {
		return a, fmt.Errorf("unexpected answer %.100q", raw)
	}
	if q.infoOnly && r.command {
		return a, nil
	}
	if q.infoOnly || q.limit > 0 && a.size > q.limit {
		_, err := io.CopyN(io.Discard, r.out, a.size+1)
		return a, err
	}
	a.data = make([]byte, a.size)
	if _, err := io.ReadFull(r.out, a.data); err != nil {
		return a, err
	}
	_, err = r.out.Discard(1)
	return a, err
}
