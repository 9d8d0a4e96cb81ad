package rules

import (
	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
)

// awaitsApproval lets a delivery that nothing else holds back wait for approval when its environment asks for that: it notes the request that the
// command makes in that environment, fills in result, and reports true. A delivery that was approved, or into an environment that asks for none,
// goes on.
func (w *work) awaitsApproval(d delivery, result *api.DeployResult) (bool, error) {
	return false, nil
}
