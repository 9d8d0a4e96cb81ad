package importer

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// What a path of a kuberpult 1.x repo is.
type pathKind int

const (
	pathUnknown pathKind = iota
	pathTeam
	pathSourceRepoURL
	pathRelease     // a small file of a release; field says which
	pathManifest    // a release's manifest
	pathConfig      // stays
	pathDeployed    // environments/<env>/applications/<app>/manifests/manifests.yaml: stays
	pathVersion     // symlink
	pathQueued      // symlink
	pathDeployedBy  // deployed_by, deployed_by_email, deployed_at_utc; field says which
	pathLock        // a file of an environment lock; field says which
	pathAppLock     // a file of an application lock
	pathArgoCD      // rendered again
	pathCommit      // commits/...: kuberpult's own index of commits
	pathPlaceholder // .gitkeep and .empty in folders of kuberpult's
	pathOurs        // a path that Signalbox writes
)

// place is a path, taken apart.
type place struct {
	kind               pathKind
	app, env, id, file string
	version            uint64
}

var commitPath = regexp.MustCompile(`^commits/[0-9a-f]{2}/[0-9a-f]{38}/`)

// parsePath says what a path of the source is. Names are not judged here.
func parsePath(path string) place {
	parts := strings.Split(path, "/")
	switch parts[0] {
	case "applications":
		return parseApplication(parts[1:])
	case "environments":
		return parseEnvironment(parts[1:])
	case "argocd":
		if len(parts) == 3 && parts[1] == "v1alpha1" && strings.HasSuffix(parts[2], ".yaml") {
			return place{kind: pathArgoCD, env: strings.TrimSuffix(parts[2], ".yaml")}
		}
	case "commits":
		if commitPath.MatchString(path) {
			return place{kind: pathCommit}
		}
	}
	return ours(path)
}

// ours is the place of a path that kuberpult does not write but Signalbox does.
func ours(path string) place {
	if p, err := manifestrepo.ParsePath(path); err == nil && p.Kind != manifestrepo.PathUnknown {
		return place{kind: pathOurs}
	}
	return place{}
}

func placeholder(name string) bool { return name == ".gitkeep" || name == ".empty" }

func parseApplication(parts []string) place {
	full := "applications/" + strings.Join(parts, "/")
	if len(parts) < 2 {
		return ours(full)
	}
	p := place{app: parts[0]}
	switch {
	case len(parts) == 2 && parts[1] == "team":
		p.kind = pathTeam
	case len(parts) == 2 && parts[1] == "sourceRepoUrl":
		p.kind = pathSourceRepoURL
	case len(parts) == 2 && placeholder(parts[1]), len(parts) == 3 && parts[1] == "releases" && placeholder(parts[2]):
		p.kind = pathPlaceholder
	case len(parts) >= 4 && parts[1] == "releases":
		version, err := strconv.ParseUint(parts[2], 10, 63)
		if err != nil || version == 0 || strconv.FormatUint(version, 10) != parts[2] {
			return place{}
		}
		p.version = version
		return parseRelease(p, parts[3:])
	default:
		return ours(full)
	}
	return p
}

func parseRelease(p place, parts []string) place {
	switch {
	case len(parts) == 1:
		p.file = parts[0]
		switch p.file {
		case "source_commit_id", "source_author", "source_message", "display_version", "created_at", "undeploy":
			p.kind = pathRelease
		case ".gitkeep", ".empty":
			p.kind = pathPlaceholder
		}
	case len(parts) == 3 && parts[0] == "environments" && parts[2] == "manifests.yaml":
		p.kind, p.env = pathManifest, parts[1]
	case placeholder(parts[len(parts)-1]) && parts[0] == "environments":
		p.kind = pathPlaceholder
	}
	return p
}

func parseEnvironment(parts []string) place {
	full := "environments/" + strings.Join(parts, "/")
	if len(parts) < 2 {
		return ours(full)
	}
	p := place{env: parts[0]}
	rest := parts[1:]
	switch {
	case len(rest) == 1 && rest[0] == "config.json":
		p.kind = pathConfig
	case len(rest) == 3 && rest[0] == "locks":
		return lockPlace(p, pathLock, rest[1:])
	case len(rest) == 2 && rest[0] == "locks" && placeholder(rest[1]), len(rest) == 1 && placeholder(rest[0]):
		p.kind = pathPlaceholder
	case len(rest) >= 3 && rest[0] == "applications":
		p.app = rest[1]
		return parseDeployed(p, rest[2:], full)
	default:
		return ours(full)
	}
	return p
}

func parseDeployed(p place, rest []string, full string) place {
	switch {
	case len(rest) == 2 && rest[0] == "manifests" && rest[1] == "manifests.yaml":
		p.kind = pathDeployed
	case len(rest) == 3 && rest[0] == "locks":
		return lockPlace(p, pathAppLock, rest[1:])
	case placeholder(rest[len(rest)-1]) && (len(rest) == 1 || len(rest) == 2 && rest[0] == "locks"):
		p.kind = pathPlaceholder
	case len(rest) == 1:
		switch rest[0] {
		case "version":
			p.kind = pathVersion
		case "queued_version":
			p.kind = pathQueued
		case "deployed_by", "deployed_by_email", "deployed_at_utc":
			p.kind, p.file = pathDeployedBy, rest[0]
		default:
			return ours(full)
		}
	default:
		return ours(full)
	}
	return p
}

func lockPlace(p place, kind pathKind, rest []string) place {
	p.id, p.file = rest[0], rest[1]
	switch p.file {
	case "message", "created_by_email", "created_by_name", "created_at":
		p.kind = kind
		return p
	case ".gitkeep", ".empty":
		p.kind = pathPlaceholder
		return p
	}
	return place{}
}

var versionTarget = regexp.MustCompile(`(?:^|/)applications/([^/]+)/releases/([0-9]+)/?$`)

// parseTarget reads where a version symlink of an application points; 0 when not to one of its releases.
func parseTarget(target, app string) uint64 {
	m := versionTarget.FindStringSubmatch(strings.TrimSpace(target))
	if m == nil || m[1] != app {
		return 0
	}
	version, err := strconv.ParseUint(m[2], 10, 63)
	if err != nil {
		return 0
	}
	return version
}
