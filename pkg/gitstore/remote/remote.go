// Package remote talks to a git server: lists refs, pushes a ready-made pack, fetches packs. It holds no repository.
//
// A push demands the server's report and reads the status of every ref. What a caller may conclude from each error is
// written at the error's type; they are the whole contract of a push that went wrong.
//
// The wire formats are go-git's (advertised refs, report, packet lines); the connections are our own, because a push must
// know whether its last byte can have reached the server, and a context must end every wait. No state is shared between
// two Remotes, and no secret stands in an error: texts are cleaned of every secret in Options before they leave.
package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// Options say where the server is and how to prove who we are. Secrets are read from files or given as values; they never
// stand in an error.
type Options struct {
	// URL is a path, file://, ssh:// (also user@host:path), http:// or https://.
	URL string
	// SSHKeyFile, SSHKnownHostsFile, SSHPassphrase are for ssh. Known hosts are always enforced; without a file, those of
	// the user and of the machine count.
	SSHKeyFile, SSHKnownHostsFile, SSHPassphrase string
	// Username and Password, or Token, are for http(s). A token is sent as the password of Username, or of
	// "x-access-token" when there is none (what GitHub, GitLab and Gitea take).
	Username, Password, Token string
	// CAFile holds PEM certificates to trust beside the system's.
	CAFile string
}

// Remote is a git server, ready to be asked. It is safe for concurrent use.
type Remote struct {
	address   address
	transport transport
	secrets   redactor
}

// Open checks the options and reads the key files; it does not connect.
func Open(o Options) (*Remote, error) {
	at, err := parseAddress(o.URL)
	if err != nil {
		return nil, err
	}
	r := &Remote{address: at, secrets: newRedactor(o, at)}
	switch at.scheme {
	case schemeFile:
		r.transport = newFileTransport(at)
	case schemeSSH:
		r.transport, err = newSSHTransport(o, at)
	default:
		r.transport, err = newHTTPTransport(o, at)
	}
	if err != nil {
		return nil, r.clean(fmt.Errorf("git remote %s: %w", at, err))
	}
	return r, nil
}

// URL is the address without credentials.
func (r *Remote) URL() string { return r.address.String() }

// Close ends idle connections. A push whose outcome is already known is not disturbed.
func (r *Remote) Close() error { return r.transport.close() }

// RefUpdate moves one ref from Old (zero: must not exist) to New.
type RefUpdate struct {
	Name     string
	Old, New plumbing.Hash
}

// Refs lists the refs as the server advertises them for fetching, peeled tags and HEAD left out. An empty repository has
// none. The error is an *UnreachableError.
func (r *Remote) Refs(ctx context.Context) (map[string]plumbing.Hash, error) {
	ad, err := r.advertised(ctx)
	return ad.refs, err
}

// Peeled is what a ref names on the server; for an annotated tag, what that points at in the end. Zero means that there is no such ref. The
// error is an *UnreachableError.
func (r *Remote) Peeled(ctx context.Context, ref string) (plumbing.Hash, error) {
	ad, err := r.advertised(ctx)
	if peeled, ok := ad.peeled[ref]; ok {
		return peeled, err
	}
	return ad.refs[ref], err
}

func (r *Remote) advertised(ctx context.Context) (advertisement, error) {
	s, err := r.transport.open(ctx, uploadPack)
	if err != nil {
		return advertisement{}, r.unreachable(ctx, err)
	}
	defer s.end(graceTidy)
	defer context.AfterFunc(ctx, s.abort)()
	ad, err := readAdvertisement(s)
	if err != nil {
		return advertisement{}, r.unreachable(ctx, err)
	}
	return ad, nil
}

// unreachable says that nothing happened.
func (r *Remote) unreachable(ctx context.Context, err error) error {
	return &UnreachableError{Err: r.clean(withCause(ctx, err))}
}

// unknown says that the push may have happened.
func (r *Remote) unknown(ctx context.Context, err error) error {
	return &UnknownError{Err: r.clean(withCause(ctx, err))}
}

// withCause puts the context's end first: what broke after it is only its consequence.
func withCause(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w (%s)", cause, err.Error())
}
