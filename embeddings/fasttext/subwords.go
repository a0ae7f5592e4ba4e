package fasttext

import (
	"context"
	"slices"

	"assay/internal/frame"
	"assay/internal/kernels"
)

// Subwords are vectors of character n-grams: what gives a word outside a model's
// vocabulary its vector, without the model. They are a summary of a model in some
// 5 % of its file. A number takes 8 bits, scaled to the largest of its row, and only
// n-grams of the most frequent words are held. An n-gram that no word has was never
// trained and keeps its first random numbers, all below 1/dim: here it is zero.
type Subwords struct {
	grams *Dictionary // without words
	rows  []int32     // buckets that are held, ascending
	scale []float32   // (rows)
	data  []byte      // (rows, dim), int8
	dim   int
}

// Subwords returns the vectors of the n-grams of the model's words, the most
// frequent first, until there are most of them. nil: the model has none. The error
// is that of the model's file, or the context's.
func (m *Model) Subwords(ctx context.Context, most int) (*Subwords, error) {
	d := m.dict
	if d.maxN == 0 || d.buckets == 0 {
		return nil, nil
	}
	s := &Subwords{dim: m.Dim(), grams: newDictionary(nil, nil, 0, d.minN, d.maxN, d.buckets)}
	held := make(map[int32]bool)
	var of []int32
	for _, word := range d.words {
		if word == EndOfSentence {
			continue
		}
		of = s.grams.appendNgrams(of[:0], "<"+word+">")
		for _, row := range of {
			held[row] = true
		}
		if len(held) >= most {
			break
		}
	}
	for row := range held {
		s.rows = append(s.rows, row)
	}
	slices.Sort(s.rows)
	s.scale, s.data = make([]float32, len(s.rows)), make([]byte, len(s.rows)*s.dim)
	vector := make([]float32, s.dim)
	for i, row := range s.rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := m.input.sum(vector, []int32{int32(d.Len()) + row}); err != nil {
			return nil, err
		}
		s.scale[i] = quantize(s.data[i*s.dim:][:s.dim], vector)
	}
	return s, nil
}

// quantize writes x in steps of scale as int8, the largest as ±127.
func quantize(dst []byte, x []float32) (scale float32) {
	for _, v := range x {
		scale = max(scale, v, -v)
	}
	if scale /= 127; scale == 0 {
		clear(dst)
		return 0
	}
	for i, v := range x {
		const half = 0.5
		step := v/scale + half
		if v < 0 {
			step = v/scale - half
		}
		dst[i] = byte(int8(step))
	}
	return scale
}

// Lookup writes the mean vector of the word's n-grams into dst, as Model.Lookup does
// of a word outside the vocabulary, and reports whether the word has any.
func (s *Subwords) Lookup(dst []float32, word string) bool {
	clear(dst)
	if word == EndOfSentence {
		return false
	}
	var buffer [128]int32
	grams := s.grams.appendNgrams(buffer[:0], "<"+word+">")
	for _, gram := range grams {
		i, held := slices.BinarySearch(s.rows, gram)
		if !held {
			continue
		}
		row, scale := s.data[i*s.dim:][:s.dim], s.scale[i]
		for j := range dst {
			dst[j] += scale * float32(int8(row[j]))
		}
	}
	if len(grams) > 0 {
		kernels.Scale(dst, 1/float32(len(grams)))
	}
	return len(grams) > 0
}

// Dim returns the length of every vector.
func (s *Subwords) Dim() int { return s.dim }

// Len returns how many n-grams are held.
func (s *Subwords) Len() int { return len(s.rows) }

// Encode writes the fields of a frame that DecodeSubwords reads.
func (s *Subwords) Encode(e *frame.Encoder) {
	e.Int(s.dim)
	e.Int(s.grams.minN)
	e.Int(s.grams.maxN)
	e.Int(s.grams.buckets)
	e.Int32s(s.rows)
	e.Float32s(s.scale)
	e.Bytes(s.data)
}

// DecodeSubwords reads the fields of a frame that Encode wrote.
func DecodeSubwords(d *frame.Decoder) *Subwords {
	s := &Subwords{dim: d.Int()}
	minN, maxN, buckets := d.Int(), d.Int(), d.Int()
	s.grams = newDictionary(nil, nil, 0, minN, maxN, buckets)
	s.rows, s.scale, s.data = d.Int32s(), d.Float32s(), d.Bytes()
	switch {
	case s.dim < 1 || minN < 0 || maxN < 1 || buckets < 1:
		d.Fail("n-grams of %d to %d characters in %d buckets, of %d dimensions", minN, maxN, buckets, s.dim)
	case len(s.scale) != len(s.rows) || len(s.data)/s.dim != len(s.rows) || len(s.data)%s.dim != 0:
		d.Fail("%d n-grams with %d scales and %d numbers", len(s.rows), len(s.scale), len(s.data))
	case !slices.IsSorted(s.rows):
		d.Fail("its n-grams are not in order")
	}
	return s
}
