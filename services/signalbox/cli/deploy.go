package cli

import (
	"context"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type deployOptions struct {
	execution
	onLock  string
	message *api.Deploy
}

func newDeploy(s *session) *cobra.Command {
	o := &deployOptions{execution: execution{session: s}, message: &api.Deploy{}}
	cmd := s.command(spec{
		use:   "deploy APPLICATION ENVIRONMENT VERSION",
		short: "Make a version what should run in an environment",
		long: `Makes a version what should run in an environment; an older one too. VERSION is a number, or "newest".

When a lock holds the environment or the application: --on-lock record queues the version (a later train or deployment takes
it), fail refuses, ignore deploys anyway and demands a --reason.`,
		example: `  signalbox deploy checkout staging 12
  signalbox deploy checkout production-de 11 --on-lock ignore --reason "12 loses carts"`,
		args: []arg{{kind: applicationName}, {kind: environmentName}, {}},
	}, o)
	cmd.Flags().StringVar(&o.onLock, "on-lock", "record", "record, fail or ignore")
	o.addFlags(cmd)
	return cmd
}

func (o *deployOptions) complete(args []string) (err error) {
	o.message.Application, o.message.Environment = args[0], args[1]
	if o.message.Version, err = parseVersion(args[2]); err != nil {
		return err
	}
	switch o.onLock {
	case "record":
		o.message.LockBehavior = api.LockBehavior_LOCK_BEHAVIOR_RECORD
	case "fail":
		o.message.LockBehavior = api.LockBehavior_LOCK_BEHAVIOR_FAIL
	case "ignore":
		o.message.LockBehavior = api.LockBehavior_LOCK_BEHAVIOR_IGNORE
		if o.reason == "" {
			return usagef("--on-lock ignore demands a --reason: it stands in the history")
		}
	default:
		return usagef("--on-lock %q: choose record, fail or ignore", o.onLock)
	}
	return nil
}

func (o *deployOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	if o.message.Version == 0 {
		if err := o.findNewest(ctx); err != nil {
			return err
		}
	}
	req.Kind = &api.ExecuteRequest_Deploy{Deploy: o.message}
	return o.execute(ctx, req)
}

// findNewest pins "newest" to a number once, so that a retry cannot deploy another version.
func (o *deployOptions) findNewest(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	r, err := c.Release(ctx, o.message.Application, 0)
	if err != nil {
		return err
	}
	o.message.Version = r.Version
	return nil
}
