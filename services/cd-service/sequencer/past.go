package sequencer

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// resolvedFor is how long a revision means what it meant when its command came in. A command is decided soon after, and may be decided
// again; the writer is not to wait for the remote each time.
const resolvedFor = time.Minute

// maxRevisions is how many past states one command names.
const maxRevisions = 32

// past remembers what revisions mean and what environments ran.
type past struct {
	revisions *lru.Cache[string, resolved]
	versions  *lru.Cache[pastKey, map[string]uint64]
}

// resolved is what a revision meant at a time: a commit, or why it means none.
type resolved struct {
	commit gitstore.Hash
	err    *problem.Error
	at     time.Time
}

// pastKey names an environment at a commit, which never changes.
type pastKey struct {
	commit      gitstore.Hash
	environment string
}

func newPast() (*past, error) {
	revisions, err := lru.New[string, resolved](256)
	if err != nil {
		return nil, err
	}
	versions, err := lru.New[pastKey, map[string]uint64](64)
	return &past{revisions: revisions, versions: versions}, err
}

// Past gives what an environment ran at a commit or tag of main, by application; nil when there was no such environment. Applications
// whose deployment.json could not be read are not in it.
func (c *content) Past(revision, environment string) (map[string]uint64, error) {
	commit, err := c.revision(revision)
	if err != nil {
		return nil, err
	}
	key := pastKey{commit, environment}
	versions, known := c.s.past.versions.Get(key)
	if !known {
		if versions, err = c.s.ran(c.ctx, key); err == nil {
			c.s.past.versions.Add(key, versions)
		}
	}
	if err == nil {
		// Whoever asks wants to deploy them: nobody could know beforehand.
		err = c.prefetchReleases(c.s.repo.View().Snapshot, releasesOf(versions))
	}
	if err != nil {
		return nil, problem.New(problem.Unavailable, "what %s ran at commit %s cannot be read now", environment, commit).Fix("try again").Wrap(err)
	}
	return versions, nil
}

func releasesOf(versions map[string]uint64) []rules.ReleaseKey {
	keys := make([]rules.ReleaseKey, 0, len(versions))
	for app, version := range versions {
		keys = append(keys, rules.ReleaseKey{Application: app, Version: version})
	}
	return keys
}

// revision gives the commit that a revision means to the commands of this content.
func (c *content) revision(revision string) (gitstore.Hash, error) {
	if commit, ok := c.revisions[revision]; ok {
		return commit, nil
	}
	known, ok := c.s.past.revisions.Get(revision)
	if !ok || c.s.clock.Now().Sub(known.at) >= resolvedFor {
		var err error
		if known, err = c.s.lookUp(c.ctx, revision); err != nil {
			return gitstore.Hash{}, err
		}
	}
	if known.err != nil {
		return gitstore.Hash{}, known.err
	}
	c.revisions[revision] = known.commit
	return known.commit, nil
}

// lookBack reads, before a command waits for the writer, what the writer will ask of the past: the writer is to wait neither for the remote
// nor for thousands of small files. It decides the command for that; a refusal that comes of it is told when the command is decided in its turn.
// A command that was accepted by an earlier process does not hold up the start.
func (s *Sequencer) lookBack(ctx context.Context, r Request) error {
	revisions := revisionsOf(r.Checked)
	if len(revisions) > maxRevisions && !r.Journaled {
		return problem.New(problem.TooLarge, "the command names %d past states", len(revisions)).At("batch.actions").
			Because(fmt.Sprintf("each tag is asked for where the manifest repo is; a command names at most %d", maxRevisions)).Fix("send several batches")
	}
	if len(revisions) > 0 && !r.Journaled {
		_, _ = s.Decide(ctx, r)
	}
	return nil
}

// lookUpAll asks anew what the revisions mean that a command names. What cannot be found out is told when it is decided.
func (s *Sequencer) lookUpAll(ctx context.Context, command *rules.Checked) {
	for _, revision := range revisionsOf(command) {
		_, _ = s.lookUp(ctx, revision)
	}
}

