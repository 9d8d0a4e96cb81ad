package cdservice_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/services/cd-service/fsck"
)

// git runs a shell script in the repository, with git as somebody who pushes past Signalbox.
func (b *bed) git(script string, args ...string) string {
	b.t.Helper()
	return runGit(b.t, b.repo(), script, args...)
}

// runGit is bed.git in any repository.
func runGit(t testing.TB, dir, script string, args ...string) string {
	t.Helper()
	prelude := `set -e
export GIT_INDEX_FILE="$(mktemp -u)" GIT_AUTHOR_NAME=Mo GIT_AUTHOR_EMAIL=mo@example.com GIT_COMMITTER_EMAIL=mo@example.com
: "${GIT_COMMITTER_NAME:=Mo}"; export GIT_COMMITTER_NAME
put() { printf '%s' "$2" | git hash-object -w --stdin | { read h; git update-index --add --cacheinfo "100644,$h,$1"; }; }
`
	cmd := exec.Command("sh", append([]string{"-c", prelude + script, "sh"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

const writeFile = `git read-tree main; put "$1" "$2"; git update-ref refs/heads/main $(git commit-tree -p main -m "by hand" $(git write-tree))`

// write commits one file to main.
func (b *bed) write(path, content string) {
	b.t.Helper()
	b.git(writeFile, path, content)
}

const record = `git read-tree --empty; put berry/9/release.json "$1"; put berry/9/staging.yaml "$2"
head=$(git rev-parse refs/signalbox/log/0001)
new=$(git commit-tree -p $head -m "berry 9

Signalbox-Record: release
Signalbox-Application: berry
Signalbox-Version: 9
Signalbox-Release: $3" $(git write-tree))
git update-ref refs/signalbox/log/0001 $new
git read-tree main
put releases.json "$(git show main:releases.json | sed "s/$head/$new/")"
git update-ref refs/heads/main $(git commit-tree -p main -m "by hand" $(git write-tree))`

func TestFsckFindsWhatIsWrong(t *testing.T) {
	const digest = "9d5ed678fe57bcca610140957afab571d1b2bc9db5d6e6b4f3c1a5a0d4e8f5d0"
	for name, c := range map[string]struct {
		damage   func(b *bed)
		finding  string
		severity fsck.Severity
	}{
		"a version that does not exist": {func(b *bed) {
			b.write("environments/staging/applications/checkout/deployment.json", `{"version":99,"manifestBlob":"257cc5642cb1a054f08cc83f2d943e56fd3ebe99"}`)
		}, "there is no such release", fsck.Error},
		"a manifest that the release does not have": {func(b *bed) {
			b.write("environments/development/applications/checkout/deployment.json", `{"version":1,"manifestBlob":"257cc5642cb1a054f08cc83f2d943e56fd3ebe99"}`)
		}, "it names manifest", fsck.Error},
		"a manifest edited by hand": {func(b *bed) {
			b.write("environments/development/applications/checkout/manifests/manifests.yaml", "edited: true\n")
		}, "edited by hand", fsck.Warning},
		"a file nobody can read": {func(b *bed) {
			b.write("environments/development/applications/checkout/deployment.json", `{"version":`)
		}, "cannot be read", fsck.Warning},
		"an operation that is on main twice": {func(b *bed) {
			b.git(`export GIT_COMMITTER_NAME=Signalbox; git update-ref refs/heads/main $(git commit-tree -p main -m "$(git log -1 --format=%B main)" main^{tree})`)
		}, "is on main twice", fsck.Error},
		"a rewound log": {func(b *bed) {
			b.git(`git update-ref refs/signalbox/log/0001 refs/signalbox/log/0001~1`)
		}, "does not contain", fsck.Error},
		"a deleted log": {func(b *bed) {
			b.git(`git update-ref -d refs/signalbox/log/0001`)
		}, "is gone", fsck.Error},
		"a void that no log holds": {func(b *bed) {
			text := b.git(`git show main:releases.json`)
			b.write("releases.json", strings.TrimSuffix(strings.TrimSpace(text), "}")+`,"void":["257cc5642cb1a054f08cc83f2d943e56fd3ebe99"]}`)
		}, "no log holds", fsck.Error},
		"a manifest that is not the one released": {func(b *bed) {
			b.git(record, `{"digests":{"staging":"sha256:`+digest+`"},"team":"shop"}`, "kind: Other\n", `{"environments":["staging"],"team":"shop"}`)
		}, "its SHA-256 is", fsck.Error},
		"a trailer that says something else than the file": {func(b *bed) {
			b.git(record, `{"digests":{"staging":"sha256:`+digest+`"},"team":"shop"}`, "kind: Other\n", `{"environments":["staging"],"team":"thieves"}`)
		}, "thieves", fsck.Error},
		"a log commit that is no record": {func(b *bed) {
			b.git(strings.ReplaceAll(record, "berry/9/release.json", "berry/9/release.txt"), "{}", "kind: Other\n", `{"environments":["staging"]}`)
		}, "not a record", fsck.Error},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, "", nil)
			b.do(release("checkout", 0, "one"))
			b.do(release("checkout", 0, "two"))
			b.do(deploy("checkout", "development", 1))
			b.whole()
			b.stop()
			c.damage(b)
			report, err := fsck.Check(t.Context(), fsck.Options{Dir: b.repo()})
			b.must(err)
			found := false
			for _, f := range report.Findings {
				found = found || f.Severity == c.severity && f.Where != "" && strings.Contains(f.What, c.finding)
			}
			if !found || report.Clean() == (c.severity == fsck.Error) {
				t.Errorf("findings: %+v", report.Findings)
			}
		})
	}
}
