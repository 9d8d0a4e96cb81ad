package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkEndExpired(m *api.EndExpired, c *checking) error { panic("contract") }

func decideEndExpired(m *api.EndExpired, w *work) error { panic("contract") }
