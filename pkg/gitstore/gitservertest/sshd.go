package gitservertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSH is an OpenSSH server in front of git.
type SSH struct {
	// URL of the repository: ssh://user@127.0.0.1:port/path.
	URL string
	// KeyFile is a private key that the server accepts; StrangerKeyFile is one that it does not.
	KeyFile, StrangerKeyFile string
	// LockedKeyFile is another accepted key, which opens with Passphrase.
	LockedKeyFile, Passphrase string
	// KnownHostsFile holds the server's host key; WrongKnownHostsFile another one for the same address, and
	// EmptyKnownHostsFile none.
	KnownHostsFile, WrongKnownHostsFile, EmptyKnownHostsFile string

	listener net.Listener
	sshd     string
	config   string
	log      *lockedBuffer

	mu    sync.Mutex
	conns []net.Conn
	count int
}

// ServeSSH serves the repository over ssh until the test ends. It skips the test when sshd is not installed.
func ServeSSH(tb TB, repo *Repo) *SSH {
	tb.Helper()
	s := &SSH{sshd: findSSHD(tb), Passphrase: "correct horse battery staple", log: &lockedBuffer{}}
	me, err := user.Current()
	if err != nil {
		tb.Fatalf("who am I: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listening: %v", err)
	}
	s.listener = listener
	s.keys(tb)
	s.URL = fmt.Sprintf("ssh://%s@%s%s", me.Username, listener.Addr(), filepath.ToSlash(repo.Dir))
	var sessions sync.WaitGroup
	sessions.Add(1)
	go func() {
		defer sessions.Done()
		s.accept(&sessions)
	}()
	tb.Cleanup(func() {
		_ = listener.Close()
		s.DropConnections()
		sessions.Wait()
	})
	return s
}

// findSSHD looks where Debian, Fedora, Alpine and macOS put it; it must be called by its full path.
func findSSHD(tb TB) string {
	tb.Helper()
	if path, err := exec.LookPath("sshd"); err == nil {
		return path
	}
	for _, path := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	tb.Skipf("sshd is not installed (Debian: apt-get install openssh-server)")
	return ""
}

func (s *SSH) keys(tb TB) {
	tb.Helper()
	dir := tb.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	s.KeyFile, s.LockedKeyFile, s.StrangerKeyFile = file("user"), file("user-locked"), file("stranger")
	s.KnownHostsFile, s.WrongKnownHostsFile, s.EmptyKnownHostsFile = file("known"), file("known-wrong"), file("known-empty")
	accepted := append(ssh.MarshalAuthorizedKey(sshKey(tb, s.KeyFile, "")),
		ssh.MarshalAuthorizedKey(sshKey(tb, s.LockedKeyFile, s.Passphrase))...)
	sshKey(tb, s.StrangerKeyFile, "")
	write(tb, file("authorized"), accepted)
	address := []string{knownhosts.Normalize(s.listener.Addr().String())}
	write(tb, s.KnownHostsFile, []byte(knownhosts.Line(address, sshKey(tb, file("host"), ""))+"\n"))
	write(tb, s.WrongKnownHostsFile, []byte(knownhosts.Line(address, sshKey(tb, file("other-host"), ""))+"\n"))
	write(tb, s.EmptyKnownHostsFile, nil)
	s.config = file("sshd_config")
	write(tb, s.config, []byte(strings.Join([]string{
		"HostKey " + file("host"), "AuthorizedKeysFile " + file("authorized"), "PidFile none", "StrictModes no", "UsePAM no",
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "LogLevel ERROR",
		// Not the home of who runs the tests: a login shell reads files there.
		"SetEnv HOME=" + dir + " GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C", "",
	}, "\n")))
	if os.Geteuid() == 0 {
		// sshd separates its privileges there; a package creates it, but only when the service starts.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			tb.Fatalf("making sshd's folder: %v", err)
		}
	}
}

// accept runs one sshd for each connection, as inetd would: no port to guess, no daemon to wait for.
func (s *SSH) accept(sessions *sync.WaitGroup) {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.count++
		s.mu.Unlock()
		sessions.Add(1)
		go func() {
			defer sessions.Done()
			s.session(conn)
		}()
	}
}

func (s *SSH) session(conn net.Conn) {
	defer conn.Close()
	socket, err := conn.(*net.TCPConn).File()
	if err != nil {
		fmt.Fprintln(s.log, err)
		return
	}
	defer socket.Close()
	cmd := exec.Command(s.sshd, "-i", "-e", "-f", s.config)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment(), socket, socket, s.log
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(s.log, err)
	}
}

// DropConnections cuts every connection that is open; sshd ends with them.
func (s *SSH) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			cut(tcp)
		}
		_ = conn.Close()
	}
	s.conns = nil
}

// Connections is how many connections clients have opened so far.
func (s *SSH) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Log is what sshd complained about.
func (s *SSH) Log() string { return s.log.String() }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
