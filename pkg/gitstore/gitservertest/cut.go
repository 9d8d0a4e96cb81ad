package gitservertest

import (
	"net"
	"syscall"
)

// cut ends a connection for every process that holds it: closing our copy alone would leave sshd's.
func cut(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}
