package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// withTiles runs a test for the reference and for each implementation that this
// machine has.
func withTiles(t *testing.T, f func(t *testing.T)) {
	saved := active
	defer func() { active = saved }()
	for _, active = range available() {
		if active.tiles != nil || active == &reference {
			t.Run(active.name, f)
		}
	}
}

func randomSlice[T Float](r *rand.Rand, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(r.NormFloat64())
	}
	return out
}

const matrixGuard = 12345.5

// guardedMatrix returns a matrix (rows, cols) with rows ld apart, guard values in the
// gaps and behind the end.
func guardedMatrix[T Float](r *rand.Rand, rows, cols, ld int) []T {
	out := make([]T, rows*ld+7)
	for i := range out {
		out[i] = matrixGuard
	}
	for i := range rows {
		copy(out[i*ld:], randomSlice[T](r, cols))
	}
	return out
}

func checkGuards[T Float](t *testing.T, c []T, rows, cols, ld int) {
	t.Helper()
	for i, v := range c {
		if inside := i/ld < rows && i%ld < cols; !inside && v != matrixGuard {
			t.Fatalf("element %d outside (%d, %d) of rows %d apart was written: %g", i, rows, cols, ld, v)
		}
	}
}

// product is A·B added to c in float64.
func product[T Float](c []T, ldc, m, n, k int, a, b func(i, j int) T, accumulate bool) []float64 {
	out := make([]float64, m*n)
	for i := range m {
		for j := range n {
			if accumulate {
				out[i*n+j] = float64(c[i*ldc+j])
			}
			for x := range k {
				out[i*n+j] += float64(a(i, x)) * float64(b(x, j))
			}
		}
	}
	return out
}

func checkClose[T Float](t *testing.T, got []T, ldc, m, n, k int, want []float64) {
	t.Helper()
	tolerance := 1e-6 * math.Sqrt(float64(k)+1) * 4
	for i := range m {
		for j := range n {
			if d := math.Abs(float64(got[i*ldc+j]) - want[i*n+j]); !(d <= tolerance*(1+math.Abs(want[i*n+j]))) {
				t.Fatalf("(%d, %d) of (%d, %d), K = %d: %g, want %g", i, j, m, n, k, got[i*ldc+j], want[i*n+j])
			}
		}
	}
}

