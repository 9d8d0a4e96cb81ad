package index

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Query asks for a page of history. Zero fields do not filter; all that are set must hold.
type Query struct {
	// Application and Environment are names; when both are set, one event must concern both.
	Application, Environment string
	// Author is a part of a name or of an e-mail address, in any case.
	Author string
	// Action is a kind of command, or Foreign.
	Action string
	// Commit is the beginning of a commit id, or all of it: lower-case hex digits.
	Commit string
	// Since is the first moment that counts, Until the first that does not.
	Since, Until time.Time
	// Before is the sequence that the page stays below; 0 starts with the newest.
	Before uint64
	// Limit is how many entries the page holds at most.
	Limit int
}

// Limits of one page: it ends early rather than grow beyond them, and one entry carries at most maxEntryDetails events.
const (
	maxEntryDetails = 1000
	maxPageDetails  = 10_000
	maxPageText     = 1 << 20
)

// maxTerms is how many terms a filter follows one by one; beyond it, so many match that the plain list is faster.
const maxTerms = 60

// Page is a part of the history, newest first.
type Page struct {
	Entries []Entry
	// More says that older entries match too; the next page is Before the last entry's Sequence.
	More bool
}

// Executed is a command that main holds.
type Executed struct {
	Commit gitstore.Hash
	// Digest is the Signalbox-Request-Digest: it tells a retry from another command under the same key.
	Digest string
	Author manifestrepo.Actor
	At     time.Time
	// Message is the commit's message with all its events.
	Message manifestrepo.Message
}

// Find looks for the commit of an operation among those that the history holds.
func (x *Index) Find(operationID string) (Executed, bool, error) {
	if operationID == "" {
		return Executed{}, false, nil
	}
	var found Executed
	ok := false
	err := x.read(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		var seq int64
		err := tx.QueryRowContext(ctx, `SELECT seq FROM commits WHERE op = ? ORDER BY seq DESC LIMIT 1`, operationID).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for operation %s: %w", operationID, err)
		}
		entries, err := readEntries(ctx, tx, []int64{seq}, Query{}, math.MaxInt32)
		if err != nil {
			return err
		}
		e := entries[0]
		ok = true
		found = Executed{Commit: e.Commit, Digest: e.Digest, Author: e.Author, At: e.Time, Message: manifestrepo.ParseMessage(e.Message)}
		found.Message.Events = e.Details
		return nil
	})
	return found, ok, err
}

// History reads a page. Times are those of the commits, which foreign commits may state as they like; the order is main's.
func (x *Index) History(ctx context.Context, q Query) (Page, error) {
	var page Page
	err := x.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		seqs, err := q.sequences(ctx, tx)
		if err != nil {
			return err
		}
		page.More = len(seqs) > q.Limit
		seqs = seqs[:min(len(seqs), q.Limit)]
		details, text := 0, 0
		for len(seqs) > 0 {
			n := min(len(seqs), entriesAtOnce)
			entries, err := readEntries(ctx, tx, seqs[:n], q, maxEntryDetails)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if len(page.Entries) > 0 && (details > maxPageDetails || text > maxPageText) {
					page.More = true
					return nil
				}
				details, text = details+len(e.Details), text+len(e.Message)
				page.Entries = append(page.Entries, e)
			}
			seqs = seqs[n:]
		}
		return nil
	})
	return page, err
}

// read runs fn on one consistent state of the file. A file that turns out to be broken is replaced behind the reader's back.
func (x *Index) read(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	err := x.readOnce(ctx, fn)
	if corrupt(err) {
		x.suspect()
	}
	return err
}

func (x *Index) readOnce(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	x.files.RLock()
	defer x.files.RUnlock()
	if x.writer == nil {
		return errClosed
	}
	tx, err := x.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin reading the history: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return fn(ctx, tx)
}

