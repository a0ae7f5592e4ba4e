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
		all = append(all, &implementation{
			"avx512", dotAVX512, axpyAVX512, scaleGo,
			dotRowsAVX512, sumRowsAVX512, addRowsAVX512, updateRowsAVX512, prefetchRows,
		})
	}
	if cpu.X86.HasAVX2 {
		all = append(all, &implementation{
			"avx2", dotAVX2, axpyAVX2, scaleGo,
			dotRowsAVX2, sumRowsAVX2, addRowsAVX2, updateRowsAVX2, prefetchRows,
		})
	}
	return append(all, &reference)
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
