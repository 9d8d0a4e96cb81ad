package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

type repoInitOptions struct {
	*session
	settings serve.Settings
}

func newRepoInit(s *session) *cobra.Command {
	o := &repoInitOptions{session: s}
	cmd := s.command(spec{
		use:   "init",
		short: "Make a repository a manifest repo, as a server's first start would",
		long: `Makes an empty repository, or one that holds only environments/<env>/config.json files, a manifest repo. It begins the release log and
looks whether the host shows its ref: some refuse or hide refs outside refs/heads/. A server does the same at its first start; this tells beforehand.`,
		example: `  signalbox repo init --git-url ssh://git@git.example.com/shop/manifests.git --git-ssh-key-file key --git-ssh-known-hosts-file known_hosts`,
	}, o)
	f := cmd.Flags()
	f.StringVar(&o.settings.DataDir, "data-dir", "", "data directory to keep what was read (default: a temporary one)")
	addRepoFlags(f, &o.settings.Repo)
	addSeedFlags(f, &o.settings.Repo)
	return cmd
}

func (o *repoInitOptions) complete([]string) error {
	if o.settings.Repo.GitURL == "" && o.settings.DataDir == "" {
		return usagef("which repo? Give --git-url, or --data-dir to host it there")
	}
	o.settings.HTTPAddr = defaultHTTPAddr
	o.settings.Rules = serve.Rules{KeepWindow: 1, Secrets: "refuse"}
	o.settings.QueueSize, o.settings.Door.MaxBodyBytes = 1, 1 // nothing is queued, nothing comes in
	return nil
}

func (o *repoInitOptions) run(ctx context.Context) error {
	log, err := serve.NewLogger(o.Err, "text", "warn")
	if err != nil {
		return err
	}
	over := o.waiting("setting up the repository")
	err = serve.Init(ctx, o.settings, log)
	over()
	if err != nil {
		return err
	}
	where := o.settings.Repo.GitURL
	if where == "" {
		where = serve.EmbeddedRepo(o.settings.DataDir)
	}
	o.say("%s is a manifest repo", where)
	return nil
}
