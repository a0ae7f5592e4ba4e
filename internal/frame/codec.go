package frame

import (
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"math"

	"assay/internal/fault"
)

// chunk is how many bytes are converted, hashed and written at a time; it is
// a multiple of every element's size.
const chunk = 1 << 16

// firstAlloc bounds what a slice's announced length may allocate before its
// data has been seen, in bytes. Longer slices grow as they are read.
const firstAlloc = 1 << 24

// Encoder writes the fields of a payload, little-endian, without names or
// types: the decoder must read the same fields in the same order. Slices are
// preceded by their length as a uint64. The first error sticks and is returned
// by Write.
type Encoder struct {
	w   io.Writer // nil while only counting
	buf []byte
	n   uint64
	err error
}

func (e *Encoder) flush() {
	if e.err == nil && len(e.buf) > 0 {
		_, e.err = e.w.Write(e.buf)
	}
	e.buf = e.buf[:0]
}

// room counts n bytes and returns where to put them, or nil when only
// counting; n is at most chunk.
func (e *Encoder) room(n int) []byte {
	e.n += uint64(n)
	if e.w == nil || e.err != nil {
		return nil
	}
	if len(e.buf)+n > cap(e.buf) {
		e.flush()
	}
	at := len(e.buf)
	e.buf = e.buf[:at+n]
	return e.buf[at:]
}

func (e *Encoder) raw(p []byte) {
	for len(p) > 0 {
		n := min(len(p), chunk)
		copy(e.room(n), p[:n])
		p = p[n:]
	}
}

// Uint64 writes v in 8 bytes.
func (e *Encoder) Uint64(v uint64) {
	if b := e.room(8); b != nil {
		binary.LittleEndian.PutUint64(b, v)
	}
}

// Int writes v, which may not be negative, in 8 bytes.
func (e *Encoder) Int(v int) {
	if v < 0 && e.err == nil {
		e.err = fmt.Errorf("cannot write the negative count %d", v)
	}
	e.Uint64(uint64(v))
}

// Float64 writes v in 8 bytes.
func (e *Encoder) Float64(v float64) { e.Uint64(math.Float64bits(v)) }

// Bool writes v in 8 bytes.
func (e *Encoder) Bool(v bool) {
	var u uint64
	if v {
		u = 1
	}
	e.Uint64(u)
}

// Text writes s.
func (e *Encoder) Text(s string) { e.Bytes([]byte(s)) }

// Bytes writes v.
func (e *Encoder) Bytes(v []byte) {
	e.Int(len(v))
	e.raw(v)
}

// Texts writes the lengths of the strings, then their bytes, one behind the other.
func (e *Encoder) Texts(v []string) {
	lengths := make([]int32, len(v))
	size := 0
	for i, s := range v {
		lengths[i] = int32(len(s))
		size += len(s)
	}
	e.Int32s(lengths)
	all := make([]byte, 0, size)
	for _, s := range v {
		all = append(all, s...)
	}
	e.Bytes(all)
}

// Float32s writes v.
func (e *Encoder) Float32s(v []float32) {
	putSlice(e, v, 4, func(b []byte, x float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(x)) })
}

// Float64s writes v.
func (e *Encoder) Float64s(v []float64) {
	putSlice(e, v, 8, func(b []byte, x float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(x)) })
}

// Int32s writes v.
func (e *Encoder) Int32s(v []int32) {
	putSlice(e, v, 4, func(b []byte, x int32) { binary.LittleEndian.PutUint32(b, uint32(x)) })
}

// Int64s writes v.
func (e *Encoder) Int64s(v []int64) {
	putSlice(e, v, 8, func(b []byte, x int64) { binary.LittleEndian.PutUint64(b, uint64(x)) })
}

func putSlice[T any](e *Encoder, v []T, size int, put func([]byte, T)) {
	e.Int(len(v))
	if e.w == nil {
		e.n += uint64(len(v)) * uint64(size)
		return
	}
	for len(v) > 0 && e.err == nil {
		n := min(len(v), chunk/size)
		b := e.room(n * size)
		if b == nil {
			return
		}
		for i, x := range v[:n] {
			put(b[i*size:i*size+size], x)
		}
		v = v[n:]
	}
}

