package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix starts the name of every environment variable that sets a flag.
const envPrefix = "SIGNALBOX_"

// envOf is the environment variable of a flag: --git-url is SIGNALBOX_GIT_URL.
func envOf(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// decorate names the environment variable of every flag in its help, and gives shell completion to flags that take a name.
func (s *session) decorate(cmd *cobra.Command) {
	seen := func(f *pflag.Flag) {
		if f.Name == "help" || strings.Contains(f.Usage, "[$"+envPrefix) {
			return
		}
		f.Usage += " [$" + envOf(f.Name) + "]"
		if kind, ok := kindOfFlag[f.Name]; ok {
			// An error means that the flag is completed already.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, s.completeFlag(kind))
		}
	}
	cmd.LocalFlags().VisitAll(seen)
	for _, child := range cmd.Commands() {
		s.decorate(child)
	}
}

// applyEnvironment sets every flag that was not given from its environment variable.
func applyEnvironment(cmd *cobra.Command) error {
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, set := os.LookupEnv(envOf(f.Name))
		if f.Changed || !set || value == "" || f.Name == "help" || failed != nil {
			return
		}
		if err := f.Value.Set(value); err != nil {
			failed = usagef("%s=%q: %v", envOf(f.Name), value, err)
			return
		}
		f.Changed = true
	})
	return failed
}
