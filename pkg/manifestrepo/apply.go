package manifestrepo

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// MaxFile is the size in bytes above which a file that Signalbox reads becomes a Problem.
const MaxFile = 1 << 20

// PathChange is one path of main that differs. New is zero when it is gone. Content may be given where it is at hand.
type PathChange struct {
	Path    string
	New     Hash
	Content []byte
	// Mode of New; zero means a regular file. Symbolic links and submodules are Problems where Signalbox reads.
	Mode filemode.FileMode
}

// Blobs reads contents; manifestrepo asks for all it needs in one call. A blob over the limit comes back nil.
type Blobs interface {
	Blobs(ctx context.Context, hashes []Hash, limit int64) ([][]byte, error)
}

// Update is a step of main, with the records that its releases.json newly names.
type Update struct {
	Commit  Hash
	Changes []PathChange
	Log     []LogRecord
}

// Delta says what an Apply changed.
type Delta struct {
	// Applications touched, sorted.
	Applications []string
	// Environments reports that an environment, its group, or one of their locks (the global stop included), departures or requests
	// for approval changed. Release sets are nobody's: nothing reports them.
	Environments bool
}

// Apply is the one reader. It fails only when blobs fails. Changes that come twice for a path count in their order. Log must hold the
// records of NewLog(s.ReleasesFile(), the new releases.json), oldest first, void ones included.
func (s *Snapshot) Apply(ctx context.Context, u Update, blobs Blobs) (*Snapshot, Delta, error) {
	steps, err := readSteps(ctx, u.Changes, blobs)
	if err != nil {
		return nil, Delta{}, err
	}
	b := newBuilder(s)
	for i := range steps {
		b.apply(&steps[i])
	}
	records := parseLog(u.Log)
	b.applyReleases(records)
	next, delta := b.finish(u.Commit)
	return next, delta, nil
}

// step is a PathChange, understood as far as it goes without the snapshot.
type step struct {
	path Path
	raw  string // the path as it came
	gone bool
	hash Hash
	// fault says why the path cannot be read.
	fault   string
	content []byte

	// meant is what the content says: *Deployment, *Lock, *applicationFile, *Config, *GroupConfig, *signalboxFile, *ReleasesFile,
	// *Departure, *Approval or *ReleaseSet. With a fault it is there for what holds even when it cannot be read, else nil.
	meant any
}

// readSteps parses paths, reads the contents it needs in one call, and decodes them.
func readSteps(ctx context.Context, changes []PathChange, blobs Blobs) ([]step, error) {
	steps := make([]step, 0, len(changes))
	var wanted []Hash
	var wantedBy []int
	for _, c := range changes {
		p, err := ParsePath(c.Path)
		if err == nil && p.Kind == PathUnknown {
			continue
		}
		st := step{path: p, raw: c.Path, gone: c.New.IsZero(), hash: c.New, content: c.Content}
		switch {
		case st.gone:
		case err != nil:
			st.fault = err.Error()
		case !plainFile(c):
			st.fault = "it is " + modeName(c.Mode) + "; Signalbox reads regular files only"
		case !p.Kind.read():
		case c.New == emptyBlob:
			st.content = []byte{}
		case c.Content == nil:
			wanted, wantedBy = append(wanted, c.New), append(wantedBy, len(steps))
		}
		steps = append(steps, st)
	}
	if len(wanted) > 0 {
		contents, err := blobs.Blobs(ctx, wanted, MaxFile)
		if err != nil {
			return nil, fmt.Errorf("reading %d files of the manifest repo: %w", len(wanted), err)
		}
		if len(contents) != len(wanted) {
			return nil, fmt.Errorf("reading %d files of the manifest repo gave %d", len(wanted), len(contents))
		}
		for i, n := range wantedBy {
			steps[n].content = contents[i]
		}
	}
	inParallel(len(steps), func(f *fieldReader, i int) { f.decode(&steps[i]) })
	return steps, nil
}

// read reports whether the content of such a file is read at all.
func (k PathKind) read() bool { return k != PathManifest && k != PathArgoCD && k != PathUnknown }

func plainFile(c PathChange) bool {
	switch c.Mode {
	case filemode.Empty, filemode.Regular, filemode.Executable, filemode.Deprecated:
		return true
	}
	return c.New.IsZero()
}

func modeName(m filemode.FileMode) string {
	switch m {
	case filemode.Symlink:
		return "a symbolic link"
	case filemode.Submodule:
		return "a submodule"
	case filemode.Dir:
		return "a folder"
	}
	return fmt.Sprintf("of mode %o", uint32(m))
}

