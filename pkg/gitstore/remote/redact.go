package remote

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"unicode"
)

// maxMessage bounds what a server can make us repeat, in bytes.
const maxMessage = 2000

// redactor takes secrets out of texts, in the forms in which they travel.
type redactor struct{ replace *strings.Replacer }

func newRedactor(o Options, at address) redactor {
	var pairs []string
	for _, secret := range []string{o.Password, o.Token, o.SSHPassphrase, at.password} {
		if secret == "" {
			continue
		}
		pairs = append(pairs, secret, "***", url.QueryEscape(secret), "***", url.PathEscape(secret), "***")
		for _, user := range []string{o.Username, at.user, defaultTokenUser} {
			pairs = append(pairs, base64.StdEncoding.EncodeToString([]byte(user+":"+secret)), "***")
		}
	}
	// https://<token>@host: the user name is the secret.
	if at.password == "" && at.user != "" && (at.scheme == schemeHTTP || at.scheme == schemeHTTPS) {
		pairs = append(pairs, at.user, "***", url.QueryEscape(at.user), "***", url.PathEscape(at.user), "***",
			base64.StdEncoding.EncodeToString([]byte(at.user+":")), "***")
	}
	return redactor{replace: strings.NewReplacer(pairs...)}
}

func (r redactor) text(s string) string { return printable(r.replace.Replace(s)) }

// cleanError says what an error says, without the secrets. It does not wrap the error, whose text holds them.
type cleanError struct {
	text  string
	cause error
}

// Error is the text without secrets.
func (e *cleanError) Error() string { return e.text }

// Unwrap gives the context's error when it was the cause.
func (e *cleanError) Unwrap() error { return e.cause }

// clean takes the secrets out of an error. Callers can still ask a cleaned one for the context's errors.
func (r *Remote) clean(err error) error {
	raw := err.Error()
	if text := r.secrets.text(raw); text != raw {
		return &cleanError{text: text, cause: sentinelOf(err)}
	}
	return err
}

func sentinelOf(err error) error {
	for _, known := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// printable makes one short line of what a server sent: no control characters (a terminal obeys them), bounded length.
func printable(s string) string {
	var b strings.Builder
	space := false
	for _, c := range strings.ToValidUTF8(s, "?") {
		if unicode.IsSpace(c) {
			space = b.Len() > 0
			continue
		}
		if !unicode.IsPrint(c) {
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if b.Len() >= maxMessage {
			b.WriteString("…")
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}
