package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

func checkDepart(m *api.Depart, c *checking) error { panic("contract") }

func needsOfDepart(m *api.Depart, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	panic("contract")
}

func decideDepart(m *api.Depart, w *work) error { panic("contract") }
