package manifestrepo

import "slices"

// LogRef names a log and its head.
type LogRef struct {
	Ref  string
	Head Hash
}

// ReleasesFile is releases.json.
type ReleasesFile struct {
	Log    LogRef
	Sealed []LogRef
	Void   []Hash
	Term   uint64
	extra  extraFields
}

// logs lists all logs, oldest first, without those that have no head.
func (r ReleasesFile) logs() []LogRef {
	all := make([]LogRef, 0, len(r.Sealed)+1)
	for _, l := range append(slices.Clone(r.Sealed), r.Log) {
		if !l.Head.IsZero() {
			all = append(all, l)
		}
	}
	return all
}

// LogRange is what of the log became visible between two states of releases.json.
type LogRange struct {
	Ref      string
	From, To Hash
}

// NewLog says which stretches of the log must be read when releases.json changes, in order; none when nothing is new. From zero means
// from the root. When after does not carry on where before ended (a log was left out, a void was taken back, the file was broken)
// the whole log is listed, and Apply reads it anew. A To that does not descend from From (a rewound log) is for the caller to find out.
func NewLog(before, after ReleasesFile) (ranges []LogRange) {
	if !carriesOn(before, after) {
		before = ReleasesFile{}
	}
	old := before.logs()
	for i, l := range after.logs() {
		var from Hash
		if i < len(old) {
			from = old[i].Head
		}
		if from != l.Head {
			ranges = append(ranges, LogRange{Ref: l.Ref, From: from, To: l.Head})
		}
	}
	return ranges
}

// carriesOn reports that what before made visible stays visible under after, but for newly void commits.
func carriesOn(before, after ReleasesFile) bool {
	old, all := before.logs(), after.logs()
	if len(all) < len(old) {
		return false
	}
	for i, l := range old {
		sealed := i < len(old)-1
		if all[i].Ref != l.Ref || sealed && all[i].Head != l.Head {
			return false
		}
	}
	for _, h := range before.Void {
		if !slices.Contains(after.Void, h) {
			return false
		}
	}
	return true
}
