package cli

import (
	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newHold(s *session) *cobra.Command {
	return s.writing(spec{
		use:   "hold APPLICATION ENVIRONMENT --reason WHY",
		short: "Keep releases and trains away from what an application runs in an environment",
		long: `Sets a hold: the next release and the next train leave the application alone there, until somebody ends the hold (signalbox resume)
or deploys a newer version by hand. Deploying an older version sets one by itself.`,
		example: `  signalbox hold checkout production-de --reason "measuring 12 over the weekend"`,
		args:    []arg{{kind: applicationName}, {kind: environmentName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		if req.Reason == "" {
			return usagef("--reason is missing: a hold says why it is there")
		}
		req.Kind = &api.ExecuteRequest_Hold{Hold: &api.Hold{Application: args[0], Environment: args[1]}}
		return nil
	})
}

func newResume(s *session) *cobra.Command {
	return s.writing(spec{
		use:     "resume APPLICATION ENVIRONMENT",
		short:   "End a hold; the next release or train moves the application again",
		example: `  signalbox resume checkout production-de`,
		args:    []arg{{kind: applicationName}, {kind: environmentName}},
	}, func(args []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_Resume{Resume: &api.Resume{Application: args[0], Environment: args[1]}}
		return nil
	})
}
