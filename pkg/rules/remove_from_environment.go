package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkRemoveFromEnvironment(m *api.RemoveFromEnvironment, c *checking) error { panic("contract") }

func decideRemoveFromEnvironment(m *api.RemoveFromEnvironment, w *work) error { panic("contract") }
