package cli

import "github.com/spf13/cobra"

func newRepo(s *session) *cobra.Command {
	return group("repo", "Look after a manifest repo", newRepoInit(s), newRepoImport(s), newRepoFsck(s), newRepoBackup(s), newRepoVerify(s))
}
