package rules

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Minor releases: those that change nothing that counts, such as a build number in an annotation. The operator says by expressions which
// lines do not count.

// predecessor is the newest release before a version that has manifests to compare with; nil when there is none.
func predecessor(app *manifestrepo.Application, version uint64) *manifestrepo.Release {
	for _, r := range slices.Backward(app.Releases) {
		if r.Version < version && !r.Prepublished {
			return r
		}
	}
	return nil
}

// NeedsContents lists the releases of which Decide will ask Content for the manifests themselves, beside those that Needs lists. It is a hint, too.
func NeedsContents(c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	var needs []ReleaseKey
	if m := c.Action.GetCreateRelease(); m != nil && c.minor {
		version := m.Version
		if version == 0 {
			version = maxVersion
		}
		if app := s.Application(m.Application); app != nil {
			if before := predecessor(app, version); before != nil && !before.Undeploy {
				needs = append(needs, ReleaseKey{m.Application, before.Version})
			}
		}
	}
	for _, part := range c.Parts {
		needs = append(needs, NeedsContents(part, s)...)
	}
	return needs
}

// isMinor reports whether a release is for the same environments as its predecessor, and its manifests differ in nothing but lines that do
// not count.
func (w *work) isMinor(app *manifestrepo.Application, version uint64, manifests map[string]manifestrepo.Manifest) (bool, error) {
	if len(w.ctx.Policy.Minor) == 0 || len(manifests) == 0 {
		return false, nil
	}
	before := predecessor(app, version)
	if before == nil || before.Undeploy || !slices.Equal(before.Environments, sortedKeys(manifests)) {
		return false, nil
	}
	blobs, err := w.manifestsOf(app.Name, before)
	if err != nil {
		return false, err
	}
	same := map[[2]manifestrepo.Hash]bool{} // many environments have the same manifest
	for _, env := range before.Environments {
		old, known := blobs[env]
		if !known {
			return false, nil
		}
		pair := [2]manifestrepo.Hash{old, manifests[env].Blob}
		if pair[0] == pair[1] || same[pair] {
			continue
		}
		content, err := w.ctx.Content.Blob(old)
		if err != nil {
			return false, problem.New(problem.Unavailable, "the manifest of %s %d for %s cannot be read now", app.Name, before.Version, env).
				Fix("try again").Wrap(err)
		}
		if !sameButMinorLines(content, manifests[env].Content, w.ctx.Policy.Minor) {
			return false, nil
		}
		same[pair] = true
	}
	return true, nil
}

// sameButMinorLines compares two texts without the lines that match an expression. What they have in common at both ends is not looked at.
func sameButMinorLines(a, b []byte, minor []*regexp.Regexp) bool {
	linesA, linesB := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for len(linesA) > 0 && len(linesB) > 0 && bytes.Equal(linesA[0], linesB[0]) {
		linesA, linesB = linesA[1:], linesB[1:]
	}
	for len(linesA) > 0 && len(linesB) > 0 && bytes.Equal(linesA[len(linesA)-1], linesB[len(linesB)-1]) {
		linesA, linesB = linesA[:len(linesA)-1], linesB[:len(linesB)-1]
	}
	isMinor := func(line []byte) bool {
		return slices.ContainsFunc(minor, func(e *regexp.Regexp) bool { return e.Match(line) })
	}
	return slices.EqualFunc(slices.DeleteFunc(linesA, isMinor), slices.DeleteFunc(linesB, isMinor), bytes.Equal)
}
