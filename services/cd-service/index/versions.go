package index

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-dev/signalbox/pkg/gitstore"
)

// Moment is a commit of main.
type Moment struct {
	Sequence uint64
	Commit   gitstore.Hash
	// Time is when it was made, to the second, in UTC.
	Time time.Time
}

// Runs is what an environment ran.
type Runs struct {
	// At is the last commit of main at that time; zero when there was none.
	At Moment
	// Beginning is the first commit that had Signalbox's layout: what ran before it is not known. It is zero while there is none.
	Beginning Moment
	// EnvironmentKnown and ApplicationKnown report whether the history has ever heard of the names asked for.
	EnvironmentKnown, ApplicationKnown bool
	// Deployments are the newest of each application, by its name; those that had left the environment are not among them.
	Deployments []Deployment
}

// Versions says what ran in an environment at a time: after the last commit in main's order that was made no later; the zero time
// means after the newest. app may be empty for all.
func (x *Index) Versions(ctx context.Context, env, app string, at time.Time) (Runs, error) {
	var r Runs
	err := x.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		if r.At, err = lastMoment(ctx, tx, at); err != nil {
			return err
		}
		if r.Beginning, err = beginning(ctx, tx); err != nil {
			return err
		}
		if _, r.EnvironmentKnown, err = (Query{Environment: env}).plan(ctx, tx); err != nil {
			return err
		}
		if _, r.ApplicationKnown, err = (Query{Application: app}).plan(ctx, tx); err != nil {
			return err
		}
		p, ok, err := Query{Environment: env, Application: app}.plan(ctx, tx)
		if err != nil || !ok {
			return err
		}
		r.Deployments, err = lastRuns(ctx, tx, p, int64(r.At.Sequence))
		return err
	})
	return r, err
}

// lastMoment finds the last commit that was made no later than at.
func lastMoment(ctx context.Context, tx *sql.Tx, at time.Time) (Moment, error) {
	q := Query{Limit: 1}
	if !at.IsZero() {
		q.Until = at.Truncate(time.Second).Add(time.Second) // commits are made at whole seconds
	}
	seqs, err := q.sequences(ctx, tx)
	if err != nil || len(seqs) == 0 {
		return Moment{}, err
	}
	return moment(ctx, tx, seqs[0])
}

func beginning(ctx context.Context, tx *sql.Tx) (Moment, error) {
	seqs, err := column(ctx, tx, `SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'beginning'`)
	if err != nil || len(seqs) == 0 || seqs[0] == 0 {
		return Moment{}, err
	}
	return moment(ctx, tx, seqs[0])
}

func moment(ctx context.Context, tx *sql.Tx, seq int64) (Moment, error) {
	m := Moment{Sequence: uint64(seq)}
	var hash []byte
	var at int64
	err := tx.QueryRowContext(ctx, `SELECT hash, time FROM commits WHERE seq = ?`, seq).Scan(&hash, &at)
	if err != nil {
		return Moment{}, fmt.Errorf("read commit %d of the history: %w", seq, err)
	}
	copy(m.Commit[:], hash)
	m.Time = time.Unix(at, 0).UTC()
	return m, nil
}

// lastRuns reads the newest deployment of each application in the plan's environment up to the commit seq.
func lastRuns(ctx context.Context, tx *sql.Tx, p plan, seq int64) ([]Deployment, error) {
	// For each application a seek to its newest commit, and to what that says; n is the last where a commit has several. CROSS keeps SQLite
	// from walking the environment's whole history.
	text := `SELECT d.seq, max(d.n) AS n, d.app, d.env, d.version, d.prev FROM (
		SELECT t.id AS app, (SELECT r.seq FROM details r WHERE r.run = 1 AND r.env = ? AND r.app = t.id AND r.seq <= ? ORDER BY r.seq DESC LIMIT 1) AS seq
		FROM terms t WHERE t.kind = ?`
	args := []any{p.env, seq, termApplication}
	if p.app != 0 {
		text += ` AND t.id = ?`
		args = append(args, p.app)
	}
	text += `) l CROSS JOIN details d ON d.run = 1 AND d.env = ? AND d.app = l.app AND d.seq = l.seq GROUP BY d.app`
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(aboutDeployments, text, "app.name"), append(args, p.env)...)
	if err != nil {
		return nil, fmt.Errorf("read what ran: %w", err)
	}
	found, err := readDeployments(rows)
	if err != nil {
		return nil, fmt.Errorf("read what ran: %w", err)
	}
	found = slices.DeleteFunc(found, func(d Deployment) bool { return d.Version == 0 })
	slices.SortFunc(found, func(a, b Deployment) int { return strings.Compare(a.Application, b.Application) })
	return found, nil
}
