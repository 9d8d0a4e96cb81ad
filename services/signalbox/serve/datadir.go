package serve

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// dataDir is a data directory that this process alone uses. The lock ends with the process, however it ends.
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir creates the directory when it is missing and locks it. A directory in use is a *problem.Error that names the other
// process.
func openDataDir(path string) (*dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = lock.Close() }()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, inUse(path, lock)
		}
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	d := &dataDir{path: path, lock: lock}
	if err := d.writePID(); err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

func inUse(path string, lock io.Reader) error {
	who := "another process"
	if content, err := io.ReadAll(io.LimitReader(lock, 32)); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil {
			who = fmt.Sprintf("another signalbox, process %d,", pid)
		}
	}
	return problem.New(problem.Conflict, "%s uses the data directory %s", who, path).
		Because("a data directory belongs to one process").Fix("stop that process, or give another --data-dir")
}

// writePID leaves our process id for the message of the next one that tries.
func (d *dataDir) writePID() error {
	if err := d.lock.Truncate(0); err != nil {
		return fmt.Errorf("writing the lock of the data directory: %w", err)
	}
	if _, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("writing the lock of the data directory: %w", err)
	}
	return nil
}

// close gives the directory free. The file stays: removing it would let two processes lock two files of one name.
func (d *dataDir) close() error { return d.lock.Close() }
