// Package journal keeps accepted intents on stable storage: commands that a caller was told "accepted" and that are not decided
// yet, and for a day how they ended (a refusal leaves no commit to read it from).
//
// Add returns when the intent survives a power cut. An intent leaves by Decide, in the same transaction that stores its
// outcome; one that is still there at start was not decided, or it was and its commit is on main: the caller looks there
// first. The file is migrated from schema to schema and never dropped. One process owns it; its methods may be called from
// any goroutine.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// Keep is how long outcomes are kept.
const Keep = 24 * time.Hour

// Intent is a command as accepted.
type Intent struct {
	// ID is the operation id.
	ID                    string
	ActorName, ActorEmail string
	// Action is the protobuf encoding of api.Action.
	Action []byte
	// Digest is the SHA-256 of the command as asked.
	Digest []byte
	// Keyed says that it came with an idempotency key of its own.
	Keyed bool
	// At is when it was accepted; stored in UTC, to the microsecond.
	At time.Time
}

// Outcome is how an intent ended.
type Outcome struct {
	ID     string
	Digest []byte
	// Operation is the protobuf encoding of api.Operation.
	Operation []byte
	At        time.Time
}

// Journal is an open journal. Close it.
type Journal struct {
	db *sql.DB

	mu sync.Mutex
	// waiting intents are written by whoever holds flushing, all in one transaction.
	waiting []waiting

	flushing sync.Mutex
}

type waiting struct {
	intent Intent
	done   chan error
}

// Open opens or creates the journal at path and brings it to the present schema. A journal of a newer schema is an error.
func Open(ctx context.Context, path string) (*Journal, error) {
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(ON)",
	}}.Encode()}).String()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal %s: %w", path, err), db.Close())
	}
	return &Journal{db: db}, nil
}

// Close closes the file.
func (j *Journal) Close() error {
	if err := j.db.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// Add stores an intent and returns when it is on stable storage. Calls that come together share one fsync. An id that is
// there already stays as it is.
func (j *Journal) Add(ctx context.Context, intent Intent) error {
	w := waiting{intent: intent, done: make(chan error, 1)}
	j.mu.Lock()
	j.waiting = append(j.waiting, w)
	j.mu.Unlock()

	j.flushing.Lock()
	j.mu.Lock()
	group := j.waiting
	j.waiting = nil
	j.mu.Unlock()
	if len(group) > 0 {
		// One caller's cancellation must not take its neighbours' intents along.
		err := j.insert(context.WithoutCancel(ctx), group)
		for _, w := range group {
			w.done <- err
		}
	}
	j.flushing.Unlock()
	return <-w.done
}

func (j *Journal) insert(ctx context.Context, group []waiting) error {
	return j.inTx(ctx, "journal an intent", func(tx *sql.Tx) error {
		for _, w := range group {
			i := w.intent
			_, err := tx.ExecContext(ctx, `INSERT INTO intents (id, actor_name, actor_email, action, digest, keyed, at) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO NOTHING`, i.ID, i.ActorName, i.ActorEmail, i.Action, i.Digest, i.Keyed, i.At.UnixMicro())
			if err != nil {
				return fmt.Errorf("insert %s: %w", i.ID, err)
			}
		}
		return nil
	})
}

// Decide removes intents and keeps how they ended, all or none. An outcome without an intent is kept, too.
func (j *Journal) Decide(ctx context.Context, outcomes []Outcome) error {
	return j.inTx(ctx, "journal an outcome", func(tx *sql.Tx) error {
		for _, o := range outcomes {
			if _, err := tx.ExecContext(ctx, `DELETE FROM intents WHERE id = ?`, o.ID); err != nil {
				return fmt.Errorf("remove intent %s: %w", o.ID, err)
			}
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO outcomes (id, digest, operation, at) VALUES (?, ?, ?, ?)`,
				o.ID, o.Digest, o.Operation, o.At.UnixMicro())
			if err != nil {
				return fmt.Errorf("keep the outcome of %s: %w", o.ID, err)
			}
		}
		return nil
	})
}

// Pending lists the undecided intents in the order they were accepted.
func (j *Journal) Pending(ctx context.Context) (intents []Intent, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT id, actor_name, actor_email, action, digest, keyed, at FROM intents ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var i Intent
		var at int64
		if err := rows.Scan(&i.ID, &i.ActorName, &i.ActorEmail, &i.Action, &i.Digest, &i.Keyed, &at); err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		i.At = time.UnixMicro(at).UTC()
		intents = append(intents, i)
	}
	return intents, rows.Err()
}

// Outcome finds how an intent ended; ok is false when it is pending, older than Keep, or never was.
func (j *Journal) Outcome(ctx context.Context, id string) (o Outcome, ok bool, err error) {
	var at int64
	err = j.db.QueryRowContext(ctx, `SELECT id, digest, operation, at FROM outcomes WHERE id = ?`, id).Scan(&o.ID, &o.Digest, &o.Operation, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Outcome{}, false, nil
	}
	if err != nil {
		return Outcome{}, false, fmt.Errorf("read the journal: %w", err)
	}
	o.At = time.UnixMicro(at).UTC()
	return o, true, nil
}

// Expire forgets outcomes older than Keep at now.
func (j *Journal) Expire(ctx context.Context, now time.Time) error {
	if _, err := j.db.ExecContext(ctx, `DELETE FROM outcomes WHERE at < ?`, now.Add(-Keep).UnixMicro()); err != nil {
		return fmt.Errorf("expire outcomes: %w", err)
	}
	return nil
}

// Writable reports whether the journal can be written now, by writing to it.
func (j *Journal) Writable(ctx context.Context) error {
	return j.inTx(ctx, "write to the journal", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE probe SET n = n + 1`)
		return err
	})
}

func (j *Journal) inTx(ctx context.Context, what string, do func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := do(tx); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", what, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
