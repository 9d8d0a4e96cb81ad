package githttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/services/frontend-service/githttp"
	"github.com/signalbox-dev/signalbox/services/frontend-service/router"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// manifestRepo makes a bare repo with a commit on main and one on the release log, and serves it.
func manifestRepo(t *testing.T) (url, bare string) {
	t.Helper()
	bare = filepath.Join(t.TempDir(), "manifests.git")
	git(t, "", "init", "-q", "--bare", "-b", "main", bare)
	work := t.TempDir()
	git(t, work, "init", "-q", "-b", "main")
	for _, name := range []string{"what-runs", "release"} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, work, "add", name)
		git(t, work, "commit", "-q", "-m", name)
	}
	git(t, work, "push", "-q", bare, "HEAD~:refs/heads/main", "HEAD:refs/signalbox/log/0001")

	routes := router.New(githttp.Routes("/git/manifests.git", bare)...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, _ := routes.Find(r); h != nil {
			h.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/git/manifests.git", bare
}

func TestAPlainCloneTakesMainAndAMirrorTakesTheReleaseLogToo(t *testing.T) {
	url, bare := manifestRepo(t)
	for _, protocol := range []string{"0", "2"} {
		t.Run("protocol version "+protocol, func(t *testing.T) {
			plain, mirror := filepath.Join(t.TempDir(), "plain"), filepath.Join(t.TempDir(), "mirror")
			git(t, "", "-c", "protocol.version="+protocol, "clone", "-q", url, plain)
			if got := git(t, plain, "for-each-ref", "--format=%(refname)", "refs/signalbox"); got != "" {
				t.Errorf("a plain clone took %s", got)
			}
			if got, want := git(t, plain, "rev-parse", "HEAD"), git(t, bare, "rev-parse", "main"); got != want {
				t.Errorf("HEAD is %s, want %s", got, want)
			}
			git(t, "", "-c", "protocol.version="+protocol, "clone", "-q", "--mirror", url, mirror)
			if got, want := git(t, mirror, "for-each-ref"), git(t, bare, "for-each-ref"); got != want {
				t.Errorf("the mirror has\n%s\nwant\n%s", got, want)
			}
			git(t, mirror, "fsck", "--strict")
		})
	}
}

func TestAFetchThatHasMuchToSayIsCompressedAndUnderstood(t *testing.T) {
	url, bare := manifestRepo(t)
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, "", "clone", "-q", url, clone)
	// Many local commits make the negotiation long enough for git to send it gzipped.
	for range 60 {
		git(t, clone, "commit", "-q", "--allow-empty", "-m", "local")
	}
	work := filepath.Join(t.TempDir(), "work")
	git(t, "", "clone", "-q", bare, work)
	git(t, work, "commit", "-q", "--allow-empty", "-m", "new")
	git(t, work, "push", "-q", "origin", "HEAD:main")
	git(t, clone, "fetch", "-q", "origin")
	if got, want := git(t, clone, "rev-parse", "origin/main"), git(t, bare, "rev-parse", "main"); got != want {
		t.Errorf("fetched %s, want %s", got, want)
	}
}

func TestAPushIsRefused(t *testing.T) {
	url, bare := manifestRepo(t)
	before := git(t, bare, "for-each-ref")
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, "", "clone", "-q", url, clone)
	git(t, clone, "commit", "-q", "--allow-empty", "-m", "past the door")
	if out, err := tryGit(clone, "push", "origin", "HEAD:main"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("push: %v\n%s", err, out)
	}
	if after := git(t, bare, "for-each-ref"); after != before {
		t.Errorf("refs changed:\n%s", after)
	}
}

func TestWhatIsNoFetchIsRefused(t *testing.T) {
	url, _ := manifestRepo(t)
	for _, c := range []struct {
		name, method, path, contentType, encoding, body string
		want                                            int
	}{
		{"dumb protocol", "GET", "/info/refs", "", "", "", 403},
		{"push session", "GET", "/info/refs?service=git-receive-pack", "", "", "", 403},
		{"push", "POST", "/git-receive-pack", "application/x-git-receive-pack-request", "", "", 403},
		{"wrong content type", "POST", "/git-upload-pack", "text/plain", "", "0000", 415},
		{"wrong encoding", "POST", "/git-upload-pack", "application/x-git-upload-pack-request", "br", "0000", 415},
		{"broken gzip", "POST", "/git-upload-pack", "application/x-git-upload-pack-request", "gzip", "0000", 400},
		{"file of the repo", "GET", "/config", "", "", "", 404},
		{"way out of the repo", "GET", "/../../etc/passwd", "", "", "", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.contentType)
			if c.encoding != "" {
				req.Header.Set("Content-Encoding", c.encoding)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.want {
				t.Errorf("status %d, want %d: %s", res.StatusCode, c.want, body)
			}
		})
	}
}

func TestARepositoryThatIsNotThereIsAnError(t *testing.T) {
	routes := router.New(githttp.Routes("/git/manifests.git", filepath.Join(t.TempDir(), "missing"))...)
	r := httptest.NewRequest("GET", "/git/manifests.git/info/refs?service=git-upload-pack", nil)
	h, _ := routes.Find(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "/") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
