package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// schemaVersion changes whenever schema or the meaning of a column does.
const schemaVersion = 3

// Terms are what history can be filtered by: applications, environments, actions and authors. A posting says that a
// commit has a term, so a page is a walk along the rarest term asked for. Blocks bound the times of 1,000 commits each:
// commit times are nearly, but not reliably, in order.
//
// A detail's run is 1 where the event changed what runs in an environment, 2 where a lock or freeze was ignored for that, else 0.
const schema = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE parts(key TEXT PRIMARY KEY, sum INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE terms(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, UNIQUE(kind, name, email));
CREATE TABLE commits(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL, author INTEGER NOT NULL, action INTEGER NOT NULL,
  subject TEXT NOT NULL, reason TEXT NOT NULL, op TEXT NOT NULL, digest TEXT NOT NULL, events INTEGER NOT NULL);
CREATE INDEX commits_op ON commits(op) WHERE op <> '';
CREATE INDEX commits_hash ON commits(hash);
CREATE TABLE messages(seq INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE details(seq INTEGER NOT NULL, app INTEGER NOT NULL, env INTEGER NOT NULL, n INTEGER NOT NULL, what TEXT NOT NULL,
  version INTEGER NOT NULL, prev INTEGER NOT NULL, lock TEXT NOT NULL, id TEXT NOT NULL, run INTEGER NOT NULL,
  PRIMARY KEY(seq, app, env, n)) WITHOUT ROWID;
CREATE INDEX details_runs ON details(app, env, seq, n, version) WHERE run = 1;
CREATE TABLE postings(term INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(term, seq)) WITHOUT ROWID;
CREATE TABLE blocks(block INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL);
`

// errStale is a file that is whole but of no use.
var errStale = errors.New("the index is of another version")

// openOrCreate opens the file at path for writing; when it is of no use, it is removed and made anew.
func openOrCreate(path, committer string) (*writer, error) {
	w, err := openExisting(path, committer)
	if err == nil {
		return w, nil
	}
	if err := remove(path); err != nil {
		return nil, fmt.Errorf("remove the unusable index: %w", err)
	}
	if w, err = connect(path); err != nil {
		return nil, fmt.Errorf("create the index: %w", err)
	}
	if err := w.create(committer); err != nil {
		return nil, errors.Join(fmt.Errorf("create the index: %w", err), w.close())
	}
	return w, nil
}

func openExisting(path, committer string) (*writer, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("find the index: %w", err)
	}
	w, err := connect(path)
	if err != nil {
		return nil, err
	}
	if err := w.adopt(committer); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// remove deletes the file with what SQLite keeps beside it.
func remove(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.RemoveAll(path + suffix); err != nil {
			return fmt.Errorf("remove %s: %w", path+suffix, err)
		}
	}
	return nil
}

// connect opens the one connection that writes. Nothing waits for the disk: losing the file costs a rebuild, no data.
func connect(path string) (*writer, error) {
	db, err := sql.Open("sqlite", dsn(path, "journal_mode(wal)", "synchronous(off)", "cache_size(-8192)", "temp_store(memory)",
		"journal_size_limit(16777216)"))
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the index: %w", err), db.Close())
	}
	return &writer{db: db, conn: conn, statements: map[string]*sql.Stmt{}, terms: map[term]int64{}}, nil
}

// openReader opens the connections that read.
func openReader(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "query_only(1)", "cache_size(-2048)"))
	if err != nil {
		return nil, fmt.Errorf("open the index for reading: %w", err)
	}
	db.SetMaxOpenConns(4)
	return db, nil
}

func dsn(path string, pragmas ...string) string {
	query := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// create lays out an empty file.
func (w *writer) create(committer string) error {
	return w.transaction(func() error {
		if err := w.exec(schema); err != nil {
			return err
		}
		for key, value := range map[string]string{
			"schema": strconv.Itoa(schemaVersion), "parts-version": strconv.Itoa(manifestrepo.PartsVersion), "committer": committer,
			"parts": "", "beginning": "0", "boot": bootID(), "clean": "0",
		} {
			if err := w.setMeta(key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// adopt takes over a file that an earlier process left, or says why it is of no use.
func (w *writer) adopt(committer string) error {
	meta, err := w.readMeta()
	if err != nil {
		return err
	}
	// Written without waiting for the disk, so a file that was open when its machine went down may hold anything.
	crashed := meta["clean"] != "1" && (meta["boot"] == "" || meta["boot"] != bootID())
	if meta["schema"] != strconv.Itoa(schemaVersion) || meta["parts-version"] != strconv.Itoa(manifestrepo.PartsVersion) ||
		meta["committer"] != committer || crashed {
		return errStale
	}
	if err := w.load(); err != nil {
		return err
	}
	return w.transaction(func() error {
		if err := w.setMeta("boot", bootID()); err != nil {
			return err
		}
		return w.setMeta("clean", "0")
	})
}

// seal brings everything to the disk and then says so.
func (w *writer) seal() error {
	if err := w.exec("PRAGMA synchronous = full"); err != nil {
		return err
	}
	if err := w.exec("PRAGMA wal_checkpoint(truncate)"); err != nil {
		return err
	}
	return w.transaction(func() error { return w.setMeta("clean", "1") })
}

// bootID tells one run of the machine from the next; empty where the system does not say.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// corrupt reports whether SQLite found the file to be broken.
func corrupt(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}
