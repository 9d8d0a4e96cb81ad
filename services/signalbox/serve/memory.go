package serve

import (
	"os"
	"runtime/debug"
)

// gcPercent makes the collector run when the heap has grown by half instead of doubled: most of it is the state, which stays, and
// a cluster pays for memory more than for the little time this takes. GOGC overrides it.
const gcPercent = 50

// settleMemory gives back what reading the state needed and the running service does not.
func settleMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory()
}
