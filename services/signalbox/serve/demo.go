package serve

import (
	"context"
	"time"

	"github.com/signalbox-dev/signalbox/services/signalbox/client"
	"github.com/signalbox-dev/signalbox/services/signalbox/demo"
)

// startDemo posts the demo data to this very server, once, when it has no application. The channel closes when that is over.
// A demo that fails is logged: the server is worth having without it.
func (p *Process) startDemo(ctx context.Context, url string) <-chan struct{} {
	over := make(chan struct{})
	if !p.Demo {
		close(over)
		return over
	}
	go func() {
		defer close(over)
		start := time.Now()
		posted, err := postDemo(ctx, url)
		switch {
		case err != nil && ctx.Err() == nil:
			p.Log.Error("demo data", "error", err)
		case posted > 0:
			p.Log.Info("demo data is posted", "commands", posted, "took", time.Since(start).Round(time.Millisecond))
		}
	}()
	return over
}

func postDemo(ctx context.Context, url string) (posted int, err error) {
	c, err := client.New(client.Options{Server: url, Retries: 3, Backoff: 200 * time.Millisecond})
	if err != nil {
		return 0, err
	}
	empty, err := demo.Empty(ctx, c)
	if err != nil || !empty {
		return 0, err
	}
	err = demo.Load(ctx, c, func(done, _ int, _ string) { posted = done })
	return posted, err
}
