package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	environments "github.com/signalbox-dev/signalbox/environments-example"
	"github.com/signalbox-dev/signalbox/pkg/argocd"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

// openService opens the cd-service that the settings describe.
func openService(ctx context.Context, s Settings, metrics prometheus.Registerer, log *slog.Logger) (backend, error) {
	seed, err := seedEnvironments(s.Repo.Environments)
	if err != nil {
		return nil, err
	}
	remote, err := s.Repo.Remote()
	if err != nil {
		return nil, err
	}
	keyring, err := s.keyring()
	if err != nil {
		return nil, err
	}
	service := cdservice.New(cdservice.Options{
		DataDir:          s.DataDir,
		Remote:           remote,
		Branch:           s.Repo.Branch,
		LogRef:           s.Repo.LogRef,
		SeedEnvironments: seed,
		Policy:           s.Rules.policy(),
		ArgoCD:           argocd.Settings{RepoURL: s.argoCDRepoURL(), Branch: s.Repo.Branch},
		Keyring:          keyring,
		CommitterEmail:   CommitterEmail,
		QueueLength:      s.QueueSize,
		MinPushInterval:  s.Repo.PushInterval,
		PollInterval:     s.Repo.PollInterval,
		CleanUpInterval:  s.CleanUpInterval,
		Version:          s.Version,
		Registry:         metrics,
		Logger:           log,
	})
	if err := service.Open(ctx); err != nil {
		return nil, fmt.Errorf("starting the cd-service: %w", err)
	}
	settleMemory(ctx)
	return service, nil
}

// policy is what the rules get to know.
func (r Rules) policy() rules.Policy {
	return rules.Policy{
		KeepWindow: r.KeepWindow, Secrets: r.Secrets, MaxManifestBytes: r.MaxManifestBytes, Roles: r.Roles, Minor: r.MinorLines,
	}
}

// maxConfig is the largest config.json that is read.
const maxConfig = 1 << 20

// seedEnvironments reads <environment>/config.json of a folder; without one, the example's.
func seedEnvironments(dir string) (map[string][]byte, error) {
	source, name := fs.FS(environments.Example), "the example"
	if dir != "" {
		source, name = os.DirFS(dir), dir
	}
	entries, err := fs.ReadDir(source, ".")
	if err != nil {
		return nil, problem.New(problem.Invalid, "%v", err).At("--environments").Fix("give a folder of <environment>/config.json")
	}
	seed := map[string][]byte{}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		content, err := readLimited(source, entry.Name()+"/config.json", maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = manifestrepo.CheckEnvironment(entry.Name())
		}
		if err == nil {
			_, err = manifestrepo.ParseConfig(content, nil)
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "environment %s: %v", entry.Name(), err).At("--environments").Wrap(err)
		}
		seed[entry.Name()] = content
	}
	if len(seed) == 0 {
		return nil, problem.New(problem.Invalid, "%s holds no <environment>/config.json", name).At("--environments").
			Fix("give a folder like environments-example/")
	}
	return seed, nil
}

func readLimited(source fs.FS, path string, limit int64) ([]byte, error) {
	f, err := source.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return content, nil
}
