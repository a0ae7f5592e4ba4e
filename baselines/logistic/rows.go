package logistic

import (
	"context"
	"math"

	"assay/features"
	"assay/internal/fault"
)

// laneCount is how many labels share one pass over the rows. Eight float64
// are a cache line, and eight sums fit the registers.
const laneCount = 8

// laneValues holds one number for each of the labels that share a pass.
type laneValues = [laneCount]float64

// checkEvery is after how many rows a pass looks at its context.
const checkEvery = 1 << 12

// rowMatrix is a matrix of either kind, seen by row.
type rowMatrix struct {
	rows, cols int
	dense      bool
	indptr     []int64 // nil where dense
	indices    []int32 // where dense, those of every row
	values     []float32
}

// newRowMatrix returns a view of x, after a check that every index and
// value can be used.
func newRowMatrix(x features.Matrix) (*rowMatrix, error) {
	switch x := x.(type) {
	case nil:
		return nil, fault.Usagef("baselines: logistic regression: the matrix of features is nil")
	case *features.CSR:
		v := &rowMatrix{rows: len(x.Indptr) - 1, cols: x.Cols, indptr: x.Indptr, indices: x.Indices, values: x.Values}
		return v, v.check()
	case *features.Dense:
		if x.Rows < 0 || x.Cols < 0 || len(x.Data) != x.Rows*x.Cols {
			return nil, fault.Usagef("baselines: logistic regression: a dense matrix of %d x %d holds %d values", x.Rows, x.Cols, len(x.Data))
		}
		v := &rowMatrix{rows: x.Rows, cols: x.Cols, dense: true, indices: make([]int32, x.Cols), values: x.Data}
		for j := range v.indices {
			v.indices[j] = int32(j)
		}
		return v, v.check()
	default:
		return nil, fault.Usagef("baselines: logistic regression: takes *features.CSR or *features.Dense, not %T", x)
	}
}

func (x *rowMatrix) check() error {
	if !x.dense {
		if x.rows < 0 || x.indptr[0] != 0 || x.indptr[x.rows] != int64(len(x.indices)) || len(x.indices) != len(x.values) {
			return fault.Usagef("baselines: logistic regression: the sparse matrix's row pointers, columns and values do not fit together")
		}
		for i := range x.rows {
			if x.indptr[i] > x.indptr[i+1] || x.indptr[i+1] > int64(len(x.indices)) {
				return fault.Usagef("baselines: logistic regression: the sparse matrix's row %d ends before it begins or after its last value", i)
			}
		}
	}
	for i := range x.rows {
		cols, vals := x.row(i)
		for k, j := range cols {
			if uint(j) >= uint(x.cols) {
				return fault.Usagef("baselines: logistic regression: row %d has a value in column %d of %d", i, j, x.cols)
			}
			if v := vals[k]; v-v != 0 {
				return fault.Usagef("baselines: logistic regression: row %d, column %d is %v: every feature must be a finite number", i, j, v)
			}
		}
	}
	return nil
}

// row returns the columns and values of row i.
func (x *rowMatrix) row(i int) ([]int32, []float32) {
	if x.dense {
		return x.indices, x.values[i*x.cols : (i+1)*x.cols]
	}
	lo, hi := x.indptr[i], x.indptr[i+1]
	return x.indices[lo:hi], x.values[lo:hi]
}

// norms returns the squared Euclidean norm of each row, the largest norm, and
// the sum of all rows.
func (x *rowMatrix) norms() (squared []float64, largest float64, sum []float64) {
	squared, sum = make([]float64, x.rows), make([]float64, x.cols)
	for i := range x.rows {
		cols, vals := x.row(i)
		var s float64
		for k, j := range cols {
			v := float64(vals[k])
			s += v * v
			sum[j] += v
		}
		squared[i] = s
		largest = max(largest, s)
	}
	return squared, math.Sqrt(largest), sum
}

// forward sets out (n) to X·v for each lane of v (d).
func (x *rowMatrix) forward(ctx context.Context, v, out []laneValues) error {
	for i := range x.rows {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cols, vals := x.row(i)
		vals = vals[:len(cols)]
		var s0, s1, s2, s3, s4, s5, s6, s7 float64
		for k, j := range cols {
			a, w := float64(vals[k]), &v[j]
			s0 += a * w[0]
			s1 += a * w[1]
			s2 += a * w[2]
			s3 += a * w[3]
			s4 += a * w[4]
			s5 += a * w[5]
			s6 += a * w[6]
			s7 += a * w[7]
		}
		out[i] = laneValues{s0, s1, s2, s3, s4, s5, s6, s7}
	}
	return nil
}

// backward adds Xᵀ·r to out (d) for each lane of r (n).
func (x *rowMatrix) backward(ctx context.Context, r, out []laneValues) error {
	for i := range x.rows {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cols, vals := x.row(i)
		vals = vals[:len(cols)]
		l := &r[i]
		r0, r1, r2, r3, r4, r5, r6, r7 := l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]
		for k, j := range cols {
			a, g := float64(vals[k]), &out[j]
			g[0] += a * r0
			g[1] += a * r1
			g[2] += a * r2
			g[3] += a * r3
			g[4] += a * r4
			g[5] += a * r5
			g[6] += a * r6
			g[7] += a * r7
		}
	}
	return nil
}

// forwardRows sets out[k] to the product of row rows[k] and v (d).
func (x *rowMatrix) forwardRows(rows []int32, v, out []float64) {
	for k, i := range rows {
		cols, vals := x.row(int(i))
		out[k] = dotRow(cols, vals, v)
	}
}

// backwardRows adds Σ_k r[k]·row rows[k] to out (d).
func (x *rowMatrix) backwardRows(rows []int32, r, out []float64) {
	for k, i := range rows {
		cols, vals := x.row(int(i))
		addRow(r[k], cols, vals, out)
	}
}

// squaresRows adds Σ_k r[k]·x_ij² of the rows i = rows[k] to out[j], (d).
func (x *rowMatrix) squaresRows(rows []int32, r, out []float64) {
	for k, i := range rows {
		cols, vals := x.row(int(i))
		vals = vals[:len(cols)]
		a := r[k]
		for q, j := range cols {
			v := float64(vals[q])
			out[j] += a * v * v
		}
	}
}

// dotRow returns the product of a row and v (d).
func dotRow(cols []int32, vals []float32, v []float64) float64 {
	var s0, s1, s2, s3 float64
	for len(cols) >= 4 && len(vals) >= 4 {
		s0 += float64(vals[0]) * v[cols[0]]
		s1 += float64(vals[1]) * v[cols[1]]
		s2 += float64(vals[2]) * v[cols[2]]
		s3 += float64(vals[3]) * v[cols[3]]
		cols, vals = cols[4:], vals[4:]
	}
	for k, j := range cols {
		s0 += float64(vals[k]) * v[j]
	}
	return (s0 + s1) + (s2 + s3)
}

// addRow adds a times a row to out (d).
func addRow(a float64, cols []int32, vals []float32, out []float64) {
	vals = vals[:len(cols)]
	for k, j := range cols {
		out[j] += a * float64(vals[k])
	}
}
