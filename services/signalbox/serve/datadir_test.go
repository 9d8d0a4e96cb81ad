package serve

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestADataDirectoryBelongsToOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "data")
	first, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openDataDir(path)
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Conflict {
		t.Fatalf("the second one got %v", err)
	}
	if pid := strconv.Itoa(os.Getpid()); !strings.Contains(p.Message, "process "+pid) || !strings.Contains(p.Message, path) {
		t.Errorf("the message names neither process %s nor the directory: %s", pid, p.Message)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openDataDir(path)
	if err != nil {
		t.Fatalf("the directory is not free after the first process: %v", err)
	}
	_ = again.close()
}
