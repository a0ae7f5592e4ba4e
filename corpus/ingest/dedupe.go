package ingest

import (
	"crypto/sha256"
)

// idKey stands for an id: the first 16 bytes of its SHA-256.
type idKey [16]byte

func keyOf(id string) idKey {
	sum := sha256.Sum256([]byte(id))
	return idKey(sum[:16])
}

// lastRecords knows the last record of every id by its number in the input, in
// about 40 bytes an id.
type lastRecords struct{ number map[idKey]uint32 }

func newLastRecords() lastRecords { return lastRecords{make(map[idKey]uint32)} }

// put notes a later record and reports whether the id had one already.
func (l lastRecords) put(k idKey, number uint32) (again bool) {
	before := len(l.number)
	l.number[k] = number
	return len(l.number) == before
}

func (l lastRecords) get(k idKey) (number uint32, ok bool) {
	number, ok = l.number[k]
	return number, ok
}

func (l lastRecords) len() int { return len(l.number) }
