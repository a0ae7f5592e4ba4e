package kernels

import (
	"fmt"
	"math"
)

// Dot returns Σ a[i]·b[i] over len(a); b is at least as long.
func Dot[T Float](a, b []T) T {
	b = b[:len(a):len(b)]
	if x, ok := single(a); ok {
		y, _ := single(b)
		return T(active.dot(x, y))
	}
	return dotGo(a, b)
}

// Norm returns the Euclidean norm of x.
func Norm(x []float32) float64 { return math.Sqrt(float64(Dot(x, x))) }

// Axpy adds alpha·x to y, over len(x); y is at least as long.
func Axpy[T Float](y []T, alpha T, x []T) {
	y = y[:len(x):len(y)]
	if a, ok := single(y); ok {
		b, _ := single(x)
		active.axpy(a, float32(alpha), b)
		return
	}
	axpyGo(y, alpha, x)
}

// Scale multiplies x by alpha.
func Scale(x []float32, alpha float32) { active.scale(x, alpha) }

// The functions below work on some rows of a matrix m: row r is
// m[r*stride : r*stride+cols], where cols is the length of the vector that they
// take or give. They panic, before they write, where a row lies outside m.

// DotRows sets dst[k] to the dot product of x (cols) with row rows[k]: the bits
// of Dot.
func DotRows(dst, x, m []float32, stride int, rows []int32) {
	check(m, stride, len(x), rows)
	active.dotRows(dst[:len(rows):len(dst)], x, m, stride, rows)
}

// SumRows sets dst (cols) to the sum of the rows, added in order; a row that
// stands twice counts twice.
func SumRows[T Float](dst, m []T, stride int, rows []int32) {
	check(m, stride, len(dst), rows)
	if d, ok := single(dst); ok {
		from, _ := single(m)
		active.sumRows(d, from, stride, rows)
		return
	}
	sumRowsGo(dst, m, stride, rows)
}

// AddRows adds x (cols) to each of the rows, twice to one that stands twice.
func AddRows(m []float32, stride int, rows []int32, x []float32) {
	check(m, stride, len(x), rows)
	active.addRows(m, stride, rows, x)
}

// UpdateRows does for each k in order: grad += alpha[k]·row, then row +=
// alpha[k]·x, where row is rows[k] and x and grad are of cols elements. It is
// the backward step of negative sampling over the output vectors.
func UpdateRows(m []float32, stride int, rows []int32, alpha, x, grad []float32) {
	check(m, stride, len(x), rows)
	active.updateRows(m, stride, rows, alpha[:len(rows):len(alpha)], x, grad[:len(x):len(grad)])
}

// Prefetch asks the processor for the first cols columns of rows that will be
// needed soon, where it can.
func Prefetch[T Float](m []T, stride, cols int, rows []int32) {
	check(m, stride, cols, rows)
	if x, ok := single(m); ok {
		active.prefetch(x, stride, cols, rows)
	}
}

// check panics where a row does not lie in m.
func check[T Float](m []T, stride, cols int, rows []int32) {
	if cols > stride {
		panic(fmt.Sprintf("kernels: rows of %d columns in a matrix of stride %d", cols, stride))
	}
	if cols == 0 || len(rows) == 0 {
		return
	}
	last := (len(m) - cols) / stride // the last row that ends in m
	if len(m) < cols {
		last = -1
	}
	for _, r := range rows {
		if int(uint32(r)) > last {
			panic(fmt.Sprintf("kernels: row %d of a matrix of %d", r, last+1))
		}
	}
}
