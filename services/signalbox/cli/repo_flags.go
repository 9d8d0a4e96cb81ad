package cli

import (
	"github.com/spf13/pflag"

	"github.com/signalbox-dev/signalbox/services/signalbox/serve"
)

// addRepoFlags are the flags that say where the manifest repo is; `serve` and the repo commands share them.
func addRepoFlags(f *pflag.FlagSet, r *serve.Repo) {
	f.StringVar(&r.GitURL, "git-url", "", "remote manifest repo: a path, ssh:// or https:// (default: hosted in the data directory)")
	f.StringVar(&r.Branch, "git-branch", "main", "branch that says what should run")
	f.StringVar(&r.LogRef, "git-log-ref", "refs/signalbox/log/0001", "ref of the release log in a new repo; a name under refs/heads/ where the host refuses others")
	f.StringVar(&r.SSHKeyFile, "git-ssh-key-file", "", "private key for ssh")
	f.StringVar(&r.SSHKnownHostsFile, "git-ssh-known-hosts-file", "", "host keys for ssh; unknown hosts are refused")
	f.StringVar(&r.SSHPassphraseFile, "git-ssh-passphrase-file", "", "file with the key's passphrase, or $SIGNALBOX_GIT_SSH_PASSPHRASE")
	f.StringVar(&r.Username, "git-username", "", "user for https")
	f.StringVar(&r.PasswordFile, "git-password-file", "", "file with the password for https, or $SIGNALBOX_GIT_PASSWORD")
	f.StringVar(&r.TokenFile, "git-token-file", "", "file with a token for https, or $SIGNALBOX_GIT_TOKEN")
	f.StringVar(&r.CAFile, "git-ca-file", "", "PEM certificates to trust for https, beside the system's")
}

// addSeedFlags are the flags that decide what a new manifest repo holds.
func addSeedFlags(f *pflag.FlagSet, r *serve.Repo) {
	f.StringVar(&r.Environments, "environments", "", "folder of <environment>/config.json for a repo without environments (default: development, staging, production in two countries)")
	f.StringVar(&r.ArgoCDRepoURL, "argocd-repo-url", "", "where Argo CD finds the manifest repo (default: --git-url, or this server's own)")
}
