package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// Init makes a repository a manifest repo, as the first start of a server would, and ends. Without DataDir it works in a temporary
// folder, for a remote. It changes nothing in a repository that is a manifest repo already.
func Init(ctx context.Context, s Settings, log *slog.Logger) (err error) {
	if err := s.Check(); err != nil {
		return err
	}
	if s.DataDir == "" {
		if s.DataDir, err = os.MkdirTemp("", "signalbox-init-"); err != nil {
			return fmt.Errorf("a folder to work in: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.DataDir)) }()
	}
	dir, err := openDataDir(s.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.close()) }()
	service, err := openService(ctx, s, nil, log)
	if err != nil {
		return err
	}
	return service.Close(ctx)
}
