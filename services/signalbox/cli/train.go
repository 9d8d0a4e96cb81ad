package cli

import (
	"context"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type trainOptions struct {
	execution
	targetType string
	message    *api.RunTrain
}

func newTrain(s *session) *cobra.Command {
	return group("train", "Move many applications at once", newTrainRun(s))
}

func newTrainRun(s *session) *cobra.Command {
	o := &trainOptions{execution: execution{session: s}, message: &api.RunTrain{}}
	cmd := s.command(spec{
		use:   "run TARGET",
		short: "Move every application of an environment or a group to the version its upstream runs",
		example: `  signalbox train run staging
  signalbox train run production --team payments`,
		args: []arg{{kind: targetName}},
	}, o)
	f := cmd.Flags()
	f.StringVar(&o.message.Team, "team", "", "only applications of this team")
	f.StringVar(&o.targetType, "target-type", "", "environment or group, where both have the name (default: group if there is one)")
	f.StringVar(&o.message.CiLink, "ci-link", "", "address of the CI run")
	o.addFlags(cmd)
	return cmd
}

func (o *trainOptions) complete(args []string) error {
	o.message.Target = args[0]
	switch o.targetType {
	case "":
	case "environment":
		o.message.TargetType = api.TrainTarget_TRAIN_TARGET_ENVIRONMENT
	case "group":
		o.message.TargetType = api.TrainTarget_TRAIN_TARGET_ENVIRONMENT_GROUP
	default:
		return usagef("--target-type %q: choose environment or group", o.targetType)
	}
	return nil
}

func (o *trainOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_RunTrain{RunTrain: o.message}
	return o.execute(ctx, req)
}
