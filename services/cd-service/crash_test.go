package cdservice_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/gitstore/gitservertest"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// TestKilledAgainAndAgainNothingAcknowledgedIsLost lets clients post releases with keys and retry until they are answered, while the service
// is dropped and opened again on the same data.
func TestKilledAgainAndAgainNothingAcknowledgedIsLost(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { killedAgain(t, newBed(t, "", nil)) })
	t.Run("remote", func(t *testing.T) {
		git := gitservertest.NewRepo(t)
		git.NoAtomic(t)
		server := gitservertest.ServeHTTP(t, git)
		b := newBed(t, server.URL, nil)
		// Answers get lost now and then, too.
		n := 0
		server.OnPush(func(next httpHandler) httpHandler {
			dropped := gitservertest.DropAnswer()(next)
			var mu sync.Mutex
			return handlerFunc(func(w responseWriter, q *httpRequest) {
				mu.Lock()
				n++
				drop := n%4 == 0
				mu.Unlock()
				if drop {
					dropped.ServeHTTP(w, q)
				} else {
					next.ServeHTTP(w, q)
				}
			})
		})
		killedAgain(t, b)
		git.Fsck(t)
	})
}

func killedAgain(t *testing.T, b *bed) {
	const clients, each, kills = 4, 12, 5
	var mu sync.RWMutex // held to read while a command is on its way to a service that is open
	acknowledged := make([][]string, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				req := release(fmt.Sprintf("app-%d", c), 0, fmt.Sprint(i))
				req.IdempotencyKey = fmt.Sprintf("%d-%d", c, i)
				if i%3 == 2 {
					req.Wait = api.Wait_WAIT_ACCEPTED
				}
				op := executeUntilAnswered(t, b, &mu, req)
				if op == nil {
					return
				}
				acknowledged[c] = append(acknowledged[c], op.Id)
			}
		})
	}
	for range kills {
		time.Sleep(150 * time.Millisecond) // somewhere in the middle of the work
		b.killWithCalls(&mu)
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for c := range clients {
		for _, id := range acknowledged[c] {
			gitservertest.Eventually(t, "operation "+id+" is done", func() bool {
				op, err := b.commands.GetOperation(t.Context(), &api.GetOperationRequest{Id: id})
				return err == nil && op.State == api.OperationState_OPERATION_STATE_DONE
			})
		}
	}
	report := b.whole() // finds operations that are on main twice
	if report.Releases != clients*each {
		t.Errorf("%d releases of %d", report.Releases, clients*each)
	}
}

// executeUntilAnswered retries as a client does: on 503, on 504, and when the connection breaks.
func executeUntilAnswered(t *testing.T, b *bed, mu *sync.RWMutex, req *api.ExecuteRequest) *api.Operation {
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		mu.RLock()
		commands := b.commands
		mu.RUnlock()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		op, err := commands.Execute(ctx, req)
		cancel()
		if err == nil {
			return op
		}
		switch p := problem.From(err); p.Kind {
		case problem.Unavailable, problem.Unknown, problem.Exhausted:
		default:
			t.Errorf("%s: %v", req.IdempotencyKey, err)
			return nil
		}
	}
	t.Errorf("%s was never answered", req.IdempotencyKey)
	return nil
}

func (b *bed) killWithCalls(mu *sync.RWMutex) {
	mu.Lock()
	defer mu.Unlock()
	b.kill()
	b.must(b.open())
}
