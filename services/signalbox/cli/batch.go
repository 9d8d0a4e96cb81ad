package cli

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// maxBatchFile is the largest batch that is sent; the server has a limit of its own.
const maxBatchFile = 256 << 20

type batchOptions struct {
	execution
	message *api.Batch
}

func newBatch(s *session) *cobra.Command {
	o := &batchOptions{execution: execution{session: s}, message: &api.Batch{}}
	cmd := s.command(spec{
		use:   "batch FILE",
		short: "Carry out many commands as one commit, all or none",
		long: `Carries out up to 1,000 commands as one commit: each is decided on the state the earlier ones left, and one refusal refuses
all. FILE is JSON or YAML in the form of the API; - reads standard input:

  actions:
    - deploy: {application: checkout, environment: staging, version: 12}
    - createLock: {scope: LOCK_SCOPE_ENVIRONMENT, environment: staging, id: freeze, message: demo day}
      reason: demo day`,
		example: `  signalbox batch --dry-run demo-day.yaml`,
		args:    []arg{{kind: fileName}},
	}, o)
	o.addFlags(cmd)
	return cmd
}

func (o *batchOptions) complete(args []string) error {
	content, err := o.input(args[0], maxBatchFile)
	if err != nil {
		return err
	}
	content, err = yaml.YAMLToJSONStrict(content)
	if err != nil {
		return usagef("%s: %v", args[0], err)
	}
	if err := protojson.Unmarshal(content, o.message); err != nil {
		return usagef("%s: %v", args[0], err)
	}
	if len(o.message.Actions) == 0 {
		return usagef("%s holds no actions", args[0])
	}
	return nil
}

func (o *batchOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_Batch{Batch: o.message}
	return o.execute(ctx, req)
}
