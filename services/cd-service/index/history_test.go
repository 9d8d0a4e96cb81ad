package index_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// line is main as far as the history is concerned: commits without a repo.
type line struct {
	commits []gitstore.CommitInfo
	random  *rand.Rand
	apps    int
	envs    int
	// skew is how far the times of other people's commits may be off.
	skew time.Duration
}

func newLine(apps, envs int) *line {
	return &line{random: rand.New(rand.NewPCG(1, 2)), apps: apps, envs: envs, skew: 1000 * time.Hour}
}

// grow adds n commits of all kinds. Times mostly go forward.
func (l *line) grow(n int) {
	for range n {
		i := len(l.commits)
		m := manifestrepo.Message{Subject: fmt.Sprintf("Commit %d", i+1), Action: "deploy", RequestID: fmt.Sprintf("op-%d", i+1), RequestDigest: "d"}
		app := fmt.Sprintf("app-%d", l.random.IntN(l.apps))
		switch l.random.IntN(20) {
		case 0:
			m.Action = "run-train"
			env := fmt.Sprintf("env-%d", l.random.IntN(l.envs))
			for a := range min(l.apps, 30) {
				m.Events = append(m.Events, manifestrepo.Event{What: "deployed", Application: fmt.Sprintf("app-%d", a), Environment: env, Version: uint64(i + 1)})
			}
		case 1:
			m.Action = "create-lock"
			m.Events = append(m.Events, manifestrepo.Event{What: "locked", Environment: fmt.Sprintf("env-%d", l.random.IntN(l.envs)), LockID: "l-1"})
		default:
			m.Action = "create-release"
			m.Events = append(m.Events, manifestrepo.Event{What: "created-release", Application: app, Version: uint64(i + 1)},
				manifestrepo.Event{What: "deployed", Application: app, Environment: "env-0", Version: uint64(i + 1), PreviousVersion: uint64(i)})
		}
		at := repotest.Start.Add(time.Duration(i)*time.Minute + time.Duration(l.random.IntN(600)-300)*time.Second).Truncate(time.Second)
		committer := repotest.Committer
		if l.random.IntN(30) == 0 {
			committer, at = "Hand", at.Add(time.Duration(l.random.Int64N(int64(2*l.skew)))-l.skew).Truncate(time.Second)
		}
		author := fmt.Sprintf("person-%d", l.random.IntN(9))
		c := gitstore.CommitInfo{
			Author:    gitstore.Signature{Name: strings.ToUpper(author[:1]) + author[1:], Email: author + "@example.com", When: at},
			Committer: gitstore.Signature{Name: committer, When: at}, Message: m.String(),
		}
		c.Hash[0], c.Hash[1], c.Hash[2], c.Hash[3] = byte(i+1), byte((i+1)>>8), byte((i+1)>>16), 1
		if i > 0 {
			c.Parents = []gitstore.Hash{l.commits[i-1].Hash}
		}
		l.commits = append(l.commits, c)
	}
}

