package index_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
)

// ran is every deployment of a line, oldest first, worked out the simple way.
func ran(l *line) []index.Deployment {
	var all []index.Deployment
	for i, c := range l.commits {
		e := index.EntryOf(c, repotest.Committer)
		for n, d := range e.Details {
			if d.What != "deployed" {
				continue
			}
			all = append(all, index.Deployment{
				Place: index.Place{Sequence: uint64(i + 1), Event: n}, Commit: e.Commit, Time: e.Time, Author: e.Author, Action: e.Action,
				Subject: e.Subject, Reason: e.Reason, Application: d.Application, Environment: d.Environment, Version: d.Version, Previous: d.PreviousVersion,
			})
		}
	}
	return all
}

// wanted is what a query should find of all.
func wanted(all []index.Deployment, q index.DeploymentQuery) []index.Deployment {
	var found []index.Deployment
	for _, d := range all {
		versions, counts := q.Applications[d.Application]
		counts = q.Applications == nil || counts && (len(versions) == 0 || slices.Contains(versions, d.Version))
		author := strings.Contains(strings.ToLower(d.Author.Name+"\n"+d.Author.Email), strings.ToLower(q.Author))
		if counts && author && (q.Application == "" || d.Application == q.Application) && (q.Environment == "" || d.Environment == q.Environment) &&
			(q.Since.IsZero() || !d.Time.Before(q.Since)) && (q.Until.IsZero() || d.Time.Before(q.Until)) && (q.Last == 0 || d.Place.Sequence <= q.Last) {
			found = append(found, d)
		}
	}
	if !q.OldestFirst {
		slices.Reverse(found)
	}
	return found
}

