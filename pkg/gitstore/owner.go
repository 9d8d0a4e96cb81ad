package gitstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrInUse means that another process (or another Store of this one) writes the repository.
var ErrInUse = errors.New("the repository is in use by another process")

const (
	ownerFile = "signalbox-owner"
	ownerText = "Signalbox owns this repository. A .lock file that is a hard link to this file was made by Signalbox.\n"
	// lockPatience is how long a lock of another git program is waited for; git itself waits one second for packed-refs.
	lockPatience = time.Second
)

// owner is the right to write a repository: an flock on a file of ours, given up by the kernel when the process ends.
//
// The same file marks our ref locks: each is a hard link to it. Its text is on stable storage from the start, so after any
// crash a lock that we left is told from the living lock of another git program, and only ours is removed.
type owner struct {
	path string
	file *os.File
}

func takeOwnership(dir string) (*owner, error) {
	path := filepath.Join(dir, ownerFile)
	if err := createOnce(path, []byte(ownerText)); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the owner file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		closeErr := file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), closeErr)
	}
	return &owner{path: path, file: file}, nil
}

func (o *owner) release() error { return o.file.Close() }

// lock takes path.lock as git does: it must not exist. A lock that is held is waited for, but not for long.
func (o *owner) lock(ctx context.Context, path string) error {
	deadline := time.Now().Add(lockPatience)
	for {
		err := o.tryLock(path + ".lock")
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s.lock is held by another git program: %w", path, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s.lock: %w", path, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (o *owner) tryLock(path string) error {
	err := os.Link(o.path, path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make the folder of a ref: %w", err)
		}
		err = os.Link(o.path, path)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links: the text marks the lock instead.
	f, createErr := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if createErr != nil {
		return fmt.Errorf("create a lock file: %w", createErr)
	}
	_, writeErr := f.WriteString(ownerText)
	if err := errors.Join(writeErr, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write a lock file: %w", err), os.Remove(path))
	}
	return nil
}

func (o *owner) unlock(path string) error {
	if err := os.Remove(path + ".lock"); err != nil {
		return fmt.Errorf("remove a lock file of our own: %w", err)
	}
	return nil
}

// removeStaleLocks removes locks that an earlier process of ours left. We hold the flock, so no living process of ours has any.
func (o *owner) removeStaleLocks(dir string) error {
	locks := []string{filepath.Join(dir, "packed-refs.lock")}
	err := filepath.WalkDir(filepath.Join(dir, "refs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".lock") && d.Type().IsRegular() {
			locks = append(locks, path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for lock files: %w", err)
	}
	for _, path := range locks {
		if !madeByUs(path) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a lock file an earlier process left: %w", err)
		}
	}
	return nil
}

func madeByUs(lock string) bool {
	text, err := readLimited(lock, int64(len(ownerText)))
	return err == nil && bytes.Equal(text, []byte(ownerText))
}
