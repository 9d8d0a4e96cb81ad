package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

func checkApprove(m *api.Approve, c *checking) error { panic("contract") }

func needsOfApprove(m *api.Approve, c *Checked, s *manifestrepo.Snapshot) []ReleaseKey {
	panic("contract")
}

func decideApprove(m *api.Approve, w *work) error { panic("contract") }

func checkReject(m *api.Reject, c *checking) error { panic("contract") }

func decideReject(m *api.Reject, w *work) error { panic("contract") }
