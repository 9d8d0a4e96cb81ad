package cli

import (
	"context"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// stopID is the id of the one lock that holds everything.
const stopID = "stop"

type stopOptions struct {
	execution
	lockFacts
}

func newStop(s *session) *cobra.Command {
	o := &stopOptions{execution: execution{session: s}, lockFacts: lockFacts{message: &api.CreateLock{
		Scope: api.LockScope_LOCK_SCOPE_GLOBAL, Id: stopID,
	}}}
	cmd := s.command(spec{
		use:     "stop",
		short:   "Hold every deployment back, everywhere, until somebody says go",
		long:    "Stops the whole line: nothing is deployed anywhere, what would be is queued. What runs, runs on.",
		example: `  signalbox stop --message "data centre on fire" --expires 2h`,
	}, o)
	o.lockFacts.addFlags(cmd)
	o.execution.addFlags(cmd)
	return cmd
}

func (o *stopOptions) complete([]string) error { return o.lockFacts.complete() }

func (o *stopOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_CreateLock{CreateLock: o.message}
	return o.execute(ctx, req)
}

func newGo(s *session) *cobra.Command {
	return s.writing(spec{
		use:   "go",
		short: "End the stop; what is queued goes with the next train, with a deployment, or with queue release",
		example: `  signalbox go --reason "the fire is out"
  signalbox queue release --all`,
	}, func(_ []string, req *api.ExecuteRequest) error {
		req.Kind = &api.ExecuteRequest_DeleteLock{DeleteLock: &api.DeleteLock{Scope: api.LockScope_LOCK_SCOPE_GLOBAL, Id: stopID}}
		return nil
	})
}
