package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"

	"assay/classifier"
	"assay/features"
	"assay/internal/frame"
	"assay/internal/multilabel"
)

// centroids is a small classifier that keeps every promise: a label's score is
// a logistic function of how much nearer a paper lies to the mean of those
// that carry it than to the mean of the others. Each fault that its breaks
// field names breaks one promise.
type centroids struct {
	breaks  string
	workers int
	kind    kind
	cols    int
	fits    int
	w       [][]float64 // (C, d+1), the last column the intercept; nil before Fit
}

func (c *centroids) Probabilities() bool { return true }

func (c *centroids) Fit(ctx context.Context, train, _ classifier.Dataset) error {
	if c.breaks != "cancelled fit keeps the old one" {
		c.w = nil
	}
	if c.breaks == "fit ignores its context" {
		ctx = context.Background()
	}
	rows, k, err := c.denseRows(train.X)
	if err != nil {
		return err
	}
	if train.Y == nil || len(rows) == 0 || train.Y.Rows() != len(rows) && c.breaks != "labels of other papers" {
		return errors.New("papers and labels do not match")
	}
	if c.breaks == "changes its input" {
		train.Y.Indices[0]++
	}
	n, d := float64(len(rows)), len(rows[0])
	w := make([][]float64, train.Y.Cols)
	for label, own := range train.Y.Columns() {
		if err := ctx.Err(); err != nil {
			if c.breaks == "cancelled fit says something else" {
				return errors.New("stopped")
			}
			if c.breaks == "cancelled fit keeps a half" {
				c.w, c.cols, c.kind = w, d, k
			}
			return err
		}
		w[label] = centroidRow(rows, own, d)
		if len(own) == 0 {
			w[label][d] = math.Inf(-1)
		} else if len(own) == int(n) {
			w[label][d] = math.Inf(1)
		}
	}
	if c.breaks == "other bits with other workers" && c.workers > 2 {
		w[0][0] = math.Nextafter(w[0][0], 9)
	}
	if c.fits++; c.breaks == "refit remembers" && c.fits > 1 {
		w[0][0]++
	}
	if c.breaks == "learns nothing" {
		w[0], w[1] = w[1], w[0]
	}
	c.w, c.cols, c.kind = w, d, k
	return nil
}

// centroidRow returns the weights of one label; zero where its papers or the
// others are none.
func centroidRow(rows [][]float32, own []int32, d int) []float64 {
	w := make([]float64, d+1)
	rest := len(rows) - len(own)
	if len(own) == 0 || rest == 0 {
		return w
	}
	for j := range d {
		var in, all float64
		for _, i := range own {
			in += float64(rows[i][j])
		}
		for _, r := range rows {
			all += float64(r[j])
		}
		a, b := in/float64(len(own)), (all-in)/float64(rest)
		w[j] = a - b
		w[d] -= (a*a - b*b) / 2
	}
	return w
}

func (c *centroids) denseRows(x features.Matrix) (rows [][]float32, k kind, err error) {
	var m *features.Dense
	switch x := x.(type) {
	case *features.CSR:
		m, k = toDense(x), sparseKind
	case *features.Dense:
		m, k = x, denseKind
	case *features.Sequences:
		if x, err = c.checkWords(x); err != nil {
			return nil, "", err
		}
		m, k = meanVectors(x), sequencesKind
	default:
		return nil, "", fmt.Errorf("cannot learn from %T", x)
	}
	for i := range m.Rows {
		rows = append(rows, m.Row(i))
	}
	return rows, k, nil
}

// checkWords returns the papers if they can be looked up.
func (c *centroids) checkWords(x *features.Sequences) (*features.Sequences, error) {
	if x.Embedding.Cols == 0 {
		return nil, errors.New("no vectors")
	}
	for i, paper := range x.Papers {
		for j, id := range paper {
			switch {
			case id >= 0 && int(id) < x.Embedding.Rows:
			case c.breaks == "drops unknown words":
				x = x.Select(allRows(x))
				x.Papers[i] = slices.Delete(slices.Clone(paper), j, j+1)
				return c.checkWords(x)
			default:
				return nil, fmt.Errorf("paper %d has word %d of %d", i, id, x.Embedding.Rows)
			}
		}
	}
	return x, nil
}

// width is how many features a paper has.
func width(x features.Matrix) int {
	if s, ok := x.(*features.Sequences); ok {
		return s.Embedding.Cols
	}
	_, cols := x.Dims()
	return cols
}

func (c *centroids) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if c.w == nil {
		if c.breaks == "other error before fit" {
			return nil, errors.New("not yet")
		}
		return nil, classifier.ErrNotFitted
	}
	if err := ctx.Err(); err != nil && c.breaks != "scores ignore their context" {
		return nil, err
	}
	rows, k, err := c.denseRows(x)
	if err != nil {
		return nil, err
	}
	if k != c.kind && c.breaks != "takes the other kind" {
		return nil, errors.New("the papers are of another kind")
	}
	cols := width(x)
	if cols != c.cols && (c.breaks != "takes narrower papers" || cols > c.cols) {
		return nil, errors.New("the papers have another width")
	}
	out := multilabel.NewScores(len(rows), len(c.w))
	for i, r := range rows {
		for label, w := range c.w {
			z := w[c.cols]
			for j, v := range r {
				z += w[j] * float64(v)
			}
			if c.breaks == "papers depend on each other" && i > 0 {
				z += 1e-9
			}
			out.Row(i)[label] = 1 / (1 + math.Exp(-2*z))
			if c.breaks == "score of two" {
				out.Row(i)[label] *= 2
			}
			if c.breaks == "rare label is not a number" && math.IsInf(z, -1) {
				out.Row(i)[label] = math.NaN()
			}
			if c.breaks == "half-hearted about a label without papers" && math.IsInf(z, -1) {
				out.Row(i)[label] = 0.5
			}
		}
	}
	return out, nil
}

func (c *centroids) Save(w io.Writer) error {
	if c.w == nil {
		return classifier.ErrNotFitted
	}
	if c.breaks == "ignores a full disk" {
		_ = classifier.WriteModel(w, "centroids", 1, c.encode)
		return nil
	}
	if c.breaks == "saves without a checksum" {
		_, err := w.Write([]byte{byte(len(c.w))})
		return err
	}
	return classifier.WriteModel(w, "centroids", 1, c.encode)
}

func (c *centroids) encode(e *frame.Encoder) {
	e.Int(slices.Index(kinds(), c.kind))
	e.Int(c.cols)
	e.Int(len(c.w))
	for _, row := range c.w {
		if c.breaks == "saves fewer bits" {
			row = append([]float64(nil), row...)
			for i := range row {
				row[i] = float64(float32(row[i]))
			}
		}
		e.Float64s(row)
	}
}

func (c *centroids) Load(r io.Reader) error {
	var m centroids
	err := classifier.ReadModel(r, "centroids", 1, func(d *frame.Decoder) {
		k := d.Int()
		if k < 0 || k >= len(kinds()) {
			d.Fail("no kind %d", k)
			return
		}
		m.kind, m.cols, m.w = kinds()[k], d.Int(), [][]float64{}
		for range min(d.Int(), 1000) {
			m.w = append(m.w, d.Float64s())
		}
	})
	switch {
	case err == nil, c.breaks == "believes a damaged file" && m.cols > 0:
		c.kind, c.cols, c.w = m.kind, m.cols, m.w
		return nil
	case c.breaks == "panics on a damaged file":
		panic("index out of range")
	case c.breaks == "wastes memory on a damaged file":
		runtime.KeepAlive(make([]byte, 100<<20))
	}
	return err
}
