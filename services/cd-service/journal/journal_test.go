package journal_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-dev/signalbox/services/cd-service/journal"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func intent(id string) journal.Intent {
	return journal.Intent{ID: id, ActorName: "Anna Koch", ActorEmail: "ak@example.com", Action: []byte("action " + id), Digest: []byte("digest " + id), Keyed: id == "op-c", At: noon}
}

func pending(t *testing.T, j *journal.Journal) string {
	t.Helper()
	list, err := j.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, i := range list {
		ids = append(ids, i.ID)
	}
	return strings.Join(ids, " ")
}

func TestAcceptedIntentsSurviveAndComeBackInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a journal?.db")
	j := open(t, path)
	for _, id := range []string{"op-c", "op-a", "op-b", "op-a"} {
		if err := j.Add(t.Context(), intent(id)); err != nil {
			t.Fatal(err)
		}
	}
	// No Close: the process was killed.
	again := open(t, path)
	if got := pending(t, again); got != "op-c op-a op-b" {
		t.Fatalf("pending after the kill: %q", got)
	}
	list, _ := again.Pending(t.Context())
	if got := list[0]; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", intent("op-c")) {
		t.Errorf("the intent changed: %+v", got)
	}
}

func TestDecidingMovesAnIntentToItsOutcomeUntilItExpires(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	for _, id := range []string{"op-1", "op-2"} {
		if err := j.Add(t.Context(), intent(id)); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, _ := j.Outcome(t.Context(), "op-1"); ok {
		t.Fatal("a pending intent has an outcome")
	}
	if err := j.Decide(t.Context(), []journal.Outcome{{ID: "op-1", Digest: []byte("d"), Operation: []byte("refused"), At: noon}}); err != nil {
		t.Fatal(err)
	}
	if got := pending(t, j); got != "op-2" {
		t.Errorf("pending: %q", got)
	}
	o, ok, err := j.Outcome(t.Context(), "op-1")
	if err != nil || !ok || string(o.Operation) != "refused" || !o.At.Equal(noon) {
		t.Errorf("outcome: %+v %v %v", o, ok, err)
	}
	if err := j.Expire(t.Context(), noon.Add(journal.Keep)); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := j.Outcome(t.Context(), "op-1"); !ok {
		t.Error("the outcome expired too early")
	}
	if err := j.Expire(t.Context(), noon.Add(journal.Keep+time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := j.Outcome(t.Context(), "op-1"); ok {
		t.Error("the outcome did not expire")
	}
}

func TestManyCallersAreAllStored(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if err := j.Add(ctx, intent(fmt.Sprintf("op-%03d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(strings.Fields(pending(t, j))); got != 100 {
		t.Errorf("%d intents stored, want 100", got)
	}
}

func TestAJournalOfANewerSchemaIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	if err := j.Add(t.Context(), intent("op-1")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "schema 99") {
		t.Fatalf("opened a newer journal: %v", err)
	}
}

func TestAJournalThatCannotBeWrittenSaysSo(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	if err := j.Writable(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Writable(t.Context()); err == nil {
		t.Error("a closed journal is writable")
	}
	if err := j.Add(t.Context(), intent("op-1")); err == nil {
		t.Error("a closed journal took an intent")
	}
}

func TestAJournalOfTheFirstSchemaKeepsItsIntents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`CREATE TABLE intents (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, actor_name TEXT NOT NULL,
			actor_email TEXT NOT NULL, action BLOB NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL);
		CREATE TABLE outcomes (id TEXT PRIMARY KEY, digest BLOB NOT NULL, operation BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
		CREATE TABLE probe (n INTEGER NOT NULL);
		INSERT INTO intents (id, actor_name, actor_email, action, digest, at) VALUES ('op-1', 'Anna Koch', 'ak@example.com', 'a', 'd', 7);
		PRAGMA user_version = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	j := open(t, path)
	list, err := j.Pending(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "op-1" || list[0].ActorName != "Anna Koch" || list[0].Keyed || list[0].At.UnixMicro() != 7 {
		t.Errorf("%+v %v", list, err)
	}
}
