package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// figures are what one size on one kind of manifest repo gave.
type figures struct {
	size, mode        string
	floor             time.Duration // p50 of the raw floor
	one               []time.Duration
	perSecond         map[int]float64
	loaded            map[int][]time.Duration
	train, groupTrain []time.Duration
	cold, warm        time.Duration
	memoryMB, restMB  float64
	bytesPerRelease   int64
}

type table struct{ rows []figures }

func (t *table) add(f figures) { t.rows = append(t.rows, f) }

var clients = []int{8, 32, 100}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "Measured %s, %s, %d cores, %s, %s.\n\n", time.Now().UTC().Format("2006-01-02"), cpuModel(), runtime.NumCPU(), runtime.Version(), gitVersion())
	head := []string{"size", "manifest repo", "floor p50", "release p50 / p95", "x floor"}
	for _, n := range clients {
		head = append(head, fmt.Sprintf("%d clients: /s (p50 / p95)", n))
	}
	head = append(head, "train, one env", "train, group", "start without / with index", "memory: under load / 15 s after", "bytes a release")
	fmt.Fprintln(w, "| "+strings.Join(head, " | ")+" |")
	fmt.Fprintln(w, "|"+strings.Repeat(" --- |", len(head)))
	for _, f := range t.rows {
		p50 := quantile(f.one, 0.5)
		row := []string{f.size, f.mode, ms(f.floor), ms(p50) + " / " + ms(quantile(f.one, 0.95)), fmt.Sprintf("%.1f", float64(p50)/float64(f.floor))}
		for _, n := range clients {
			row = append(row, fmt.Sprintf("%.0f (%s / %s)", f.perSecond[n], ms(quantile(f.loaded[n], 0.5)), ms(quantile(f.loaded[n], 0.95))))
		}
		row = append(row, ms(quantile(f.train, 0.5)), ms(quantile(f.groupTrain, 0.5)), ms(f.cold)+" / "+ms(f.warm),
			fmt.Sprintf("%.0f / %.0f MB", f.memoryMB, f.restMB), fmt.Sprintf("%.1f KB", float64(f.bytesPerRelease)/1000))
		fmt.Fprintln(w, "| "+strings.Join(row, " | ")+" |")
	}
}

func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1))]
}

func ms(d time.Duration) string {
	v := float64(d.Microseconds()) / 1000
	if v < 10 {
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func gitVersion() string {
	out, err := exec.Command("git", "--version").Output()
	if err != nil {
		return "git"
	}
	return strings.TrimSpace(string(out))
}
