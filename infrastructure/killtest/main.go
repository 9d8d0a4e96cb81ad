// Command killtest proves the promise that counts most: parallel clients post releases while the service is killed with SIGKILL
// again and again, also in the gaps between log and main and between push and answer. In the end every acknowledged release
// is there, none is there twice, and git and signalbox find the repo whole.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

type options struct {
	binary            string
	clients, releases int
	kills             int
	modes             string
	seed              uint64
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/signalbox", "the signalbox binary")
	flag.IntVar(&o.clients, "clients", 32, "parallel clients")
	flag.IntVar(&o.releases, "releases", 1000, "releases they post in all")
	flag.IntVar(&o.kills, "kills", 10, "times the service is killed")
	flag.StringVar(&o.modes, "modes", "embedded,http", "manifest repos to try: embedded, http")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "seed of the moments of the kills")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, mode := range strings.Split(o.modes, ",") {
		fmt.Printf("%s: %d clients, %d releases, %d kills, seed %d\n", mode, o.clients, o.releases, o.kills, o.seed)
		if err := run(ctx, o, mode); err != nil {
			fmt.Fprintf(os.Stderr, "killtest: %s: %v\n", mode, err)
			os.Exit(1)
		}
	}
}

func run(ctx context.Context, o options, mode string) error {
	dir, err := os.MkdirTemp("", "signalbox-killtest-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	b, err := newBed(ctx, o, mode, dir)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.start(ctx); err != nil {
		return err
	}
	begin := time.Now()
	posted := make(chan error, 1)
	w := newWork(o, b)
	go func() { posted <- w.post(ctx) }()
	if err := b.killAgainAndAgain(ctx, o, w, rand.New(rand.NewPCG(o.seed, 1))); err != nil {
		return err
	}
	if err := <-posted; err != nil {
		return err
	}
	fmt.Printf("%s: %d releases acknowledged in %.1f s, %d answers were lost and asked again, killed %s\n",
		mode, w.acknowledged.Load(), time.Since(begin).Seconds(), w.lost.Load(), b.killedWhere())
	if err := w.verify(ctx); err != nil {
		return keep(dir, err)
	}
	if err := b.stop(); err != nil {
		return keep(dir, err)
	}
	if err := b.fsck(ctx); err != nil {
		return keep(dir, err)
	}
	fmt.Printf("%s: every acknowledged release is there once; git fsck and signalbox fsck are clean\n", mode)
	return os.RemoveAll(dir)
}

func keep(dir string, err error) error { return fmt.Errorf("%w (everything is kept in %s)", err, dir) }

// killAgainAndAgain kills after every few acknowledgements; the last two kills are set into the gaps where the mode has them.
func (b *bed) killAgainAndAgain(ctx context.Context, o options, w *work, random *rand.Rand) error {
	gap := o.releases / (o.kills + 1)
	for n := range o.kills {
		target := int64(gap*(n+1) - random.IntN(max(1, gap/2)))
		for w.acknowledged.Load() < target {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
		if err := b.kill(ctx, n); err != nil {
			return err
		}
		if err := b.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// fsck asks git and signalbox whether the repo is whole.
func (b *bed) fsck(ctx context.Context) error {
	out, err := git(ctx, b.repo, "fsck", "--strict", "--no-dangling")
	if err != nil {
		return err
	}
	if bad := complaints(out); bad != "" {
		return fmt.Errorf("git fsck complains: %s", bad)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, b.binary, "repo", "fsck", "--git-url", b.repo)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("signalbox repo fsck: %w: %s", err, said.Bytes())
	}
	return nil
}

// complaints leaves out what git says of a healthy repo.
func complaints(out string) string {
	var bad []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "Checking") && !strings.HasPrefix(line, "dangling") {
			bad = append(bad, line)
		}
	}
	return strings.Join(bad, "; ")
}

var errStopped = errors.New("the service stopped")

func ensure(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", filepath.Base(dir), err)
	}
	return nil
}
