package fsck

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// maxFile is the size above which Signalbox does not read a file of main.
const maxFile = 1 << 20

// readMain lists main's tree and reads the files Signalbox knows.
func (x *examination) readMain(ctx context.Context) error {
	type file struct{ path, blob string }
	var wanted []file
	err := x.git.records(ctx, func(record string) error {
		meta, path, ok := strings.Cut(record, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 3 {
			return fmt.Errorf("git ls-tree said %.100q", record)
		}
		x.report.Files++
		if fields[1] != "blob" || !strings.HasPrefix(fields[0], "100") {
			return nil
		}
		if strings.HasSuffix(path, "/manifests.yaml") {
			return x.model.take(path, fields[2], nil)
		}
		if strings.HasSuffix(path, ".json") {
			wanted = append(wanted, file{path, fields[2]})
		}
		return nil
	}, "ls-tree", "-r", "-z", "--full-tree", x.main)
	if err != nil {
		return err
	}
	names := make([]string, len(wanted))
	for i, f := range wanted {
		names[i] = f.blob
	}
	return x.git.objects(names, func(i int, o object) error {
		f := wanted[i]
		switch {
		case o.kind != "blob":
			x.report.add(Error, f.path, "its blob %s is missing", f.blob)
			x.model.broken[f.path] = true
		case len(o.data) > maxFile:
			x.model.broken[f.path] = true
		default:
			if err := x.model.take(f.path, f.blob, o.data); err != nil {
				x.model.broken[f.path] = true
				x.report.add(Warning, f.path, "it cannot be read: %v", err)
			}
		}
		return nil
	})
}

// checkDeployments holds what should run against the releases.
func (x *examination) checkDeployments() {
	for place, d := range x.model.deployments {
		env, app := place[0], place[1]
		where := "environments/" + env + "/applications/" + app + "/deployment.json"
		if x.model.broken[where] {
			continue
		}
		x.report.Deployments++
		if d.Queued != nil && x.model.released[app][d.Queued.Version] == nil {
			x.report.add(Warning, where, "version %d waits, but there is no such release", d.Queued.Version)
		}
		if d.Version == 0 {
			continue
		}
		r := x.model.released[app][d.Version]
		switch {
		case r == nil:
			x.report.add(Error, where, "version %d is deployed, but there is no such release", d.Version)
		case r.blobs[env] == "":
			x.report.add(Error, where, "version %d is deployed, but it has no manifest for %s", d.Version, env)
		case r.blobs[env] != d.ManifestBlob:
			x.report.add(Error, where, "it names manifest %s, the release has %s", d.ManifestBlob, r.blobs[env])
		case x.model.files[place] != d.ManifestBlob:
			x.report.add(Warning, where, "the manifest that Argo CD syncs was edited by hand: it is %s instead of %s", x.model.files[place], d.ManifestBlob)
		}
	}
}

// checkHistory reads main's own line: an operation stands on it once.
func (x *examination) checkHistory(ctx context.Context) error {
	seen := map[string]string{}
	return x.git.records(ctx, func(record string) error {
		head, message, _ := strings.Cut(record, "\n")
		commit, committer, _ := strings.Cut(head, " ")
		x.report.Commits++
		if committer != state.CommitterName {
			return nil
		}
		for _, line := range lastParagraph(message) {
			id, ok := strings.CutPrefix(line, "Signalbox-Request-Id: ")
			if !ok {
				continue
			}
			if first, again := seen[id]; again {
				x.report.add(Error, commit, "operation %s is on main twice; the other commit is %s", id, first)
			}
			seen[id] = commit
		}
		return nil
	}, "log", "-z", "--first-parent", "--format=%H %cn%n%B", x.main)
}

// lastParagraph are the lines after the last empty one.
func lastParagraph(message string) []string {
	message = strings.TrimRight(message, "\n")
	if i := strings.LastIndex(message, "\n\n"); i >= 0 {
		message = message[i+2:]
	}
	return strings.Split(message, "\n")
}

// checkContents reads every manifest of every visible release and compares its SHA-256 with release.json.
func (x *examination) checkContents() error {
	if x.SkipContents {
		return nil
	}
	wanted := map[string]map[string]string{} // blob -> digest -> where
	for app, versions := range x.model.released {
		for v, r := range versions {
			for env, blob := range r.blobs {
				if wanted[blob] == nil {
					wanted[blob] = map[string]string{}
				}
				wanted[blob][r.Digests[env]] = fmt.Sprintf("%s/%d/%s.yaml", app, v, env)
			}
		}
	}
	blobs := slices.Sorted(maps.Keys(wanted))
	return x.git.objects(blobs, func(i int, o object) error {
		x.report.Manifests++
		sum := sha256.Sum256(o.data)
		for digest, where := range wanted[blobs[i]] {
			switch {
			case o.kind != "blob":
				x.report.add(Error, where, "the manifest %s is missing", blobs[i])
			case digest != "sha256:"+hex.EncodeToString(sum[:]):
				x.report.add(Error, where, "its SHA-256 is %x, release.json says %s", sum, digest)
			}
		}
		return nil
	})
}
