package pgp_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
)

var (
	born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
)

func at(t time.Time) *packet.Config { return &packet.Config{Time: func() time.Time { return t }} }

func newKey(t *testing.T, name string, config *packet.Config) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity(name, "", name+"@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sign(t *testing.T, e *openpgp.Entity, content string, config *packet.Config) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, e, strings.NewReader(content), config); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func public(t *testing.T, armored bool, entities ...*openpgp.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, e := range entities {
		if !armored {
			if err := e.Serialize(&out); err != nil {
				t.Fatal(err)
			}
			continue
		}
		w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(e.Serialize(w), w.Close()); err != nil {
			t.Fatal(err)
		}
		out.WriteString("\n")
	}
	return out.Bytes()
}

func keyring(t *testing.T, content []byte) *pgp.Keyring {
	t.Helper()
	k, err := pgp.ReadKeyring(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASignatureCountsOrSaysWhyNot(t *testing.T) {
	const manifest = "kind: Deployment\n"
	ci, other := newKey(t, "ci", at(born)), newKey(t, "other", at(born))
	shortLived := newKey(t, "short", &packet.Config{Time: func() time.Time { return born }, KeyLifetimeSecs: 86400})
	revoked := newKey(t, "revoked", at(born))
	beforeRevocation := sign(t, revoked, manifest, at(born.Add(time.Hour)))
	if err := revoked.RevokeKey(packet.KeyCompromised, "laptop stolen", at(born.Add(2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	expiring := &packet.Config{Time: func() time.Time { return born.Add(time.Hour) }, SigLifetimeSecs: 3600}
	k := keyring(t, public(t, true, ci, shortLived, revoked))

	for _, c := range []struct {
		name       string
		signatures [][]byte
		want       error
	}{
		{"valid", [][]byte{sign(t, ci, manifest, at(now))}, nil},
		{"one of two valid is enough", [][]byte{sign(t, other, manifest, at(now)), sign(t, ci, manifest, at(now))}, nil},
		{"none", nil, pgp.ErrNoSignature},
		{"unknown key", [][]byte{sign(t, other, manifest, at(now))}, pgp.ErrUnknownKey},
		{"expired key", [][]byte{sign(t, shortLived, manifest, at(born.Add(time.Hour)))}, pgp.ErrKeyExpired},
		{"expired signature", [][]byte{sign(t, ci, manifest, expiring)}, pgp.ErrSignatureExpired},
		{"revoked key", [][]byte{beforeRevocation}, pgp.ErrKeyRevoked},
		{"other content", [][]byte{sign(t, ci, manifest+" ", at(now))}, pgp.ErrWrongSignature},
		{"garbage", [][]byte{[]byte("hello")}, pgp.ErrUnreadable},
		{"armored garbage", [][]byte{[]byte("-----BEGIN PGP SIGNATURE-----\n\naGVsbG8=\n-----END PGP SIGNATURE-----\n")}, pgp.ErrUnreadable},
		{"a key instead of a signature", [][]byte{public(t, true, ci)}, pgp.ErrUnreadable},
		{"larger than any signature", [][]byte{bytes.Repeat([]byte("-"), 1<<20)}, pgp.ErrUnreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := k.Verify([]byte(manifest), c.signatures, now); !errors.Is(err, c.want) {
				t.Errorf("Verify: %v, want %v", err, c.want)
			}
		})
	}
}

func TestEveryReasonIsToldWhenNoSignatureCounts(t *testing.T) {
	ci, other := newKey(t, "ci", at(born)), newKey(t, "other", at(born))
	k := keyring(t, public(t, true, ci))
	err := k.Verify([]byte("a"), [][]byte{sign(t, other, "a", at(now)), sign(t, ci, "b", at(now))}, now)
	if !errors.Is(err, pgp.ErrUnknownKey) || !errors.Is(err, pgp.ErrWrongSignature) {
		t.Errorf("want both reasons, got: %v", err)
	}
}

func TestKeyringFilesOfEachForm(t *testing.T) {
	a, b := newKey(t, "a", at(born)), newKey(t, "b", at(born))
	for name, content := range map[string][]byte{
		"binary":              public(t, false, a, b),
		"two armored blocks":  public(t, true, a, b),
		"text between blocks": append([]byte("keys of CI\n\n"), public(t, true, a, b)...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keyring")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := pgp.LoadKeyring(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range []*openpgp.Entity{a, b} {
				if err := k.Verify([]byte("x"), [][]byte{sign(t, e, "x", at(now))}, now); err != nil {
					t.Errorf("signature of a key in the keyring: %v", err)
				}
			}
		})
	}
}

func TestKeyringsThatWouldNotWorkAreRefused(t *testing.T) {
	var private bytes.Buffer
	if err := newKey(t, "a", at(born)).SerializePrivate(&private, at(born)); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty":       {},
		"text":        []byte("no key here"),
		"cut off":     public(t, true, newKey(t, "a", at(born)))[:200],
		"private key": private.Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := pgp.ReadKeyring(bytes.NewReader(content)); err == nil {
				t.Error("the keyring was taken")
			}
		})
	}
	if _, err := pgp.LoadKeyring(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing file was taken")
	}
}
