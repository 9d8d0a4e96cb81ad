package index_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
	"github.com/signalbox-dev/signalbox/services/cd-service/index"
	"github.com/signalbox-dev/signalbox/services/cd-service/repotest"
	"github.com/signalbox-dev/signalbox/services/cd-service/state"
)

// open opens an index for a repo; the test closes it.
func open(t *testing.T, path string, r *repotest.Repo) *index.Index {
	t.Helper()
	x, err := index.Open(path, index.Options{Committer: repotest.Committer, Log: r.Store.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// start opens the state on what the index saved, with the index as its follower.
func start(t *testing.T, r *repotest.Repo, x *index.Index) *state.Saved {
	t.Helper()
	saved, err := x.Saved()
	if err != nil {
		t.Fatal(err)
	}
	r.Open(saved, x.Follow)
	return saved
}

// settle waits until the index holds the present state.
func settle(t *testing.T, r *repotest.Repo, x *index.Index) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	v := r.State.View()
	if err := x.WaitFor(ctx, v.Snapshot.Commit(), v.Position); err != nil {
		t.Fatal(err)
	}
}

func history(t *testing.T, x *index.Index, q index.Query) []index.Entry {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	page, err := x.History(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

func subjects(entries []index.Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Subject)
	}
	return strings.Join(all, "; ")
}

// sameState fails unless two snapshots are the same in every part.
func sameState(t *testing.T, got, want *manifestrepo.Snapshot) {
	t.Helper()
	byKey := func(a, b manifestrepo.Part) int { return strings.Compare(a.Key, b.Key) }
	a, err := manifestrepo.Parts(nil, got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := manifestrepo.Parts(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(a, byKey)
	slices.SortFunc(b, byKey)
	if !slices.EqualFunc(a, b, func(x, y manifestrepo.Part) bool { return x.Key == y.Key && string(x.Data) == string(y.Data) }) {
		t.Fatalf("the states differ: %d and %d parts", len(a), len(b))
	}
}

// fromGit is the state read from git alone.
func fromGit(t *testing.T, r *repotest.Repo) *manifestrepo.Snapshot {
	t.Helper()
	fresh, err := state.Open(context.Background(), r.Store, repotest.Branch, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fresh.View().Snapshot
}

func TestHistoryTellsWhatHappened(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	if saved := start(t, r, x); saved != nil {
		t.Fatalf("a new index has saved %v", saved.Commit)
	}
	r.ReleaseTo("checkout", 1, "development", "staging")
	anna := manifestrepo.Actor{Name: "Anna Koch", Email: "ak@example.com"}
	c := repotest.Deploying("checkout", "staging", 1, 0, r.Now)
	c.Author, c.Message.Reason = anna, "incident 4711\nsee chat"
	head := r.Commit(c)
	settle(t, r, x)

	entries := history(t, x, index.Query{})
	if got := subjects(entries); got != "Deploy checkout 1 to staging; Release checkout 1; Prepare the manifest repo" {
		t.Fatal(got)
	}
	e := entries[0]
	want := manifestrepo.Event{What: "deployed", Application: "checkout", Environment: "staging", Version: 1}
	if e.Commit != head || e.Sequence != 3 || e.Author != anna || e.Action != "deploy" || e.Reason != "incident 4711\nsee chat" ||
		e.OperationID != "deploy-checkout-staging-1" || !e.Time.Equal(repotest.Start.Add(2*time.Minute)) || len(e.Details) != 1 || e.Details[0] != want {
		t.Fatalf("%+v", e)
	}
	if e.Message != c.Message.String() {
		t.Fatalf("message %q", e.Message)
	}
}

func TestAnOperationIsFoundByItsID(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	r.ReleaseTo("checkout", 1, "development")
	head := r.Commit(repotest.Deploying("checkout", "staging", 1, 0, r.Now))
	settle(t, r, x)

	found, ok, err := x.Find("deploy-checkout-staging-1")
	if err != nil || !ok || found.Commit != head || found.Digest != "0123456789abcdef" || found.Author != repotest.CI {
		t.Fatalf("%+v %v %v", found, ok, err)
	}
	if m := found.Message; m.Action != "deploy" || m.Version != 1 || m.Application != "checkout" || len(m.Events) != 1 || m.Events[0].Environment != "staging" {
		t.Fatalf("%+v", m)
	}
	for _, id := range []string{"", "deploy-checkout-staging-2"} {
		if _, ok, err := x.Find(id); ok || err != nil {
			t.Errorf("%q: found %v, %v", id, ok, err)
		}
	}
}

func TestTrailersOfOtherPeopleDoNotCount(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	forged := repotest.Deploying("checkout", "production", 9, 0, r.Now)
	forged.Committer = "Mallory"
	r.Commit(forged)
	r.Commit(repotest.Commit{Committer: "Hand", Text: "\n\nfix \xff config\n\nbody\n", Edits: []manifestrepo.Edit{{Path: "README.md", Content: []byte("hi")}}})
	settle(t, r, x)

	entries := history(t, x, index.Query{Action: index.Foreign})
	if len(entries) != 2 || entries[0].Subject != "fix \uFFFD config" || len(entries[1].Details) != 0 || entries[1].OperationID != "" {
		t.Fatalf("%+v", entries)
	}
	if _, ok, _ := x.Find("deploy-checkout-production-9"); ok {
		t.Error("the operation id of a forged trailer was believed")
	}
	if got := history(t, x, index.Query{Application: "checkout"}); len(got) != 0 {
		t.Errorf("the events of a forged trailer were believed: %s", subjects(got))
	}
}

func TestANextStartNeedsOnlyTheIndex(t *testing.T) {
	r := repotest.New(t)
	path := filepath.Join(t.TempDir(), "index.db")
	x := open(t, path, r)
	start(t, r, x)
	for v := uint64(1); v <= 3; v++ {
		r.ReleaseTo("checkout", v, "development", "staging")
	}
	before := r.State.View().Snapshot
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}

	x = open(t, path, r)
	saved := start(t, r, x)
	if saved == nil || saved.Commit != r.Main() {
		t.Fatalf("saved %v, main is at %v", saved, r.Main())
	}
	restored, err := manifestrepo.Restore(saved.Parts)
	if err != nil {
		t.Fatal(err)
	}
	sameState(t, restored, before)
	settle(t, r, x) // at once: no step was told
	if n := len(history(t, x, index.Query{})); n != 4 {
		t.Errorf("%d entries", n)
	}
}

// A killed process leaves the file as it was at some moment before; a copy of the files is just that.
func TestKilledBehindAndCaughtUp(t *testing.T) {
	r := repotest.New(t)
	dir := t.TempDir()
	x := open(t, filepath.Join(dir, "index.db"), r)
	start(t, r, x)
	r.ReleaseTo("checkout", 1, "development", "staging")
	settle(t, r, x)
	killed := filepath.Join(t.TempDir(), "index.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(filepath.Join(dir, "index.db"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.ReleaseTo("checkout", 2, "development", "staging")
	r.ReleaseTo("cart", 1, "development")
	settle(t, r, x)

	y := open(t, killed, r)
	saved := start(t, r, y)
	if saved == nil || saved.Commit == r.Main() {
		t.Fatalf("the copy should be behind: %+v", saved)
	}
	settle(t, r, y)
	if a, b := history(t, x, index.Query{}), history(t, y, index.Query{}); subjects(a) != subjects(b) || len(b) != 4 {
		t.Fatalf("%s\n%s", subjects(a), subjects(b))
	}
	sameState(t, r.State.View().Snapshot, fromGit(t, r))
	if again, err := y.Saved(); err != nil || again.Commit != r.Main() {
		t.Fatalf("%+v %v", again, err)
	}
}

// Killed after the parts of a state were written and before its history: the start notices by itself, no step needed.
func TestHistoryThatIsBehindItsPartsIsFilled(t *testing.T) {
	r := repotest.New(t)
	path := filepath.Join(t.TempDir(), "index.db")
	x := open(t, path, r)
	start(t, r, x)
	for v := uint64(1); v <= 5; v++ {
		r.ReleaseTo("checkout", v, "development")
	}
	settle(t, r, x)
	want := subjects(history(t, x, index.Query{}))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, `DELETE FROM commits WHERE seq > 2`, `DELETE FROM messages WHERE seq > 2`, `DELETE FROM details WHERE seq > 2`, `DELETE FROM postings WHERE seq > 2`)

	x = open(t, path, r)
	start(t, r, x)
	settle(t, r, x)
	if got := subjects(history(t, x, index.Query{})); got != want {
		t.Fatalf("%s\n%s", got, want)
	}
	if got := history(t, x, index.Query{Application: "checkout"}); len(got) != 5 {
		t.Errorf("%d entries of checkout", len(got))
	}
}

// edit changes a closed index file with SQL.
func edit(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsOfNoUseIsBuiltAgain(t *testing.T) {
	r := repotest.New(t)
	path := filepath.Join(t.TempDir(), "with space?#%41", "index.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	x := open(t, path, r)
	start(t, r, x)
	r.ReleaseTo("checkout", 1, "development", "staging")
	r.ReleaseTo("checkout", 2, "development", "staging")
	settle(t, r, x)
	want, wantEntries := r.State.View().Snapshot, history(t, x, index.Query{})
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite := func(content []byte) func(*testing.T) {
		return func(t *testing.T) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	scrambled := slices.Clone(whole)
	for i := 4096; i < len(scrambled); i++ {
		scrambled[i] ^= 0x5a
	}
	for _, c := range []struct {
		name  string
		spoil func(*testing.T)
	}{
		{"deleted", func(t *testing.T) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
		{"empty", overwrite(nil)},
		{"not a database", overwrite([]byte(strings.Repeat("garbage ", 2000)))},
		{"cut off", overwrite(whole[:len(whole)/2/4096*4096])},
		{"scrambled", overwrite(scrambled)},
		{"a folder", func(t *testing.T) {
			if err := errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "x"), 0o700)); err != nil {
				t.Fatal(err)
			}
		}},
		{"older schema", func(t *testing.T) { edit(t, path, `UPDATE meta SET value = '0' WHERE key = 'schema'`) }},
		{"older parts", func(t *testing.T) { edit(t, path, `UPDATE meta SET value = '0' WHERE key = 'parts-version'`) }},
		{"another committer", func(t *testing.T) { edit(t, path, `UPDATE meta SET value = 'Else' WHERE key = 'committer'`) }},
		{"open when the machine went down", func(t *testing.T) {
			edit(t, path, `UPDATE meta SET value = '0' WHERE key = 'clean'`, `UPDATE meta SET value = 'another' WHERE key = 'boot'`)
		}},
		{"a rotten part", func(t *testing.T) { edit(t, path, `UPDATE parts SET data = X'00' || data WHERE key LIKE 'a/%'`) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			overwrite(whole)(t)
			c.spoil(t)
			x := open(t, path, r)
			if saved := start(t, r, x); saved != nil {
				t.Errorf("a state was taken from it")
			}
			settle(t, r, x)
			sameState(t, r.State.View().Snapshot, want)
			entries := history(t, x, index.Query{})
			if !slices.EqualFunc(entries, wantEntries, func(a, b index.Entry) bool {
				return a.Commit == b.Commit && a.Sequence == b.Sequence && a.Message == b.Message && slices.Equal(a.Details, b.Details)
			}) {
				t.Errorf("the history is another: %s", subjects(entries))
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			again := open(t, path, r)
			saved, err := again.Saved()
			if err != nil || saved == nil || saved.Commit != r.Main() {
				t.Fatalf("not built again: %+v %v", saved, err)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestARewrittenMainStartsTheHistoryAgain(t *testing.T) {
	r := repotest.New(t)
	path := filepath.Join(t.TempDir(), "index.db")
	x := open(t, path, r)
	start(t, r, x)
	r.ReleaseTo("checkout", 1, "development")
	r.ReleaseTo("checkout", 2, "development")
	settle(t, r, x)

	r.Rewrite(repotest.Commit{Committer: "Hand", Text: "start over", Edits: []manifestrepo.Edit{
		{Path: "signalbox.json", Content: []byte("{\"layout\":1}\n")}, repotest.Environment("test", `{}`),
	}})
	settle(t, r, x)
	if got := subjects(history(t, x, index.Query{})); got != "start over" {
		t.Fatal(got)
	}
	if got := history(t, x, index.Query{Application: "checkout"}); len(got) != 0 {
		t.Errorf("old entries: %s", subjects(got))
	}
	saved, err := x.Saved()
	if err != nil {
		t.Fatal(err)
	}
	restored, err := manifestrepo.Restore(saved.Parts)
	if err != nil {
		t.Fatal(err)
	}
	sameState(t, restored, fromGit(t, r))
}

// Steps may come faster than they are written; then the commits are read from git.
func TestCommitsThatNoStepBroughtAreReadFromGit(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	saved, err := x.Saved()
	if err != nil {
		t.Fatal(err)
	}
	r.Open(saved, func(step state.Step) {
		step.Commits = nil
		x.Follow(step)
	})
	r.ReleaseTo("checkout", 1, "development")
	r.ReleaseTo("checkout", 2, "development")
	settle(t, r, x)
	if got := subjects(history(t, x, index.Query{})); got != "Release checkout 2; Release checkout 1; Prepare the manifest repo" {
		t.Fatal(got)
	}
}

func TestAFailureIsToldAndGotOver(t *testing.T) {
	r := repotest.New(t)
	broken := errors.New("no such pack")
	var fail atomic.Bool
	fail.Store(true)
	reports := make(chan error, 10)
	x, err := index.Open(filepath.Join(t.TempDir(), "index.db"), index.Options{
		Committer: repotest.Committer,
		Log: func(ctx context.Context, from, to gitstore.Hash, fn func(gitstore.CommitInfo) error) error {
			if fail.Load() {
				return broken
			}
			return r.Store.Log(ctx, from, to, fn)
		},
		Report: func(err error) { reports <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	first := true
	r.Open(nil, func(step state.Step) {
		if first {
			step.Commits, first = nil, false
		}
		x.Follow(step)
	})
	if err := <-reports; !errors.Is(err, broken) {
		t.Fatal(err)
	}
	v := r.State.View()
	if err := x.WaitFor(context.Background(), v.Snapshot.Commit(), v.Position); !errors.Is(err, broken) {
		t.Fatalf("a waiter was told %v", err)
	}
	fail.Store(false)
	r.ReleaseTo("checkout", 1, "development")
	if err := <-reports; err != nil {
		t.Fatal(err)
	}
	settle(t, r, x)
	if got := subjects(history(t, x, index.Query{})); got != "Release checkout 1; Prepare the manifest repo" {
		t.Fatal(got)
	}
}

func TestWaitingEnds(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	start(t, r, x)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := x.WaitFor(ctx, gitstore.Hash{1}, 99); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestAClosedIndexSaysSo(t *testing.T) {
	r := repotest.New(t)
	x := open(t, filepath.Join(t.TempDir(), "index.db"), r)
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.History(context.Background(), index.Query{Limit: 1}); err == nil {
		t.Error("a closed index answers")
	}
	if _, err := x.Saved(); err == nil {
		t.Error("a closed index has a state")
	}
}

func TestAnIndexNeedsAFolder(t *testing.T) {
	if _, err := index.Open(filepath.Join(t.TempDir(), "missing", "index.db"), index.Options{}); err == nil {
		t.Fatal("opened in a folder that does not exist")
	}
}

// scramble overwrites the root page of a table of a closed index.
func scramble(t *testing.T, path, table string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	if err := db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = ?`, table).Scan(&page); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.QueryRow(`PRAGMA page_size`).Scan(&size), db.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("\xa5", int(size))), (page-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
