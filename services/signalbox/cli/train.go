package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func newTrain(s *session) *cobra.Command {
	return group("train", "Move many applications at once, now or by the timetable",
		newTrainRun(s), newTrainPreview(s), newTrainList(s), newTrainTimetable(s), newTrainPause(s), newTrainResume(s))
}

// trainFlags say which train: running it and looking at it take the same.
type trainFlags struct {
	targetType string
	labels     []string
	source     api.TrainSource
	message    *api.RunTrain
}

func (t *trainFlags) addFlags(s *session, cmd *cobra.Command) {
	t.addFilters(cmd)
	f := cmd.Flags()
	f.StringVar(&t.targetType, "target-type", "", "environment or group, where both have the name (default: group if there is one)")
	f.StringVar(&t.message.Train, "train", "", "a train of the target's timetable, with its filters")
	f.StringVar(&t.source.ReleaseSet, "set", "", "take the versions from this release set, not from upstream")
	f.StringVar(&t.source.Revision, "revision", "", "take the versions from a past commit or tag of the manifest repo: what upstream ran then")
	f.StringVar(&t.source.Environment, "from", "", "with --revision: what this environment ran then; the target itself goes back to what it ran")
	f.BoolVar(&t.message.Whole, "whole", false, "all or nothing: refuse unless every application that is to move can go")
	// --from is an environment here, and a version elsewhere. An error would mean that it is completed already.
	_ = cmd.RegisterFlagCompletionFunc("from", s.completeFlag(environmentName))
}

// addFilters adds the flags that leave applications out.
func (t *trainFlags) addFilters(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.message.Team, "team", "", "only applications of this team")
	f.StringSliceVarP(&t.message.Applications, "application", "a", nil, "only these applications")
	f.StringArrayVarP(&t.labels, "label", "l", nil, "only applications with this label, as KEY=VALUE; of several, those that have all")
}

func (t *trainFlags) complete(target string) (err error) {
	m := t.message
	m.Target = target
	switch t.targetType {
	case "":
	case "environment":
		m.TargetType = api.TrainTarget_TRAIN_TARGET_ENVIRONMENT
	case "group":
		m.TargetType = api.TrainTarget_TRAIN_TARGET_ENVIRONMENT_GROUP
	default:
		return usagef("--target-type %q: choose environment or group", t.targetType)
	}
	if m.Labels, err = labelPairs(t.labels); err != nil {
		return err
	}
	switch {
	case t.source.ReleaseSet != "" && t.source.Revision != "":
		return usagef("--set and --revision exclude each other: a train takes its versions from one place")
	case t.source.Environment != "" && t.source.Revision == "":
		return usagef("--from goes with --revision: it names the environment whose past counts")
	case t.source.ReleaseSet != "" || t.source.Revision != "":
		m.Source = &t.source
	}
	return nil
}

// labelPairs reads KEY=VALUE; the value may be empty.
func labelPairs(pairs []string) (map[string]string, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	labels := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, usagef("--label %q: write KEY=VALUE", pair)
		}
		if other, twice := labels[key]; twice && other != value {
			return nil, usagef("--label %s is given twice, as %q and %q", key, other, value)
		}
		labels[key] = value
	}
	return labels, nil
}

type trainOptions struct {
	execution
	trainFlags
}

func newTrainRun(s *session) *cobra.Command {
	o := &trainOptions{execution: execution{session: s}, trainFlags: trainFlags{message: &api.RunTrain{}}}
	cmd := s.command(spec{
		use:   "run TARGET",
		short: "Move every application of an environment or a group to the version its upstream runs",
		long: `Moves every application of an environment, or of each environment of a group, to the version its source names: what the upstream
environment runs, a release set (--set), or a past state (--revision). See before what it would do: signalbox train preview.`,
		example: `  signalbox train run staging
  signalbox train run production --team payments --label tier=backend
  signalbox train run production-de --revision 4f2c9e1 --from production-de --reason "back to Thursday"
  signalbox train run staging --train morning`,
		args: []arg{{kind: targetName}},
	}, o)
	o.trainFlags.addFlags(s, cmd)
	cmd.Flags().StringVar(&o.message.CiLink, "ci-link", "", "address of the CI run")
	o.execution.addFlags(cmd)
	return cmd
}

func (o *trainOptions) complete(args []string) error { return o.trainFlags.complete(args[0]) }

func (o *trainOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	req.Kind = &api.ExecuteRequest_RunTrain{RunTrain: o.message}
	return o.execute(ctx, req)
}

type trainPreviewOptions struct {
	*session
	trainFlags
	diff bool
}

func newTrainPreview(s *session) *cobra.Command {
	o := &trainPreviewOptions{session: s, trainFlags: trainFlags{message: &api.RunTrain{}}}
	cmd := s.command(spec{
		use:   "preview TARGET",
		short: "Show what a train would do now; nothing is written",
		long: `Shows for each application what a train would do now: from which version to which, what would wait and for what, what would be skipped
and why. It is decided by what decides the train itself.`,
		example: `  signalbox train preview production
  signalbox train preview production-de --set friday --diff`,
		args: []arg{{kind: targetName}},
	}, o)
	o.trainFlags.addFlags(s, cmd)
	cmd.Flags().BoolVar(&o.diff, "diff", false, "print what comes with it: releases, and how the manifests change (secrets' data redacted)")
	return cmd
}

func (o *trainPreviewOptions) complete(args []string) error { return o.trainFlags.complete(args[0]) }

func (o *trainPreviewOptions) run(ctx context.Context) error {
	return o.preview(ctx, &api.GetPreviewRequest{RunTrain: o.message, WithoutDiffs: !o.diff}, o.diff)
}
