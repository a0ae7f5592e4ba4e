package features

import (
	"context"
	"fmt"
	"io"
	"math"

	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/parallel"
)

// TFIDFOptions says how counts are weighted. scikit-learn's defaults are L2
// and SmoothIDF.
type TFIDFOptions struct {
	// Sublinear replaces a count n by 1 + ln n.
	Sublinear bool
	// L2 scales each paper to unit Euclidean length; a paper without terms
	// stays zero.
	L2 bool
	// SmoothIDF counts one further paper that holds every term once, so that
	// a term's weight is ln((1+n)/(1+df)) + 1 instead of ln(n/df) + 1, for df
	// of n papers that hold it.
	SmoothIDF bool
}

// TFIDF weights counts by how rare their terms are, as scikit-learn's
// TfidfTransformer does; its documentation gives the formulas and how they
// differ from the textbook's.
type TFIDF struct {
	opt TFIDFOptions
	idf []float64
}

// NewTFIDF returns a transformer that is to be fitted.
func NewTFIDF(opt TFIDFOptions) *TFIDF { return &TFIDF{opt: opt} }

// Fit learns the weights of the terms from the counts (n, d) of the training
// papers, which hold no explicit zeros. Without SmoothIDF, a term that no
// paper holds is weighted as if one did.
func (t *TFIDF) Fit(counts *CSR) {
	rows, cols := counts.Dims()
	df := make([]int32, cols)
	for _, j := range counts.Indices {
		df[j]++
	}
	t.idf = make([]float64, cols)
	for j, n := range df {
		if t.opt.SmoothIDF {
			t.idf[j] = math.Log(float64(rows+1)/float64(n+1)) + 1
		} else {
			t.idf[j] = math.Log(float64(rows)/float64(max(n, 1))) + 1
		}
	}
}

// IDF returns the weights of the terms, one a column, nil before Fit; the
// slice aliases the transformer.
func (t *TFIDF) IDF() []float64 { return t.idf }

// Transform returns the weighted matrix (n, d) of counts (n, d) over the
// columns that Fit saw. Sums are in float64; the result shares Indptr and
// Indices with the counts, and has values of its own.
func (t *TFIDF) Transform(counts *CSR, workers int) (*CSR, error) {
	rows, cols := counts.Dims()
	switch {
	case t.idf == nil:
		return nil, fmt.Errorf("features: TF-IDF: Transform before Fit")
	case cols != len(t.idf):
		return nil, fault.Usagef("features: TF-IDF: the counts have %d columns, those it was fitted on %d", cols, len(t.idf))
	}
	out := &CSR{Cols: cols, Indptr: counts.Indptr, Indices: counts.Indices, Values: make([]float32, len(counts.Values))}
	err := parallel.Blocks(context.Background(), workers, rows, 256, func() func(from, to int) error {
		var weights []float64
		return func(from, to int) error {
			for i := from; i < to; i++ {
				weights = t.weightRow(weights[:0], counts, i)
				_, dst := out.Row(i)
				for p, v := range weights {
					dst[p] = float32(v)
				}
			}
			return nil
		}
	})
	return out, err
}

// weightRow appends the weights of row i to dst.
func (t *TFIDF) weightRow(dst []float64, counts *CSR, i int) []float64 {
	js, vs := counts.Row(i)
	sum := 0.0
	for p, j := range js {
		v := float64(vs[p])
		if t.opt.Sublinear && v != 1 {
			v = math.Log(v) + 1
		}
		v *= t.idf[j]
		sum += v * v
		dst = append(dst, v)
	}
	if t.opt.L2 && sum > 0 {
		norm := math.Sqrt(sum)
		for p := range dst {
			dst[p] /= norm
		}
	}
	return dst
}

const tfidfKind = "features.tfidf"

// Save writes the fitted transformer as one frame (see package frame).
func (t *TFIDF) Save(w io.Writer) error {
	if t.idf == nil {
		return fmt.Errorf("features: save TF-IDF: it is not fitted")
	}
	err := frame.Write(w, tfidfKind, 1, func(e *frame.Encoder) {
		e.Bool(t.opt.Sublinear)
		e.Bool(t.opt.L2)
		e.Bool(t.opt.SmoothIDF)
		e.Float64s(t.idf)
	})
	if err != nil {
		return fmt.Errorf("features: save TF-IDF: %w", err)
	}
	return nil
}

// LoadTFIDF reads what Save wrote. A damaged or truncated file is a usage
// error.
func LoadTFIDF(r io.Reader) (*TFIDF, error) {
	t := &TFIDF{}
	err := frame.Read(r, tfidfKind, 1, func(d *frame.Decoder) {
		t.opt = TFIDFOptions{Sublinear: d.Bool(), L2: d.Bool(), SmoothIDF: d.Bool()}
		t.idf = d.Float64s()
	})
	if err != nil {
		return nil, fmt.Errorf("features: load TF-IDF: %w", err)
	}
	return t, nil
}
