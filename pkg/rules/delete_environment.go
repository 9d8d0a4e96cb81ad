package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkDeleteEnvironment(m *api.DeleteEnvironment, c *checking) error { panic("contract") }

func decideDeleteEnvironment(m *api.DeleteEnvironment, w *work) error { panic("contract") }
