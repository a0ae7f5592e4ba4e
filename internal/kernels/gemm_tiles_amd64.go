//go:build amd64 && !noasm

package kernels

import "golang.org/x/sys/cpu"

var tilesAVX512 = [...]tileFunc{
	gemm1AVX512, gemm2AVX512, gemm3AVX512, gemm4AVX512, gemm5AVX512, gemm6AVX512, gemm7AVX512,
	gemm8AVX512, gemm9AVX512, gemm10AVX512, gemm11AVX512, gemm12AVX512, gemm13AVX512, gemm14AVX512,
}

var tilesAVX2 = [...]tileFunc{gemm1AVX2, gemm2AVX2, gemm3AVX2, gemm4AVX2, gemm5AVX2, gemm6AVX2}

// tilesOf returns the tiles of a named implementation, nil where it has none.
func tilesOf(name string) *tiles {
	switch {
	case name == "avx512":
		return &tiles{rows: len(tilesAVX512), transpose: transposeAVX512, bands: bandsAVX512, panels: panelsAVX512, run: func(rows, k int, a *float32, row, col int, b, c *float32, ldc, cols, accumulate int) {
			tilesAVX512[rows-1](k, a, row, col, b, c, ldc, cols, accumulate)
		}}
	case name == "avx2" && cpu.X86.HasFMA:
		return &tiles{rows: len(tilesAVX2), run: func(rows, k int, a *float32, row, col int, b, c *float32, ldc, cols, accumulate int) {
			const half = panel / 2
			tilesAVX2[rows-1](k, a, row, col, b, c, ldc, min(cols, half), accumulate)
			if cols > half {
				tilesAVX2[rows-1](k, a, row, col, offset(b, half), offset(c, half), ldc, cols-half, accumulate)
			}
		}}
	}
	return nil
}
