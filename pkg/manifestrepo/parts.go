package manifestrepo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Part is a piece of a Snapshot in a compact, private, fast encoding, for a projection that wants to start without reading
// git. Data nil means the part is gone.
type Part struct {
	Key  string
	Data []byte
}

// PartsVersion changes whenever the encoding or the meaning of parts does; stored parts of another version are worthless.
const PartsVersion = 3

// The keys: what is there once, then "e/<env>", "g/<group>", "s/<release set>", "a/<app>", and "v/<app>/<chunk>" for releases.
const (
	partRoot     = "root"
	partReleases = "releases"
	partProblems = "problems"
	partEnv      = "e/"
	partGroup    = "g/"
	partSet      = "s/"
	partApp      = "a/"
	partVersions = "v/"
)

// chunkBits says how many releases a part holds at most (versions that share all but these bits), so that a new release rewrites
// a few kilobytes whatever the application's history is.
const chunkBits = 5

// Parts lists the parts of after that before (nil: nothing) does not have. Releases are parts apart from deployments, so that
// a deployment does not rewrite an application's releases.
func Parts(before, after *Snapshot) ([]Part, error) {
	w := partWriter{enc: newEncoder()}
	if before == nil {
		before = emptySnapshot
		w.all = true
	}
	if w.all || before.commit != after.commit || !sameRoot(before.root, after.root) {
		w.root(after)
	}
	if w.all || !sameReleases(before.releases, after.releases) {
		w.releases(after)
	}
	if w.all || !maps.Equal(before.problems, after.problems) || !maps.Equal(before.logProblems, after.logProblems) {
		w.problems(after)
	}
	if before.line != after.line {
		w.line(before.line, after.line)
	}
	w.sets(before, after)
	w.apps(before, after)
	return w.parts, nil
}

type partWriter struct {
	enc   *encoder
	parts []Part
	all   bool
}

// put takes what was encoded as the part of this key.
func (w *partWriter) put(key string) { w.parts = append(w.parts, Part{key, w.enc.bytes()}) }

func (w *partWriter) gone(key string) { w.parts = append(w.parts, Part{Key: key}) }

func sameRoot(a, b signalboxFile) bool {
	return a.present == b.present && a.layout == b.layout && a.stop == b.stop && sameExtra(a.extra, b.extra)
}

func sameExtra(a, b extraFields) bool {
	return maps.EqualFunc(a, b, func(x, y []byte) bool { return string(x) == string(y) })
}

func sameReleases(a, b ReleasesFile) bool {
	return a.Log == b.Log && a.Term == b.Term && slices.Equal(a.Sealed, b.Sealed) && slices.Equal(a.Void, b.Void) && sameExtra(a.extra, b.extra)
}

func (w *partWriter) root(s *Snapshot) {
	e := w.enc
	e.hash(s.commit)
	e.flags(s.root.present, s.root.stop != nil)
	e.uint(uint64(s.root.layout))
	if s.root.stop != nil {
		e.lock(s.root.stop)
	}
	e.extra(s.root.extra)
	w.put(partRoot)
}

func (w *partWriter) releases(s *Snapshot) {
	e, r := w.enc, s.releases
	e.logRef(r.Log)
	e.uint(uint64(len(r.Sealed)))
	for _, l := range r.Sealed {
		e.logRef(l)
	}
	e.uint(uint64(len(r.Void)))
	for _, h := range r.Void {
		e.hash(h)
	}
	e.uint(r.Term)
	e.extra(r.extra)
	w.put(partReleases)
}

func (e *encoder) logRef(l LogRef) {
	e.text(l.Ref)
	e.hash(l.Head)
}

func (w *partWriter) problems(s *Snapshot) {
	e := w.enc
	e.uint(uint64(len(s.problems)))
	for _, path := range slices.Sorted(maps.Keys(s.problems)) {
		e.text(path)
		e.text(s.problems[path])
	}
	e.uint(uint64(len(s.logProblems)))
	for _, p := range listProblems(nil, s.logProblems) {
		h := strings.TrimPrefix(p.Path, "log:")
		e.text(h)
		e.text(p.Reason)
	}
	w.put(partProblems)
}

