package rules

import (
	"fmt"
	"slices"
	"strings"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// CreateReleaseSet: what runs together in an environment gets a name, so that it can be compared and promoted as a unit. A set never changes.
// DeleteReleaseSet forgets it; what runs stays.

func checkCreateReleaseSet(m *api.CreateReleaseSet, _ *checking) error {
	return firstOf(
		at("create_release_set.name", manifestrepo.CheckReleaseSet(m.Name)),
		at("create_release_set.environment", manifestrepo.CheckEnvironment(m.Environment)),
		checkText("create_release_set.message", m.Message, maxLockMessage),
		teamIsAName("create_release_set.team", m.Team),
	)
}

func decideCreateReleaseSet(m *api.CreateReleaseSet, w *work) error {
	env, err := findEnvironment(w.s, "create_release_set.environment", m.Environment)
	if err != nil {
		return err
	}
	if err := releaseSetIsNew(w.s, m.Name); err != nil {
		return err
	}
	set := &manifestrepo.ReleaseSet{
		Name: m.Name, Environment: env.Name, Message: strings.TrimSpace(m.Message), CreatedAt: w.now, CreatedBy: w.ctx.Actor,
	}
	if set.Versions, err = versionsIn(w.s, env.Name, m.Team); err != nil {
		return err
	}
	if len(set.Versions) == 0 {
		return nothingRuns(w.s, m)
	}
	path := manifestrepo.ReleaseSetPath(set.Name)
	content, err := manifestrepo.EncodeReleaseSet(set)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if len(content) > manifestrepo.MaxFile {
		return problem.New(problem.TooLarge, "the release set has %d applications", len(set.Versions)).At("create_release_set.environment").
			Because(fmt.Sprintf("its file has at most %d bytes", manifestrepo.MaxFile)).Fix("make one for each team")
	}
	w.create(path, content)
	w.happened(manifestrepo.Event{What: eventReleaseSetCreated, Environment: env.Name, ID: set.Name})
	w.result.Kind = &api.ActionResult_CreateReleaseSet{CreateReleaseSet: ReleaseSetProto(set)}
	w.message.Environment = env.Name
	w.message.Subject = fmt.Sprintf("Release set %s: %s of %s", set.Name, counted(len(set.Versions), "application"), env.Name)
	if m.Team != "" {
		w.message.Subject += ", team " + m.Team
	}
	if set.Message != "" {
		w.say("%s", set.Message)
	}
	return nil
}

// releaseSetIsNew: a name means the same versions for ever.
func releaseSetIsNew(s *manifestrepo.Snapshot, name string) error {
	old := s.ReleaseSet(name)
	if old == nil {
		return nil
	}
	words := fmt.Sprintf("there is a release set %q", name)
	if !old.CreatedAt.IsZero() {
		words += " since " + old.CreatedAt.Format("2006-01-02 15:04 MST")
	}
	return problem.New(problem.Conflict, "%s", words).At("create_release_set.name").
		Because("a release set is not replaced: its name means the same versions for ever").Fix("choose another name, or delete it first")
}

// versionsIn is what runs in an environment, by application. A deployment that cannot be read would be missing without a word.
func versionsIn(s *manifestrepo.Snapshot, env, team string) (map[string]uint64, error) {
	versions := map[string]uint64{}
	for _, app := range s.Applications() {
		d := app.Deployments[env]
		if d == nil || team != "" && app.Team != team {
			continue
		}
		if d.Broken != "" {
			return nil, problem.New(problem.Conflict, "%s cannot be read: %s", manifestrepo.DeploymentPath(env, app.Name), d.Broken).
				At("create_release_set.environment").Because("a release set is complete").Fix("repair that file in the manifest repo")
		}
		if d.Version != 0 {
			versions[app.Name] = d.Version
		}
	}
	return versions, nil
}

func nothingRuns(s *manifestrepo.Snapshot, m *api.CreateReleaseSet) error {
	const rule = "a release set has at least one application"
	if m.Team == "" {
		return problem.New(problem.Conflict, "nothing runs in %s", m.Environment).At("create_release_set.environment").
			Because(rule).Fix("deploy something there first")
	}
	fix := "leave the team out, or deploy something of it first"
	if teams := s.Teams(); !slices.Contains(teams, m.Team) {
		fix = didYouMean(m.Team, teams, fix)
	}
	return problem.New(problem.Conflict, "nothing of team %s runs in %s", m.Team, m.Environment).At("create_release_set.team").
		Because(rule).Fix("%s", fix)
}

func checkDeleteReleaseSet(m *api.DeleteReleaseSet, _ *checking) error {
	return at("delete_release_set.name", manifestrepo.CheckReleaseSet(m.Name))
}

func decideDeleteReleaseSet(m *api.DeleteReleaseSet, w *work) error {
	set, err := findReleaseSet(w.s, "delete_release_set.name", m.Name)
	if err != nil {
		return err
	}
	w.delete(manifestrepo.ReleaseSetPath(set.Name))
	w.happened(manifestrepo.Event{What: eventReleaseSetDeleted, Environment: set.Environment, ID: set.Name})
	w.result.Kind = &api.ActionResult_DeleteReleaseSet{DeleteReleaseSet: ReleaseSetProto(set)}
	w.message.Environment = set.Environment
	w.message.Subject = "Delete release set " + set.Name
	return nil
}

// findReleaseSet is the rule that a release set exists.
func findReleaseSet(s *manifestrepo.Snapshot, field, name string) (*manifestrepo.ReleaseSet, error) {
	if set := s.ReleaseSet(name); set != nil {
		return set, nil
	}
	var names []string
	for _, set := range s.ReleaseSets() {
		names = append(names, set.Name)
	}
	return nil, problem.New(problem.NotFound, "there is no release set %q", name).At(field).Because("the release set exists").
		Fix("%s", didYouMean(name, names, "create it first"))
}

// ReleaseSetProto is a release set as the API hands it out. Its versions are shared with the snapshot: do not change them.
func ReleaseSetProto(set *manifestrepo.ReleaseSet) *api.ReleaseSet {
	return &api.ReleaseSet{
		Name: set.Name, Environment: set.Environment, Message: set.Message, CreatedBy: actorProto(set.CreatedBy), CreatedAt: timeProto(set.CreatedAt),
		Versions: set.Versions, Applications: int32(len(set.Versions)), Problem: set.Broken,
	}
}
