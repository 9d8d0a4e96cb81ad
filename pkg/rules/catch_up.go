package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

func checkCatchUp(m *api.CatchUp, c *checking) error { panic("contract") }

func needsOfCatchUp(m *api.CatchUp, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	panic("contract")
}

func decideCatchUp(m *api.CatchUp, w *work) error { panic("contract") }
