package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// maxSignatureFile is the largest signature that is sent; the server's limit is the same.
const maxSignatureFile = 64 << 10

// maxManifestFile is the largest manifest that is sent; the server has a limit of its own.
const maxManifestFile = 64 << 20

type releaseOptions struct {
	execution
	manifests    []string
	signatures   []string
	manifestsDir string
	message      *api.CreateRelease
}

func newRelease(s *session) *cobra.Command {
	o := &releaseOptions{execution: execution{session: s}, message: &api.CreateRelease{}}
	cmd := s.command(spec{
		use:   "release",
		short: "Create a release from rendered manifests; look at releases",
		long: `Creates a new version of an application from its rendered manifests, one for each environment, and deploys it to the
environments that take the latest.`,
		example: `  signalbox release --application checkout --manifests-dir rendered/ --commit-id "$(git rev-parse HEAD)"
  signalbox release --application checkout --manifest development=dev.yaml --manifest staging=stg.yaml --version 12
  gpg --armor --detach-sign dev.yaml && signalbox release --application checkout --manifest development=dev.yaml --signature development=dev.yaml.asc`,
	}, o)
	f, m := cmd.Flags(), o.message
	f.StringVarP(&m.Application, "application", "a", "", "application (required)")
	f.StringArrayVarP(&o.manifests, "manifest", "m", nil, "ENVIRONMENT=FILE; give it once for each environment; - reads standard input")
	f.StringVar(&o.manifestsDir, "manifests-dir", "", "folder with <environment>.yaml for each environment")
	f.StringArrayVar(&o.signatures, "signature", nil, "ENVIRONMENT=FILE with an armored detached PGP signature of that manifest; may be given several times")
	f.Uint64Var(&m.Version, "version", 0, "version; 0 means one more than the highest")
	f.StringVar(&m.Team, "team", "", "team that owns the application")
	f.StringVar(&m.CommitId, "commit-id", "", "commit of the source repo, 7 to 40 lower-case hex digits")
	f.StringVar(&m.PreviousCommitId, "previous-commit-id", "", "commit of the release before")
	f.StringVar(&m.Author, "author", "", `author of the source commit, as "Name <mail>"`)
	f.StringVar(&m.Message, "message", "", "message of the source commit")
	f.StringVar(&m.DisplayVersion, "display-version", "", "what people call this release, at most 15 characters")
	f.StringVar(&m.CiLink, "ci-link", "", "address of the CI run")
	f.StringVar(&m.SourceRepoUrl, "source-repo-url", "", "address of the source repo")
	f.StringSliceVar(&m.DeployTo, "deploy-to", nil, "environments to deploy to right away, beside those that take the latest")
	f.BoolVar(&m.Prepublish, "prepublish", false, "record the release without manifests; they follow later")
	f.Uint64Var(&m.Revision, "revision", 0, "revision beside the version, for CI systems that repost a version")
	o.addFlags(cmd)
	cmd.AddCommand(newReleaseShow(s), newReleaseDiff(s))
	return cmd
}

func (o *releaseOptions) complete([]string) error {
	if o.message.Application == "" {
		return usagef("--application is missing: which application is released?")
	}
	o.message.Manifests = map[string]string{}
	if o.manifestsDir != "" {
		if err := o.readDir(o.manifestsDir); err != nil {
			return err
		}
	}
	for _, pair := range o.manifests {
		env, path, ok := strings.Cut(pair, "=")
		if !ok || env == "" || path == "" {
			return usagef("--manifest %q: write ENVIRONMENT=FILE", pair)
		}
		if err := o.read(env, path); err != nil {
			return err
		}
	}
	if len(o.message.Manifests) == 0 && !o.message.Prepublish {
		return usagef("no manifest given: use --manifest ENVIRONMENT=FILE or --manifests-dir DIR")
	}
	return o.readSignatures()
}

func (o *releaseOptions) readSignatures() error {
	for _, pair := range o.signatures {
		env, path, ok := strings.Cut(pair, "=")
		if !ok || env == "" || path == "" {
			return usagef("--signature %q: write ENVIRONMENT=FILE", pair)
		}
		if _, known := o.message.Manifests[env]; !known {
			return usagef("--signature %s: there is no manifest for environment %s", pair, env)
		}
		content, err := o.input(path, maxSignatureFile)
		if err != nil {
			return err
		}
		if !utf8.Valid(content) {
			return usagef("--signature %s: the file is not armored; make it with gpg --armor --detach-sign", pair)
		}
		if o.message.Signatures == nil {
			o.message.Signatures = map[string]*api.Signatures{}
		}
		of := o.message.Signatures[env]
		if of == nil {
			of = &api.Signatures{}
			o.message.Signatures[env] = of
		}
		of.Armored = append(of.Armored, string(content))
	}
	return nil
}

func (o *releaseOptions) readDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usagef("--manifests-dir: %v", err)
	}
	for _, entry := range entries {
		env, isManifest := manifestOf(entry.Name())
		if !isManifest || entry.IsDir() {
			continue
		}
		if err := o.read(env, filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	if len(o.message.Manifests) == 0 {
		return usagef("--manifests-dir %s holds no <environment>.yaml", dir)
	}
	return nil
}

func manifestOf(file string) (environment string, ok bool) {
	for _, ending := range []string{".yaml", ".yml"} {
		if name, found := strings.CutSuffix(file, ending); found && name != "" && !strings.HasPrefix(name, ".") {
			return name, true
		}
	}
	return "", false
}

func (o *releaseOptions) read(env, path string) error {
	if _, twice := o.message.Manifests[env]; twice {
		return usagef("two manifests for environment %s", env)
	}
	content, err := o.input(path, maxManifestFile)
	if err != nil {
		return err
	}
	o.message.Manifests[env] = string(content)
	return nil
}

func (o *releaseOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_CreateRelease{CreateRelease: o.message}
	return o.execute(ctx, req)
}
