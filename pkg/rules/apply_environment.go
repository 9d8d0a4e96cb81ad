package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// ApplyEnvironment: an environment is created, or its config.json replaced.

// maxConfig is the limit of a config.json, in bytes.
const maxConfig = 1 << 20

const configField = "apply_environment.config"

func checkApplyEnvironment(m *api.ApplyEnvironment, _ *checking) error {
	if err := at("apply_environment.environment", manifestrepo.CheckEnvironment(m.Environment)); err != nil {
		return err
	}
	if m.Config == nil {
		return invalid(configField, "the config is missing").Because("an environment has a config.json").
			Fix(`send at least {"upstream": {"latest": true}} or {"upstream": {"environment": "..."}}`)
	}
	_, err := configOf(m)
	return err
}

// configOf is the config of the request as JSON.
func configOf(m *api.ApplyEnvironment) ([]byte, error) {
	raw, err := json.Marshal(m.Config.AsMap())
	if err != nil {
		return nil, invalid(configField, "the config is not JSON").Because("a config.json is one JSON object").Fix("send a JSON object").Wrap(err)
	}
	if len(raw) > maxConfig {
		return nil, problem.New(problem.TooLarge, "config.json has %d bytes", len(raw)).At(configField).
			Because(fmt.Sprintf("a config.json has at most %d bytes", maxConfig)).Fix("make it smaller")
	}
	return raw, nil
}

func decideApplyEnvironment(m *api.ApplyEnvironment, w *work) error {
	raw, err := configOf(m)
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
		return inConfig(err)
	}
	if err := w.upstreamMakesAChain(m.Environment, config); err != nil {
		return err
	}
	if err := destinationIsClear(config); err != nil {
		return err
	}
	content, err := configFile(raw, old)
	if err != nil {
		return inConfig(err)
	}
	w.message.Environment = m.Environment
	w.result.Kind = &api.ActionResult_ApplyEnvironment{ApplyEnvironment: &api.EnvironmentResult{Environment: m.Environment, Created: old == nil}}
	verb, what := "Change", eventEnvironmentChanged
	switch {
	case old == nil:
		verb, what = "Create", eventEnvironmentCreated
	case sameConfig(old.Raw, content):
		w.message.Subject = "Keep environment " + m.Environment
		return nil
	}
	w.message.Subject = fmt.Sprintf("%s environment %s", verb, m.Environment)
	w.happened(manifestrepo.Event{What: what, Environment: m.Environment})
	w.write(manifestrepo.ConfigPath(m.Environment), content)
	return nil
}

// inConfig puts the path inside config.json behind the field of the request.
func inConfig(err error) error {
	refused := problem.From(err)
	if refused.Field == "" {
		return refused.At(configField)
	}
	return refused.At(configField + "." + refused.Field)
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

// configFile is the config.json to write. Fields that the file in the repo has and Signalbox does not know are kept.
func configFile(raw []byte, old *manifestrepo.Environment) ([]byte, error) {
	if old != nil && old.Problem == "" {
		merged, err := keepUnknown(raw, old)
		if err != nil {
			return nil, err
		}
		raw = merged
	}
	return manifestrepo.EncodeConfig(raw)
}

func keepUnknown(raw []byte, old *manifestrepo.Environment) ([]byte, error) {
	known, err := json.Marshal(old.Config)
	if err != nil {
		return nil, fmt.Errorf("write the config of %s: %w", old.Name, err)
	}
	var next, before, typed map[string]any
	for _, p := range []struct {
		raw  []byte
		into *map[string]any
	}{{raw, &next}, {old.Raw, &before}, {known, &typed}} {
		decoder := json.NewDecoder(bytes.NewReader(p.raw))
		decoder.UseNumber()
		if err := decoder.Decode(p.into); err != nil {
			return nil, fmt.Errorf("read the config of %s: %w", old.Name, err)
		}
	}
	carryOver(next, before, typed)
	merged, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("write the config of %s: %w", old.Name, err)
	}
	return merged, nil
}

// carryOver copies what is in before, but not in typed (what Signalbox knows of it), to next. An object that next does not have
// stays away.
func carryOver(next, before, typed map[string]any) {
	for key, value := range before {
		inner, known := typed[key]
		if !known {
			if _, given := next[key]; !given {
				next[key] = value
			}
			continue
		}
		a, okA := next[key].(map[string]any)
		b, okB := value.(map[string]any)
		c, okC := inner.(map[string]any)
		if okA && okB && okC {
			carryOver(a, b, c)
		}
	}
}

func sameConfig(old, next []byte) bool {
	normalized, err := manifestrepo.EncodeConfig(old)
	return err == nil && bytes.Equal(normalized, next)
}
