package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Effects says what a decided deployment changes about the next train of its environment, and of those downstream of it.
func Effects(d *Decision, s *manifestrepo.Snapshot, ctx Context) ([]*api.TrainEffect, error) {
	panic("contract")
}
