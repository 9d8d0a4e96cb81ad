package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/structpb"
)

// version is set by the linker (see the Makefile); a plain `go build` leaves it empty.
var version string

// buildVersion is the version people see: the linker's, else what the Go toolchain recorded.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return short(setting.Value)
		}
	}
	return info.Main.Version
}

type versionOptions struct{ *session }

func newVersion(s *session) *cobra.Command {
	return s.command(spec{use: "version", short: "Print the version of this program"}, &versionOptions{s})
}

func (o *versionOptions) complete([]string) error { return nil }

func (o *versionOptions) run(context.Context) error {
	facts, err := structpb.NewStruct(map[string]any{
		"version": buildVersion(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
	})
	if err != nil {
		return err
	}
	return o.show(facts, func(p *printer) {
		p.line("signalbox %s (%s, %s/%s)", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	})
}
