package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
	"github.com/signalbox-dev/signalbox/pkg/manifestrepo"
)

// Place is where a deployment stands in the history: the commit's sequence, from 1, and the event's number in the commit, from 0.
type Place struct {
	Sequence uint64
	Event    int
}

// Deployment is one change of what runs in an environment.
type Deployment struct {
	Place  Place
	Commit gitstore.Hash
	// Time is when the commit was made, to the second, in UTC.
	Time   time.Time
	Author manifestrepo.Actor
	// Action is the kind of command, or Foreign.
	Action, Subject, Reason  string
	Application, Environment string
	// Version is 0 when the application left the environment; Previous is 0 when nothing ran there before.
	Version, Previous uint64
	// BrokeGlass: a lock or a freeze was ignored.
	BrokeGlass bool
}

// DeploymentQuery asks for deployments. Zero fields do not filter; all that are set must hold.
type DeploymentQuery struct {
	Application, Environment string
	// Author is a part of a name or of an e-mail address, in any case.
	Author string
	// Applications, when not nil, are those that count, with their versions that count; no versions means all, and removals too.
	Applications map[string][]uint64
	// Since is the first moment that counts, Until the first that does not.
	Since, Until time.Time
	// OldestFirst turns the order round.
	OldestFirst bool
	// After is the place of the last deployment seen; the zero Place begins at the start.
	After Place
	// AfterCommit, when set, is the commit that has to stand at After; ErrRebuilt when it does not any more.
	AfterCommit gitstore.Hash
	// Last, when not 0, is the sequence of the newest commit that counts; ErrRebuilt when the history has not got that far (any more).
	Last uint64
	// Limit is how many there are at most.
	Limit int
}

// ErrRebuilt says that the history is another one than before: main was rewritten, or the file is made anew.
var ErrRebuilt = errors.New("the history was rebuilt meanwhile")

// Deployments reads deployments, in the order of main, and of their commit; more says that there are others behind them, also when
// there are fewer than Limit because their texts are long. What
// commits of other people made run is read from their trees, so the history is the same whoever wrote it; before the
// repo had Signalbox's layout there is nothing (see Runs.Beginning).
func (x *Index) Deployments(ctx context.Context, q DeploymentQuery) (found []Deployment, more bool, err error) {
	err = x.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := q.check(ctx, tx); err != nil {
			return err
		}
		s, ok, err := q.search(ctx, tx)
		if err != nil || !ok {
			return err
		}
		if found, err = s.read(ctx, tx, q.Limit+1); err != nil {
			return err
		}
		n := q.fits(found)
		more = len(found) > n
		found = found[:n]
		return nil
	})
	return found, more, err
}

// fits is how many of the deployments found make a page.
func (q DeploymentQuery) fits(found []Deployment) int {
	text := 0
	for i, d := range found[:min(len(found), q.Limit)] {
		if text > maxPageText {
			return i
		}
		text += len(d.Subject) + len(d.Reason)
	}
	return min(len(found), q.Limit)
}

// check looks whether the history still is the one that the query was made for.
func (q DeploymentQuery) check(ctx context.Context, tx *sql.Tx) error {
	if !q.AfterCommit.IsZero() {
		m, err := moment(ctx, tx, int64(min(q.After.Sequence, 1<<62)))
		if errors.Is(err, sql.ErrNoRows) || err == nil && m.Commit != q.AfterCommit {
			return ErrRebuilt
		}
		if err != nil {
			return err
		}
	}
	if q.Last != 0 {
		newest, err := column(ctx, tx, `SELECT coalesce(max(seq), 0) FROM commits`)
		if err != nil {
			return err
		}
		if newest[0] < int64(min(q.Last, 1<<62)) {
			return ErrRebuilt
		}
	}
	return nil
}

// search is a query in terms of the file.
type search struct {
	DeploymentQuery
	plan plan
	// runs is the place in the plan's sets of what changed anything that runs.
	runs int
	// apps, whole and versions are JSON for the query: the terms of Applications, those that count with all versions, and pairs of term and
	// version for the others.
	apps, whole, versions string
	// picked: all of Applications count with certain versions only, which are few.
	picked bool
}

// search turns a query into terms; ok is false when nothing can match.
func (q DeploymentQuery) search(ctx context.Context, tx *sql.Tx) (s *search, ok bool, err error) {
	s = &search{DeploymentQuery: q}
	s.plan, ok, err = Query{Application: q.Application, Environment: q.Environment, Author: q.Author, Since: q.Since, Until: q.Until}.plan(ctx, tx)
	if err != nil || !ok {
		return nil, false, err
	}
	runs, err := column(ctx, tx, `SELECT id FROM terms WHERE kind = ?`, termRuns)
	if err != nil || len(runs) == 0 {
		return nil, false, err
	}
	s.runs = len(s.plan.sets)
	s.plan.sets = append(s.plan.sets, runs)
	if q.Last != 0 {
		s.plan.where("c.seq <= ?", int64(min(q.Last, 1<<62)))
	}
	if q.Applications == nil {
		return s, true, nil
	}
	terms, err := s.terms(ctx, tx)
	if err != nil || len(terms) == 0 {
		return nil, false, err
	}
	if len(terms) <= maxTerms && !s.picked {
		s.plan.sets = append(s.plan.sets, terms)
	}
	return s, true, nil
}

