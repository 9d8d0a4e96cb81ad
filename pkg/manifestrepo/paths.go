package manifestrepo

import (
	"fmt"
	"strconv"
	"strings"
)

// Paths of files that are there once.
const (
	SignalboxPath = "signalbox.json"
	ReleasesPath  = "releases.json"
)

// ApplicationPath is where application.json of an application is.
func ApplicationPath(app string) string { return "applications/" + app + "/application.json" }

// ConfigPath is where config.json of an environment is.
func ConfigPath(env string) string { return "environments/" + env + "/config.json" }

// DeploymentPath is where an application's deployment.json in an environment is.
func DeploymentPath(env, app string) string {
	return "environments/" + env + "/applications/" + app + "/deployment.json"
}

// ManifestPath is where the manifest is that Argo CD syncs.
func ManifestPath(env, app string) string {
	return ManifestFolder(env, app) + "/manifests.yaml"
}

// ManifestFolder is the folder that an Argo CD Application names as its source.
func ManifestFolder(env, app string) string {
	return "environments/" + env + "/applications/" + app + "/manifests"
}

// ArgoCDPath is where an environment's AppProject and Applications are.
func ArgoCDPath(env string) string { return "argocd/v1alpha1/" + env + ".yaml" }

// LockPath is where a lock is; the global stop is a field of signalbox.json.
func LockPath(l *Lock) string {
	file := "/locks/" + EscapeLockID(l.ID) + ".json"
	switch l.Scope {
	case ScopeEnvironment:
		return "environments/" + l.Environment + file
	case ScopeApplication:
		return "environments/" + l.Environment + "/applications/" + l.Application + file
	case ScopeTeam:
		return "environments/" + l.Environment + "/teams/" + l.Team + file
	case ScopeGroup:
		return "environment-groups/" + l.Group + file
	}
	return SignalboxPath
}

// GroupPath is where the settings of an environment group are.
func GroupPath(group string) string { return "environment-groups/" + group + ".json" }

// DeparturePath is where the record of a train of the timetable is.
func DeparturePath(d *Departure) string {
	if d.Group != "" {
		return "environment-groups/" + d.Group + "/departures/" + d.Train + ".json"
	}
	return "environments/" + d.Environment + "/departures/" + d.Train + ".json"
}

// ApprovalPath is where a request for approval is.
func ApprovalPath(env, id string) string { return "environments/" + env + "/approvals/" + id + ".json" }

// ReleaseSetPath is where a release set is.
func ReleaseSetPath(name string) string { return "release-sets/" + name + ".json" }

