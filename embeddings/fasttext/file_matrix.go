package fasttext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"assay/internal/fault"
	"assay/internal/mmap"
)

// mappedMatrix is a matrix on disk.
type mappedMatrix struct {
	src    source
	offset int64 // of the first value
	rows   int64
	cols   int
	owner  bool     // of src
	direct *os.File // once the model is unmapped
}

func (m *mappedMatrix) sum(dst []float32, rows []int32) error {
	clear(dst)
	width := int64(4 * m.cols)
	var err error
	if m.direct != nil {
		err = m.sumDirect(dst, rows)
	} else {
		err = m.src.View(m.offset, m.rows*width, func(b []byte) error {
			for _, r := range rows {
				addRow(dst, b[int64(r)*width:][:width])
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("fasttext: read vectors: %w", err)
	}
	for _, v := range dst {
		if v != v || math.IsInf(float64(v), 0) {
			return fault.Usagef("fasttext: %s: the vectors of a word hold values that are no numbers (rows %v); it is damaged, fetch or train it again", m.src.Path(), rows)
		}
	}
	return nil
}

func (m *mappedMatrix) sumDirect(dst []float32, rows []int32) error {
	row := make([]byte, 4*m.cols)
	for _, r := range rows {
		if _, err := m.direct.ReadAt(row, m.offset+int64(r)*int64(len(row))); err != nil {
			return err
		}
		addRow(dst, row)
	}
	return nil
}

// addRow adds the little-endian numbers of a row to dst.
func addRow(dst []float32, row []byte) {
	for i := range dst {
		dst[i] += math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
	}
}

func (m *mappedMatrix) all(yield func(data []float32) error) error {
	data := make([]float32, allRows*m.cols)
	raw := make([]byte, 4*len(data))
	for row := int64(0); row < m.rows; row += allRows {
		n := int(min(allRows, m.rows-row)) * m.cols
		if _, err := m.src.ReadAt(raw[:4*n], m.offset+4*row*int64(m.cols)); err != nil && err != io.EOF {
			return fmt.Errorf("fasttext: read vectors: %w", err)
		}
		for i := range data[:n] {
			data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		if err := yield(data[:n]); err != nil {
			return err
		}
	}
	return nil
}

func (m *mappedMatrix) close() error {
	if !m.owner {
		return nil
	}
	if m.direct != nil {
		return errors.Join(m.direct.Close(), m.src.Close())
	}
	return m.src.Close()
}

// Unmap makes lookups read their rows from the model's file one by one. Through
// the memory map, which is faster, the n-grams of a large vocabulary bring the
// whole file into this process's memory. A model that was trained, not opened,
// stays as it is. No other method may run meanwhile.
func (m *Model) Unmap() error {
	input, opened := m.input.(*mappedMatrix)
	if !opened || input.direct != nil {
		return nil
	}
	f, err := os.Open(input.src.Path())
	if err != nil {
		return fault.Usagef("fasttext: open model again: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() != input.src.Size() {
		err = fault.Usagef("%s has another size than when it was opened first: it was replaced meanwhile", f.Name())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("fasttext: open model again: %w", err), f.Close())
	}
	input.direct = f
	if mapped, ok := input.src.(*mmap.File); ok {
		mapped.Forget(0, mapped.Size())
	}
	return nil
}
