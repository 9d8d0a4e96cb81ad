package ci

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// FuzzReleaseForm: whatever bytes come as a release form, either a command comes out that can travel and whose names are
// well-formed, or a refusal that a person can read.
func FuzzReleaseForm(f *testing.F) {
	const boundary = "xYzZY"
	seed := func(parts ...string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		if err := w.SetBoundary(boundary); err != nil {
			f.Fatal(err)
		}
		for i := 0; i+1 < len(parts); i += 2 {
			create := w.CreateFormField
			if strings.Contains(parts[i], "[") {
				create = func(name string) (io.Writer, error) { return w.CreateFormFile(name, "f") }
			}
			p, err := create(parts[i])
			if err != nil {
				f.Fatal(err)
			}
			if _, err := p.Write([]byte(parts[i+1])); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(body.Bytes())
	}
	seed("application", "checkout", "manifests[staging]", "kind: A\n", "version", "7", "team", "payments")
	seed("application", "checkout", "manifests[staging]", "a", "signatures[staging]", "b", "is_prepublish", "true")
	seed("application", "checkout", "application", "checkout")
	seed("manifests[]", "", "manifests[../x]", "", "version", "18446744073709551616", "source_commit_id", "ABCDEF0")
	f.Add([]byte("--" + boundary + "\r\nContent-Disposition: form-data\r\n\r\nx\r\n--" + boundary + "--\r\n"))
	f.Add([]byte("--" + boundary + "\r\nContent-Disposition: form-data; name=\"application\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n"))

	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 1 << 16
		r := httptest.NewRequest("POST", "/release", bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		form, err := readForm(httptest.NewRecorder(), r, limit, releaseFields)
		if err == nil {
			if c, refused := releaseOf(form); refused != nil {
				err = refused
			} else {
				if _, marshalErr := proto.Marshal(c); marshalErr != nil {
					t.Errorf("the command cannot travel: %v", marshalErr)
				}
				for environment := range c.Manifests {
					if !validName(environment, maxEnvironmentName) {
						t.Errorf("environment %q was taken", environment)
					}
				}
				return
			}
		}
		var p *problem.Error
		if !errors.As(err, &p) || p.Message == "" || p.Kind.HTTPStatus() >= 500 {
			t.Errorf("not a refusal: %v", err)
		}
		if !utf8.ValidString(p.Message) && utf8.Valid(body) {
			t.Errorf("the refusal is not UTF-8: %q", p.Message)
		}
	})
}