// step is the advance from commit number from to the newest.
func (l *line) step(t testing.TB, from int, position uint64) state.Step {
	t.Helper()
	step := state.Step{Before: manifestrepo.Empty(), Commits: l.commits[from:], Position: position}
	at := func(h gitstore.Hash) *manifestrepo.Snapshot {
		s, _, err := manifestrepo.Empty().Apply(context.Background(), manifestrepo.Update{Commit: h}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if from > 0 {
		step.Before = at(l.commits[from-1].Hash)
	}
	step.After = at(l.commits[len(l.commits)-1].Hash)
	return step
}

// log is what gitstore.Store.Log would give.
func (l *line) log(_ context.Context, from, to gitstore.Hash, fn func(gitstore.CommitInfo) error) error {
	inside := from.IsZero()
	for _, c := range l.commits {
		if inside {
			if err := fn(c); err != nil {
				return err
			}
		}
		inside = inside || c.Hash == from
		if c.Hash == to {
			break
		}
	}
	if !inside {
		return gitstore.ErrNotAncestor
	}
	return nil
}

func (l *line) open(t testing.TB) *index.Index {
	t.Helper()
	x, err := index.Open(filepath.Join(t.TempDir(), "index.db"), index.Options{Committer: repotest.Committer, Log: l.log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func (l *line) wait(t testing.TB, x *index.Index, position uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := x.WaitFor(ctx, l.commits[len(l.commits)-1].Hash, position); err != nil {
		t.Fatal(err)
	}
}

// answer is what a query should find, worked out the simple way.
func answer(all []index.Entry, q index.Query) []uint64 {
	var seqs []uint64
	for _, e := range slices.Backward(all) {
		concerned := q.Application == "" && q.Environment == "" || slices.ContainsFunc(e.Details, func(d manifestrepo.Event) bool {
			return (q.Application == "" || d.Application == q.Application) && (q.Environment == "" || d.Environment == q.Environment)
		})
		author := strings.Contains(strings.ToLower(e.Author.Name+"\n"+e.Author.Email), strings.ToLower(q.Author))
		if concerned && author && (q.Action == "" || e.Action == q.Action) && (q.Since.IsZero() || !e.Time.Before(q.Since)) &&
			(q.Until.IsZero() || e.Time.Before(q.Until)) && (q.Before == 0 || e.Sequence < q.Before) {
			seqs = append(seqs, e.Sequence)
		}
	}
	return seqs
}

func TestFiltersFindWhatAPlainSearchFinds(t *testing.T) {
	l := newLine(40, 6)
	l.grow(5000)
	x := l.open(t)
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	var all []index.Entry
	for i, c := range l.commits {
		e := index.EntryOf(c, repotest.Committer)
		e.Sequence = uint64(i + 1)
		all = append(all, e)
	}
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(options ...string) string { return options[random.IntN(len(options))] }
	for range 250 {
		q := index.Query{
			Application: pick("", "", "app-3", "app-39", "nobody"), Environment: pick("", "", "env-0", "env-5", "nowhere"),
			Author: pick("", "", "", "PERSON-4", "@example", "son-1@", "%", "_", "nobody"), Action: pick("", "", "", "run-train", index.Foreign, "create-lock", "init"),
			Limit: 1 + random.IntN(60),
		}
		if random.IntN(3) == 0 {
			q.Since = repotest.Start.Add(time.Duration(random.IntN(5000))*time.Minute + time.Millisecond)
		}
		if random.IntN(3) == 0 {
			q.Until = repotest.Start.Add(time.Duration(random.IntN(5000)) * time.Minute)
		}
		if random.IntN(3) == 0 {
			q.Before = uint64(random.IntN(6000))
		}
		page, err := x.History(context.Background(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		want := answer(all, q)
		var got []uint64
		for _, e := range page.Entries {
			got = append(got, e.Sequence)
			for _, d := range e.Details {
				if q.Application != "" && d.Application != q.Application || q.Environment != "" && d.Environment != q.Environment {
					t.Fatalf("%+v: a detail that was not asked for: %+v", q, d)
				}
			}
		}
		if more := len(want) > q.Limit; page.More != more || !slices.Equal(got, want[:min(len(want), q.Limit)]) {
			t.Fatalf("%+v: got %v (more: %v), want %v", q, got, page.More, want)
		}
	}
}

func TestPagesStayRightWhileCommitsCome(t *testing.T) {
	l := newLine(10, 3)
	l.grow(250)
	x := l.open(t)
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	var seen []uint64
	q := index.Query{Limit: 40}
	for position := uint64(2); ; position++ {
		page, err := x.History(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			seen = append(seen, e.Sequence)
		}
		if !page.More {
			break
		}
		q.Before = seen[len(seen)-1]
		from := len(l.commits)
		l.grow(7)
		x.Follow(l.step(t, from, position))
		l.wait(t, x, position)
	}
	want := make([]uint64, 250)
	for i := range want {
		want[i] = uint64(250 - i)
	}
	if !slices.Equal(seen, want) {
		t.Fatalf("saw %v", seen)
	}
}

// A train of many applications must neither swamp an answer nor hide an application's own line.
func TestHugeCommitsAreBounded(t *testing.T) {
	l := newLine(1, 1)
	var message manifestrepo.Message
	message.Subject, message.Action, message.RequestID = "Train to env", "run-train", "op-1"
	for a := range 3000 {
		message.Events = append(message.Events, manifestrepo.Event{What: "deployed", Application: fmt.Sprintf("app-%d", a), Environment: "env", Version: 7})
	}
	for i := range 14 {
		c := gitstore.CommitInfo{Hash: gitstore.Hash{byte(i + 1)}, Committer: gitstore.Signature{Name: repotest.Committer, When: repotest.Start}, Message: message.String()}
		if i > 0 {
			c.Parents = []gitstore.Hash{l.commits[i-1].Hash}
		}
		l.commits = append(l.commits, c)
	}
	x := l.open(t)
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	page, err := x.History(context.Background(), index.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	details := 0
	for _, e := range page.Entries {
		details += len(e.Details)
		if len(e.Details) != 1000 || e.DetailsTotal != 3000 || len(e.Message) > 1000 || !strings.Contains(e.Message, "Signalbox-Action: run-train") {
			t.Fatalf("%d details, message of %d bytes", len(e.Details), len(e.Message))
		}
	}
	if details > 12_000 || !page.More {
		t.Errorf("%d details, more: %v", details, page.More)
	}
	page, err = x.History(context.Background(), index.Query{Application: "app-2999", Limit: 100})
	if err != nil || len(page.Entries) != 14 || len(page.Entries[0].Details) != 1 || page.Entries[0].DetailsTotal != 3000 || page.Entries[0].Details[0].Application != "app-2999" {
		t.Fatalf("%+v %v", page, err)
	}
	found, ok, err := x.Find("op-1")
	if err != nil || !ok || !slices.Equal(found.Message.Events, message.Events) || found.Message.Action != "run-train" {
		t.Fatalf("%v %v: %d events", ok, err, len(found.Message.Events))
	}
}

func TestABlockOfBrokenPagesHeals(t *testing.T) {
	l := newLine(10, 3)
	l.grow(3000)
	path := filepath.Join(t.TempDir(), "index.db")
	open := func() *index.Index {
		x, err := index.Open(path, index.Options{Committer: repotest.Committer, Log: l.log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = x.Close() })
		return x
	}
	x := open()
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	scramble(t, path, "messages")

	x = open()
	deadline := time.Now().Add(30 * time.Second)
	failed := false
	for {
		page, err := x.History(context.Background(), index.Query{Limit: 1000})
		if err == nil && len(page.Entries) == 1000 {
			break
		}
		failed = failed || err != nil
		if time.Now().After(deadline) {
			t.Fatalf("still broken: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = x.WaitFor(ctx, l.commits[len(l.commits)-1].Hash, 99)
		cancel()
	}
	if !failed {
		t.Error("the test broke nothing")
	}
}

func BenchmarkHistory(b *testing.B) {
	l := newLine(2000, 30)
	l.skew = time.Hour
	l.grow(100_000)
	start := time.Now()
	x := l.open(b)
	x.Follow(l.step(b, 0, 1))
	l.wait(b, x, 1)
	b.Logf("first build of 100,000 commits: %v", time.Since(start).Round(time.Millisecond))
	end := repotest.Start.Add(50_000 * time.Minute)
	for name, q := range map[string]index.Query{
		"newest":      {},
		"deep":        {Before: 20_000},
		"application": {Application: "app-1234"},
		"environment": {Environment: "env-17"},
		"both":        {Application: "app-12", Environment: "env-17"},
		"author":      {Author: "person-3"},
		"authors":     {Author: "example"},
		"action":      {Action: "create-lock"},
		"foreign":     {Action: index.Foreign, Application: "app-7"},
		"until":       {Until: end},
		"span":        {Since: end.Add(-time.Hour), Until: end},
		"everything":  {Application: "app-12", Environment: "env-17", Author: "person-3", Action: "run-train", Until: end},
	} {
		q.Limit = 100
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := x.History(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("one step", func(b *testing.B) {
		position := uint64(1)
		for b.Loop() {
			from := len(l.commits)
			l.grow(1)
			position++
			x.Follow(l.step(b, from, position))
			l.wait(b, x, position)
		}
	})
}
