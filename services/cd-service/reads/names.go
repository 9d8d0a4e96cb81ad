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
	if near := problem.Nearest(name, known); near != "" {
		return err.Fix("did you mean %q?", near)
	}
	return err.Fix("list the %ss to see which there are", kind)
}
