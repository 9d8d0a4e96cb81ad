package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// writer owns the one connection that writes. The worker is its only user.
type writer struct {
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt

	// parts is the commit that the stored parts belong to; base is its snapshot, nil when this process has not seen it.
	parts gitstore.Hash
	base  *manifestrepo.Snapshot
	// head and sequence of the newest commit in the history.
	head     gitstore.Hash
	sequence uint64
	// beginning is the sequence of the first commit that has Signalbox's layout; 0 while there is none.
	beginning uint64
	terms     map[term]int64
}

// term is a word that history can be filtered by.
type term struct{ kind, name, email string }

// The kinds of terms.
const (
	termApplication = "application"
	termEnvironment = "environment"
	termAction      = "action"
	termAuthor      = "author"
	// termRuns has one term, without a name: its commits changed what runs somewhere.
	termRuns = "runs"
)

// blockSize is how many commits share one row of blocks.
const blockSize = 1000

func (w *writer) close() error {
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	if err := errors.Join(append(errs, w.conn.Close(), w.db.Close())...); err != nil {
		return fmt.Errorf("close the index: %w", err)
	}
	return nil
}

// exec runs a statement. Those with arguments are prepared once.
func (w *writer) exec(query string, args ...any) error {
	ctx := context.Background()
	if len(args) == 0 {
		if _, err := w.conn.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("write the index: %w", err)
		}
		return nil
	}
	s, ok := w.statements[query]
	if !ok {
		var err error
		if s, err = w.conn.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("prepare to write the index: %w", err)
		}
		w.statements[query] = s
	}
	if _, err := s.ExecContext(ctx, args...); err != nil {
		return fmt.Errorf("write the index: %w", err)
	}
	return nil
}

// transaction runs fn whole or not at all; after a failure the writer knows again what the file holds.
func (w *writer) transaction(fn func() error) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	base := w.base
	err := fn()
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err == nil {
		return nil
	}
	_ = w.exec("ROLLBACK") // may be over already: SQLite rolls back by itself when the disk is full
	w.base = base
	return errors.Join(err, w.load())
}

func (w *writer) setMeta(key, value string) error {
	return w.exec(`INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)`, key, value)
}

func (w *writer) readMeta() (map[string]string, error) {
	rows, err := w.conn.QueryContext(context.Background(), `SELECT key, value FROM meta`)
	if err != nil {
		return nil, fmt.Errorf("read the index's version: %w", err)
	}
	defer func() { _ = rows.Close() }()
	meta := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("read the index's version: %w", err)
		}
		meta[key] = value
	}
	return meta, rows.Err()
}

// load reads where the file stands.
func (w *writer) load() error {
	ctx := context.Background()
	meta, err := w.readMeta()
	if err != nil {
		return err
	}
	w.parts = plumbing.NewHash(meta["parts"])
	var hash []byte
	err = w.conn.QueryRowContext(ctx, `SELECT seq, hash FROM commits ORDER BY seq DESC LIMIT 1`).Scan(&w.sequence, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		w.sequence, hash, err = 0, nil, nil
	}
	if err != nil {
		return fmt.Errorf("read the index's newest commit: %w", err)
	}
	w.head = gitstore.Hash{}
	copy(w.head[:], hash)
	if w.beginning, err = strconv.ParseUint(meta["beginning"], 10, 63); err != nil {
		return fmt.Errorf("read the index's beginning: %w", err)
	}
	rows, err := w.conn.QueryContext(ctx, `SELECT id, kind, name, email FROM terms`)
	if err != nil {
		return fmt.Errorf("read the index's terms: %w", err)
	}
	defer func() { _ = rows.Close() }()
	w.terms = map[term]int64{}
	for rows.Next() {
		var id int64
		var t term
		if err := rows.Scan(&id, &t.kind, &t.name, &t.email); err != nil {
			return fmt.Errorf("read the index's terms: %w", err)
		}
		w.terms[t] = id
	}
	return rows.Err()
}

// writeParts stores the parts of a state. all says that they are all there are.
func (w *writer) writeParts(parts []manifestrepo.Part, after *manifestrepo.Snapshot, all bool) error {
	if all {
		if err := w.exec(`DELETE FROM parts`); err != nil {
			return err
		}
	}
	put := w.table("INSERT OR REPLACE INTO parts(key, sum, data)", 3)
	for _, p := range parts {
		if p.Data == nil {
			if err := w.exec(`DELETE FROM parts WHERE key = ?`, p.Key); err != nil {
				return err
			}
			continue
		}
		if err := put.add(p.Key, crc32.Checksum(p.Data, castagnoli), p.Data); err != nil {
			return err
		}
	}
	if err := put.flush(); err != nil {
		return err
	}
	if err := w.setMeta("parts", after.Commit().String()); err != nil {
		return err
	}
	w.parts, w.base = after.Commit(), after
	return nil
}

func (w *writer) clearHistory() error {
	for _, table := range []string{"commits", "messages", "details", "postings", "blocks", "terms"} {
		if err := w.exec("DELETE FROM " + table); err != nil {
			return err
		}
	}
	w.head, w.sequence, w.terms = gitstore.Hash{}, 0, map[term]int64{}
	return w.begin(0)
}

// begin notes which commit is the first with Signalbox's layout.
func (w *writer) begin(sequence uint64) error {
	w.beginning = sequence
	return w.setMeta("beginning", strconv.FormatUint(sequence, 10))
}

