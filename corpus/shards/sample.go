package shards

import (
	"slices"

	"assay/internal/fault"
	"assay/internal/rng"
)

// sampleDenseShare decides how the permutation is held: as a whole where the
// draw is at least this share (1 in n) of the corpus, by its changes otherwise.
const sampleDenseShare = 8

// Version counts the changes of which papers Sample draws and Divide holds out: part
// of a trial's identity.
const Version = 1

// Sample draws n rows uniformly without replacement and returns their global
// row numbers, ascending. The draw is a function of the number of rows in the
// corpus, n and seed alone: neither shard sizes nor workers change it. Draws
// by the same seed are nested: the rows of a smaller one are among those of
// every larger one. n = 0 takes all rows.
func (c *Corpus) Sample(n int64, seed uint64) ([]int64, error) {
	total := c.manifest.Rows
	switch {
	case n < 0:
		return nil, fault.Usagef("corpus: sample of %d papers: the size must be 0 (all papers) or more", n)
	case n > total:
		return nil, fault.Usagef("corpus: sample of %d papers: %s holds only %d; ask for fewer, or for 0 to take all", n, c.dir, total)
	}
	return sampleRows(total, n, seed), nil
}

// sampleRows returns the first n places of a Fisher-Yates shuffle of 0 to
// total-1, sorted.
func sampleRows(total, n int64, seed uint64) []int64 {
	if n == 0 || n == total {
		rows := make([]int64, total)
		for i := range rows {
			rows[i] = int64(i)
		}
		return rows
	}
	r := rng.New(seed, "corpus", "sample")
	rows := make([]int64, n)
	if n >= total/sampleDenseShare {
		perm := sampleRows(total, 0, 0)
		for i := range rows {
			j := int64(i) + int64(r.Uint64N(uint64(total-int64(i))))
			perm[i], perm[j] = perm[j], perm[i]
		}
		copy(rows, perm)
	} else {
		moved := make(map[int64]int64, n) // place → row, where they differ
		at := func(place int64) int64 {
			if row, ok := moved[place]; ok {
				return row
			}
			return place
		}
		for i := range rows {
			j := int64(i) + int64(r.Uint64N(uint64(total-int64(i))))
			rows[i] = at(j)
			moved[j] = at(int64(i))
		}
	}
	slices.Sort(rows)
	return rows
}
