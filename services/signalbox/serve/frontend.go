package serve

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

// newFrontend makes the door's inside. repoDir is the manifest repo to hand out; empty when this process has none.
func newFrontend(s Settings, conn *grpc.ClientConn, repoDir string, metrics *prometheus.Registry, log *slog.Logger) (*frontend.Frontend, error) {
	keyring, err := s.keyring()
	if err != nil {
		return nil, err
	}
	webhookSecret, err := secret("webhook-secret", s.Door.WebhookSecretFile)
	if err != nil {
		return nil, err
	}
	return frontend.New(frontend.Options{
		Conn:           conn,
		Keyring:        keyring,
		MaxBodyBytes:   s.Door.MaxBodyBytes,
		AllowedOrigins: s.Door.AllowedOrigins,
		GitRepoDir:     repoDir,
		WebhookSecret:  webhookSecret,
		Metrics:        metrics,
		Log:            log,
	})
}
