package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkHold(m *api.Hold, c *checking) error { panic("contract") }

func decideHold(m *api.Hold, w *work) error { panic("contract") }

func checkResume(m *api.Resume, c *checking) error { panic("contract") }

func decideResume(m *api.Resume, w *work) error { panic("contract") }
