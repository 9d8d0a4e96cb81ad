package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalbox-dev/signalbox/pkg/rules"
	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// defaultHTTPAddr is where a server listens when nothing else is said.
const defaultHTTPAddr = "127.0.0.1:8080"

// serveOptions run services. mode decides which.
type serveOptions struct {
	*session
	settings            serve.Settings
	logFormat, logLevel string
	mode                func(*serve.Process, context.Context) error
}

func newServe(s *session) *cobra.Command {
	o := &serveOptions{session: s, mode: (*serve.Process).All}
	cmd := s.command(spec{
		use:   "serve",
		short: "Run all services in one process",
		long: `Runs all services in one process. Without --git-url it creates and hosts the manifest repo itself, in the data directory,
and serves it read-only at /git/manifests.git. SIGTERM drains: accepted work is finished, new work gets 503.`,
		example: `  signalbox serve --data-dir data
  signalbox serve --data-dir data --git-url ssh://git@git.example.com/shop/manifests.git --git-ssh-key-file key --git-ssh-known-hosts-file known_hosts`,
	}, o)
	f := cmd.Flags()
	o.addCDFlags(f)
	o.addDoorFlags(f)
	f.BoolVar(&o.settings.Demo, "demo", false, "post demo data when the manifest repo has no application")
	return cmd
}

func newCDService(s *session) *cobra.Command {
	o := &serveOptions{session: s, mode: (*serve.Process).CDServiceAlone}
	o.settings.Door.MaxBodyBytes = 1 // has no door
	cmd := s.command(spec{
		use:   "cd-service",
		short: "Run the cd-service alone: the only writer, behind gRPC",
		long:  `Runs the cd-service alone, for a cluster. One process at a time may own a data directory; frontends connect to --grpc-addr.`,
	}, o)
	o.addCDFlags(cmd.Flags())
	return cmd
}

func newFrontendService(s *session) *cobra.Command {
	o := &serveOptions{session: s, mode: (*serve.Process).FrontendAlone}
	o.settings.Rules = serve.Rules{KeepWindow: 1, Secrets: "refuse"}
	o.settings.QueueSize = 1 // decides nothing, queues nothing
	cmd := s.command(spec{
		use:   "frontend-service",
		short: "Run the frontend alone: REST, the CI endpoints, the UI",
		long:  `Runs the frontend alone, for a cluster. It holds no state: run as many as you like.`,
	}, o)
	o.addDoorFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.settings.CDService, "cd-service", "127.0.0.1:8443", "gRPC address of the cd-service")
	return cmd
}

func (o *serveOptions) addLogFlags(f *pflag.FlagSet) {
	if f.Lookup("log-format") != nil {
		return
	}
	f.StringVar(&o.logFormat, "log-format", "text", "text or json")
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	f.DurationVar(&o.settings.DrainTimeout, "drain-timeout", 30*time.Second, "how long accepted work may take to finish after SIGTERM")
}

func (o *serveOptions) addCDFlags(f *pflag.FlagSet) {
	o.addLogFlags(f)
	st := &o.settings
	f.StringVar(&st.DataDir, "data-dir", "data", "directory for the manifest repo or its mirror, the index and the journal")
	f.StringVar(&st.GRPCAddr, "grpc-addr", "127.0.0.1:8443", "address for gRPC")
	addRepoFlags(f, &st.Repo)
	f.DurationVar(&st.Repo.PushInterval, "git-push-interval", 0, "least time between two pushes, for hosts that limit them; 0 pushes as fast as it can")
	f.DurationVar(&st.Repo.PollInterval, "git-poll-interval", 30*time.Second, "how often the remote is asked for pushes by others; 0 never asks")
	addSeedFlags(f, &st.Repo)
	f.StringVar(&st.Rules.Secrets, "secrets", "refuse", "what happens to an uploaded kind: Secret with data: refuse, warn or allow")
	f.Int64Var(&st.Rules.MaxManifestBytes, "max-manifest-bytes", rules.DefaultMaxManifestBytes, "largest manifest, in bytes; --max-body-bytes holds for all manifests of a release together")
	f.IntVar(&st.Rules.KeepWindow, "keep-window", 20, "how many releases behind the oldest deployed one are kept; older ones are cleaned up, and too old to come in")
	f.Var(&st.Rules.MinorLines, "minor-line", "regular expression for lines of manifests that do not count, such as a build number's: a release that changes no other line is minor; may be given several times, or several, one a line")
	f.DurationVar(&st.CleanUpInterval, "clean-up-interval", time.Hour, "how often releases that nothing needs any more are cleaned up; 0 never does")
	f.Var(&st.Rules.Roles, "role", "members of a role that may approve, by e-mail address: release-manager=anna@example.com,*@ops.example.com; may be given several times, or several with ; between them")
	f.StringVar(&st.PGPKeyring, "pgp-keyring", "", "file of public keys; then each manifest needs a valid detached signature, whichever way it comes in")
	f.IntVar(&st.QueueSize, "queue-size", 1000, "how many commands may wait; more get 503")
}

func (o *serveOptions) addDoorFlags(f *pflag.FlagSet) {
	o.addLogFlags(f)
	st := &o.settings
	f.StringVar(&st.HTTPAddr, "http-addr", defaultHTTPAddr, "address for HTTP: API, CI endpoints, UI")
	f.Int64Var(&st.Door.MaxBodyBytes, "max-body-bytes", 32<<20, "largest body of a request, in bytes")
	if f.Lookup("pgp-keyring") == nil {
		f.StringVar(&st.PGPKeyring, "pgp-keyring", "", "file of public keys, for signatures that come with locks and environments; manifests are the cd-service's business")
	}
	f.StringSliceVar(&st.Door.AllowedOrigins, "allowed-origins", nil, "web origins beside this server's own whose pages may call the API")
	f.StringVar(&st.Door.WebhookSecretFile, "webhook-secret-file", "", "file with the secret shared with the git host, or $SIGNALBOX_WEBHOOK_SECRET")
}

func (o *serveOptions) complete([]string) error {
	o.settings.Version = buildVersion()
	return nil
}

func (o *serveOptions) run(ctx context.Context) error {
	log, err := serve.NewLogger(o.Err, o.logFormat, o.logLevel)
	if err != nil {
		return usagef("%v", err)
	}
	p := &serve.Process{Settings: o.settings, Log: log, Ready: func(a serve.Addresses) {
		if a.HTTP != "" {
			_, _ = fmt.Fprintf(o.Out, "Signalbox is ready on %s\n", a.HTTP)
		} else {
			_, _ = fmt.Fprintf(o.Out, "Signalbox is ready on %s (gRPC)\n", a.GRPC)
		}
	}}
	return o.mode(p, ctx)
}
