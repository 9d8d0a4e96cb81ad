package serve

import (
	"maps"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Roles lists the members of each role by e-mail address; "*@example.com" is everybody of that domain. It is a flag's value, which adds what it
// is set to: "release-manager=anna@example.com,bo@example.com", several roles with ';' between them.
type Roles map[string][]string

// Set adds roles and members. The error is a *problem.Error.
func (r *Roles) Set(text string) error {
	if *r == nil {
		*r = Roles{}
	}
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, members, _ := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if err := manifestrepo.CheckTeam(name); err != nil {
			return problem.New(problem.Invalid, "%q cannot be the name of a role", name).
				Because("a role is named as a team is").Fix("write role=e-mail,e-mail").Wrap(err)
		}
		for member := range strings.SplitSeq(members, ",") {
			member = strings.TrimSpace(member)
			if !isMember(member) {
				return problem.New(problem.Invalid, "%q of role %s is no e-mail address", member, name).
					Because("members are told by e-mail address").Fix("write %s=anna@example.com,bo@example.com, or *@example.com for a whole domain", name)
			}
			if !slices.Contains((*r)[name], member) {
				(*r)[name] = append((*r)[name], member)
			}
		}
	}
	return nil
}

// isMember accepts "x@y" without spaces, and "*@y".
func isMember(text string) bool {
	name, domain, found := strings.Cut(text, "@")
	return found && name != "" && domain != "" && !strings.ContainsAny(domain, "@*") && (name == "*" || !strings.Contains(name, "*")) &&
		!strings.ContainsAny(text, " \t<>\"'=")
}

// String is the roles as Set takes them.
func (r *Roles) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(*r)) {
		parts = append(parts, name+"="+strings.Join((*r)[name], ","))
	}
	return strings.Join(parts, ";")
}

// Type is the form that the help shows.
func (r *Roles) Type() string { return "role=e-mail,..." }
