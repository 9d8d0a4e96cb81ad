package reads

import (
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// application finds one that users see.
func (p *picture) application(field, name string) (*manifestrepo.Application, error) {
	if app := p.snapshot.Application(name); app != nil && exists(app) {
		return app, nil
	}
	return nil, p.noApplication(field, name)
}

func (p *picture) noApplication(field, name string) error {
	names := make([]string, len(p.applications))
	for i, r := range p.applications {
		names[i] = r.app.Name
	}
	return notFound("application", "an application exists once it has a release", field, name, names)
}

// checkEnvironment finds an environment; an empty name is fine.
func (p *picture) checkEnvironment(field, name string) error {
	if name == "" || p.byName[name] != nil {
		return nil
	}
	return p.noEnvironment(field, name)
}

func (p *picture) noEnvironment(field, name string) error {
	names := make([]string, len(p.environments))
	for i, c := range p.environments {
		names[i] = c.env.Name
	}
	return notFound("environment", "an environment exists once it has a config.json", field, name, names)
}

func notFound(kind, rule, field, name string, known []string) error {
	err := problem.New(problem.NotFound, "there is no %s %q", kind, name).At(field).Because(rule)
	if near := nearest(name, known); near != "" {
		return err.Fix("did you mean %q?", near)
	}
	return err.Fix("list the %ss to see which there are", kind)
}

// nearest finds the known name that a typing error most likely meant; empty when none is near.
func nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := len(k) - len(name); d >= least || -d >= least {
			continue
		}
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
