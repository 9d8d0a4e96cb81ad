package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/services/signalbox/client"
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
	lockID
	trainName
	setName
	setOrEnvironment // as set compare takes it
	approvalID
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
	"set":               setName,
	"train":             trainName,
	"config":            fileName,
	"file":              fileName,
}

// completionPatience is how long a Tab press may take; a shell that hangs is worse than no completion.
const completionPatience = 2 * time.Second

type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

func (s *session) completeFlag(kind nameKind) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		return s.complete(cmd, kind, args, typed)
	}
}

func (s *session) completeArgs(kinds []arg) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		at := len(args)
		if last := len(kinds) - 1; last >= 0 && kinds[last].many {
			at = min(at, last)
		}
		if at >= len(kinds) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return s.complete(cmd, kinds[at].kind, args, typed)
	}
}

func (s *session) complete(cmd *cobra.Command, kind nameKind, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if kind == fileName {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var matching []string
	for _, name := range s.names(cmd, kind, args) {
		if strings.HasPrefix(name, typed) {
			matching = append(matching, name)
		}
	}
	return matching, cobra.ShellCompDirectiveNoFileComp
}

// names asks the server; no answer means no suggestions.
func (s *session) names(cmd *cobra.Command, kind nameKind, args []string) []string {
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
	names, err := namesFrom(ctx, c, kind, strings.Join(args[:min(len(args), 1)], ""))
	if err != nil {
		return nil
	}
	return names
}

// namesFrom lists the names of a kind; place is the first argument, the environment or group that trains and requests belong to.
func namesFrom(ctx context.Context, c *client.Client, kind nameKind, place string) (names []string, err error) {
	switch kind {
	case applicationName, teamName:
		list, err := c.Applications(ctx, &api.ListApplicationsRequest{PageSize: 1000})
		for _, a := range list.GetApplications() {
			if kind == teamName {
				names = append(names, a.Team)
			} else {
				names = append(names, a.Name)
			}
		}
		return names, err
	case lockID:
		list, err := c.Locks(ctx, &api.ListLocksRequest{PageSize: 1000})
		for _, l := range list.GetLocks() {
			names = append(names, l.Id)
		}
		return names, err
	case trainName:
		list, err := c.Timetable(ctx, &api.GetTimetableRequest{Days: 1, Target: place})
		for _, t := range list.GetTrains() {
			names = append(names, t.Name)
		}
		return names, err
	case approvalID:
		list, err := c.Approvals(ctx, &api.ListApprovalsRequest{PageSize: 1000, Environment: place})
		for _, a := range list.GetApprovals() {
			names = append(names, a.Id)
		}
		return names, err
	case setName, setOrEnvironment:
		list, err := c.ReleaseSets(ctx)
		for _, set := range list.GetReleaseSets() {
			names = append(names, set.Name)
		}
		if err != nil || kind == setName {
			return names, err
		}
	}
	list, err := c.Environments(ctx)
	if err != nil {
		return nil, err
	}
	if kind == setOrEnvironment {
		for _, name := range environmentNames(list, environmentName) {
			names = append(names, "environment:"+name)
		}
		return names, nil
	}
	return environmentNames(list, kind), nil
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
