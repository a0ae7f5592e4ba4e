package features

import (
	"fmt"
	"math"
)

// Check reports the first way in which the matrix is not what CSR documents,
// or a value that is not a finite number: what a classifier that takes a
// matrix from outside must know before it indexes by it.
func (m *CSR) Check() error {
	if len(m.Indptr) == 0 || m.Indptr[0] != 0 || len(m.Indices) != len(m.Values) ||
		m.Indptr[len(m.Indptr)-1] != int64(len(m.Indices)) {
		return fmt.Errorf("features: sparse matrix: row bounds, columns and values do not fit together")
	}
	for i := range len(m.Indptr) - 1 {
		if m.Indptr[i] > m.Indptr[i+1] || m.Indptr[i+1] > int64(len(m.Indices)) {
			return fmt.Errorf("features: sparse matrix: row %d ends before it begins or beyond the last value", i)
		}
		last := int32(-1)
		cols, vals := m.Row(i)
		for k, j := range cols {
			if j <= last || int(j) >= m.Cols {
				return fmt.Errorf("features: sparse matrix: row %d has column %d after %d, of %d", i, j, last, m.Cols)
			}
			last = j
			if !finite(vals[k]) {
				return fmt.Errorf("features: sparse matrix: row %d, column %d holds %v", i, j, vals[k])
			}
		}
	}
	return nil
}

// Check reports a shape that does not fit the data, or the first value that is
// not a finite number.
func (m *Dense) Check() error {
	if m.Rows < 0 || m.Cols < 0 || len(m.Data) != m.Rows*m.Cols {
		return fmt.Errorf("features: dense matrix: %d values are not %d rows of %d columns", len(m.Data), m.Rows, m.Cols)
	}
	for k, v := range m.Data {
		if !finite(v) {
			return fmt.Errorf("features: dense matrix: row %d, column %d holds %v", k/m.Cols, k%m.Cols, v)
		}
	}
	return nil
}

func finite(v float32) bool {
	return math.Float32bits(v)&0x7f800000 != 0x7f800000
}

// Transpose returns the matrix (d, n) of a matrix (n, d): row j of the result
// holds the papers, ascending, that have feature j, and their values.
func (m *CSR) Transpose() *CSR {
	rows, cols := m.Dims()
	out := &CSR{
		Cols:    rows,
		Indptr:  make([]int64, cols+1),
		Indices: make([]int32, len(m.Indices)),
		Values:  make([]float32, len(m.Values)),
	}
	for _, j := range m.Indices {
		out.Indptr[j+1]++
	}
	for j := range cols {
		out.Indptr[j+1] += out.Indptr[j]
	}
	next := append([]int64(nil), out.Indptr[:cols]...)
	for i := range rows {
		js, vs := m.Row(i)
		for k, j := range js {
			p := next[j]
			next[j]++
			out.Indices[p], out.Values[p] = int32(i), vs[k]
		}
	}
	return out
}

// RowNorms returns the Euclidean length of each row.
func (m *CSR) RowNorms() []float64 {
	rows, _ := m.Dims()
	norms := make([]float64, rows)
	for i := range rows {
		_, vs := m.Row(i)
		sum := 0.0
		for _, v := range vs {
			sum += float64(v) * float64(v)
		}
		norms[i] = math.Sqrt(sum)
	}
	return norms
}
