package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// execution is how a command is carried out: the flags that all writing commands share.
type execution struct {
	*session
	reason, wait, idempotencyKey string
	dryRun                       bool
	timeout                      time.Duration
}

func (e *execution) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.reason, "reason", "", "why you do it; stands in the history")
	f.StringVar(&e.wait, "wait", "pushed", "answer when the command is accepted (on stable storage) or pushed (in the manifest repo)")
	f.DurationVar(&e.timeout, "timeout", time.Minute, "how long to wait for the outcome, at most 10m")
	f.BoolVar(&e.dryRun, "dry-run", false, "decide and answer, write nothing")
	f.StringVar(&e.idempotencyKey, "idempotency-key", "", "same key and same command within 24 h: done once (default: a new key for each run)")
}

// request checks the shared flags and starts the request.
func (e *execution) request() (*api.ExecuteRequest, error) {
	req := &api.ExecuteRequest{
		Reason:         e.reason,
		IdempotencyKey: e.idempotencyKey,
		DryRun:         e.dryRun,
		Timeout:        durationpb.New(e.timeout),
	}
	switch e.wait {
	case "accepted":
		req.Wait = api.Wait_WAIT_ACCEPTED
	case "pushed":
		req.Wait = api.Wait_WAIT_PUSHED
	default:
		return nil, usagef("--wait %q: choose accepted or pushed", e.wait)
	}
	if e.timeout <= 0 || e.timeout > 10*time.Minute {
		return nil, usagef("--timeout %s: choose more than 0 and at most 10m", e.timeout)
	}
	return req, nil
}

// execute sends the request and prints its outcome.
func (e *execution) execute(ctx context.Context, req *api.ExecuteRequest) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	// The server answers within the timeout; the rest is for the way there and for settling an unknown outcome.
	ctx, cancel := context.WithTimeout(ctx, e.timeout+30*time.Second)
	defer cancel()
	over := e.waiting("waiting for the manifest repo")
	op, err := c.Execute(ctx, req)
	over()
	if err != nil {
		return err
	}
	return e.show(op, func(p *printer) { printOperation(p, op, e.dryRun) })
}

// writing is a command that needs nothing but its arguments and flags.
type writing struct {
	execution
	// fill checks the arguments and puts the command into the request, which has the shared flags already.
	fill func(args []string, req *api.ExecuteRequest) error
	req  *api.ExecuteRequest
}

// writing makes such a command.
func (s *session) writing(sp spec, fill func(args []string, req *api.ExecuteRequest) error) *cobra.Command {
	o := &writing{execution: execution{session: s}, fill: fill}
	cmd := s.command(sp, o)
	o.addFlags(cmd)
	return cmd
}

func (o *writing) complete(args []string) (err error) {
	if o.req, err = o.request(); err != nil {
		return err
	}
	return o.fill(args, o.req)
}

func (o *writing) run(ctx context.Context) error { return o.execute(ctx, o.req) }
