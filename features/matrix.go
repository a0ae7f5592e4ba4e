package features

// Matrix is what every classifier takes: one row a paper. The concrete type
// says how the rows are stored; a classifier names the ones it accepts.
type Matrix interface {
	// Dims returns the number of rows (papers) and columns (features).
	Dims() (rows, cols int)
}

// CSR is a sparse matrix by row: the non-zero values of row i are
// Values[Indptr[i]:Indptr[i+1]], in the columns of the same range of Indices,
// which ascend strictly within a row.
type CSR struct {
	Cols    int
	Indptr  []int64 // len rows+1, starting with 0
	Indices []int32
	Values  []float32
}

// Dims implements Matrix.
func (m *CSR) Dims() (rows, cols int) { return len(m.Indptr) - 1, m.Cols }

// Row returns the columns and values of row i; both alias the matrix.
func (m *CSR) Row(i int) ([]int32, []float32) {
	lo, hi := m.Indptr[i], m.Indptr[i+1]
	return m.Indices[lo:hi], m.Values[lo:hi]
}

// Select returns a matrix of the given rows, copied, in the given order.
func (m *CSR) Select(rows []int) *CSR {
	var n int64
	for _, r := range rows {
		n += m.Indptr[r+1] - m.Indptr[r]
	}
	out := &CSR{
		Cols:    m.Cols,
		Indptr:  make([]int64, 1, len(rows)+1),
		Indices: make([]int32, 0, n),
		Values:  make([]float32, 0, n),
	}
	for _, r := range rows {
		cols, vals := m.Row(r)
		out.Indices = append(out.Indices, cols...)
		out.Values = append(out.Values, vals...)
		out.Indptr = append(out.Indptr, int64(len(out.Indices)))
	}
	return out
}

// join returns the rows of the matrices, which have equal columns, one behind the
// other.
func join(parts []*CSR) *CSR {
	out := parts[0]
	for _, m := range parts[1:] {
		from := out.Indptr[len(out.Indptr)-1]
		out.Indices = append(out.Indices, m.Indices...)
		out.Values = append(out.Values, m.Values...)
		for _, end := range m.Indptr[1:] {
			out.Indptr = append(out.Indptr, from+end)
		}
	}
	return out
}

// Dense is a matrix (Rows, Cols) by row, such as one vector a paper.
type Dense struct {
	Rows, Cols int
	Data       []float32 // len Rows*Cols
}

// Dims implements Matrix.
func (m *Dense) Dims() (rows, cols int) { return m.Rows, m.Cols }

// Row returns row i; the slice aliases the matrix.
func (m *Dense) Row(i int) []float32 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

// Select returns a matrix of the given rows, copied, in the given order.
func (m *Dense) Select(rows []int) *Dense {
	out := &Dense{Rows: len(rows), Cols: m.Cols, Data: make([]float32, 0, len(rows)*m.Cols)}
	for _, r := range rows {
		out.Data = append(out.Data, m.Row(r)...)
	}
	return out
}

// The versions count, for each kind of features, the changes of the matrices that
// equal tokens give. They are part of a trial's identity.
const (
	CountsVersion    = 1
	TFIDFVersion     = 1
	VectorsVersion   = 1
	SequencesVersion = 1
	WordsVersion     = 1
)
