// Package multilabel holds which labels each row carries: the truth that
// classifiers learn from and the predictions that metrics judge.
package multilabel

import (
	"fmt"
	"slices"
)

// Matrix is a binary indicator matrix (Rows, Cols) by row: row i carries the
// labels Indices[Indptr[i]:Indptr[i+1]], ascending and distinct.
type Matrix struct {
	Cols    int
	Indptr  []int64 // len Rows+1, starting with 0
	Indices []int32
}

// New returns a matrix without rows over cols labels.
func New(cols int) *Matrix {
	return &Matrix{Cols: cols, Indptr: []int64{0}}
}

// FromRows returns the matrix of the given rows. It panics on a label out of
// range: rows come from code, not from input.
func FromRows(cols int, rows [][]int32) *Matrix {
	m := New(cols)
	for _, r := range rows {
		m.Append(r)
	}
	return m
}

// Append adds a row that carries labels, in any order; repeated labels count
// once. The slice is not kept.
func (m *Matrix) Append(labels []int32) {
	start := len(m.Indices)
	m.Indices = append(m.Indices, labels...)
	row := m.Indices[start:]
	slices.Sort(row)
	m.Indices = m.Indices[:start+len(slices.Compact(row))]
	if n := len(m.Indices); n > start && (m.Indices[start] < 0 || int(m.Indices[n-1]) >= m.Cols) {
		panic(fmt.Sprintf("multilabel: row %v has a label outside [0, %d)", labels, m.Cols))
	}
	m.Indptr = append(m.Indptr, int64(len(m.Indices)))
}

// Rows is the number of rows.
func (m *Matrix) Rows() int { return len(m.Indptr) - 1 }

// Row returns the labels of row i, ascending; the slice aliases the matrix.
func (m *Matrix) Row(i int) []int32 {
	return m.Indices[m.Indptr[i]:m.Indptr[i+1]]
}

// Counts returns how many rows carry each label.
func (m *Matrix) Counts() []int {
	counts := make([]int, m.Cols)
	for _, c := range m.Indices {
		counts[c]++
	}
	return counts
}

// Map returns the matrix over cols labels in which label c has become to[c],
// such as a category its master category. Rows stay.
func (m *Matrix) Map(to []int32, cols int) *Matrix {
	out := New(cols)
	var row []int32
	for i := range m.Rows() {
		row = row[:0]
		for _, c := range m.Row(i) {
			row = append(row, to[c])
		}
		out.Append(row)
	}
	return out
}

// Columns returns, for each label, the ascending rows that carry it.
func (m *Matrix) Columns() [][]int32 {
	counts := m.Counts()
	cols := make([][]int32, m.Cols)
	for c, n := range counts {
		cols[c] = make([]int32, 0, n)
	}
	for i := range m.Rows() {
		for _, c := range m.Row(i) {
			cols[c] = append(cols[c], int32(i))
		}
	}
	return cols
}

// Scores is a dense matrix (Rows, Cols) by row: how strongly each row is
// believed to carry each label.
type Scores struct {
	Cols int
	Data []float64 // len Rows*Cols
}

// NewScores returns a matrix of zeros.
func NewScores(rows, cols int) *Scores {
	return &Scores{Cols: cols, Data: make([]float64, rows*cols)}
}

// Rows is the number of rows.
func (s *Scores) Rows() int {
	if s.Cols == 0 {
		return 0
	}
	return len(s.Data) / s.Cols
}

// Row returns the scores of row i, one a label; the slice aliases the matrix.
func (s *Scores) Row(i int) []float64 {
	return s.Data[i*s.Cols : (i+1)*s.Cols]
}
