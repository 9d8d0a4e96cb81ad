// Package cli is the command line of Signalbox: the server's subcommands and the client's.
//
// Every command is options -> complete -> run: flags and arguments land in a struct, complete checks them and fills in what can be
// derived without asking anybody, run does the work. The kind of an error decides the exit code: 0 done, 1 refused, 2 usage,
// 3 unreachable.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
)

// Stdio is where a run reads and writes.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Run runs one command line and reports its error, if any, on Err. ExitCode tells what to exit with.
func Run(ctx context.Context, args []string, stdio Stdio) error {
	s := &session{Stdio: stdio}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(stdio.In)
	root.SetOut(stdio.Out)
	root.SetErr(stdio.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return nil
	}
	if !s.started {
		// cobra's own errors: unknown command, unknown flag, wrong number of arguments.
		err = &client.UsageError{Message: err.Error()}
	}
	s.report(err)
	return err
}

// Exit codes.
const (
	exitDone = iota
	exitRefused
	exitUsage
	exitUnreachable
)

// ExitCode is the process's exit code for what Run returned.
func ExitCode(err error) int {
	if err == nil {
		return exitDone
	}
	var usage *client.UsageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	var unreachable *client.UnreachableError
	if errors.As(err, &unreachable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return exitUnreachable
	}
	var p *problem.Error
	if errors.As(err, &p) {
		switch p.Kind {
		case problem.Unavailable, problem.Exhausted, problem.Unknown:
			return exitUnreachable
		}
	}
	return exitRefused
}

// usagef is a wrong call.
func usagef(format string, args ...any) error {
	return &client.UsageError{Message: fmt.Sprintf(format, args...)}
}

// options is a command's inside. complete must not talk to anybody.
type options interface {
	complete(args []string) error
	run(ctx context.Context) error
}

// spec is what cobra needs to know of a command beside its flags.
type spec struct {
	// use is the line as cobra wants it, such as "show APPLICATION [VERSION]".
	use, short, long, example string
	// args says what each positional argument names, for shell completion.
	args []arg
}

// arg is a positional argument.
type arg struct {
	kind     nameKind
	optional bool
	// many marks a last argument that may be given several times.
	many bool
}

// argsFit says that so many arguments may be given.
func (sp spec) argsFit(given int) bool {
	required, many := 0, false
	for _, a := range sp.args {
		if !a.optional {
			required++
		}
		many = many || a.many
	}
	return given >= required && (many || given <= len(sp.args))
}

// command ties options to cobra.
func (s *session) command(sp spec, o options) *cobra.Command {
	return &cobra.Command{
		Use:     sp.use,
		Short:   sp.short,
		Long:    sp.long,
		Example: sp.example,
		Args: func(cmd *cobra.Command, args []string) error {
			if !sp.argsFit(len(args)) {
				return usagef("expected: %s", cmd.UseLine())
			}
			return nil
		},
		ValidArgsFunction: s.completeArgs(sp.args),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.started = true
			if err := o.complete(args); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
}

// report says on Err what went wrong, and where the remedy is known, what to do. With --output json the detail goes to Out too.
func (s *session) report(err error) {
	var p *problem.Error
	if !errors.As(err, &p) {
		_, _ = fmt.Fprintf(s.Err, "signalbox: %v\n", err)
		return
	}
	var b strings.Builder
	message := p.Message
	if p.Field != "" {
		message = p.Field + ": " + message
	}
	fmt.Fprintf(&b, "signalbox: %s\n", message)
	if p.Rule != "" {
		fmt.Fprintf(&b, "  rule: %s\n", p.Rule)
	}
	for _, lock := range p.Detail.GetLocks() {
		fmt.Fprintf(&b, "  lock: %s\n", lockLine(lock))
	}
	if p.Detail.GetDiff() != "" {
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(p.Detail.Diff, "\n"))
	}
	if p.Remedy != "" {
		fmt.Fprintf(&b, "  to do: %s\n", p.Remedy)
	}
	if p.Kind == problem.Unknown && p.Detail.GetOperationId() != "" {
		fmt.Fprintf(&b, "  ask later: signalbox operation show %s\n", p.Detail.OperationId)
	}
	_, _ = io.WriteString(s.Err, b.String())
	if s.output != outputTable {
		_ = s.write(p.Proto())
	}
}