func (w *partWriter) line(before, after *line) {
	for _, name := range slices.Sorted(maps.Keys(after.all)) {
		env, old := after.all[name], before.all[name]
		if old != env && (old == nil || !sameEnvironment(old, env)) {
			w.enc.environment(env)
			w.put(partEnv + name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.ofGroups)) {
		group, old := after.ofGroups[name], before.ofGroups[name]
		if old != group && (old == nil || !sameGroup(old, group)) {
			w.enc.group(group)
			w.put(partGroup + name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.all)) {
		if after.all[name] == nil {
			w.gone(partEnv + name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.ofGroups)) {
		if after.ofGroups[name] == nil {
			w.gone(partGroup + name)
		}
	}
}

// sameEnvironment leaves out what is derived.
func sameEnvironment(a, b *Environment) bool {
	return a.present == b.present && a.Problem == b.Problem && string(a.Raw) == string(b.Raw) && maps.Equal(a.Locks, b.Locks) &&
		sameLocks(a.TeamLocks, b.TeamLocks) && maps.Equal(a.Departures, b.Departures) && maps.Equal(a.Approvals, b.Approvals)
}

func sameGroup(a, b *groupFiles) bool {
	return a.present == b.present && a.problem == b.problem && string(a.raw) == string(b.raw) && maps.Equal(a.locks, b.locks) &&
		maps.Equal(a.departures, b.departures)
}

func (w *partWriter) sets(before, after *Snapshot) {
	for _, set := range after.sets {
		if before.ReleaseSet(set.Name) != set {
			w.enc.releaseSet(set)
			w.put(partSet + set.Name)
		}
	}
	for _, old := range before.sets {
		if after.ReleaseSet(old.Name) == nil {
			w.gone(partSet + old.Name)
		}
	}
}

func sameLocks(a, b map[string]map[string]*Lock) bool {
	return maps.EqualFunc(a, b, func(x, y map[string]*Lock) bool { return maps.Equal(x, y) })
}

func (w *partWriter) apps(before, after *Snapshot) {
	for i, a := range after.apps {
		if i < len(before.apps) && before.apps[i] == a {
			continue
		}
		old := before.Application(a.Name)
		if old != a {
			w.app(old, a)
		}
	}
	for _, old := range before.apps {
		if after.Application(old.Name) == nil {
			w.gone(partApp + old.Name)
			for chunk := range chunksOf(old.Releases) {
				w.gone(versionsKey(old.Name, chunk))
			}
		}
	}
}

func (w *partWriter) app(old, a *Application) {
	fresh := old == nil
	if fresh {
		old = &Application{}
	}
	if fresh || !sameAttributes(old, a) || !maps.Equal(old.Deployments, a.Deployments) || !sameLocks(old.Locks, a.Locks) {
		w.enc.application(a)
		w.put(partApp + a.Name)
	}
	before := map[uint64][]*Release{}
	for chunk, list := range chunksOf(old.Releases) {
		before[chunk] = list
	}
	for chunk, list := range chunksOf(a.Releases) {
		if !slices.Equal(before[chunk], list) {
			w.enc.uint(uint64(len(list)))
			for _, r := range list {
				w.enc.release(r)
			}
			w.put(versionsKey(a.Name, chunk))
		}
		delete(before, chunk)
	}
	for _, chunk := range slices.Sorted(maps.Keys(before)) {
		w.gone(versionsKey(a.Name, chunk))
	}
}

func sameAttributes(a, b *Application) bool {
	return a.file == b.file && a.Team == b.Team && a.SourceRepoURL == b.SourceRepoURL && a.Project == b.Project && maps.Equal(a.Labels, b.Labels) &&
		sameExtra(a.extra, b.extra)
}

func versionsKey(app string, chunk uint64) string {
	return partVersions + app + "/" + strconv.FormatUint(chunk, 10)
}

// chunksOf cuts a list of releases, by version ascending, into the lists that are parts of their own.
func chunksOf(releases []*Release) func(yield func(chunk uint64, list []*Release) bool) {
	return func(yield func(uint64, []*Release) bool) {
		for len(releases) > 0 {
			chunk, n := releases[0].Version>>chunkBits, 1
			for n < len(releases) && releases[n].Version>>chunkBits == chunk {
				n++
			}
			if !yield(chunk, releases[:n]) {
				return
			}
			releases = releases[n:]
		}
	}
}

// parseVersionsKey takes a key of releases apart.
func parseVersionsKey(rest string) (app string, chunk uint64, err error) {
	app, number, ok := strings.Cut(rest, "/")
	chunk, parseErr := strconv.ParseUint(number, 10, 64)
	if !ok || parseErr != nil {
		return "", 0, fmt.Errorf("%s%s: %w", partVersions, rest, errPart)
	}
	return app, chunk, nil
}
