package rules

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// standing gives the locks that hold now, by id. An expired lock holds nothing; one whose file cannot be read holds.
func standing(locks map[string]*manifestrepo.Lock, now time.Time) []*manifestrepo.Lock {
	var out []*manifestrepo.Lock
	for _, l := range locks {
		if !l.Expired(now) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b *manifestrepo.Lock) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// environmentLocks are those that hold every application of an environment: its own, its group's, the global stop.
func environmentLocks(s *manifestrepo.Snapshot, env *manifestrepo.Environment, now time.Time) []*manifestrepo.Lock {
	out := standing(env.Locks, now)
	if group := s.Group(env.GroupName()); group != nil {
		out = append(out, standing(group.Locks, now)...)
	}
	if stop := s.Stop(); stop != nil && !stop.Expired(now) {
		out = append(out, stop)
	}
	return out
}

// lockWords names a lock for a person.
func lockWords(l *manifestrepo.Lock) string {
	if l.Scope == manifestrepo.ScopeGlobal {
		return l.Scope.String()
	}
	return l.Scope.String() + " " + l.ID
}

// lockList names several.
func lockList(locks []*manifestrepo.Lock) string {
	words := make([]string, len(locks))
	for i, l := range locks {
		words[i] = lockWords(l)
	}
	return listed(words)
}

// LockProto is a lock as the API hands it out, without what it holds back.
func LockProto(l *manifestrepo.Lock) *api.Lock {
	message := l.Message
	if l.Broken != "" {
		message = "(its file cannot be read: " + l.Broken + ")"
	}
	return &api.Lock{
		Id: l.ID, Scope: api.LockScope(l.Scope),
		Environment: l.Environment, EnvironmentGroup: l.Group, Application: l.Application, Team: l.Team,
		Message: message, CiLink: l.CILink, SuggestedLifetime: l.SuggestedLifetime,
		CreatedBy: actorProto(l.CreatedBy),
		CreatedAt: timeProto(l.CreatedAt), ExpiresAt: timeProto(l.ExpiresAt),
	}
}

func lockProtos(locks []*manifestrepo.Lock) []*api.Lock {
	var out []*api.Lock
	for _, l := range locks {
		out = append(out, LockProto(l))
	}
	return out
}

func actorProto(a manifestrepo.Actor) *api.Actor {
	if a == (manifestrepo.Actor{}) {
		return nil
	}
	return &api.Actor{Name: a.Name, Email: a.Email}
}

func timeProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
