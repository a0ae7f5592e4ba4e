//go:build amd64 && !noasm

package kernels

import "golang.org/x/sys/cpu"

//go:generate sh -c "cd gen && go run . -group rows -out ../rows_amd64.s -stubs ../rows_amd64.go -pkg kernels"
//go:generate sh -c "cd gen && go run . -group gemm -out ../gemm_amd64.s -stubs ../gemm_amd64.go -pkg kernels"
//go:generate sh -c "cd gen && go run . -group layers -out ../layers_amd64.s -stubs ../layers_amd64.go -pkg kernels"

// available lists what this machine can run, the fastest first.
func available() []*implementation {
	var all []*implementation
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2 {
		all = append(all, &avx512)
	}
	if cpu.X86.HasAVX2 {
		found := avx2
		if !cpu.X86.HasFMA {
			found.tiles, found.layers = nil, nil
		}
		all = append(all, &found)
	}
	return append(all, &reference)
}

var avx512 = implementation{
	name: "avx512", dot: dotAVX512, axpy: axpyAVX512, scale: scaleGo,
	dotRows: dotRowsAVX512, sumRows: sumRowsAVX512, addRows: addRowsAVX512, updateRows: updateRowsAVX512, prefetch: prefetchRows,
	tiles: &tiles{rows: len(tilesAVX512), run: runAVX512, transpose: transposeAVX512, bands: bandsAVX512, panels: panelsAVX512},
	layers: &layerLoops{
		gruForwardAVX512, gruBackwardAVX512, lstmForwardAVX512, lstmBackwardAVX512, normForwardAVX512, normBackwardAVX512,
		softmaxAVX512, softmaxBackwardAVX512, adamAVX512, addAVX512, mulAVX512, mulToAVX512, mulAddAVX512,
	},
}

var avx2 = implementation{
	name: "avx2", dot: dotAVX2, axpy: axpyAVX2, scale: scaleGo,
	dotRows: dotRowsAVX2, sumRows: sumRowsAVX2, addRows: addRowsAVX2, updateRows: updateRowsAVX2, prefetch: prefetchRows,
	tiles: &tiles{rows: len(tilesAVX2), run: runAVX2, bands: bandsAVX2, panels: panelsAVX2},
	layers: &layerLoops{
		gruForwardAVX2, gruBackwardAVX2, lstmForwardAVX2, lstmBackwardAVX2, normForwardAVX2, normBackwardAVX2,
		softmaxAVX2, softmaxBackwardAVX2, adamAVX2, addAVX2, mulAVX2, mulToAVX2, mulAddAVX2,
	},
}

// first is the list of the one row that a dot product of two vectors asks for.
var first = []int32{0}

func dotAVX512(a, b []float32) float32 {
	var dst [1]float32
	dotRowsAVX512(dst[:], a, b, len(a), first)
	return dst[0]
}

func dotAVX2(a, b []float32) float32 {
	var dst [1]float32
	dotRowsAVX2(dst[:], a, b, len(a), first)
	return dst[0]
}

// tileFunc is the type of the generated functions.
type tileFunc = func(k int, a *float32, row, col, next int, b, c *float32, ldc, cols, accumulate, tiles int)

var tilesAVX512 = [...]tileFunc{
	gemm1AVX512, gemm2AVX512, gemm3AVX512, gemm4AVX512, gemm5AVX512, gemm6AVX512, gemm7AVX512,
	gemm8AVX512, gemm9AVX512, gemm10AVX512, gemm11AVX512, gemm12AVX512, gemm13AVX512, gemm14AVX512,
}

var tilesAVX2 = [...]tileFunc{gemm1AVX2, gemm2AVX2, gemm3AVX2, gemm4AVX2, gemm5AVX2, gemm6AVX2}

var narrowAVX2 = [...]tileFunc{gemm1NarrowAVX2, gemm2NarrowAVX2, gemm3NarrowAVX2, gemm4NarrowAVX2, gemm5NarrowAVX2, gemm6NarrowAVX2}

func runAVX512(t tile) {
	tilesAVX512[t.rows-1](t.k, t.a, t.row, t.col, t.next, t.b, t.c, t.ldc, t.cols, t.accumulate, t.count)
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
