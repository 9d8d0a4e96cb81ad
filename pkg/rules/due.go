package rules

import (
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Due says what the clock asks for: the commands to send now, in order, and when to look again (zero: not before the state changes).
// A command that was carried out is not due any more, so asking again after each of them ends.
func Due(s *manifestrepo.Snapshot, now time.Time) (actions []*api.Action, next time.Time) {
	panic("contract")
}
