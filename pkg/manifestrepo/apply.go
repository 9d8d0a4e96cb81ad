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
	// Environments reports that an environment, its group, or one of their locks (the global stop included) changed.
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

	// One of these holds the content, decoded, unless fault is set.
	deployment  *Deployment
	lock        *Lock
	application applicationFile
	config      Config
	signalbox   signalboxFile
	releases    ReleasesFile
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
	if st.gone || st.fault != "" || !st.path.Kind.read() {
		f.decodeLock(st) // a lock that cannot be read is a lock all the same
		return
	}
	if st.content == nil || len(st.content) > MaxFile {
		st.fault = fmt.Sprintf("it is larger than %d bytes", MaxFile)
		f.decodeLock(st)
		return
	}
	var err error
	switch st.path.Kind {
	case PathSignalbox:
		st.signalbox, err = f.signalbox(st.content)
	case PathReleases:
		st.releases, err = f.releases(st.content)
	case PathApplication:
		st.application, err = f.application(st.content)
	case PathConfig:
		st.config, err = readConfig(st.content)
	case PathDeployment:
		st.deployment, err = f.deployment(st.path.Environment, st.content)
	default:
		f.decodeLock(st)
	}
	if err != nil {
		st.fault = err.Error()
	}
}

func (f *fieldReader) decodeLock(st *step) {
	p := st.path
	scope := p.Kind.scope()
	if scope == 0 || st.gone {
		return
	}
	place := Lock{
		Scope: scope, ID: strings.Clone(p.LockID), Environment: f.remember(p.Environment), Group: f.remember(p.Group),
		Application: f.remember(p.Application), Team: f.remember(p.Team),
	}
	l := place
	if st.fault == "" {
		if err := f.lock(&l, st.content); err != nil {
			st.fault = err.Error()
		}
	}
	if st.fault != "" {
		l = place
		l.Broken = st.fault
	}
	st.lock = &l
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
