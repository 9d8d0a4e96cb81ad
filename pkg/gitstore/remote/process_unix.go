//go:build unix

package remote

import (
	"os/exec"
	"syscall"
)

// separate puts the child into a process group of its own: an interrupt in our terminal must not cut a push in half, and
// hooks end with it.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
