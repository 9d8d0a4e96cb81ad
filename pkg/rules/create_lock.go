package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// CreateLock: a person keeps deployments away, from one application in one environment up to everything everywhere.

// stopID is the id of the one global stop.
const stopID = "stop"

func checkCreateLock(m *api.CreateLock, _ *checking) error {
	if err := firstOf(
		checkLockPlace("create_lock", placeOfCreate(m)),
		lockHasMessage(m),
		checkText("create_lock.message", m.Message, maxLockMessage),
		checkURL("create_lock.ci_link", m.CiLink, "http", "https"),
		lifetimeIsReadable(m.SuggestedLifetime),
	); err != nil {
		return err
	}
	if m.ExpiresAt != nil && (m.ExpiresAt.CheckValid() != nil || m.ExpiresAt.AsTime().Year() < 1970) {
		return invalid("create_lock.expires_at", "the time is out of range").Because("an RFC 3339 time").Fix("write for example 2026-11-21T04:00:00Z")
	}
	if m.Ahead && m.Scope != api.LockScope_LOCK_SCOPE_APPLICATION {
		return invalid("create_lock.ahead", "ahead is given for %s", scopeWords(m.Scope)).
			Because("only an application lock may come before what it locks").Fix("leave it out")
	}
	return nil
}

// lockHasMessage: whoever meets the lock must learn why it is there. Application locks come from kuberpult's clients without one.
func lockHasMessage(m *api.CreateLock) error {
	if strings.TrimSpace(m.Message) != "" || m.Scope == api.LockScope_LOCK_SCOPE_APPLICATION {
		return nil
	}
	return invalid("create_lock.message", "the message is missing").Because("a lock says why it is there").Fix("give a message")
}

var lifetime = regexp.MustCompile(`\A[1-9][0-9]{0,3}[hdw]\z`)

func lifetimeIsReadable(text string) error {
	if text == "" || lifetime.MatchString(text) {
		return nil
	}
	return invalid("create_lock.suggested_lifetime", "%q is not a lifetime", shorten(text)).
		Because("a number of hours, days or weeks").Fix("write 4h, 2d or 1w")
}

func decideCreateLock(m *api.CreateLock, w *work) error {
	place := placeOfCreate(m)
	found, err := w.findPlace("create_lock", place, m.Ahead)
	if err != nil {
		return err
	}
	lock := manifestrepo.Lock{}
	old := found.locks[place.id]
	if old != nil && old.Broken == "" {
		lock = *old // keeps fields that Signalbox does not know
	}
	lock.Scope, lock.ID = manifestrepo.LockScope(place.scope), place.id
	lock.Environment, lock.Group, lock.Application, lock.Team = place.environment, place.group, place.application, place.team
	lock.Message, lock.CILink, lock.SuggestedLifetime, lock.ExpiresAt = m.Message, m.CiLink, m.SuggestedLifetime, time.Time{}
	if m.ExpiresAt != nil {
		lock.ExpiresAt = m.ExpiresAt.AsTime().UTC().Truncate(time.Second)
		if lock.Expired(w.now) {
			return invalid("create_lock.expires_at", "%s is over", lock.ExpiresAt.Format(time.RFC3339)).
				Because("a lock ends in the future").Fix("give a later time, or leave it out")
		}
	}
	verb := "Lock"
	if old != nil && old.Broken == "" && sameLock(old, &lock) {
		verb = "Keep lock on"
	} else if err := w.writeLock(&lock, old == nil && lock.Scope != manifestrepo.ScopeGlobal); err != nil {
		return err
	}
	w.result.Kind = &api.ActionResult_CreateLock{CreateLock: &api.LockResult{Locks: []*api.Lock{w.lockNow(&lock)}}}
	w.describeLock(verb, place)
	w.say("%s", m.Message)
	return nil
}

// sameLock reports whether asking again changes nothing; who asked first and when stays.
func sameLock(a, b *manifestrepo.Lock) bool {
	return a.Message == b.Message && a.CILink == b.CILink && a.SuggestedLifetime == b.SuggestedLifetime && a.ExpiresAt.Equal(b.ExpiresAt)
}

// writeLock writes a lock's file; isNew says that there is none.
func (w *work) writeLock(l *manifestrepo.Lock, isNew bool) error {
	l.CreatedBy, l.CreatedAt = w.ctx.Actor, w.now
	path := manifestrepo.LockPath(l)
	content, err := manifestrepo.EncodeLock(l)
	if l.Scope == manifestrepo.ScopeGlobal {
		if w.s.ProblemAt(path) != "" {
			return signalboxFileIsBroken()
		}
		content, err = w.s.EncodeSignalbox(l)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if isNew {
		w.create(path, content)
	} else {
		w.write(path, content)
	}
	w.happened(manifestrepo.Event{What: eventLocked, Application: l.Application, Environment: l.Environment, LockID: l.ID})
	return nil
}

func signalboxFileIsBroken() error {
	return problem.New(problem.Conflict, "%s cannot be read", manifestrepo.SignalboxPath).
		Because("a file that cannot be read is not rewritten").Fix("repair it in the manifest repo")
}

// lockNow is a lock with what it holds back.
func (w *work) lockNow(l *manifestrepo.Lock) *api.Lock {
	out := LockProto(l)
	for _, d := range w.under(l) {
		if d.Queued != nil {
			out.HoldsBack++
		}
	}
	return out
}

func (w *work) describeLock(verb string, p lockPlace) {
	w.message.Application, w.message.Environment = p.application, p.environment
	w.message.Subject = fmt.Sprintf("%s %s (%s)", verb, p, p.id)
	if p.scope == api.LockScope_LOCK_SCOPE_GLOBAL {
		w.message.Subject = verb + " everything"
	}
}

// applicationNamed gives deployments a name; a Deployment does not know its application.
type applicationNamed struct {
	application string
	*manifestrepo.Deployment
}

// under lists the deployments a lock holds, by environment and application.
func (w *work) under(l *manifestrepo.Lock) []applicationNamed {
	var envs []string
	switch l.Scope {
	case manifestrepo.ScopeGlobal:
		envs = environmentNames(w.s)
	case manifestrepo.ScopeGroup:
		if group := w.s.Group(l.Group); group != nil {
			envs = group.Environments
		}
	default:
		envs = []string{l.Environment}
	}
	var out []applicationNamed
	for _, app := range w.s.Applications() {
		if l.Application != "" && app.Name != l.Application || l.Team != "" && app.Team != l.Team {
			continue
		}
		for _, env := range envs {
			if d := app.Deployments[env]; d != nil {
				out = append(out, applicationNamed{app.Name, d})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b applicationNamed) int { return strings.Compare(a.Environment, b.Environment) })
	return out
}
