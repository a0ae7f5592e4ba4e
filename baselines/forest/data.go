package forest

import (
	"math"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
)

// entry is a non-zero of a column.
type entry struct {
	row   int32
	value float32
}

// column locates the non-zeros of a feature in a slice of entries.
type column struct {
	start, n int32
	feature  int32
}

// trainSet is the training set in the layouts that growing needs: rows for
// gathering the features of a few rows, columns for following one feature.
// All trees share it and none changes it.
type trainSet struct {
	x        *features.CSR
	labels   int
	labelPtr []int32 // row i carries labelIdx[labelPtr[i]:labelPtr[i+1]]
	labelIdx []int32

	columns []column // of the features that occur
	entries []entry
}

func (s *trainSet) rows() int { return len(s.labelPtr) - 1 }

func (s *trainSet) rowLabels(row int32) []int32 {
	return s.labelIdx[s.labelPtr[row]:s.labelPtr[row+1]]
}

func newTrainSet(train classifier.Dataset) (*trainSet, error) {
	if err := checkSize(train); err != nil {
		return nil, err
	}
	n := train.Y.Rows()
	set := &trainSet{
		labels:   train.Y.Cols,
		labelPtr: make([]int32, n+1),
		labelIdx: train.Y.Indices,
	}
	for i, p := range train.Y.Indptr {
		set.labelPtr[i] = int32(p)
	}
	switch x := train.X.(type) {
	case *features.CSR:
		set.x = x
	case *features.Dense:
		set.x = sparseOf(x)
	default:
		return nil, fault.Usagef("baselines: random forest: features of kind %T: want *features.CSR or *features.Dense", train.X)
	}
	if len(set.x.Values) > math.MaxInt32 {
		return nil, fault.Usagef("baselines: random forest: %d non-zero features: want fewer than 2³¹; draw a smaller sample", len(set.x.Values))
	}
	for i := range n {
		if err := checkRow(set.x, i); err != nil {
			return nil, err
		}
	}
	set.buildColumns()
	return set, nil
}

// checkSize refuses data without a part and data whose sums would not
// fit their integers.
func checkSize(train classifier.Dataset) error {
	if train.X == nil || train.Y == nil {
		return fault.Usagef("baselines: random forest: fit without papers: give features and labels")
	}
	n, d := train.X.Dims()
	switch {
	case n != train.Y.Rows():
		return fault.Usagef("baselines: random forest: %d rows of features but %d rows of labels", n, train.Y.Rows())
	case n == 0 || d == 0 || train.Y.Cols == 0:
		return fault.Usagef("baselines: random forest: fit on %d papers, %d features and %d labels: want at least one of each", n, d, train.Y.Cols)
	case max(n, d, len(train.Y.Indices)) > math.MaxInt32:
		return fault.Usagef("baselines: random forest: %d papers, %d features: more than 2³¹ of one kind; draw a smaller sample", n, d)
	}
	// A split's gain has a numerator of at most w²/4 · Σ_c n_c, where the node's
	// weight w is at most n and Σ_c n_c at most n times the most labels of a row.
	most := int64(0)
	for i := range n {
		most = max(most, train.Y.Indptr[i+1]-train.Y.Indptr[i])
	}
	if float64(n)*float64(n)*float64(n)*float64(most)/4 >= math.MaxUint64 {
		return fault.Usagef("baselines: random forest: %d papers with up to %d labels each are too many to sum exactly: draw a smaller sample", n, most)
	}
	return nil
}

// sparseOf returns the non-zeros of a dense matrix.
func sparseOf(m *features.Dense) *features.CSR {
	n := 0
	for _, v := range m.Data {
		if v != 0 {
			n++
		}
	}
	out := &features.CSR{
		Cols:    m.Cols,
		Indptr:  make([]int64, 1, m.Rows+1),
		Indices: make([]int32, 0, n),
		Values:  make([]float32, 0, n),
	}
	for i := range m.Rows {
		for c, v := range m.Row(i) {
			if v != 0 {
				out.Indices = append(out.Indices, int32(c))
				out.Values = append(out.Values, v)
			}
		}
		out.Indptr = append(out.Indptr, int64(len(out.Indices)))
	}
	return out
}

// checkRow refuses values without an order and rows that break the
// layout: either would make trees that mean nothing.
func checkRow(x *features.CSR, row int) error {
	cols, vals := x.Row(row)
	last := int32(-1)
	for i, c := range cols {
		if c <= last || int(c) >= x.Cols {
			return fault.Usagef("baselines: random forest: row %d: column %d after %d: columns must ascend below %d", row, c, last, x.Cols)
		}
		if !isFinite32(vals[i]) {
			return fault.Usagef("baselines: random forest: row %d, column %d: value %v: want finite numbers", row, c, vals[i])
		}
		last = c
	}
	return nil
}

func isFinite32(v float32) bool { return v-v == 0 }

// buildColumns transposes the rows.
func (s *trainSet) buildColumns() {
	counts := make([]int32, s.x.Cols+1)
	for i, c := range s.x.Indices {
		if s.x.Values[i] != 0 {
			counts[c+1]++
		}
	}
	for c := range s.x.Cols {
		counts[c+1] += counts[c]
	}
	s.entries = make([]entry, counts[s.x.Cols])
	next := counts[:s.x.Cols]
	for i := range s.rows() {
		cols, vals := s.x.Row(i)
		for j, c := range cols {
			if vals[j] != 0 {
				s.entries[next[c]] = entry{int32(i), vals[j]}
				next[c]++
			}
		}
	}
	start := int32(0)
	for c := range s.x.Cols {
		if n := next[c] - start; n > 0 {
			s.columns = append(s.columns, column{start, n, int32(c)})
		}
		start = next[c]
	}
}

// equalWithin is the difference up to which neighbouring values of a feature
// count as equal.
const equalWithin = float32(1e-7)

// constantColumn reports whether the entries, which are those of one feature
// among the given number of rows, and the zeros around them are all equal.
func constantColumn(entries []entry, rows int) bool {
	lo, hi := entries[0].value, entries[0].value
	if len(entries) < rows {
		lo, hi = min(lo, 0), max(hi, 0)
	}
	for _, e := range entries {
		if lo, hi = min(lo, e.value), max(hi, e.value); hi > lo+equalWithin {
			return false
		}
	}
	return hi <= lo+equalWithin
}
