//go:build amd64 && !noasm

package kernels

import "golang.org/x/sys/cpu"

// tileFunc is the type of the generated functions.
type tileFunc = func(k int, a *float32, row, col, next int, b, c *float32, ldc, cols, accumulate, tiles int)

var tilesAVX512 = [...]tileFunc{
	gemm1AVX512, gemm2AVX512, gemm3AVX512, gemm4AVX512, gemm5AVX512, gemm6AVX512, gemm7AVX512,
	gemm8AVX512, gemm9AVX512, gemm10AVX512, gemm11AVX512, gemm12AVX512, gemm13AVX512, gemm14AVX512,
}

var tilesAVX2 = [...]tileFunc{gemm1AVX2, gemm2AVX2, gemm3AVX2, gemm4AVX2, gemm5AVX2, gemm6AVX2}

var narrowAVX2 = [...]tileFunc{gemm1NarrowAVX2, gemm2NarrowAVX2, gemm3NarrowAVX2, gemm4NarrowAVX2, gemm5NarrowAVX2, gemm6NarrowAVX2}

// tilesOf returns the tiles of a named implementation, nil where it has none.
func tilesOf(name string) *tiles {
	switch {
	case name == "avx512":
		return &tiles{
			rows: len(tilesAVX512), transpose: transposeAVX512, bands: bandsAVX512, panels: panelsAVX512,
			run: func(t tile) {
				tilesAVX512[t.rows-1](t.k, t.a, t.row, t.col, t.next, t.b, t.c, t.ldc, t.cols, t.accumulate, t.count)
			},
		}
	case name == "avx2" && cpu.X86.HasFMA:
		return &tiles{rows: len(tilesAVX2), run: runAVX2, bands: bandsAVX2, panels: panelsAVX2}
	}
	return nil
}

// runAVX2 does a panel in halves, and a quarter alone.
func runAVX2(t tile) {
	const half, quarter = panel / 2, panel / 4
	for at := 0; at < t.cols; at += half {
		run, cols := tilesAVX2[t.rows-1], min(t.cols-at, half)
		if cols <= quarter {
			run = narrowAVX2[t.rows-1]
		}
		run(t.k, t.a, t.row, t.col, t.next, offset(t.b, at), offset(t.c, at), t.ldc, cols, t.accumulate, t.count)
	}
}
