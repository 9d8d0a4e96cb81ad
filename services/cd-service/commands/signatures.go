package commands

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/auth/pgp"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/pkg/rules"
)

// maxSignatures is how many signatures of one manifest are tried: each costs a walk over the manifest.
const maxSignatures = 16

const signatureRule = "with a PGP keyring each manifest needs a valid signature"

// verify demands a signature for each manifest of each release in the action, valid at the time at, when there is a keyring. Every
// way in leads here, so there is no way around it.
func (s *Server) verify(action *api.Action, at time.Time) error {
	if s.o.Keyring == nil {
		return nil
	}
	for i, part := range action.GetBatch().GetActions() {
		if err := s.verifyRelease(part.GetCreateRelease(), at); err != nil {
			return rules.InBatch(i, err)
		}
	}
	return s.verifyRelease(action.GetCreateRelease(), at)
}

func (s *Server) verifyRelease(m *api.CreateRelease, at time.Time) error {
	for _, env := range slices.Sorted(maps.Keys(m.GetManifests())) {
		if err := s.verifyManifest(env, m.Manifests[env], m.Signatures[env].GetArmored(), at); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) verifyManifest(env, content string, armored []string, at time.Time) error {
	field := fmt.Sprintf("create_release.signatures[%s]", env)
	if len(armored) == 0 {
		return problem.New(problem.Invalid, "the manifest for %s has no signature", env).At(field).Because(signatureRule).
			Fix("send one made with: gpg --armor --detach-sign <manifest>")
	}
	if n := len(armored); n > maxSignatures {
		return problem.New(problem.TooLarge, "the manifest for %s has %d signatures", env, n).At(field).
			Because(fmt.Sprintf("a manifest has at most %d signatures, and one that is valid is enough", maxSignatures)).Fix("send fewer")
	}
	signatures := make([][]byte, len(armored))
	for i, text := range armored {
		signatures[i] = []byte(text)
	}
	err := s.o.Keyring.Verify([]byte(content), signatures, at)
	if err == nil {
		return nil
	}
	kind := problem.Denied
	if errors.Is(err, pgp.ErrUnreadable) && len(armored) == 1 {
		kind = problem.Invalid
	}
	return problem.New(kind, "%s", strings.ReplaceAll(err.Error(), "\n", "; ")).At(field).Because(signatureRule).Fix("%s", remedyOf(err)).Wrap(err)
}

// remedyOf says what helps against the first cause that somebody can do something about.
func remedyOf(err error) string {
	for _, r := range []struct {
		cause  error
		remedy string
	}{
		{pgp.ErrWrongSignature, "sign exactly the bytes that are sent, line ends included"},
		{pgp.ErrKeyExpired, "sign with a key that is valid, or prolong this one and put it into the keyring again"},
		{pgp.ErrSignatureExpired, "sign the manifest anew"},
		{pgp.ErrKeyRevoked, "sign with another key"},
		{pgp.ErrUnknownKey, "let the operator put the public key into the file of --pgp-keyring"},
	} {
		if errors.Is(err, r.cause) {
			return r.remedy
		}
	}
	return "send the output of: gpg --armor --detach-sign <manifest>"
}

// unsigned is the action without its signatures: signing again does not make another command of it.
func unsigned(action *api.Action) *api.Action {
	signed := func(a *api.Action) bool { return len(a.GetCreateRelease().GetSignatures()) > 0 }
	if !signed(action) && !slices.ContainsFunc(action.GetBatch().GetActions(), signed) {
		return action
	}
	bare := proto.CloneOf(action)
	for _, a := range append(slices.Clone(bare.GetBatch().GetActions()), bare) {
		if signed(a) {
			a.GetCreateRelease().Signatures = nil
		}
	}
	return bare
}
