package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkRenderEnvironment(m *api.RenderEnvironment, c *checking) error { panic("contract") }

func decideRenderEnvironment(m *api.RenderEnvironment, w *work) error { panic("contract") }
