package reads

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/signalbox-dev/signalbox/pkg/problem"
)

// Sizes of a page.
const (
	defaultPage = 100
	maxPage     = 1000
)

// pageSize checks what was asked for.
func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0 || asked > maxPage:
		return 0, problem.New(problem.Invalid, "page size %d is out of range", asked).At("page_size").
			Because("a page holds 1 to 1,000 entries").Fix("ask for at most %d, or leave it out for %d", maxPage, defaultPage)
	case asked == 0:
		return defaultPage, nil
	}
	return int(asked), nil
}

// A page token holds the key of the last entry seen, so that it stays right when entries come and go. It is opaque to
// callers; the list's name in it keeps it from being used on another list.
func pageToken(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + key))
}

// afterKey is the key in a token; empty for the first page.
func afterKey(list, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	key, ok := strings.CutPrefix(string(raw), list+"\n")
	if err != nil || !ok || key == "" {
		return "", badToken()
	}
	return key, nil
}

func badToken() error {
	return problem.New(problem.Invalid, "the page token is not one of this list").At("page_token").
		Because("a page token is the next_page_token of an earlier answer of the same list").Fix("start again without a page token")
}

// paginate cuts the page out of a sorted list, and gives the token of the next one: empty when this is the last.
func paginate[T any](list string, size int32, token string, sorted []T, key func(T) string, compare func(a, b string) int) ([]T, string, error) {
	n, err := pageSize(size)
	if err != nil {
		return nil, "", err
	}
	after, err := afterKey(list, token)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if after != "" {
		var found bool
		start, found = slices.BinarySearchFunc(sorted, after, func(e T, k string) int { return compare(key(e), k) })
		if found {
			start++
		}
	}
	rest := sorted[start:]
	if len(rest) <= n {
		return rest, "", nil
	}
	return rest[:n], pageToken(list, key(rest[n-1])), nil
}

// windowed is a list that can be read from its middle.
type windowed interface {
	GetOffset() int32
	GetPageToken() string
}

// skip leaves out the first entries when an offset asks for it.
func skip[T any](sorted []T, r windowed) ([]T, error) {
	switch {
	case r.GetOffset() == 0:
		return sorted, nil
	case r.GetOffset() < 0:
		return nil, problem.New(problem.Invalid, "offset %d is negative", r.GetOffset()).At("offset").
			Because("an offset is how many entries of the list to leave out").Fix("count from 0")
	case r.GetPageToken() != "":
		return nil, problem.New(problem.Invalid, "offset and page token are both given").At("offset").
			Because("each says where the page begins").Fix("give one of them")
	}
	return sorted[min(int(r.GetOffset()), len(sorted)):], nil
}
