package training

import (
	"cmp"
	"slices"

	"assay/features"
	"assay/internal/multilabel"
	"assay/networks/layers"
)

// Data is papers as token numbers, and their labels.
type Data struct {
	X *features.Sequences
	Y *multilabel.Matrix // nil where there are only scores to give
}

func (d Data) rows() int {
	if d.X == nil {
		return 0
	}
	return len(d.X.Papers)
}

// batcher fills one batch again and again.
type batcher struct {
	data   Data
	masked bool
	batch  layers.Batch
}

// fill makes the batch of some papers, the longest first.
func (f *batcher) fill(rows []int) *layers.Batch {
	x := f.data.X
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(len(x.Row(b)), len(x.Row(a))) })
	b := &f.batch
	b.B, b.T = len(rows), max(len(x.Row(rows[0])), 1)
	b.IDs = resize(b.IDs, b.T*b.B)
	clear(b.IDs)
	b.Lengths = b.Lengths[:0]
	for i, row := range rows {
		ids := x.Row(row)
		for t, id := range ids {
			b.IDs[t*b.B+i] = id
		}
		length := b.T
		if f.masked {
			length = len(ids)
		}
		b.Lengths = append(b.Lengths, length)
	}
	if f.data.Y == nil {
		b.Targets = nil
		return b
	}
	c := f.data.Y.Cols
	b.Targets = resize(b.Targets, b.B*c)
	clear(b.Targets)
	for i, row := range rows {
		for _, label := range f.data.Y.Row(row) {
			b.Targets[i*c+int(label)] = 1
		}
	}
	return b
}

func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }
