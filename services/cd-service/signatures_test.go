package cdservice_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	cdservice "github.com/signalbox-dev/signalbox/services/cd-service"
)

// notary signs manifests at a time.
type notary struct {
	t   *testing.T
	key *openpgp.Entity
}

func newNotary(t *testing.T, born time.Time, lifetime time.Duration) notary {
	t.Helper()
	key, err := openpgp.NewEntity("CI", "", "ci@example.com", &packet.Config{
		Time: func() time.Time { return born }, KeyLifetimeSecs: uint32(lifetime.Seconds()),
		Algorithm: packet.PubKeyAlgoEdDSA, // an RSA key takes seconds to find
	})
	if err != nil {
		t.Fatal(err)
	}
	return notary{t, key}
}

func (n notary) sign(content string, at time.Time) string {
	n.t.Helper()
	var out bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&out, n.key, strings.NewReader(content), &packet.Config{Time: func() time.Time { return at }}); err != nil {
		n.t.Fatal(err)
	}
	return out.String()
}

// signAll puts a signature of each manifest into a release.
func (n notary) signAll(req *api.ExecuteRequest, at time.Time) *api.ExecuteRequest {
	n.t.Helper()
	m := req.GetCreateRelease()
	m.Signatures = map[string]*api.Signatures{}
	for env, content := range m.Manifests {
		m.Signatures[env] = &api.Signatures{Armored: []string{n.sign(content, at)}}
	}
	return req
}

func keyringOf(t *testing.T, all ...notary) func(*cdservice.Options) {
	t.Helper()
	var content bytes.Buffer
	for _, n := range all {
		if err := n.key.Serialize(&content); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := pgp.ReadKeyring(&content)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *cdservice.Options) { o.Keyring = ring }
}

func TestTheWriterTellsSignaturesThatDoNotCountApart(t *testing.T) {
	now := time.Now()
	born := now.Add(-30 * 24 * time.Hour)
	ci, stranger, expired, revoked := newNotary(t, born, 0), newNotary(t, born, 0), newNotary(t, born, time.Hour), newNotary(t, born, 0)
	req := release("checkout", 0, "one")
	content := req.GetCreateRelease().Manifests["staging"]
	byRevoked := revoked.sign(content, born)
	if err := revoked.key.RevokeKey(packet.KeyCompromised, "", &packet.Config{Time: func() time.Time { return born.Add(time.Hour) }}); err != nil {
		t.Fatal(err)
	}
	b := newBed(t, "", keyringOf(t, ci, expired, revoked))
	for _, c := range []struct {
		name    string
		armored []string
		kind    problem.Kind
		says    string
	}{
		{"missing", nil, problem.Invalid, "the manifest for staging has no signature"},
		{"unknown", []string{stranger.sign(content, now)}, problem.Denied, "not in the keyring"},
		{"expired", []string{expired.sign(content, born)}, problem.Denied, "has expired"},
		{"revoked", []string{byRevoked}, problem.Denied, "was revoked"},
		{"wrong", []string{ci.sign(content+"\n", now)}, problem.Denied, "does not match the content"},
		{"unreadable", []string{"hello"}, problem.Invalid, "not an armored detached OpenPGP signature"},
		{"many", make([]string, 17), problem.TooLarge, "17 signatures"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			req := ci.signAll(release("checkout", 0, "one"), now)
			req.GetCreateRelease().Signatures["staging"] = &api.Signatures{Armored: c.armored}
			for _, dry := range []bool{true, false} {
				req.DryRun = dry
				p := b.refuse(req, c.kind)
				if p.Field != "create_release.signatures[staging]" || !strings.Contains(p.Message, c.says) || p.Remedy == "" {
					t.Errorf("field %q, message %q, remedy %q", p.Field, p.Message, p.Remedy)
				}
			}
		})
	}
	b.t = t
	if b.deployed("checkout", "development") != 0 {
		t.Error("an unsigned release was written")
	}
	b.do(ci.signAll(req, now))
	b.whole()
}

func TestNoWayInGoesAroundTheKeyring(t *testing.T) {
	now := time.Now()
	ci := newNotary(t, now.Add(-time.Hour), 0)
	b := newBed(t, "", keyringOf(t, ci))
	signed, unsigned := ci.signAll(release("checkout", 0, "one"), now), release("payment", 0, "one")
	batch := &api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: &api.Batch{Actions: []*api.Action{actionOf(signed), actionOf(unsigned)}}}}
	p := b.refuse(batch, problem.Invalid)
	if !strings.HasPrefix(p.Field, "batch.actions[1].create_release.signatures[") || p.Detail.GetActionIndex() != 1 {
		t.Errorf("field %q, action %v", p.Field, p.Detail)
	}
	unsigned.Wait = api.Wait_WAIT_ACCEPTED
	b.refuse(unsigned, problem.Invalid)
	ci.signAll(unsigned, now)
	unsigned.Wait = api.Wait_WAIT_UNSPECIFIED
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_Batch{Batch: &api.Batch{Actions: []*api.Action{actionOf(signed), actionOf(unsigned)}}}})
	// What brings no manifest needs no signature.
	b.do(&api.ExecuteRequest{Kind: &api.ExecuteRequest_CreateRelease{CreateRelease: &api.CreateRelease{Application: "checkout", Version: 9, Prepublish: true}}})
	b.do(train("staging"))
	if b.deployed("checkout", "staging") != 1 || b.deployed("payment", "staging") != 1 {
		t.Error("the signed releases are not there")
	}
}

func TestSigningAgainIsTheSameCommandAndSignaturesAreNotKept(t *testing.T) {
	now := time.Now()
	ci := newNotary(t, now.Add(-time.Hour), 0)
	b := newBed(t, "", keyringOf(t, ci))
	first := ci.signAll(release("checkout", 0, "one"), now.Add(-time.Minute))
	first.IdempotencyKey = "build-1"
	done := b.do(first)
	again := ci.signAll(release("checkout", 0, "one"), now)
	again.IdempotencyKey = "build-1"
	if op := b.do(again); op.Id != done.Id || op.Commit != done.Commit {
		t.Errorf("the retry was %s at %s, the first %s at %s", op.Id, op.Commit, done.Id, done.Commit)
	}
	objects, err := exec.Command("sh", "-c", `git -C "$1" cat-file --batch-all-objects --batch`, "sh", b.repo()).Output()
	b.must(err)
	if !bytes.Contains(objects, []byte("checkout")) || bytes.Contains(objects, []byte("PGP SIGNATURE")) {
		t.Error("git holds a signature")
	}
}
