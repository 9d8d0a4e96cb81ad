package importer

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// source is a kuberpult repo as read: small files with their text, manifests by blob id.
type source struct {
	head        gitstore.CommitInfo
	apps        map[string]*sourceApp
	envs        map[string]bool
	deployments map[envApp]*sourceDeployment
	locks       map[sourceLockKey]*sourceLock
	argocd      map[string]*text // by environment
	// kept are the files that stay as they are; unknown those of them that nobody knows.
	kept    []gitstore.Change
	unknown []string
	// dropped counts files that only kuberpult needs, by folder.
	dropped map[string]int
	// inTheWay are files at paths that Signalbox writes.
	inTheWay    []string
	initialized bool
	// creators says who made a release, from the branch's history.
	creators map[releaseKey]manifestrepo.Actor
}

type envApp struct{ env, app string }

type releaseKey struct {
	app     string
	version uint64
}

// text is a small file. Tree entries come first, contents in few passes afterwards.
type text struct {
	change gitstore.Change
	value  string
	read   bool // false: it is larger than a small file may be
}

type sourceApp struct {
	name                string
	team, sourceRepoURL *text
	releases            map[uint64]*sourceRelease
}

type sourceRelease struct {
	files     map[string]*text // by name: created_at, source_author, ...
	manifests map[string]gitstore.Change
}

type sourceDeployment struct {
	version, queued *text
	by              map[string]*text // deployed_by, deployed_by_email, deployed_at_utc
	file            gitstore.Change  // manifests/manifests.yaml
}

// sourceLockKey is the place of a lock; app is empty for environment locks.
type sourceLockKey struct{ env, app, id string }

type sourceLock struct{ files map[string]*text }

// maxSmallFile is the size of a text of kuberpult's: a commit message, a lock message, a config.
const maxSmallFile = 1 << 20

