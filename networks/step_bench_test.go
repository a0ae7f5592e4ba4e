package networks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"assay/features"
	"assay/internal/kernels"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/networks/training"
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

// articleData is papers of random tokens, all of one length, at the article's
// sizes.
func articleData(r *rand.Rand, papers, length, vocabulary, dim, categories int) training.Data {
	x := &features.Sequences{Embedding: &features.Dense{Rows: vocabulary, Cols: dim, Data: make([]float32, vocabulary*dim)}}
	for i := range x.Embedding.Data[2*dim:] {
		x.Embedding.Data[2*dim+i] = float32(r.NormFloat64()) * 0.3
	}
	y := multilabel.New(categories)
	for range papers {
		ids := make([]int32, length)
		for t := range ids {
			ids[t] = 2 + int32(r.IntN(vocabulary-2))
		}
		x.Papers = append(x.Papers, ids)
		y.Append([]int32{int32(r.IntN(categories)), int32(r.IntN(categories))})
	}
	return training.Data{X: x, Y: y}
}

// BenchmarkStep is a whole training step as a trial takes it: batch, forward,
// nested loss, backward, norm, Adam and moving averages, at the article's sizes.
// Its GFLOP/s are those of the products that the network asks for, to be read
// beside those of BenchmarkCeiling.
func BenchmarkStep(b *testing.B) {
	const vocabulary, dim, categories, masters, batch, steps = 50000, 100, 148, 6, 32, 8
	groups := make([]int32, categories)
	for i := range groups {
		groups[i] = int32(i % masters)
	}
	for _, length := range []int{128, 256} {
		data := articleData(rand.New(rand.NewPCG(1, 2)), batch*steps, length, vocabulary, dim, categories)
		b.Run(fmt.Sprintf("T=%d", length), func(b *testing.B) {
			sizes := sharnnDefaults()
			n, err := newSHARNN(sizes, groups, masters, hooks{})
			if err != nil {
				b.Fatal(err)
			}
			net := untrained(b, n, embeddingOf(n.opt, vocabulary, dim, data.X.Embedding.Data), data.Y)
			defer net.Close()
			opt := n.training()
			train := func(epochs int) float64 {
				opt.Epochs = epochs
				report, err := training.Run(context.Background(), net, data, training.Data{}, opt)
				if err != nil {
					b.Fatal(err)
				}
				return report.Seconds / float64(report.Steps)
			}
			train(1) // memory grows to what it needs
			var seconds float64
			for b.Loop() {
				seconds += train(1)
			}
			seconds /= float64(b.N)
			b.ReportMetric(seconds*1e3, "ms/step")
			b.ReportMetric(stepFlops(length, batch, dim, sizes.Hidden, categories, sizes.Boom)/seconds/1e9, "GFLOP/s")
			b.ReportMetric(batch/seconds, "papers/s")
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
