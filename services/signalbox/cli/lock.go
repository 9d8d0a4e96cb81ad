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
}

func (l *place) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&l.environment, "environment", "e", "", "environment that is locked")
	f.StringVarP(&l.application, "application", "a", "", "only this application in the environment")
	f.StringVar(&l.team, "team", "", "only this team's applications in the environment")
	f.StringVar(&l.environmentGroup, "environment-group", "", "every environment of this group")
}

// scope checks that the flags name exactly one thing.
func (l *place) scope() (api.LockScope, error) {
	switch {
	case l.environmentGroup != "" && l.environment+l.application+l.team == "":
		return api.LockScope_LOCK_SCOPE_ENVIRONMENT_GROUP, nil
	case l.environmentGroup != "":
		return 0, usagef("--environment-group stands alone: it locks every environment of the group")
	case l.environment == "":
		return 0, usagef("what is locked? Give --environment (and --application or --team) or --environment-group; everything is locked by: signalbox stop")
	case l.application != "" && l.team != "":
		return 0, usagef("--application and --team exclude each other")
	case l.application != "":
		return api.LockScope_LOCK_SCOPE_APPLICATION, nil
	case l.team != "":
		return api.LockScope_LOCK_SCOPE_TEAM, nil
	}
	return api.LockScope_LOCK_SCOPE_ENVIRONMENT, nil
}

// lockFacts are the flags that every lock and the stop have.
type lockFacts struct {
	expires string
	message *api.CreateLock
}

func (l *lockFacts) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.message.Message, "message", "", "why; shown to everyone whom it stops")
	f.StringVar(&l.message.CiLink, "ci-link", "", "address of the CI run")
	f.StringVar(&l.message.SuggestedLifetime, "suggested-lifetime", "", "hint for people, such as 4h, 2d, 1w; nothing happens when it is over")
	f.StringVar(&l.expires, "expires", "", "when it ends by itself: 4h, 2d, 1w from now, 2026-11-20T18:00 or RFC 3339")
}

func (l *lockFacts) complete() error {
	if l.expires == "" {
		return nil
	}
	now := time.Now()
	at, err := parseAhead("--expires", l.expires, now)
	if err != nil {
		return err
	}
	if !at.After(now) {
		return usagef("--expires %s lies in the past", l.expires)
	}
	l.message.ExpiresAt = timestamppb.New(at)
	return nil
}

type lockOptions struct {
	execution
	place
	lockFacts
}

func newLock(s *session) *cobra.Command {
	o := &lockOptions{execution: execution{session: s}, lockFacts: lockFacts{message: &api.CreateLock{}}}
	cmd := s.command(spec{
		use:   "lock ID",
		short: "Hold deployments back: in an environment, of an application or a team there, or in a group",
		example: `  signalbox lock pay-4711 --environment staging --message "payment errors, incident 4711"
  signalbox lock carts --environment production-de --application checkout --message "12 loses carts" --expires 4h`,
		args: []arg{{}},
	}, o)
	o.place.addFlags(cmd)
	o.lockFacts.addFlags(cmd)
	cmd.Flags().BoolVar(&o.message.Ahead, "ahead", false, "allow a lock on an application that has no release yet")
	o.execution.addFlags(cmd)
	return cmd
}

func (o *lockOptions) complete(args []string) (err error) {
	m := o.message
	if m.Scope, err = o.scope(); err != nil {
		return err
	}
	m.Id, m.Environment, m.EnvironmentGroup, m.Application, m.Team = args[0], o.environment, o.environmentGroup, o.application, o.team
	return o.lockFacts.complete()
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
	locks []*api.DeleteLock
}

func newUnlock(s *session) *cobra.Command {
	o := &unlockOptions{execution: execution{session: s}}
	cmd := s.command(spec{
		use:   "unlock ID...",
		short: "End locks; what is queued goes with the next train, with a deployment, or with queue release",
		long:  "Ends one lock, or several of one place as one commit: all or none.",
		example: `  signalbox unlock pay-4711 --environment staging
  signalbox unlock carts prices --environment production-de --application checkout`,
		args: []arg{{kind: lockID, many: true}},
	}, o)
	o.place.addFlags(cmd)
	o.execution.addFlags(cmd)
	return cmd
}

func (o *unlockOptions) complete(args []string) error {
	scope, err := o.scope()
	if err != nil {
		return err
	}
	for _, id := range args {
		o.locks = append(o.locks, &api.DeleteLock{
			Scope: scope, Id: id, Environment: o.environment, EnvironmentGroup: o.environmentGroup, Application: o.application, Team: o.team,
		})
	}
	return nil
}

func (o *unlockOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	if len(o.locks) == 1 {
		req.Kind = &api.ExecuteRequest_DeleteLock{DeleteLock: o.locks[0]}
		return o.execute(ctx, req)
	}
	batch := &api.Batch{}
	for _, lock := range o.locks {
		batch.Actions = append(batch.Actions, &api.Action{Kind: &api.Action_DeleteLock{DeleteLock: lock}})
	}
	req.Kind = &api.ExecuteRequest_Batch{Batch: batch}
	return o.execute(ctx, req)
}

type locksOptions struct {
	*session
	in *api.ListLocksRequest
}

func newLocks(s *session) *cobra.Command {
	o := &locksOptions{session: s, in: &api.ListLocksRequest{PageSize: 500}}
	cmd := s.command(spec{
		use:     "locks",
		short:   "List locks and the stop, oldest first",
		example: `  signalbox locks --environment production-de`,
	}, o)
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
		p.head("id", "holds", "since", "by", "ends", "queued", "message")
		for _, l := range list.Locks {
			p.row(cell{l.Id, yellow}, lockPlace(l), timeText(l.CreatedAt), actorText(l.CreatedBy), lockEnds(l), l.HoldsBack, l.Message)
		}
	})
}

// lockEnds is when a lock ends by itself, or how long it was meant to be.
func lockEnds(l *api.Lock) string {
	if l.ExpiresAt.IsValid() || l.SuggestedLifetime == "" {
		return timeText(l.ExpiresAt)
	}
	return "- (meant for " + l.SuggestedLifetime + ")"
}
