package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const guard = float32(12345.678)

// guarded is a slice of n random values between guard values.
func guarded(r *rand.Rand, n int) (inner, whole []float32) {
	const margin = 20
	whole = make([]float32, n+2*margin)
	for i := range whole {
		whole[i] = guard
	}
	inner = whole[margin : margin+n : margin+n]
	for i := range inner {
		inner[i] = value(r)
	}
	return inner, whole
}

// value is mostly an ordinary number, now and then one of those that a shortcut
// gets wrong.
func value(r *rand.Rand) float32 {
	switch r.IntN(60) {
	case 0:
		return float32(math.Copysign(0, -1))
	case 1:
		return 0
	case 2:
		return math.MaxFloat32 * r.Float32()
	case 3:
		return math.SmallestNonzeroFloat32 * float32(r.IntN(100))
	}
	return float32(r.NormFloat64())
}

// equal compares bits; any NaN equals any other.
func equal(a, b []float32) error {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) && (a[i] == a[i] || b[i] == b[i]) {
			return fmt.Errorf("element %d of %d is %v (%08x), want %v (%08x)", i, len(a), a[i], math.Float32bits(a[i]), b[i], math.Float32bits(b[i]))
		}
	}
	return nil
}

// lengths lie around every width of a vector and of a block.
func lengths() []int {
	var all []int
	for n := range 71 {
		all = append(all, n)
	}
	return append(all, 95, 96, 97, 99, 100, 101, 111, 112, 113, 127, 128, 129, 223, 224, 225, 255, 256, 257, 300, 1000)
}

// Each implementation gives the reference's bits and writes nothing else.
func TestImplementationsAgree(t *testing.T) {
	for _, impl := range available() {
		t.Run(impl.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for _, cols := range lengths() {
				for _, stride := range []int{cols, cols + 1, cols + 13} {
					for _, rows := range [][]int32{{}, {0}, {3, 1, 4, 1, 5, 2}, {6, 6, 6}} {
						agree(t, r, impl, cols, stride, rows)
					}
				}
			}
		})
	}
}

func agree(t *testing.T, r *rand.Rand, impl *implementation, cols, stride int, rows []int32) {
	t.Helper()
	m, wholeM := guarded(r, 7*stride)
	x, wholeX := guarded(r, cols)
	y, wholeY := guarded(r, cols)
	dst, wholeDst := guarded(r, len(rows))
	alpha, _ := guarded(r, len(rows))
	all := [][]float32{wholeM, wholeX, wholeY, wholeDst}
	before := make([][]float32, len(all))
	for i := range all {
		before[i] = slices.Clone(all[i])
	}
	restore := func() [][]float32 {
		after := make([][]float32, len(all))
		for i := range all {
			after[i] = slices.Clone(all[i])
			copy(all[i], before[i])
		}
		return after
	}
	for _, op := range []struct {
		name string
		run  func(*implementation)
	}{
		{"dot", func(i *implementation) { y[:1:1][0] = i.dot(x, y) }},
		{"axpy", func(i *implementation) { i.axpy(y, 0.37, x) }},
		{"scale", func(i *implementation) { i.scale(x, -1.3) }},
		{"dotRows", func(i *implementation) { i.dotRows(dst, x, m, stride, rows) }},
		{"sumRows", func(i *implementation) { i.sumRows(y, m, stride, rows) }},
		{"addRows", func(i *implementation) { i.addRows(m, stride, rows, x) }},
		{"updateRows", func(i *implementation) { i.updateRows(m, stride, rows, alpha, x, y) }},
		{"prefetch", func(i *implementation) { i.prefetch(m, stride, cols, rows) }},
	} {
		if op.name == "dot" && cols == 0 {
			continue
		}
		op.run(&reference)
		want := restore()
		op.run(impl)
		have := restore()
		for i, what := range []string{"m", "x", "y", "dst"} {
			if err := equal(have[i], want[i]); err != nil {
				t.Fatalf("%s, %d columns, stride %d, rows %v: %s (20 guards first): %v", op.name, cols, stride, rows, what, err)
			}
		}
	}
}

