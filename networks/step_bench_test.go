package networks

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/networks/layers"
	"assay/networks/loss"
)

// stepFlops counts the floating-point operations of the matrix products in a
// training step of SHA-RNN-lite, at two a multiply-add: what the network asks for,
// not what a way of computing it spends.
func stepFlops(t, b, dim, hidden, categories, boom int) float64 {
	tokens, width := float64(t*b), float64(2*hidden)
	gru := 2 * tokens * 2 * 3 * float64(hidden) * (2*float64(dim) + 3*float64(hidden)) // no gradient for the input
	attention := 2 * tokens * float64(t) * width * (2 + 4)
	dense := 2 * float64(b) * 3 * (width*float64(categories) + 2*float64(categories*boom))
	return gru + attention + dense
}

// articleBatch is a batch of random tokens at the article's sizes.
func articleBatch(r *rand.Rand, t, b, vocabulary, categories int) *layers.Batch {
	batch := &layers.Batch{T: t, B: b, IDs: make([]int32, t*b), Lengths: make([]int, b), Targets: make([]float32, b*categories), Train: true}
	for i := range batch.IDs {
		batch.IDs[i] = 2 + int32(r.IntN(vocabulary-2))
	}
	for i := range b {
		batch.Lengths[i] = t
		for range 2 {
			batch.Targets[i*categories+r.IntN(categories)] = 1
		}
	}
	return batch
}

func BenchmarkLayers(b *testing.B) {
	const vocabulary, dim, categories, masters = 50000, 100, 148, 6
	r := rand.New(rand.NewPCG(1, 2))
	matrix := make([]float32, vocabulary*dim)
	for i := range matrix {
		matrix[i] = float32(r.NormFloat64()) * 0.3
	}
	groups := make([]int32, categories)
	for i := range groups {
		groups[i] = int32(i % masters)
	}
	p := pool.New(runtime.GOMAXPROCS(0))
	defer p.Close()
	net := chain(p, Defaults(), matrix, dim, categories)
	l, err := loss.New[float32](loss.Options{Groups: groups, Masters: masters, Ratio: 0.1})
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range []int{128, 256} {
		batch := articleBatch(r, t, 32, vocabulary, categories)
		b.Run(fmt.Sprintf("T=%d", t), func(b *testing.B) {
			step(net, l, batch)
			for b.Loop() {
				step(net, l, batch)
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(stepFlops(t, 32, dim, 256, categories, 512)/seconds/1e9, "GFLOP/s")
			b.ReportMetric(32/seconds, "papers/s")
		})
	}
}

// BenchmarkCeiling is what a large product reaches on the same cores: the ceiling
// that a step is measured against.
func BenchmarkCeiling(b *testing.B) {
	const n = 2048
	workers := runtime.GOMAXPROCS(0)
	p := pool.New(workers)
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 2))
	matrix := func() []float32 {
		m := make([]float32, n*n)
		for i := range m {
			m[i] = float32(r.NormFloat64())
		}
		return m
	}
	left, right, c := matrix(), matrix(), matrix()
	var packed kernels.Packed[float32]
	// Squares of C that a worker does in one go, so that its part of A stays near.
	const side = 128
	tile := func(_, i int) {
		row := i * side
		kernels.Gemm(c[row*n:], n, kernels.Left[float32]{Data: left[row*n:], Row: n, Col: 1}, side, &packed, false)
	}
	for b.Loop() {
		packed.Pack(right, n, n, n)
		p.Run(n/side, tile)
	}
	b.ReportMetric(2*float64(n)*n*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