// plan is a query in terms of the file.
type plan struct {
	// sets of terms: of each, one must be there.
	sets [][]int64
	// app and env, when both are set, must meet in one detail.
	app, env int64
	// conditions on the row c of commits, with their arguments.
	conditions []string
	args       []any
}

// sequences finds the newest Limit+1 commits that match.
func (q Query) sequences(ctx context.Context, tx *sql.Tx) ([]int64, error) {
	p, ok, err := q.plan(ctx, tx)
	if err != nil || !ok {
		return nil, err
	}
	limit := q.Limit + 1
	if len(p.sets) == 0 {
		where := "1"
		if len(p.conditions) > 0 {
			where = strings.Join(p.conditions, " AND ")
		}
		return column(ctx, tx, `SELECT c.seq FROM commits c WHERE `+where+` ORDER BY c.seq DESC LIMIT ?`, append(slices.Clone(p.args), limit)...)
	}
	driver, _, err := p.rarest(ctx, tx)
	if err != nil {
		return nil, err
	}
	var selects []string
	var args []any
	for _, term := range p.sets[driver] {
		text, a := p.walk(driver, term)
		selects = append(selects, `SELECT seq FROM (`+text+` ORDER BY p.seq DESC LIMIT ?)`)
		args = append(append(args, a...), limit)
	}
	text := strings.Join(selects, " UNION ") + ` ORDER BY seq DESC LIMIT ?`
	return column(ctx, tx, text, append(args, limit)...)
}

// walk is the query that follows the postings of one term of a set and checks everything else.
func (p plan) walk(driver int, term int64) (string, []any) {
	text := `SELECT p.seq AS seq FROM postings p`
	if len(p.conditions) > 0 {
		text += ` JOIN commits c ON c.seq = p.seq`
	}
	checks, args := p.checks(driver)
	return text + ` WHERE p.term = ?` + checks, append([]any{term}, args...)
}

// checks are the conditions that a commit p, found by the set driver (-1: by none of them), has still to meet.
func (p plan) checks(driver int) (text string, args []any) {
	for i, set := range p.sets {
		if i == driver {
			continue
		}
		list, terms := inList(set)
		text += ` AND EXISTS (SELECT 1 FROM postings o WHERE o.seq = p.seq AND o.term IN ` + list + `)`
		args = append(args, terms...)
	}
	if p.app != 0 && p.env != 0 {
		text += ` AND EXISTS (SELECT 1 FROM details d WHERE d.seq = p.seq AND d.app = ? AND d.env = ?)`
		args = append(args, p.app, p.env)
	}
	for _, c := range p.conditions {
		text += ` AND ` + strings.ReplaceAll(c, "c.seq", "p.seq")
	}
	return text, append(args, p.args...)
}

// plan turns names into terms; ok is false when nothing can match.
func (q Query) plan(ctx context.Context, tx *sql.Tx) (p plan, ok bool, err error) {
	for _, f := range []struct {
		kind, name string
		id         *int64
	}{{termApplication, q.Application, &p.app}, {termEnvironment, q.Environment, &p.env}, {termAction, q.Action, new(int64)}} {
		if f.name == "" {
			continue
		}
		err := tx.QueryRowContext(ctx, `SELECT id FROM terms WHERE kind = ? AND name = ? AND email = ''`, f.kind, f.name).Scan(f.id)
		if errors.Is(err, sql.ErrNoRows) {
			return p, false, nil
		}
		if err != nil {
			return p, false, fmt.Errorf("look for %s %s: %w", f.kind, f.name, err)
		}
		p.sets = append(p.sets, []int64{*f.id})
	}
	if q.Before != 0 {
		p.where("c.seq < ?", int64(min(q.Before, 1<<62)))
	}
	if q.Commit != "" {
		first, last, err := hashesFrom(q.Commit)
		if err != nil {
			return p, false, err
		}
		p.where("c.hash BETWEEN ? AND ?", first, last)
	}
	if err := q.planTimes(ctx, tx, &p); err != nil {
		return p, false, err
	}
	if q.Author == "" {
		return p, true, nil
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Author) + "%"
	authors, err := column(ctx, tx, `SELECT id FROM terms WHERE kind = ? AND (name LIKE ? ESCAPE '\' OR email LIKE ? ESCAPE '\')`, termAuthor, like, like)
	if err != nil {
		return p, false, err
	}
	if len(authors) > maxTerms {
		p.where(`c.author IN (SELECT id FROM terms WHERE kind = ? AND (name LIKE ? ESCAPE '\' OR email LIKE ? ESCAPE '\'))`, termAuthor, like, like)
		return p, true, nil
	}
	p.sets = append(p.sets, authors)
	return p, len(authors) > 0, nil
}

