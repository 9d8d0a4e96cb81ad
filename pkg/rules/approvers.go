package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Who may approve. People are known by their e-mail address; roles are the operator's setting.

// rolePrefix begins those who may approve by their role.
const rolePrefix = "role:"

// MayApprove is the rule of who may approve a request: whom the environment's config names, by e-mail address or role, and with notAuthor
// neither who asked nor who wrote or posted a release in it. An environment whose config asks for no approval any more lets everybody. Nil
// means that who may; the error is a *problem.Error of kind denied. Whether the request can be approved at all is another question.
func MayApprove(p Policy, s *manifestrepo.Snapshot, request *manifestrepo.Approval, who manifestrepo.Actor) error {
	env := s.Environment(request.Environment)
	if env == nil || env.Config.Approval == nil {
		return nil
	}
	rule := env.Config.Approval
	denied := func(message string, args ...any) *problem.Error {
		return problem.New(problem.Denied, message, args...).Because(fmt.Sprintf("%s is approved by %s", env.Name, approversWords(p, rule))).
			Fix("ask somebody who may")
	}
	if len(rule.By) > 0 && !slices.ContainsFunc(rule.By, func(by string) bool { return p.stands(by, who.Email) }) {
		return denied("%s may not approve in %s", nameOf(who), env.Name)
	}
	if !rule.NotAuthor {
		return nil
	}
	if strings.TrimSpace(who.Email) == "" {
		return denied("nobody knows who approves: there is no e-mail address").Fix("say who you are")
	}
	if sameMail(request.CreatedBy.Email, who.Email) {
		return denied("%s asked for it", nameOf(who))
	}
	for _, c := range request.Changes {
		if app := s.Application(c.Application); app != nil {
			if r := app.Release(c.Version); r != nil && wrote(r, who.Email) {
				return denied("release %d of %s is by %s", c.Version, c.Application, nameOf(who))
			}
		}
	}
	return nil
}

// approversWords says who may approve. A role is told with its members.
func approversWords(p Policy, rule *manifestrepo.ApprovalRule) string {
	words := "anybody"
	if len(rule.By) > 0 {
		var who []string
		for _, by := range rule.By {
			role, isRole := strings.CutPrefix(by, rolePrefix)
			switch members := p.Roles[role]; {
			case !isRole:
				who = append(who, by)
			case len(members) == 0:
				who = append(who, fmt.Sprintf("role %s (nobody has it)", role))
			default:
				who = append(who, fmt.Sprintf("role %s (%s)", role, listed(members)))
			}
		}
		words = listed(who)
	}
	if rule.NotAuthor {
		words += ", but not by who asked or wrote a release"
	}
	return words
}

// warnOfEmptyRoles tells who sets up an approval that nobody can give it by a role; who has a role is a setting of the server.
func (c *checking) warnOfEmptyRoles(config []byte) {
	parsed, err := manifestrepo.ParseConfig(config, config)
	if err != nil || parsed.Approval == nil {
		return // Decide says what is wrong with it
	}
	for _, by := range parsed.Approval.By {
		if role, isRole := strings.CutPrefix(by, rolePrefix); isRole && len(c.policy.Roles[role]) == 0 {
			c.out.Warnings = append(c.out.Warnings, fmt.Sprintf("nobody has the role %s: start the server with --role %s=anna@example.com", role, role))
		}
	}
}

// stands reports whether an entry of approval.by stands for an e-mail address.
func (p Policy) stands(by, email string) bool {
	role, isRole := strings.CutPrefix(by, rolePrefix)
	if !isRole {
		return sameMail(by, email)
	}
	return slices.ContainsFunc(p.Roles[role], func(member string) bool { return sameMail(member, email) })
}

// sameMail compares without case, and without spaces around it; "*@example.com" is everybody of that domain. Nobody is the same as nobody.
func sameMail(pattern, email string) bool {
	pattern, email = strings.TrimSpace(pattern), strings.TrimSpace(email)
	if domain, ok := strings.CutPrefix(pattern, "*"); ok && strings.HasPrefix(domain, "@") {
		at := strings.LastIndexByte(email, '@')
		return at > 0 && strings.EqualFold(email[at:], domain)
	}
	return email != "" && strings.EqualFold(pattern, email)
}

// wrote reports whether a release is somebody's: its source commit's author, or who posted it.
func wrote(r *manifestrepo.Release, email string) bool {
	_, author, _ := strings.Cut(r.Author, "<")
	return sameMail(strings.TrimSuffix(author, ">"), email) || sameMail(r.CreatedBy.Email, email)
}

// nameOf names a person or machine.
func nameOf(who manifestrepo.Actor) string {
	switch {
	case who.Name == "" && who.Email == "":
		return "somebody without a name"
	case who.Email == "":
		return who.Name
	case who.Name == "":
		return who.Email
	}
	return fmt.Sprintf("%s <%s>", who.Name, who.Email)
}
