// Package rng derives random number generators from a seed and a name, so that
// a part of a run draws the same numbers whatever else the run draws, in which
// order and on how many workers.
//
//	tree := rng.New(seed, "random_forest", "tree", strconv.Itoa(i))
package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Seed returns 64 bits that depend on the seed and on every name: the first
// eight bytes, little-endian, of the SHA-256 of the seed and the names, each
// name preceded by its length.
func Seed(seed uint64, names ...string) uint64 {
	sum := digest(seed, names)
	return binary.LittleEndian.Uint64(sum[:8])
}

// New returns a PCG generator that depends on the seed and on every name. It
// is not safe for concurrent use: give each worker's unit of work (a tree, an
// epoch) a name of its own.
func New(seed uint64, names ...string) *rand.Rand {
	sum := digest(seed, names)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
}

func digest(seed uint64, names []string) [sha256.Size]byte {
	buf := binary.LittleEndian.AppendUint64(nil, seed)
	for _, n := range names {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(len(n)))
		buf = append(buf, n...)
	}
	return sha256.Sum256(buf)
}
