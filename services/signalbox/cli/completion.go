package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// nameKind says what a flag or an argument names, so that the shell can complete it from the server.
type nameKind int

// Kinds of names.
const (
	noName nameKind = iota
	applicationName
	environmentName
	groupName
	targetName // environment or group
	teamName
	outputForm
	waitForm
	lockForm
	fileName
)

var kindOfFlag = map[string]nameKind{
	"application":       applicationName,
	"environment":       environmentName,
	"to-environment":    environmentName,
	"deploy-to":         environmentName,
	"environment-group": groupName,
	"team":              teamName,
	"output":            outputForm,
	"wait":              waitForm,
	"on-lock":           lockForm,
}

// completionPatience is how long a Tab press may take; a shell that hangs is worse than no completion.
const completionPatience = 2 * time.Second

type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

func (s *session) completeFlag(kind nameKind) completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return s.complete(cmd, kind, typed)
	}
}

func (s *session) completeArgs(kinds []arg) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(kinds) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return s.complete(cmd, kinds[len(args)].kind, typed)
	}
}

func (s *session) complete(cmd *cobra.Command, kind nameKind, typed string) ([]string, cobra.ShellCompDirective) {
	if kind == fileName {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var matching []string
	for _, name := range s.names(cmd, kind) {
		if strings.HasPrefix(name, typed) {
			matching = append(matching, name)
		}
	}
	return matching, cobra.ShellCompDirectiveNoFileComp
}

// names asks the server; no answer means no suggestions.
func (s *session) names(cmd *cobra.Command, kind nameKind) []string {
	switch kind {
	case noName:
		return nil
	case outputForm:
		return []string{outputTable, outputJSON, outputYAML}
	case waitForm:
		return []string{"accepted", "pushed"}
	case lockForm:
		return []string{"record", "fail", "ignore"}
	}
	if applyEnvironment(cmd) != nil {
		return nil
	}
	s.retries = 0
	c, err := s.client()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	var names []string
	switch kind {
	case applicationName, teamName:
		list, err := c.Applications(ctx, &api.ListApplicationsRequest{PageSize: 1000})
		if err != nil {
			return nil
		}
		for _, a := range list.Applications {
			if kind == teamName {
				names = append(names, a.Team)
			} else {
				names = append(names, a.Name)
			}
		}
	default:
		list, err := c.Environments(ctx)
		if err != nil {
			return nil
		}
		names = environmentNames(list, kind)
	}
	return names
}

func environmentNames(list *api.ListEnvironmentsResponse, kind nameKind) []string {
	var names []string
	if kind != groupName {
		for _, e := range list.Environments {
			names = append(names, e.Name)
		}
	}
	if kind != environmentName {
		for _, g := range list.Groups {
			names = append(names, g.Name)
		}
	}
	return names
}