func (o Options) readSource(ctx context.Context, head gitstore.Hash) (*source, error) {
	info, err := o.Store.Commit(ctx, head)
	if err != nil {
		return nil, fmt.Errorf("read the head of %s: %w", o.Branch, err)
	}
	s := &source{
		head: info, apps: map[string]*sourceApp{}, envs: map[string]bool{}, deployments: map[envApp]*sourceDeployment{}, locks: map[sourceLockKey]*sourceLock{},
		argocd: map[string]*text{}, dropped: map[string]int{}, creators: map[releaseKey]manifestrepo.Actor{},
	}
	var texts []*text
	files := 0
	err = o.Store.Diff(ctx, gitstore.Hash{}, head, func(c gitstore.Change) error {
		if t := s.take(c); t != nil {
			texts = append(texts, t)
		}
		if files++; files%100_000 == 0 {
			o.Progress("listing files", files, 0)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", o.Branch, err)
	}
	if err := o.readTexts(ctx, texts); err != nil {
		return nil, err
	}
	return s, o.readCreators(ctx, head, s)
}

// take files one path under what it is; the result is a text to be read, or nil.
func (s *source) take(c gitstore.Change) *text {
	p := parsePath(c.Path)
	symlink := c.Mode == filemode.Symlink
	if (p.kind == pathVersion || p.kind == pathQueued) != symlink || c.Mode == filemode.Submodule {
		if p.kind != pathOurs {
			p.kind = pathUnknown // a link where a file belongs, or the other way round
		}
	}
	t := &text{change: c}
	switch p.kind {
	case pathTeam:
		s.app(p.app).team = t
	case pathSourceRepoURL:
		s.app(p.app).sourceRepoURL = t
	case pathRelease:
		s.release(p).files[p.file] = t
	case pathManifest:
		s.release(p).manifests[p.env] = c
		return nil
	case pathConfig:
		s.envs[p.env] = true
		s.kept = append(s.kept, c)
		return nil
	case pathDeployed:
		s.deployment(p).file = c
		s.kept = append(s.kept, c)
		return nil
	case pathVersion:
		s.deployment(p).version = t
	case pathQueued:
		s.deployment(p).queued = t
	case pathDeployedBy:
		s.deployment(p).by[p.file] = t
	case pathLock, pathAppLock:
		s.lock(p).files[p.file] = t
	case pathArgoCD:
		s.argocd[p.env] = t
	case pathCommit:
		s.dropped["commits/"]++
		return nil
	case pathPlaceholder:
		s.dropped["placeholders (.gitkeep, .empty)"]++
		return nil
	case pathOurs:
		s.initialized = s.initialized || c.Path == manifestrepo.SignalboxPath
		s.inTheWay = append(s.inTheWay, c.Path)
		return nil
	default:
		s.keep(c)
		return nil
	}
	return t
}

func (s *source) keep(c gitstore.Change) {
	s.kept = append(s.kept, c)
	s.unknown = append(s.unknown, c.Path)
}

func (s *source) app(name string) *sourceApp {
	a := s.apps[name]
	if a == nil {
		a = &sourceApp{name: name, releases: map[uint64]*sourceRelease{}}
		s.apps[name] = a
	}
	return a
}

func (s *source) release(p place) *sourceRelease {
	a := s.app(p.app)
	r := a.releases[p.version]
	if r == nil {
		r = &sourceRelease{files: map[string]*text{}, manifests: map[string]gitstore.Change{}}
		a.releases[p.version] = r
	}
	return r
}

func (s *source) deployment(p place) *sourceDeployment {
	key := envApp{p.env, p.app}
	d := s.deployments[key]
	if d == nil {
		d = &sourceDeployment{by: map[string]*text{}}
		s.deployments[key] = d
	}
	return d
}

func (s *source) lock(p place) *sourceLock {
	key := sourceLockKey{p.env, p.app, p.id}
	l := s.locks[key]
	if l == nil {
		l = &sourceLock{files: map[string]*text{}}
		s.locks[key] = l
	}
	return l
}

// readTexts fills in the contents, each blob once, a few thousand in a pass.
func (o Options) readTexts(ctx context.Context, texts []*text) error {
	waiting := map[gitstore.Hash][]*text{}
	var hashes []gitstore.Hash
	for _, t := range texts {
		if waiting[t.change.New] == nil {
			hashes = append(hashes, t.change.New)
		}
		waiting[t.change.New] = append(waiting[t.change.New], t)
	}
	const pass = 4096
	for start := 0; start < len(hashes); start += pass {
		some := hashes[start:min(start+pass, len(hashes))]
		contents, err := o.Store.Blobs(ctx, some, maxSmallFile)
		if err != nil {
			return fmt.Errorf("read files of %s: %w", o.Branch, err)
		}
		for i, h := range some {
			value := string(contents[i])
			for _, t := range waiting[h] {
				t.value, t.read = value, contents[i] != nil
			}
		}
		o.Progress("reading files", start+len(some), len(hashes))
	}
	return nil
}

var createdRelease = regexp.MustCompile(`(?m)^created (?:undeploy-)?version ([0-9]+) of ["']([a-z0-9-]+)["']`)

// readCreators learns from the branch's commits who made which release. Kuberpult writes it nowhere else.
func (o Options) readCreators(ctx context.Context, head gitstore.Hash, s *source) error {
	err := o.Store.Log(ctx, gitstore.Hash{}, head, func(c gitstore.CommitInfo) error {
		for _, m := range createdRelease.FindAllStringSubmatch(c.Message, -1) {
			if version, err := strconv.ParseUint(m[1], 10, 63); err == nil {
				s.creators[releaseKey{m[2], version}] = manifestrepo.Actor{Name: c.Author.Name, Email: c.Author.Email}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the history of %s: %w", o.Branch, err)
	}
	return nil
}

// check refuses what is not a kuberpult 1.x repo.
func (s *source) check(branch string) error {
	if s.initialized {
		return problem.New(problem.Conflict, "branch %s is a Signalbox manifest repo already: it holds %s", branch, manifestrepo.SignalboxPath).
			Because("a repo is imported once").Fix("nothing is left to import; start Signalbox with this repo")
	}
	releases := 0
	for _, a := range s.apps {
		releases += len(a.releases)
	}
	if releases == 0 {
		p := problem.New(problem.NotFound, "branch %s holds no kuberpult release: applications/<application>/releases is not there", branch).
			Because("an import converts a manifest repo that kuberpult 1.x wrote")
		if len(s.deployments) > 0 {
			return p.Fix("this looks like the export of a kuberpult with a database, which keeps releases elsewhere: set up a new repo with `signalbox repo init` and post the releases again")
		}
		return p.Fix("name the branch that kuberpult writes with --git-branch; a repo with environments alone needs `signalbox repo init` and no import")
	}
	if len(s.inTheWay) > 0 {
		return problem.New(problem.Conflict, "branch %s holds %s (and %d more), where Signalbox would write", branch, s.inTheWay[0], len(s.inTheWay)-1).
			Because("an import overwrites no file that is not kuberpult's").Fix("move these files away, then run the import again")
	}
	return nil
}
