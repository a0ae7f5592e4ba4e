package golearn

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// reference is testdata/reference.json, written by testdata/generate.py.
type reference struct {
	Logistic struct {
		Papers, Labels []string
		Fits           []struct {
			C         float64
			Balanced  bool
			Coef      [][]float64 // (C, d)
			Intercept []float64   // (C)
		}
	}
	Forest struct {
		Papers, Labels []string
		Train          int       // the first ones
		Accuracy       []float64 // by label, on the others
	}
}

func readReference(t *testing.T) *reference {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	return &ref
}

// digits makes papers of strings with a digit a feature, or a digit a label.
func digits(papers, labels []string) classifier.Dataset {
	x := &features.CSR{Cols: len(papers[0]), Indptr: []int64{0}}
	for _, p := range papers {
		for j, d := range p {
			if d != '0' {
				x.Indices = append(x.Indices, int32(j))
				x.Values = append(x.Values, float32(d-'0'))
			}
		}
		x.Indptr = append(x.Indptr, int64(len(x.Indices)))
	}
	y := multilabel.New(len(labels[0]))
	for _, l := range labels {
		var carried []int32
		for c, d := range l {
			if d == '1' {
				carried = append(carried, int32(c))
			}
		}
		y.Append(carried)
	}
	return classifier.Dataset{X: x, Y: y}
}

// randomPapers draws counts of which the first features speak for the labels.
func randomPapers(r *rand.Rand, rows, cols, labels int) classifier.Dataset {
	var papers, marks []string
	for range rows {
		mark := make([]byte, labels)
		for c := range mark {
			mark[c] = "001"[r.IntN(3)]
		}
		paper := make([]byte, cols)
		for j := range paper {
			paper[j] = '0'
			if often := j < labels && mark[j] == '1'; r.IntN(10) < 2 || often && r.IntN(10) < 6 {
				paper[j] = '1' + byte(r.IntN(3))
			}
		}
		papers, marks = append(papers, string(paper)), append(marks, string(mark))
	}
	return digits(papers, marks)
}

func dense(m *features.CSR) *features.Dense {
	rows, cols := m.Dims()
	out := &features.Dense{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
	for i := range rows {
		at, values := m.Row(i)
		for k, j := range at {
			out.Row(i)[j] = values[k]
		}
	}
	return out
}

func mustFit(t *testing.T, c classifier.Classifier, data classifier.Dataset) {
	t.Helper()
	if err := c.Fit(t.Context(), data, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
}

func mustScore(t *testing.T, c classifier.Classifier, x features.Matrix) *multilabel.Scores {
	t.Helper()
	s, err := c.Scores(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// carries returns the indicator matrix of y by row and label.
func carries(y *multilabel.Matrix) [][]bool {
	out := make([][]bool, y.Rows())
	for i := range out {
		out[i] = make([]bool, y.Cols)
		for _, c := range y.Row(i) {
			out[i][c] = true
		}
	}
	return out
}

// only returns the matrix of one label.
func only(y *multilabel.Matrix, label int) *multilabel.Matrix {
	out := multilabel.New(1)
	for _, has := range carries(y) {
		out.Append([]int32{0}[:index(has[label])])
	}
	return out
}
