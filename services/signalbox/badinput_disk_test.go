package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// disk is a small file system of its own.
type disk struct{ dir string }

// smallDisk mounts one, which only root may do.
func smallDisk(t *testing.T) disk {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("a full disk needs a small file system, and this user may not mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return disk{dir}
}

func (d disk) filler() string { return filepath.Join(d.dir, "filler") }

// fill leaves not one byte.
func (d disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// free gives the space back.
func (d disk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Fatal(err)
	}
}

// post sends JSON and answers with status and body.
func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	return send(t, url, "application/json", body)
}

func send(t *testing.T, url, contentType, body string) (int, string) {
	t.Helper()
	res, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// largeRelease is larger than what a journal or a pack could find room for in pages it holds already.
func largeRelease() string {
	var random strings.Builder
	for i := range 12000 {
		fmt.Fprintf(&random, "  k%d: %x\n", i, i*i*2654435761)
	}
	out, err := json.Marshal(map[string]any{"manifests": map[string]string{"development": manifest + "data:\n" + random.String()}})
	if err != nil {
		panic(err) // texts
	}
	return string(out)
}

// A full disk is told, nothing is written, reads go on, and when there is space again everything is as it was.
func TestAFullDiskIsToldAndNothingIsWritten(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		d := smallDisk(t)
		running := startServer(t, func(st *serve.Settings) { st.DataDir = filepath.Join(d.dir, "data") })
		d.refuses(t, running, func() string { return heads(t, running.dataDir) })
		out, err := exec.Command("git", "-C", filepath.Join(running.dataDir, "manifests.git"), "fsck", "--strict").CombinedOutput()
		if err != nil {
			t.Errorf("git fsck: %v\n%s", err, out)
		}
	})
	t.Run("journal and mirror beside a remote", func(t *testing.T) {
		d := smallDisk(t)
		repo := gitservertest.NewRepo(t)
		running := startServer(t, func(st *serve.Settings) { st.DataDir, st.Repo.GitURL = filepath.Join(d.dir, "data"), repo.Dir })
		d.refuses(t, running, func() string { return fmt.Sprint(repo.Refs(t)) })
		repo.Fsck(t)
	})
}

// refuses fills the disk under a running server and demands that it behaves.
func (d disk) refuses(t *testing.T, running *running, refs func() string) {
	t.Helper()
	const path = "/api/v1/applications/app/releases"
	if code, body := post(t, running.url+path, releaseBody); code != http.StatusCreated {
		t.Fatalf("with space: %d %s", code, body)
	}
	before := refs()
	d.fill(t)
	for _, wait := range []string{"accepted", "pushed"} {
		c := rest(wait, "POST", "/api/v1/applications/large/releases?wait="+wait, largeRelease(), problem.Unavailable, "", "disk")
		c.check(t, running.url)
		if after := refs(); after != before {
			t.Fatalf("wait=%s: the manifest repo changed:\n%s", wait, after)
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/api/v1/applications/app"} {
		if code, body := get(t, running.url+path); code != 200 {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if code, _ := get(t, running.url+"/api/v1/applications/large"); code != 404 {
		t.Errorf("the refused release can be read: %d", code)
	}
	d.free(t)
	eventually(t, "writes work again", func() bool {
		code, _ := get(t, running.url+"/healthz")
		return code == 200
	})
	for _, wait := range []string{"pushed", "accepted"} {
		if code, body := post(t, running.url+"/api/v1/applications/"+wait+"/releases?wait="+wait, largeRelease()); code != 201 && code != 202 {
			t.Errorf("with space again, wait=%s: %d %s", wait, code, body)
		}
	}
	eventually(t, "what was accepted is done", func() bool {
		code, _ := get(t, running.url+"/api/v1/applications/accepted")
		return code == 200
	})
}

var releaseBody = `{"manifests":{"development":` + asJSON(manifest) + `}}`
