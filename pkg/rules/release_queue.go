package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

func checkReleaseQueue(m *api.ReleaseQueue, c *checking) error { panic("contract") }

func needsOfReleaseQueue(m *api.ReleaseQueue, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	panic("contract")
}

func decideReleaseQueue(m *api.ReleaseQueue, w *work) error { panic("contract") }
