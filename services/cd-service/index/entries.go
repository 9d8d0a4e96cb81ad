package index

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

const (
	// entriesAtOnce is how many commits one query reads: most of a row's cost is the query.
	entriesAtOnce = 100
	// manyEvents is how many events make a commit that is read by a query of its own, which can stop early.
	manyEvents = 200
)

// readEntries reads commits with those of their events that the query asks for, at most limit of each, in the order of
// seqs, which must exist.
func readEntries(ctx context.Context, tx *sql.Tx, seqs []int64, q Query, limit int64) ([]Entry, error) {
	places := make(map[int64]int, len(seqs))
	args := make([]any, len(seqs))
	for i, seq := range seqs {
		places[seq], args[i] = i, seq
	}
	list := "(?" + strings.Repeat(",?", len(seqs)-1) + ")"
	rows, err := tx.QueryContext(ctx, `SELECT c.seq, c.hash, c.time, u.name, u.email, a.name, c.subject, c.reason, c.op, c.digest, m.text, c.events
		FROM commits c JOIN terms u ON u.id = c.author JOIN terms a ON a.id = c.action JOIN messages m ON m.seq = c.seq WHERE c.seq IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("read commits of the history: %w", err)
	}
	entries := make([]Entry, len(seqs))
	var small, big []int64
	for rows.Next() {
		var e Entry
		var hash []byte
		var seq, at, events int64
		if err := rows.Scan(&seq, &hash, &at, &e.Author.Name, &e.Author.Email, &e.Action, &e.Subject, &e.Reason, &e.OperationID, &e.Digest, &e.Message, &events); err != nil {
			return nil, errors.Join(fmt.Errorf("read commits of the history: %w", err), rows.Close())
		}
		copy(e.Commit[:], hash)
		e.Sequence, e.Time, e.DetailsTotal = uint64(seq), time.Unix(at, 0).UTC(), int(events)
		entries[places[seq]] = e
		if events > manyEvents {
			big = append(big, seq)
		} else if events > 0 {
			small = append(small, seq)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("read commits of the history: %w", err)
	}
	for _, part := range append(split(big), small) {
		if err := readDetails(ctx, tx, part, q, limit*int64(len(part)), func(seq int64, events []manifestrepo.Event) {
			entries[places[seq]].Details = events
		}); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func split(seqs []int64) [][]int64 {
	var parts [][]int64
	for _, seq := range seqs {
		parts = append(parts, []int64{seq})
	}
	return parts
}

// readDetails reads events of commits and gives those of each commit in their order.
func readDetails(ctx context.Context, tx *sql.Tx, seqs []int64, q Query, limit int64, give func(seq int64, events []manifestrepo.Event)) error {
	if len(seqs) == 0 {
		return nil
	}
	text := `SELECT d.seq, d.n, d.what, coalesce(a.name, ''), coalesce(e.name, ''), d.version, d.prev, d.lock, d.id FROM details d
		LEFT JOIN terms a ON a.id = d.app LEFT JOIN terms e ON e.id = d.env WHERE d.seq IN (?` + strings.Repeat(",?", len(seqs)-1) + `)`
	var args []any
	for _, seq := range seqs {
		args = append(args, seq)
	}
	if q.Application != "" {
		text += ` AND d.app = (SELECT id FROM terms WHERE kind = ? AND name = ? AND email = '')`
		args = append(args, termApplication, q.Application)
	}
	if q.Environment != "" {
		text += ` AND d.env = (SELECT id FROM terms WHERE kind = ? AND name = ? AND email = '')`
		args = append(args, termEnvironment, q.Environment)
	}
	rows, err := tx.QueryContext(ctx, text+` LIMIT ?`, append(args, limit)...)
	if err != nil {
		return fmt.Errorf("read the events of commits: %w", err)
	}
	defer func() { _ = rows.Close() }()
	type placed struct {
		seq, n int64
		event  manifestrepo.Event
	}
	var found []placed
	for rows.Next() {
		var d placed
		var version, prev int64
		if err := rows.Scan(&d.seq, &d.n, &d.event.What, &d.event.Application, &d.event.Environment, &version, &prev, &d.event.LockID, &d.event.ID); err != nil {
			return fmt.Errorf("read the events of commits: %w", err)
		}
		d.event.Version, d.event.PreviousVersion = uint64(version), uint64(prev)
		found = append(found, d)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the events of commits: %w", err)
	}
	slices.SortFunc(found, func(a, b placed) int { return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.n, b.n)) })
	for start := 0; start < len(found); {
		end := start
		var events []manifestrepo.Event
		for ; end < len(found) && found[end].seq == found[start].seq; end++ {
			events = append(events, found[end].event)
		}
		give(found[start].seq, events)
		start = end
	}
	return nil
}