// terms looks up the applications that count.
func (s *search) terms(ctx context.Context, tx *sql.Tx) ([]int64, error) {
	names, err := json.Marshal(sortedKeys(s.Applications))
	if err != nil {
		return nil, fmt.Errorf("look for applications: %w", err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT t.id, t.name FROM json_each(?) j CROSS JOIN terms t ON t.kind = ? AND t.name = j.value AND t.email = ''`, string(names), termApplication)
	if err != nil {
		return nil, fmt.Errorf("look for applications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var terms, whole []int64
	var pairs [][2]int64
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("look for applications: %w", err)
		}
		terms = append(terms, id)
		if len(s.Applications[name]) == 0 {
			whole = append(whole, id)
		}
		for _, v := range s.Applications[name] {
			pairs = append(pairs, [2]int64{id, int64(v)})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for applications: %w", err)
	}
	s.picked = len(whole) == 0
	a, errA := json.Marshal(terms)
	b, errB := json.Marshal(whole)
	c, errC := json.Marshal(pairs)
	s.apps, s.whole, s.versions = string(a), string(b), string(c)
	return terms, errors.Join(errA, errB, errC)
}

// aboutDeployments completes rows x of details to what readDeployments reads.
const aboutDeployments = `SELECT x.seq, x.n, app.name, env.name, x.version, x.prev,
	EXISTS (SELECT 1 FROM details g WHERE g.seq = x.seq AND g.app = x.app AND g.env = x.env AND g.run = 2 AND g.version = x.version),
	c.hash, c.time, u.name, u.email, a.name, c.subject, c.reason
	FROM (%s) x JOIN commits c ON c.seq = x.seq JOIN terms app ON app.id = x.app JOIN terms env ON env.id = x.env
	JOIN terms u ON u.id = c.author JOIN terms a ON a.id = c.action ORDER BY %s`

// read reads the first limit deployments.
func (s *search) read(ctx context.Context, tx *sql.Tx, limit int) ([]Deployment, error) {
	from, args, err := s.from(ctx, tx)
	if err != nil {
		return nil, err
	}
	// CROSS and the plus keep SQLite from walking the whole history of an environment or an application instead of these commits.
	text := `SELECT d.seq, d.n, d.app, d.env, d.version, d.prev FROM ` + from + ` AND d.run = 1`
	if s.plan.app != 0 {
		text += ` AND d.app = ?`
		args = append(args, s.plan.app)
	}
	if s.plan.env != 0 {
		text += ` AND +d.env = ?`
		args = append(args, s.plan.env)
	}
	if s.Applications != nil {
		text += ` AND +d.app IN (SELECT value FROM json_each(?)) AND
			(+d.app IN (SELECT value FROM json_each(?)) OR (d.app, d.version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?)))`
		args = append(args, s.apps, s.whole, s.versions)
	}
	order, compare := "DESC", "<"
	if s.OldestFirst {
		order, compare = "ASC", ">"
	}
	if s.After.Sequence != 0 {
		seq := int64(min(s.After.Sequence, 1<<62))
		text += ` AND p.seq ` + compare + `= ? AND (d.seq, d.n) ` + compare + ` (?, ?)`
		args = append(args, seq, seq, s.After.Event)
	}
	text += fmt.Sprintf(` ORDER BY p.seq %s, d.n %s LIMIT ?`, order, order)
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(aboutDeployments, text, fmt.Sprintf("x.seq %s, x.n %s", order, order)), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read deployments: %w", err)
	}
	return readDeployments(rows)
}

// from is what leads to the details d of commits p fastest, with what the commits have to meet.
func (s *search) from(ctx context.Context, tx *sql.Tx) (string, []any, error) {
	driver, found := -1, ""
	var args []any
	if s.picked {
		found = `(SELECT DISTINCT r.seq AS seq FROM json_each(?) j CROSS JOIN details r ON r.run = 1 AND r.app = j.value ->> 0 AND r.version = j.value ->> 1) p`
		args = append(args, s.versions)
	} else {
		var commits int64
		var err error
		if driver, commits, err = s.plan.rarest(ctx, tx); err != nil {
			return "", nil, err
		}
		if len(s.plan.sets[driver]) > 1 && commits == manyCommits {
			driver = s.runs // so many that walking all meets enough of them
		}
		list, terms := inList(s.plan.sets[driver])
		found, args = `postings p`, nil
		if len(terms) > 1 {
			found, args = `(SELECT DISTINCT o.seq AS seq FROM postings o WHERE o.term IN `+list+`) p`, terms
		}
	}
	if len(s.plan.conditions) > 0 {
		found += ` CROSS JOIN commits c ON c.seq = p.seq`
	}
	found += ` CROSS JOIN details d ON d.seq = p.seq`
	checks, more := s.plan.checks(driver)
	if driver >= 0 && len(s.plan.sets[driver]) == 1 {
		found += ` WHERE p.term = ?`
		args = append(args, s.plan.sets[driver][0])
	} else {
		found += ` WHERE 1`
	}
	return found + checks, append(args, more...), nil
}

func readDeployments(rows *sql.Rows) (found []Deployment, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Deployment
		var seq, version, prev, at int64
		var hash []byte
		if err := rows.Scan(&seq, &d.Place.Event, &d.Application, &d.Environment, &version, &prev, &d.BrokeGlass,
			&hash, &at, &d.Author.Name, &d.Author.Email, &d.Action, &d.Subject, &d.Reason); err != nil {
			return nil, fmt.Errorf("read deployments: %w", err)
		}
		copy(d.Commit[:], hash)
		d.Place.Sequence, d.Version, d.Previous, d.Time = uint64(seq), uint64(version), uint64(prev), time.Unix(at, 0).UTC()
		found = append(found, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read deployments: %w", err)
	}
	return found, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
