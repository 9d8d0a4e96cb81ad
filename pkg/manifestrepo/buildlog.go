package manifestrepo

import (
	"maps"
	"slices"
)

// applyReleases brings the releases in line with releases.json: it takes away what is not named any more, then reads the new records.
func (b *builder) applyReleases(log []LogRecord) {
	void := make(map[Hash]bool, len(b.releases.Void))
	for _, h := range b.releases.Void {
		void[h] = true
	}
	if b.newReleases {
		b.dropUnnamed(void)
	}
	if b.releases.Log.Head.IsZero() && len(b.releases.Sealed) == 0 {
		return // nothing of the log counts
	}
	for i := range log {
		r := &log[i]
		if void[r.Commit] {
			continue
		}
		if r.parsed.err != nil {
			b.logProblem(r.Commit, r.parsed.err.Error())
			continue
		}
		b.applyRecord(&r.parsed.record)
	}
}

// dropUnnamed takes releases away that the new releases.json does not make visible: all of them when it does not carry on from the old
// one (its log is then read anew), else those of newly void commits. A void commit that was a removal does not bring a release back:
// void is for commits that main never took, so such a one was never read.
func (b *builder) dropUnnamed(void map[Hash]bool) {
	all := !carriesOn(b.from.releases, b.releases)
	if !all && len(b.from.releases.Void) == len(b.releases.Void) {
		return
	}
	for commit := range b.logProblems {
		if all || void[commit] {
			b.logProblem(commit, "")
		}
	}
	for _, a := range b.from.apps {
		gone := func(r *Release) bool { return all || void[r.LogCommit] }
		if slices.ContainsFunc(a.Releases, gone) {
			e := b.app(a.Name)
			e.app.Releases = slices.DeleteFunc(slices.Clone(e.app.Releases), gone)
			e.ownReleases = true
		}
	}
}

func (b *builder) applyRecord(r *ParsedRecord) {
	e := b.app(r.Application)
	if !e.ownReleases {
		e.ownReleases = true
		e.app.Releases = append(make([]*Release, 0, len(e.app.Releases)+1), e.app.Releases...)
	}
	switch r.Kind {
	case RecordApplicationRemoved:
		e.app.Releases = e.app.Releases[:0]
	case RecordRemoved:
		if i, ok := findRelease(e.app.Releases, r.Version); ok {
			e.app.Releases = slices.Delete(e.app.Releases, i, i+1)
		}
	case RecordRelease:
		i, exists := findRelease(e.app.Releases, r.Version)
		if !exists {
			e.app.Releases = slices.Insert(e.app.Releases, i, r.Release)
			return
		}
		b.logProblem(r.Commit, "it records a release that is there already; the first record counts")
	}
}

func (b *builder) logProblem(commit Hash, reason string) {
	if !b.ownLog {
		b.ownLog = true
		if b.logProblems = maps.Clone(b.logProblems); b.logProblems == nil {
			b.logProblems = map[Hash]string{}
		}
	}
	if reason == "" {
		delete(b.logProblems, commit)
	} else {
		b.logProblems[commit] = reason
	}
}
