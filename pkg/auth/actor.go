// Package auth says who asks. Today that is what the door was told (headers, or a default); the door hands it to the other
// services as gRPC metadata, and they believe only the door.
package auth

import (
	"context"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/metadata"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Keys of the gRPC metadata. Name and e-mail travel in base64 (standard alphabet), as kuberpult's clients send them over HTTP.
const (
	MetadataName      = "author-name"
	MetadataEmail     = "author-email"
	MetadataRequestID = "x-request-id"
)

// maxActorRunes is the limit of a name and of an e-mail address; both stand in the header of a commit.
const maxActorRunes = 200

// Actor is the person or machine who asks. It becomes the author of a commit.
type Actor struct {
	Name  string
	Email string
}

// IsZero reports whether nobody is named.
func (a Actor) IsZero() bool { return a == Actor{} }

// String is "Name <mail>".
func (a Actor) String() string { return a.Name + " <" + a.Email + ">" }

// Check refuses what cannot stand in the author line of a commit: control characters, angle brackets, bytes that are not
// UTF-8, nothing at all, more than 200 characters. The error is a *problem.Error whose field is author-name or author-email.
func (a Actor) Check() error {
	for _, part := range []struct{ field, value string }{{MetadataName, a.Name}, {MetadataEmail, a.Email}} {
		refuse := func(what string) error {
			return problem.New(problem.Invalid, "the author's %s %s", strings.TrimPrefix(part.field, "author-"), what).
				At(part.field).Because("an author can stand in the header of a commit").
				Fix("send both headers author-name and author-email, base64 of one line of UTF-8 without < and >")
		}
		switch {
		case strings.TrimSpace(part.value) == "":
			return refuse("is empty")
		case !utf8.ValidString(part.value):
			return refuse("is not UTF-8")
		case utf8.RuneCountInString(part.value) > maxActorRunes:
			return refuse("is longer than 200 characters")
		case strings.ContainsAny(part.value, "<>"), strings.ContainsFunc(part.value, unicode.IsControl):
			return refuse("holds an angle bracket or a control character")
		}
	}
	return nil
}

// Outgoing returns the metadata that names the actor to another service.
func (a Actor) Outgoing() metadata.MD {
	return metadata.Pairs(
		MetadataName, base64.StdEncoding.EncodeToString([]byte(a.Name)),
		MetadataEmail, base64.StdEncoding.EncodeToString([]byte(a.Email)))
}

// FromIncoming reads the actor of a gRPC call. Without metadata it is the zero Actor; with broken metadata the error is a
// *problem.Error.
func FromIncoming(ctx context.Context) (Actor, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	first := func(key string) string {
		if values := md.Get(key); len(values) > 0 {
			return values[0]
		}
		return ""
	}
	return Decode(first(MetadataName), first(MetadataEmail))
}

// Decode reads an actor from two base64 texts, as HTTP headers and gRPC metadata carry them. Both empty is the zero Actor. The
// error is a *problem.Error.
func Decode(name, email string) (Actor, error) {
	if name == "" && email == "" {
		return Actor{}, nil
	}
	var a Actor
	for _, part := range []struct {
		field, text string
		into        *string
	}{{MetadataName, name, &a.Name}, {MetadataEmail, email, &a.Email}} {
		text := strings.TrimRight(strings.TrimSpace(part.text), "=")
		decoded, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil {
			return Actor{}, problem.New(problem.Invalid, "%s is not base64", part.field).At(part.field).
				Because("author headers are base64").Fix("send the base64 of the %s", strings.TrimPrefix(part.field, "author-")).Wrap(err)
		}
		*part.into = string(decoded)
	}
	return a, a.Check()
}
