package gitstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// tempPrefix marks files that were being written. It starts with "tmp_" so that `git gc` also knows them for rubbish when
// they are old.
const tempPrefix = "tmp_signalbox_"

// writeTemp writes a new file in dir and gives its name. A durable file is on stable storage when writeTemp returns.
// On error nothing is left behind.
func writeTemp(dir string, durable bool, write func(io.Writer) error) (name string, err error) {
	// Not os.CreateTemp: its files can be read by their owner alone, and changing that costs one more write of metadata.
	path := filepath.Join(dir, tempPrefix+strconv.FormatUint(rand.Uint64(), 36))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", fmt.Errorf("create a temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err = write(f); err != nil {
		return "", fmt.Errorf("write %s: %w", f.Name(), err)
	}
	if durable {
		if err = f.Sync(); err != nil {
			return "", fmt.Errorf("sync %s: %w", f.Name(), err)
		}
	}
	if err = f.Close(); err != nil {
		return "", fmt.Errorf("close %s: %w", f.Name(), err)
	}
	return f.Name(), nil
}

// syncDir puts the names in a folder on stable storage.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder to sync it: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// replaceFile gives path new content in one step: a reader sees the old or the new, and so does a reader after a crash.
func replaceFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	temp, err := writeTemp(dir, true, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", path, err), os.Remove(temp))
	}
	return syncDir(dir)
}

// createOnce creates path with content unless it exists.
func createOnce(path string, content []byte) error {
	_, err := os.Lstat(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for %s: %w", path, err)
	}
	return replaceFile(path, content)
}

// readLimited reads a small file and refuses one over limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
