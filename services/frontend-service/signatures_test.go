package frontend_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

func signer(t *testing.T, config *packet.Config) *openpgp.Entity {
	t.Helper()
	quick := *config // an RSA key takes seconds to find
	quick.Algorithm = packet.PubKeyAlgoEdDSA
	e, err := openpgp.NewEntity("CI", "", "ci@example.com", &quick)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func signed(t *testing.T, e *openpgp.Entity, content string, at time.Time) string {
	t.Helper()
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, e, strings.NewReader(content), &packet.Config{Time: func() time.Time { return at }}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func keyring(t *testing.T, keys ...*openpgp.Entity) *pgp.Keyring {
	t.Helper()
	var content bytes.Buffer
	for _, k := range keys {
		if err := k.Serialize(&content); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := pgp.ReadKeyring(&content)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func withKeyring(t *testing.T, keys ...*openpgp.Entity) func(*frontend.Options) {
	t.Helper()
	ring := keyring(t, keys...)
	return func(o *frontend.Options) { o.Keyring = ring }
}

func TestWithAKeyringEachManifestNeedsAValidSignature(t *testing.T) {
	now := time.Now()
	born := now.Add(-30 * 24 * time.Hour)
	bornThen := &packet.Config{Time: func() time.Time { return born }}
	ci, stranger := signer(t, bornThen), signer(t, bornThen)
	expired := signer(t, &packet.Config{Time: func() time.Time { return born }, KeyLifetimeSecs: 3600})
	revoked := signer(t, bornThen)
	yaml := renders("a")
	byRevoked := signed(t, revoked, yaml, born)
	if err := revoked.RevokeKey(packet.KeyCompromised, "", &packet.Config{Time: func() time.Time { return born.Add(time.Hour) }}); err != nil {
		t.Fatal(err)
	}
	ring := keyring(t, ci, expired, revoked)
	d, repo := openReal(t, chain, func(o *cdservice.Options) { o.Keyring = ring })
	m := manifest("staging", yaml)
	version := 0
	for _, c := range []struct {
		name   string
		parts  []part
		status int
		says   string
	}{
		{"valid", []part{m, signature("staging", signed(t, ci, yaml, now))}, 201, "Success"},
		{"signature before the manifest", []part{signature("staging", signed(t, ci, yaml, now)), m}, 201, "Success"},
		{"one of two valid", []part{m, signature("staging", signed(t, stranger, yaml, now)), signature("staging", signed(t, ci, yaml, now))}, 201, "Success"},
		{"none", []part{m}, 400, "signature not found for staging"},
		{"one of two environments", []part{m, manifest("development", yaml), signature("staging", signed(t, ci, yaml, now))}, 400, "signature not found for development"},
		{"unknown key", []part{m, signature("staging", signed(t, stranger, yaml, now))}, 400, "not in the keyring"},
		{"expired key", []part{m, signature("staging", signed(t, expired, yaml, born))}, 400, "has expired"},
		{"revoked key", []part{m, signature("staging", byRevoked)}, 400, "was revoked"},
		{"other bytes", []part{m, signature("staging", signed(t, ci, yaml+"\n", now))}, 400, "does not match the content"},
		{"no signature at all", []part{m, signature("staging", "hello")}, 400, "not an armored detached OpenPGP signature"},
		{"a binary signature", []part{m, signature("staging", "\x89\x01\xff")}, 400, "not an armored detached OpenPGP signature"},
	} {
		for _, path := range []string{"/release", "/api/release"} {
			t.Run(c.name+" at "+path, func(t *testing.T) {
				version++
				before := git(t, "-C", repo, "rev-parse", "main")
				r := d.post(t, path, append(c.parts, app, value("version", strconv.Itoa(version)))...)
				wrote := git(t, "-C", repo, "rev-parse", "main") != before
				if r.StatusCode != c.status || !strings.Contains(r.body, c.says) || wrote != (c.status == 201) {
					t.Errorf("%d %s, wrote: %t", r.StatusCode, r.body, wrote)
				}
				if c.status == 400 && c.name != "none" && c.name != "one of two environments" && !strings.HasPrefix(r.body, "Internal: Invalid Signature for manifests[staging]: ") {
					t.Errorf("not in kuberpult's words: %s", r.body)
				}
			})
		}
	}
	if r := d.post(t, "/release", m, app, signature("development", "hello")); r.StatusCode != 400 || !strings.HasPrefix(r.body, "signatures[development] has no manifests[development]") {
		t.Errorf("a signature without a manifest: %d %s", r.StatusCode, r.body)
	}
}

func TestASignatureThatNobodyAsksForIsNotChecked(t *testing.T) {
	d, _ := openReal(t, chain)
	if r := d.post(t, "/release", app, manifest("staging", renders("a")), signature("staging", "\x89\x01\xff")); r.StatusCode != 201 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}

func TestTheRESTAddressesAskForSignaturesToo(t *testing.T) {
	now := time.Now()
	ci := signer(t, &packet.Config{Time: func() time.Time { return now.Add(-time.Hour) }})
	ring := keyring(t, ci)
	d, _ := openReal(t, chain, func(o *cdservice.Options) { o.Keyring = ring })
	yaml := renders("a")
	release := map[string]any{"manifests": map[string]string{"staging": yaml}}
	send := func(path string, body any) reply {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return d.ask(t, "POST", path, string(text), "Content-Type", "application/json")
	}
	const releases = "/api/v1/applications/checkout/releases"
	if r := send(releases, release); r.StatusCode != 400 || !strings.Contains(r.body, `"field":"signatures[staging]"`) {
		t.Errorf("without: %d %s", r.StatusCode, r.body)
	}
	release["signatures"] = map[string]any{"staging": map[string]any{"armored": []string{signed(t, ci, yaml+" ", now)}}}
	if r := send(releases, release); r.StatusCode != 403 || !strings.Contains(r.body, "does not match the content") {
		t.Errorf("over other bytes: %d %s", r.StatusCode, r.body)
	}
	release["signatures"] = map[string]any{"staging": map[string]any{"armored": []string{signed(t, ci, yaml, now)}}}
	if r := send(releases, release); r.StatusCode != 201 {
		t.Errorf("with: %d %s", r.StatusCode, r.body)
	}
}

func TestASignatureOfALockIsCheckedWhenItIsSent(t *testing.T) {
	ci := signer(t, &packet.Config{Time: func() time.Time { return now.Add(-time.Hour) }})
	d := open(t, withKeyring(t, ci))
	put := func(path, over string) int {
		body := `{"message":"m"}`
		if over != "" {
			body = `{"message":"m","signature":"` + strings.ReplaceAll(signed(t, ci, over, now), "\n", `\n`) + `"}`
		}
		return d.ask(t, "PUT", path, body, "Content-Type", "application/json").StatusCode
	}
	for _, c := range []struct {
		path, over string
		status     int
	}{
		{"/environments/staging/locks/l1", "stagingl1", 200},
		{"/environments/staging/locks/l1", "stagingl2", 400},
		{"/environments/staging/locks/l1", "", 200},
		{"/environment-groups/production/locks/l1", "productionl1", 201},
		{"/environment-groups/production/locks/l1", "production", 400},
	} {
		if got := put(c.path, c.over); got != c.status {
			t.Errorf("%s signed over %q: %d, want %d", c.path, c.over, got, c.status)
		}
	}
}
