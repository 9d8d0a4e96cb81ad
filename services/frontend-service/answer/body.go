package answer

import (
	"errors"
	"net/http"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// BodyProblem words an error of reading a request's body: over the limit, or broken off.
func BodyProblem(err error, limit int64) *problem.Error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return TooLarge(limit)
	}
	return problem.New(problem.Invalid, "the body could not be read to its end").Fix("send it again").Wrap(err)
}

// TooLarge is the refusal of a body over the limit, in bytes.
func TooLarge(limit int64) *problem.Error {
	return problem.New(problem.TooLarge, "the body is over the limit of %d bytes", limit).
		Because("a request's body has a size limit").
		Fix("split the request, or raise --max-body-bytes")
}

// CheckLength refuses a body whose announced length is over the limit, before a byte of it is read.
func CheckLength(r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return TooLarge(limit)
	}
	return nil
}

// CheckEncoding refuses a compressed body: its size would say nothing of what comes out of it.
func CheckEncoding(r *http.Request) error {
	encoding := r.Header.Get("Content-Encoding")
	if encoding == "" || encoding == "identity" {
		return nil
	}
	return problem.New(problem.Unsupported, "the content encoding %q is not supported", encoding).At("Content-Encoding").
		Because("bodies are sent as they are").Fix("send the body uncompressed")
}
