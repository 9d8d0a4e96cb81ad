package cli

import (
	"context"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

type deployOptions struct {
	execution
	onLock  string
	preview bool
	message *api.Deploy
}

func newDeploy(s *session) *cobra.Command {
	o := &deployOptions{execution: execution{session: s}, message: &api.Deploy{}}
	cmd := s.command(spec{
		use:   "deploy APPLICATION ENVIRONMENT VERSION",
		short: "Make a version what should run in an environment",
		long: `Makes a version what should run in an environment; an older one too. VERSION is a number, or "newest".

An older version than what runs sets a hold, so that neither the next release nor the next train undoes it: signalbox resume ends
the hold, and so does deploying a newer version. --no-hold deploys it without one.

When a lock or a freeze holds the environment or the application: --on-lock record queues the version, fail refuses, ignore breaks the
glass: it deploys anyway and demands a --reason. Nothing goes around an approval.`,
		example: `  signalbox deploy checkout staging 12
  signalbox deploy checkout production-de 13 --preview
  signalbox deploy checkout production-de 12 --reason "13 loses carts"
  signalbox deploy checkout production-de 14 --on-lock ignore --reason "the fix, in spite of the freeze"`,
		args: []arg{{kind: applicationName}, {kind: environmentName}, {}},
	}, o)
	cmd.Flags().StringVar(&o.onLock, "on-lock", "record", "what to do when a lock or a freeze holds it: record, fail or ignore")
	cmd.Flags().BoolVar(&o.message.NoHold, "no-hold", false, "deploy an older version without a hold: the next release or train moves on")
	cmd.Flags().BoolVar(&o.preview, "preview", false, "only show what it would do: releases and changes of manifests, and what it changes for the next trains")
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
	if o.preview {
		return o.session.preview(ctx, &api.GetPreviewRequest{Deploy: o.message, Reason: o.reason}, true)
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
