package sequencer

import "time"

// Clock is where the sequencer gets its time from.
type Clock interface {
	Now() time.Time
	// After sends once when d is over.
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// After is time.After.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
