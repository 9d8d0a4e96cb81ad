package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newEnv(s *session) *cobra.Command {
	cmd := group("env", "List, show, apply and end environments",
		newEnvList(s), newEnvShow(s), newEnvApply(s), newEnvRender(s), newEnvDelete(s), newEnvGroup(s))
	cmd.Aliases = []string{"environment", "environments"}
	return cmd
}

type envListOptions struct{ *session }

func newEnvList(s *session) *cobra.Command {
	return s.command(spec{use: "list", short: "List environments in chain order", example: "  signalbox env list"}, &envListOptions{s})
}

func (o *envListOptions) complete([]string) error { return nil }

func (o *envListOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Environments(ctx)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		p.head("environment", "group", "upstream", "applications", "queued", "locks", "remarks")
		for _, e := range list.Environments {
			p.row(e.Name, e.EnvironmentGroup, upstreamText(e), e.Applications, e.Queued, cell{lockIDs(e.Locks), yellow}, environmentRemarks(e))
		}
	})
}

// environmentRemarks says what is special about an environment beside its locks.
func environmentRemarks(e *api.Environment) cell {
	if e.Problem != "" {
		return cell{e.Problem, red}
	}
	var words []string
	for _, f := range e.Freezes {
		words = append(words, "frozen: "+whom(f.Teams, f.Applications)+" "+untilText(f.Until))
	}
	if e.PendingApprovals > 0 {
		words = append(words, count(e.PendingApprovals, "request")+" for approval")
	}
	return cell{strings.Join(words, "; "), yellow}
}

func upstreamText(e *api.Environment) string {
	if e.Latest {
		return "latest"
	}
	if e.UpstreamEnvironment == "" {
		return "-"
	}
	return e.UpstreamEnvironment
}

func lockIDs(locks []*api.Lock) string {
	ids := make([]string, 0, len(locks))
	for _, l := range locks {
		ids = append(ids, l.Id)
	}
	return strings.Join(ids, ", ")
}

type envShowOptions struct {
	*session
	name string
}

func newEnvShow(s *session) *cobra.Command {
	return s.command(spec{
		use:     "show ENVIRONMENT",
		short:   "Show an environment and its config.json",
		example: "  signalbox env show production-de",
		args:    []arg{{kind: environmentName}},
	}, &envShowOptions{session: s})
}

func (o *envShowOptions) complete(args []string) error {
	o.name = args[0]
	return nil
}

func (o *envShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	e, err := c.Environment(ctx, o.name)
	if err != nil {
		return err
	}
	return o.show(e, func(p *printer) {
		p.row("environment", e.Name)
		p.row("group", e.EnvironmentGroup)
		p.row("upstream", upstreamText(e))
		p.row("applications", e.Applications)
		p.row("queued", e.Queued)
		for _, l := range e.Locks {
			p.row("lock", cell{lockLine(l), yellow})
		}
		for _, f := range e.Freezes {
			p.row("frozen", cell{fmt.Sprintf("%s %s (%s): %s", whom(f.Teams, f.Applications), untilText(f.Until),
				windowText(f.Window, f.Kind, f.EnvironmentGroup), f.Reason), yellow})
		}
		if e.PendingApprovals > 0 {
			p.row("approvals", cell{count(e.PendingApprovals, "request"), yellow})
		}
		if e.NextDeparture.IsValid() {
			p.row("next train", timeText(e.NextDeparture))
		}
		if e.Problem != "" {
			p.row("problem", cell{e.Problem, red})
		}
		p.line("config.json:")
		p.line("%s", configText(e.Config))
	})
}

// configText is config.json as the repo holds it: sorted keys, two spaces.
func configText(config *structpb.Struct) string {
	content, err := json.MarshalIndent(config.AsMap(), "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// maxConfigFile is the largest config.json that is sent.
const maxConfigFile = 4 << 20

type envApplyOptions struct {
	execution
	file    string
	message *api.ApplyEnvironment
}

func newEnvApply(s *session) *cobra.Command {
	o := &envApplyOptions{execution: execution{session: s}, message: &api.ApplyEnvironment{}}
	cmd := s.command(spec{
		use:     "apply ENVIRONMENT --config FILE",
		short:   "Create an environment, or replace its config.json",
		example: `  signalbox env apply canary --config canary/config.json`,
		args:    []arg{{kind: environmentName}},
	}, o)
	cmd.Flags().StringVar(&o.file, "config", "", "config.json, as JSON or YAML; - reads standard input (required)")
	o.addFlags(cmd)
	return cmd
}

func (o *envApplyOptions) complete(args []string) (err error) {
	o.message.Environment = args[0]
	o.message.Config, err = o.settings(o.file)
	return err
}

// settings reads the object that --config names, as JSON or YAML.
func (s *session) settings(file string) (*structpb.Struct, error) {
	if file == "" {
		return nil, usagef("--config is missing: which file?")
	}
	content, err := s.input(file, maxConfigFile)
	if err != nil {
		return nil, err
	}
	content, err = yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, usagef("%s: %v", file, err)
	}
	config := &structpb.Struct{}
	if err := protojson.Unmarshal(content, config); err != nil {
		return nil, usagef("%s does not hold an object: %v", file, err)
	}
	return config, nil
}

func (o *envApplyOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_ApplyEnvironment{ApplyEnvironment: o.message}
	return o.execute(ctx, req)
}
