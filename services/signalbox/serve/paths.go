package serve

import "path/filepath"

// EmbeddedRepo is where a data directory holds the manifest repo, or its mirror.
func EmbeddedRepo(dataDir string) string { return filepath.Join(dataDir, "manifests.git") }

// CommitterEmail stands behind "Signalbox" as the committer of every commit.
const CommitterEmail = "signalbox@localhost"
