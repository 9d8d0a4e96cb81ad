package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
)

const (
	dialTimeout  = 20 * time.Second // to connect and to shake hands
	reuseTimeout = 5 * time.Second  // a kept connection must answer in this time, or is dialled anew
	keepIdle     = 90 * time.Second // how long a connection is kept between two sessions
)

// sshTransport keeps one idle connection, since shaking hands costs more than a push.
type sshTransport struct {
	at     address
	config ssh.ClientConfig

	mu     sync.Mutex
	idle   *ssh.Client
	expiry *time.Timer
	closed bool
}

func newSSHTransport(o Options, at address) (*sshTransport, error) {
	key, err := readKey(o.SSHKeyFile, o.SSHPassphrase)
	if err != nil {
		return nil, err
	}
	files, err := knownHostsFiles(o.SSHKnownHostsFile)
	if err != nil {
		return nil, err
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, fmt.Errorf("reading the known hosts: %w", err)
	}
	return &sshTransport{at: at, config: ssh.ClientConfig{
		User:            at.user,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: enforceKnownHosts(db, strings.Join(files, ", ")),
		// Without it the server may show a key of a kind that the file does not hold, though the file holds another.
		HostKeyAlgorithms: db.HostKeyAlgorithms(at.hostPort()),
		Timeout:           dialTimeout,
	}}, nil
}

func readKey(file, passphrase string) (ssh.Signer, error) {
	if file == "" {
		return nil, errors.New("no ssh key file: set the path of a private key")
	}
	pem, err := readSmall(file)
	if err != nil {
		return nil, fmt.Errorf("reading the ssh key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(pem)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if passphrase == "" {
			return nil, fmt.Errorf("the ssh key %s has a passphrase: set it", file)
		}
		if key, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(passphrase)); err != nil {
			return nil, fmt.Errorf("the ssh key %s does not open with this passphrase: %w", file, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the ssh key %s is not a private key that can be read: %w", file, err)
	}
	return key, nil
}

// readSmall reads a key, a certificate or a list of hosts; nothing of that kind is large.
func readSmall(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 1 << 20
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(data) > most {
		return nil, fmt.Errorf("%s is over 1 MB", file)
	}
	return data, err
}

// knownHostsFiles are the given one, or those that OpenSSH reads.
func knownHostsFiles(given string) ([]string, error) {
	if given != "" {
		return []string{given}, nil
	}
	candidates := []string{"/etc/ssh/ssh_known_hosts"}
	if home, err := os.UserHomeDir(); err == nil {
		candidates = append([]string{filepath.Join(home, ".ssh", "known_hosts")}, candidates...)
	}
	var found []string
	for _, file := range candidates {
		if _, err := os.Stat(file); err == nil {
			found = append(found, file)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no known hosts file: set one that holds the git server's host key (ssh-keyscan prints it)")
	}
	return found, nil
}

func enforceKnownHosts(db *knownhosts.HostKeyDB, files string) ssh.HostKeyCallback {
	check := db.HostKeyCallback()
	return func(host string, at net.Addr, key ssh.PublicKey) error {
		err := check(host, at, key)
		switch {
		case err == nil:
			return nil
		case knownhosts.IsHostKeyChanged(err):
			return fmt.Errorf("the host key of %s (%s) is not the one in %s: someone may be in between, or the server has a new key: %w",
				host, ssh.FingerprintSHA256(key), files, err)
		case knownhosts.IsHostUnknown(err):
			return fmt.Errorf("the host key of %s (%s) is not in %s: check the fingerprint and add the key: %w",
				host, ssh.FingerprintSHA256(key), files, err)
		}
		return fmt.Errorf("the host key of %s was not accepted: %w", host, err)
	}
}

func (t *sshTransport) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return t.dropIdle()
}

// dropIdle closes the kept connection. The caller holds mu.
func (t *sshTransport) dropIdle() error {
	if t.idle == nil {
		return nil
	}
	t.expiry.Stop()
	client := t.idle
	t.idle = nil
	return client.Close()
}

// keep takes a connection back that no session uses any more.
func (t *sshTransport) keep(client *ssh.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.idle != nil {
		_ = client.Close()
		return
	}
	t.idle = client
	t.expiry = time.AfterFunc(keepIdle, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.idle == client {
			_ = t.dropIdle()
		}
	})
}

// take returns the kept connection, nil when there is none.
func (t *sshTransport) take() *ssh.Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	client := t.idle
	if client != nil {
		t.expiry.Stop()
		t.idle = nil
	}
	return client
}

func (t *sshTransport) open(ctx context.Context, s service) (session, error) {
	if client := t.take(); client != nil {
		short, cancel := context.WithTimeout(ctx, reuseTimeout)
		opened, err := t.start(short, client, s)
		cancel()
		if err == nil || ctx.Err() != nil {
			return opened, err
		}
	}
	client, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	return t.start(ctx, client, s)
}

func (t *sshTransport) dial(ctx context.Context) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.at.hostPort())
	if err != nil {
		return nil, err
	}
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer release()
	c, channels, requests, err := ssh.NewClientConn(conn, t.at.hostPort(), &t.config)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// start runs the service on the connection; the connection is closed when that fails.
func (t *sshTransport) start(ctx context.Context, client *ssh.Client, s service) (_ session, err error) {
	release := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer func() {
		if !release() && err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			_ = client.Close()
		}
	}()
	channel, err := client.NewSession()
	if err != nil {
		return nil, fmt.Errorf("opening an ssh channel: %w", err)
	}
	in, err := channel.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening an ssh channel: %w", err)
	}
	out, err := channel.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("opening an ssh channel: %w", err)
	}
	notes := &keepTail{}
	channel.Stderr = notes
	if err := channel.Start(string(s) + " " + shellQuote(t.at.path)); err != nil {
		return nil, fmt.Errorf("starting %s: %w", s, err)
	}
	// The whole connection: a channel of a silent peer does not close by itself.
	hangUp := func() { _ = client.Close() }
	return &streamSession{
		in: in, out: out, notef: notes, readOnly: s == uploadPack, gone: make(chan struct{}),
		hangUp: hangUp,
		wait:   channel.Wait,
		stop:   hangUp,
		done: func(err error) {
			var exit *ssh.ExitError
			if err == nil || errors.As(err, &exit) {
				t.keep(client)
				return
			}
			hangUp()
		},
	}, nil
}

// shellQuote makes one word of a path for the server's shell.
func shellQuote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
