package manifestrepo

import (
	"slices"
	"strings"
	"sync"
)

// sharedLists holds one copy of each list of environments that is in use somewhere. It is bounded: a repo with more different lists
// than this pays for them.
var sharedLists = struct {
	sync.Mutex
	lists map[string][]string
}{lists: map[string][]string{}}

const maxSharedLists = 4096

// sharedList gives the one copy of a list. The result must not be changed.
func sharedList(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	key := strings.Join(names, "\x00")
	sharedLists.Lock()
	defer sharedLists.Unlock()
	if known, ok := sharedLists.lists[key]; ok {
		return known
	}
	names = slices.Clip(slices.Clone(names))
	if len(sharedLists.lists) < maxSharedLists {
		sharedLists.lists[key] = names
	}
	return names
}
