// Package web holds the built UI. Without a UI build the folder is empty and the door says how to make one.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the built UI: index.html, favicon.svg, assets/. It is empty but for .gitkeep when no UI was built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist // fs.Sub fails only for an invalid name, and this one is a constant
	}
	return files
}
