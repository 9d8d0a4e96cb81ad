package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

func checkCreateReleaseSet(m *api.CreateReleaseSet, c *checking) error { panic("contract") }

func decideCreateReleaseSet(m *api.CreateReleaseSet, w *work) error { panic("contract") }

func checkDeleteReleaseSet(m *api.DeleteReleaseSet, c *checking) error { panic("contract") }

func decideDeleteReleaseSet(m *api.DeleteReleaseSet, w *work) error { panic("contract") }
