// Package environments holds the environments a new manifest repo starts with: development, staging, and two countries of production.
// Each folder is an environment and holds its config.json (docs/format.md). Copy the folder, edit it, and give it to
// `signalbox serve --environments DIR` to start with your own.
package environments

import "embed"

// Example is `<environment>/config.json` for each environment.
//
//go:embed */config.json
var Example embed.FS