// The reference against plain loops in float64.
func TestReference(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const cols, stride = 37, 40
	m := make([]float32, 5*stride)
	x, grad, alpha := make([]float32, cols), make([]float32, cols), []float32{0.5, -2, 0.25}
	for _, s := range [][]float32{m, x, grad} {
		for i := range s {
			s[i] = float32(r.NormFloat64())
		}
	}
	rows := []int32{4, 0, 4}
	wide := func(s []float32) []float64 {
		out := make([]float64, len(s))
		for i, v := range s {
			out[i] = float64(v)
		}
		return out
	}
	near := func(what string, have []float32, want []float64) {
		t.Helper()
		for i := range have {
			if !(math.Abs(float64(have[i])-want[i]) <= 1e-4) {
				t.Errorf("%s: element %d is %g, want %g", what, i, have[i], want[i])
			}
		}
	}
	m64, x64, g64 := wide(m), wide(x), wide(grad)
	dots, sums := make([]float64, len(rows)), make([]float64, cols)
	for k, row := range rows {
		for i := range cols {
			dots[k] += x64[i] * m64[int(row)*stride+i]
			sums[i] += m64[int(row)*stride+i]
		}
	}
	dst, sum := make([]float32, len(rows)), make([]float32, cols)
	DotRows(dst, x, m, stride, rows)
	near("DotRows", dst, dots)
	SumRows(sum, m, stride, rows)
	near("SumRows", sum, sums)
	near("Norm", []float32{float32(Norm([]float32{3, 0, -4}))}, []float64{5})
	near("Dot", []float32{Dot(x, m[4*stride:])}, dots[:1])
	for k, row := range rows {
		for i := range cols {
			v := &m64[int(row)*stride+i]
			g64[i] += float64(alpha[k]) * *v
			*v += float64(alpha[k]) * x64[i]
		}
	}
	UpdateRows(m, stride, rows, alpha, x, grad)
	near("UpdateRows: rows", m, m64)
	near("UpdateRows: grad", grad, g64)
	for _, row := range rows {
		for i := range cols {
			m64[int(row)*stride+i] += x64[i]
		}
	}
	AddRows(m, stride, rows, x)
	near("AddRows", m, m64)
	for i := range x64 {
		g64[i] += 1.5 * x64[i]
	}
	Axpy(grad, 1.5, x)
	near("Axpy", grad, g64)
	for i := range x64 {
		x64[i] *= -3
	}
	Scale(x, -3)
	near("Scale", x, x64)
}

// Rows outside the matrix panic before anything is written.
func TestRowsOutsidePanic(t *testing.T) {
	m, x := make([]float32, 30), []float32{1, 2, 3}
	for name, call := range map[string]func(){
		"negative row":   func() { AddRows(m, 3, []int32{0, -1}, x) },
		"row behind":     func() { AddRows(m, 3, []int32{0, 10}, x) },
		"narrow stride":  func() { AddRows(m, 2, []int32{0}, x) },
		"short dst":      func() { DotRows(nil, x, m, 3, []int32{0}) },
		"short alpha":    func() { UpdateRows(m, 3, []int32{0, 1}, x[:1], x, x) },
		"short gradient": func() { UpdateRows(m, 3, []int32{0, 1}, x, x, x[:2]) },
		"sum of nothing": func() { SumRows(x, m[:2], 3, []int32{0}) },
		"prefetch":       func() { Prefetch(m, 3, 3, []int32{11}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
		if m[0] != 0 {
			t.Errorf("%s: something was written first", name)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	m, x, rows, dst := make([]float32, 1000), make([]float32, 100), []int32{1, 2, 3}, make([]float32, 3)
	n := testing.AllocsPerRun(100, func() {
		DotRows(dst, x, m, 100, rows)
		SumRows(x, m, 100, rows)
		AddRows(m, 100, rows, x)
		UpdateRows(m, 100, rows, dst, x, x)
		_ = Dot(x, x)
		Axpy(x, 1, x)
	})
	if n != 0 {
		t.Errorf("%v allocations a round, want 0", n)
	}
}

func BenchmarkRows(b *testing.B) {
	const rows, cols, stride = 1 << 20, 100, 112
	m := make([]float32, rows*stride)
	for i := range m {
		m[i] = float32(i%7) - 3
	}
	x, grad := make([]float32, cols), make([]float32, cols)
	alpha, dst := make([]float32, 32), make([]float32, 32)
	r := rand.New(rand.NewPCG(5, 6))
	list := make([]int32, 1<<16)
	for i := range list {
		list[i] = int32(r.IntN(rows))
	}
	few := list[:6]
	for _, impl := range available() {
		for _, op := range []struct {
			name string
			rows int
			run  func(at int)
		}{
			{"dot", 1, func(int) { dst[0] = impl.dot(x, m[:cols]) }},
			{"dotRows/near", 6, func(int) { impl.dotRows(dst, x, m, stride, few) }},
			{"updateRows/near", 6, func(int) { impl.updateRows(m, stride, few, alpha, x, grad) }},
			{"sumRows/far", 25, func(at int) { impl.sumRows(x, m, stride, list[at:at+25]) }},
			{"addRows/far", 25, func(at int) { impl.addRows(m, stride, list[at:at+25], grad) }},
		} {
			b.Run(impl.name+"/"+op.name, func(b *testing.B) {
				at := 0
				for b.Loop() {
					op.run(at)
					if at += 25; at+25 > len(list) {
						at = 0
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*op.rows), "ns/row")
			})
		}
	}
}
