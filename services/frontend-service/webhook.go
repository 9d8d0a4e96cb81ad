package frontend

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"google.golang.org/grpc/metadata"

	api "github.com/signalbox-dev/signalbox/pkg/api/signalbox/v1"
	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

// maxWebhookBytes is the limit of what GitHub sends.
const maxWebhookBytes = 25 << 20

// pushWebhook tells cd-service to look at the manifest repo now. What the event says is not believed, so all that a forged one
// could do is to make it look.
func (f *Frontend) pushWebhook(w http.ResponseWriter, r *http.Request) {
	limit := min(maxWebhookBytes, f.options.MaxBodyBytes)
	err := answer.CheckLength(r, limit)
	var body []byte
	if err == nil {
		if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit)); err != nil {
			err = answer.BodyProblem(err, limit)
		}
	}
	if err == nil {
		err = f.checkSecret(r.Header, body)
	}
	if err != nil {
		answer.Problem(w, r, err)
		return
	}
	if event := eventOf(r.Header); event != "push" {
		answer.JSON(w, http.StatusOK, map[string]string{"ignored": event})
		return
	}
	ctx := metadata.NewOutgoingContext(r.Context(), outgoing(r.Context()))
	seen, err := f.system.NotifyPush(ctx, &api.NotifyPushRequest{})
	if err != nil {
		answer.Problem(w, r, err)
		return
	}
	answer.JSON(w, http.StatusAccepted, map[string]string{"commit": seen.Commit})
}

// eventOf is the kind of event: "push" for pushes, and for callers that name none.
func eventOf(h http.Header) string {
	// Gitea sends GitHub's header too.
	for _, name := range []string{"X-Gitea-Event", "X-GitHub-Event", "X-Gitlab-Event"} {
		switch event := h.Get(name); event {
		case "":
		case "push", "Push Hook":
			return "push"
		default:
			return event
		}
	}
	return "push"
}

// checkSecret wants proof that the sender knows the secret: GitHub's or Gitea's signature of the body, or GitLab's token.
func (f *Frontend) checkSecret(h http.Header, body []byte) error {
	secret := f.options.WebhookSecret
	if secret == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, given := range []string{strings.TrimPrefix(h.Get("X-Hub-Signature-256"), "sha256="), h.Get("X-Gitea-Signature")} {
		if signature, err := hex.DecodeString(given); err == nil && hmac.Equal(signature, want) {
			return nil
		}
	}
	// Hashed first, so that the time it takes tells nothing of the length either.
	token, known := sha256.Sum256([]byte(h.Get("X-Gitlab-Token"))), sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(token[:], known[:]) == 1 {
		return nil
	}
	return problem.New(problem.Unauthorized, "the webhook's secret is missing or wrong").
		Because("a webhook proves that it knows the shared secret").
		Fix("set the same secret at the git host and in --webhook-secret-file")
}
