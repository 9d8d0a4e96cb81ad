package frontend

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"

	"github.com/signalbox-dev/signalbox/services/frontend-service/rest"
)

// compressed sends what is read (pages, documents, JSON) as gzip to clients that take it. Streams are left alone, for a compressor
// holds lines back, and so is git, whose packs are compressed already.
func compressed(next http.Handler) (http.Handler, error) {
	// The fastest level: JSON shrinks to a tenth all the same, and the time is that of whoever waits for the matrix.
	wrap, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("frontend: compression: %w", err)
	}
	zipped := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if compressible(r) {
			zipped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

func compressible(r *http.Request) bool {
	path := r.URL.Path
	// The metrics' handler compresses by itself.
	return r.Method == http.MethodGet && path != rest.Prefix+"watch" && path != "/metrics" && !under(path, "/git")
}
