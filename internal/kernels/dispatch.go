package kernels

// implementation is one way to compute everything.
type implementation struct {
	name string

	// The loops on rows, which give the same bits in all implementations.
	dot        func(a, b []float32) float32
	axpy       func(y []float32, alpha float32, x []float32)
	scale      func(x []float32, alpha float32)
	dotRows    func(dst, x, m []float32, stride int, rows []int32)
	sumRows    func(dst, m []float32, stride int, rows []int32)
	addRows    func(m []float32, stride int, rows []int32, x []float32)
	updateRows func(m []float32, stride int, rows []int32, alpha, x, grad []float32)
	prefetch   func(m []float32, stride, cols int, rows []int32)

	// What fuses multiply-adds; nil: the generic Go code runs.
	tiles  *tiles
	layers *layerLoops
}

var reference = implementation{
	name: "go", dot: dotGo[float32], axpy: axpyGo[float32], scale: scaleGo,
	dotRows: dotRowsGo, sumRows: sumRowsGo[float32], addRows: addRowsGo, updateRows: updateRowsGo,
	prefetch: func([]float32, int, int, []int32) {},
}

// active is what this machine runs fastest.
var active = available()[0]

// Implementation names what this machine uses: "go", "avx2" or "avx512".
func Implementation() string { return active.name }

// Fused reports whether products and layers fuse multiply-adds: AVX2 and AVX-512 do,
// pure Go does not, and their bits differ.
func Fused() bool { return active.layers != nil && active.tiles != nil }
