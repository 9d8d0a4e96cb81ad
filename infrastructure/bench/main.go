// Command bench measures signalbox against manifest repos of three sizes, beside the raw floor of git on the same machine in the
// same run, and prints one Markdown table. It is not part of the tests.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/infrastructure/bench/generate"
)

type options struct {
	binary   string
	cache    string
	sizes    string
	modes    string
	releases int
	load     time.Duration
	rounds   int
	only     bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/signalbox", "the signalbox binary to measure")
	flag.StringVar(&o.cache, "cache", ".cache/bench", "where generated repos are kept")
	flag.StringVar(&o.sizes, "sizes", "S,M,L", "sizes to measure, comma-separated: S, M, L, W")
	flag.StringVar(&o.modes, "modes", "embedded,file,http", "manifest repos to measure, comma-separated")
	flag.IntVar(&o.releases, "releases", 40, "releases by one client for the latency figures")
	flag.DurationVar(&o.load, "load", 8*time.Second, "how long each number of parallel clients runs")
	flag.IntVar(&o.rounds, "trains", 3, "rounds of trains, each on a fresh copy of the repo")
	flag.BoolVar(&o.only, "generate-only", false, "make the repos of the sizes in the cache, measure nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	work, err := filepath.Abs(o.cache)
	if err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return fmt.Errorf("binary: %w", err)
	}
	table := &table{}
	for _, name := range strings.Split(o.sizes, ",") {
		size, ok := map[string]generate.Size{"S": generate.S, "M": generate.M, "L": generate.L, "W": generate.W}[name]
		if !ok {
			return fmt.Errorf("size %q is not S, M, L or W", name)
		}
		base := filepath.Join(work, name+".git")
		if err := generate.Repo(ctx, base, size, os.Stderr); err != nil {
			return fmt.Errorf("generate %s: %w", name, err)
		}
		if o.only {
			continue
		}
		for _, mode := range strings.Split(o.modes, ",") {
			fmt.Fprintf(os.Stderr, "measuring %s %s\n", name, mode)
			m := measurement{options: o, size: size, mode: mode, base: base, scratch: filepath.Join(work, "run")}
			figures, err := m.run(ctx)
			if err != nil {
				return fmt.Errorf("%s %s: %w", name, mode, err)
			}
			table.add(figures)
		}
	}
	if !o.only {
		table.print(os.Stdout)
	}
	return nil
}