func gemmShapes() [][3]int {
	shapes := [][3]int{{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {32, 768, 256}, {3, 40, 600}, {29, 100, 257}, {4, 64, 512}, {3, 96, 768}, {2, 33, 529}}
	for _, m := range []int{1, 2, 5, 6, 7, 13, 14, 15, 28, 29, 31} {
		for _, n := range []int{1, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32, 33, 48, 65} {
			shapes = append(shapes, [3]int{m, n, 1 + (m*n)%19})
		}
	}
	return shapes
}

func testGemm[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var packed Packed[T]
	var transposer Transposer[T]
	for _, s := range gemmShapes() {
		m, n, k := s[0], s[1], s[2]
		gap := (m + n + k) % 3 // none: the operands end where their slices do
		lda, ldb, ldbt, ldc, ldat := k+gap, n+gap, k+2*gap, n+gap, m+gap
		a, b := randomSlice[T](r, m*lda), randomSlice[T](r, k*ldb)
		bt, at := make([]T, n*ldbt), make([]T, k*ldat)
		for x := range k {
			for j := range n {
				bt[j*ldbt+x] = b[x*ldb+j]
			}
			for i := range m {
				at[x*ldat+i] = a[i*lda+x]
			}
		}
		element := func(i, x int) T { return a[i*lda+x] }
		right := func(x, j int) T { return b[x*ldb+j] }
		for _, accumulate := range []bool{false, true} {
			begin := guardedMatrix[T](r, m, n, ldc)
			want := product(begin, ldc, m, n, k, element, right, accumulate)
			var first []T
			for name, run := range map[string]func(c []T){
				"rows": func(c []T) {
					packed.Pack(b, k, n, ldb)
					Gemm(c, ldc, Left[T]{a, lda, 1}, m, &packed, accumulate)
				},
				"transposed right": func(c []T) {
					packed.PackTransposed(bt, k, n, ldbt)
					Gemm(c, ldc, Left[T]{a, lda, 1}, m, &packed, accumulate)
				},
				"transposed left": func(c []T) {
					packed.Pack(b, k, n, ldb)
					Gemm(c, ldc, Left[T]{at, 1, ldat}, m, &packed, accumulate)
				},
				"GemmTN": func(c []T) {
					transposer.GemmTN(c, ldc, at, ldat, m, b, ldb, n, k, accumulate)
				},
			} {
				c := append([]T(nil), begin...)
				run(c)
				checkGuards(t, c, m, n, ldc)
				checkClose(t, c, ldc, m, n, k, want)
				if first == nil {
					first = c
				}
				for i := range c {
					if c[i] != first[i] {
						t.Fatalf("%s (%d, %d, %d): other bits than another way to the same product", name, m, n, k)
					}
				}
			}
		}
	}
}

func testTranspose[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, shape := range [][2]int{{1, 1}, {3, 50}, {16, 16}, {17, 31}, {32, 48}, {33, 100}, {100, 40}, {64, 15}} {
		rows, cols := shape[0], shape[1]
		for gap := range 2 {
			src := randomSlice[T](r, rows*(cols+gap))
			dst := guardedMatrix[T](r, cols, rows, rows+gap)
			Transpose(dst, rows+gap, src, cols+gap, rows, cols)
			checkGuards(t, dst, cols, rows, rows+gap)
			for i := range rows {
				for j := range cols {
					if dst[j*(rows+gap)+i] != src[i*(cols+gap)+j] {
						t.Fatalf("(%d, %d) of (%d, %d): %g, want %g", i, j, rows, cols, dst[j*(rows+gap)+i], src[i*(cols+gap)+j])
					}
				}
			}
		}
	}
}

func TestTranspose(t *testing.T) {
	withTiles(t, func(t *testing.T) {
		t.Run("float32", testTranspose[float32])
		t.Run("float64", testTranspose[float64])
	})
}

// TestPackSum: the sums of columns, in the order of the rows.
func TestPackSum(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	withTiles(t, func(t *testing.T) {
		for _, n := range []int{1, 31, 32, 33, 100, 256} {
			for _, k := range []int{1, 2, 255, 256, 257, 600} {
				b, want := randomSlice[float32](r, k*(n+1)), make([]float32, n)
				sums := guardedMatrix[float32](r, 1, n, n)
				copy(want, sums)
				for i := range k {
					for j := range n {
						want[j] += b[i*(n+1)+j]
					}
				}
				new(Packed[float32]).PackSum(b, k, n, n+1, sums)
				checkGuards(t, sums, 1, n, n)
				for j := range n {
					if sums[j] != want[j] {
						t.Fatalf("column %d of (%d, %d): %g, want %g", j, k, n, sums[j], want[j])
					}
				}
			}
		}
	})
}

func TestGemm(t *testing.T) {
	withTiles(t, func(t *testing.T) {
		t.Run("float32", testGemm[float32])
		t.Run("float64", testGemm[float64])
	})
}

// TestGemmBits holds AVX2 and AVX-512, and any cut of the rows, to the same bits.
func TestGemmBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const m, n, k = 37, 83, 700
	a, b := randomSlice[float32](r, m*k), randomSlice[float32](r, k*n)
	var packed Packed[float32]
	packed.Pack(b, k, n, n)
	var first []float32
	withTiles(t, func(t *testing.T) {
		if active.tiles == nil {
			t.Skip("the reference rounds products")
		}
		whole, parts := make([]float32, m*n), make([]float32, m*n)
		Gemm(whole, n, Left[float32]{a, k, 1}, m, &packed, false)
		for at := 0; at < m; at += 5 {
			Gemm(parts[at*n:], n, Left[float32]{a[at*k:], k, 1}, min(5, m-at), &packed, false)
		}
		if first == nil {
			first = whole
		}
		for i := range whole {
			if whole[i] != parts[i] || whole[i] != first[i] {
				t.Fatalf("element %d: %x whole, %x in parts, %x first", i, math.Float32bits(whole[i]), math.Float32bits(parts[i]), math.Float32bits(first[i]))
			}
		}
	})
}

func TestGemmRefusesShapes(t *testing.T) {
	var p Packed[float32]
	p.Pack(make([]float32, 6), 2, 3, 3)
	for name, f := range map[string]func(){
		"short right":  func() { new(Packed[float32]).Pack(make([]float32, 5), 2, 3, 3) },
		"short rows":   func() { new(Packed[float32]).PackTransposed(make([]float32, 9), 3, 3, 2) },
		"short left":   func() { Gemm(make([]float32, 6), 3, Left[float32]{make([]float32, 3), 2, 1}, 2, &p, false) },
		"short output": func() { Gemm(make([]float32, 5), 3, Left[float32]{make([]float32, 4), 2, 1}, 2, &p, false) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkGemm(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range [][3]int{{32, 768, 256}, {32, 256, 768}, {32, 768, 100}, {32, 400, 200}, {32, 200, 400}, {128, 128, 512}, {128, 512, 128}, {1024, 1024, 1024}} {
		m, n, k := s[0], s[1], s[2]
		left, right, c := randomSlice[float32](r, m*k), randomSlice[float32](r, k*n), make([]float32, m*n)
		var packed Packed[float32]
		b.Run(fmt.Sprintf("%dx%dx%d", m, n, k), func(b *testing.B) {
			packed.Pack(right, k, n, n)
			for b.Loop() {
				Gemm(c, n, Left[float32]{left, k, 1}, m, &packed, false)
			}
			b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
		b.Run(fmt.Sprintf("pack/%dx%d", k, n), func(b *testing.B) {
			for b.Loop() {
				packed.Pack(right, k, n, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(k*n), "ns/element")
		})
		b.Run(fmt.Sprintf("packT/%dx%d", k, n), func(b *testing.B) {
			for b.Loop() {
				packed.PackTransposed(right, k, n, k)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(k*n), "ns/element")
		})
	}
	var transposer Transposer[float32]
	const k, m, n = 4096, 768, 256
	left, right, c := randomSlice[float32](r, k*1040), randomSlice[float32](r, k*512), make([]float32, m*n)
	b.Run("TN", func(b *testing.B) {
		for b.Loop() {
			transposer.GemmTN(c, n, left, 1040, m, right, 512, n, k, false)
		}
		b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
	})
}
