package fsck

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Limits of what is read whole.
const (
	maxObject = 256 << 20
	maxStderr = 4 << 10
)

// git runs plain git on a repository, with one long-lived `cat-file --batch`.
type git struct {
	dir    string
	cancel context.CancelFunc
	cat    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
}

func openGit(ctx context.Context, dir string) (*git, error) {
	ctx, cancel := context.WithCancel(ctx)
	g := &git{dir: dir, cancel: cancel}
	g.cat = g.command(ctx, "cat-file", "--batch")
	in, err := g.cat.StdinPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start git: %w", err)
	}
	out, err := g.cat.StdoutPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start git: %w", err)
	}
	if err := g.cat.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start git: %w", err)
	}
	g.in, g.out = in, bufio.NewReaderSize(out, 1<<20)
	return g, nil
}

func (g *git) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir", g.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	return cmd
}

func (g *git) close() error {
	_ = g.in.Close() // the child ends by itself when its input does
	err := g.cat.Wait()
	g.cancel()
	if err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	return nil
}

// run gives the output of a git command.
func (g *git) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		return out, fmt.Errorf("git %s: %w: %s", args[0], err, text[:min(len(text), maxStderr)])
	}
	return out, nil
}

// records streams the NUL-separated output of a git command.
func (g *git) records(ctx context.Context, fn func(record string) error, args ...string) error {
	cmd := g.command(ctx, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	reader := bufio.NewReaderSize(out, 1<<20)
	for err == nil {
		var record []byte
		record, err = reader.ReadBytes(0)
		if len(record) > maxObject {
			err = fmt.Errorf("a record of %d bytes", len(record))
		}
		if err == nil {
			err = fn(string(record[:len(record)-1]))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	} else {
		_ = cmd.Process.Kill()
	}
	return errors.Join(err, cmd.Wait())
}

// refs lists all refs.
func (g *git) refs(ctx context.Context) (map[string]string, error) {
	out, err := g.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if hash, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			refs[name] = hash
		}
	}
	return refs, nil
}

// object is what cat-file says; Kind is empty when it is missing.
type object struct {
	kind string
	data []byte
}

// objects reads many objects in one pipelined pass and calls fn for each, in order.
func (g *git) objects(names []string, fn func(i int, o object) error) error {
	sent := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(g.in, 1<<16)
		var err error
		for _, n := range names {
			if _, err = w.WriteString(n + "\n"); err != nil {
				break
			}
		}
		sent <- errors.Join(err, w.Flush())
	}()
	for i := range names {
		o, err := g.read()
		if err != nil {
			return fmt.Errorf("read %s: %w", names[i], err)
		}
		if err := fn(i, o); err != nil {
			return err
		}
	}
	return <-sent
}

func (g *git) read() (object, error) {
	line, err := g.out.ReadString('\n')
	if err != nil {
		return object{}, err
	}
	fields := strings.Fields(line)
	if len(fields) >= 2 && fields[len(fields)-1] == "missing" {
		return object{}, nil
	}
	if len(fields) != 3 {
		return object{}, fmt.Errorf("git cat-file said %.100q", line)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size > maxObject {
		return object{}, fmt.Errorf("an object of %s bytes", fields[2])
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(g.out, data); err != nil {
		return object{}, err
	}
	return object{kind: fields[1], data: data[:size]}, nil
}
