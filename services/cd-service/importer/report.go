package importer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Report says what an import did, or with DryRun would do.
type Report struct {
	Branch    string `json:"branch"`
	LogRef    string `json:"logRef"`
	DryRun    bool   `json:"dryRun"`
	FreshMain bool   `json:"freshMain"`
	// Source is the head of the branch that was read; Main the commit that converts it, and LogHead the last commit of the log. The
	// two are empty when nothing was written. Ids of 40 hex digits.
	Source  string `json:"source"`
	Main    string `json:"main,omitempty"`
	LogHead string `json:"logHead,omitempty"`
	// How much there is.
	Environments int `json:"environments"`
	Applications int `json:"applications"`
	Releases     int `json:"releases"`
	Deployments  int `json:"deployments"`
	Queued       int `json:"queued"`
	Locks        int `json:"locks"`
	// Written are the paths that the branch gets or that change, sorted; Removed counts the files that go, by folder.
	Written []string       `json:"written"`
	Removed map[string]int `json:"removed"`
	// Unknown are files that nobody knows; they stay as they are.
	Unknown []string `json:"unknown"`
	// NotCarried is what could not be carried over, or not as it was.
	NotCarried []Note `json:"notCarried"`
	// ArgoCD is where the Argo CD documents mean something else than kuberpult's.
	ArgoCD []ArgoChange `json:"argocd"`
}

// Note is a path and why it could not be carried over as it was.
type Note struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// ArgoChange is one difference in what Argo CD is told. Document is kind and name; empty for all of an environment.
type ArgoChange struct {
	Environment string `json:"environment"`
	Document    string `json:"document"`
	What        string `json:"what"`
}

// finish fills in the lists that follow from the conversion.
func (r *Report) finish(c *conversion) {
	r.Written = []string{manifestrepo.ReleasesPath}
	for path, content := range c.written {
		if old := c.source.argocd[parsePath(path).env]; old == nil || old.change.Path != path || old.value != string(content) {
			r.Written = append(r.Written, path)
		}
	}
	slices.Sort(r.Written)
	r.Unknown = slices.Sorted(slices.Values(c.source.unknown))
	r.Removed = map[string]int{}
	for folder, n := range c.source.dropped {
		r.Removed[folder] += n
	}
	stays := make(map[string]bool, len(c.kept))
	for _, k := range c.kept {
		stays[k.Path] = true
	}
	gone := func(folder string, texts ...*text) {
		for _, t := range texts {
			if t != nil && !stays[t.change.Path] {
				r.Removed[folder]++
			}
		}
	}
	for _, a := range c.source.apps {
		gone("applications/"+a.name, a.team, a.sourceRepoURL)
		for _, release := range a.releases {
			for _, t := range release.files {
				gone("applications/"+a.name+"/releases", t)
			}
			for _, m := range release.manifests {
				if !stays[m.Path] {
					r.Removed["applications/"+a.name+"/releases"]++
				}
			}
		}
	}
	for key, d := range c.source.deployments {
		folder := "environments/" + key.env + "/applications"
		gone(folder, d.version, d.queued)
		for _, t := range d.by {
			gone(folder, t)
		}
	}
	for key, l := range c.source.locks {
		for _, t := range l.files {
			gone("locks of "+key.env, t)
		}
	}
}

// WriteTo writes the report for people.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	verb := "converted"
	if r.DryRun {
		verb = "would be converted"
	}
	fmt.Fprintf(&b, "%s at %s %s:\n", r.Branch, r.Source, verb)
	fmt.Fprintf(&b, "  %s of %s to commits of %s\n", count(r.Releases, "release"), count(r.Applications, "application"), r.LogRef)
	fmt.Fprintf(&b, "  %s, %s and %s in %s\n", count(r.Deployments, "deployment"), count(r.Queued, "queued version"), count(r.Locks, "lock"), count(r.Environments, "environment"))
	if r.FreshMain {
		fmt.Fprintf(&b, "  %s starts on a new root commit; its history is kept under %s\n", r.Branch, ImportedRef(r.Branch))
	}
	removed := 0
	for _, n := range r.Removed {
		removed += n
	}
	fmt.Fprintf(&b, "  %s written, %s removed\n", count(len(r.Written), "file"), count(removed, "file"))
	for _, folder := range sorted(r.Removed) {
		fmt.Fprintf(&b, "    - %s: %s\n", folder, count(r.Removed[folder], "file"))
	}
	section(&b, "Files that nobody knows; they stay", r.Unknown)
	notes := make([]string, len(r.NotCarried))
	for i, n := range r.NotCarried {
		notes[i] = n.Path + ": " + n.Reason
	}
	section(&b, "Not carried over as it was", notes)
	argo := make([]string, len(r.ArgoCD))
	for i, a := range r.ArgoCD {
		argo[i] = strings.TrimSpace(a.Environment+": "+a.Document) + " " + a.What
	}
	section(&b, "Argo CD is told something else", argo)
	if len(argo) == 0 {
		b.WriteString("Argo CD is told the same as before.\n")
	}
	if r.Main != "" {
		fmt.Fprintf(&b, "%s is now at %s.\n", r.Branch, r.Main)
	}
	n, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(n), fmt.Errorf("write the report: %w", err)
	}
	return int64(n), nil
}

func section(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "%s (%d):\n", title, len(lines))
	for _, line := range lines {
		fmt.Fprintf(b, "  - %s\n", line)
	}
}

// count writes 1 release, 2 releases.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
