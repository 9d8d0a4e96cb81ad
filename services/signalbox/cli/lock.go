package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// place is what a lock holds, as flags.
type place struct {
	environment, environmentGroup, application, team string
	global                                           bool
}

func (l *place) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&l.environment, "environment", "e", "", "environment that is locked")
	f.StringVarP(&l.application, "application", "a", "", "only this application in the environment")
	f.StringVar(&l.team, "team", "", "only this team's applications in the environment")
	f.StringVar(&l.environmentGroup, "environment-group", "", "every environment of this group")
	f.BoolVar(&l.global, "global", false, "everything")
}

// scope checks that the flags name exactly one thing.
func (l *place) scope() (api.LockScope, error) {
	switch {
	case l.global && l.environment+l.environmentGroup+l.application+l.team == "":
		return api.LockScope_LOCK_SCOPE_GLOBAL, nil
	case l.global:
		return 0, usagef("--global stands alone: it locks everything")
	case l.environmentGroup != "" && l.environment+l.application+l.team == "":
		return api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP, nil
	case l.environmentGroup != "":
		return 0, usagef("--environment-group stands alone: it locks every environment of the group")
	case l.environment == "":
		return 0, usagef("what is locked? Give --environment (and --application or --team), --environment-group or --global")
	case l.application != "" && l.team != "":
		return 0, usagef("--application and --team exclude each other")
	case l.application != "":
		return api.LockScope_LOCK_SCOPE_APPLICATION, nil
	case l.team != "":
		return api.LockScope_LOCK_SCOPE_TEAM, nil
	}
	return api.LockScope_LOCK_SCOPE_ENVIRONMENT, nil
}

type lockOptions struct {
	execution
	place
	expiresIn time.Duration
	message   *api.CreateLock
}

func newLock(s *session) *cobra.Command {
	o := &lockOptions{execution: execution{session: s}, message: &api.CreateLock{}}
	cmd := s.command(spec{
		use:   "lock ID",
		short: "Hold deployments back: in an environment, of an application or a team there, or in a group",
		example: `  signalbox lock pay-4711 --environment staging --message "payment errors, incident 4711"
  signalbox lock carts --environment production-de --application checkout --message "12 loses carts" --expires-in 4h`,
		args: []arg{{}},
	}, o)
	o.place.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.message.Message, "message", "", "why; shown to everyone whom the lock stops")
	f.StringVar(&o.message.CiLink, "ci-link", "", "address of the CI run")
	f.StringVar(&o.message.SuggestedLifetime, "suggested-lifetime", "", "hint for people, such as 4h, 2d, 1w; nothing happens when it is over")
	f.DurationVar(&o.expiresIn, "expires-in", 0, "end the lock by itself after this time")
	f.BoolVar(&o.message.Ahead, "ahead", false, "allow a lock on an application that has no release yet")
	o.execution.addFlags(cmd)
	return cmd
}

func (o *lockOptions) complete(args []string) (err error) {
	m := o.message
	if m.Scope, err = o.scope(); err != nil {
		return err
	}
	m.Id, m.Environment, m.EnvironmentGroup, m.Application, m.Team = args[0], o.environment, o.environmentGroup, o.application, o.team
	if o.expiresIn < 0 {
		return usagef("--expires-in %s lies in the past", o.expiresIn)
	}
	if o.expiresIn > 0 {
		m.ExpiresAt = timestamppb.New(time.Now().Add(o.expiresIn))
	}
	return nil
}

func (o *lockOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_CreateLock{CreateLock: o.message}
	return o.execute(ctx, req)
}

type unlockOptions struct {
	execution
	place
	message *api.DeleteLock
}

func newUnlock(s *session) *cobra.Command {
	o := &unlockOptions{execution: execution{session: s}, message: &api.DeleteLock{}}
	cmd := s.command(spec{
		use:   "unlock ID",
		short: "End a lock; a queued version goes with the next train or deployment",
		args:  []arg{{}},
	}, o)
	o.place.addFlags(cmd)
	o.execution.addFlags(cmd)
	return cmd
}

func (o *unlockOptions) complete(args []string) (err error) {
	m := o.message
	if m.Scope, err = o.scope(); err != nil {
		return err
	}
	m.Id, m.Environment, m.EnvironmentGroup, m.Application, m.Team = args[0], o.environment, o.environmentGroup, o.application, o.team
	return nil
}

func (o *unlockOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_DeleteLock{DeleteLock: o.message}
	return o.execute(ctx, req)
}

type locksOptions struct {
	*session
	in *api.ListLocksRequest
}

func newLocks(s *session) *cobra.Command {
	o := &locksOptions{session: s, in: &api.ListLocksRequest{PageSize: 500}}
	cmd := s.command(spec{use: "locks", short: "List locks, oldest first"}, o)
	f := cmd.Flags()
	f.StringVarP(&o.in.Environment, "environment", "e", "", "only locks in this environment")
	f.StringVarP(&o.in.Application, "application", "a", "", "only locks of this application")
	f.StringVar(&o.in.Team, "team", "", "only locks of this team")
	return cmd
}

func (o *locksOptions) complete([]string) error { return nil }

func (o *locksOptions) run(ctx context.Context) error {
	c, err := o.client()
	if err != nil {
		return err
	}
	list, err := c.Locks(ctx, o.in)
	if err != nil {
		return err
	}
	return o.show(list, func(p *printer) {
		if len(list.Locks) == 0 {
			p.line("no locks")
			return
		}
		p.head("id", "holds", "since", "by", "queued", "message")
		for _, l := range list.Locks {
			p.row(cell{l.Id, yellow}, lockPlace(l), timeText(l.CreatedAt), actorText(l.CreatedBy), l.HoldsBack, l.Message)
		}
	})
}
