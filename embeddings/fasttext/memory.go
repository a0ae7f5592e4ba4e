package fasttext

import (
	"math"

	"assay/internal/kernels"
	"assay/internal/rng"
)

// lineFloats is how many numbers a cache line holds: rows begin on one.
const lineFloats = 16

// memoryMatrix is a matrix in memory that holds only the rows that training
// touches; the others have their first values, made again when asked for.
type memoryMatrix struct {
	rows, cols, stride int
	data               []float32
	place              []int32 // of the rows from whole on in data; -1: not held. nil: all rows are held
	whole              int     // rows before it stand in their own places
	seed               uint64
	scale              float32 // first values are uniform in [-scale, scale)
	free               func() error
}

// newMemoryMatrix returns a matrix of so many rows. Of those from whole on, place
// tells where they are held, in held rows in all.
func newMemoryMatrix(rows, cols, whole, held int, place []int32, seed uint64, scale float32) (*memoryMatrix, error) {
	m := &memoryMatrix{rows: rows, cols: cols, whole: whole, place: place, seed: seed, scale: scale}
	m.stride = roundUp(cols)
	var err error
	m.data, m.free, err = allocate(held * m.stride)
	return m, err
}

// first writes the first values of a row, which depend on the seed and the row
// alone.
func (m *memoryMatrix) first(dst []float32, row int) {
	state := m.seed + uint64(row)*0x9e3779b97f4a7c15
	for i := 0; i < len(dst); i += 2 {
		bits := mix(state + uint64(i+1)*0xd1b54a32d192ed03)
		dst[i] = m.uniform(uint32(bits))
		if i+1 < len(dst) {
			dst[i+1] = m.uniform(uint32(bits >> 32))
		}
	}
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (m *memoryMatrix) uniform(bits uint32) float32 {
	return float32((float32(bits>>8)/(1<<23) - 1) * m.scale)
}

// at returns where a row is held, -1 where it is not.
func (m *memoryMatrix) at(row int) int {
	if m.place == nil || row < m.whole {
		return row
	}
	if p := m.place[row-m.whole]; p >= 0 {
		return int(p)
	}
	return -1
}

// fill gives every held row its first values.
func (m *memoryMatrix) fill() {
	for row := range m.rows {
		if at := m.at(row); at >= 0 {
			m.first(m.data[at*m.stride:][:m.cols], row)
		}
	}
}

// row returns a row, in buffer if it is not held.
func (m *memoryMatrix) row(row int, buffer []float32) []float32 {
	if at := m.at(row); at >= 0 {
		return m.data[at*m.stride:][:m.cols]
	}
	m.first(buffer, row)
	return buffer
}

func (m *memoryMatrix) sum(dst []float32, rows []int32) error {
	clear(dst)
	buffer := make([]float32, m.cols)
	for _, r := range rows {
		kernels.Axpy(dst, 1, m.row(int(r), buffer))
	}
	return nil
}

// allRows is how many rows all yields at a time.
const allRows = 1024

func (m *memoryMatrix) all(yield func(data []float32) error) error {
	out := make([]float32, 0, allRows*m.cols)
	buffer := make([]float32, m.cols)
	for row := range m.rows {
		out = append(out, m.row(row, buffer)...)
		if len(out) == cap(out) || row == m.rows-1 {
			if err := yield(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	return nil
}

func (m *memoryMatrix) close() error {
	m.data = nil
	free := m.free
	m.free = nil
	if free == nil {
		return nil
	}
	return free()
}

// finite reports whether every held value is a number.
func (m *memoryMatrix) finite() bool {
	for _, v := range m.data {
		if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
			return false
		}
	}
	return true
}

// rowSeed is the seed of the first values.
func rowSeed(seed uint64) uint64 { return rng.Seed(seed, "fasttext", "first values") }
