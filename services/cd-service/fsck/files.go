package fsck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The files as encoding/json sees them.

type actor struct{ Name, Email string }

// String is the actor as git writes a name and an address.
func (a *actor) String() string {
	if a == nil {
		return " <>"
	}
	return a.Name + " <" + a.Email + ">"
}

type lockFile struct {
	Message, CILink, SuggestedLifetime string
	CreatedBy                          *actor
	CreatedAt, ExpiresAt               time.Time
}

type deploymentFile struct {
	Version      uint64
	ManifestBlob string
	DeployedAt   time.Time
	DeployedBy   *actor
	Reason       string
	Queued       *struct {
		Version          uint64
		At               time.Time
		By               *actor
		Because, Cause   string
		ByHand, Approved bool
	}
	Hold *struct {
		At     time.Time
		By     *actor
		Reason string
	}
}

type applicationFile struct {
	Team, SourceRepoURL, Project string
	Labels                       map[string]string
}

type releaseFile struct {
	Revision                                                                                 uint64
	DisplayVersion, CommitID, PreviousCommitID, Author, Message, Team, CILink, SourceRepoURL string
	CreatedAt                                                                                time.Time
	CreatedBy                                                                                *actor
	Digests                                                                                  map[string]string
	Backfilled, Prepublished, Minor, Undeploy                                                bool
}

type logRef struct{ Ref, Head string }

type releasesFile struct {
	Log    logRef
	Sealed []logRef
	Term   uint64
	Void   []string
}

// logs are all logs, in the order they are read.
func (r releasesFile) logs() []logRef {
	if r.Log.Ref == "" {
		return r.Sealed
	}
	return append(slices.Clone(r.Sealed), r.Log)
}

// release is a release as its files say.
type release struct {
	releaseFile
	commit string
	// blobs by environment.
	blobs map[string]string
}

// model is the state as this package understands git.
type model struct {
	releases    releasesFile
	void        map[string]bool
	configs     map[string][]byte
	apps        map[string]applicationFile
	deployments map[[2]string]deploymentFile // environment, application
	files       map[[2]string]string         // blob of manifests.yaml
	locks       map[string]lockFile          // by key
	// plans are the texts of what is beside locks: departures, requests for approval, release sets, settings of groups; by key.
	plans map[string]string
	// inEnvironment is whose lock or plan it is when it counts only in an environment that is there, by key.
	inEnvironment map[string]string
	stop          *lockFile
	released      map[string]map[uint64]*release
	// paths says which file a fact comes from; broken are files that cannot be read.
	paths  map[string]string
	broken map[string]bool
}

func newModel() *model {
	return &model{
		void: map[string]bool{}, configs: map[string][]byte{}, apps: map[string]applicationFile{}, deployments: map[[2]string]deploymentFile{},
		files: map[[2]string]string{}, locks: map[string]lockFile{}, plans: map[string]string{}, inEnvironment: map[string]string{}, released: map[string]map[uint64]*release{},
		paths: map[string]string{"global stop": "signalbox.json", "releases.json": "releases.json"}, broken: map[string]bool{},
	}
}

// Keys of facts; they read like places.
func envKey(env string) string             { return "environment " + env }
func appKey(app string) string             { return "application " + app }
func deploymentKey(env, app string) string { return "deployment of " + app + " in " + env }
func releaseKey(app string, v uint64) string {
	return fmt.Sprintf("release %d of %s", v, app)
}
func lockKey(scope, env, group, app, team, id string) string {
	return fmt.Sprintf("%s lock %q (environment %q, group %q, application %q, team %q)", scope, id, env, group, app, team)
}

// take reads one file of main. The error is why it cannot be read.
func (m *model) take(path, blob string, data []byte) error {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	switch {
	case path == "releases.json":
		return parse(data, &m.releases)
	case path == "signalbox.json":
		return m.takeRoot(data)
	case len(parts) == 3 && parts[0] == "applications" && last == "application.json":
		var a applicationFile
		m.paths[appKey(parts[1])] = path
		err := parse(data, &a)
		m.apps[parts[1]] = a
		return err
	case parts[0] == "environments" && len(parts) == 3 && last == "config.json":
		m.paths[envKey(parts[1])] = path
		m.configs[parts[1]] = data
		if !json.Valid(data) {
			return fmt.Errorf("it is not JSON")
		}
		return nil
	case parts[0] == "environments" && len(parts) == 5 && parts[2] == "applications" && last == "deployment.json":
		var d deploymentFile
		m.paths[deploymentKey(parts[1], parts[3])] = path
		err := parse(data, &d)
		m.deployments[[2]string{parts[1], parts[3]}] = d
		return err
	case parts[0] == "environments" && len(parts) == 6 && parts[2] == "applications" && parts[4] == "manifests" && last == "manifests.yaml":
		m.files[[2]string{parts[1], parts[3]}] = blob
		return nil
	case len(parts) > 2 && parts[len(parts)-2] == "locks" && strings.HasSuffix(last, ".json"):
		return m.takeLock(path, parts, data)
	}
	return m.takePlan(path, parts, data)
}

func (m *model) takeRoot(data []byte) error {
	var root struct {
		Layout int
		Stop   *lockFile
	}
	if err := parse(data, &root); err != nil {
		return err
	}
	m.stop = root.Stop
	if root.Layout != 1 {
		return fmt.Errorf("layout %d is not known", root.Layout)
	}
	return nil
}

func (m *model) takeLock(path string, parts []string, data []byte) error {
	id, err := url.PathUnescape(strings.TrimSuffix(parts[len(parts)-1], ".json"))
	if err != nil {
		return err
	}
	var key string
	switch {
	case len(parts) == 4 && parts[0] == "environments":
		key = lockKey("environment", parts[1], "", "", "", id)
		m.inEnvironment[key] = parts[1]
	case len(parts) == 6 && parts[0] == "environments" && parts[2] == "teams":
		key = lockKey("team", parts[1], "", "", parts[3], id)
		m.inEnvironment[key] = parts[1]
	case len(parts) == 6 && parts[0] == "environments" && parts[2] == "applications":
		key = lockKey("application", parts[1], "", parts[3], "", id)
	case len(parts) == 4 && parts[0] == "environment-groups":
		key = lockKey("group", "", parts[1], "", "", id)
	default:
		return nil
	}
	var l lockFile
	m.paths[key] = path
	err = parse(data, &l)
	m.locks[key] = l
	return err
}

// parse reads JSON whose field names differ from Go's in case only.
func parse(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}

// environmentsOf are the sorted names of a release's manifests.
func (r *release) environments() []string { return slices.Sorted(maps.Keys(r.blobs)) }