// revisionsOf lists the revisions that a command names.
func revisionsOf(command *rules.Checked) []string {
	var all []string
	if revision := command.Action.GetRunTrain().GetSource().GetRevision(); revision != "" {
		all = append(all, revision)
	}
	for _, part := range command.Parts {
		all = append(all, revisionsOf(part)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lookUp finds out what a revision means now, and remembers it. The error is that it could not be found out.
func (s *Sequencer) lookUp(ctx context.Context, revision string) (resolved, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.PushTimeout)
	defer cancel()
	now := s.clock.Now()
	commit, err := s.resolve(ctx, revision)
	if err != nil {
		p := problem.From(err)
		if p.Kind != problem.NotFound && p.Kind != problem.Conflict {
			return resolved{}, problem.New(problem.Unavailable, "what %q means cannot be found out now", clip(revision)).
				Because("tags are asked for where the manifest repo is").Fix("try again, or name a commit of main").Wrap(err)
		}
		known := resolved{err: p, at: now}
		s.past.revisions.Add(revision, known)
		return known, nil
	}
	known := resolved{commit: commit, at: now}
	s.past.revisions.Add(revision, known)
	return known, nil
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{7,40}$`)

// pastRule is what a revision may be.
const pastRule = "a past state is a commit of the manifest repo's main branch, or a tag of one"

// resolve is the rule of what a revision means: a commit of main by the beginning of its id, or a tag. It does not fetch: what main
// holds, the mirror holds.
func (s *Sequencer) resolve(ctx context.Context, revision string) (gitstore.Hash, error) {
	main := s.repo.View().Snapshot.Commit()
	var commit gitstore.Hash
	if commitForm.MatchString(revision) {
		found, err := s.store.Abbreviated(ctx, main, revision)
		if err != nil {
			return gitstore.Hash{}, err
		}
		if len(found) > 1 {
			return gitstore.Hash{}, problem.New(problem.Conflict, "%d commits begin with %s", len(found), revision).
				Because(pastRule).Fix("give more digits: one of them is %s", found[0])
		}
		if len(found) == 1 {
			commit = found[0]
		}
	}
	if !commit.IsZero() && len(revision) == len(commit.String()) {
		return commit, nil
	}
	tag := strings.TrimPrefix(revision, "refs/tags/")
	tagged, err := s.store.Tag(ctx, tag)
	switch {
	case !commit.IsZero() && (err != nil || tagged.IsZero() || tagged == commit):
		return commit, nil
	case err != nil:
		return gitstore.Hash{}, err
	case !commit.IsZero():
		return gitstore.Hash{}, problem.New(problem.Conflict, "%s is a tag, and commit %s begins with it", revision, commit).
			Because(pastRule).Fix("name the tag as refs/tags/%s, or give more digits of the commit", revision)
	case tagged.IsZero():
		return gitstore.Hash{}, problem.New(problem.NotFound, "the manifest repo has no commit and no tag %q", clip(revision)).Because(pastRule).
			Fix("give 7 to 40 digits of a commit that its history shows, or push the tag")
	}
	in, err := s.store.InHistory(ctx, tagged, main)
	if err != nil {
		return gitstore.Hash{}, err
	}
	if !in {
		return gitstore.Hash{}, problem.New(problem.Conflict, "tag %s names %s, which is no commit of the main branch that Signalbox knows", clip(tag), tagged).
			Because(pastRule).Fix("tag a commit of main; when it was pushed a moment ago, try again in a few seconds")
	}
	return tagged, nil
}

func clip(text string) string {
	if len(text) > 80 {
		return text[:80] + "..."
	}
	return text
}

// ran reads what an environment ran at a commit, in three passes whatever ran there.
func (s *Sequencer) ran(ctx context.Context, key pastKey) (map[string]uint64, error) {
	folder := "environments/" + key.environment
	top, err := s.store.Trees(ctx, []gitstore.TreePath{{Commit: key.commit, Path: folder}, {Commit: key.commit, Path: folder + "/applications"}})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	if !slices.ContainsFunc(top[0], func(e gitstore.TreeEntry) bool { return e.Name == "config.json" }) {
		return nil, nil
	}
	var names []string
	var paths []gitstore.TreePath
	for _, e := range top[1] {
		if e.Mode == filemode.Dir && manifestrepo.CheckApplication(e.Name) == nil {
			names = append(names, e.Name)
			paths = append(paths, gitstore.TreePath{Commit: key.commit, Path: folder + "/applications/" + e.Name})
		}
	}
	folders, err := s.store.Trees(ctx, paths)
	if err != nil {
		return nil, fmt.Errorf("list the applications of %s: %w", folder, err)
	}
	files := make([]gitstore.TreeEntry, 0, len(names))
	var of []string
	for i, name := range names {
		if e, ok := versionFile(folders[i]); ok {
			files, of = append(files, e), append(of, name)
		}
	}
	return s.versions(ctx, of, files)
}

// versionFile finds the file that says what is deployed: ours, or the symbolic link of kuberpult, whose history comes before ours in a
// repo that was imported.
func versionFile(folder []gitstore.TreeEntry) (found gitstore.TreeEntry, ok bool) {
	for _, e := range folder {
		switch {
		case e.Name == "deployment.json" && (e.Mode == filemode.Regular || e.Mode == filemode.Executable):
			return e, true
		case e.Name == "version" && e.Mode == filemode.Symlink:
			found, ok = e, true
		}
	}
	return found, ok
}

func (s *Sequencer) versions(ctx context.Context, names []string, files []gitstore.TreeEntry) (map[string]uint64, error) {
	hashes := make([]gitstore.Hash, len(files))
	for i, e := range files {
		hashes[i] = e.Hash
	}
	blobs, err := s.store.Blobs(ctx, hashes, manifestrepo.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read %d deployments: %w", len(files), err)
	}
	versions := make(map[string]uint64, len(names))
	for i, name := range names {
		version, ok := uint64(0), false
		if files[i].Mode == filemode.Symlink {
			version, ok = linkedVersion(string(blobs[i]), name)
		} else {
			v, err := manifestrepo.DeployedVersion(blobs[i])
			version, ok = v, err == nil
		}
		if ok && version != 0 {
			versions[name] = version
		}
	}
	return versions, nil
}

// linkedVersion reads kuberpult's link to ../../../../applications/<app>/releases/<version>.
func linkedVersion(target, app string) (uint64, bool) {
	number, ok := strings.CutPrefix(target, "../../../../applications/"+app+"/releases/")
	if !ok {
		return 0, false
	}
	version, err := strconv.ParseUint(number, 10, 63)
	return version, err == nil
}