// inParallel calls fn for 0..n-1, on all cores when there is much to do. Each goroutine has a reader of its own.
func inParallel(n int, fn func(f *fieldReader, i int)) {
	const chunk = 128
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	var next atomic.Int64
	work := func() {
		f := newFieldReader()
		defer f.done()
		for {
			end := int(next.Add(chunk))
			for i := end - chunk; i < min(end, n); i++ {
				fn(f, i)
			}
			if end >= n {
				return
			}
		}
	}
	if workers <= 1 {
		work()
		return
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(work)
	}
	group.Wait()
}

// decode turns a step's content into what it means, or into a fault.
func (f *fieldReader) decode(st *step) {
	if st.gone || !st.path.Kind.read() {
		return
	}
	if st.fault == "" && (st.content == nil || len(st.content) > MaxFile) {
		st.fault = fmt.Sprintf("it is larger than %d bytes", MaxFile)
	}
	if st.fault == "" {
		var err error
		if st.meant, err = f.meaning(&st.path, st.content); err != nil {
			st.fault = err.Error()
		}
	}
	if st.fault != "" {
		st.meant = f.unreadable(&st.path, st.fault)
	}
}

// meaning decodes the content of a file.
func (f *fieldReader) meaning(p *Path, content []byte) (any, error) {
	switch p.Kind {
	case PathSignalbox:
		return f.signalbox(content)
	case PathReleases:
		r, err := f.releases(content)
		return &r, err
	case PathApplication:
		return f.application(content)
	case PathConfig:
		c, err := readConfig(content)
		return &c, err
	case PathGroup:
		c, err := readGroupConfig(content)
		return &c, err
	case PathDeployment:
		return f.deployment(p.Environment, content)
	case PathEnvironmentDeparture, PathGroupDeparture:
		d := f.departurePlace(p)
		return d, f.departure(d, content)
	case PathApproval:
		a := f.approvalPlace(p)
		return a, f.approval(a, content)
	case PathReleaseSet:
		set := &ReleaseSet{Name: strings.Clone(p.Name)}
		return set, f.releaseSet(set, content)
	}
	l := f.lockPlace(p)
	return l, f.lock(l, content)
}

// unreadable is what stands for a file that cannot be read: what holds something goes on holding it, and what is listed stays
// listed. Nil for the others.
func (f *fieldReader) unreadable(p *Path, fault string) any {
	switch p.Kind {
	case PathEnvironmentLock, PathTeamLock, PathApplicationLock, PathGroupLock:
		l := f.lockPlace(p)
		l.Broken = fault
		return l
	case PathEnvironmentDeparture, PathGroupDeparture:
		d := f.departurePlace(p)
		d.Broken = fault
		return d
	case PathApproval:
		a := f.approvalPlace(p)
		a.Broken = fault
		return a
	case PathReleaseSet:
		return &ReleaseSet{Name: strings.Clone(p.Name), Broken: fault}
	}
	return nil
}

func (f *fieldReader) lockPlace(p *Path) *Lock {
	return &Lock{
		Scope: p.Kind.scope(), ID: strings.Clone(p.LockID), Environment: f.remember(p.Environment), Group: f.remember(p.Group),
		Application: f.remember(p.Application), Team: f.remember(p.Team),
	}
}

func (f *fieldReader) departurePlace(p *Path) *Departure {
	return &Departure{Train: strings.Clone(p.Name), Environment: f.remember(p.Environment), Group: f.remember(p.Group)}
}

func (f *fieldReader) approvalPlace(p *Path) *Approval {
	return &Approval{ID: strings.Clone(p.Name), Environment: f.remember(p.Environment)}
}

// scope is the scope of a lock's path; 0 for other paths.
func (k PathKind) scope() LockScope {
	switch k {
	case PathEnvironmentLock:
		return ScopeEnvironment
	case PathTeamLock:
		return ScopeTeam
	case PathApplicationLock:
		return ScopeApplication
	case PathGroupLock:
		return ScopeGroup
	}
	return 0
}

// parseLog reads the records that were not compacted.
func parseLog(log []LogRecord) []LogRecord {
	parsed := slices.Clone(log)
	inParallel(len(parsed), func(f *fieldReader, i int) {
		if r := &parsed[i]; r.parsed == nil {
			record, err := f.record(*r)
			r.parsed = &parsedLog{record, err}
		}
	})
	return parsed
}
