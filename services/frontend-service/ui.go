package frontend

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// ui serves the built UI. The page of any address that is no file is index.html: the UI finds its own way from there.
type ui struct {
	files fs.FS
	index []byte
}

func newUI(files fs.FS) *ui {
	// Without a build there is no index.html; ServeHTTP then says how to get one.
	index, _ := fs.ReadFile(files, "index.html")
	return &ui{files: files, index: index}
}

// ServeHTTP answers with a file or with index.html.
func (u *ui) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer.RecordOf(r.Context()).Pattern = "ui"
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		answer.Text(w, http.StatusMethodNotAllowed, "unsupported method '"+r.Method+"'")
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	// A name with a dot is meant as a file; the UI's own addresses have none.
	if isFile := name != "" && name != "index.html" && strings.Contains(path.Base(name), "."); isFile {
		content, err := fs.ReadFile(u.files, name)
		if err != nil || strings.HasPrefix(path.Base(name), ".") {
			answer.Text(w, http.StatusNotFound, "not found: '"+r.URL.Path+"'")
			return
		}
		u.serveFile(w, name, content)
		return
	}
	if u.index == nil {
		answer.Text(w, http.StatusNotFound, "This binary was built without the UI (make build makes it). The API is described at /api.")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(u.index) // the client may be gone
}

func (u *ui) serveFile(w http.ResponseWriter, name string, content []byte) {
	contentType := mime.TypeByExtension(path.Ext(name))
	if contentType == "" {
		contentType = http.DetectContentType(content)
	}
	w.Header().Set("Content-Type", contentType)
	// Names under assets/ hold a hash of their content.
	cache := "no-cache"
	if strings.HasPrefix(name, "assets/") {
		cache = "public, max-age=31536000, immutable"
	}
	w.Header().Set("Cache-Control", cache)
	_, _ = w.Write(content) // as above
}
