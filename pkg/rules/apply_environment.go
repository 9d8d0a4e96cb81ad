package rules

import (
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// ApplyEnvironment: an environment is created, or its config.json replaced.

const configField = "apply_environment.config"

func checkApplyEnvironment(m *api.ApplyEnvironment, c *checking) error {
	if err := at("apply_environment.environment", manifestrepo.CheckEnvironment(m.Environment)); err != nil {
		return err
	}
	if m.Config == nil {
		return invalid(configField, "the config is missing").Because("an environment has a config.json").
			Fix(`send at least {"upstream": {"latest": true}} or {"upstream": {"environment": "..."}}`)
	}
	raw, err := settingsJSON(configField, "config.json", m.Config)
	if err != nil {
		return err
	}
	c.warnOfEmptyRoles(raw)
	return nil
}

func decideApplyEnvironment(m *api.ApplyEnvironment, w *work) error {
	raw, err := settingsJSON(configField, "config.json", m.Config)
	if err != nil {
		return err
	}
	old := w.s.Environment(m.Environment)
	var known []byte
	if old != nil {
		known = old.Raw
	}
	config, err := manifestrepo.ParseConfig(raw, known)
	if err != nil {
		return inSettings(configField, err)
	}
	if err := w.upstreamMakesAChain(m.Environment, config); err != nil {
		return err
	}
	if err := destinationIsClear(config); err != nil {
		return err
	}
	content, err := environmentFile(raw, old)
	if err != nil {
		return inSettings(configField, err)
	}
	w.message.Environment = m.Environment
	w.result.Kind = &api.ActionResult_ApplyEnvironment{ApplyEnvironment: &api.EnvironmentResult{Environment: m.Environment, Created: old == nil}}
	verb, what := "Change", eventEnvironmentChanged
	switch {
	case old == nil:
		verb, what = "Create", eventEnvironmentCreated
	case sameSettings(old.Raw, content):
		w.message.Subject = "Keep environment " + m.Environment
		return nil
	}
	w.message.Subject = fmt.Sprintf("%s environment %s", verb, m.Environment)
	w.happened(manifestrepo.Event{What: what, Environment: m.Environment})
	w.write(manifestrepo.ConfigPath(m.Environment), content)
	return w.keepRecords(m.Environment, "", config.ReleaseTrains, departuresOf(old))
}

// departuresOf are the records of an environment's trains; none for no environment.
func departuresOf(env *manifestrepo.Environment) map[string]*manifestrepo.Departure {
	if env == nil {
		return nil
	}
	return env.Departures
}

// upstreamMakesAChain: an upstream exists, and following upstreams never comes back.
func (w *work) upstreamMakesAChain(env string, config manifestrepo.Config) error {
	const field = configField + ".upstream"
	switch up := config.Upstream; {
	case up == nil:
		return nil
	case up.Environment == "" && !up.Latest:
		return invalid(field, "the upstream names neither latest nor an environment").Because("an upstream is latest or an environment").
			Fix("remove upstream, or set latest or environment")
	case up.Environment == "":
		return nil
	case up.Environment != env && w.s.Environment(up.Environment) == nil:
		return invalid(field+".environment", "there is no environment %q", up.Environment).Because("an environment's upstream exists").
			Fix("%s", didYouMean(up.Environment, environmentNames(w.s), "create it first"))
	}
	chain, at := []string{env}, config.Upstream.Environment
	for at != "" {
		chain = append(chain, at)
		if at == env {
			return invalid(field+".environment", "the chain of environments comes back to %s: %s", env, strings.Join(chain, " <- ")).
				Because("following upstreams never comes back").Fix("choose another upstream")
		}
		next := w.s.Environment(at)
		if next == nil || len(chain) > len(w.s.Environments())+1 {
			return nil // a break or a circle further up, which was there before
		}
		at = next.UpstreamName()
	}
	return nil
}

// destinationIsClear: Argo CD takes a cluster by name or by server, and refuses both and neither.
func destinationIsClear(config manifestrepo.Config) error {
	if config.ArgoCD == nil {
		return nil
	}
	const field = configField + ".argocd.destination"
	switch d := config.ArgoCD.Destination; {
	case d.Name == "" && d.Server == "":
		return invalid(field, "the destination names no cluster").Because("an environment with argocd settings has a destination").
			Fix(`set "name" or "server"`)
	case d.Name != "" && d.Server != "":
		return invalid(field, "the destination names a cluster twice").Because("a destination has a name or a server: Argo CD refuses both").
			Fix(`remove "name" or "server"`)
	}
	return nil
}

// environmentFile is the config.json to write. Fields that the file in the repo has and Signalbox does not know are kept.
func environmentFile(raw []byte, old *manifestrepo.Environment) ([]byte, error) {
	if old == nil || old.Problem != "" {
		return manifestrepo.EncodeConfig(raw)
	}
	return settingsFile(raw, old.Raw, old.Config)
}
