package gitstore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// settings of a repository of ours. Nothing may repack or collect behind our back: a push must stay one pack, and joining
// packs is Maintain's business. Pushes of stock git into the repository stay packs, and are fsynced.
var settings = [][2]string{
	{"core.bare", "true"},
	{"core.logAllRefUpdates", "false"},
	{"core.fsync", "committed,reference"},
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"receive.autogc", "false"},
	{"receive.unpackLimit", "1"},
	{"transfer.unpackLimit", "1"},
	{"uploadpack.allowFilter", "true"},
}

const freshConfig = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = false
	fsync = committed,reference
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
	unpackLimit = 1
[transfer]
	unpackLimit = 1
[uploadpack]
	allowFilter = true
`

// createRepository makes dir a bare repository, or completes one that a crash left half made, or checks that the one there
// is of a kind we write.
func createRepository(ctx context.Context, dir string, refs []string) error {
	for _, sub := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("create the repository: %w", err)
		}
	}
	if err := configure(ctx, dir); err != nil {
		return err
	}
	// HEAD comes last: git takes the folder for a repository from then on.
	if err := createOnce(filepath.Join(dir, "HEAD"), []byte("ref: "+headRef(refs)+"\n")); err != nil {
		return err
	}
	for _, sub := range []string{"objects", "refs", "."} {
		if err := syncDir(filepath.Join(dir, sub)); err != nil {
			return err
		}
	}
	return nil
}

// roleFile says whether the repository is the truth or follows a remote. Taking one for the other loses commits: a mirror is
// moved to wherever its remote is.
const roleFile = "signalbox-role"

func checkRole(dir string, mirror bool) error {
	role := "truth\n"
	if mirror {
		role = "mirror\n"
	}
	path := filepath.Join(dir, roleFile)
	if err := createOnce(path, []byte(role)); err != nil {
		return err
	}
	have, err := readLimited(path, 1<<10)
	if err != nil {
		return fmt.Errorf("read the role: %w", err)
	}
	if string(have) == role {
		return nil
	}
	if mirror {
		return fmt.Errorf("%s was written as the truth and cannot follow a remote: use another folder, or push it to the remote and remove %s", dir, path)
	}
	return fmt.Errorf("%s follows a remote and cannot be the truth itself: give the URL of the remote, or remove %s", dir, path)
}

// headRef is the branch a plain clone checks out: the last of refs that is a branch, because the log comes before main.
func headRef(refs []string) string {
	for i := len(refs) - 1; i >= 0; i-- {
		if strings.HasPrefix(refs[i], "refs/heads/") {
			return refs[i]
		}
	}
	return "refs/heads/main"
}

func configure(ctx context.Context, dir string) error {
	path := filepath.Join(dir, "config")
	text, err := readLimited(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return replaceFile(path, []byte(freshConfig))
	}
	if err != nil {
		return fmt.Errorf("read the repository's config: %w", err)
	}
	if string(text) == freshConfig {
		return nil
	}
	return adopt(ctx, dir)
}

// adopt checks and sets the config of a repository that somebody else made.
func adopt(ctx context.Context, dir string) error {
	out, err := runGit(ctx, dir, "config", "--local", "--list", "--null")
	if err != nil {
		return fmt.Errorf("read the repository's config: %w", err)
	}
	have := map[string]string{}
	scan := bufio.NewScanner(bytes.NewReader(out))
	scan.Buffer(nil, 1<<20)
	scan.Split(splitNul)
	for scan.Scan() {
		key, value, _ := strings.Cut(scan.Text(), "\n")
		have[strings.ToLower(key)] = value
	}
	if format := have["extensions.objectformat"]; format != "" && format != "sha1" {
		return fmt.Errorf("%s uses the object format %s; only sha1 can be written", dir, format)
	}
	if refs := have["extensions.refstorage"]; refs != "" && refs != "files" {
		return fmt.Errorf("%s keeps its refs as %s; only plain files can be written", dir, refs)
	}
	if have["core.bare"] == "false" {
		return fmt.Errorf("%s is not a bare repository", dir)
	}
	for _, s := range settings {
		if have[strings.ToLower(s[0])] == s[1] {
			continue
		}
		if _, err := runGit(ctx, dir, "config", "--local", s[0], s[1]); err != nil {
			return fmt.Errorf("set %s: %w", s[0], err)
		}
	}
	return nil
}

func splitNul(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
