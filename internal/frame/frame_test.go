package frame

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"assay/internal/fault"
)

type fields struct {
	U   uint64
	N   int
	F   float64
	B   bool
	S   string
	Raw []byte
	F32 []float32
	F64 []float64
	I32 []int32
	I64 []int64
}

func (f *fields) encode(e *Encoder) {
	e.Uint64(f.U)
	e.Int(f.N)
	e.Float64(f.F)
	e.Bool(f.B)
	e.Text(f.S)
	e.Bytes(f.Raw)
	e.Float32s(f.F32)
	e.Float64s(f.F64)
	e.Int32s(f.I32)
	e.Int64s(f.I64)
}

func (f *fields) decode(d *Decoder) {
	f.U, f.N, f.F, f.B, f.S = d.Uint64(), d.Int(), d.Float64(), d.Bool(), d.Text()
	f.Raw, f.F32, f.F64, f.I32, f.I64 = d.Bytes(), d.Float32s(), d.Float64s(), d.Int32s(), d.Int64s()
}

// sample holds a slice longer than one chunk and bit patterns that a
// conversion could lose.
func sample() *fields {
	f := &fields{
		U: 1<<64 - 1, N: 7, F: math.Copysign(0, -1), B: true, S: "math.LO é", Raw: []byte{0, 255},
		F32: []float32{-1.5, math.MaxFloat32}, F64: make([]float64, chunk/8+3),
		I32: []int32{math.MinInt32, -1, 5}, I64: []int64{math.MinInt64, 9},
	}
	for i := range f.F64 {
		f.F64[i] = float64(i) + 0.25
	}
	return f
}

func written(t *testing.T, f *fields) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, "test.kind", 2, f.encode); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRoundTripAndPeek(t *testing.T) {
	want := sample()
	data := written(t, want)
	r := bytes.NewReader(append(bytes.Clone(data), "next"...))
	kind, whole, err := Peek(iotest.OneByteReader(r))
	if err != nil || kind != "test.kind" {
		t.Fatalf("Peek = %q, %v", kind, err)
	}
	var got fields
	if err := Read(whole, "test.kind", 3, got.decode); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("read %+v", got)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "next" {
		t.Errorf("what follows the frame is %q, want %q", rest, "next")
	}
	if again := written(t, want); !bytes.Equal(again, data) {
		t.Error("the same fields gave other bytes")
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	f := sample()
	f.F64 = f.F64[:20]
	data := written(t, f)
	for i := range data {
		for _, flip := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(data)
			bad[i] ^= flip
			if err := Read(bytes.NewReader(bad), "test.kind", 3, new(fields).decode); !fault.IsUsage(err) {
				t.Fatalf("byte %d of %d xor %#x: error %v", i, len(data), flip, err)
			}
		}
		if err := Read(bytes.NewReader(data[:i]), "test.kind", 3, new(fields).decode); !errors.Is(err, io.ErrUnexpectedEOF) || !fault.IsUsage(err) {
			t.Fatalf("cut at %d of %d: error %v", i, len(data), err)
		}
	}
}

func TestErrors(t *testing.T) {
	data := written(t, sample())
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"other kind", Read(bytes.NewReader(data), "other", 3, new(fields).decode), `holds "test.kind", not "other"`},
		{"newer version", Read(bytes.NewReader(data), "test.kind", 1, new(fields).decode), "version 2"},
		{"other file", Read(strings.NewReader("PAR1 and so on, for a while"), "test.kind", 1, nil), "not written by assay"},
		{"short other file", Read(strings.NewReader("PAR1"), "test.kind", 1, nil), "not written by assay"},
		{"empty file", Read(strings.NewReader(""), "test.kind", 1, nil), "truncated"},
		{"too few fields read", Read(bytes.NewReader(data), "test.kind", 2, func(d *Decoder) { d.Uint64() }), "left after its last field"},
		{"too many fields read", Read(bytes.NewReader(data), "test.kind", 2, func(d *Decoder) { new(fields).decode(d); d.Int() }), "beyond its end"},
		{"failing reader", Read(io.MultiReader(bytes.NewReader(data[:60]), iotest.ErrReader(boom)), "test.kind", 2, new(fields).decode), "boom"},
		{"decoder's own check", Read(bytes.NewReader(data), "test.kind", 2, func(d *Decoder) { d.Fail("no %s", "sense") }), "damaged: no sense"},
		{"empty kind", Write(io.Discard, "", 1, func(*Encoder) {}), "1 to 255 bytes"},
		{"negative count", Write(io.Discard, "k", 1, func(e *Encoder) { e.Int(-1) }), "negative count"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, c.err, c.want)
		}
	}
	calls := 0
	err := Write(io.Discard, "k", 1, func(e *Encoder) {
		for range calls {
			e.Int(1)
		}
		calls++
	})
	if err == nil || !strings.Contains(err.Error(), "after announcing 0") {
		t.Errorf("an encoder that changes its mind: error %v", err)
	}
}

// A whole header that announces terabytes, over a file of a few bytes, must
// not allocate them.
func TestAnnouncedLengthIsNotTrusted(t *testing.T) {
	var whole bytes.Buffer
	huge := func(e *Encoder) {
		e.Int(1 << 40)
		e.n += 8 << 40
	}
	if err := Write(&whole, "k", 1, huge); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := Read(bytes.NewReader(whole.Bytes()), "k", 1, func(d *Decoder) { d.Float64s() })
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want a truncated file", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("allocated %d bytes for a file of %d", got, whole.Len())
	}
}