// Decoder reads the fields of a payload. The first error sticks: after it
// every method returns a zero value, and Read returns the error.
type Decoder struct {
	r       io.Reader
	sum     hash.Hash
	left    uint64
	version uint32
	buf     []byte
	err     error
}

// Version is the version of the payload's layout.
func (d *Decoder) Version() uint32 { return d.version }

// Fail records that the payload makes no sense, unless an error came before.
func (d *Decoder) Fail(format string, args ...any) {
	if d.err == nil {
		d.err = fault.Usagef("the file is damaged: "+format, args...)
	}
}

// take reads the next n bytes, n at most chunk, into a buffer that is reused;
// nil after an error.
func (d *Decoder) take(n int) []byte {
	if d.err == nil && uint64(n) > d.left {
		d.Fail("a field reaches beyond its end")
	}
	if d.err != nil {
		return nil
	}
	if cap(d.buf) < n {
		d.buf = make([]byte, max(n, 512))
	}
	b := d.buf[:n]
	if _, err := io.ReadFull(d.r, b); err != nil {
		d.err = readError(err)
		return nil
	}
	d.left -= uint64(n)
	d.sum.Write(b)
	return b
}

// Uint64 reads 8 bytes.
func (d *Decoder) Uint64() uint64 {
	b := d.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// Int reads a count that is not negative and fits an int.
func (d *Decoder) Int() int {
	v := d.Uint64()
	if v > math.MaxInt {
		d.Fail("a count of %d", v)
		return 0
	}
	return int(v)
}

// Float64 reads 8 bytes.
func (d *Decoder) Float64() float64 { return math.Float64frombits(d.Uint64()) }

// Bool reads what Encoder.Bool wrote.
func (d *Decoder) Bool() bool {
	v := d.Uint64()
	if v > 1 {
		d.Fail("%d where 0 or 1 is expected", v)
	}
	return v == 1
}

// Text reads a string.
func (d *Decoder) Text() string { return string(d.Bytes()) }

// Texts reads what Encoder.Texts wrote; the strings share their memory.
func (d *Decoder) Texts() []string {
	lengths, all := d.Int32s(), d.Text()
	out := make([]string, 0, len(lengths))
	for _, n := range lengths {
		if n < 0 || int(n) > len(all) {
			d.Fail("a text of %d bytes", n)
			return nil
		}
		out = append(out, all[:n])
		all = all[n:]
	}
	if len(all) > 0 {
		d.Fail("%d bytes after its last text", len(all))
	}
	return out
}

// Bytes reads a slice of bytes.
func (d *Decoder) Bytes() []byte {
	return getSlice(d, 1, func(b []byte) byte { return b[0] })
}

// Float32s reads a slice.
func (d *Decoder) Float32s() []float32 {
	return getSlice(d, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
}

// Float64s reads a slice.
func (d *Decoder) Float64s() []float64 {
	return getSlice(d, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
}

// Int32s reads a slice.
func (d *Decoder) Int32s() []int32 {
	return getSlice(d, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
}

// Int64s reads a slice.
func (d *Decoder) Int64s() []int64 {
	return getSlice(d, 8, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) })
}

func getSlice[T any](d *Decoder, size int, get func([]byte) T) []T {
	n := d.Uint64()
	if d.err == nil && n > d.left/uint64(size) {
		d.Fail("a field of %d elements reaches beyond its end", n)
	}
	if d.err != nil {
		return nil
	}
	out := make([]T, 0, min(n, uint64(firstAlloc/size)))
	for uint64(len(out)) < n {
		m := min(int(n)-len(out), chunk/size)
		b := d.take(m * size)
		if b == nil {
			return nil
		}
		for i := range m {
			out = append(out, get(b[i*size:i*size+size]))
		}
	}
	return out
}
