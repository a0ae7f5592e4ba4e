package corpus

import (
	"crypto/sha256"
	"encoding/binary"
)

// digest stands for an id or a text: the first 16 bytes of its SHA-256. That two
// of three million share one has a probability of about 1e-26.
type digest [16]byte

// short is a part of d, for choosing what to look at more closely.
func (d digest) short() uint64 { return binary.BigEndian.Uint64(d[:]) }

func keyOf(id string) digest {
	sum := sha256.Sum256([]byte(id))
	return digest(sum[:16])
}

// lastRecords knows the last record of every id by its number in the input, in
// about 40 bytes an id.
type lastRecords struct{ number map[digest]uint32 }

func newLastRecords() lastRecords { return lastRecords{make(map[digest]uint32)} }

// put notes a later record and reports whether the id had one already.
func (l lastRecords) put(k digest, number uint32) (again bool) {
	before := len(l.number)
	l.number[k] = number
	return len(l.number) == before
}

func (l lastRecords) get(k digest) (number uint32, ok bool) {
	number, ok = l.number[k]
	return number, ok
}

func (l lastRecords) len() int { return len(l.number) }
