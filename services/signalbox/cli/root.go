package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "signalbox",
		Short: "Release manager for GitOps: decides what runs next, where",
		Long: `Signalbox takes the rendered manifests of a release from CI, moves releases along a chain of environments, and writes
every decision into one git repository, the manifest repo, that Argo CD syncs into the clusters.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the server or the manifest repo cannot be reached.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			s.started = true
			return s.prepare(cmd)
		},
	}
	root.AddGroup(
		&cobra.Group{ID: "write", Title: "Change what runs:"},
		&cobra.Group{ID: "hold", Title: "Hold back and let go:"},
		&cobra.Group{ID: "read", Title: "See what runs, set it up and end it:"},
		&cobra.Group{ID: "server", Title: "Run and look after a server:"},
	)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v; see %s --help", err, cmd.CommandPath())
	})
	s.addClientFlags(root)
	in := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	in("write", newRelease(s), newDeploy(s), newTrain(s), newSet(s), newBatch(s))
	in("hold", newLock(s), newUnlock(s), newLocks(s), newStop(s), newGo(s), newFreeze(s), newHold(s), newResume(s), newQueue(s), newApproval(s))
	in("read", newOverview(s), newApp(s), newEnv(s), newHistory(s), newWhere(s), newWatch(s), newOperation(s), newCleanUp(s))
	in("server", newServe(s), newCDService(s), newFrontendService(s), newRepo(s), newDemo(s), newVersion(s))
	root.SetHelpCommandGroupID("server")
	root.SetCompletionCommandGroupID("server")
	s.decorate(root)
	return root
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names := make([]string, 0, len(cmd.Commands()))
			for _, child := range cmd.Commands() {
				names = append(names, child.Name())
			}
			return usagef("%q needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))
		},
	}
	c.AddCommand(children...)
	return c
}
