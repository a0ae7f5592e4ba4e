package text

import (
	"hash/maphash"
	"unsafe"
)

// The bounds of a worker's cache. Real prose has no end of rare words, so the
// cache is two generations: when the young one is full the old one is
// dropped, and what is asked for moves from old to young. The table of a full
// generation takes 4 MiB and what it points to at most maxPayload and a
// little; a worker's cache stays under 24 MiB.
const (
	maxChunk    = 64      // bytes of the longest chunk that is kept
	maxEntries  = 1 << 16 // chunks of a generation
	maxPayload  = 6 << 20 // bytes that the entries of a generation point to
	firstTable  = 1 << 8  // slots of an empty generation
	tableFactor = 2       // slots for each entry, at least
)

// entry is what is known about a chunk. A chunk that is one token, and takes
// part in no phrase, has no parts.
type entry struct {
	chunk string
	first uint64 // [firstWord] of chunk, which spares a look at most chunks
	parts *parts
}

// parts is a chunk in tokens.
type parts struct {
	tokens []string // as they are when the chunk stands alone
	raw    []string // before phrases are replaced
	head   symbol   // of the first of raw
	open   []node   // where phrases stand that the next chunk may end
}

// generation is a hash table with linear probing; a slot with an empty chunk
// is free.
type generation struct {
	slots   []entry
	used    int
	payload int
}

type cache struct {
	seed       maphash.Seed
	young, old generation
}

func newCache(seed maphash.Seed) cache {
	return cache{seed: seed, young: generation{slots: make([]entry, firstTable)}}
}

// get returns the entry for a chunk that has this hash and first word.
func (c *cache) get(chunk []byte, first, hash uint64) (entry, bool) {
	if e, ok := c.young.get(chunk, first, hash); ok {
		return e, true
	}
	e, ok := c.old.get(chunk, first, hash)
	if ok {
		c.put(e, hash)
	}
	return e, ok
}

// peek returns the entry for a chunk and leaves the cache as it is.
func (c *cache) peek(chunk string) (entry, bool) {
	b := unsafe.Slice(unsafe.StringData(chunk), len(chunk)) // only read
	first, hash := firstWord(b, 0, len(b)), maphash.Bytes(c.seed, b)
	if e, ok := c.young.get(b, first, hash); ok {
		return e, true
	}
	return c.old.get(b, first, hash)
}

// put adds an entry that the young generation does not hold.
func (c *cache) put(e entry, hash uint64) {
	if c.young.used >= maxEntries || c.young.payload >= maxPayload {
		c.young, c.old = c.old, c.young
		clear(c.young.slots)
		c.young.used, c.young.payload = 0, 0
	}
	if c.young.used*tableFactor >= len(c.young.slots) {
		c.young.grow(c.seed)
	}
	c.young.put(e, hash)
	c.young.used++
	c.young.payload += e.payload()
}

func (g *generation) get(chunk []byte, first, hash uint64) (entry, bool) {
	if len(g.slots) == 0 {
		return entry{}, false
	}
	mask := uint64(len(g.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := &g.slots[i]
		if e.first == first && len(e.chunk) == len(chunk) && (len(chunk) <= 8 || e.chunk[8:] == string(chunk[8:])) {
			return *e, true
		}
		if e.chunk == "" {
			return entry{}, false
		}
	}
}

func (g *generation) put(e entry, hash uint64) {
	mask := uint64(len(g.slots) - 1)
	i := hash & mask
	for g.slots[i].chunk != "" {
		i = (i + 1) & mask
	}
	g.slots[i] = e
}

func (g *generation) grow(seed maphash.Seed) {
	before := g.slots
	g.slots = make([]entry, max(firstTable, 2*len(before)))
	for _, e := range before {
		if e.chunk != "" {
			g.put(e, maphash.String(seed, e.chunk))
		}
	}
}

// payload returns about how many bytes the entry points to.
func (e entry) payload() int {
	n := len(e.chunk)
	if e.parts != nil {
		n += int(unsafe.Sizeof(*e.parts)) + 2*len(e.parts.open)
		n += int(unsafe.Sizeof("")) * len(e.parts.tokens)
		if len(e.parts.raw) > 0 && &e.parts.raw[0] != &e.parts.tokens[0] {
			n += int(unsafe.Sizeof("")) * len(e.parts.raw)
		}
	}
	return n
}
