package manifestrepo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Restore builds the Snapshot from all its parts, in any order. It fails when a part is damaged or missing; then read git.
func Restore(parts []Part) (*Snapshot, error) {
	s := &Snapshot{line: &line{all: map[string]*Environment{}, ofGroups: map[string]*groupFiles{}}}
	apps := map[string]*appParts{}
	app := func(name string) *appParts {
		a := apps[name]
		if a == nil {
			a = &appParts{name: name}
			apps[name] = a
		}
		return a
	}
	roots := 0
	for _, p := range parts {
		var err error
		switch {
		case p.Key == partRoot || p.Key == partReleases || p.Key == partProblems:
			roots++
			err = s.restoreRoot(p)
		case strings.HasPrefix(p.Key, partEnv), strings.HasPrefix(p.Key, partGroup):
			err = s.line.restore(p)
		case strings.HasPrefix(p.Key, partSet):
			err = s.restoreSet(p)
		case strings.HasPrefix(p.Key, partApp):
			app(p.Key[len(partApp):]).own = p.Data
		case strings.HasPrefix(p.Key, partVersions):
			var name string
			var chunk uint64
			if name, chunk, err = parseVersionsKey(p.Key[len(partVersions):]); err == nil {
				a := app(name)
				a.chunks = append(a.chunks, versionChunk{chunk, p.Data})
			}
		default:
			err = errPart
		}
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.Key, err)
		}
	}
	if roots != 3 {
		return nil, fmt.Errorf("parts of the repo's root are missing: %w", errPart)
	}
	s.line.derive()
	slices.SortFunc(s.sets, func(a, b *ReleaseSet) int { return strings.Compare(a.Name, b.Name) })
	s.problemList = listProblems(s.problems, s.logProblems)
	if err := s.restoreApps(apps); err != nil {
		return nil, err
	}
	return s, nil
}

type appParts struct {
	name   string
	own    []byte
	chunks []versionChunk
}

type versionChunk struct {
	number uint64
	data   []byte
}

func (s *Snapshot) restoreApps(apps map[string]*appParts) error {
	list := make([]*appParts, 0, len(apps))
	for _, a := range apps {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *appParts) int { return strings.Compare(a.name, b.name) })
	s.apps = make([]*Application, len(list))
	errs := make([]error, len(list))
	inParallel(len(list), func(_ *fieldReader, i int) { s.apps[i], errs[i] = list[i].restore() })
	s.appIndex = make(map[string]int, len(list))
	for i, a := range list {
		if errs[i] != nil {
			return fmt.Errorf("part of application %s: %w", a.name, errs[i])
		}
		s.appIndex[a.name] = i
	}
	return nil
}

func (p *appParts) restore() (*Application, error) {
	if p.own == nil {
		return nil, errPart
	}
	a := &Application{Name: p.name}
	d := decoder{data: string(p.own)}
	d.application(a)
	if err := d.done(); err != nil {
		return nil, err
	}
	slices.SortFunc(p.chunks, func(x, y versionChunk) int {
		if x.number < y.number {
			return -1
		}
		return 1
	})
	for _, c := range p.chunks {
		d := decoder{data: string(c.data)}
		releases := make([]Release, d.count())
		a.Releases = slices.Grow(a.Releases, len(releases))
		for i := range releases {
			d.release(&releases[i])
			a.Releases = append(a.Releases, &releases[i])
		}
		if err := d.done(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (s *Snapshot) restoreRoot(p Part) error {
	d := decoder{data: string(p.Data)}
	switch p.Key {
	case partRoot:
		s.commit = d.hash()
		flags := d.uint()
		s.root.present, s.root.layout = flags&1 != 0, int(d.uint())
		if flags&2 != 0 {
			s.root.stop = d.lock()
		}
		s.root.extra = d.extra()
	case partReleases:
		s.releases.Log = d.logRef()
		for range d.count() {
			s.releases.Sealed = append(s.releases.Sealed, d.logRef())
		}
		for range d.count() {
			s.releases.Void = append(s.releases.Void, d.hash())
		}
		s.releases.Term = d.uint()
		s.releases.extra = d.extra()
	case partProblems:
		if n := d.count(); n > 0 {
			s.problems = make(map[string]string, n)
			for range n {
				path := d.text()
				s.problems[path] = d.text()
			}
		}
		if n := d.count(); n > 0 {
			s.logProblems = make(map[Hash]string, n)
			for range n {
				commit := plumbing.NewHash(d.text())
				s.logProblems[commit] = d.text()
			}
		}
	}
	return d.done()
}

func (d *decoder) logRef() LogRef { return LogRef{Ref: d.text(), Head: d.hash()} }

func (s *Snapshot) restoreSet(p Part) error {
	d := decoder{data: string(p.Data)}
	set := &ReleaseSet{Name: strings.TrimPrefix(p.Key, partSet)}
	d.releaseSet(set)
	s.sets = append(s.sets, set)
	return d.done()
}

func (l *line) restore(p Part) error {
	d := decoder{data: string(p.Data)}
	if name, ok := strings.CutPrefix(p.Key, partGroup); ok {
		g := &groupFiles{}
		d.group(g, name)
		l.ofGroups[name] = g
		if err := d.done(); err != nil || !g.present || g.problem != "" {
			return err
		}
		config, err := readGroupConfig(g.raw)
		if err != nil {
			return fmt.Errorf("settings of %s: %w", name, errPart)
		}
		g.config = config
		return nil
	}
	e := &Environment{Name: strings.TrimPrefix(p.Key, partEnv)}
	d.environment(e)
	if err := d.done(); err != nil {
		return err
	}
	if e.present && e.Problem == "" {
		config, err := readConfig(e.Raw)
		if err != nil {
			return fmt.Errorf("config.json of %s: %w", e.Name, errPart)
		}
		e.Config = config
	}
	l.all[e.Name] = e
	return nil
}
