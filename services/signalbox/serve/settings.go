// Package serve runs Signalbox's services: all in one process over an in-memory connection, or each in a process of its own over the
// network. The services are the same code either way.
//
// A process answers /livez from its first moment, /readyz once it can answer reads. When its context ends it drains: new work is refused
// with 503 while accepted work is finished, then the listeners close.
package serve

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

// Settings are everything an operator can set. docs/settings.md explains them; the names there are the flags.
type Settings struct {
	// DataDir holds the manifest repo or its mirror, the index and the journal.
	DataDir string
	// HTTPAddr and GRPCAddr are listened on.
	HTTPAddr, GRPCAddr string
	// CDService is where the frontend finds the cd-service when that is another process.
	CDService string

	Repo  Repo
	Rules Rules
	Door  Door

	// PGPKeyring is a file of public keys; empty means that signatures are not demanded. The cd-service demands them of manifests, the
	// frontend checks those that come with locks and environments.
	PGPKeyring string
	// CleanUpInterval is how often old releases are cleaned up by themselves; 0 means never.
	CleanUpInterval time.Duration
	// QueueSize is how many commands may wait before new ones get 503.
	QueueSize int
	// DrainTimeout is how long accepted work may take to finish after SIGTERM.
	DrainTimeout time.Duration
	// Demo posts demo data when the repo has no application.
	Demo bool
	// Version is this program's, for /api/v1/status.
	Version string
}

// Repo says where the manifest repo is.
type Repo struct {
	// GitURL of the remote; empty means that Signalbox hosts the repo itself in the data directory.
	GitURL, Branch, LogRef string

	SSHKeyFile, SSHKnownHostsFile, SSHPassphraseFile string
	Username, PasswordFile, TokenFile, CAFile        string

	// PushInterval is the least time between two pushes; PollInterval how often the remote is asked for foreign pushes.
	PushInterval, PollInterval time.Duration
	// Environments is a folder of <environment>/config.json, used when the repo has no environment yet; empty means the example.
	Environments string
	// ArgoCDRepoURL is where Argo CD finds the repo; empty means GitURL, or this server's own address.
	ArgoCDRepoURL string
}

// Rules are the operator's part of the rules.
type Rules struct {
	KeepWindow int
	// Secrets is refuse, warn or allow.
	Secrets string
	// MaxManifestBytes is the limit of one manifest; 0 means the rules' own.
	MaxManifestBytes int64
	// Roles say who may approve where an environment's config names a role.
	Roles Roles
	// MinorLines are lines of manifests that do not count: a release that changes no other is minor.
	MinorLines MinorLines
}

// Door is the frontend's part.
type Door struct {
	MaxBodyBytes int64
	// AllowedOrigins are web origins beside our own whose pages may call the API.
	AllowedOrigins []string
	// WebhookSecretFile holds the secret shared with the git host; empty means that webhooks need none.
	WebhookSecretFile string
}

// largestManifest is what --max-manifest-bytes may allow: rules read no larger blob.
const largestManifest = 64 << 20

// maxSecretFile is the largest password, token or passphrase file that is read.
const maxSecretFile = 64 << 10

// Remote opens the remote that the settings describe; nil when Signalbox hosts the repo itself. Password, token and passphrase come from
// their files or from SIGNALBOX_GIT_PASSWORD, SIGNALBOX_GIT_TOKEN and SIGNALBOX_GIT_SSH_PASSPHRASE.
func (r Repo) Remote() (*remote.Remote, error) {
	if r.GitURL == "" {
		return nil, nil
	}
	o := remote.Options{URL: r.GitURL, SSHKeyFile: r.SSHKeyFile, SSHKnownHostsFile: r.SSHKnownHostsFile, Username: r.Username, CAFile: r.CAFile}
	for _, s := range []struct {
		into       *string
		file, flag string
	}{
		{&o.SSHPassphrase, r.SSHPassphraseFile, "git-ssh-passphrase"},
		{&o.Password, r.PasswordFile, "git-password"},
		{&o.Token, r.TokenFile, "git-token"},
	} {
		var err error
		if *s.into, err = secret(s.flag, s.file); err != nil {
			return nil, err
		}
	}
	opened, err := remote.Open(o)
	if err != nil {
		return nil, fmt.Errorf("--git-url: %w", err)
	}
	return opened, nil
}

// keyring reads the file of public keys; nil when signatures are not demanded.
func (s Settings) keyring() (*pgp.Keyring, error) {
	if s.PGPKeyring == "" {
		return nil, nil
	}
	keyring, err := pgp.LoadKeyring(s.PGPKeyring)
	if err != nil {
		return nil, fmt.Errorf("--pgp-keyring: %w", err)
	}
	return keyring, nil
}

// secret reads a secret from a file or from its environment variable. It never stands in an error.
func secret(flag, file string) (string, error) {
	if file == "" {
		return os.Getenv("SIGNALBOX_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("--%s-file: %w", flag, err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxSecretFile))
	if err != nil {
		return "", fmt.Errorf("--%s-file: %w", flag, err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

// argoCDRepoURL is what stands in Argo CD's documents.
func (s Settings) argoCDRepoURL() string {
	switch {
	case s.Repo.ArgoCDRepoURL != "":
		return s.Repo.ArgoCDRepoURL
	case s.Repo.GitURL != "":
		return s.Repo.GitURL
	}
	host, port, err := net.SplitHostPort(s.HTTPAddr)
	if err != nil {
		return "http://" + s.HTTPAddr + frontend.GitPrefix
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		// Every address of this machine: its name is the best guess of what others call it.
		if host, err = os.Hostname(); err != nil {
			host = "localhost"
		}
	}
	return "http://" + net.JoinHostPort(host, port) + frontend.GitPrefix
}

// Check finds settings that cannot work, before anything is started. The error is a *problem.Error.
func (s Settings) Check() error {
	switch s.Rules.Secrets {
	case "refuse", "warn", "allow":
	default:
		return problem.New(problem.Invalid, "%q is not known", s.Rules.Secrets).At("--secrets").Fix("choose refuse, warn or allow")
	}
	for _, n := range []struct {
		flag  string
		value int64
	}{{"--keep-window", int64(s.Rules.KeepWindow)}, {"--queue-size", int64(s.QueueSize)}, {"--max-body-bytes", s.Door.MaxBodyBytes}} {
		if n.value < 1 {
			return problem.New(problem.Invalid, "%d is too small", n.value).At(n.flag).Fix("give 1 or more")
		}
	}
	if n := s.Rules.MaxManifestBytes; n < 0 || n > largestManifest {
		return problem.New(problem.Invalid, "%d is not between 1 and %d", n, largestManifest).At("--max-manifest-bytes").Fix("give 0 for the default")
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"--git-push-interval", s.Repo.PushInterval}, {"--git-poll-interval", s.Repo.PollInterval}, {"--clean-up-interval", s.CleanUpInterval}} {
		if d.value < 0 {
			return problem.New(problem.Invalid, "%s is negative", d.value).At(d.flag).Fix("give 0 or more")
		}
	}
	return nil
}
