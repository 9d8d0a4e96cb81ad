package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkPrepareUndeploy(m *api.PrepareUndeploy, c *checking) error { panic("contract") }

func decidePrepareUndeploy(m *api.PrepareUndeploy, w *work) error { panic("contract") }

func checkUndeploy(m *api.Undeploy, c *checking) error { panic("contract") }

func decideUndeploy(m *api.Undeploy, w *work) error { panic("contract") }
