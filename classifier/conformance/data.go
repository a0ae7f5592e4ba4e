package conformance

import (
	"fmt"
	"math/rand/v2"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// The labels: four topics that features tell apart, one label that no paper
// carries and one that every paper does.
const (
	topicCount    = 4
	never         = 4
	always        = 5
	labels        = 6
	usualFeatures = 40
	ownFeatures   = 6 // features that speak for each topic; the rest is noise
	zeroFeature   = topicCount * ownFeatures
)

// data draws papers with one or two topics each. Feature 24 is zero in every
// paper, paper 1 has no features, and paper 2 no topic. A topic's own features
// are strong in its papers; the rest is noise.
func (s *suite) data(name string, papers, width int) classifier.Dataset {
	if s.kind == sequencesKind {
		return s.sequenceData(name, papers, width)
	}
	r := rng.New(1, "conformance", name)
	y := multilabel.New(labels)
	dense := &features.Dense{Rows: papers, Cols: width, Data: make([]float32, papers*width)}
	for i := range papers {
		y.Append(drawLabels(r, i))
		s.fillRow(r, dense.Row(i), y.Row(i))
	}
	if papers > 1 {
		clear(dense.Row(1))
	}
	if s.kind == denseKind {
		return classifier.Dataset{X: dense, Y: y}
	}
	return classifier.Dataset{X: sparse(dense), Y: y}
}

// drawLabels returns the labels of paper i, topics last.
func drawLabels(r *rand.Rand, i int) []int32 {
	carried := []int32{always}
	if i != 2 {
		carried = append(carried, int32(r.IntN(topicCount)))
		if r.IntN(4) == 0 {
			carried = append(carried, int32(r.IntN(topicCount)))
		}
	}
	return carried
}

func (s *suite) fillRow(r *rand.Rand, row []float32, carried []int32) {
	has := [labels]bool{}
	for _, c := range carried {
		has[c] = true
	}
	for j := range row {
		topic := j / ownFeatures
		own := topic < topicCount && has[topic]
		switch {
		case j == zeroFeature:
		case s.kind == denseKind && !s.opts.Binary:
			row[j] = float32(0.6 * r.NormFloat64())
			if own {
				row[j] += 2
			}
		case own && r.Float64() < 0.8, !own && topic < topicCount && r.Float64() < 0.04, topic >= topicCount && r.Float64() < 0.2:
			row[j] = 1
			if !s.opts.Binary {
				row[j] += float32(r.IntN(3))
			}
		}
	}
}

func sparse(m *features.Dense) *features.CSR {
	out := &features.CSR{Cols: m.Cols, Indptr: []int64{0}}
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			if v != 0 {
				out.Indices = append(out.Indices, int32(j))
				out.Values = append(out.Values, v)
			}
		}
		out.Indptr = append(out.Indptr, int64(len(out.Indices)))
	}
	return out
}

func toDense(m *features.CSR) *features.Dense {
	rows, cols := m.Dims()
	out := &features.Dense{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
	for i := range rows {
		js, vs := m.Row(i)
		for k, j := range js {
			out.Row(i)[j] = vs[k]
		}
	}
	return out
}

// selectRows returns the given papers of a matrix of any kind.
func selectRows(x features.Matrix, rows []int) features.Matrix {
	switch x := x.(type) {
	case *features.CSR:
		return x.Select(rows)
	case *features.Sequences:
		return x.Select(rows)
	default:
		return x.(*features.Dense).Select(rows)
	}
}

// inKind returns x, of any kind, in the given one.
func inKind(k kind, x features.Matrix) features.Matrix {
	m, ok := x.(*features.Dense)
	switch x := x.(type) {
	case *features.CSR:
		m = toDense(x)
	case *features.Sequences:
		m = meanVectors(x)
	default:
		if !ok {
			panic(fmt.Sprintf("conformance: no other kind of %T", x))
		}
	}
	switch k {
	case sparseKind:
		return sparse(m)
	case sequencesKind:
		return oneWordEach(m)
	default:
		return m
	}
}

// foreign is a matrix of a kind that no classifier knows.
type foreign struct{ rows, cols int }

func (f foreign) Dims() (rows, cols int) { return f.rows, f.cols }

// clone copies a data set deeply.
func clone(d classifier.Dataset) classifier.Dataset {
	y := multilabel.New(d.Y.Cols)
	for i := range d.Y.Rows() {
		y.Append(d.Y.Row(i))
	}
	if x, ok := d.X.(*features.Sequences); ok {
		return classifier.Dataset{X: cloneSequences(x), Y: y}
	}
	return classifier.Dataset{X: selectRows(d.X, allRows(d.X)), Y: y}
}

func allRows(x features.Matrix) []int {
	rows, _ := x.Dims()
	all := make([]int, rows)
	for i := range all {
		all[i] = i
	}
	return all
}
