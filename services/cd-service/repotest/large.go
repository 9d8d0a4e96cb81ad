package repotest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Large is the state of a repo with many applications, each deployed everywhere, some steps behind down the chain; one in
// ten waits behind a lock in the last environment. No git store is behind it.
func Large(t testing.TB, apps, envs, releases int) *manifestrepo.Snapshot {
	t.Helper()
	u := manifestrepo.Update{Commit: hash(1, 0)}
	add := func(path string, content []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		u.Changes = append(u.Changes, manifestrepo.PathChange{Path: path, New: hash(2, len(u.Changes)), Content: content})
	}
	add("signalbox.json", []byte(`{"layout":1}`), nil)
	var names []string
	for e := range envs {
		name, config := fmt.Sprintf("env-%02d", e), `{"upstream":{"latest":true}}`
		if e > 0 {
			config = fmt.Sprintf(`{"upstream":{"environment":"env-%02d"}}`, (e-1)/3)
		}
		names = append(names, name)
		add(manifestrepo.ConfigPath(name), []byte(config), nil)
	}
	manifests := map[string]manifestrepo.Manifest{}
	for _, env := range names {
		manifests[env] = manifestrepo.Manifest{Blob: hash(3, 0), SHA256: fmt.Sprintf("%064x", 1)}
	}
	for a := range apps {
		app := fmt.Sprintf("application-%04d", a)
		content, err := manifestrepo.EncodeApplication(&manifestrepo.Application{Name: app, Team: fmt.Sprintf("team-%d", a%40), SourceRepoURL: "https://git.example.com/" + app})
		add(manifestrepo.ApplicationPath(app), content, err)
		for v := 1; v <= releases; v++ {
			r := &manifestrepo.Release{Version: uint64(v), CommitID: hash(4, a*releases+v).String(), Author: "Rosa Stein <rs@example.com>", Message: "Retry captures once on 503",
				DisplayVersion: fmt.Sprintf("2.%d.0", v), Team: "payments", CreatedAt: Start, CreatedBy: CI}
			record, err := manifestrepo.NewReleaseRecord(app, r, manifests)
			if err != nil {
				t.Fatal(err)
			}
			u.Log = append(u.Log, manifestrepo.LogRecord{Commit: hash(5, a*releases+v), Author: CI, Time: Start, Message: record.Message})
		}
		for e, env := range names {
			d := manifestrepo.Deployment{Environment: env, Version: uint64(max(1, releases-e/3)), ManifestBlob: hash(3, 0), DeployedAt: Start, DeployedBy: CI, Reason: "release train"}
			if e == envs-1 && a%10 == 0 {
				d.Queued = &manifestrepo.Queued{Version: uint64(releases), At: Start, By: CI, Because: "application lock wait"}
				content, err := manifestrepo.EncodeLock(&manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "wait", Environment: env, Application: app, CreatedAt: Start, CreatedBy: CI, Message: "wait"})
				add(manifestrepo.LockPath(&manifestrepo.Lock{Scope: manifestrepo.ScopeApplication, ID: "wait", Environment: env, Application: app}), content, err)
			}
			content, err := manifestrepo.EncodeDeployment(&d)
			add(manifestrepo.DeploymentPath(env, app), content, err)
			u.Changes = append(u.Changes, manifestrepo.PathChange{Path: manifestrepo.ManifestPath(env, app), New: hash(3, 0)})
		}
	}
	content, err := manifestrepo.EncodeReleases(manifestrepo.ReleasesFile{Log: manifestrepo.LogRef{Ref: Log, Head: u.Log[len(u.Log)-1].Commit}})
	add("releases.json", content, err)
	s, _, err := manifestrepo.Empty().Apply(context.Background(), u, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Problems()) > 0 {
		t.Fatalf("%v", s.Problems()[0])
	}
	return s
}

// OneDeployment is a state one deployment further.
func OneDeployment(t testing.TB, s *manifestrepo.Snapshot, app, env string, version uint64) *manifestrepo.Snapshot {
	t.Helper()
	d := manifestrepo.Deployment{Environment: env, Version: version, ManifestBlob: hash(3, 0), DeployedAt: Start.Add(time.Hour), DeployedBy: CI}
	content, err := manifestrepo.EncodeDeployment(&d)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := s.Apply(context.Background(), manifestrepo.Update{Commit: hash(6, int(version)), Changes: []manifestrepo.PathChange{
		{Path: manifestrepo.DeploymentPath(env, app), New: hash(7, int(version)), Content: content},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func hash(kind byte, n int) gitstore.Hash {
	return gitstore.Hash{kind, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}
