package gitservertest

import (
	"os"
	"time"
)

// Patience is how long Eventually tries.
const Patience = 20 * time.Second

// Eventually fails the test when the condition does not come true in time.
func Eventually(tb TB, what string, condition func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	tb.Fatalf("waited in vain: %s", what)
}

// appears closes the channel when the file is there. A hook can say so in no other way.
func appears(tb TB, file string) <-chan struct{} {
	found, over := make(chan struct{}), make(chan struct{})
	tb.Cleanup(func() { close(over) })
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if _, err := os.Stat(file); err == nil {
				close(found)
				return
			}
			select {
			case <-over:
				return
			case <-tick.C:
			}
		}
	}()
	return found
}
