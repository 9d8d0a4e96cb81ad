package serve

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// gcPercent makes the collector run when the heap has grown by half instead of doubled: most of it is the state, which stays, and
// a cluster pays for memory more than for the little time this takes. GOGC overrides it.
const gcPercent = 50

// A burst of releases leaves a large heap behind, which the runtime keeps for the next one. When the service rests, it is given
// back: less than restAllocates was allocated since the last look, and at least worthGivingBack is free.
const (
	restLook        = 5 * time.Second
	restAllocates   = 4 << 20
	worthGivingBack = 16 << 20
)

// settleMemory gives back what reading the state needed and the running service does not, and keeps doing so after bursts until
// ctx ends.
func settleMemory(ctx context.Context) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory()
	go func() {
		ticker := time.NewTicker(restLook)
		defer ticker.Stop()
		var before, settled uint64
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			allocated, free := heapNow()
			rests := allocated-before < restAllocates
			before = allocated
			if rests && free > worthGivingBack && allocated-settled > restAllocates {
				settled = allocated
				debug.FreeOSMemory()
			}
		}
	}()
}

// heapNow is what was allocated since the start, and what the heap holds beyond its live objects: garbage and free pages. In bytes.
func heapNow() (allocated, free uint64) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
	}
	metrics.Read(samples)
	held := samples[2].Value.Uint64() + samples[3].Value.Uint64() + samples[4].Value.Uint64()
	return samples[0].Value.Uint64(), held - min(held, samples[1].Value.Uint64())
}