// history gathers the rows of some commits.
type history struct {
	*writer
	commits, messages, details, postings *table
	blocks                               map[int64][2]int64
	seen                                 map[int64]bool
}

// appendHistory adds commits that follow the newest one.
func (w *writer) appendHistory(ctx context.Context, commits []gitstore.CommitInfo, o Options) error {
	if len(commits) == 0 {
		return nil
	}
	beginning, err := w.findBeginning(ctx, commits, o)
	if err != nil {
		return err
	}
	h := &history{
		writer:   w,
		commits:  w.table("INSERT INTO commits(seq, hash, time, author, action, subject, reason, op, digest, events)", 10),
		messages: w.table("INSERT INTO messages(seq, text)", 2),
		details:  w.table("INSERT INTO details(seq, app, env, n, what, version, prev, lock, id, run)", 10),
		postings: w.table("INSERT INTO postings(term, seq)", 2),
		blocks:   map[int64][2]int64{},
		seen:     map[int64]bool{},
	}
	for i, c := range commits {
		w.sequence++
		if i == beginning {
			if err := w.begin(w.sequence); err != nil {
				return err
			}
		}
		e := EntryOf(c, o.Committer)
		if o.Files != nil && w.mute(e) {
			found, err := h.fromTrees(ctx, c, o.Files)
			if err != nil {
				return err
			}
			e.Details = append(e.Details, found...)
		}
		w.head = c.Hash
		if err := h.add(e); err != nil {
			return err
		}
	}
	for _, t := range []*table{h.commits, h.messages, h.details, h.postings} {
		if err := t.flush(); err != nil {
			return err
		}
	}
	for block, times := range h.blocks {
		if err := w.exec(`INSERT INTO blocks(block, earliest, latest) VALUES (?, ?, ?) ON CONFLICT(block) DO UPDATE
			SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`, block, times[0], times[1]); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) add(e Entry) error {
	seq, at := int64(h.sequence), e.Time.Unix()
	clear(h.seen)
	author, err := h.post(seq, term{termAuthor, e.Author.Name, e.Author.Email})
	if err != nil {
		return err
	}
	action, err := h.post(seq, term{kind: termAction, name: e.Action})
	if err != nil {
		return err
	}
	if err := h.commits.add(seq, e.Commit[:], at, author, action, e.Subject, e.Reason, e.OperationID, e.Digest, len(e.Details)); err != nil {
		return err
	}
	if err := h.messages.add(seq, e.Message); err != nil {
		return err
	}
	if slices.ContainsFunc(e.Details, runs) {
		if _, err := h.post(seq, term{kind: termRuns}); err != nil {
			return err
		}
	}
	for n, d := range e.Details {
		app, err := h.post(seq, term{kind: termApplication, name: clean(d.Application)})
		if err != nil {
			return err
		}
		env, err := h.post(seq, term{kind: termEnvironment, name: clean(d.Environment)})
		if err != nil {
			return err
		}
		run := 0
		switch {
		case runs(d):
			run = 1
		case d.What == eventBrokeGlass:
			run = 2
		}
		if err := h.details.add(seq, app, env, n, clean(d.What), int64(d.Version), int64(d.PreviousVersion), clean(d.LockID), clean(d.ID), run); err != nil {
			return err
		}
	}
	block := seq / blockSize
	times, ok := h.blocks[block]
	if !ok {
		times = [2]int64{at, at}
	}
	h.blocks[block] = [2]int64{min(times[0], at), max(times[1], at)}
	return nil
}

// post notes that a commit has a term, and gives the term's number: 0 for an application or environment without a name.
func (h *history) post(seq int64, t term) (int64, error) {
	if t.name == "" && (t.kind == termApplication || t.kind == termEnvironment) {
		return 0, nil
	}
	id, ok := h.terms[t]
	if !ok {
		id = int64(len(h.terms)) + 1
		if err := h.exec(`INSERT INTO terms(id, kind, name, email) VALUES (?, ?, ?, ?)`, id, t.kind, t.name, t.email); err != nil {
			return 0, err
		}
		h.terms[t] = id
	}
	if h.seen[id] {
		return id, nil
	}
	h.seen[id] = true
	return id, h.postings.add(id, seq)
}

// rowsAtOnce is how many rows one INSERT carries: most of a row's cost is the call.
const rowsAtOnce = 32

// table gathers rows for one INSERT.
type table struct {
	w      *writer
	insert string
	width  int
	args   []any
}

func (w *writer) table(insert string, width int) *table {
	return &table{w: w, insert: insert, width: width, args: make([]any, 0, width*rowsAtOnce)}
}

func (t *table) add(row ...any) error {
	t.args = append(t.args, row...)
	if len(t.args) < t.width*rowsAtOnce {
		return nil
	}
	err := t.w.exec(t.insert+values(t.width, rowsAtOnce), t.args...)
	t.args = t.args[:0]
	return err
}

func (t *table) flush() error {
	one := t.insert + values(t.width, 1)
	for ; len(t.args) > 0; t.args = t.args[t.width:] {
		if err := t.w.exec(one, t.args[:t.width]...); err != nil {
			return err
		}
	}
	return nil
}

func values(width, rows int) string {
	row := "(" + strings.Repeat("?,", width-1) + "?)"
	return " VALUES " + strings.Repeat(row+",", rows-1) + row
}
