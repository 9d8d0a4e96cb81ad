// Package pgp checks detached OpenPGP signatures against a keyring of public keys. It holds no secrets and makes no signatures.
package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Why a signature does not count. Verify's errors wrap one of these for each signature it looked at.
var (
	ErrNoSignature      = errors.New("there is no signature")
	ErrUnreadable       = errors.New("the signature is not an armored detached OpenPGP signature")
	ErrUnknownKey       = errors.New("the key that signed it is not in the keyring")
	ErrKeyExpired       = errors.New("the key that signed it has expired")
	ErrSignatureExpired = errors.New("the signature has expired")
	ErrKeyRevoked       = errors.New("the key that signed it was revoked")
	ErrWrongSignature   = errors.New("the signature does not match the content")
)

const (
	maxKeyringBytes   = 16 << 20
	maxSignatureBytes = 64 << 10
)

// Keyring is a set of public keys. It never changes; any number of goroutines may use it.
type Keyring struct {
	entities openpgp.EntityList
}

// LoadKeyring reads a keyring file, see ReadKeyring.
func LoadKeyring(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the PGP keyring: %w", err)
	}
	defer func() { _ = f.Close() }()
	k, err := ReadKeyring(f)
	if err != nil {
		return nil, fmt.Errorf("PGP keyring %s: %w", path, err)
	}
	return k, nil
}

// ReadKeyring reads public keys: binary, or one or more armored blocks one after the other. A keyring without a key is an
// error, for it would refuse everything; so is one with a private key, for that file does not belong on a server.
func ReadKeyring(r io.Reader) (*Keyring, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxKeyringBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(content) > maxKeyringBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", maxKeyringBytes>>20)
	}
	entities, err := parse(content)
	if err != nil {
		return nil, err
	}
	if len(entities) == 0 {
		return nil, errors.New("it holds no key")
	}
	for _, e := range entities {
		if e.PrivateKey != nil {
			return nil, errors.New("it holds a private key; export public keys only (gpg --armor --export)")
		}
	}
	return &Keyring{entities: entities}, nil
}

func parse(content []byte) (openpgp.EntityList, error) {
	if !bytes.Contains(content, []byte("-----BEGIN PGP ")) {
		entities, err := openpgp.ReadKeyRing(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("read binary keys: %w", err)
		}
		return entities, nil
	}
	var all openpgp.EntityList
	for {
		block, rest, err := nextBlock(content)
		if err != nil || block == nil {
			return all, err
		}
		decoded, err := armor.Decode(bytes.NewReader(block))
		if err != nil {
			return nil, fmt.Errorf("read an armored block: %w", err)
		}
		entities, err := openpgp.ReadKeyRing(decoded.Body)
		if err != nil {
			return nil, fmt.Errorf("read the keys of an armored block: %w", err)
		}
		all, content = append(all, entities...), rest
	}
}

// nextBlock cuts out the next armored block (the armor decoder reads ahead, so it cannot be asked twice); nil when none is left.
func nextBlock(content []byte) (block, rest []byte, err error) {
	start := bytes.Index(content, []byte("-----BEGIN PGP "))
	if start < 0 {
		return nil, nil, nil
	}
	content = content[start:]
	end := bytes.Index(content, []byte("-----END PGP "))
	if end < 0 {
		return nil, nil, errors.New("an armored block has no end")
	}
	if line := bytes.IndexByte(content[end:], '\n'); line >= 0 {
		end += line + 1
	} else {
		end = len(content)
	}
	return content[:end], content[end:], nil
}

// Verify succeeds when at least one of the armored detached signatures is valid for content at the time now: made by a key of
// the keyring that is neither expired nor revoked, over exactly these bytes. Otherwise the error says of each signature why
// not; it wraps the Err values of this package.
func (k *Keyring) Verify(content []byte, signatures [][]byte, now time.Time) error {
	if len(signatures) == 0 {
		return ErrNoSignature
	}
	reasons := make([]error, 0, len(signatures))
	for _, signature := range signatures {
		err := k.check(content, signature, now)
		if err == nil {
			return nil
		}
		reasons = append(reasons, err)
	}
	return errors.Join(reasons...)
}

func (k *Keyring) check(content, signature []byte, now time.Time) error {
	if len(signature) > maxSignatureBytes {
		return ErrUnreadable
	}
	block, err := armor.Decode(bytes.NewReader(signature))
	if err != nil || block.Type != openpgp.SignatureType {
		return ErrUnreadable
	}
	raw, err := io.ReadAll(io.LimitReader(block.Body, maxSignatureBytes))
	if err != nil {
		return ErrUnreadable
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	_, _, err = openpgp.VerifyDetachedSignature(k.entities, bytes.NewReader(content), bytes.NewReader(raw), config)
	return k.reason(err, raw)
}

// reason turns the library's error into one of ours, with the key id where it helps to find the key.
func (k *Keyring) reason(err error, raw []byte) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return withKey(ErrUnknownKey, raw)
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return withKey(ErrKeyExpired, raw)
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return withKey(ErrSignatureExpired, raw)
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return withKey(ErrKeyRevoked, raw)
	}
	var structural pgperrors.StructuralError
	var unsupported pgperrors.UnsupportedError
	if errors.As(err, &structural) || errors.As(err, &unsupported) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrUnreadable
	}
	return withKey(ErrWrongSignature, raw)
}

func withKey(reason error, raw []byte) error {
	p, err := packet.NewReader(bytes.NewReader(raw)).Next()
	if err != nil {
		return reason
	}
	if s, ok := p.(*packet.Signature); ok && s.IssuerKeyId != nil {
		return fmt.Errorf("%w (key %016X)", reason, *s.IssuerKeyId)
	}
	return reason
}
