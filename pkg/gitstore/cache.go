package gitstore

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// How much is kept in memory. Trees: at 2,000 applications x 30 environments the large trees, which every write needs, take
// 2.5 MB; the 60,000 small ones would take 40 MB and are read as quickly as they are needed. The rest is what was just
// written or read, and is about to be read again.
const (
	treeCacheBytes  = 16 << 20
	smallCacheBytes = 4 << 20
	// cachedBlob is the largest blob kept.
	cachedBlob = 256 << 10
	// entryCost is what an entry takes beside its bytes.
	entryCost = 450
)

// cache keeps objects by hash, least recently used out first, within a number of bytes. Safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	lru   *simplelru.LRU[Hash, object]
	bytes int
	limit int
}

func newCache(limit int) *cache {
	c := &cache{limit: limit}
	// The only error is a size below one; the count is bounded by bytes, not by this size.
	c.lru, _ = simplelru.NewLRU(1<<30, func(_ Hash, o object) { c.bytes -= len(o.data) + entryCost })
	return c
}

func (c *cache) get(h Hash) (object, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Get(h)
}

func (c *cache) add(h Hash, o object) {
	cost := len(o.data) + entryCost
	if cost > c.limit/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lru.Contains(h) {
		return
	}
	c.lru.Add(h, o)
	c.bytes += cost
	for c.bytes > c.limit {
		c.lru.RemoveOldest()
	}
}

func (c *cache) drop(h Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(h)
}

// memory is what a Store keeps of objects: trees apart, so that a burst of blobs does not push out the write path.
type memory struct{ trees, small *cache }

func newMemory() memory { return memory{newCache(treeCacheBytes), newCache(smallCacheBytes)} }

func (m memory) get(h Hash) (object, bool) {
	if o, ok := m.small.get(h); ok {
		return o, true
	}
	return m.trees.get(h)
}

func (m memory) add(h Hash, o object) {
	switch {
	case o.kind == plumbing.TreeObject:
		m.trees.add(h, o)
	case o.kind == plumbing.CommitObject, len(o.data) <= cachedBlob:
		m.small.add(h, o)
	}
}

// known remembers ids of objects that the repository holds, so that pointing at one again needs no question to git. It
// forgets by halves.
type known struct {
	mu       sync.Mutex
	now, old map[Hash]struct{}
}

const knownHalf = 1 << 15

func (k *known) has(h Hash) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.now[h]; ok {
		return true
	}
	_, ok := k.old[h]
	return ok
}

func (k *known) add(h Hash) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == nil || len(k.now) >= knownHalf {
		k.old, k.now = k.now, make(map[Hash]struct{})
	}
	k.now[h] = struct{}{}
}