// allPages reads a query to its end.
func allPages(t *testing.T, x *index.Index, q index.DeploymentQuery) []index.Deployment {
	t.Helper()
	var all []index.Deployment
	for {
		page, more, err := x.Deployments(context.Background(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if len(page) > q.Limit || more && len(page) == 0 {
			t.Fatalf("%+v: a page of %d, more: %v", q, len(page), more)
		}
		all = append(all, page...)
		if !more {
			return all
		}
		q.After = page[len(page)-1].Place
	}
}

func TestDeploymentsAreWhatAPlainSearchFinds(t *testing.T) {
	l := newLine(90, 6)
	l.grow(4000)
	x := l.open(t)
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	all := ran(l)
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(options ...string) string { return options[random.IntN(len(options))] }
	for range 150 {
		q := index.DeploymentQuery{
			Application: pick("", "", "app-3", "app-89", "nobody"), Environment: pick("", "", "env-0", "env-5", "nowhere"),
			Author: pick("", "", "", "PERSON-4", "@example", "nobody"), OldestFirst: random.IntN(2) == 0, Limit: 1 + random.IntN(400),
		}
		switch random.IntN(4) {
		case 0: // some applications, of some only certain versions
			q.Applications = map[string][]uint64{"app-3": nil, "app-7": {all[random.IntN(len(all))].Version, 12}, "nobody": nil}
		case 1: // more than are followed one by one
			q.Applications = map[string][]uint64{}
			for i := range 70 {
				q.Applications[fmt.Sprintf("app-%d", i)] = nil
			}
		}
		if random.IntN(3) == 0 {
			q.Since = repotest.Start.Add(time.Duration(random.IntN(4000))*time.Minute + time.Millisecond)
		}
		if random.IntN(3) == 0 {
			q.Until = repotest.Start.Add(time.Duration(random.IntN(4000)) * time.Minute)
		}
		if random.IntN(3) == 0 {
			q.Last = uint64(random.IntN(4000))
		}
		if got, want := allPages(t, x, q), wanted(all, q); !slices.Equal(got, want) {
			t.Fatalf("%+v: %d deployments, want %d", q, len(got), len(want))
		}
	}
}

func TestVersionsAreTheLastThatWereDeployedByThen(t *testing.T) {
	l := newLine(40, 4)
	l.grow(1500)
	x := l.open(t)
	x.Follow(l.step(t, 0, 1))
	l.wait(t, x, 1)
	all := ran(l)
	random := rand.New(rand.NewPCG(7, 8))
	for range 80 {
		env, app, at := fmt.Sprintf("env-%d", random.IntN(4)), "", time.Time{}
		if random.IntN(2) == 0 {
			app = fmt.Sprintf("app-%d", random.IntN(40))
		}
		if random.IntN(8) > 0 {
			at = repotest.Start.Add(time.Duration(random.IntN(1600*60)-3000)*time.Second + 300*time.Millisecond)
		}
		var last uint64
		for i, c := range l.commits {
			if at.IsZero() || !c.Committer.When.After(at) {
				last = uint64(i + 1)
			}
		}
		newest := map[string]index.Deployment{}
		for _, d := range all {
			if d.Place.Sequence <= last && d.Environment == env && (app == "" || d.Application == app) {
				newest[d.Application] = d
			}
		}
		var want []index.Deployment
		for _, d := range newest {
			want = append(want, d)
		}
		slices.SortFunc(want, func(a, b index.Deployment) int { return cmp.Compare(a.Application, b.Application) })
		got, err := x.Versions(context.Background(), env, app, at)
		if err != nil {
			t.Fatal(err)
		}
		if got.At.Sequence != last || !slices.Equal(got.Deployments, want) {
			t.Fatalf("%s %s at %v: commit %d, want %d; %d versions, want %d", env, app, at, got.At.Sequence, last, len(got.Deployments), len(want))
		}
	}
}

// openWithFiles opens an index that reads trees.
func openWithFiles(t *testing.T, path string, r *repotest.Repo) *index.Index {
	t.Helper()
	x, err := index.Open(path, index.Options{Committer: repotest.Committer, Log: r.Store.Log, Files: r.Store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// told is deployments as a person would note them, oldest first.
func told(t *testing.T, x *index.Index) string {
	t.Helper()
	var lines []string
	for _, d := range allPages(t, x, index.DeploymentQuery{OldestFirst: true, Limit: 2}) {
		line := fmt.Sprintf("%s/%s %d>%d by %s (%s)", d.Environment, d.Application, d.Previous, d.Version, d.Author.Name, d.Action)
		if d.BrokeGlass {
			line += " through a lock"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// anEventfulDay has batches, a train, a removal, an undeploy, broken glass, and what other people did by hand.
func anEventfulDay(r *repotest.Repo) {
	r.ReleaseTo("checkout", 1, "development", "staging")
	r.ReleaseTo("cart", 1, "development", "staging")
	train := repotest.Commit{Message: manifestrepo.Message{Subject: "Train", Action: "run-train"}}
	for _, app := range []string{"cart", "checkout"} {
		c := repotest.Deploying(app, "staging", 1, 0, r.Now)
		train.Edits = append(train.Edits, c.Edits...)
		train.Message.Events = append(train.Message.Events, c.Message.Events...)
	}
	r.Commit(train)
	batch := repotest.Deploying("cart", "development", 2, 1, r.Now)
	again := repotest.Deploying("cart", "development", 3, 2, r.Now)
	batch.Message.Action = "batch"
	batch.Message.Events = append(batch.Message.Events, manifestrepo.Event{What: "broke-glass", Application: "cart", Environment: "development", Version: 3, LockID: "l-1"}, again.Message.Events[0])
	batch.Edits = again.Edits
	r.Commit(batch)

	anna := manifestrepo.Actor{Name: "Anna", Email: "anna@example.com"}
	byHand := repotest.Deploying("cart", "staging", 3, 99, r.Now)
	byHand.Author, byHand.Committer = anna, "Anna"
	byHand.Edits = append(byHand.Edits, repotest.Deploying("search", "staging", 7, 0, r.Now).Edits...)
	r.Commit(byHand)
	r.Commit(repotest.Commit{Author: anna, Committer: "Anna", Text: "Take search away", Edits: []manifestrepo.Edit{
		{Path: manifestrepo.DeploymentPath("staging", "search"), Delete: true}, {Path: manifestrepo.ManifestPath("staging", "search"), Delete: true},
	}})
	r.Commit(repotest.Commit{Author: anna, Committer: "Anna", Text: "Slip", Edits: []manifestrepo.Edit{{Path: manifestrepo.DeploymentPath("staging", "cart"), Content: []byte("{")}}})
	r.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Undeploy checkout", Action: "undeploy", Events: []manifestrepo.Event{
			{What: "removed", Application: "checkout", Environment: "development", PreviousVersion: 1},
			{What: "removed", Application: "checkout", Environment: "production"}, // only a queued version was there
			{What: "removed", Application: "checkout", Environment: "staging", PreviousVersion: 1},
			{What: "removed", Application: "checkout", PreviousVersion: 1},
		}},
		Edits: []manifestrepo.Edit{
			{Path: manifestrepo.DeploymentPath("development", "checkout"), Delete: true}, {Path: manifestrepo.DeploymentPath("staging", "checkout"), Delete: true},
		},
	})
	repair := repotest.Deploying("cart", "staging", 4, 0, r.Now)
	repair.Author, repair.Committer = anna, "Anna"
	r.Commit(repair)
}

const theDay = `development/checkout 0>1 by CI (create-release)
development/cart 0>1 by CI (create-release)
staging/cart 0>1 by CI (run-train)
staging/checkout 0>1 by CI (run-train)
development/cart 1>2 by CI (batch)
development/cart 2>3 by CI (batch) through a lock
staging/cart 1>3 by Anna (foreign)
staging/search 0>7 by Anna (foreign)
staging/search 7>0 by Anna (foreign)
development/checkout 1>0 by CI (undeploy)
staging/checkout 1>0 by CI (undeploy)
staging/cart 3>4 by Anna (foreign)`

func TestDeploymentsAreTheSameFollowedOrRebuilt(t *testing.T) {
	r := repotest.New(t)
	path := filepath.Join(t.TempDir(), "index.db")
	x := openWithFiles(t, path, r)
	start(t, r, x)
	anEventfulDay(r)
	settle(t, r, x)
	if got := told(t, x); got != theDay {
		t.Fatalf("followed:\n%s", got)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	x = openWithFiles(t, path, r)
	start(t, r, x)
	settle(t, r, x)
	if got := told(t, x); got != theDay {
		t.Fatalf("rebuilt:\n%s", got)
	}
	then, err := x.Versions(context.Background(), "staging", "", repotest.Start.Add(5*time.Minute+30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var running []string
	for _, d := range then.Deployments {
		running = append(running, fmt.Sprintf("%s %d", d.Application, d.Version))
	}
	if got := strings.Join(running, ", "); got != "cart 3, checkout 1, search 7" || then.At.Sequence != 6 || then.Beginning.Sequence != 1 {
		t.Errorf("%s at %+v since %+v", got, then.At, then.Beginning)
	}
	if entries := history(t, x, index.Query{Application: "search", Environment: "staging"}); len(entries) != 2 || entries[0].Details[0].What != "removed" {
		t.Errorf("the history of search: %+v", entries)
	}
}

func TestBeforeTheLayoutNothingIsKnown(t *testing.T) {
	r := repotest.New(t)
	kuberpult := func(text string) repotest.Commit {
		return repotest.Commit{Committer: "kuberpult", Text: text, Edits: append(repotest.Deploying("old", "staging", 5, 0, r.Now).Edits, manifestrepo.Edit{Path: "signalbox.json", Delete: true})}
	}
	r.Rewrite(kuberpult("one"))
	r.Commit(repotest.Commit{Committer: "kuberpult", Text: "two", Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("x")}}})
	beginning := r.Commit(repotest.Commit{
		Message: manifestrepo.Message{Subject: "Convert", Action: "import"},
		Edits:   append(repotest.Deploying("checkout", "staging", 9, 0, r.Now).Edits, manifestrepo.Edit{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")}),
	})
	r.Commit(repotest.Deploying("checkout", "staging", 10, 9, r.Now))
	x := openWithFiles(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	settle(t, r, x)
	want := "staging/checkout 0>9 by CI (import)\nstaging/old 0>5 by CI (import)\nstaging/checkout 9>10 by CI (deploy)"
	if got := told(t, x); got != want {
		t.Errorf("told:\n%s", got)
	}
	then, err := x.Versions(context.Background(), "staging", "", time.Time{})
	if err != nil || then.Beginning.Commit != beginning || then.Beginning.Sequence != 3 || len(then.Deployments) != 2 {
		t.Errorf("%+v %v", then, err)
	}
}

func TestARepoThatSomebodyElseBegan(t *testing.T) {
	r := repotest.New(t)
	c := repotest.Deploying("checkout", "staging", 3, 0, r.Now)
	c.Committer, c.Text = "Anna", "A copy without its history"
	c.Edits = append(c.Edits, manifestrepo.Edit{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")}, repotest.Environment("staging", `{"upstream":{"latest":true}}`))
	r.Rewrite(repotest.Commit{Committer: "Anna", Text: "Begin", Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("x")}}})
	begun := r.Commit(c)
	r.Commit(repotest.Commit{Committer: "Anna", Text: "Go on", Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("y")}}})
	x := openWithFiles(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	settle(t, r, x)
	if got := told(t, x); got != "staging/checkout 0>3 by CI (foreign)" {
		t.Errorf("told:\n%s", got)
	}
	if then, err := x.Versions(context.Background(), "staging", "checkout", time.Time{}); err != nil || then.Beginning.Commit != begun {
		t.Errorf("%+v %v", then, err)
	}
}

func TestARewrittenMainIsToldAnew(t *testing.T) {
	r := repotest.New(t)
	x := openWithFiles(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	anEventfulDay(r)
	settle(t, r, x)
	c := repotest.Deploying("cart", "staging", 5, 0, r.Now)
	c.Edits = append(c.Edits, manifestrepo.Edit{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")})
	r.Rewrite(c)
	settle(t, r, x)
	if got := told(t, x); got != "staging/cart 0>5 by CI (deploy)" {
		t.Errorf("told:\n%s", got)
	}
}

// cpu reports the processor time of a benchmark's loop: the machine may be busy with other things.
func cpu(b *testing.B) func() {
	read := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := read()
	return func() { b.ReportMetric(float64((read()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

func TestAQueryForAHistoryThatIsGoneIsRefused(t *testing.T) {
	r := repotest.New(t)
	x := openWithFiles(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	anEventfulDay(r)
	settle(t, r, x)
	q := index.DeploymentQuery{OldestFirst: true, Limit: 2, Last: 10}
	page, more, err := x.Deployments(context.Background(), q)
	if err != nil || !more {
		t.Fatal(page, more, err)
	}
	q.After, q.AfterCommit = page[1].Place, page[1].Commit
	if _, _, err := x.Deployments(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	c := repotest.Deploying("cart", "staging", 5, 0, r.Now)
	c.Edits = append(c.Edits, manifestrepo.Edit{Path: "signalbox.json", Content: []byte("{\n  \"layout\": 1\n}\n")})
	r.Rewrite(c)
	settle(t, r, x)
	if _, _, err := x.Deployments(context.Background(), q); !errors.Is(err, index.ErrRebuilt) {
		t.Errorf("the place is gone: %v", err)
	}
	q.After, q.AfterCommit = index.Place{Sequence: 1}, page[1].Commit
	if _, _, err := x.Deployments(context.Background(), q); !errors.Is(err, index.ErrRebuilt) {
		t.Errorf("another commit stands there: %v", err)
	}
	if _, _, err := x.Deployments(context.Background(), index.DeploymentQuery{Limit: 2, Last: 10}); !errors.Is(err, index.ErrRebuilt) {
		t.Errorf("the history does not go as far: %v", err)
	}
}

func BenchmarkDeployments(b *testing.B) {
	l := newLine(2000, 30)
	l.skew = time.Hour
	l.grow(85_000) // about 200,000 deployments
	start := time.Now()
	x := l.open(b)
	x.Follow(l.step(b, 0, 1))
	l.wait(b, x, 1)
	b.Logf("%d deployments, first build %v", len(ran(l)), time.Since(start).Round(time.Millisecond))
	end := repotest.Start.Add(40_000 * time.Minute)
	team := map[string][]uint64{}
	for i := range 100 {
		team[fmt.Sprintf("app-%d", 20*i)] = nil
	}
	for name, q := range map[string]index.DeploymentQuery{
		"newest": {}, "application": {Application: "app-1234"}, "train-application": {Application: "app-12"}, "environment": {Environment: "env-17"},
		"both": {Application: "app-12", Environment: "env-17"}, "author": {Author: "person-3"}, "team-of-100": {Applications: team},
		"source-commit": {Applications: map[string][]uint64{"app-12": {77, 78}}}, "span": {Since: end.Add(-24 * time.Hour), Until: end},
		"export-page": {OldestFirst: true, After: index.Place{Sequence: 30_000}, Limit: 2000},
	} {
		if q.Limit == 0 {
			q.Limit = 100
		}
		b.Run(name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				if _, _, err := x.Deployments(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, at := range map[string]time.Time{"versions-now": {}, "versions-then": end} {
		b.Run(name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				if _, err := x.Versions(context.Background(), "env-0", "", at); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestPagesOfLongTextsAreShort(t *testing.T) {
	r := repotest.New(t)
	x := openWithFiles(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	c := repotest.Commit{Committer: "Anna", Text: strings.Repeat("x", 16<<10)}
	for i := range 200 {
		c.Edits = append(c.Edits, repotest.Deploying(fmt.Sprintf("app-%d", i), "staging", 1, 0, r.Now).Edits...)
	}
	r.Commit(c)
	settle(t, r, x)
	page, more, err := x.Deployments(context.Background(), index.DeploymentQuery{Limit: 150})
	if err != nil || !more || len(page) > 70 {
		t.Errorf("%d deployments, more: %v, %v", len(page), more, err)
	}
	if all := allPages(t, x, index.DeploymentQuery{Limit: 150}); len(all) != 200 {
		t.Errorf("%d in all", len(all))
	}
}

// hollow is a store that has the commits and lacks what is in them.
type hollow struct{ *gitstore.Store }

func (hollow) Diff(context.Context, gitstore.Hash, gitstore.Hash, func(gitstore.Change) error) error {
	return fmt.Errorf("tree: %w", gitstore.ErrMissing)
}

func TestAHistoryWithoutItsTreesGoesOn(t *testing.T) {
	r := repotest.New(t)
	x, err := index.Open(filepath.Join(t.TempDir(), "index.db"), index.Options{Committer: repotest.Committer, Log: r.Store.Log, Files: hollow{r.Store}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	start(t, r, x)
	byHand := repotest.Deploying("cart", "staging", 3, 0, r.Now)
	byHand.Committer = "Anna"
	r.Commit(byHand)
	r.Commit(repotest.Deploying("cart", "staging", 4, 3, r.Now))
	settle(t, r, x)
	if got := told(t, x); got != "staging/cart 3>4 by CI (deploy)" {
		t.Errorf("told:\n%s", got)
	}
}

// BenchmarkDeploymentsOfLargeTrains pages through commits that each move 2,000 applications in 30 environments.
func BenchmarkDeploymentsOfLargeTrains(b *testing.B) {
	l := newLine(2000, 30)
	l.grow(1)
	for range 4 {
		l.grow(1)
		m := manifestrepo.Message{Subject: "Train", Action: "run-train"}
		for e := range 30 {
			for a := range 2000 {
				m.Events = append(m.Events, manifestrepo.Event{What: "deployed", Application: fmt.Sprintf("app-%d", a), Environment: fmt.Sprintf("env-%d", e), Version: uint64(len(l.commits))})
			}
		}
		last := &l.commits[len(l.commits)-1]
		last.Message, last.Committer.Name = m.String(), repotest.Committer
	}
	x := l.open(b)
	x.Follow(l.step(b, 0, 1))
	l.wait(b, x, 1)
	for name, q := range map[string]index.DeploymentQuery{
		"newest": {Limit: 100}, "application": {Application: "app-12", Limit: 100}, "environment": {Environment: "env-17", Limit: 100},
		"export-page": {OldestFirst: true, After: index.Place{Sequence: 3, Event: 30_000}, Limit: 2000},
	} {
		b.Run(name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				if _, _, err := x.Deployments(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
