package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkPauseTrain(m *api.PauseTrain, c *checking) error { panic("contract") }

func decidePauseTrain(m *api.PauseTrain, w *work) error { panic("contract") }

func checkResumeTrain(m *api.ResumeTrain, c *checking) error { panic("contract") }

func decideResumeTrain(m *api.ResumeTrain, w *work) error { panic("contract") }
