package frontend_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	frontend "github.com/signalbox-dev/signalbox/services/frontend-service"
)

func TestAPushAtTheGitHostIsPassedOn(t *testing.T) {
	const body = `{"ref":"refs/heads/main"}`
	sign := func(secret, content string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(content))
		return hex.EncodeToString(mac.Sum(nil))
	}
	for _, c := range []struct {
		name, secret string
		headers      []string
		status       int
		looks        bool
	}{
		{"no secret configured", "", nil, 202, true},
		{"GitHub", "s3", []string{"X-GitHub-Event", "push", "X-Hub-Signature-256", "sha256=" + sign("s3", body)}, 202, true},
		{"Gitea", "s3", []string{"X-GitHub-Event", "push", "X-Gitea-Event", "push", "X-Gitea-Signature", sign("s3", body)}, 202, true},
		{"GitLab", "s3", []string{"X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", "s3"}, 202, true},
		{"GitHub's ping", "s3", []string{"X-GitHub-Event", "ping", "X-Hub-Signature-256", "sha256=" + sign("s3", body)}, 200, false},
		{"wrong secret", "s3", []string{"X-Hub-Signature-256", "sha256=" + sign("other", body)}, 401, false},
		{"signature of another body", "s3", []string{"X-Hub-Signature-256", "sha256=" + sign("s3", "{}")}, 401, false},
		{"wrong token", "s3", []string{"X-Gitlab-Token", "s33"}, 401, false},
		{"nothing", "s3", nil, 401, false},
		{"empty signature", "s3", []string{"X-Hub-Signature-256", "sha256="}, 401, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, func(o *frontend.Options) { o.WebhookSecret = c.secret })
			r := d.ask(t, "POST", "/api/webhooks/push", body, append(c.headers, "Content-Type", "application/json")...)
			if r.StatusCode != c.status || (d.cd.notified == 1) != c.looks {
				t.Errorf("%d %s, told %d times", r.StatusCode, r.body, d.cd.notified)
			}
			if strings.Contains(d.log.String(), c.secret+`"`) && c.secret != "" {
				t.Error("the log holds the secret")
			}
		})
	}
}

func TestAWebhookOverTheLimitIsRefused(t *testing.T) {
	d := open(t, func(o *frontend.Options) { o.MaxBodyBytes = 100 })
	if r := d.ask(t, "POST", "/api/webhooks/push", strings.Repeat("x", 101)); r.StatusCode != 413 || d.cd.notified != 0 {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}
