package fsck

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// readLogs walks the release logs up to the heads that main names.
func (x *examination) readLogs(ctx context.Context, refs map[string]string) error {
	for _, h := range x.model.releases.Void {
		if x.model.void[h] {
			x.report.add(Error, "releases.json", "%s is void twice", h)
		}
		x.model.void[h] = true
	}
	unseen := map[string]bool{}
	for h := range x.model.void {
		unseen[h] = true
	}
	for _, l := range x.model.releases.logs() {
		if l.Head == "" {
			continue
		}
		x.report.LogHead = l.Head
		if err := x.checkLogRef(ctx, l, refs[l.Ref]); err != nil {
			return err
		}
		commits, err := x.line(ctx, l)
		if err != nil {
			return err
		}
		for _, c := range commits {
			delete(unseen, c)
		}
		x.report.LogCommits += len(commits)
		if err := x.readRecords(commits); err != nil {
			return err
		}
	}
	for h := range unseen {
		x.report.add(Error, "releases.json", "void names %s, which no log holds", h)
	}
	for _, versions := range x.model.released {
		x.report.Releases += len(versions)
	}
	return nil
}

func (x *examination) checkLogRef(ctx context.Context, l logRef, tip string) error {
	if tip == "" {
		x.report.add(Error, l.Ref, "the ref is gone, but main names its commit %s", l.Head)
		return nil
	}
	out, err := x.git.run(ctx, "rev-list", "--count", tip+".."+l.Head)
	if err != nil {
		x.report.add(Error, l.Ref, "its history cannot be read: %v", err)
		return nil
	}
	if n := strings.TrimSpace(string(out)); n != "0" {
		x.report.add(Error, l.Ref, "it is at %s and does not contain %s, which main names", tip, l.Head)
	}
	return nil
}

// line lists a log's commits, oldest first, and checks that it is a line.
func (x *examination) line(ctx context.Context, l logRef) ([]string, error) {
	out, err := x.git.run(ctx, "rev-list", "--reverse", "--parents", l.Head)
	if err != nil {
		x.report.add(Error, l.Ref, "it cannot be read up to %s: %v", l.Head, err)
		return nil, nil
	}
	var commits []string
	before := ""
	for text := range strings.Lines(string(out)) {
		fields := strings.Fields(text)
		if len(fields) > 2 || len(fields) == 2 && fields[1] != before || len(fields) == 1 && before != "" {
			x.report.add(Error, fields[0], "the release log %s is not a line there", l.Ref)
		}
		before = fields[0]
		commits = append(commits, fields[0])
	}
	return commits, ctx.Err()
}

// logFile is one file of a log commit's tree.
type logFile struct {
	commit int
	path   string
	hash   string
	tree   bool
}

// readRecords walks the trees of log commits, level by level, and applies what they record, in order.
func (x *examination) readRecords(commits []string) error {
	level := make([]logFile, len(commits))
	for i, c := range commits {
		level[i] = logFile{commit: i, hash: c + "^{tree}", tree: true}
	}
	files := make([][]logFile, len(commits))
	for depth := 0; len(level) > 0 && depth < 4; depth++ {
		names := make([]string, len(level))
		for i, f := range level {
			names[i] = f.hash
		}
		var next []logFile
		err := x.git.objects(names, func(i int, o object) error {
			if o.kind != "tree" {
				x.report.add(Error, commits[level[i].commit], "its tree %s is missing", level[i].path)
				return nil
			}
			return eachEntry(o.data, func(name, hash string, tree bool) {
				f := logFile{commit: level[i].commit, path: strings.TrimPrefix(level[i].path+"/"+name, "/"), hash: hash, tree: tree}
				if tree {
					next = append(next, f)
				} else {
					files[f.commit] = append(files[f.commit], f)
				}
			})
		})
		if err != nil {
			return err
		}
		level = next
	}
	return x.applyRecords(commits, files)
}

// eachEntry parses a raw tree.
func eachEntry(raw []byte, fn func(name, hash string, tree bool)) error {
	for len(raw) > 0 {
		mode, rest, ok := bytes.Cut(raw, []byte{' '})
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 || len(rest) < 20 {
			return fmt.Errorf("a tree is broken")
		}
		fn(string(name), hex.EncodeToString(rest[:20]), string(mode) == "40000")
		raw = rest[20:]
	}
	return nil
}

// applyRecords applies each commit's record, reading every release.json in one pass.
func (x *examination) applyRecords(commits []string, files [][]logFile) error {
	var names []string
	var of []int
	for i, list := range files {
		for _, f := range list {
			if strings.HasSuffix(f.path, "/release.json") {
				names, of = append(names, f.hash), append(of, i)
			}
		}
	}
	contents := make(map[int][]byte, len(names))
	err := x.git.objects(names, func(i int, o object) error {
		contents[of[i]] = o.data
		return nil
	})
	if err != nil {
		return err
	}
	for i, c := range commits {
		if x.model.void[c] || len(files[i]) == 0 && i == 0 {
			continue // an empty first commit is how a log begins
		}
		if err := x.applyRecord(c, files[i], contents[i]); err != nil {
			x.report.add(Error, c, "it is not a record of the release log: %v", err)
		}
	}
	return nil
}

// applyRecord applies one commit of the log: <app>/removed.json, <app>/<version>/removed.json, or a release's folder.
func (x *examination) applyRecord(commit string, files []logFile, content []byte) error {
	if len(files) == 0 {
		return fmt.Errorf("its tree is empty")
	}
	parts := strings.Split(files[0].path, "/")
	app := parts[0]
	if len(parts) == 2 && parts[1] == "removed.json" && len(files) == 1 {
		delete(x.model.released, app)
		return nil
	}
	if len(parts) != 3 {
		return fmt.Errorf("it holds %s", files[0].path)
	}
	version, err := strconv.ParseUint(parts[1], 10, 63)
	if err != nil || version == 0 {
		return fmt.Errorf("%q is not a version", parts[1])
	}
	for _, f := range files {
		if !strings.HasPrefix(f.path, parts[0]+"/"+parts[1]+"/") {
			return fmt.Errorf("it holds %s and %s", files[0].path, f.path)
		}
	}
	if len(files) == 1 && parts[2] == "removed.json" {
		delete(x.model.released[app], version)
		return nil
	}
	r := &release{commit: commit, blobs: map[string]string{}}
	if content == nil {
		return fmt.Errorf("it has no release.json")
	}
	if err := parse(content, &r.releaseFile); err != nil {
		return fmt.Errorf("release.json: %w", err)
	}
	for _, f := range files {
		name := strings.TrimPrefix(f.path, parts[0]+"/"+parts[1]+"/")
		if env, ok := strings.CutSuffix(name, ".yaml"); ok {
			r.blobs[env] = f.hash
			if r.Digests[env] == "" {
				return fmt.Errorf("release.json has no digest of %s", name)
			}
		} else if name != "release.json" {
			return fmt.Errorf("it holds %s", f.path)
		}
	}
	if len(r.Digests) != len(r.blobs) {
		return fmt.Errorf("release.json has %d digests for %d manifests: %v", len(r.Digests), len(r.blobs), slices.Sorted(maps.Keys(r.Digests)))
	}
	if x.model.released[app] == nil {
		x.model.released[app] = map[uint64]*release{}
	}
	if x.model.released[app][version] != nil {
		return fmt.Errorf("version %d of %s is recorded twice", version, app)
	}
	x.model.released[app][version] = r
	return nil
}
