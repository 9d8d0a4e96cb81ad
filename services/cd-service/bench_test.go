package cdservice_test

import (
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
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

// BenchmarkReleaseMinor is BenchmarkRelease where each release is compared with the one before.
func BenchmarkReleaseMinor(b *testing.B) {
	bed := newBed(b, "", func(o *cdservice.Options) { o.Policy.Minor = []*regexp.Regexp{regexp.MustCompile(`^  key: `)} })
	for i := range warm {
		bed.do(release(fmt.Sprintf("app-%d", i), 0, "first"))
	}
	b.ResetTimer()
	for i := range b.N {
		bed.do(release(fmt.Sprintf("app-%d", i%warm), 0, fmt.Sprint(i)))
	}
}
