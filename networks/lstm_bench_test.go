package networks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"assay/features"
	"assay/internal/multilabel"
	"assay/networks/training"
)

// articlePapers is papers of random tokens for the LSTM, of full length or of
// lengths as abstracts have them, of two labels that exclude each other.
func articlePapers(papers, length, vocabulary int, abstracts bool) training.Data {
	r := rand.New(rand.NewPCG(3, 4))
	x := &features.Sequences{Embedding: &features.Dense{Rows: vocabulary}}
	y := multilabel.New(2)
	for range papers {
		n := length
		if abstracts {
			n = min(max(int(140+50*r.NormFloat64()), 15), length)
		}
		ids := make([]int32, n)
		for t := range ids {
			ids[t] = 1 + int32(r.IntN(vocabulary-1))
		}
		x.Papers = append(x.Papers, ids)
		y.Append([]int32{int32(r.IntN(2))})
	}
	return training.Data{X: x, Y: y}
}

// BenchmarkLSTMStep is a whole training step as a trial takes it, at the second
// article's sizes: a vocabulary of 50,000 that learns vectors of 100, 250 tokens,
// 100 units, batches of 64. bench/peers/lstm.py runs PyTorch beside it.
func BenchmarkLSTMStep(b *testing.B) {
	const vocabulary, length, batch, steps = 50000, 250, 64, 16
	for _, papers := range []string{"full", "abstracts"} {
		data := articlePapers(batch*steps, length, vocabulary, papers == "abstracts")
		for _, dropout := range []float64{0, 0.25} {
			b.Run(fmt.Sprintf("papers=%s/dropout=%g", papers, dropout), func(b *testing.B) {
				opt := lstmDefaults()
				opt.Dropout, opt.RecurrentDropout = dropout, dropout
				n, err := newLSTMOf(opt, []int32{0, 1}, 2, true, hooks{})
				if err != nil {
					b.Fatal(err)
				}
				net := untrained(b, n, embeddingOf[float32](n.opt, vocabulary, 0, nil), nil)
				defer net.Close()
				train := n.training()
				train.Epochs = 1
				run := func() float64 {
					report, err := training.Run(context.Background(), net, data, training.Data{}, train)
					if err != nil {
						b.Fatal(err)
					}
					return report.Seconds / float64(report.Steps)
				}
				run() // memory grows to what it needs
				var seconds float64
				for b.Loop() {
					seconds += run()
				}
				seconds /= float64(b.N)
				b.ReportMetric(seconds*1e3, "ms/step")
				b.ReportMetric(batch/seconds, "papers/s")
			})
		}
	}
}
