package features

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"assay/internal/fault"
	"assay/internal/parallel"
	"assay/internal/progress"
)

// Finish returns the vocabulary of the training papers and the counts of all
// papers over it; terms outside the vocabulary are left out, papers that were
// never added are empty rows. No worker may still be counting, and the counter
// is used up. A training set without a single term is a usage error.
func (c *Counter) Finish(ctx context.Context) (*Vocabulary, *CSR, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return nil, nil, errors.New("features: count: Finish was called twice")
	}
	c.finished = true
	if c.err != nil {
		return nil, nil, c.err
	}
	for _, w := range c.workers {
		if w.err != nil {
			return nil, nil, w.err
		}
	}
	vocabulary, columns, err := c.vocabulary()
	if err != nil {
		return nil, nil, err
	}
	var packs []pack
	for i, w := range c.workers {
		for _, data := range w.packs {
			packs = append(packs, pack{data, columns[i]})
		}
	}
	c.workers = nil
	x, err := unpack(ctx, packs, c.rows, vocabulary.Len())
	if err != nil {
		return nil, nil, err
	}
	return vocabulary, x, nil
}

// vocabulary merges the workers' terms, chooses those that stay, and returns
// for each worker the columns of its terms, -1 for those that do not.
func (c *Counter) vocabulary() (*Vocabulary, [][]int32, error) {
	all, stats := newTermTable(c.opt.Words), []termStats(nil)
	to := make([][]int32, len(c.workers))
	for i, w := range c.workers {
		if i == 0 {
			all, stats = w.table, w.stats
			continue
		}
		to[i] = all.merge(w.table)
		stats = grow(stats, len(all.terms))
		for id, s := range w.stats {
			stats[to[i][id]].docs += s.docs
			stats[to[i][id]].total += s.total
		}
		w.table, w.stats = nil, nil
	}
	chosen, err := c.choose(all, stats)
	if err != nil {
		return nil, nil, err
	}
	v := &Vocabulary{ngramMin: c.opt.NgramMin, ngramMax: c.opt.NgramMax, binary: c.opt.Binary, words: c.opt.Words}
	v.terms = make([]string, len(chosen))
	column := make([]int32, len(all.terms))
	for id := range column {
		column[id] = -1
	}
	for j, t := range chosen {
		v.terms[j] = t.text
		column[t.id] = int32(j)
	}
	columns := make([][]int32, len(c.workers))
	for i := range c.workers {
		if i == 0 {
			columns[0] = column
			continue
		}
		for k, id := range to[i] {
			to[i][k] = column[id]
		}
		columns[i] = to[i]
	}
	return v, columns, nil
}

// candidate is a term that may become a column.
type candidate struct {
	key   uint64 // the text's first eight bytes, for fast comparison
	text  string
	id    int32
	total int64
}

func newCandidate(all *termTable, id int32, total int64) candidate {
	text := all.text(id)
	var key [8]byte
	copy(key[:], text)
	return candidate{binary.BigEndian.Uint64(key[:]), text, id, total}
}

// mostFrequent returns the candidates of the highest totals, sorted by text; of equal
// ones those that come first in the alphabet. limit 0: all.
func mostFrequent(all []candidate, limit int) []candidate {
	if limit > 0 && len(all) > limit {
		slices.SortFunc(all, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.total, a.total), byText(a, b))
		})
		all = all[:limit]
	}
	slices.SortFunc(all, byText)
	return all
}

// byText orders by code points, which is the order of UTF-8 bytes.
func byText(a, b candidate) int {
	if a.key != b.key {
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.text, b.text)
}

// choose returns the terms of the vocabulary, sorted by text.
func (c *Counter) choose(all *termTable, stats []termStats) ([]candidate, error) {
	var out []candidate
	seen := 0
	for id, s := range stats {
		if s.docs > 0 {
			seen++
		}
		if s.docs > 0 && int(s.docs) >= c.opt.MinDocuments {
			out = append(out, newCandidate(all, int32(id), s.total))
		}
	}
	if len(out) == 0 {
		return nil, fault.Usagef("features: count: no term is left: the training papers have %d distinct terms, none of them in %d papers or more: lower min_documents, or draw more papers", seen, c.opt.MinDocuments)
	}
	return mostFrequent(out, c.opt.MaxFeatures), nil
}

// pack holds papers as a CountWorker packed them, with the columns of the
// worker's terms.
type pack struct {
	data    []byte
	columns []int32
}

// papers calls visit for each paper of the pack with its row and the packed
// columns and counts of its terms, in no order: column<<32 | count.
func (p pack) papers(visit func(row int, cells []uint64) error) error {
	var cells []uint64
	for data := p.data; len(data) > 0; {
		row, terms := uvarint(&data), uvarint(&data)
		cells = cells[:0]
		for range terms {
			id, count := uvarint(&data), uint64(1)
			if id&1 == 1 {
				count = uvarint(&data)
			}
			if col := p.columns[id>>1]; col >= 0 {
				cells = append(cells, uint64(col)<<32|count)
			}
		}
		if err := visit(int(row), cells); err != nil {
			return err
		}
	}
	return nil
}

func uvarint(data *[]byte) uint64 {
	if b := (*data)[0]; b < 0x80 {
		*data = (*data)[1:]
		return uint64(b)
	}
	v, n := binary.Uvarint(*data)
	*data = (*data)[n:]
	return v
}

// unpack fills the matrix in two parallel passes: the rows' lengths, then
// their sorted cells.
func unpack(ctx context.Context, packs []pack, rows, cols int) (*CSR, error) {
	bar := progress.Start(ctx, "count matrix", int64(rows), "papers")
	defer bar.Done()
	lengths := make([]atomic.Int32, rows) // 0 for not added, else length+1
	err := eachPack(ctx, packs, func(p *pack) error {
		return p.papers(func(row int, cells []uint64) error {
			if !lengths[row].CompareAndSwap(0, int32(len(cells)+1)) {
				return fault.Usagef("features: count: paper %d was added twice", row)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	x := &CSR{Cols: cols, Indptr: make([]int64, rows+1)}
	for i := range lengths {
		x.Indptr[i+1] = x.Indptr[i] + int64(max(lengths[i].Load(), 1)-1)
	}
	x.Indices = make([]int32, x.Indptr[rows])
	x.Values = make([]float32, x.Indptr[rows])
	err = eachPack(ctx, packs, func(p *pack) error {
		var papers int64
		err := p.papers(func(row int, cells []uint64) error {
			papers++
			slices.Sort(cells)
			js, vs := x.Row(row)
			for k, cell := range cells {
				js[k], vs[k] = int32(cell>>32), float32(uint32(cell))
			}
			return nil
		})
		p.data = nil
		bar.Add(papers)
		return err
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

func eachPack(ctx context.Context, packs []pack, do func(*pack) error) error {
	return parallel.Do(ctx, 0, len(packs), func() func(int) error {
		return func(i int) error { return do(&packs[i]) }
	})
}
