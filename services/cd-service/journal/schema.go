package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// steps bring the file from schema n to n+1. A step that has shipped never changes; add one.
var steps = []string{
	`CREATE TABLE intents (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,
		id TEXT NOT NULL UNIQUE,
		actor_name TEXT NOT NULL,
		actor_email TEXT NOT NULL,
		action BLOB NOT NULL,
		digest BLOB NOT NULL,
		at INTEGER NOT NULL
	);
	CREATE TABLE outcomes (
		id TEXT PRIMARY KEY,
		digest BLOB NOT NULL,
		operation BLOB NOT NULL,
		at INTEGER NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX outcomes_at ON outcomes (at);
	CREATE TABLE probe (n INTEGER NOT NULL);
	INSERT INTO probe (n) VALUES (0);`,
	`ALTER TABLE intents ADD COLUMN keyed INTEGER NOT NULL DEFAULT 0;`,
}

// migrate runs the steps the file has not seen, each in a transaction of its own with the new schema number.
func migrate(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("it has schema %d and this program knows up to %d: start a newer Signalbox", version, len(steps))
	}
	for ; version < len(steps); version++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("migrate to schema %d: %w", version+1, err)
		}
		if _, err = tx.ExecContext(ctx, steps[version]); err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version+1))
		}
		if err != nil {
			return errors.Join(fmt.Errorf("migrate to schema %d: %w", version+1, err), tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", version+1, err)
		}
	}
	return nil
}
