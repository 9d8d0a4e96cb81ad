package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/signalbox-dev/signalbox/pkg/auth"
	"github.com/signalbox-dev/signalbox/pkg/problem"
)

func TestTheActorTravelsAsMetadata(t *testing.T) {
	want := auth.Actor{Name: "Rosa Müller", Email: "rosa@example.com"}
	got, err := auth.FromIncoming(metadata.NewIncomingContext(context.Background(), want.Outgoing()))
	if err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := auth.FromIncoming(context.Background()); err != nil || !got.IsZero() {
		t.Errorf("without metadata: %v, %v", got, err)
	}
}

func TestActorsThatCannotStandInACommitAreRefused(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, pair := range map[string][2]string{
		"not base64":        {"Rosa Müller", encode("r@example.com")},
		"only a name":       {encode("Rosa"), ""},
		"line break":        {encode("Rosa\ncommitter x"), encode("r@example.com")},
		"angle bracket":     {encode("Rosa"), encode("r@example.com> <x")},
		"not UTF-8":         {encode("\xff"), encode("r@example.com")},
		"longer than a row": {encode(strings.Repeat("r", 201)), encode("r@example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := auth.Decode(pair[0], pair[1])
			var p *problem.Error
			if !errors.As(err, &p) || p.Kind != problem.Invalid || !strings.HasPrefix(p.Field, "author-") || p.Remedy == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}
