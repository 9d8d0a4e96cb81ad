package ci

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"unicode/utf8"

	"github.com/signalbox-dev/signalbox/pkg/problem"
	"github.com/signalbox-dev/signalbox/services/frontend-service/answer"
)

const (
	// maxParts is far above what a release of 300 environments with 3 signatures each sends.
	maxParts = 2000
	// maxValueBytes is the limit of one value that is not a file.
	maxValueBytes = 1 << 20
)

var (
	manifestPart  = regexp.MustCompile(`\Amanifests\[([^]]+)\]\z`)
	signaturePart = regexp.MustCompile(`\Asignatures\[([^]]+)\]\z`)
)

// form is a multipart form in memory.
type form struct {
	values     map[string][]string
	manifests  map[string]string
	signatures map[string][][]byte
}

// formFields says what a form may hold. true: the value may stand there several times.
type formFields struct {
	values map[string]bool
	// files: manifests[<environment>] and signatures[<environment>] are taken.
	files bool
}

// readForm reads a multipart form part by part and stops at the first that is wrong: unknown, twice, over a limit. Nothing behind
// the limit of the whole body is read. The error is a *problem.Error.
func readForm(w http.ResponseWriter, r *http.Request, limit int64, fields formFields) (*form, error) {
	if err := errors.Join(answer.CheckLength(r, limit), answer.CheckEncoding(r)); err != nil {
		return nil, err
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, said("Invalid body: request Content-Type isn't multipart/form-data")
	}
	body := http.MaxBytesReader(w, r.Body, limit)
	f, err := parseForm(multipart.NewReader(body, params["boundary"]), fields)
	if err == nil {
		// What stands behind the form counts for the limit, and only a body that was read to its end lets the server notice a client
		// that goes away.
		_, err = io.Copy(io.Discard, body)
	}
	var p *problem.Error
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return f, nil
	case errors.As(err, &tooLarge):
		return nil, answer.TooLarge(limit)
	case errors.As(err, &p):
		return nil, p
	}
	return nil, said("Invalid body: the multipart form is broken or was cut off").Wrap(err)
}

func parseForm(parts *multipart.Reader, fields formFields) (*form, error) {
	f := &form{values: map[string][]string{}, manifests: map[string]string{}, signatures: map[string][][]byte{}}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		if n >= maxParts {
			return nil, problem.New(problem.TooLarge, "Invalid body: more than %d parts", maxParts)
		}
		if err := f.take(part, fields); err != nil {
			return nil, err
		}
	}
}

// take reads one part into the form.
func (f *form) take(part *multipart.Part, fields formFields) error {
	name := part.FormName()
	repeatable, known := fields.values[name]
	if part.FileName() != "" && (fields.files || !known) {
		return f.takeFile(part, name, fields)
	}
	switch {
	case !known && fields.files && (manifestPart.MatchString(name) || signaturePart.MatchString(name)):
		return said("'%s' must be sent as a file (curl: -F '%s=@FILE')", name, name)
	case !known:
		return said("Invalid form field: '%s' is not known", name)
	case len(f.values[name]) > 0 && name == "application":
		return said("Please provide single application name")
	case len(f.values[name]) > 0 && !repeatable:
		return said("Exactly one '%s' parameter should be provided", name)
	}
	content, err := io.ReadAll(io.LimitReader(part, maxValueBytes+1))
	if err != nil {
		return err
	}
	if len(content) > maxValueBytes {
		return problem.New(problem.TooLarge, "'%s' is over the limit of %d bytes", name, maxValueBytes)
	}
	if !utf8.Valid(content) {
		return said("'%s' is not UTF-8", name)
	}
	f.values[name] = append(f.values[name], string(content))
	return nil
}

func (f *form) takeFile(part *multipart.Part, name string, fields formFields) error {
	if !fields.files {
		return said("Invalid form field: '%s' is not known", name)
	}
	if m := signaturePart.FindStringSubmatch(name); m != nil {
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		f.signatures[m[1]] = append(f.signatures[m[1]], content)
		return nil
	}
	m := manifestPart.FindStringSubmatch(name)
	if m == nil {
		return said("Invalid manifest form file: '%s'. Must match '%s'", name, manifestPart)
	}
	environment := m[1]
	if !validName(environment, maxEnvironmentName) {
		return said("Invalid environment name: '%s' in '%s' - must match '%s' and have at most %d characters",
			environment, name, nameExpression, maxEnvironmentName)
	}
	if _, twice := f.manifests[environment]; twice {
		return said("multiple manifests submitted for %q", environment)
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	if !utf8.Valid(content) {
		return said("'%s' is not UTF-8", name)
	}
	f.manifests[environment] = string(content)
	return nil
}

// value is the one value of a field; empty when it was not sent.
func (f *form) value(name string) string {
	if values := f.values[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