// EscapeLockID turns a lock id into the name of its file without ".json": every byte but letters, digits, '.', '_' and '-' becomes
// %XX with upper-case digits. One id has one name.
func EscapeLockID(id string) string {
	plain := true
	for i := range len(id) {
		plain = plain && plainInName(id[i])
	}
	if plain {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		if plainInName(id[i]) {
			b.WriteByte(id[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", id[i])
		}
	}
	return b.String()
}

func plainInName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

// UnescapeLockID is the reverse of EscapeLockID. It fails when name is not exactly what EscapeLockID gives for a valid id.
func UnescapeLockID(name string) (string, error) {
	id := name
	if strings.Contains(name, "%") {
		var b strings.Builder
		for i := 0; i < len(name); i++ {
			if name[i] != '%' {
				b.WriteByte(name[i])
				continue
			}
			if i+2 >= len(name) {
				return "", fmt.Errorf("the percent-encoding of the lock id is cut off")
			}
			c, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
			if err != nil {
				return "", fmt.Errorf("the percent-encoding of the lock id is broken at %s", quote(name[i:i+3]))
			}
			b.WriteByte(byte(c))
			i += 2
		}
		id = b.String()
	}
	if fault := lockIDFault(id); fault != "" {
		return "", fmt.Errorf("the lock id is not valid: %s", fault)
	}
	if want := EscapeLockID(id); want != name {
		return "", fmt.Errorf("the file of this lock must be called %s", quote(want+".json"))
	}
	return id, nil
}

// PathKind says what a path of main is.
type PathKind int

// The kinds. PathUnknown is a path that Signalbox does not know and never touches.
const (
	PathUnknown PathKind = iota
	PathSignalbox
	PathReleases
	PathApplication
	PathConfig
	PathEnvironmentLock
	PathTeamLock
	PathApplicationLock
	PathGroupLock
	PathDeployment
	PathManifest
	PathArgoCD
	PathGroup                // environment-groups/<group>.json
	PathEnvironmentDeparture // the record of a train of an environment's timetable
	PathGroupDeparture       // the same of a group's
	PathApproval
	PathReleaseSet
)

// Path is a path of main, taken apart. The names that its kind does not have are empty.
type Path struct {
	Kind                                          PathKind
	Environment, Group, Application, Team, LockID string
	// Name is that of a train, of a release set, or the id of a request for approval.
	Name string
}

// ParsePath takes a path of main apart. A path that Signalbox does not know has kind PathUnknown and no error. The error is for
// paths that stand where Signalbox reads but break a rule: a name that is not allowed, a file where a folder belongs, a
// folder where a file belongs.
func ParsePath(path string) (Path, error) {
	first, rest, deep := strings.Cut(path, "/")
	switch first {
	case SignalboxPath:
		return single(Path{Kind: PathSignalbox}, deep)
	case ReleasesPath:
		return single(Path{Kind: PathReleases}, deep)
	case "applications", "environments", "environment-groups", "release-sets", "argocd":
		if !deep {
			return Path{}, errFileForFolder
		}
	default:
		return Path{}, nil
	}
	switch first {
	case "applications":
		return parseApplicationPath(rest)
	case "environments":
		return parseEnvironmentPath(rest)
	case "environment-groups":
		return parseGroupPath(rest)
	case "release-sets":
		return namedFile(Path{Kind: PathReleaseSet}, "release set", rest, MaxReleaseSetName)
	}
	return parseArgoCDPath(rest)
}

var (
	errFileForFolder = fmt.Errorf("a file stands where a folder belongs")
	errFolderForFile = fmt.Errorf("a folder stands where a file belongs")
)

// single is p, unless the path goes on below what must be a file.
func single(p Path, deep bool) (Path, error) {
	if deep {
		return Path{}, errFolderForFile
	}
	return p, nil
}

func parseApplicationPath(rest string) (Path, error) {
	app, rest, deep := strings.Cut(rest, "/")
	if !deep {
		return fileInFolders(app, MaxApplicationName)
	}
	file, _, deeper := strings.Cut(rest, "/")
	if file != "application.json" {
		return Path{}, nil
	}
	if err := pathName("application", app, MaxApplicationName); err != nil {
		return Path{}, err
	}
	return single(Path{Kind: PathApplication, Application: app}, deeper)
}

// fileInFolders judges a file among folders that are named by what they are for: it is in the way if it has such a name.
func fileInFolders(name string, max int) (Path, error) {
	if validName(name, max) {
		return Path{}, errFileForFolder
	}
	return Path{}, nil
}

func pathName(what, name string, max int) error {
	if validName(name, max) {
		return nil
	}
	return fmt.Errorf("%s cannot be the name of %s ("+nameRule+")", shown(name), article(what), max)
}

func parseEnvironmentPath(rest string) (Path, error) {
	env, rest, deep := strings.Cut(rest, "/")
	if !deep {
		return fileInFolders(env, MaxEnvironmentName)
	}
	part, rest, deep := strings.Cut(rest, "/")
	p := Path{Environment: env}
	switch part {
	case "config.json":
		p.Kind = PathConfig
		if err := pathName("environment", env, MaxEnvironmentName); err != nil {
			return Path{}, err
		}
		return single(p, deep)
	case "locks", "teams", "applications", "departures", "approvals":
		if !deep {
			return Path{}, errFileForFolder
		}
	default:
		return Path{}, nil
	}
	switch part {
	case "locks":
		p.Kind = PathEnvironmentLock
		return lockFile(p, rest)
	case "departures":
		p.Kind = PathEnvironmentDeparture
		return namedFile(p, "release train", rest, MaxTrainName)
	case "approvals":
		p.Kind = PathApproval
		return namedFile(p, "request for approval", rest, MaxApprovalID)
	}
	name, rest, deep := strings.Cut(rest, "/")
	if part == "teams" {
		if !deep {
			return fileInFolders(name, MaxTeamName)
		}
		p.Kind, p.Team = PathTeamLock, name
		return lockFolder(p, rest)
	}
	if !deep {
		return fileInFolders(name, MaxApplicationName)
	}
	p.Application = name
	return parseDeploymentPath(p, rest)
}

func parseDeploymentPath(p Path, rest string) (Path, error) {
	part, below, deep := strings.Cut(rest, "/")
	switch part {
	case "deployment.json":
		p.Kind = PathDeployment
		return checkedPath(p, deep)
	case "manifests":
		if !deep {
			return Path{}, errFileForFolder
		}
		file, _, deeper := strings.Cut(below, "/")
		if file != "manifests.yaml" {
			return Path{}, nil
		}
		p.Kind = PathManifest
		return checkedPath(p, deeper)
	case "locks":
		p.Kind = PathApplicationLock
		return lockFolder(p, rest)
	}
	return Path{}, nil
}

func parseGroupPath(rest string) (Path, error) {
	group, rest, deep := strings.Cut(rest, "/")
	if name, ok := strings.CutSuffix(group, ".json"); ok {
		return checkedPath(Path{Kind: PathGroup, Group: name}, deep)
	}
	if !deep {
		return fileInFolders(group, MaxEnvironmentName)
	}
	part, below, deep := strings.Cut(rest, "/")
	if part != "departures" {
		return lockFolder(Path{Kind: PathGroupLock, Group: group}, rest)
	}
	if !deep {
		return Path{}, errFileForFolder
	}
	return namedFile(Path{Kind: PathGroupDeparture, Group: group}, "release train", below, MaxTrainName)
}

func parseArgoCDPath(rest string) (Path, error) {
	version, file, deep := strings.Cut(rest, "/")
	if version != "v1alpha1" {
		return Path{}, nil
	}
	if !deep {
		return Path{}, errFileForFolder
	}
	file, _, deeper := strings.Cut(file, "/")
	env, yaml := strings.CutSuffix(file, ".yaml")
	if !yaml || !validName(env, MaxEnvironmentName) {
		return Path{}, nil
	}
	return single(Path{Kind: PathArgoCD, Environment: env}, deeper)
}

// lockFolder reads "locks/<id>.json"; anything else is unknown.
func lockFolder(p Path, rest string) (Path, error) {
	part, rest, deep := strings.Cut(rest, "/")
	if part != "locks" {
		return Path{}, nil
	}
	if !deep {
		return Path{}, errFileForFolder
	}
	return lockFile(p, rest)
}

func lockFile(p Path, rest string) (Path, error) {
	file, _, deeper := strings.Cut(rest, "/")
	name, ok := strings.CutSuffix(file, ".json")
	if !ok {
		return Path{}, nil
	}
	p, err := checkedPath(p, deeper)
	if err != nil {
		return Path{}, err
	}
	if p.LockID, err = UnescapeLockID(name); err != nil {
		return Path{}, err
	}
	return p, nil
}

// namedFile reads "<name>.json"; anything else is unknown.
func namedFile(p Path, what, rest string, max int) (Path, error) {
	file, _, deeper := strings.Cut(rest, "/")
	name, ok := strings.CutSuffix(file, ".json")
	if !ok {
		return Path{}, nil
	}
	if err := pathName(what, name, max); err != nil {
		return Path{}, err
	}
	p.Name = name
	return checkedPath(p, deeper)
}

// checkedPath is p when all its names are allowed and it is a file.
func checkedPath(p Path, deep bool) (Path, error) {
	what, name := "environment", p.Environment
	switch p.Kind {
	case PathGroupLock, PathGroup, PathGroupDeparture:
		what, name = "environment group", p.Group
	case PathReleaseSet:
		return single(p, deep)
	}
	if err := pathName(what, name, MaxEnvironmentName); err != nil {
		return Path{}, err
	}
	if p.Kind == PathTeamLock {
		if err := pathName("team", p.Team, MaxTeamName); err != nil {
			return Path{}, err
		}
	}
	if p.Kind == PathApplicationLock || p.Kind == PathDeployment || p.Kind == PathManifest {
		if err := pathName("application", p.Application, MaxApplicationName); err != nil {
			return Path{}, err
		}
	}
	return single(p, deep)
}
