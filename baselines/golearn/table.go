package golearn

import (
	"errors"
	"fmt"
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
)

// table reads a matrix of either kind by row.
type table struct {
	rows, cols int
	sparse     *features.CSR
	dense      *features.Dense
	all        []int32 // 0, 1, … cols-1: the columns of a dense row
}

func newTable(x features.Matrix) (*table, error) {
	t := &table{}
	switch x := x.(type) {
	case *features.CSR:
		if x == nil || len(x.Indptr) == 0 {
			return nil, errors.New("there is no feature matrix")
		}
		t.sparse = x
	case *features.Dense:
		if x == nil {
			return nil, errors.New("there is no feature matrix")
		}
		if len(x.Data) != x.Rows*x.Cols {
			return nil, fmt.Errorf("a dense matrix of %d x %d features holds %d values", x.Rows, x.Cols, len(x.Data))
		}
		t.dense = x
		t.all = make([]int32, x.Cols)
		for j := range t.all {
			t.all[j] = int32(j)
		}
	case nil:
		return nil, errors.New("there is no feature matrix")
	default:
		return nil, fault.Usagef("cannot read features of the kind %T: want counts, tfidf or vectors", x)
	}
	t.rows, t.cols = x.Dims()
	return t, nil
}

// row returns the columns and values of row i, zeros among them or not.
func (t *table) row(i int) ([]int32, []float32) {
	if t.sparse != nil {
		return t.sparse.Row(i)
	}
	return t.all, t.dense.Row(i)
}

// values is the number of values that the rows hold.
func (t *table) values() int64 {
	if t.sparse != nil {
		return int64(len(t.sparse.Indices))
	}
	return int64(t.rows) * int64(t.cols)
}

// maxFinite is the bound of check where any number will do.
const maxFinite = math.MaxFloat32

// check looks at row i for what golearn or liblinear would not survive: a
// column out of range, and a value that is not finite or beyond ±bound.
func (t *table) check(i int, bound float32) error {
	cols, values := t.row(i)
	for k, c := range cols {
		if uint(c) >= uint(t.cols) {
			return fmt.Errorf("row %d: column %d of %d", i, c, t.cols)
		}
		v := values[k]
		if !(v >= -bound && v <= bound) {
			return fault.Usagef("row %d, feature %d: the value %v is not a number between ±%g: scale the features (tfidf, or vectors of unit length)", i, c, v, bound)
		}
	}
	return nil
}

// trainingTable checks what every Fit demands of its papers.
func trainingTable(train classifier.Dataset) (*table, error) {
	t, err := newTable(train.X)
	if err != nil {
		return nil, err
	}
	switch {
	case train.Y == nil:
		return nil, errors.New("there are no labels")
	case train.Y.Rows() != t.rows:
		return nil, fmt.Errorf("%d papers but labels of %d", t.rows, train.Y.Rows())
	case t.rows == 0 || t.cols == 0 || train.Y.Cols == 0:
		return nil, fault.Usagef("nothing to learn from: %d papers x %d features x %d labels", t.rows, t.cols, train.Y.Cols)
	case t.rows > math.MaxInt32 || t.cols > math.MaxInt32-2:
		return nil, fault.Usagef("%d papers x %d features: golearn counts both in 32 bits", t.rows, t.cols)
	}
	return t, nil
}

// scoringTable checks x against the papers of the fit.
func scoringTable(x features.Matrix, cols int, sparse bool) (*table, error) {
	t, err := newTable(x)
	if err != nil {
		return nil, err
	}
	if (t.sparse != nil) != sparse {
		return nil, fault.Usagef("papers are a %T, but the classifier was fitted on %s features", x, kindName(sparse))
	}
	if t.cols != cols {
		return nil, fault.Usagef("papers have %d features, but the classifier was fitted on %d", t.cols, cols)
	}
	return t, nil
}

func kindName(sparse bool) string {
	if sparse {
		return "sparse"
	}
	return "dense"
}
