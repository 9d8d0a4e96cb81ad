package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkCleanUp(m *api.CleanUp, c *checking) error { panic("contract") }

func decideCleanUp(m *api.CleanUp, w *work) error { panic("contract") }