// hashesFrom gives the first and the last hash that begin with some hex digits.
func hashesFrom(digits string) (first, last []byte, err error) {
	missing := 2*len(gitstore.Hash{}) - len(digits)
	if missing < 0 {
		return nil, nil, fmt.Errorf("%q is longer than a commit id", digits)
	}
	first, err = hex.DecodeString(digits + strings.Repeat("0", missing))
	if err != nil {
		return nil, nil, fmt.Errorf("read commit id %q: %w", digits, err)
	}
	last, err = hex.DecodeString(digits + strings.Repeat("f", missing))
	return first, last, err
}

func (p *plan) where(condition string, args ...any) {
	p.conditions = append(p.conditions, condition)
	p.args = append(p.args, args...)
}

// planTimes bounds the walk by whole blocks, so that it need not pass everything newer than Until, and then asks each commit.
func (q Query) planTimes(ctx context.Context, tx *sql.Tx, p *plan) error {
	var block sql.NullInt64
	if !q.Until.IsZero() {
		if err := tx.QueryRowContext(ctx, `SELECT max(block) FROM blocks WHERE earliest < ?`, ceilUnix(q.Until)).Scan(&block); err != nil {
			return fmt.Errorf("find the newest commits: %w", err)
		}
		p.where("c.seq < ?", (block.Int64+1)*blockSize)
		p.where("c.time < ?", ceilUnix(q.Until))
	}
	if !q.Since.IsZero() {
		if err := tx.QueryRowContext(ctx, `SELECT min(block) FROM blocks WHERE latest >= ?`, ceilUnix(q.Since)).Scan(&block); err != nil {
			return fmt.Errorf("find the oldest commits: %w", err)
		}
		if !block.Valid {
			p.where("0")
			return nil
		}
		p.where("c.seq >= ?", block.Int64*blockSize)
		p.where("c.time >= ?", ceilUnix(q.Since))
	}
	return nil
}

// ceilUnix is the first whole second that is not before t.
func ceilUnix(t time.Time) int64 {
	s := t.Unix()
	if t.Nanosecond() > 0 {
		s++
	}
	return s
}

// manyCommits is where counting a set's commits stops.
const manyCommits = 5000

// rarest finds the set with the fewest commits, and how many those are, up to manyCommits; one set alone is not counted.
func (p plan) rarest(ctx context.Context, tx *sql.Tx) (rarest int, fewest int64, err error) {
	fewest = manyCommits
	if len(p.sets) == 1 {
		return 0, fewest, nil
	}
	for i, set := range p.sets {
		list, args := inList(set)
		counts, err := column(ctx, tx, `SELECT count(*) FROM (SELECT 1 FROM postings WHERE term IN `+list+` LIMIT ?)`, append(args, fewest)...)
		if err != nil {
			return 0, 0, err
		}
		if counts[0] < fewest {
			rarest, fewest = i, counts[0]
		}
	}
	return rarest, fewest, nil
}

func inList(numbers []int64) (string, []any) {
	args := make([]any, len(numbers))
	for i, n := range numbers {
		args[i] = n
	}
	return "(?" + strings.Repeat(",?", len(numbers)-1) + ")", args
}

func column(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("search the history: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []int64
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("search the history: %w", err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search the history: %w", err)
	}
	return out, nil
}
