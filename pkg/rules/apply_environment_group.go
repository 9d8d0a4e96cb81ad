package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkApplyEnvironmentGroup(m *api.ApplyEnvironmentGroup, c *checking) error { panic("contract") }

func decideApplyEnvironmentGroup(m *api.ApplyEnvironmentGroup, w *work) error { panic("contract") }
