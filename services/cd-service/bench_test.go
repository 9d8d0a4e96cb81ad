package cdservice_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkRelease is one release with a deployment to one environment, wait=pushed, through gRPC, embedded.
func BenchmarkRelease(b *testing.B) {
	bed := newBed(b, "", nil)
	for i := range warm {
		bed.do(release(fmt.Sprintf("app-%d", i), 0, "first"))
	}
	b.ResetTimer()
	for i := range b.N {
		bed.do(release(fmt.Sprintf("app-%d", i%warm), 0, fmt.Sprint(i)))
	}
}

// BenchmarkReleases32 is the same from 32 clients at once.
func BenchmarkReleases32(b *testing.B) {
	bed := newBed(b, "", nil)
	for i := range warm {
		bed.do(release(fmt.Sprintf("app-%d", i), 0, "first"))
	}
	b.ResetTimer()
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if _, err := bed.execute(release(fmt.Sprintf("app-%d", i%warm), 0, fmt.Sprint(i))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// warm is how many applications there are before the clock starts.
const warm = 50
