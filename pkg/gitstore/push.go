package gitstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/signalbox-dev/signalbox/pkg/gitstore/remote"
)

// LocalError: this machine's own disk or files are the reason, such as a full disk. It stands inside the error that says what became
// of the push.
type LocalError struct{ Err error }

// Error says what failed.
func (e *LocalError) Error() string {
	return "the local repository cannot be written: " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// failedLocally: nothing happened, and the reason is ours.
func failedLocally(err error) error { return &remote.UnreachableError{Err: &LocalError{err}} }

var errReadOnly = errors.New("the repository is closed or was opened to read only")

// Push stores the batch and moves the refs, first to last. The batch may be nil when there are refs to move only.
//
// Errors: *remote.StaleError when a ref was not at Old (others before it may have moved); *remote.RefusedError when the
// remote said no; *remote.UnreachableError when nothing can have happened, with a *LocalError in it when the reason is our own
// disk; *remote.UnknownError when the remote may or may not have taken it, or when the last sync of our own refs failed. After any
// error call Fetch to learn where the refs are. An update that makes no sense (a bad name, no
// new commit, a ref twice) gives an error of no such type, and nothing happened.
func (s *Store) Push(ctx context.Context, b *Batch, updates []RefUpdate) error {
	if err := checkUpdates(updates); err != nil {
		return err
	}
	if err := s.checkTargets(ctx, b, updates); err != nil {
		return err
	}
	var p *pack
	if b != nil && len(b.entries) > 0 {
		var err error
		if p, err = buildPack(b.entries); err != nil {
			return err
		}
	}
	s.write.Lock()
	defer s.write.Unlock()
	if s.readOnly {
		return &remote.UnreachableError{Err: errReadOnly}
	}
	var err error
	if s.remote == nil {
		err = s.pushHere(ctx, p, updates)
	} else {
		err = s.pushThere(ctx, p, updates)
	}
	if err != nil {
		return err
	}
	s.writes.Add(1)
	s.advance(updates)
	s.rememberBatch(b)
	return nil
}

func checkUpdates(updates []RefUpdate) error {
	if len(updates) == 0 {
		return fmt.Errorf("a push must move a ref")
	}
	seen := map[string]bool{}
	for _, u := range updates {
		if err := checkRefName(u.Name); err != nil {
			return err
		}
		if u.New.IsZero() {
			return fmt.Errorf("a push must not delete ref %s", u.Name)
		}
		if seen[u.Name] {
			return fmt.Errorf("a push must not move ref %s twice", u.Name)
		}
		seen[u.Name] = true
	}
	return nil
}

// checkTargets refuses to point a ref at a commit that nobody has.
func (s *Store) checkTargets(ctx context.Context, b *Batch, updates []RefUpdate) error {
	var ask []Hash
	for _, u := range updates {
		if b != nil && b.objects[u.New].kind == plumbing.CommitObject {
			continue
		}
		ask = append(ask, u.New)
	}
	if len(ask) == 0 {
		return nil
	}
	lost, err := s.missing(ctx, ask, plumbing.CommitObject)
	if err != nil {
		return &remote.UnreachableError{Err: err}
	}
	if len(lost) > 0 {
		return fmt.Errorf("cannot point a ref at commit %s: %w", lost[0], ErrMissing)
	}
	return nil
}

// rememberBatch keeps what was just pushed in memory: it is what is read next. It forgets the trees that were replaced, so that
// the memory holds the present and not the past.
func (s *Store) rememberBatch(b *Batch) {
	if b == nil {
		return
	}
	for h := range b.replaced {
		s.memory.trees.drop(h)
	}
	for h, o := range b.objects {
		if _, past := b.replaced[h]; !past {
			s.memory.add(h, o)
		}
		s.known.add(h)
	}
}

// pushHere makes the batch durable in the repository on disk: the truth.
func (s *Store) pushHere(ctx context.Context, p *pack, updates []RefUpdate) error {
	if err := ctx.Err(); err != nil {
		return &remote.UnreachableError{Err: err}
	}
	change, err := s.beginRefs(ctx, updates)
	if err != nil {
		return failedLocally(err)
	}
	err = s.moveRefs(change, p, true)
	// The refs have moved or not, whatever becomes of the locks; a lock that stays is removed at the next Open.
	if closeErr := change.close(); closeErr != nil && err == nil {
		err = &remote.UnknownError{Err: closeErr}
	}
	return err
}

// moveRefs writes the pack and moves the refs, in this order, and only if every ref is where its update expects it.
func (s *Store) moveRefs(change *refChange, p *pack, durable bool) error {
	if err := change.compare(); err != nil {
		return err
	}
	if p == nil {
		if err := change.stage(durable); err != nil {
			return failedLocally(err)
		}
		return unlessTyped(change.commit(durable))
	}
	files, err := s.writeTempPack(p, durable, func() error { return change.stage(durable) })
	if err != nil {
		return failedLocally(err)
	}
	if err := files.publish(durable); err != nil {
		return failedLocally(err)
	}
	return unlessTyped(change.commit(durable))
}

// unlessTyped makes an error without a verdict one that says: nothing happened.
func unlessTyped(err error) error {
	var unknown *remote.UnknownError
	if err == nil || errors.As(err, &unknown) {
		return err
	}
	return failedLocally(err)
}

// pushThere sends the batch to the remote and lets the mirror follow. The batch is written to the mirror's disk first, not yet where
// git looks: what the remote has taken must be readable here, so a full disk is to be noticed before anything is sent.
func (s *Store) pushThere(ctx context.Context, p *pack, updates []RefUpdate) error {
	if p == nil {
		var err error
		if p, err = buildPack(nil); err != nil {
			return err
		}
	}
	asked := make([]remote.RefUpdate, len(updates))
	for i, u := range updates {
		asked[i] = remote.RefUpdate(u)
	}
	var files *packFiles
	if len(p.entries) > 0 {
		var err error
		if files, err = s.writeTempPack(p, false, nil); err != nil {
			return failedLocally(err)
		}
	}
	if err := s.remote.Push(ctx, asked, p.reader(), p.size); err != nil {
		if files != nil {
			_ = files.discard() // what stays is rubbish, which the next Open removes
		}
		return err
	}
	// The remote has it, so a caller that gives up now must not stop the mirror half way.
	if err := s.follow(context.WithoutCancel(ctx), files, updates); err != nil {
		// Confirmed, but not readable here. "Unknown" makes the caller fetch, which repairs the mirror and shows the commit.
		return &remote.UnknownError{Err: fmt.Errorf("the remote has taken the push, the local mirror has not: %w", err)}
	}
	return nil
}

// follow makes the mirror hold what the remote has confirmed; files may be nil. Nothing is fsynced here: the remote is the truth, and Open
// checks packs that were written this way. Refs that are elsewhere are moved all the same.
func (s *Store) follow(ctx context.Context, files *packFiles, updates []RefUpdate) (err error) {
	if files != nil {
		if err := files.publish(false); err != nil {
			return err
		}
	}
	change, err := s.beginRefs(ctx, updates)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, change.close()) }()
	if err := change.stage(false); err != nil {
		return err
	}
	return change.commit(false)
}
