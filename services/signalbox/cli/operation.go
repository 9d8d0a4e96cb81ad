package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

func newOperation(s *session) *cobra.Command {
	return group("operation", "Ask how a command ended", newOperationShow(s))
}

type operationShowOptions struct {
	*session
	id       string
	patience time.Duration
}

func newOperationShow(s *session) *cobra.Command {
	o := &operationShowOptions{session: s}
	cmd := s.command(spec{
		use:     "show ID",
		short:   "Show whether a command is pending, done, refused, or its outcome unknown",
		example: "  signalbox operation show op-8a23452b514c1c1ea6badc99be3510b8 --until-settled 1m",
		args:    []arg{{}},
	}, o)
	cmd.Flags().DurationVar(&o.patience, "until-settled", 0, "wait up to this long until it is done or refused")
	return cmd
}

func (o *operationShowOptions) complete(args []string) error {
	o.id = args[0]
	return nil
}

func (o *operationShowOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	if o.patience > 0 {
		ctx, cancel := context.WithTimeout(ctx, o.patience)
		defer cancel()
		over := o.waiting("waiting for operation " + o.id)
		op, err := c.Settle(ctx, o.id)
		over()
		if op == nil {
			return err
		}
		if err != nil {
			return err
		}
		return o.show(op, func(p *printer) { printOperation(p, op, false) })
	}
	op, err := c.Operation(ctx, o.id)
	if err != nil {
		return err
	}
	return o.show(op, func(p *printer) { printOperation(p, op, false) })
}
