package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkApplyApplication(m *api.ApplyApplication, c *checking) error { panic("contract") }

func decideApplyApplication(m *api.ApplyApplication, w *work) error { panic("contract") }
