package rules

import (
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Freeze is what freeze windows say of an application in an environment at a time.
type Freeze struct {
	// Because names the windows that hold, in words; empty when none does.
	Because string
	// Until is when they stop; zero when that is not known.
	Until time.Time
	// Windows are those that hold.
	Windows []FreezeWindow
}

// Frozen reports whether anything holds.
func (f Freeze) Frozen() bool { return f.Because != "" }

// FreezeWindow is a window and where it stands.
type FreezeWindow struct {
	manifestrepo.FreezeWindow
	// Group is set when the window is the group's.
	Group string
}

// FreezeOf evaluates the windows of an environment and its group for an application of a team. Windows that cannot be read, in the group's
// settings, freeze: nobody can tell.
func FreezeOf(s *manifestrepo.Snapshot, env *manifestrepo.Environment, app, team string, now time.Time) Freeze {
	panic("contract")
}
