package gitservertest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
)

// Status answers with a status code and a line of text; the repository sees nothing.
func Status(code int, text string) Middleware {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			http.Error(w, text, code)
		})
	}
}

// StatusAfter lets the push land and then answers with a status code: a proxy that lost patience.
func StatusAfter(code int) Middleware {
	return answer(func(w http.ResponseWriter, _ *httptest.ResponseRecorder) {
		http.Error(w, http.StatusText(code), code)
	})
}

// DropAnswer lets the push land and drops the connection without a word.
func DropAnswer() Middleware {
	return answer(func(w http.ResponseWriter, _ *httptest.ResponseRecorder) { hangUp(w) })
}

// EmptyAnswer lets the push land and answers 200 with nothing in it.
func EmptyAnswer() Middleware { return ChangeAnswer(func([]byte) []byte { return nil }) }

// ChangeAnswer lets the server answer in full and changes the body: corrupt it, cut it, replace words in it.
func ChangeAnswer(change func([]byte) []byte) Middleware {
	return answer(func(w http.ResponseWriter, given *httptest.ResponseRecorder) {
		for name, values := range given.Header() {
			w.Header()[name] = values
		}
		body := change(given.Body.Bytes())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(given.Code)
		_, _ = w.Write(body)
	})
}

// CutAnswer sends the first bytes of the answer and then drops the connection.
func CutAnswer(bytes int) Middleware {
	return answer(func(w http.ResponseWriter, given *httptest.ResponseRecorder) {
		for name, values := range given.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(given.Body.Len()))
		w.WriteHeader(given.Code)
		_, _ = w.Write(given.Body.Bytes()[:min(bytes, given.Body.Len())])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	})
}

// DropRequest drops the connection after reading that many bytes of the request; the repository sees nothing.
func DropRequest(bytes int64) Middleware {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.CopyN(io.Discard, q.Body, bytes)
			hangUp(w)
		})
	}
}

// Hang holds the request, unread by git, until release is closed or the client gives up; then git gets it.
func Hang(release <-chan struct{}) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, err := io.ReadAll(q.Body)
			if err != nil {
				return
			}
			select {
			case <-release:
			case <-q.Context().Done():
				return
			}
			next.ServeHTTP(w, withBody(q, body))
		})
	}
}

// LandLater takes the whole push, drops the connection at once, and hands the push to git only when release is closed:
// the worst of networks. landed is closed when git is done with it.
func LandLater(release <-chan struct{}) (m Middleware, landed <-chan struct{}) {
	done := make(chan struct{})
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, err := io.ReadAll(q.Body)
			if err != nil {
				return
			}
			hangUp(w)
			<-release
			// The client is gone, and with it the request's context.
			next.ServeHTTP(httptest.NewRecorder(), withBody(q.WithContext(context.Background()), body))
			close(done)
		})
	}, done
}

// Once applies a fault to the first request only.
func Once(m Middleware) Middleware {
	used := make(chan struct{}, 1)
	used <- struct{}{}
	return func(next http.Handler) http.Handler {
		faulty := m(next)
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			select {
			case <-used:
				faulty.ServeHTTP(w, q)
			default:
				next.ServeHTTP(w, q)
			}
		})
	}
}

// Without takes capabilities out of what the server offers.
func Without(capabilities ...string) Middleware {
	return ChangeAnswer(func(body []byte) []byte {
		// The packet with the capabilities gets as many spaces as were taken, so that its length stays right.
		for _, name := range capabilities {
			body = bytes.ReplaceAll(body, []byte(" "+name+" "), []byte(strings.Repeat(" ", len(name)+2)))
			body = bytes.ReplaceAll(body, []byte("\x00"+name+" "), []byte("\x00"+strings.Repeat(" ", len(name)+1)))
		}
		return body
	})
}

// answer runs git to the end, keeping its answer, and lets finish do something else with it.
func answer(finish func(w http.ResponseWriter, given *httptest.ResponseRecorder)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			given := httptest.NewRecorder()
			next.ServeHTTP(given, q)
			finish(w, given)
		})
	}
}

// hangUp closes the connection, or resets the stream of HTTP/2.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way to drop a connection
	}
	_ = conn.Close()
}

func withBody(q *http.Request, body []byte) *http.Request {
	again := q.Clone(q.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	again.ContentLength = int64(len(body))
	again.TransferEncoding = nil
	return again
}
